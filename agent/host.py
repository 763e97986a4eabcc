"""The plugin host: finds plugins by entry point, loads each in isolation, and collects what they add."""

from __future__ import annotations

import importlib.metadata as metadata
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pluggy

from . import hookspecs
from .artifacts import Artifact, Brief, Question
from .errors import PluginError
from .settings import PluginSettings
from .tools import Tool

GROUP = "kolony"


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


class Host:
    """Loaded plugins and their tools. One broken plugin never takes the others down."""

    def __init__(self, settings: PluginSettings | None = None, *, entry_points: bool = True) -> None:
        self.settings = settings or PluginSettings()
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, PluginInfo] = {}
        self.tools: dict[str, Tool] = {}
        if entry_points:
            for entry in sorted(metadata.entry_points(group=GROUP), key=lambda e: e.name):
                dist = entry.dist
                self._load(PluginInfo(entry.name, dist.name if dist else "", dist.version if dist else ""), entry.load)
            self._check_pending()

    def _load(self, info: PluginInfo, load: Callable[[], object]) -> None:
        self.plugins[info.name] = info
        # Before the import: importing a plugin runs its code.
        if info.name in self.settings.block or (self.settings.allow is not None and info.name not in self.settings.allow):
            info.status = "blocked"
            return
        try:
            plugin = load()
            self.manager.register(plugin, name=info.name)
            self._collect_tools(info)
        except PluginError:
            self._drop(info.name)
            raise
        except Exception as e:
            self._drop(info.name)
            info.status, info.error, info.trace = "broken", f"{type(e).__name__}: {e}", traceback.format_exc()

    def _drop(self, name: str) -> None:
        if self.manager.has_plugin(name):
            self.manager.unregister(name=name)

    def _collect_tools(self, info: PluginInfo) -> None:
        plugin = self.manager.get_plugin(info.name)
        others = [p for p in self.manager.get_plugins() if p is not plugin]
        found: list[Tool] = []
        for group in self.manager.subset_hook_caller("register_tools", others)():
            for t in group:
                if not isinstance(t, Tool):
                    raise TypeError(f"register_tools gave {t!r}, which is no tool; decorate it with @tool")
                found.append(t)
        for t in found:
            if t.name in self.tools:
                raise PluginError(
                    f"Two plugins, {self.tools[t.name].plugin!r} and {info.name!r}, both define the tool {t.name!r}.",
                    hint=f"Rename one, or block one in kolony.toml: [plugins] block = [{info.name!r}].",
                )
        for t in found:
            object.__setattr__(t, "plugin", info.name)
            self.tools[t.name] = t
            info.tools.append(t.name)

    def _check_pending(self) -> None:
        """An implementation of a hook that does not exist is a typing slip: report its plugin as broken."""
        for name in list(self.plugins):
            plugin = self.manager.get_plugin(name)
            if plugin is None:
                continue
            unknown = [c for c in self.manager.get_hookcallers(plugin) or [] if not c.has_spec()]
            if unknown:
                info = self.plugins[name]
                for t in info.tools:
                    self.tools.pop(t, None)
                self._drop(name)
                info.status, info.error = "broken", f"implements no such hook: {', '.join(sorted(c.name for c in unknown))}"
                info.tools = []
        self.manager.check_pending()

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin object by hand (tests, notebooks, single files).

        Raises:
            PluginError: it is broken, or one of its tools has a name already taken.
        """
        info = PluginInfo(name)
        self._load(info, lambda: plugin)
        self._check_pending()
        if info.status == "broken":
            raise PluginError(f"The plugin {name!r} cannot be used: {info.error}.")

    def collect(self, hook: str, **kwargs: Any) -> list[Any]:
        """Everything the plugins give for a ``register_*`` hook, one plugin's failure not touching the others'."""
        gathered: list[Any] = []
        for name, info in self.plugins.items():
            plugin = self.manager.get_plugin(name)
            if plugin is None:
                continue
            others = [p for p in self.manager.get_plugins() if p is not plugin]
            try:
                for group in self.manager.subset_hook_caller(hook, others)(**kwargs):
                    gathered.extend(group or [])
            except Exception as e:
                info.status, info.error, info.trace = "broken", f"{hook}: {type(e).__name__}: {e}", traceback.format_exc()
        return gathered

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
