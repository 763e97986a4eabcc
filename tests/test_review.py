"""Reviewing drafts with their brief, and single texts without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_world import dessert_brief, make_context

from agent import ContentReview, Context, Draft, DraftSet, Finding, KolonyError
from plugins.common.compliance import packs_for, review
from plugins.common.compliance.limits import length
from plugins.evaluator import review_content
from vectorstore import Store


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


def test_a_pack_of_a_plugin_is_applied_and_its_market_known(ctx: Context) -> None:
    house = {
        "market": "us", "name": "house", "dated": "2026-01-15", "sources": {"book": {"title": "Brand book"}},
        "rules": [
            {
                "id": "house.cheap", "family": "house", "severity": "block", "find": [r"\bcheap\b"], "sources": ["book"],
                "why": {"en": "Not our word.", "zh": "不用此词。"}, "suggestion": {"en": "Name the price.", "zh": "写价格。"},
            }
        ],
    }  # fmt: skip
    ctx.rule_packs = [house, {**house, "market": "jp"}]
    brief = dessert_brief(language="en")
    made = review_content(ctx, brief, DraftSet(drafts=[english("So cheap!")]))
    assert "house.cheap" in rules(made)
    assert made.markets == ["us"]
    assert review_content(ctx, brief, DraftSet(drafts=[english("So cheap!")]), market="jp").markets == ["jp"]
    with pytest.raises(KolonyError, match="mars"):
        packs_for("mars")


# --- where findings stand in drafts ------------------------------------------------------------------------------------


def test_findings_of_drafts_point_into_their_part() -> None:
    d = draft("豆花很嫩。全国最好吃！", title="国家级甜品", hashtags=["顶级甜品"])
    made = review(dessert_brief(), DraftSet(drafts=[d])).reviews[0]
    parts = {"title": d.title, "body": d.body, "hashtags": "#顶级甜品"}
    placed = [f for f in made.findings if f.part]
    assert {f.part for f in placed} == {"title", "body", "hashtags"}
    for f in placed:
        assert parts[f.part][f.start : f.end] == f.span
