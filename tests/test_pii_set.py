"""The guard on a written set, both halves: the structured kinds are found, and what looks like them is not taken for them."""

from __future__ import annotations

import json

import pytest

from agent.guard import redact
from bench.privacy import SET, rows, run, scores, together


@pytest.mark.parametrize("split", ["tune", "held"])
def test_structured_kinds_are_found_and_nothing_else_is(split: str) -> None:
    whole = together(scores(split))
    assert whole.precision >= 0.95
    assert whole.recall >= 0.95


def test_the_set_is_bilingual_and_has_many_that_hold_nothing() -> None:
    every = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]
    assert len(every) >= 350
    assert 0.45 < sum(r["language"] == "zh" for r in every) / len(every) < 0.55
    assert sum(not r["spans"] for r in every) / len(every) > 1 / 3
    assert len({r["text"] for r in every}) == len(every)


def test_names_beside_contacts_go_and_other_names_stay() -> None:
    assert redact("联系人：王小明 13812340000") == "联系人：[name] [phone]"
    assert redact("Contact: Jane Doe, jane@foxmedia.com") == "Contact: [name], [email]"
    assert redact("Jane Doe wrote to jane@foxmedia.com about 王小明") == "Jane Doe wrote to [email] about 王小明"


def test_the_measurement_prints_every_kind_of_both_halves() -> None:
    printed = "\n".join(run())
    for kind in ("email", "phone", "id_number", "card", "iban", "address", "account", "name"):
        assert printed.count(f"| {kind} |") == 2
    assert len(rows("held")) >= 150
