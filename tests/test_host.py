"""The plugin host: isolation, collisions, block lists, and hooks that do not exist."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from agent import Artifact, Brief, Tool, hookimpl, tool
from agent.errors import PluginError
from agent.host import Host
from agent.settings import PluginSettings


class Note(Artifact):
    text: str = ""


@tool
def take_note(ctx: Any, brief: Brief, loud: bool = False) -> Note:
    """Take a note."""
    return Note()


class Plugin:
    def __init__(self, *tools: Tool) -> None:
        self.tools = tools

    @hookimpl
    def register_tools(self) -> list[Tool]:
        return list(self.tools)


BUILT_IN = {"kol_search", "persona", "sentiment", "content_writer", "evaluator", "customer_service", "outbox"}


def test_the_built_in_plugins_come_by_entry_point() -> None:
    host = Host()
    assert {name for name, p in host.plugins.items() if p.distribution == "kolony"} >= BUILT_IN
    assert {t.name: t.output.__name__ for t in host.tools.values() if t.plugin in BUILT_IN} == {
        "search_creators": "Shortlist",
        "select_slate": "Slate",
        "build_personas": "PersonaSet",
        "analyze_sentiment": "SentimentReport",
        "write_posts": "DraftSet",
        "review_content": "ContentReview",
        "forecast_campaign": "Forecast",
        "measure_campaign": "Outcome",
        "answer_customer": "Reply",
        "draft_outreach": "Outreach",
        "write_outreach": "Outbox",
        "publish_drafts": "Publication",
    }


def test_every_built_in_tool_says_by_which_words_it_is_asked_for_in_both_languages() -> None:
    for name, phrases in Host().asks().items():
        if name == "shortlist":
            continue
        assert any(p.replace("…", "").isascii() for p in phrases), name
        assert any(not p.replace("…", "").isascii() for p in phrases), name


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a distribution with one plugin module and put it on the path."""

    def install(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{name}-2.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n")
        (info / "entry_points.txt").write_text(f"[kolony]\n{name} = {name}\n")

    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield install
    for module in set(sys.modules) - before:
        if module.startswith("kp_"):
            del sys.modules[module]


def test_a_plugin_that_fails_to_import_is_reported_and_the_others_work(installed: Any) -> None:
    installed("kp_broken", "raise RuntimeError('no licence file')")
    host = Host()
    info = host.plugins["kp_broken"]
    assert (info.status, info.distribution, info.version) == ("broken", "kp_broken", "2.1")
    assert info.error == "RuntimeError: no licence file"
    assert "search_creators" in host.tools


def test_a_plugin_that_slips_in_a_hooks_name_is_reported(installed: Any) -> None:
    installed("kp_slip", "from agent import hookimpl\n@hookimpl\ndef register_tool():\n    return []\n")
    info = Host().plugins["kp_slip"]
    assert info.status == "broken"
    assert "register_tool" in info.error


def test_a_plugin_with_a_tool_of_no_use_is_reported(installed: Any) -> None:
    installed("kp_odd", "from agent import hookimpl\n@hookimpl\ndef register_tools():\n    return ['not a tool']\n")
    info = Host().plugins["kp_odd"]
    assert info.status == "broken"
    assert "@tool" in info.error


def test_a_blocked_plugin_is_never_imported(installed: Any, tmp_path: Path) -> None:
    installed("kp_side_effect", f"open({str(tmp_path / 'imported')!r}, 'w').close()")
    host = Host(PluginSettings(block=["kp_side_effect"]))
    assert host.plugins["kp_side_effect"].status == "blocked"
    assert not (tmp_path / "imported").exists()
    allowed = Host(PluginSettings(allow=["persona"]))
    assert {p.name for p in allowed.plugins.values() if p.status == "loaded"} == {"persona"}
    assert not (tmp_path / "imported").exists()


def test_two_tools_of_one_name_are_an_error_that_names_both_plugins() -> None:
    host = Host(entry_points=False)
    host.register(Plugin(take_note), "first")
    with pytest.raises(PluginError, match=r"'first' and 'second'.*'take_note'"):
        host.register(Plugin(take_note), "second")


def test_a_plugin_added_by_hand_is_in_the_vocabulary() -> None:
    host = Host(entry_points=False)
    host.register(Plugin(take_note), "notes")
    assert host.deliverables() == {"note": Note}
    assert host.artifact_types["Note"] is Note


def no_docstring(ctx: Any, brief: Brief) -> Note:
    return Note()


def no_context(brief: Brief) -> Note:
    """Something."""
    return Note()


def no_artifact(ctx: Any, brief: Brief) -> str:
    """Something."""
    return ""


def no_annotation(ctx: Any, brief) -> Note:  # type: ignore[no-untyped-def]
    """Something."""
    return Note()


def no_schema(ctx: Any, connection: object = None, lock: Host | None = None) -> Note:
    """Something."""
    return Note()


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (no_docstring, "no docstring"),
        (no_context, "`ctx`"),
        (no_artifact, "return an Artifact"),
        (no_annotation, "no annotation"),
        (no_schema, "Annotate with JSON-like types"),
    ],
)
def test_a_function_that_cannot_be_a_tool_says_why(f: Any, match: str) -> None:
    with pytest.raises(PluginError, match=match):
        tool(f)


def test_a_tool_knows_its_inputs_and_the_schema_of_its_arguments() -> None:
    assert [(i.name, i.type, i.required) for i in take_note.inputs] == [("brief", Brief, True)]
    assert take_note.params_schema()["properties"]["loud"] == {"default": False, "title": "Loud", "type": "boolean"}
    assert isinstance(take_note(None, brief=Brief()), Note)
