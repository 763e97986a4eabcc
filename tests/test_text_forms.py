"""Which kinds of text a request asks for, and how many versions of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import Brief
from agent.brief import read_brief

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
LABELLED = [json.loads(line) for line in (Path(__file__).parent / "data" / "text_forms.jsonl").read_text(encoding="utf-8").splitlines()]


def read(request: str) -> Brief:
    return read_brief(request, now=NOW)[0]


def right(row: dict[str, Any]) -> bool:
    brief = read(row["request"])
    asked = ("drafts" in brief.deliverables) == bool(row["forms"])
    return asked and brief.forms == row["forms"] and brief.variants == row["variants"] and "reply" not in brief.deliverables


@pytest.mark.parametrize("row", [r for r in LABELLED if r["split"] == "dev"], ids=lambda r: r["request"][:30])
def test_requests_are_read(row: dict[str, Any]) -> None:
    assert right(row)


def test_most_requests_that_were_never_looked_at_are_read() -> None:
    held = [r for r in LABELLED if r["split"] == "held"]
    assert sum(map(right, held)) >= 0.85 * len(held)


@pytest.mark.parametrize(
    "request_",
    [
        "写种草文案，不要脚本",
        "Write captions, no scripts please",
        "推广2.0版的音箱，写笔记",
        "Write posts for the third version of our app",
        "写文案，预算三千，两位达人",
    ],
)
def test_what_is_refused_or_counts_something_else_is_no_form_and_no_version(request_: str) -> None:
    brief = read(request_)
    assert brief.variants is None
    assert "script" not in brief.forms


def test_versions_do_not_count_as_posts_or_creators() -> None:
    brief = read("找5位达人，每人写一篇笔记，每篇两版")
    assert (brief.creator_count, brief.posts_per_creator, brief.variants) == (5, 1, 2)


def test_a_customers_comment_still_asks_for_one_reply() -> None:
    assert "reply" in read("A customer asks “is it vegan?”, please reply").deliverables


def test_what_a_brief_says_is_in_its_plan_contract() -> None:
    data = read("Write 3 variants of ad copy for our soap").model_dump(mode="json")
    assert (data["forms"], data["variants"]) == (["ad"], 3)
    assert {"language", "brand", "product", "deliverables", "must_say", "must_not_say", "facts"} <= set(data)
