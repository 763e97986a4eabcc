"""Retention: what is too old is shown, goes when told to, and leaves nothing on the disk; what is young stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_world import post
from test_forget import REQUEST, Small, world
from test_forget_store import traces

from agent.errors import UsageError
from agent.prune import carry_out, days_of, plan, plan_runs
from agent.settings import Settings

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_old_posts_and_runs_go_and_young_ones_stay(tmp_path: Path) -> None:
    old = Settings(home=tmp_path, now=datetime(2026, 5, 1, tzinfo=UTC))
    with Small(old) as k:
        k.store.upsert(world()[0], world()[1])
        first = k.run(REQUEST).run_id
        k.store.upsert([post(1, "zyxoldword about soda", created_at=datetime(2025, 1, 1, tzinfo=UTC)), post(2, created_at=NOW)])
    with Small(Settings(home=tmp_path, now=NOW)) as k:
        second = k.run(REQUEST).run_id
        pruning = plan(k, 90)
        assert (pruning.posts, pruning.runs) == (["xiaohongshu:1"], [first])
        assert pruning.bytes > 1000
        assert k.runs.ids() == [second, first]  # a plan removes nothing
        assert plan_runs(k, keep=1).runs == [first]
        assert plan_runs(k, keep=2).runs == []
        carry_out(k, pruning)
        assert k.runs.ids() == [second]
        assert k.store.post("xiaohongshu:1") is None
        assert k.store.post("xiaohongshu:2") is not None
    assert traces(tmp_path, ("zyxoldword", first)) == []
    with closing(sqlite3.connect(tmp_path / "runs" / second / "checkpoints.sqlite")) as db:
        assert {id for (id,) in db.execute("SELECT thread_id FROM checkpoints")} == {second}


def test_posts_without_a_date_are_counted_and_go_when_that_is_said(tmp_path: Path) -> None:
    with Small(Settings(home=tmp_path, now=NOW)) as k:
        k.store.upsert([post(1, created_at=None), post(2, created_at=NOW), post(3, created_at=datetime(2020, 1, 1, tzinfo=UTC))])
        kept = plan(k, 90)
        assert (kept.posts, kept.undated) == (["xiaohongshu:3"], 1)
        pruning = plan(k, 90, undated=True)
        assert (sorted(pruning.posts), pruning.undated) == (["xiaohongshu:1", "xiaohongshu:3"], 0)
        carry_out(k, pruning)
        assert k.store.counts().posts == 1


def test_a_run_of_an_earlier_version_keeps_its_place_in_the_shared_file(tmp_path: Path) -> None:
    with Small(Settings(home=tmp_path, now=NOW)) as k:
        k.store.upsert(*world())
        old = k.run(REQUEST)
        own, shared = tmp_path / "runs" / old.run_id / "checkpoints.sqlite", tmp_path / "runs" / "checkpoints.sqlite"
        own.rename(shared)  # where it lay before
        again = k.resume(old.run_id)
        assert again.status == "done"
        assert [s.attempts for s in again.steps] == [s.attempts for s in old.steps]
        assert not own.exists()
        new = k.run(REQUEST)
        assert (tmp_path / "runs" / new.run_id / "checkpoints.sqlite").exists()
        carry_out(k, plan_runs(k, keep=1))
        assert k.runs.ids() == [new.run_id]
        with closing(sqlite3.connect(shared)) as db:
            assert db.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


@pytest.mark.parametrize(("span", "days"), [("90d", 90), ("12 w", 84), ("1y", 365), ("90天", 90), ("2 weeks", 14)])
def test_lengths_of_time(span: str, days: int) -> None:
    assert days_of(span) == days


@pytest.mark.parametrize("span", ["", "90", "d", "-3d", "3 fortnights"])
def test_what_is_no_length_of_time(span: str) -> None:
    with pytest.raises(UsageError, match="no length of time"):
        days_of(span)
