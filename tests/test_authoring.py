"""A plugin's way from a scaffold to a plan, and what is said of a bad one before it is published."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent.authoring.check import check
from agent.authoring.scaffold import Names, create
from agent.cli import app
from agent.errors import UsageError
from agent.plugin_sources import installed

ASKED = "Find 2 creators on Instagram for our coffee bar, budget $500, and tell us the best hours"


def run(*command: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, **env}
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authors")
    create("kolony-best-hours", folder)
    return folder / "kolony-best-hours"


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project installed, where only those who ask for it see it."""
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed, and a test downloads nothing")
    target = tmp_path_factory.mktemp("site")
    done = run(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", str(target), str(project),
        folder=project,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target


def test_the_tests_of_a_new_project_pass(project: Path) -> None:
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=project, PYTHONPATH=str(project / "src"))
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_a_new_project_is_fit_to_publish(project: Path) -> None:
    verdict = check(project)
    assert verdict.findings == []
    assert verdict.fit
    assert verdict.tools == [{"name": "find_best_hours", "gives": "BestHours", "effect": "read", "privacy": "any"}]


def test_installed_it_stands_in_lists_and_plans(site: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(site), "KOLONY_HOME": str(tmp_path / "home"), "KOLONY_CACHE": str(tmp_path / "cache")}
    kolony = (sys.executable, "-c", "from agent.cli import main; main()")
    listed = json.loads(run(*kolony, "plugins", "list", "--json", folder=tmp_path, **env).stdout)
    assert next(p for p in listed["plugins"] if p["name"] == "best_hours")["tools"] == ["find_best_hours"]
    planned = run(*kolony, "plan", "--json", ASKED, folder=tmp_path, **env)
    assert planned.returncode == 0, planned.stderr
    assert "find_best_hours" in [s["tool"] for s in json.loads(planned.stdout)["plan"]["steps"]]


def test_every_file_named_by_the_command_is_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["plugins", "new", "soda-facts", "--into", str(tmp_path)])
    assert result.exit_code == 0
    files = [Path(line) for line in result.output.split("\nNext:")[0].splitlines() if line]
    assert len(files) == 8
    assert all(f.is_file() for f in files)
    assert (tmp_path / "soda-facts" / "src" / "soda_facts" / "prompts" / "soda_facts.zh.md").is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "soda-facts").mkdir()
    (tmp_path / "soda-facts" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        create("soda-facts", tmp_path)
    assert [p.name for p in (tmp_path / "soda-facts").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "name", ["", "Soda", "a b", "../x", "-x", "x-", "1x", "汽水", "x--y", "class", "kolony", "agent", "a" * 61, "x/y", "x\n"]
)
def test_bad_names_are_refused_and_leave_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        create(name, tmp_path)
    assert not list(tmp_path.iterdir())


@given(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,3}", fullmatch=True))
def test_a_good_name_gives_names_for_everything(name: str) -> None:
    try:
        names = Names.of(name)
    except UsageError:
        return  # a keyword, or a name of Kolony's own
    assert names.package.isidentifier()
    assert names.word.isidentifier() or names.word[0].isdigit()
    assert names.tool.isidentifier()


# --- bad plugins --------------------------------------------------------------------------------------------------------

TOOL = """
    from agent import Artifact, Brief, Context, hookimpl, tool

    class Note(Artifact):
        deliverable = "note_of_mine"
        text: str = ""

    @tool({options})
    def take_note(ctx: Context, brief: Brief{more}) -> Note:
        "Take a note."
        return Note()

    @hookimpl
    def register_tools():
        return [take_note]
"""
STATED = 'effect="read", privacy="any", asks=["take a note"]'


def tool_file(options: str = STATED, more: str = "") -> str:
    return TOOL.format(options=options, more=more)


@pytest.mark.parametrize(
    ("code", "kind", "severity", "words"),
    [
        ("raise RuntimeError('no licence')", "import", "error", "RuntimeError: no licence"),
        ("def", "import", "error", "SyntaxError"),
        ("import sys; sys.exit(3)", "import", "error", "SystemExit: 3"),
        ("import os; os._exit(3)", "import", "error", "status 3"),
        ("import a_package_that_nobody_has", "import", "error", "a_package_that_nobody_has"),
        ("import socket\ntry:\n socket.getaddrinfo('example.org', 80)\nexcept OSError: pass", "network", "error", "example.org"),
        ("import sklearn\n" + textwrap.dedent(tool_file()), "heavy-import", "error", "sklearn"),
        ("x = 1", "hook", "error", "no hook"),
        ("from agent import hookimpl\n@hookimpl\ndef before_step(context, step): ...", "hook", "error", "no argument 'context'"),
        ("from agent import hookimpl\n@hookimpl\ndef register_tool(): ...", "hook", "error", "register_tool"),
        (tool_file(more=", other: 'Nowhere' = None"), "import", "error", "Nowhere"),
        (tool_file(more=", n: int = 3"), "schema", "warning", "'n' has no description"),
        (tool_file('asks=["take a note"]'), "effect", "warning", "does not state its effect"),
        (tool_file('asks=["take a note"], effect="read"'), "privacy", "warning", "does not state its privacy"),
        (tool_file('asks=["take a note"], effect="publish", privacy="any"'), "effect", "warning", "approvers see raw arguments"),
        (tool_file().replace("from agent import", "import agent.runs\n    from agent import", 1), "private-import", "warning", "agent.runs"),
        (tool_file().replace('"Take a note."', "..."), "import", "error", "no docstring"),
        (tool_file().replace("-> Note", "-> str"), "import", "error", "return an Artifact"),
        ("from agent import hookimpl\n@hookimpl\ndef register_tools():\n    return [print]", "tool", "error", "is no tool"),
        ("from agent import hookimpl\n@hookimpl\ndef register_prompts():\n    return ['nowhere']", "prompt", "error", "no templates"),
    ],
)  # fmt: skip
def test_each_fault_is_told(code: str, kind: str, severity: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(textwrap.dedent(code), encoding="utf-8")
    verdict = check(file)
    told = [f for f in verdict.findings if f.check == kind]
    assert told, verdict.findings
    assert any(words in f.message and f.severity == severity and f.mend for f in told), told
    assert verdict.fit is (severity == "warning")


def test_an_import_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.authoring.check.LONGEST", 2.0)
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    (finding,) = check(tmp_path / "slow.py").findings
    assert "longer than 2 s" in finding.message


def test_a_project_without_entry_point_test_or_readme(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    verdict = check(tmp_path)
    assert not verdict.fit
    told = " ".join(f.message for f in verdict.findings)
    assert all(words in told for words in ("no entry point", "Kolony is not among", "no README", "no description", "There is no test"))


@pytest.mark.parametrize("content", [b"[project", b"\xff\xfe"])
def test_a_manifest_that_cannot_be_read(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    assert any("cannot be read" in f.message for f in check(tmp_path).findings)


def test_no_plugin_at_all(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["plugins", "check", str(tmp_path)])
    assert isinstance(result.exception, UsageError)


def test_the_command_s_exit_code_and_json(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1")
    result = CliRunner().invoke(app, ["plugins", "check", str(tmp_path / "bad.py"), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["fit"] is False


@pytest.mark.parametrize("source", [s for s in installed() if s.own], ids=lambda s: s.name)
def test_kolony_s_own_plugins_would_be_published(source) -> None:
    from agent.authoring.check import Verdict, _load

    verdict = Verdict(source.name)
    _load(verdict, source.name, source.value, [])
    assert [f for f in verdict.findings if f.severity == "error"] == []
