"""`kolony plugins new`: a plugin project that works as it is."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from ..errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_LONGEST = 60
# Where each template goes; `{package}` and `{word}` are those of `Names`.
_FILES = {
    "pyproject.toml.j2": "pyproject.toml",
    "README.md.j2": "README.md",
    "gitignore.j2": ".gitignore",
    "plugin.py.j2": "src/{package}/__init__.py",
    "prompt.en.md.j2": "src/{package}/prompts/{word}.en.md",
    "prompt.zh.md.j2": "src/{package}/prompts/{word}.zh.md",
    "conftest.py.j2": "tests/conftest.py",
    "test_plugin.py.j2": "tests/test_{package}.py",
}


@dataclass(frozen=True)
class Names:
    """What everything in a project is called, from one name: `kolony-best-hours`."""

    project: str

    @classmethod
    def of(cls, name: str) -> Names:
        """
        Raises:
            UsageError: it can be no name of a distribution and of a Python package.
        """
        if len(name) > _LONGEST or not _NAME.fullmatch(name):
            raise UsageError(
                f"{name[:80]!r} cannot be the name of a plugin.",
                hint="Take small letters, digits and single hyphens, and begin with a letter, as in kolony-best-hours.",
            )
        made = cls(name.replace("_", "-"))
        if keyword.iskeyword(made.word) or made.package in ("agent", "plugins", "prompts", "vectorstore", "kolony"):
            raise UsageError(f"{name!r} is taken, by Python or by Kolony.", hint="Take another name, as kolony-best-hours.")
        return made

    @property
    def package(self) -> str:
        """`kolony_best_hours`: the Python package."""
        return self.project.replace("-", "_")

    @property
    def word(self) -> str:
        """`best_hours`: the deliverable, the prompt and the plugin's name in Kolony."""
        return self.package.removeprefix("kolony_") or self.package

    @property
    def phrase(self) -> str:
        """`best hours`: how a request asks for it."""
        return self.word.replace("_", " ")

    @property
    def artifact(self) -> str:
        """`BestHours`."""
        return "".join(part.capitalize() for part in self.word.split("_"))

    @property
    def tool(self) -> str:
        """`find_best_hours`."""
        return f"find_{self.word}"


def create(name: str, into: Path) -> list[Path]:
    """Write the project into the folder ``into / name``, which must not be there yet; the files written.

    Raises:
        UsageError: the name cannot be one, or something of that name is there.
    """
    from jinja2 import Environment, StrictUndefined

    names = Names.of(name)
    root = into / names.project
    if root.exists() or root.is_symlink():
        raise UsageError(f"{root} is there already; nothing was written.", hint="Take another name, or another folder with --into.")
    made = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701  Python and Markdown
    written = []
    for template, target in _FILES.items():
        text = files(__package__).joinpath("templates", template).read_text(encoding="utf-8")
        path = root / target.format(package=names.package, word=names.word)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.from_string(text).render(n=names, kolony=version("kolony")), encoding="utf-8")
        written.append(path)
    return written
