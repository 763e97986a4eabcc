"""The brief reader at its seam: a request in, a brief out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.artifacts import Artifact, Brief, DraftSet, Question
from agent.brief import read_brief
from agent.brief.reader import FIELDS, filled_fields

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
REQUESTS = [json.loads(line) for line in (Path(__file__).parent / "data" / "requests.jsonl").read_text(encoding="utf-8").splitlines()]


def read(request: str, **kwargs: Any) -> Brief:
    return read_brief(request, now=NOW, **kwargs)[0]


def carried(request: str) -> dict[str, Artifact]:
    return read_brief(request, now=NOW)[1]


def budget(request: str) -> tuple[float, str] | None:
    money = read(request).budget
    return (money.amount, money.currency) if money else None


# --- money -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("找8位达人，预算20万", (200_000, "CNY")),
        ("找8位达人，预算3000元", (3_000, "CNY")),
        ("找8位达人，三十万元", (300_000, "CNY")),
        ("找8位达人，25万人民币", (250_000, "CNY")),
        ("找8位达人，总预算5-8千美元", (8_000, "USD")),
        ("找8位达人，预算一万五", (15_000, "CNY")),
        ("找8位达人，5w预算", (50_000, "CNY")),
        ("找5位达人，预算¥30,000", (30_000, "CNY")),
        ("找5位达人，30万日元", (300_000, "JPY")),
        ("找5位达人，50万円", (500_000, "JPY")),
        ("找5位达人，2.5万港币", (25_000, "HKD")),
        ("Find 8 creators, ¥3,000", (3_000, "CNY")),
        ("Find 8 creators in Tokyo, ¥300,000", (300_000, "JPY")),
        ("Find 8 creators, $15k", (15_000, "USD")),
        ("Find 8 creators, RMB 50,000", (50_000, "CNY")),
        ("Find 8 creators for US$1.5 million", (1_500_000, "USD")),
        ("Find 8 creators, £3k all in", (3_000, "GBP")),
        ("Find 8 creators, €12,000", (12_000, "EUR")),
        ("Find 8 creators, HK$ 1.2m", (1_200_000, "HKD")),
        ("Find 8 creators, ten thousand bucks", (10_000, "USD")),
        ("Find 8 creators, half a million yuan", (500_000, "CNY")),
        ("Find 8 creators, $5k-$8k", (8_000, "USD")),
    ],
)
def test_budget_is_read_with_its_currency(request_: str, expected: tuple[float, str]) -> None:
    assert budget(request_) == expected


@pytest.mark.parametrize(
    "request_",
    [
        "Find 6 creators, $300 per creator",
        "Find 6 creators at $300 each",
        "找6位达人，每人300元",
        "找6位达人，人均300元",
        "Find 6 creators for our $199 drone",
        "找6位达人推广我们的耳机，售价299元",
        "找6位粉丝10万的达人",
        "Find 6 creators with 50k followers",
        "找6位达人，做到100万播放",
    ],
)
def test_prices_and_audiences_are_no_budget(request_: str) -> None:
    assert budget(request_) is None


def test_total_wins_over_price_per_creator() -> None:
    brief = read("找3个旅行博主，单人预算不超过5000元，总预算2万")
    assert (brief.budget.amount if brief.budget else None) == 20_000
    assert any("5,000" in n for n in brief.notes)


def test_budget_without_currency_is_asked_about() -> None:
    brief = read("Find 8 creators on Instagram for our oat milk, budget 20k")
    assert brief.budget is not None
    assert any("currency" in q for q in brief.open_questions)


# --- counts, tiers, formats ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("找8位达人", (8, None)),
        ("找两名博主", (2, None)),
        ("找十来个素人", (10, None)),
        ("找3-5个KOL", (5, 3)),
        ("找两三位博主", (3, 2)),
        ("a dozen creators please", (12, None)),
        ("find six creators", (6, None)),
        ("find 3–5 creators", (5, 3)),
        ("get me between 4 and 6 home decor bloggers", (6, 4)),
        ("find at least 5 creators", (None, 5)),
        ("5 TikTok creators and 3 YouTubers", (8, None)),
        ("find creators", (None, None)),
        ("find the top 10 posts", (None, None)),
    ],
)
def test_creator_count(request_: str, expected: tuple[int | None, int | None]) -> None:
    brief = read(request_)
    assert (brief.creator_count, brief.creator_count_min) == expected


@pytest.mark.parametrize(
    ("request_", "tiers"),
    [
        ("8 micro influencers", ["micro"]),
        ("8位腰部达人", ["mid"]),
        ("8位头部达人", ["mega"]),
        ("8个KOC", ["nano"]),
        ("8 creators with 10k-100k followers", ["micro"]),
        ("8位粉丝不到1万的博主", ["nano"]),
        ("8 creators with over 500k followers", ["macro", "mega"]),
    ],
)
def test_tiers(request_: str, tiers: list[str]) -> None:
    assert read(request_).creator_tiers == tiers


def test_posts_per_creator_and_formats() -> None:
    brief = read("6 creators, two reels each")
    assert (brief.posts_per_creator, brief.formats) == (2, ["video"])
    brief = read("找6位达人，每人一篇图文加两条视频")
    assert (brief.posts_per_creator, brief.formats) == (3, ["image", "video"])
    assert read("Write three posts for our cold brew").posts_per_creator is None


# --- platforms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "platforms"),
    [
        ("creators on RED", ["xiaohongshu"]),
        ("creators on xhs and Little Red Book", ["xiaohongshu"]),
        ("小红书、抖音、B站的达人", ["xiaohongshu", "douyin", "bilibili"]),
        ("creators on IG, TikTok and YouTube", ["instagram", "tiktok", "youtube"]),
        ("视频号和公众号的博主", ["wechat"]),
        ("在推特和油管找博主", ["x", "youtube"]),
        ("creators on X and LinkedIn", ["x", "linkedin"]),
        ("creators who wear red lipstick", []),
        ("creators for our RED DRESS collection", []),
        ("creators for the iPhone X", []),
        ("a 2 x 4 board, creators please", []),
        ("ins风的家居博主", []),
        ("creators on Instagram, not on TikTok", ["instagram"]),
        ("微博、快手、知乎的博主", ["weibo", "kuaishou", "zhihu"]),
        ("find five YouTubers", ["youtube"]),
        ("mail me at kol@instagram.com about creators", []),
    ],
)
def test_platforms(request_: str, platforms: list[str]) -> None:
    assert read(request_).platforms == platforms


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ("Find creators on Threads", "Threads"),
        ("在得物上找达人", "得物"),
        ("Find creators on Blorp", "Blorp"),
        ("找Snapchat达人", "Snapchat"),
    ],
)
def test_unknown_platforms_are_reported(request_: str, name: str) -> None:
    brief = read(request_)
    assert brief.platforms == []
    assert any(name in p for p in brief.problems)


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "ages"),
    [
        ("面向18-25岁女性", (18, 25)),
        ("面向十八到二十五岁的女生", (18, 25)),
        ("Gen Z", (14, 29)),
        ("00后", (17, 26)),
        ("90后", (27, 36)),
        ("90后和00后", (17, 36)),
        ("moms in their 30s", (30, 39)),
        ("women aged 25 to 34", (25, 34)),
        ("men over 40", (40, None)),
        ("30岁以下的男生", (None, 30)),
        ("30多岁的宝妈", (30, 39)),
        ("people in their early twenties", (20, 23)),
        ("over 40 posts", (None, None)),
        ("18 creators", (None, None)),
    ],
)
def test_ages(request_: str, ages: tuple[int | None, int | None]) -> None:
    audience = read(f"Find creators for our tea: {request_}").audience
    assert (audience.age_min, audience.age_max) == ages


def test_generations_follow_the_clock() -> None:
    brief, _ = read_brief("面向00后", now=datetime(2030, 1, 1, tzinfo=UTC))
    assert (brief.audience.age_min, brief.audience.age_max) == (21, 30)


@pytest.mark.parametrize(
    ("request_", "gender"),
    [
        ("target young women", "female"),
        ("给宝妈看的", "female"),
        ("for guys who game", "male"),
        ("男女不限", "any"),
        ("women and men", "any"),
        ("找5位女博主", None),
        ("find female creators", None),
        ("women's shoes", None),
        ("女装", None),
    ],
)
def test_gender_is_the_audiences(request_: str, gender: str | None) -> None:
    assert read(request_).audience.gender == gender


@pytest.mark.parametrize(
    ("request_", "interests"),
    [
        ("men who love hiking and camping", ["hiking", "camping"]),
        ("面向喜欢徒步的男性", ["徒步"]),
        ("露营爱好者", ["露营"]),
        ("people interested in natural skincare", ["natural skincare"]),
    ],
)
def test_interests(request_: str, interests: list[str]) -> None:
    assert read(f"Find creators for our jackets, {request_}").audience.interests == interests


@pytest.mark.parametrize(
    ("request_", "audience", "creators"),
    [
        ("6 local food creators for a bakery in Dallas", ["Dallas"], ["Dallas"]),
        ("为达拉斯的一家甜品店找6位本地达人", ["达拉斯"], ["达拉斯"]),
        ("find creators based in Austin for our kombucha", [], ["Austin"]),
        ("找上海的美食博主", [], ["上海"]),
        ("creators for the UK and Germany market", ["UK", "Germany"], []),
        ("tell us more about creators", [], []),
        ("推广我们的意大利面，找达人", [], []),
    ],
)
def test_places(request_: str, audience: list[str], creators: list[str]) -> None:
    brief = read(request_)
    assert (brief.audience.locations, brief.creator_locations) == (audience, creators)


def test_local_to_nowhere_is_asked_about() -> None:
    assert any("Local" in q for q in read("Find 6 local creators").open_questions)


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "start", "end"),
    [
        ("618", "2026-06-01", "2026-06-18"),
        ("双十一", "2026-11-01", "2026-11-11"),
        ("Black Friday", "2026-11-27", "2026-11-30"),
        ("next month", "2026-04-01", "2026-04-30"),
        ("Q1", "2026-01-01", "2026-03-31"),
        ("Q2 2027", "2027-04-01", "2027-06-30"),
        ("春节", "2027-01-30", "2027-02-12"),
        ("in March", "2026-03-01", "2026-03-31"),
        ("in February", "2027-02-01", "2027-02-28"),
        ("5月20日到6月18日", "2026-05-20", "2026-06-18"),
        ("May 20 to June 18", "2026-05-20", "2026-06-18"),
        ("Dec 20 to Jan 5", "2026-12-20", "2027-01-05"),
        ("6月底之前", None, "2026-06-30"),
        ("before Christmas", None, "2026-12-24"),
        ("from April 5", "2026-04-05", None),
        ("2026-05-20 to 2026-06-18", "2026-05-20", "2026-06-18"),
        ("we may launch it", None, None),
        ("618 creators", None, None),
        ("预算520元", None, None),
        ("月销3万", None, None),
    ],
)
def test_flight(request_: str, start: str | None, end: str | None) -> None:
    flight = read(f"Find creators, {request_}").flight
    assert (flight.start, flight.end) == (start and date.fromisoformat(start), end and date.fromisoformat(end))


def test_a_season_that_is_past_rolls_to_next_year() -> None:
    brief, _ = read_brief("Find creators for 618", now=datetime(2026, 6, 19, tzinfo=UTC))
    assert brief.flight.start == date(2027, 6, 1)


def test_an_evaluation_looks_back() -> None:
    brief = read("How did our Black Friday campaign do?")
    assert brief.deliverables == ["outcome"]
    assert brief.flight.end == date(2025, 12, 1)


# --- deliverables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "deliverables", "not_wanted"),
    [
        ("Find 8 creators", ["slate"], []),
        ("Only personas, no creators", ["personas"], ["slate"]),
        ("只要人群画像，不用找达人", ["personas"], ["slate"]),
        ("Find 8 creators, no need for captions", ["slate"], ["drafts"]),
        ("找8位达人，不用写文案", ["slate"], ["drafts"]),
        ("找8位达人，文案就不用了", ["slate"], ["drafts"]),
        ("Find 8 creators; captions are not needed", ["slate"], ["drafts"]),
        ("what do people say about oat milk", ["sentiment"], []),
        ("Full campaign but no forecast", ["slate", "personas", "sentiment", "drafts", "review"], ["forecast"]),
        ("做一个完整的营销全案", ["slate", "personas", "sentiment", "drafts", "review", "forecast"], []),
        ("write the captions and check them for compliance", ["drafts", "review"], []),
        ("hello there", [], []),
    ],
)
def test_deliverables(request_: str, deliverables: list[str], not_wanted: list[str]) -> None:
    brief = read(request_)
    assert (brief.deliverables, brief.not_wanted) == (deliverables, not_wanted)


def test_third_parties_deliverables_are_asked_for_by_their_phrases() -> None:
    asks = {"media_plan": ["media plan", "媒介计划"]}
    assert read("Make a media plan for our tea", asks=asks).deliverables == ["media_plan"]
    assert read("做一份媒介计划", asks=asks).deliverables == ["media_plan"]
    assert read("Find 8 creators, no media plan", asks=asks).not_wanted == ["media_plan"]
    assert read("a multimedia planner", asks=asks).deliverables == []


def test_nothing_asked_for_is_an_open_question_in_the_briefs_language() -> None:
    assert any("What should be made" in q for q in read("I sell yoga mats").open_questions)
    assert any("需要产出什么" in q for q in read("我是卖瑜伽垫的").open_questions)


# --- what the request carries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "caption"),
    [
        ("Check this caption: Best tea ever, cures everything!", "Best tea ever, cures everything!"),
        ('Review this post for me: "Find 8 creators, budget $500"', "Find 8 creators, budget $500"),
        ("检查这条文案：“三天根治痘痘”", "三天根治痘痘"),
        ("Check this caption:\nLine one\nLine two", "Line one\nLine two"),
    ],
)
def test_caption_is_carried_and_not_read_as_the_request(request_: str, caption: str) -> None:
    brief, inputs = read_brief(request_, now=NOW)
    drafts = inputs["drafts"]
    assert isinstance(drafts, DraftSet)
    assert [(d.body, d.written_by) for d in drafts.drafts] == [(caption, "request")]
    assert brief.deliverables == ["review"]
    assert brief.budget is None
    assert brief.creator_count is None


@pytest.mark.parametrize(
    ("request_", "text", "language"),
    [
        ("A customer asks: do you ship to Canada? Answer politely.", "do you ship to Canada?", "en"),
        ("客户问：有没有无糖的？帮我回复一下", "有没有无糖的？", "zh"),
        ("Reply to this customer: “多久发货？”", "多久发货？", "zh"),
    ],
)
def test_question_is_carried(request_: str, text: str, language: str) -> None:
    question = carried(request_)["question"]
    assert isinstance(question, Question)
    assert (question.text, question.language) == (text, language)


def test_a_review_without_a_caption_asks_for_it() -> None:
    brief, inputs = read_brief("Please check this caption", now=NOW)
    assert inputs == {}
    assert any("Which caption" in q for q in brief.open_questions)


# --- names and claims ------------------------------------------------------------------------------------------------


def test_creators_by_handle_and_exclusions() -> None:
    brief = read("Work with @mia.eats and @小鹿, but not @glamjen or @oldface")
    assert (brief.creators, brief.excluded_creators) == (["mia.eats", "小鹿"], ["glamjen", "oldface"])
    brief = read("找3位博主，@lensking除外")
    assert (brief.creators, brief.excluded_creators) == ([], ["lensking"])
    assert read("write to me at anna@brand.com").creators == []


@pytest.mark.parametrize(
    ("request_", "models", "named"),
    [
        ("Find 5 creators like @mia.eats on Instagram", ["mia.eats"], []),
        ("3 influencers similar to @mia.eats and @glamjen for our soda", ["mia.eats", "glamjen"], []),
        ("More like @mia.eats, please: 5 food bloggers", ["mia.eats"], []),
        ("We like @mia.eats. Work with @mia.eats and two more creators", [], ["mia.eats"]),
        ("I'd like @mia.eats to post twice", [], ["mia.eats"]),
        ("找5位类似@小鹿的达人", ["小鹿"], []),
        ("找几位像@lensking一样的博主，预算5000元", ["lensking"], []),
        ("跟@lensking风格相近的小红书博主3位", ["lensking"], []),
        ("跟@lensking合作，再找3位达人", [], ["lensking"]),
        ("对标@lensking找3位博主", ["lensking"], []),
        ("找5位达人，包括@lensking", [], ["lensking"]),
    ],
)
def test_a_model_for_others_is_not_asked_for_itself(request_: str, models: list[str], named: list[str]) -> None:
    brief = read(request_)
    assert (brief.similar_to, brief.creators) == (models, named)


def test_claims_are_word_for_word() -> None:
    brief = read('Write captions. Facts: 0 sugar, 25 kcal, made in Portland. Must mention "SPF 50". Don\'t say "healthy" or "best".')
    assert brief.facts == ["0 sugar", "25 kcal", "made in Portland"]
    assert brief.must_say == ["SPF 50"]
    assert brief.must_not_say == ["healthy", "best"]
    brief = read("写文案。卖点：0糖、25大卡。必须提到“云南产”。不要提“健康”和“最好”。带上话题#冷萃自由#")
    assert brief.facts == ["0糖", "25大卡"]
    assert brief.must_say == ["云南产", "#冷萃自由#"]
    assert brief.must_not_say == ["健康", "最好"]


@pytest.mark.parametrize(
    ("request_", "brand", "product"),
    [
        ("Launch campaign for Glossier's new lip oil", "Glossier", "lip oil"),
        ("品牌是元气森林，产品是外星人电解质水，找达人", "元气森林", "外星人电解质水"),
        ('Posts for our tea brand "Yunwu"', "Yunwu", "tea"),
        ("Launch Zubbly's new soda with 5 creators", "Zubbly", "soda"),
        ("给我们的扫地机器人找达人", None, "扫地机器人"),
        ("Find creators for Instagram", None, None),
        ("找达人", None, None),
    ],
)
def test_brand_and_product(request_: str, brand: str | None, product: str | None) -> None:
    read_ = read(request_)
    assert (read_.brand, read_.product) == (brand, product)


def test_a_whole_campaign_with_a_number_of_creators_asks_for_each_thing_once() -> None:
    wanted = read("给我们的无糖气泡水做一个618整套方案，找10来个腰部达人").deliverables
    assert wanted == ["slate", "personas", "sentiment", "drafts", "review", "forecast"]


# --- contradictions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("Find 8 creators, budget $5k, budget $9k", "different budgets"),
        ("找8位达人，预算20万，另外预算30万", "不同的预算"),
        ("Find creators, budget $0", "budget of 0"),
        ("Find creators, budget -$500", "negative"),
        ("Find 8-5 creators", "from 8 down to 5"),
        ("No creators please, just personas; 8 creators", "no creators are wanted"),
        ("Find creators for women aged 40-20", "from 40 down to 20"),
        ("Find creators, 2026-06-18 to 2026-05-20", "before it starts"),
        ("Find creators on 3 May 2025", "past"),
        ("Find creators for February 30", "no such date"),
        ("Find 0 creators", "Zero creators"),
        ("", "empty"),
        (" \n\t ", "empty"),
    ],
)
def test_contradictions_are_reported(request_: str, words: str) -> None:
    assert any(words in p for p in read(request_).problems), read(request_).problems


def test_a_plain_request_has_no_problems() -> None:
    assert read("Find 8 creators on Instagram for our oat milk, budget $5k, women aged 20-40, in May").problems == []


# --- language --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "language"),
    [
        ("find 8 KOLs on 小红书 for a gel nail kit", "en"),
        ("在YouTube Shorts上用Reels推一款记账App", "zh"),
        ("Check this caption: “三天根治痘痘，保证有效，假一赔十”", "en"),
        ("检查这条文案：“Best tea ever, cures everything there is, really”", "zh"),
        ("12345", "en"),
    ],
)
def test_language(request_: str, language: str) -> None:
    assert read(request_).language == language


# --- anything at all -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", REQUESTS, ids=lambda r: r["id"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_tuned_requests_are_read_as_expected(row: dict[str, Any], language: str) -> None:
    """The split the rules were written for holds in full; of the held-out split, that nothing is filled without a source."""
    brief = read(row[language])
    assert brief.language == language
    assert set(brief.sources) == set(filled_fields(brief))
    if row["split"] == "dev":
        assert brief.deliverables == sorted(row["expect"]["deliverables"], key=_ORDER)


def _ORDER(deliverable: str) -> int:
    return ["slate", "personas", "sentiment", "drafts", "review", "forecast", "outcome", "reply"].index(deliverable)


def test_a_very_long_request_is_cut_and_says_so() -> None:
    began = time.process_time()
    brief = read("Find 8 creators on Instagram. " + "Lorem ipsum dolor sit amet. " * 4_000)
    assert len(brief.request) > 100_000
    assert any("first 20,000" in p for p in brief.problems)
    assert (brief.creator_count, brief.platforms) == (8, ["instagram"])
    assert time.process_time() - began < 10


@pytest.mark.parametrize("piece", ["1-", "A", "审核", "谁在买 ", "customer asks ", '"', "$1 ", "Aa ", "一、", "don't say "])
def test_no_pattern_runs_away(piece: str) -> None:
    began = time.process_time()
    read((piece * 20_000)[:20_000])
    assert time.process_time() - began < 10


_fragments = st.sampled_from([r[lang][i : i + 7] for r in REQUESTS for lang in ("en", "zh") for i in range(0, len(r[lang]), 7)])


def _never_raises(request: str) -> None:
    brief, inputs = read_brief(request, now=NOW)
    assert Brief.model_validate_json(brief.model_dump_json()) == brief
    assert set(inputs) <= {"drafts", "question"}
    assert set(brief.sources) <= set(FIELDS)
    for words in (
        *brief.facts,
        *brief.must_say,
        *brief.must_not_say,
        *brief.creators,
        *brief.audience.locations,
        *brief.audience.interests,
    ):
        assert words in request


test_no_text_raises: Callable[[], None] = settings(max_examples=150, deadline=None)(given(st.text(max_size=300))(_never_raises))
test_no_jumble_of_requests_raises: Callable[[], None] = settings(max_examples=150, deadline=None)(
    given(st.lists(_fragments, max_size=25).map("".join))(_never_raises)
)


def test_a_brief_written_as_a_list_is_read() -> None:
    brief = read(
        "品牌：花语\n产品：玫瑰精华水\n平台：小红书、抖音\n预算：15万\n达人数量：20位（腰部5位，尾部15位）\n目标人群：25-35岁都市白领女性\n"
        "时间：4月15日-5月31日\n交付：达人名单、脚本、效果预估"
    )
    assert (brief.brand, brief.product, brief.platforms) == ("花语", "玫瑰精华水", ["xiaohongshu", "douyin"])
    assert (brief.creator_count, brief.creator_tiers, brief.problems) == (20, ["mid", "micro"], [])
    assert (brief.flight.start, brief.flight.end) == (date(2026, 4, 15), date(2026, 5, 31))
    assert brief.deliverables == ["slate", "drafts", "forecast"]


@pytest.mark.parametrize("request_", ["12 influencers aged 25-30 for our yoga mat", "找3个20岁左右的穿搭博主"])
def test_creators_ages_are_not_the_audiences(request_: str) -> None:
    brief = read(request_)
    assert (brief.audience.age_min, brief.audience.age_max) == (None, None)
    assert any("25-30" in n or "20" in n for n in brief.notes)


@pytest.mark.parametrize(
    ("deliverable", "phrases"),
    [
        (
            "slate",
            [
                "who are the right influencers for a hot sauce brand?",
                "build me a roster of fitness influencers",
                "有没有合适的宠物达人",
                "建联15位探店博主",
            ],
        ),
        (
            "personas",
            ["describe our typical buyer", "what kind of people buy air fryers?", "分析一下我们的目标客群", "买空气炸锅的都是什么人"],
        ),
        (
            "sentiment",
            ["how do people feel about our app?", "are customers happy with our coffee?", "网上对我们的评价怎么样", "看看评论区都在聊什么"],
        ),
        ("drafts", ["can you do the copy?", "script a 30 second reel", "来一篇公众号推文", "给抖音写口播稿"]),
        (
            "review",
            ["does this post break any rules: Buy now, cure cancer", "can we publish this: Lose weight fast", "能不能这么发：绝对安全"],
        ),
        (
            "forecast",
            ["what results can we expect from $5k?", "how well would this perform?", "效果大概怎么样，能卖多少", "大概能触达多少人"],
        ),
        ("outcome", ["did the March campaign work?", "report on how the launch performed", "这次合作值不值", "双十一投放结果怎么样"]),
        (
            "reply",
            ["a follower commented: is it vegan? how should we respond", "粉丝评论：这个孕妇能用吗？怎么回", "帮我答复：你们几点关门？"],
        ),
    ],
)
def test_deliverables_are_asked_for_in_many_ways(deliverable: str, phrases: list[str]) -> None:
    assert {phrase: read(phrase).deliverables for phrase in phrases} == {phrase: [deliverable] for phrase in phrases}


@pytest.mark.parametrize("request_", ["a follower commented: is it vegan? how should we respond", "粉丝评论：这个孕妇能用吗？怎么回"])
def test_what_is_said_to_us_is_no_part_of_the_question(request_: str) -> None:
    question = carried(request_)["question"]
    assert isinstance(question, Question)
    assert question.text in ("is it vegan?", "这个孕妇能用吗？")
