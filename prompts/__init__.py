"""Prompt templates: one Jinja2 file per task and language, with YAML front matter saying what it takes and gives.

A template is found as ``<name>.<language>.md``, falling back to ``<name>.en.md``. Rendering is sandboxed and strict:
a variable the front matter does not name, or one that is missing, is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent


class PromptError(Exception):
    """A template is missing, malformed, or was given the wrong variables."""


@dataclass(frozen=True)
class Prompt:
    """A template and its front matter (``description``, ``takes``, ``gives``)."""

    name: str
    language: str
    description: str
    takes: tuple[str, ...]
    gives: str
    body: str
    path: Path

    def render(self, **variables: Any) -> str:
        unknown, missing = sorted(set(variables) - set(self.takes)), sorted(set(self.takes) - set(variables))
        if unknown or missing:
            raise PromptError(f"Prompt {self.name}.{self.language}: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}.")
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(self.body).render(**variables).strip()


class Prompts:
    """The templates of the built-in folder and of any folders put before it."""

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        self.folders = [*map(Path, folders), HERE]

    def get(self, name: str, language: str = "en") -> Prompt:
        for language_ in dict.fromkeys((language, "en")):
            for folder in self.folders:
                path = folder / f"{name}.{language_}.md"
                if path.is_file():
                    return read(path)
        raise PromptError(f"No prompt {name!r} in {', '.join(map(str, self.folders))}.")

    def all(self) -> list[Prompt]:
        found = {path.name: path for folder in reversed(self.folders) for path in sorted(folder.glob("*.*.md"))}
        return [read(path) for _, path in sorted(found.items())]


def read(path: Path) -> Prompt:
    """Read one template file."""
    _, front, body, *_ = [*path.read_text(encoding="utf-8").split("---\n", 2), "", "", ""]
    try:
        meta = yaml.safe_load(front)
        name, language = path.stem.rsplit(".", 1)
        return Prompt(name, language, str(meta["description"]), tuple(meta.get("takes", ())), str(meta.get("gives", "text")), body, path)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as e:
        raise PromptError(f"{path}: the front matter needs `description`, `takes` and `gives` ({e}).") from e
