"""`kolony plugins check`: what is wrong with a plugin before others install it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import UsageError
from ..plugin_sources import GROUP

LONGEST, SLOW = 30.0, 0.5
"""Seconds after which an import is given up, and from which it is called slow: thirty plugins are loaded at every start."""
PUBLIC = frozenset({"agent", "agent.models", "agent.testing", "agent.testing.fixtures"})
"""Modules of Kolony that stay as they are."""


@dataclass(frozen=True)
class Finding:
    """One fault. ``check`` names what was looked at: manifest, import, network, heavy-import, hook, tool, schema, effect, …"""

    check: str
    severity: Literal["error", "warning"]
    message: str
    mend: str
    file: str = ""
    line: int | None = None


@dataclass
class Verdict:
    """What ``check`` found. ``tools``: name, artifact, effect and privacy of each."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    import_seconds: float = 0.0

    @property
    def fit(self) -> bool:
        """Nothing stands against publishing it."""
        return not any(f.severity == "error" for f in self.findings)


def check(path: Path) -> Verdict:
    """Judge a plugin project (a folder with a ``pyproject.toml``) or a single-file plugin.

    Raises:
        UsageError: there is neither at ``path``.
    """
    verdict = Verdict(str(path))
    if path.is_file() and path.suffix == ".py":
        _load(verdict, path.stem, str(path.resolve()), [])
        verdict.findings += _read([path], need_tests=False)
        return verdict
    if not (path / "pyproject.toml").is_file():
        raise UsageError(f"There is no plugin at {path}.", hint="Name a folder with a pyproject.toml, or a file NAME.py.")
    root = path.resolve()
    places = [str(p) for p in (root / "src", root) if p.is_dir()]
    targets = list(_manifest(root, verdict))
    for name, target in targets:
        _load(verdict, name, target, places)
    verdict.findings += _read(_sources(root), need_tests=True, root=root)
    return verdict


def _manifest(root: Path, verdict: Verdict) -> Iterator[tuple[str, str]]:
    file = root / "pyproject.toml"

    def say(message: str, mend: str, severity: Literal["error", "warning"] = "error") -> None:
        verdict.findings.append(Finding("manifest", severity, message, mend, str(file)))

    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        say(f"pyproject.toml cannot be read: {e}", "Mend the file.")
        return
    points = project.get("entry-points", {}).get(GROUP, {})
    if not points:
        say(f"It has no entry point in the group {GROUP!r}.", f'[project.entry-points.{GROUP}]\nmy_plugin = "my_package"')
    needs = [str(d) for d in project.get("dependencies", [])]
    if not any(d.replace("_", "-").lower().startswith("kolony") for d in needs):
        say("Kolony is not among its dependencies.", 'dependencies = ["kolony>=…"]', "warning")
    for key, mend in (("description", "One line on what it adds."), ("requires-python", 'requires-python = ">=3.11"')):
        if not project.get(key):
            say(f"[project] has no {key}.", mend, "warning")
    if not any(root.glob("README*")):
        say("There is no README.", "Say what it adds and how it is asked for.", "warning")
    yield from points.items()


def _load(verdict: Verdict, name: str, target: str, paths: list[str]) -> None:
    """Load the plugin in a process of its own and take over what that says."""
    command = [sys.executable, "-m", "agent.authoring.probe", name, target, *paths]
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter, no shell
            command, capture_output=True, text=True, timeout=LONGEST, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        verdict.findings.append(
            Finding(
                "import", "error", f"{name}: importing it took longer than {LONGEST:g} s.", "Do the work inside the functions that need it."
            )
        )
        return
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        message = f"{name}: the process that loads it ended with status {done.returncode}: {last}"
        verdict.findings.append(Finding("import", "error", message, "Importing a plugin must not end the program."))
        return
    verdict.findings += [Finding(**f) for f in said["findings"]]
    verdict.tools += said["tools"]
    verdict.import_seconds += said["seconds"]
    if said["seconds"] > SLOW:
        message = f"{name}: importing it took {said['seconds']:.1f} s."
        verdict.findings.append(Finding("import-time", "warning", message, "Import what is slow inside the functions that use it."))


def _sources(root: Path) -> list[Path]:
    return [f for f in sorted(root.rglob("*.py")) if not {".venv", "venv", "build", "dist"} & set(f.relative_to(root).parts)]


def _read(files: list[Path], *, need_tests: bool, root: Path | None = None) -> list[Finding]:
    """What the source itself tells."""
    found: list[Finding] = []
    tested = False
    for file in files:
        is_test = file.name.startswith("test_") or file.name.endswith("_test.py")
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        except (SyntaxError, UnicodeDecodeError):
            continue  # importing it has said so
        tested |= is_test and any(
            isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name.startswith("test") for n in ast.walk(tree)
        )
        if not is_test:
            found += _of_tools(tree, file)
        found += _of_imports(tree, file)
    if need_tests and not tested:
        mend = "`agent.testing` runs a tool on sample posts; `kolony plugins new` shows how."
        found.append(Finding("tests", "error", "There is no test.", mend, str(root or "")))
    return found


def _of_tools(tree: ast.Module, file: Path) -> Iterator[Finding]:
    """Whether `@tool` says what the tool does to the world, and what it may tell others."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not (isinstance(called, ast.Name) and called.id == "tool") and not (
                isinstance(called, ast.Attribute) and called.attr == "tool"
            ):
                continue
            given = {k.arg for k in decorator.keywords} if isinstance(decorator, ast.Call) else set()
            for word, default in (("effect", "read"), ("privacy", "any")):
                if word not in given and None not in given:
                    message = f"{node.name} does not state its {word}; it counts as {default!r}."
                    yield Finding(word, "warning", message, f"@tool({word}=…)", str(file), node.lineno)


def _of_imports(tree: ast.Module, file: Path) -> Iterator[Finding]:
    """Parts of Kolony that may change with any version."""
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            if name.partition(".")[0] in ("agent", "plugins") and name not in PUBLIC:
                mend = "Import from `agent`, `agent.models`, `agent.testing` or `vectorstore`."
                yield Finding(
                    "private-import", "warning", f"{name} is no public part of Kolony.", mend, str(file), getattr(node, "lineno", None)
                )
