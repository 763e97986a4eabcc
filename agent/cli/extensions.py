"""Commands that plugins add. No plugin is imported where that cannot matter: loading them all takes longer than ``--help`` may."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer


def add_to(app: typer.Typer, argv: Sequence[str]) -> None:
    """Let plugins add their commands, as far as ``argv`` may call for one.

    For ``kolony --help`` the names and lines of the last time are shown, as long as the installed plugins are the same.

    Raises:
        KolonyError: the settings cannot be used.
    """
    own = _lines(app)
    folder, first = _read(argv)
    use_folder(folder)
    if first in own:
        return
    remembered = _recall() if first is None else None
    if remembered is not None:
        for name, line in remembered.items():
            app.command(name, help=line)(_shown_only)
        return
    from ..host import Host
    from ..settings import load

    before = list(app.registered_commands), list(app.registered_groups)
    Host(load().plugins).collect("register_commands", app=app)
    # Kolony's own commands stay what they are, whatever a plugin calls its own.
    app.registered_commands[:] = [c for c in app.registered_commands if c in before[0] or _name(c) not in own]
    app.registered_groups[:] = [g for g in app.registered_groups if g in before[1] or g.name not in own]
    _remember({name: line for name, line in _lines(app).items() if name not in own})


def use_folder(folder: str) -> None:
    """Let the settings that are read from now on name ``folder`` for single-file plugins; ``""`` changes nothing."""
    if folder:
        os.environ["KOLONY_PLUGINS_DIR"] = folder


def _read(argv: Sequence[str]) -> tuple[str, str | None]:
    """The folder of plugins and the command, as far as options before the command tell."""
    folder, words = "", iter(argv)
    for word in words:
        name, given, value = word.partition("=")
        if name == "--plugins-dir":
            folder = value if given else next(words, "")
        elif not word.startswith("-"):
            return folder, word
    return folder, None


def _name(command: Any) -> str:
    return str(command.name or getattr(command.callback, "__name__", "").replace("_", "-"))


def _lines(app: typer.Typer) -> dict[str, str]:
    """Name and first line of help of every command."""
    lines = {g.name or "": "" for g in app.registered_groups}
    for c in app.registered_commands:
        lines[_name(c)] = (c.help or getattr(c.callback, "__doc__", "") or "").strip().partition("\n")[0]
    return lines


def _shown_only() -> None:
    """Stands in the list of commands; called by its name, the plugin's own command is there instead."""


def _file() -> Path:
    root = os.environ.get("KOLONY_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "kolony") / "commands.json"


def _installed() -> str:
    """Changes with the plugins that are there, and with the settings that may block one."""
    from importlib.metadata import entry_points

    found = sorted(f"{e.name} {e.value} {e.dist.version if e.dist else ''}" for e in entry_points(group="kolony"))
    settings = Path("kolony.toml")
    text = settings.read_bytes() if settings.is_file() else b""
    folder = os.environ.get("KOLONY_PLUGINS_DIR") or tomllib.loads(text.decode()).get("plugins", {}).get("folder")
    files = [f"{f} {f.stat().st_mtime_ns}" for f in sorted(Path(folder).glob("*.py"))] if folder else []
    return hashlib.sha256("\n".join([*found, *files]).encode() + text).hexdigest()


def _recall() -> dict[str, str] | None:
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if kept["installed"] == _installed():
            return {str(name): str(line) for name, line in kept["commands"].items()}
    return None


def _remember(commands: dict[str, str]) -> None:
    with suppress(OSError, ValueError):  # they are loaded again the next time
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps({"installed": _installed(), "commands": commands}, ensure_ascii=False), encoding="utf-8")
        scratch.replace(file)
