"""Where plugins come from, entry points and single files, and how they are imported without being trusted to return."""

from __future__ import annotations

import importlib.metadata as metadata
import importlib.util
import json
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .errors import SettingsError

GROUP = "kolony"
OWN = "kolony"
"""The distribution whose plugins are part of the program."""
T = TypeVar("T")


class TooSlow(Exception):
    """A plugin's code did not come back in time."""


@dataclass(frozen=True)
class Source:
    """A plugin that was found and not imported yet. ``file``: of a single-file plugin."""

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""
    value: str = ""
    file: Path | None = None

    @property
    def own(self) -> bool:
        return self.distribution == OWN

    @property
    def stamp(self) -> str:
        """Changes when the plugin does: its version, and the time of its file. Nothing is imported to find out."""
        file = self.file or _file_of(self.value.partition(":")[0])
        changed = ""
        with suppress(OSError):
            changed = str(file.stat().st_mtime_ns) if file else ""
        return f"{self.distribution} {self.version} {self.value} {changed}".strip()


def installed() -> list[Source]:
    """Plugins of installed distributions, Kolony's own first, then by name: nobody takes a name away from them."""
    found = [
        Source(e.name, e.load, e.dist.name if e.dist else "", e.dist.version if e.dist else "", e.value)
        for e in metadata.entry_points(group=GROUP)
    ]
    return sorted(dict.fromkeys(found), key=lambda s: (not s.own, s.name, s.distribution))


def in_folder(folder: Path) -> list[Source]:
    """Single-file plugins: every ``NAME.py`` of the folder whose name does not begin with ``_`` or ``.``.

    Raises:
        SettingsError: there is no such folder.
    """
    if not folder.is_dir():
        raise SettingsError(f"There is no folder of plugins {str(folder)!r}.", hint="See `--plugins-dir` and `folder` under [plugins].")
    files = [f for f in sorted(folder.glob("*.py")) if f.name[0] not in "_." and f.is_file()]
    return [Source(f.stem, lambda f=f: load_file(f), file=f) for f in files]  # type: ignore[misc]


def load_file(file: Path) -> types.ModuleType:
    """Import a single file as a module of its own."""
    name = f"kolony_file_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work()`` gives or raises. It runs in a thread, which is left behind when it takes longer than ``seconds``.

    What it prints goes to the error stream: the output is the command's own.

    Raises:
        TooSlow: it did not come back in time.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(work())
        except BaseException as e:  # also SystemExit: a plugin must not end the program
            raised.append(e)

    thread = threading.Thread(target=run, daemon=True, name="load-plugin")
    with redirect_stdout(sys.stderr):
        thread.start()
        thread.join(seconds)
    if raised:
        raise raised[0]
    if not given:
        raise TooSlow(f"did not come back within {seconds:g} s")
    return given[0]


class Slow:
    """Plugins that took too long the last time. They are left out until they change, so that only one start waits for them."""

    def __init__(self) -> None:
        root = os.environ.get("KOLONY_CACHE")
        self._file = (Path(root) if root else Path.home() / ".cache" / "kolony") / "slow-plugins.json"
        self._kept = dict(self._read())

    def __contains__(self, source: Source) -> bool:
        return source.name in self._kept and self._kept[source.name] == source.stamp

    def add(self, source: Source) -> None:
        self._write({**self._kept, source.name: source.stamp})

    def discard(self, source: Source) -> None:
        if source.name in self._kept:
            self._write({name: stamp for name, stamp in self._kept.items() if name != source.name})

    def _read(self) -> Iterator[tuple[str, str]]:
        with suppress(OSError, ValueError, AttributeError):
            for name, stamp in json.loads(self._file.read_text(encoding="utf-8")).items():
                yield str(name), str(stamp)

    def _write(self, kept: dict[str, str]) -> None:
        self._kept = kept
        with suppress(OSError):  # then the next start waits again
            self._file.parent.mkdir(parents=True, exist_ok=True)
            scratch = self._file.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps(kept), encoding="utf-8")
            scratch.replace(self._file)


def _file_of(module: str) -> Path | None:
    """The file of a module by its name alone; the parents of a submodule are not imported."""
    top, *rest = module.split(".")
    with suppress(ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec(top)
        if spec is None:
            return None
        for folder in spec.submodule_search_locations or []:
            base = Path(folder).joinpath(*rest)
            for file in (base.with_suffix(".py"), base / "__init__.py"):
                if file.is_file():
                    return file
        return Path(spec.origin) if spec.origin else None
    return None
