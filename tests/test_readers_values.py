"""Cells as exports write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.language import detect
from vectorstore.readers import values
from vectorstore.readers.build import clean
from vectorstore.readers.columns import age_band, normalise, platform, platform_of_url


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.2万", 12_000), ("10万+", 100_000), ("10w+", 100_000), ("1.5亿", 150_000_000), ("3.4K", 3_400), ("477.9M", 477_900_000),
        ("1,234", 1_234), ("10 000", 10_000), ("２３", 23), ("477900000.00", 477_900_000), (12.0, 12), (7, 7), ("0", 0),
        ("-", None), ("--", None), ("", None), (None, None), ("null", None), ("N/A", None), (float("nan"), None),
    ],
)  # fmt: skip
def test_counts(cell: object, number: int | None) -> None:
    assert values.count(cell) == number


@pytest.mark.parametrize("cell", ["abc", "-5", "1.2.3", "12 likes", "1e99", "∞"])
def test_a_count_that_is_none_says_so(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is no number|below zero|too large"):
        values.count(cell)


@pytest.mark.parametrize(
    ("cell", "said"), [("1", True), ("√", True), ("是", True), (True, True), (1.0, True), ("0", False), ("否", False), (False, False), ("", None), ("null", None)]
)  # fmt: skip
def test_yes_and_no(cell: object, said: bool | None) -> None:
    assert values.yes(cell) is said


def test_what_is_neither_yes_nor_no_says_so() -> None:
    with pytest.raises(ValueError, match="neither yes nor no"):
        values.yes("perhaps")


@given(st.integers(0, 10**12))
def test_a_count_survives_its_usual_spellings(n: int) -> None:
    assert values.count(str(n)) == values.count(f"{n:,}") == values.count(n) == values.count(f" {n}.00 ") == n


@pytest.mark.parametrize(
    ("cell", "money"),
    [
        ("¥350", (350, "CNY")), ("￥1,200", (1200, "CNY")), ("$1,200", (1200, "USD")), ("US$3k", (3000, "USD")), ("HK$500", (500, "HKD")),
        ("1.2万元", (12_000, "CNY")), ("500美元", (500, "USD")), ("5000日元", (5000, "JPY")), ("RMB 500", (500, "CNY")), ("R$ 50", (50, "BRL")),
        ("800/条", (800, None)), ("350", (350, None)), ("null", None), ("", None),
    ],
)  # fmt: skip
def test_money(cell: str, money: object) -> None:
    assert values.money(cell) == money


@pytest.mark.parametrize(
    "cell",
    [
        "1741739525000", "1741739525", 1741739525, "1741739525000000", "2025-03-12T00:32:05Z", "2025-03-12 08:32:05+08:00", "2025-03-12 00:32:05",
        "2025/3/12 0:32:05", "2025年3月12日 00:32:05", "Wed Mar 12 08:32:05 +0800 2025", "Wed, 12 Mar 2025 00:32:05 +0000",
    ],
)  # fmt: skip
def test_one_moment_in_many_spellings(cell: object) -> None:
    assert values.time(cell) == datetime(2025, 3, 12, 0, 32, 5, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["yesterday", "2025-13-40", "99", "1e300", "2025-02-30 10:00", "3025-01-01"])
def test_a_time_that_is_none_says_so(cell: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        values.time(cell)


@given(st.datetimes(datetime(1996, 1, 1), datetime(2099, 1, 1)))
def test_a_time_survives_seconds_and_iso(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    for cell in (str(int(moment.timestamp())), int(moment.timestamp()) * 1000, moment.isoformat()):
        assert values.time(cell) == moment


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.text())))
def test_no_cell_breaks_a_parser(cell: object) -> None:
    for parse in (values.count, values.money, values.time, values.percent, values.shares):
        with suppress(ValueError):
            parse(cell)
    values.words(cell)
    values.gender(cell)
    assert "\0" not in values.text(cell)


def test_shares_from_multi_line_cells_and_short_lists() -> None:
    assert values.shares("1\t生活记录\t11.95%\n2\t美食\t10.88%") == {"生活记录": 0.1195, "美食": 0.1088}
    assert values.shares("上海:0.167;浙江:0.098") == {"上海": 0.167, "浙江": 0.098}
    assert values.shares('{"US": 61, "UK": 9}') == {"US": 0.61, "UK": 0.09}
    assert values.shares("null") == {}


def test_topics_become_hashtags_and_emoji_codes_stay() -> None:
    text, tags = clean("好吃[笑哭R]！\n#达拉斯美食[话题]# #探店[话题]#")
    assert text == "好吃[笑哭R]！\n#达拉斯美食 #探店"
    assert tags == ["达拉斯美食", "探店"]
    assert clean("#新品上市#今天喝到了 #奶茶#")[1] == ["新品上市", "奶茶"]
    assert clean("Love it #Boba #dallas_eats https://x.com/#frag #1")[1] == ["Boba", "dallas_eats"]


@given(st.text())
def test_cleaning_never_fails_and_is_stable(text: str) -> None:
    once, _ = clean(text)
    assert clean(once)[0] == once


def test_headers_and_platforms() -> None:
    assert normalise("图文报价(RMB)") == "图文报价"
    assert normalise("Price per post (USD)") == "price_per_post"
    assert normalise("likeCount") == "like_count"
    bands = [
        "age_18_24",
        "粉丝年龄18-24",
        "粉丝年龄<18",
        "age_lt18",
        "粉丝年龄>44",
        "age 45+",
        "Audience age 25–34",
        "Average price",
        "language",
    ]
    assert [age_band(b) for b in bands] == ["18-24", "18-24", "<18", "<18", ">44", ">44", "25-34", None, None]
    names = ["小红书", "RED", "xhs", "抖音", "B站", "IG", "Twitter", "X", "MySpace"]
    assert [platform(n) for n in names] == ["xiaohongshu"] * 3 + ["douyin", "bilibili", "instagram", "x", "x", None]
    assert platform_of_url("https://www.tiktok.com/@a/video/1") == "tiktok"
    assert platform_of_url("https://youtu.be/abc") == "youtube"
    assert platform_of_url("https://example.com/tiktok.com") is None
    assert platform_of_url("https://nottiktok.com/") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("今天的甜品太好吃了", "zh"), ("this is the best dessert in Dallas", "en"), ("达拉斯 Frisco 新店 brunch 打卡 cute cafe 真的", "zh"),
        ("とても美味しいです。東京の新しいカフェ", "ja"), ("정말 맛있어요", "ko"), ("esta es la mejor tienda de la ciudad", "es"),
        ("não é muito bom mas eu gosto", "pt"), ("😂🎂", None), ("", None), ("123", None), ("https://example.com", None),
    ],
)  # fmt: skip
def test_languages(text: str, language: str | None) -> None:
    assert detect(text) == language


def test_times_without_a_zone_are_utc() -> None:
    assert values.time("2025-03-12") == datetime(2025, 3, 12, tzinfo=UTC)
    assert (values.time("2025-03-12T00:00:00-05:00") or datetime.now(UTC)).utcoffset() == timedelta(0)
