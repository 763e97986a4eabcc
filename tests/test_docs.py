"""The documentation is true: hooks, settings, commands, files and examples in it exist and work, and none is left out."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from agent import Brief, hookspecs
from agent.cli import app
from agent.host import Host
from agent.kolony import Kolony
from agent.settings import (
    _FROM_ENV,
    ApprovalSettings,
    EmbeddingModel,
    LocalModel,
    McpServer,
    PluginSettings,
    ProviderModel,
    RemoteModel,
    Settings,
    load,
)
from vectorstore import Mapping
from vectorstore.readers.columns import SYNONYMS
from vectorstore.readers.formats import known_readers

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.M | re.S)
HOOKS = {name: f for name, f in vars(hookspecs).items() if hasattr(f, "kolony_spec")}


def blocks(page: Path, language: str, *, skip: str = "") -> list[str]:
    return [
        body for name, info, body in FENCE.findall(page.read_text(encoding="utf-8")) if name == language and (not skip or skip not in info)
    ]


def sections(page: Path) -> dict[str, str]:
    """Heading to the text under it, up to the next heading."""
    parts = re.split(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {title.strip("` "): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def python_blocks(skip: str = "") -> list[Any]:
    return [pytest.param(code, id=f"{page.name}-{i}") for page in PAGES for i, code in enumerate(blocks(page, "python", skip=skip))]


# --- hooks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_arguments_and_an_example(name: str) -> None:
    page = sections(ROOT / "docs" / "plugins.md")
    assert name in page, f"docs/plugins.md has no section for the hook {name}"
    for argument in inspect.signature(HOOKS[name]).parameters:
        assert f"`{argument}`" in page[name], f"docs/plugins.md does not speak of the argument {argument} of {name}"
    assert f"def {name}(" in page[name], f"docs/plugins.md shows no example of {name}"


def test_no_documented_hook_is_missing() -> None:
    documented = {title for title in sections(ROOT / "docs" / "plugins.md") if re.fullmatch(r"[a-z]+_[a-z_]+", title)}
    assert documented == set(HOOKS)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", python_blocks())
def test_examples_compile(code: str) -> None:
    compile(code, "<example>", "exec")


@pytest.mark.parametrize("code", python_blocks(skip="no-run"))
def test_examples_run_and_are_plugins(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = type("Example", (), {})()
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "<example>", "exec"), namespace)
    vars(module).update({name: value for name, value in namespace.items() if not name.startswith("__")})
    host = Host(entry_points=False)
    host.register(module, "example")  # raises for a hook, an argument or a tool that is not right
    implemented = set(HOOKS) & set(namespace)
    for hook in implemented - {"register_commands", "before_step", "after_step", "on_event"}:
        assert host.plugins["example"].tools if hook == "register_tools" else host.collect(hook), f"{hook} gave nothing"


def test_the_example_plugin_is_planned_when_asked_for() -> None:
    namespace: dict[str, Any] = {}
    exec(blocks(ROOT / "docs" / "plugins.md", "python")[0], namespace)
    host = Host()
    host.register(type("Example", (), {"register_tools": staticmethod(namespace["register_tools"])}), "example")
    for request in ("Sugar-free soda on Instagram: list the hashtags", "小红书无糖汽水的热门话题"):
        planned = Kolony(Settings(), host=host).plan(request)
        assert "list_hashtags" in [s.tool for s in planned.plan.steps], planned.problems
    quiet = Kolony(Settings(), host=host).compile("x", Brief(request="x", deliverables=["personas"]))
    assert [s.tool for s in quiet.plan.steps] == ["build_personas"]


def test_the_example_reader_reads_and_reports(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {}
    exec(next(b for b in blocks(ROOT / "docs" / "plugins.md", "python") if "register_readers" in b), namespace)
    file = tmp_path / "x.lines"
    file.write_text("ann\tgood soda\nno tab here\n", encoding="utf-8")
    (reader,) = namespace["register_readers"]()
    reading = reader.read(file)
    assert [p.text for p in reading.posts] == ["good soda"]
    assert [(f.line, f.reason) for f in reading.faults] == [(2, "no tab between handle and text")]


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "title"),
    [
        (Settings, "kolony.toml"),
        (RemoteModel, "Remote models"),
        (EmbeddingModel, "Embeddings"),
        (ProviderModel, "Provider models"),
        (LocalModel, "Local models"),
        (PluginSettings, "Plugins"),
        (ApprovalSettings, "Approvals"),
        (McpServer, "MCP servers"),
    ],
)
def test_every_setting_is_documented(model: Any, title: str) -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", sections(ROOT / "docs" / "settings.md")[title], re.M)) - set(_FROM_ENV)
    assert {r for r in rows if not r.startswith("KOLONY_")} == set(model.model_fields)


def test_every_variable_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for variable, field in _FROM_ENV.items():
        assert f"| `{variable}` | `{field}` |" in text


@pytest.mark.parametrize("toml", blocks(ROOT / "docs" / "settings.md", "toml"))
def test_example_settings_are_usable(toml: str, tmp_path: Path) -> None:
    (tmp_path / "kolony.toml").write_text(toml, encoding="utf-8")
    settings = load(tmp_path)
    assert settings != load(tmp_path / "nowhere"), "the example sets nothing"
    for name in settings.tools:
        assert name in Host().tools


# --- exports ---------------------------------------------------------------------------------------------------------


def test_readers_and_columns_are_documented(tmp_path: Path) -> None:
    page = ROOT / "docs" / "exports.md"
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z ]+)` \|", text, re.M)) == {r.name for r in known_readers()} | {"table"}
    for kind, fields in SYNONYMS.items():
        paragraph = next(p for p in text.split("\n\n") if p.startswith(f"Fields of {kind}"))
        assert set(re.findall(r"`(\w+)`", paragraph)) - {"age_18_24"} == set(fields)
    (example,) = blocks(page, "json")
    file = tmp_path / "columns.json"
    file.write_text(example, encoding="utf-8")
    mapping = Mapping.load(file)
    assert mapping.kind == "posts"
    assert set(mapping.columns) <= set(SYNONYMS["posts"])


# --- commands and files ----------------------------------------------------------------------------------------------


def commands_in(text: str) -> Iterator[list[str]]:
    """Every ``kolony …`` in console blocks and in inline code, as words."""
    consoles = [body for name, _, body in FENCE.findall(text) if name == "console"]
    lines = [line.removeprefix("$ ") for body in consoles for line in body.splitlines()]
    lines += re.findall(r"`((?:\w+=\S+ )?kolony [^`]+)`", FENCE.sub("", text).replace("\n", " "))
    for line in lines:
        try:
            words = shlex.split(line.replace("…", ""), comments=True)
        except ValueError:  # a quotation left open across inline code
            words = line.split()
        if words and re.match(r"[A-Z_]+=", words[0]):
            words = words[1:]
        if words[:1] == ["kolony"]:
            yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_named_exists(page: Path) -> None:
    whole = typer.Typer(add_completion=False)
    whole.registered_callback = app.registered_callback
    whole.registered_commands, whole.registered_groups = [*app.registered_commands], [*app.registered_groups]
    Host().manager.hook.register_commands(app=whole)
    for words in commands_in(page.read_text(encoding="utf-8")):
        command: Any = typer.main.get_command(whole)
        rest = list(words)
        while rest and not rest[0].startswith("-") and hasattr(command, "commands"):
            assert rest[0] in command.commands, f"{page.name} names `kolony {' '.join(words)}`, but {rest[0]!r} is no command"
            command = command.commands[rest.pop(0)]
        options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        for option in (w for w in rest if w.startswith("--")):
            assert option in options, f"{page.name} names {option} of `kolony {' '.join(words)}`, which does not exist"


def test_the_commands_of_the_readme_are_many() -> None:
    """The check above looks at something."""
    assert len(list(commands_in((ROOT / "README.md").read_text(encoding="utf-8")))) >= 12


def test_the_requests_of_the_readme_can_be_planned() -> None:
    words = commands_in((ROOT / "README.md").read_text(encoding="utf-8"))
    requests = {w[1] for w in words if w[:1] in (["run"], ["plan"]) and len(w) > 1}
    (sample,) = re.findall(r"^REQUEST \?= (.+?[^\\])$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M | re.S)
    sample = " ".join(sample.replace("\\\n", " ").replace("$$", "$").split())
    whole = Kolony(Settings()).plan(sample)
    assert (whole.brief.brand, whole.brief.budget.amount, whole.brief.creator_count) == ("Zubbly", 9000, 6)
    not_asked = ("answer_customer", "measure_campaign", "draft_outreach", "write_outreach", "publish_drafts")
    assert {s.tool for s in whole.plan.steps} == {t for t in Host().tools if t not in not_asked}
    requests.add(sample)
    assert len(requests) >= 6
    for request in requests:
        planned = Kolony(Settings()).plan(request)
        assert planned.plan.steps, f"{request}: {planned.problems}"
        assert not planned.faults, f"{request}: {planned.faults}"


def test_make_targets_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in PAGES:
        named = set(re.findall(r"(?:^\$ |`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.M))
        assert named <= targets, f"{page.name} names make targets that do not exist: {named - targets}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_file_and_link_named_exists(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    for link in links:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            titles = {t.lower().replace(" ", "-") for t in sections(target)}
            assert anchor in titles, f"{page.name} links to {link}, a heading that is not there"
    named = re.findall(r"[`*]((?:agent|plugins|prompts|vectorstore|bench|docs|tests|examples)/[\w/.-]*)[`*]", text)
    for path in named:
        assert (ROOT / path).exists(), f"{page.name} names {path}"
