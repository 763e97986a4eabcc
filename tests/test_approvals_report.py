"""What people see of approvals: the command line, the report in both languages, and the exit codes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW
from typer.testing import CliRunner

from agent import Brief, Draft, DraftSet, Kolony
from agent.cli import app
from agent.report import html, markdown
from agent.settings import Settings

HOSTILE = "<script>alert(1)</script> \x1b[31mred `x` [a](javascript:b)"


def waiting(home: Path, language: Any = "en") -> tuple[Kolony, Any]:
    k = Kolony(Settings(home=home, now=NOW, offline_model=False))
    brief = Brief(request="publish", language=language, deliverables=["publication"])
    drafts = DraftSet(drafts=[Draft(id="d1", body=f"零糖 cold as ice {HOSTILE}")])
    return k, asyncio.run(k.execute(k.compile("publish", brief, {"drafts": drafts})))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_shows_what_waits_and_what_was_decided(home: Path, language: str) -> None:
    k, campaign = waiting(home, language)
    with k:
        (a,) = campaign.approvals
        for page in (html(campaign), markdown(campaign)):
            assert a.short in page
            assert "cold as ice" in page
            assert f"kolony approve {campaign.run_id}" in page
            assert {"en": "waits for approval", "zh": "等待批准"}[language] in page
            assert {"en": "9 Nov 2026", "zh": "2026年11月9日"}[language] in page
            assert "<script>alert" not in page
            assert "\x1b" not in page
        k.reject(campaign.run_id, by="林薇", why="先不发")
        again = k.resume(campaign.run_id)
        assert again.status == "done"
        page = html(again)
        assert "林薇" in page
        assert "先不发" in page
        assert {"en": "refused", "zh": "拒绝"}[language] in page


def kolony(*words: str, answer: str | None = None) -> Any:
    return CliRunner().invoke(app, list(words), input=answer)


def test_approving_in_the_terminal(home: Path, tmp_path: Path) -> None:
    k, campaign = waiting(home)
    k.close()
    listed = json.loads(kolony("approve", "last", "--json").stdout)
    assert [(a["step"], a["state"]) for a in listed] == [("publication", "pending")]
    no = kolony("approve", "last", answer="n\n")
    assert "cold as ice" in no.output
    assert "\x1b[31m" not in no.output
    assert kolony("approve", "last", answer="").exit_code != 0
    k = Kolony(Settings(home=home, now=NOW))
    assert k.pending(campaign.run_id)[0].state == "pending"
    edited = listed[0]
    edited["arguments"]["drafts"]["drafts"][0]["body"] = "quite another text"
    file = tmp_path / "changed.json"
    file.write_text(json.dumps([edited]), encoding="utf-8")
    yes = kolony("approve", "last", "publication", "--edit", str(file), "--by", "Lin Wei", "--no-resume", answer="y\n")
    assert yes.exit_code == 0, yes.output
    assert "quite another text" in yes.output
    (a,) = k.approvals(campaign.run_id)
    assert (a.state, a.trail[-1].by) == ("approved", "Lin Wei")
    assert "quite another text" in a.shown
    assert kolony("approve", "last", "nothing").exit_code != 0
    assert kolony("resume", "last").exit_code == 1  # no address is set: nothing went out, and that is told
    assert k.approvals(campaign.run_id)[0].state == "approved"
    assert kolony("resolve", "last", "publication", "--sent").exit_code != 0  # nothing is in doubt
    assert kolony("reject", "last", "publication", "--why", "no", "--no-resume").exit_code == 0
    assert kolony("resume", "last").exit_code == 0


def test_a_run_that_waits_has_an_exit_code_of_its_own(home: Path) -> None:
    k, _ = waiting(home)
    k.close()
    ended = kolony("resume", "last")
    assert ended.exit_code == 3
    assert "kolony approve" in ended.output
