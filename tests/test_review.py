"""Reviewing drafts with their brief, and single texts without one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_world import dessert_brief, make_context, shared_small_world
from typer.testing import CliRunner

from agent import ContentReview, Context, Draft, DraftSet, Finding, KolonyError
from bench.review import judged, rows
from plugins.common.compliance import check as check_text
from plugins.common.compliance import load_pack, packs_for, review, verdict_of
from plugins.common.compliance.limits import length
from plugins.evaluator import review_content
from vectorstore import Store


@pytest.fixture(scope="module")
def world() -> Store:
    return shared_small_world()[0]


@pytest.fixture
def ctx(world: Store, tmp_path: Path) -> Context:
    return make_context(world, tmp_path)


def draft(body: str, **fields: Any) -> Draft:
    given: dict[str, Any] = {
        "id": "d1", "creator": "xiaohongshu:d1", "platform": "xiaohongshu", "language": "zh", "title": "周末去吃甜品", "disclosure": "广告", **fields,
    }  # fmt: skip
    return Draft(body=body, **given)


def english(body: str, **fields: Any) -> Draft:
    return draft(body, **{"platform": "instagram", "language": "en", "title": "", "disclosure": "#ad", **fields})


def check(ctx: Context, *drafts: Draft, **fields: Any) -> ContentReview:
    result: ContentReview = review_content(ctx, dessert_brief(**fields), DraftSet(drafts=list(drafts)))
    return result


def rules(review: ContentReview, at: int = 0) -> set[str]:
    return {f.rule for f in review.reviews[at].findings}


def test_a_clean_draft_passes_whole(ctx: Context) -> None:
    made = check(ctx, draft("广告｜芋圆很Q，豆花嫩，和朋友坐了一下午，第一次来就想再来。"))
    assert made.reviews[0].verdict == "pass"
    assert made.reviews[0].score == 1.0
    assert made.reviews[0].findings == []
    assert "disclosure.missing" in made.rules_checked


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("这是达拉斯最佳甜品", "cn.absolute.named"),
        ("国家级配方", "cn.absolute.named"),
        ("销量第一的芋圆", "cn.absolute.first"),
        ("我们的豆花品质第一！", "cn.absolute.first"),
        ("全村最好吃的豆花", "cn.absolute.most"),
        ("唯一正宗", "cn.absolute.only"),
        ("吃了可以降血糖", "cn.health.disease"),
        ("零添加更放心", "grounding.no_additives"),
        ("加v领券", "cn.lure"),
        ("好评率高达98%", "grounding.number"),
        ("人均只要38元", "grounding.number"),
        ("三十年老店", "grounding.number"),
        ("联系13812345678", "privacy.phone"),
        ("邮箱 a.b@shop.com", "privacy.email"),
        ("身份证110105199003071234", "privacy.id_number"),
        ("最\u200b佳甜品", "cn.absolute.named"),
    ],
)  # fmt: skip
def test_chinese_words_that_need_care(ctx: Context, text: str, rule: str) -> None:
    made = check(ctx, draft(f"{text}，欢迎来坐坐。"))
    assert rule in rules(made), made.reviews[0].findings
    assert made.reviews[0].verdict in ("revise", "block")
    for finding in made.reviews[0].findings:
        assert finding.source, finding
        assert finding.fix, finding
        assert any("\u4e00" <= c <= "\u9fff" for c in finding.message)


@pytest.mark.parametrize(
    "text",
    [
        "第一次来，第一口就爱上了", "最近很忙，最后还是来了", "我最喜欢芋圆", "最好提前预约，最好不要周末来", "和最好的朋友一起", "店里很治愈系，被治愈了",
        "点了3份，坐了2个小时", "一共5个口味，推荐3个", "第一时间去打卡", "第一家分店在附近", "2025年新开的店",
    ],
)  # fmt: skip
def test_harmless_chinese_passes(ctx: Context, text: str) -> None:
    made = check(ctx, draft(f"{text}。"))
    assert [f for f in made.reviews[0].findings if not f.exempt] == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("This serum is clinically proven to work", "us.health.function"),
        ("It cures acne", "us.health.disease"),
        ("Results guaranteed", "us.promise.absolute"),
        ("100% safe for kids", "us.promise.absolute"),
        ("Voted best coffee in Texas", "us.superlative.factual"),
        ("We are #1", "us.superlative.factual"),
        ("Now 30% stronger", "grounding.number"),
        ("Only $4 a cup", "grounding.number"),
        ("Call (214) 555-0134", "privacy.phone"),
    ],
)
def test_english_words_that_need_care(ctx: Context, text: str, rule: str) -> None:
    made = check(ctx, english(text), language="en")
    assert rule in rules(made), made.reviews[0].findings


@pytest.mark.parametrize(
    "text",
    [
        "My best friend came along",
        "Best wishes to the team",
        "I secured a table",
        "Healthy start, 3 reasons to go",
        "Curious? Come in at 5 pm",
    ],
)
def test_harmless_english_passes(ctx: Context, text: str) -> None:
    assert check(ctx, english(text), language="en").reviews[0].findings == []


def test_facts_and_the_request_ground_a_claim_and_the_budget_does_not(ctx: Context) -> None:
    facts = ["人均38元", "零添加蔗糖", "电话 13812345678"]
    assert check(ctx, draft("人均38元，零添加，电话 13812345678。"), facts=facts).reviews[0].findings == []
    assert "grounding.number" in rules(check(ctx, draft("套餐3000元。"))), "3,000 is the budget, no price"
    asked = "为新店写一篇小红书，特价 ¥28 一份"
    assert check(ctx, draft("现在 28元 一份。"), request=asked).reviews[0].findings == []


def test_paid_posts_must_disclose(ctx: Context) -> None:
    assert "disclosure.missing" in rules(check(ctx, draft("芋圆好吃。", disclosure="")))
    assert check(ctx, draft("芋圆好吃。", disclosure="")).reviews[0].verdict == "block"
    assert "disclosure.unclear" in rules(check(ctx, draft("感谢老板邀请，芋圆好吃。", disclosure="")))
    own = check(ctx, draft("芋圆好吃。", disclosure="", creator=None))
    assert own.reviews[0].findings == [], "the brand's own account needs no label"
    carried = check(ctx, draft("芋圆好吃。", disclosure="", creator=None, written_by="request"))
    assert carried.reviews[0].verdict == "revise"
    assert "disclosure.unclear" in rules(check(ctx, english("Great latte! #collab", disclosure=""), language="en"))
    assert "disclosure.missing" in rules(check(ctx, english("I added sugar. Roadside coffee.", disclosure=""), language="en"))


def test_a_way_to_buy_needs_the_statutory_word(ctx: Context) -> None:
    assert "disclosure.statutory" in rules(check(ctx, draft("团购链接在这里，优惠码 ABC。", disclosure="品牌合作")))
    assert "disclosure.statutory" not in rules(check(ctx, draft("团购链接在这里。", disclosure="广告")))


def test_a_disclosure_behind_the_fold_is_found(ctx: Context) -> None:
    body = "Smooth espresso and kind staff. " * 6 + "#ad"
    assert "disclosure.buried" in rules(check(ctx, english(body, disclosure=""), language="en"))
    assert "disclosure.buried" not in rules(check(ctx, english("#ad " + body, disclosure=""), language="en"))


def test_platform_limits(ctx: Context) -> None:
    assert "limits.title" in rules(check(ctx, draft("好吃", title="长" * 21)))
    assert "limits.title" not in rules(check(ctx, draft("好吃", title="长" * 12 + "abcdefghijklmnop"))), "Latin letters count half"
    assert "limits.body" in rules(check(ctx, draft("好" * 1001)))
    assert "limits.title_missing" in rules(check(ctx, draft("好吃", title="")))
    assert "limits.hashtags" in rules(check(ctx, english("Nice #ad", hashtags=[f"t{i}" for i in range(31)]), language="en"))
    assert "limits.body" in rules(check(ctx, english("ok #ad " + "好" * 140, platform="x"), language="en"))
    assert "limits.body" not in rules(check(ctx, english("广告 " + "好" * 130, platform="x", language="zh")))
    assert check(ctx, draft("   ")).reviews[0].verdict == "block"


def test_lengths_are_counted_as_the_platforms_do() -> None:
    assert length("ab好", "plain") == 3
    assert length("ab好", "half") == 2
    assert length("ab好 https://example.com/a/very/long/path", "weighted") == 2 + 2 + 1 + 23


def test_what_the_brief_forbids_and_demands(ctx: Context) -> None:
    made = check(ctx, draft("很便 宜，来吃吧。"), must_not_say=["便宜"], must_say=["鲜芋工坊"])
    assert {"brief.must_not_say", "brief.must_say"} <= rules(made)
    assert made.reviews[0].verdict == "block"
    assert "brief.must_not_say" not in rules(check(ctx, english("cheaper by the dozen #ad"), must_not_say=["cheap"], language="en"))
    assert rules(check(ctx, draft("鲜芋 工坊很好。"), must_say=["鲜芋工坊"])) == set()


def test_copies_among_drafts_are_found(ctx: Context) -> None:
    text = "芋圆很Q，豆花很嫩，环境安静，适合下午和朋友坐一坐，老板娘人很好。"
    made = check(
        ctx, draft(text), draft(text.replace("安静", "很静"), id="d2"), draft("完全不同的一篇，写的是刨冰和抹茶，还有停车的经验。", id="d3")
    )
    assert "originality.duplicate" not in rules(made, 0)
    assert "originality.duplicate" in rules(made, 1)
    assert "originality.duplicate" not in rules(made, 2)


def test_guards_of_other_plugins_run_and_may_fail(world: Store, tmp_path: Path) -> None:
    def strict(text: str, language: str) -> list[Finding]:
        return [Finding(rule="house.word", severity="block", message="no", span="芋圆")] if "芋圆" in text else []

    def broken(text: str, language: str) -> list[Finding]:
        raise ValueError("boom")

    ctx = make_context(world, tmp_path, guards=[strict, broken])
    made = check(ctx, draft("芋圆好吃"))
    assert {"house.word", "guard.failed"} <= rules(made)
    assert made.reviews[0].verdict == "block"


def test_no_drafts_say_so(ctx: Context) -> None:
    made = check(ctx)
    assert made.reviews == []
    assert made.notes


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(["xiaohongshu", "instagram", "x", "youtube", None]))
def test_any_text_gets_a_verdict_that_follows_from_its_findings(body: str, title: str, platform: str | None) -> None:
    made = review(dessert_brief(), DraftSet(drafts=[draft(body, title=title, platform=platform)])).reviews[0]
    counting = [f for f in made.findings if not f.exempt]
    worst = {f.severity for f in counting}
    assert made.verdict == ("block" if "block" in worst else "revise" if "warn" in worst else "pass")
    assert 0 <= made.score <= 1
    assert (made.score == 1) == (not counting)


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


def test_a_pack_of_a_plugin_is_applied_and_its_market_known(ctx: Context) -> None:
    ctx.rule_packs = [HOUSE, {**HOUSE, "market": "jp"}]
    brief = dessert_brief(language="en")
    made = review_content(ctx, brief, DraftSet(drafts=[english("So cheap!")]))
    assert "house.cheap" in rules(made)
    assert made.markets == ["us"]
    assert review_content(ctx, brief, DraftSet(drafts=[english("So cheap!")]), market="jp").markets == ["jp"]
    with pytest.raises(KolonyError, match="mars"):
        packs_for("mars")


def test_a_runaway_expression_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.common.compliance.matching.SECONDS", 0.2)
    found = check_text("a" * 5000 + "!", "us", packs=[load_pack(broken(find=[r"(?:a|aa|a?a)+b(?:a|aa)+c$"]))])
    assert [f.rule for f in found if f.family == "pack"] in ([], ["pack.failed"])


def test_every_rule_names_a_source_and_speaks_both_languages() -> None:
    for market in MARKETS:
        for pack in packs_for(market):
            assert pack.dated.year >= 2026
            for rule in pack.rules:
                assert pack.source(rule.sources)
                assert rule.why.en != rule.why.zh


# --- where findings stand in drafts ------------------------------------------------------------------------------------


def test_findings_of_drafts_point_into_their_part() -> None:
    d = draft("豆花很嫩。全国最好吃！", title="国家级甜品", hashtags=["顶级甜品"])
    made = review(dessert_brief(), DraftSet(drafts=[d])).reviews[0]
    parts = {"title": d.title, "body": d.body, "hashtags": "#顶级甜品"}
    placed = [f for f in made.findings if f.part]
    assert {f.part for f in placed} == {"title", "body", "hashtags"}
    for f in placed:
        assert parts[f.part][f.start : f.end] == f.span


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
