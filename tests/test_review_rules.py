"""The rules over single texts, the packs that hold them, and the command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent import Finding, KolonyError
from bench.review import CAPTIONS, FRESH, judged, rows
from plugins.common.compliance import check as check_text
from plugins.common.compliance import load_pack, packs_for, verdict_of
from plugins.common.compliance.likely import encode, likely
from plugins.common.compliance.matching import Setting

# --- rules ------------------------------------------------------------------------------------------------------------

MARKETS = ("cn", "us", "uk", "eu")
BAD = [
    ("cn", False, "全国最佳口感，国家级配方，销量第一"),
    ("cn", False, "三天治好湿疹，无副作用"),
    ("us", False, "It cures diabetes in a week, guaranteed"),
    ("uk", True, "#spon Lovely boots"),
    ("eu", False, "A sustainable, eco-friendly fashion brand"),
]


def counting(found: Sequence[Finding]) -> list[Finding]:
    return [f for f in found if not f.exempt and f.severity != "info"]


@pytest.mark.parametrize("half", [False, True], ids=["tuned on", "held out"])
def test_labelled_sentences(half: bool) -> None:
    counts = judged([r for r in rows() if r["held_out"] is half])
    for name in ("all", "zh", "en", "absolute", "health", "disclosure"):
        c = counts[name]
        assert c["tp"] / (c["tp"] + c["fp"]) >= 0.9, (name, c)
        assert c["tp"] / (c["tp"] + c["fn"]) >= 0.9, (name, c)


@pytest.mark.parametrize(("part", "file"), [("held_out", CAPTIONS), ("fresh2", FRESH)])
def test_captions_by_other_hands(part: str, file: Path) -> None:
    """Neither rules nor classifier were made with these texts."""
    texts = [r for r in rows(file) if r.get("held_out") or r.get("part") == part]
    c = judged(texts, own_family=False)["all"]
    assert c["tp"] / (c["tp"] + c["fp"]) >= 0.9, c
    assert c["tp"] / (c["tp"] + c["fn"]) >= 0.85, c


def test_what_no_rule_holds_is_a_warning_that_says_how_likely_it_is() -> None:
    text = "今天去公园走了走，风有点大，晒了会儿太阳。喝完再也不用跑医院，一整年身体棒棒的。"
    (found,) = counting(check_text(text, "cn"))
    assert (found.rule, found.severity, found.family) == ("likely.health", "warn", "health")
    assert "%" in found.why
    assert found.span.startswith("喝完")


@pytest.mark.parametrize(
    ("market", "text", "found"),
    [
        ("cn", "坚持喝一个月，孩子的鼻炎和腺样体都缩小了", True),
        ("cn", "在医院复查，结节缩小了", False),
        ("us", "After a month of these drops the swelling vanished", True),
        ("uk", "After a nap the swelling went away", False),
    ],
)
def test_relief_put_down_to_goods(market: str, text: str, found: bool) -> None:
    assert any(f.rule == f"{market}.health.relief" for f in counting(check_text(text, market))) is found


def test_a_denial_silences_the_classifier() -> None:
    assert counting(check_text("Our pads fixed my back pain of ten years in a week, gone", "us"))
    assert not counting(check_text("This product is not intended to diagnose, treat, cure or prevent any disease", "us"))
    assert not counting(check_text("本品不能代替药物，特殊人群请遵医嘱", "cn"))


def test_a_claim_within_a_long_text_is_found_where_it_stands() -> None:
    day, claim = "周末去市场买了两斤虾，回家白灼，蘸一点姜醋。", "坚持一个月，身体里的毒都排干净了，气色红润。"
    found = counting(check_text(f"{day * 6}\n{claim}\n{day * 3}", "cn"))
    assert [f.span for f in found] == [claim]


def test_only_texts_that_are_left_open_reach_the_encoder() -> None:
    asked: list[str] = []

    def encoder(texts: Sequence[str]) -> Any:
        asked.extend(texts)
        return encode(texts)

    packs = packs_for("us")
    assert likely("Tomato soup night. Grilled cheese mandatory.", [], packs, Setting(), encoder) == []
    assert asked == []
    assert likely("It dissolves kidney stones and clears plaque from your heart", [], packs, Setting(), encoder)
    assert len(asked) == 1


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=200), st.sampled_from([b[2] for b in BAD]).flatmap(lambda t: st.text(max_size=9).map(lambda s: s + t + s))),
       st.sampled_from(MARKETS), st.booleans())  # fmt: skip
def test_offsets_point_into_the_text(text: str, market: str, sponsored: bool) -> None:
    for f in check_text(text, market, sponsored=sponsored, facts=["38元"]):
        if f.start is not None and f.end is not None:
            assert 0 <= f.start < f.end <= len(text)
            assert text[f.start : f.end] == f.span
        else:
            assert f.span == ""


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(BAD), st.integers(0, 60), st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufe0f"]))
def test_an_invisible_character_hides_nothing(bad: tuple[str, bool, str], at: int, mark: str) -> None:
    market, sponsored, text = bad
    broken = text[: at % len(text)] + mark + text[at % len(text) :]
    assert {f.rule for f in check_text(text, market, sponsored=sponsored)} <= {
        f.rule for f in check_text(broken, market, sponsored=sponsored)
    }


@pytest.mark.parametrize(
    "text", ["全城最 佳火锅", "國家級品質", "销量第①", "N0.1火锅", "zui佳火锅", "Ｎｏ．１火锅", "蕞好吃的火锅", "最·好·吃的火锅"]
)
def test_disguised_words_are_seen(text: str) -> None:
    assert counting(check_text(text, "cn")), text


@pytest.mark.parametrize(
    ("text", "exemption"),
    [
        ("2023年双11天猫咖啡类目销量第一（数据来源：生意参谋）", "第六条（六）"),
        ("店里三款蛋糕里，抹茶这款卖得最好", "第六条（一）"),
        ("最佳赏味期是两小时内", "第六条（二）"),
        ("我们用的是国家级非物质文化遗产工艺", "第六条（三）"),
        ("力争做到最好", "第五条（二）"),
    ],
)
def test_an_exempt_hit_says_why_and_does_not_count(text: str, exemption: str) -> None:
    found = check_text(text, "cn")
    assert verdict_of(found) == "pass"
    assert not found or any(f.exempt and exemption in f.why for f in found)


def test_one_mark_does_not_excuse_other_words() -> None:
    assert verdict_of(check_text("最佳赏味期两小时内。全国最好吃的火锅！", "cn")) == "warn"
    assert verdict_of(check_text("#ad It cures diabetes.", "us", sponsored=True)) == "block"


def test_nothing_and_much() -> None:
    assert check_text("", "us") == []
    assert check_text(" \n", "cn", sponsored=True) == []
    for piece, market in (("最", "cn"), ("第一", "cn"), ("cures the ", "us"), ("#ad ", "us"), ("1,", "uk")):
        found = check_text((piece * 100_000)[:100_000], market, sponsored=True, facts=["x"])
        assert not [f for f in found if f.rule == "pack.failed"], piece


def test_facts_ground_claims_in_other_words() -> None:
    def claims(text: str, *facts: str) -> set[str]:
        return {f.rule for f in check_text(text, facts=facts) if f.family == "grounding"}

    assert claims("0糖，每罐4大卡", "zero sugar", "4 kcal per can") == set()
    assert claims("No sugar and only 4 calories", "无糖", "每罐4大卡") == set()
    assert claims("全场七折", "30% off") == set()
    assert claims("超过1.2万人都在用", "12,000 users") == set()
    assert "grounding.zero_sugar" in claims("一瓶零糖的快乐", "每罐4大卡")
    assert "grounding.number" in claims("Only 5 calories", "4 kcal per can")
    assert "grounding.award" in claims("Our award-winning soda", "4 kcal per can")
    assert claims("我觉得很好喝，适合夏天", "每罐4大卡") == set(), "an opinion is no claim"


# --- packs ------------------------------------------------------------------------------------------------------------

RUNAWAY = r"(a|aa)+(a|aa)+b?$x"
HOUSE: dict[str, Any] = {
    "market": "us", "name": "house", "dated": "2026-01-15", "sources": {"book": {"title": "Brand book"}},
    "rules": [
        {
            "id": "house.cheap", "family": "house", "severity": "block", "find": [r"\bcheap\b"], "sources": ["book"],
            "why": {"en": "Not our word.", "zh": "不用此词。"}, "suggestion": {"en": "Name the price.", "zh": "写价格。"},
        }
    ],
}  # fmt: skip


def broken(**rule: Any) -> dict[str, Any]:
    return {**HOUSE, "rules": [{**HOUSE["rules"][0], **rule}]}


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (broken(find=["(cheap"]), "house.cheap"),
        (broken(find=["x*"]), "empty text"),
        (broken(severity="fatal"), "severity"),
        (broken(sources=["nowhere"]), "nowhere"),
        (broken(exempt=["nowhere"]), "nowhere"),
        (broken(like="us.no.such"), "us.no.such"),
        (broken(colour="red"), "colour"),
        ({"market": "us"}, "name"),
        ("no/such/file.yaml", "cannot be read"),
        ([1, 2], "cannot be used"),
    ],
)
def test_a_pack_that_cannot_be_used_says_why(pack: Any, said: str) -> None:
    with pytest.raises(KolonyError, match=r"pack|rule") as e:
        load_pack(pack)
    assert said in str(e.value)


def test_a_runaway_expression_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.common.compliance.matching.SECONDS", 0.05)
    found = check_text("a" * 5000 + " is cheap!", "us", packs=[load_pack(broken(id="house.slow", find=[RUNAWAY])), load_pack(HOUSE)])
    assert [f.severity for f in found if f.rule == "pack.failed"] == ["warn"]
    assert "house.cheap" in {f.rule for f in found}, "the other rules go on"


def test_every_rule_names_a_source_and_speaks_both_languages() -> None:
    for market in MARKETS:
        for pack in packs_for(market):
            assert pack.dated.year >= 2026
            for rule in pack.rules:
                assert pack.source(rule.sources)
                assert rule.why.en != rule.why.zh


# --- kolony review -----------------------------------------------------------------------------------------------------


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> Any:
    import typer

    from plugins.evaluator.review_command import add_to

    monkeypatch.setenv("KOLONY_HOME", str(tmp_path / "home"))
    app = typer.Typer()
    add_to(app)
    app.command()(lambda: None)
    return CliRunner().invoke(app, ["review", *args])


def test_the_command_answers_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("国家级配方\n\n最近很忙\n#ad Nice boots\n", encoding="utf-8")
    result = run(tmp_path, monkeypatch, str(file), "--jsonl")
    assert result.exit_code == 0, result.output
    made = [json.loads(line) for line in result.stdout.splitlines()]
    assert [m["verdict"] for m in made] == ["block", "pass", "pass", "pass"]
    (finding,) = made[0]["findings"]
    assert finding["span"] == [0, 3]
    assert {"rule", "severity", "span", "exempt", "why", "suggestion"} <= set(finding)
    paid = run(tmp_path, monkeypatch, str(file), "--market", "us", "--sponsored", "--jsonl")
    assert [json.loads(line)["verdict"] for line in paid.stdout.splitlines()] == ["block", "pass", "block", "pass"]
    plain = run(tmp_path, monkeypatch, str(file), "--platform", "xiaohongshu")
    assert "国家级" in plain.stdout
    facts = tmp_path / "facts.txt"
    facts.write_text("4 kcal per can\n", encoding="utf-8")
    file.write_text("每罐4大卡\n每罐9大卡\n", encoding="utf-8")
    held = run(tmp_path, monkeypatch, str(file), "--facts", str(facts), "--jsonl")
    assert [json.loads(line)["verdict"] for line in held.stdout.splitlines()] == ["pass", "warn"]


@pytest.mark.parametrize("args", [("--market", "mars"), ("--platform", "myspace"), ("--facts", "no/such/file")])
def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]) -> None:
    file = tmp_path / "t.txt"
    file.write_text("hello\n", encoding="utf-8")
    result = run(tmp_path, monkeypatch, str(file), *args)
    assert result.exit_code != 0
    assert args[1] in result.output + str(result.exception)
