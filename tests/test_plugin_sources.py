"""Plugins that misbehave while they are loaded, and single-file plugins: the others work, and the list says what is wrong."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import KolonyError
from agent.hookcheck import faults_of
from agent.host import Host
from agent.kolony import Kolony
from agent.plugin_sources import TooSlow, within
from agent.settings import PluginSettings, Settings, load

GOOD = """
    from agent import Artifact, Brief, Context, hookimpl, tool

    class GoodNote(Artifact):
        deliverable = "good_note"

    @tool(asks=["take a good note"])
    def take_good_note(ctx: Context, brief: Brief) -> GoodNote:
        \"\"\"Take a note.\"\"\"
        return GoodNote()

    @hookimpl
    def register_tools():
        return [take_good_note]
"""
BAD = {
    "raises": ("raise RuntimeError('no licence file')", "RuntimeError: no licence file"),
    "leaves": ("import sys; sys.exit('bye')", "SystemExit: bye"),
    "syntax": ("def", "SyntaxError"),
    "absent": ("import a_package_that_nobody_has", "needs the module 'a_package_that_nobody_has', which is not installed"),
    "wrong_argument": (
        "from agent import hookimpl\n@hookimpl\ndef before_step(context, step): ...",
        "before_step is given no argument 'context'. It may take: ctx, step.",
    ),
    "no_such_hook": ("from agent import hookimpl\n@hookimpl\ndef register_tool(): ...", "register_tool. Did you mean register_tools?"),
    "clash": (
        "from agent import Brief, Context, DraftSet, hookimpl, tool\n@tool\ndef write_posts(ctx: Context, brief: Brief) -> DraftSet:\n"
        "    'Mine.'\n    return DraftSet()\n@hookimpl\ndef register_tools():\n    return [write_posts]",
        "'content_writer' and 'clash', both define the tool 'write_posts'",
    ),
    "same_class": (
        "from agent import Artifact, Brief, Context, hookimpl, tool\nclass Slate(Artifact): ...\n@tool\n"
        "def other(ctx: Context, brief: Brief) -> Slate:\n    'Mine.'\n    return Slate()\n@hookimpl\ndef register_tools():\n    return [other]",
        "There is an artifact Slate already",
    ),
    "same_word": (
        "from agent import Artifact, Brief, Context, hookimpl, tool\nclass Choice(Artifact):\n    deliverable = 'slate'\n@tool\n"
        "def other(ctx: Context, brief: Brief) -> Choice:\n    'Mine.'\n    return Choice()\n@hookimpl\ndef register_tools():\n    return [other]",
        "asked for by the word 'slate' already",
    ),
    "fails_later": ("from agent import hookimpl\n@hookimpl\ndef register_tools():\n    raise ValueError('odd')", "ValueError: odd"),
}


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KOLONY_CACHE", str(tmp_path / "cache"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("kolony_file_"):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., PluginSettings]:
    """Writes single-file plugins; the settings that name their folder."""
    place = tmp_path / "plugins"
    place.mkdir()

    def write(limit: float = 5.0, **files: str) -> PluginSettings:
        for name, code in files.items():
            (place / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        return PluginSettings(folder=place, import_seconds=limit)

    return write


def test_every_way_of_being_broken_is_told_and_plans_are_made_all_the_same(folder: Callable[..., PluginSettings]) -> None:
    settings = folder(good=GOOD, **{name: code for name, (code, _) in BAD.items()})
    host = Host(settings)
    for name, (_, said) in BAD.items():
        info = host.plugins[name]
        assert info.status == "broken", name
        assert said in info.error, f"{name}: {info.error}"
        assert "\n" not in info.error
        assert info.tools == []
    assert {p.name for p in host.broken} == set(BAD)
    assert host.tools["write_posts"].plugin == "content_writer"
    planned = Kolony(Settings(plugins=settings), host=host).plan("Sugar-free soda on Instagram: find 4 creators and take a good note")
    assert not planned.faults
    assert {"select_slate", "take_good_note"} <= {s.tool for s in planned.plan.steps}


def test_an_import_that_does_not_come_back_is_left_behind_and_not_waited_for_again(folder: Callable[..., PluginSettings]) -> None:
    settings = folder(0.3, good=GOOD, hangs="import threading\nthreading.Event().wait(30)")
    first = Host(settings, entry_points=False)
    assert "longer than 0.3 s" in first.plugins["hangs"].error
    assert list(first.tools) == ["take_good_note"]
    threads = threading.active_count()
    second = Host(settings, entry_points=False)
    assert "the last time" in second.plugins["hangs"].error
    assert threading.active_count() == threads
    assert "the last time" not in Host(settings, entry_points=False, again=True).plugins["hangs"].error


def test_a_slow_plugin_is_tried_again_when_it_changes(folder: Callable[..., PluginSettings]) -> None:
    settings = folder(0.3, changes="import threading\nthreading.Event().wait(30)")
    assert Host(settings, entry_points=False).broken
    folder(0.3, changes=GOOD)
    assert Host(settings, entry_points=False).plugins["changes"].status == "loaded"
    assert not json.loads((settings.folder.parent / "cache" / "slow-plugins.json").read_text())  # type: ignore[union-attr]


def test_what_a_plugin_prints_while_it_is_imported_does_not_reach_the_output(
    folder: Callable[..., PluginSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert not Host(folder(talks="print('hello')"), entry_points=False).broken
    said = capsys.readouterr()
    assert said.out == ""
    assert "hello" in said.err


def test_block_and_allow_lists_hold_for_files_too(folder: Callable[..., PluginSettings], tmp_path: Path) -> None:
    settings = folder(side=f"open({str(tmp_path / 'imported')!r}, 'w').close()", good=GOOD)
    host = Host(settings.model_copy(update={"block": ["side"]}), entry_points=False)
    assert host.plugins["side"].status == "blocked"
    host = Host(settings.model_copy(update={"allow": ["good"]}), entry_points=False)
    assert host.plugins["side"].status == "blocked"
    assert not (tmp_path / "imported").exists()


def test_private_and_hidden_files_are_no_plugins_and_a_file_never_takes_an_installed_name(folder: Callable[..., PluginSettings]) -> None:
    settings = folder(_helper="raise RuntimeError", persona=GOOD)
    host = Host(settings)
    assert "_helper" not in host.plugins
    assert host.plugins["persona"].distribution == "kolony"
    (other,) = host.broken
    assert "same name" in other.error
    assert "take_good_note" not in host.tools


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(KolonyError, match="no folder of plugins"):
        Host(PluginSettings(folder=tmp_path / "nowhere"))


def test_the_folder_comes_from_the_settings_or_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kolony.toml").write_text('[plugins]\nfolder = "mine"\nblock = ["x"]\n')
    assert load(tmp_path).plugins == PluginSettings(folder=Path("mine"), block=["x"])
    monkeypatch.setenv("KOLONY_PLUGINS_DIR", "theirs")
    assert load(tmp_path).plugins == PluginSettings(folder=Path("theirs"), block=["x"])
    (tmp_path / "kolony.toml").write_text('plugins = "mine"\n')
    with pytest.raises(KolonyError, match="plugins"):
        load(tmp_path)


def test_a_limit_gives_what_the_work_gives_or_raises() -> None:
    assert within(5, lambda: 3) == 3
    with pytest.raises(KeyError):
        within(5, lambda: {}["x"])
    gate = threading.Event()
    with pytest.raises(TooSlow):
        within(0.05, gate.wait)
    gate.set()


def test_hooks_with_fewer_arguments_or_defaults_are_fine() -> None:
    from agent import hookimpl

    class Fine:
        @hookimpl
        def before_step(self, step, extra=1): ...  # type: ignore[no-untyped-def]

        @hookimpl
        @staticmethod
        def on_event(event): ...  # type: ignore[no-untyped-def]

    assert faults_of(Fine()) == []
