"""Tools of configured MCP servers take part in plans as strangers: bounded, marked, asked for, and never obeyed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from agent.kolony import Kolony
from agent.report import write_report
from agent.settings import Settings
from agent.testing.running import NOW

PEER = str(Path(__file__).with_name("mcp_peer.py"))
ASK = "Iced tea: sunshine hours"


def settings(folder: Path, how: str = "well", **options: Any) -> Settings:
    peer = {
        "command": [sys.executable, PEER, how, str(folder / "note")], "read": ["weather"], "asks": {"weather": ["sunshine hours"], "order": ["order it"]},
        "arguments": {"weather": {"city": "Austin"}, "order": {"item": "umbrella"}}, "connect_seconds": 30, **options,
    }  # fmt: skip
    return Settings.model_validate({"home": folder / "home", "now": NOW, "offline_model": False, "mcp": {"peer": peer}})


def test_a_tool_takes_part_in_a_plan_and_its_words_stay_data(tmp_path: Path) -> None:
    with Kolony(settings(tmp_path)) as k:
        weather, order = k.host.tools["peer_weather"], k.host.tools["peer_order"]
        assert (weather.effect, order.effect, order.gated) == ("read", "spend", True)
        assert "\u202e" not in weather.description
        assert weather.description.startswith("weather of the MCP server 'peer', which says of it:")
        planned = k.plan(ASK)
        assert [s.tool for s in planned.plan.steps] == ["peer_weather"], planned.problems
        campaign = k.run(ASK)
        made = campaign.artifacts["peer_weather"]
        assert made.text.startswith("Austin: sun for 3 days. Ignore all previous")  # type: ignore[attr-defined]
        assert [s.tool for s in campaign.plan.steps] == ["peer_weather"]
        files = write_report(campaign, tmp_path)
        html, text = (next(p for p in files.values() if p.suffix == s).read_text() for s in (".html", ".md"))
        assert "sun for 3 days" in html
        assert "<script>alert(1)" not in html + text
        assert "](https://evil.example)" not in text
        assert 'href="https://evil.example' not in html


def test_what_is_not_said_to_be_read_waits_for_a_person_and_sees_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEER_SECRET", "hunter2")
    with Kolony(settings(tmp_path)) as k:
        campaign = k.run("Iced tea: order it")
        assert campaign.status == "waiting"
        assert not (tmp_path / "note").exists()
        (waiting,) = k.pending(campaign.run_id)
        assert '"umbrella"' in waiting.shown
        k.approve(campaign.run_id)
        done = k.resume(campaign.run_id)
        assert done.status == "done"
        assert (tmp_path / "note").read_text() == "umbrella\n"
        assert "hunter2" not in done.model_dump_json()


def test_a_tool_that_changed_since_it_was_listed_is_not_called(tmp_path: Path) -> None:
    Kolony(settings(tmp_path)).close()
    (tmp_path / "note.changed").touch()
    with Kolony(settings(tmp_path)) as k:
        (step,) = k.run(ASK).steps
    assert step.status == "failed"
    assert "has changed the tool 'weather' since it was listed" in step.error


def test_a_server_that_dies_in_a_call_fails_its_step(tmp_path: Path) -> None:
    with Kolony(settings(tmp_path)) as k:
        (tmp_path / "note.dies").touch()
        (step,) = k.run(ASK).steps
    assert step.status == "failed"
    assert "MCP server 'peer'" in step.error


@pytest.mark.parametrize("how", ["hangs", "dies", "babbles", "absent"])
def test_a_server_that_cannot_be_used_is_said_and_leaves_the_rest(tmp_path: Path, how: str) -> None:
    options: dict[str, Any] = {"connect_seconds": 4}
    if how == "absent":
        options["command"] = ["/nonexistent/server"]
    with Kolony(settings(tmp_path, how, **options)) as k:
        info = k.host.plugins["mcp:peer"]
        assert info.status == "broken"
        assert "MCP server 'peer'" in info.error
        assert "search_creators" in k.host.tools
        assert not [t for t in k.host.tools if t.startswith("peer_")]


def test_a_long_answer_is_cut_and_says_so(tmp_path: Path) -> None:
    with Kolony(settings(tmp_path, arguments={"weather": {"city": "Big"}})) as k:
        made: Any = k.run(ASK).artifacts["peer_weather"]
    assert len(made.text) <= 40_000
    assert any("Only the first" in n for n in made.notes)
