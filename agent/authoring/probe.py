"""Loads one plugin in a process of its own and prints, as JSON, what it did and what is wrong with it.

``python -m agent.authoring.probe NAME MODULE-OR-FILE [PATH…]``; ``PATH``: folders put before ``sys.path``. So nothing of the plugin
runs in the program that asks, and an import that never ends can be stopped.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

HEAVY = frozenset(
    """torch transformers tensorflow jax chromadb langgraph langchain openai sklearn scipy pandas sentence_transformers onnxruntime""".split()
)


class Probe:
    """What is found, as dictionaries with the fields of ``check.Finding``."""

    def __init__(self) -> None:
        self.findings: list[dict[str, Any]] = []
        self.tools: list[dict[str, Any]] = []
        self.seconds = 0.0

    def say(self, check: str, message: str, mend: str, at: tuple[str, int | None] = ("", None), severity: str = "error") -> None:
        self.findings.append({"check": check, "severity": severity, "message": message, "mend": mend, "file": at[0], "line": at[1]})

    def load(self, target: str) -> Any | None:
        """The plugin, imported with what it does watched; ``None`` when it cannot be."""
        from .. import host  # noqa: F401  what Kolony itself imports is not the plugin's doing

        before, reached, loading = set(sys.modules), [], True

        def watch(event: str, args: tuple[Any, ...]) -> None:
            if loading and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"):
                reached.append(str(args[0] if event == "socket.getaddrinfo" else args[1]))

        sys.addaudithook(watch)
        began, plugin = time.perf_counter(), None
        try:
            plugin = _imported(target)
        except (Exception, SystemExit) as e:
            frames = traceback.extract_tb(e.__traceback__)
            at = (e.filename or "", e.lineno) if isinstance(e, SyntaxError) else (frames[-1].filename, frames[-1].lineno)
            self.say("import", f"Importing it raises {type(e).__name__}: {e}", "Importing a plugin must work wherever it is installed.", at)
        self.seconds, loading = time.perf_counter() - began, False
        for where in dict.fromkeys(reached):
            self.say("network", f"Importing it reaches for the network: {where}.", "Connect inside the function that needs it.")
        if heavy := sorted({m.partition(".")[0] for m in set(sys.modules) - before} & HEAVY):
            self.say("heavy-import", f"Importing it imports {', '.join(heavy)}.", "Import these inside the functions that use them.")
        return plugin

    def judge(self, plugin: Any, name: str) -> None:
        """Hooks, tools, prompts."""
        from ..errors import PluginError
        from ..hookcheck import faults_of, implemented
        from ..host import Host

        for fault in faults_of(plugin):
            self.say("hook", f"{fault.message[:1].upper()}{fault.message[1:]}.", fault.mend, _place(fault.function))
        hooks = dict(implemented(plugin))
        if not hooks:
            self.say("hook", "It implements no hook.", "Mark a function with @hookimpl, such as register_tools.")
        if any(f["check"] == "hook" for f in self.findings):
            return
        host = Host(entry_points=False)
        try:
            host.register(plugin, name)
        except PluginError as e:
            self.say("tool", e.message, e.hint or "See docs/plugins.md, A whole plugin.", _place(hooks.get("register_tools")))
            return
        for tool in host.tools.values():
            self._tool(tool)
        if "register_prompts" in hooks:
            self._prompts(host.collect("register_prompts"), _place(hooks["register_prompts"]))
        for broken in host.broken:
            self.say("hook", broken.error, "Run the hook by hand to see where it fails.")

    def _tool(self, tool: Any) -> None:
        at = _place(tool.function)
        self.tools.append({"name": tool.name, "gives": tool.output.__name__, "effect": tool.effect, "privacy": tool.privacy})
        from jsonschema.validators import Draft202012Validator

        try:
            Draft202012Validator.check_schema(tool.params_schema())
            Draft202012Validator.check_schema(tool.output.model_json_schema())
        except Exception as e:
            message = " ".join(str(e).split())[:200]
            self.say("schema", f"{tool.name}: no JSON schema can be made of it: {message}", "Use JSON-like types.", at)
        for name, field in tool.params_schema().get("properties", {}).items():
            if not field.get("description"):
                mend = f"Annotated[…, Field(description=…)] for {name}."
                self.say("schema", f"{tool.name}: the argument {name!r} has no description.", mend, at, "warning")
        if not tool.asks and not tool.inputs:
            self.say(
                "asks", f"{tool.name} has no `asks`: no request ever asks for it.", "Give phrases in English and Chinese.", at, "warning"
            )
        if tool.gated and tool.preview is None:
            mend = "Give `preview`: what goes out, and to whom."
            self.say("effect", f"{tool.name} would {tool.effect}, and approvers see raw arguments.", mend, at, "warning")

    def _prompts(self, folders: list[Any], at: tuple[str, int | None]) -> None:
        from prompts import PromptError, read

        for folder in map(Path, folders):
            files = sorted(folder.glob("*.md")) if folder.is_dir() else []
            if not files:
                self.say("prompt", f"There are no templates in {folder}.", "Name them NAME.LANGUAGE.md, and ship them as package data.", at)
            for file in files:
                try:
                    read(file)
                except (PromptError, OSError, ValueError) as e:
                    self.say("prompt", str(e), "See docs/plugins.md, register_prompts.", (str(file), None))


def _imported(target: str) -> Any:
    from ..plugin_sources import load_file

    if target.endswith(".py"):
        return load_file(Path(target))
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found


def _place(function: Any) -> tuple[str, int | None]:
    with contextlib.suppress(TypeError, OSError):
        return inspect.getsourcefile(function) or "", inspect.getsourcelines(function)[1]
    return "", None


def main(name: str, target: str, *paths: str) -> None:
    sys.path[:0] = paths
    probe, real = Probe(), sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # whatever the plugin prints
        plugin = probe.load(target)
        if plugin is not None:
            probe.judge(plugin, name)
    print(json.dumps(vars(probe)), file=real)


if __name__ == "__main__":
    main(*sys.argv[1:])
