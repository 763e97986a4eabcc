"""Killed with SIGKILL at chosen moments, a campaign is finished by the next process as if nothing had happened."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.errors import BudgetExceeded
from agent.events import ModelAsked, ModelCalled, RunStarted
from agent.models import Ledger
from agent.models.responses import Responses
from agent.models.spec import Answer, Call
from agent.runs import RunFolder
from bench import _killing as killing
from bench._killing import Kill
from bench.durability import POINTS, draw

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs SIGKILL and a fork server")
CHOSEN = [
    Kill("before: run record", 0), Kill("after: run record", 0), Kill("before: checkpoint", 0, 0.001), Kill("inside: tool", 1),
    Kill("after: tool", 0), Kill("before: step's result", 1), Kill("after: step's result", 1), Kill("after: answer kept", 1),
    Kill("before: answer kept", 4), Kill("after: Chroma", 1), Kill("after: index rows", 2), Kill("after: checkpoint", 1),
    Kill("before: report", 0), Kill(after=0.3),
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], float]:
    return killing.undisturbed(tmp_path_factory.mktemp("whole") / "home")


def test_killed_anywhere_a_run_is_finished_without_repeating_paying_or_losing(whole: Any, tmp_path: Path) -> None:
    report, state, _ = whole
    assert (report["status"], len(state["rows"]), state["words"], len(state["chroma"])) == ("done", 60, 60, 60)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda n: killing.campaign(tmp_path / str(n), [CHOSEN[n]], report, state), range(len(CHOSEN))))
    assert {str(o.kills): o.faults for o in outcomes if o.faults} == {}
    assert sum(o.died for o in outcomes) >= len(CHOSEN) - 1  # the one that goes by the clock may come too late
    assert sum(o.asked_again for o in outcomes) >= 1  # questions under way when it was killed
    assert sum(o.paid_twice for o in outcomes) == 0


def test_a_server_without_idempotency_keys_may_bill_twice_and_the_run_says_so(whole: Any, tmp_path: Path) -> None:
    report, state, _ = whole
    outcome = killing.campaign(tmp_path / "h", [Kill("before: answer arrived", 1)], report, state, honours=False)
    assert (outcome.faults, outcome.died) == ([], 1)
    assert outcome.paid_twice >= 1
    assert outcome.in_doubt_usd > 0
    shown = CliRunner().invoke(app, ["runs", "show"], env={"KOLONY_HOME": str(tmp_path / "h"), "COLUMNS": "200"})
    assert "may have been billed" in shown.output


def test_a_request_in_doubt_counts_against_the_cap_and_is_repeated_under_its_key_once(tmp_path: Path) -> None:
    def asked(request: str, body: str = "b") -> ModelAsked:
        return ModelAsked(run_id="r", at=killing.NOW, step="s", task="t", model="m", usd=0.4, request=request, body=body, key="k")

    answer = ModelCalled(
        run_id="r", at=killing.NOW, step="s", task="t", model="m", tokens_in=5, tokens_out=3, usd=0.1, seconds=1, request="one"
    )
    known = Ledger(1.0, before=[asked("one"), answer])
    assert (known.spent, known.cost("s").in_doubt_usd, known.again("s", "b")) == (0.1, 0, "")
    ledger = Ledger(1.0, before=[asked("one"), answer, asked("two")])
    assert (ledger.spent, ledger.cost("s").in_doubt_usd) == (0.5, 0.4)
    with pytest.raises(BudgetExceeded):
        ledger.reserve("s", 0.6)
    assert (ledger.again("s", "other"), ledger.again("t", "b")) == ("", "")
    assert (ledger.again("s", "b"), ledger.again("s", "b")) == ("two", "")
    ledger.billed_once("two")  # the server says that it billed once
    assert (ledger.spent, ledger.cost("s").in_doubt_usd) == (pytest.approx(0.1), 0)
    # Answered a second time by a server that does not say so, one of the two bills stays in doubt, also for the next attempt.
    twice = [asked("two"), asked("two"), answer.model_copy(update={"request": "two"})]
    assert Ledger(1.0, before=twice).cost("s").in_doubt_usd == 0.4
    assert Ledger(1.0, before=[*twice[:2], answer.model_copy(update={"request": "two", "once": True})]).cost("s").in_doubt_usd == 0


def test_the_seeds_reach_every_seam(whole: Any) -> None:
    _, state, seconds = whole
    drawn = {k.moment for seed in range(POINTS) for k in draw(seed, state["moments"], seconds)}
    assert drawn == {"", *state["moments"]}


def test_a_sample_without_a_seed_is_kept_for_its_own_run_only(tmp_path: Path) -> None:
    kept = Responses(tmp_path / "r.sqlite3")
    assert kept.key("m", [{"role": "user", "content": "q"}], Call(temperature=0.7)) is None
    kept.put("k", Answer("a", 1, 1), [{"role": "user", "content": "q"}], run="r1")
    assert kept.get_paid("k") == (Answer("a", 1, 1), "r1")


def test_answers_kept_by_an_earlier_version_are_still_given(tmp_path: Path) -> None:
    import sqlite3

    db = sqlite3.connect(tmp_path / "r.sqlite3")
    db.execute(
        "CREATE TABLE responses (key TEXT PRIMARY KEY, used INTEGER NOT NULL, bytes INTEGER NOT NULL, hits INTEGER NOT NULL DEFAULT 0,"
        " messages TEXT NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID"
    )
    answer = json.dumps({"text": "old", "tokens_in": 1, "tokens_out": 2})
    db.execute("INSERT INTO responses VALUES ('k', 1, 9, 0, '[]', ?)", (answer,))
    db.commit()
    db.close()
    found, run = Responses(tmp_path / "r.sqlite3").get_paid("k")
    assert (found.text if found else "", run) == ("old", "")


def test_what_an_earlier_attempt_used_counts_against_the_cap_and_in_the_step(tmp_path: Path) -> None:
    def called(**more: Any) -> ModelCalled:
        given = {
            "run_id": "r",
            "at": killing.NOW,
            "step": "s",
            "task": "t",
            "model": "m",
            "tokens_in": 5,
            "tokens_out": 3,
            "usd": 0.4,
            "seconds": 1,
        }
        return ModelCalled(**{**given, **more})

    ledger = Ledger(1.0, before=[called(), called(cached=True, usd=0.0), called(error="HTTP 503", usd=0.0), called(error="cancelled")])
    assert (ledger.spent, ledger.cost("s").calls, ledger.cost("s").tokens_in) == (0.8, 2, 10)
    assert ledger.left == pytest.approx(0.2)


def test_an_event_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    event = RunStarted(run_id="r", at=killing.NOW, request="q\x85\u2028", steps=[], resumed=False)
    folder.append(event)
    with (tmp_path / "events.jsonl").open("ab") as f:
        f.write(b'{"type": "run_sta')
    folder.append(event)
    assert list(folder.events()) == [event, event]
