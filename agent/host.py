"""The plugin host: loads each plugin in isolation, and collects what they add."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pluggy

from . import hookspecs
from .artifacts import Artifact, Brief, Question
from .errors import PluginError
from .hookcheck import faults_of
from .plugin_sources import GROUP, Slow, Source, TooSlow, in_folder, installed, within
from .settings import PluginSettings
from .tools import Tool


@dataclass
class PluginInfo:
    """One plugin as ``kolony plugins list`` shows it."""

    name: str
    distribution: str = ""
    version: str = ""
    status: str = "loaded"
    error: str = ""
    trace: str = field(default="", repr=False)
    tools: list[str] = field(default_factory=list)
    file: str = ""
    """Of a single-file plugin."""


class Host:
    """Loaded plugins and their tools. One broken plugin never takes the others down.

    Args:
        entry_points: load what is installed; the folder that the settings name is loaded in any case.
        again: try plugins once more that took too long to import the last time.

    Raises:
        SettingsError: there is no such folder of plugins.
    """

    def __init__(self, settings: PluginSettings | None = None, *, entry_points: bool = True, again: bool = False) -> None:
        self.settings = settings or PluginSettings()
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, PluginInfo] = {}
        self.tools: dict[str, Tool] = {}
        sources = installed() if entry_points else []
        slow = Slow()
        for source in [*sources, *(in_folder(self.settings.folder) if self.settings.folder else [])]:
            info = PluginInfo(source.name, source.distribution, source.version, file=str(source.file or ""))
            if source.name in self.plugins:
                info.status, info.error = "broken", "Another plugin has the same name. Rename it, in its entry point or its file name."
                self.plugins[f"{source.name} ({source.distribution or source.file})"] = info
            else:
                self._load(info, self._importer(source, slow, again))
        self.manager.check_pending()

    def _importer(self, source: Source, slow: Slow, again: bool) -> Callable[[], object]:
        if source.own:
            return source.load
        limit = self.settings.import_seconds

        def load() -> object:
            if source in slow and not again:
                raise PluginError(
                    f"Its import took longer than {limit:g} s the last time, so it is left out until it changes.",
                    hint="`kolony plugins list` tries it again.",
                )
            try:
                plugin = within(limit, source.load)
            except TooSlow:
                slow.add(source)
                raise PluginError(
                    f"Its import took longer than {limit:g} s.", hint="Heavy imports and calls belong inside the functions that need them."
                ) from None
            slow.discard(source)
            return plugin

        return load

    def _block(self, info: PluginInfo) -> bool:
        """Before the import: importing a plugin runs its code."""
        allow = self.settings.allow
        if info.name in self.settings.block or (allow is not None and info.name not in allow):
            info.status = "blocked"
        return info.status == "blocked"

    def _load(self, info: PluginInfo, load: Callable[[], object]) -> None:
        self.plugins[info.name] = info
        if self._block(info):
            return
        try:
            plugin = load()
            faults = faults_of(plugin)
            if faults:
                self._break(info, "; ".join(f"{f.message}. {f.mend}" for f in faults))
                return
            self.manager.register(plugin, name=info.name)
            self._collect_tools(info)
        except PluginError as e:
            self._break(info, str(e), traceback.format_exc())
        except (Exception, SystemExit) as e:
            self._break(info, _said(e, info.name), traceback.format_exc())

    def _break(self, info: PluginInfo, error: str, trace: str = "") -> None:
        if self.manager.has_plugin(info.name):
            self.manager.unregister(name=info.name)
        for name in info.tools:
            self.tools.pop(name, None)
        info.status, info.error, info.trace, info.tools = "broken", error, trace, []

    def _collect_tools(self, info: PluginInfo) -> None:
        found: list[Tool] = []
        for group in self._call(info.name, "register_tools"):
            for t in group:
                if not isinstance(t, Tool):
                    raise TypeError(f"register_tools gave {t!r}, which is no tool; decorate it with @tool")
                found.append(t)
        taken = dict(self.tools)
        for t in found:
            if t.name in taken:
                other = taken[t.name].plugin or info.name
                raise PluginError(
                    f"Two plugins, {other!r} and {info.name!r}, both define the tool {t.name!r}.",
                    hint=f"Rename one, or block one in kolony.toml: [plugins] block = [{info.name!r}].",
                )
            self._refuse_clash(t, taken)
            taken[t.name] = t
        for t in found:
            object.__setattr__(t, "plugin", info.name)
            self.tools[t.name] = t
            info.tools.append(t.name)

    def _refuse_clash(self, t: Tool, taken: dict[str, Tool]) -> None:
        """Runs keep artifacts by the name of their class, and briefs ask for them by their word."""
        known = {a.__name__: a for other in taken.values() for a in (other.output, *(i.type for i in other.inputs))}
        for a in (t.output, *(i.type for i in t.inputs)):
            if known.get(a.__name__, a) is not a:
                raise PluginError(
                    f"There is an artifact {a.__name__} already, of {known[a.__name__].__module__}.", hint="Rename the class."
                )
        word = t.output.deliverable_name()
        for other in taken.values():
            if other.output.deliverable_name() == word and other.output is not t.output:
                raise PluginError(
                    f"{other.output.__name__} of {other.plugin!r} is asked for by the word {word!r} already.",
                    hint=f"Set another `deliverable` in {t.output.__name__}.",
                )

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin object by hand (tests, notebooks).

        Raises:
            PluginError: it is broken, or a name of it is taken already.
        """
        if name in self.plugins:
            raise PluginError(f"There is a plugin {name!r} already.", hint="Give this one another name.")
        info = PluginInfo(name)
        self._load(info, lambda: plugin)
        if info.status == "broken":
            raise PluginError(f"The plugin {name!r} cannot be used: {info.error}")

    def collect(self, hook: str, **kwargs: Any) -> list[Any]:
        """Everything the plugins give for a ``register_*`` hook, one plugin's failure not touching the others'."""
        gathered: list[Any] = []
        for name, info in self.plugins.items():
            if not self.manager.has_plugin(name):
                continue
            try:
                for group in self._call(name, hook, **kwargs):
                    gathered.extend(group or [])
            except (Exception, SystemExit) as e:
                info.status, info.error, info.trace = "broken", f"{hook}: {_said(e, name)}", traceback.format_exc()
        return gathered

    def _call(self, name: str, hook: str, **kwargs: Any) -> list[Any]:
        """One plugin's answers to a hook."""
        plugin = self.manager.get_plugin(name)
        others = [p for p in self.manager.get_plugins() if p is not plugin]
        answers: list[Any] = self.manager.subset_hook_caller(hook, others)(**kwargs)
        return answers

    @property
    def broken(self) -> list[PluginInfo]:
        """Plugins that are there and cannot be used."""
        return [p for p in self.plugins.values() if p.status == "broken"]

    @property
    def artifact_types(self) -> dict[str, type[Artifact]]:
        """Every artifact type that a tool takes or gives, by class name."""
        known: dict[str, type[Artifact]] = {"Brief": Brief, "Question": Question}
        for t in self.tools.values():
            for a in (t.output, *(i.type for i in t.inputs)):
                known.setdefault(a.__name__, a)
        return known

    def deliverables(self) -> dict[str, type[Artifact]]:
        """What a brief can ask for: the word to the artifact type."""
        return {t.output.deliverable_name(): t.output for t in self.tools.values()}

    def asks(self) -> dict[str, list[str]]:
        """Deliverable to the phrases by which a request asks for it, as the tools state them."""
        phrases: dict[str, list[str]] = {}
        for t in self.tools.values():
            phrases.setdefault(t.output.deliverable_name(), []).extend(t.asks)
        return phrases


def _said(e: BaseException, name: str) -> str:
    """An exception of a plugin's own code, on one line, with what to do where that is known."""
    if isinstance(e, ModuleNotFoundError) and e.name:
        return f"It needs the module {e.name!r}, which is not installed. Install the package that has it, or remove {name!r}."
    text = " ".join(str(e).split())
    return f"{type(e).__name__}: {text}" if text else type(e).__name__
