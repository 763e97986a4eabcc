"""Sentiment: shares that add up, aspects with the words that say so, quotes word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_world import make_context
from words_world import shared_words_world, verbatim

from agent import Brief, SentimentReport
from bench import sentiment as bench
from plugins.common.text import has_contact, instructs, looks_sponsored
from plugins.sentiment import analyze_sentiment
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.polarity import backend, label_of
from vectorstore import open_store


@pytest.fixture(scope="module")
def chinese() -> SentimentReport:
    store, folder = shared_words_world()
    return analyze_sentiment(make_context(store, folder), Brief(language="zh", product="蛋糕", topics=["奶茶"], platforms=["xiaohongshu"]))


@pytest.fixture(scope="module")
def english() -> SentimentReport:
    store, folder = shared_words_world()
    return analyze_sentiment(make_context(store, folder), Brief(language="en", product="coffee", platforms=["instagram"]))


def test_shares_sum_to_one(chinese: SentimentReport, english: SentimentReport) -> None:
    for report in (chinese, english):
        for p in [report.overall, *(a.polarity for a in report.aspects)]:
            assert p is not None
            assert p.negative + p.neutral + p.positive == pytest.approx(1)


def test_aspects_carry_the_words_that_say_so(english: SentimentReport) -> None:
    aspects = {a.aspect: a for a in english.aspects}
    assert aspects["service"].polarity.positive == 1
    assert "friendly" in aspects["service"].words
    assert aspects["queue"].polarity.negative == 1
    assert aspects["price"].polarity.negative == 1


def test_chinese_aspects_have_chinese_labels(chinese: SentimentReport) -> None:
    assert {a.label for a in chinese.aspects} >= {"味道", "服务"}


def test_quotes_are_verbatim_and_safe(chinese: SentimentReport, english: SentimentReport) -> None:
    store, _ = shared_words_world()
    for report in (chinese, english):
        quotes = [q for group in report.quotes.values() for q in group] + [q for a in report.aspects for q in a.quotes]
        assert quotes
        assert all(verbatim(store, q.text, q.post) for q in quotes)
        assert not any(has_contact(q.text) or instructs(q.text) for q in quotes)
        assert {q.post for q in quotes} == set(report.evidence)


def test_the_trend_counts_every_post_once(chinese: SentimentReport) -> None:
    assert sum(p.posts for p in chinese.trend) == chinese.posts_used
    assert [p.period for p in chinese.trend] == sorted(p.period for p in chinese.trend)


def test_a_brand_nobody_names_is_said_to_be_missing() -> None:
    store, folder = shared_words_world()
    report = analyze_sentiment(make_context(store, folder), Brief(language="zh", brand="芋小满", product="蛋糕"))
    assert any("芋小满" in n and "只有0篇" in n for n in report.notes)


def test_an_empty_store_gives_no_shares(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    try:
        report = analyze_sentiment(make_context(store, tmp_path), Brief(language="en", product="coffee"))
    finally:
        store.close()
    assert report.overall is None
    assert report.posts_used == 0
    assert "No post" in report.notes[-1]


@pytest.mark.parametrize(
    ("language", "text", "sign"),
    [
        ("zh", "味道不好吃", -1), ("zh", "一点都不贵", 1), ("zh", "停车不方便", -1), ("zh", "不甜腻", 1), ("zh", "真的不错", 1),
        ("en", "the staff were not friendly", -1), ("en", "never bland", 1), ("en", "delicious", 1), ("en", "it doesn't work", -1),
    ],
)  # fmt: skip
def test_negation_turns_an_opinion_round(language: str, text: str, sign: int) -> None:
    assert lexicon(language).opinion(text) == sign


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "Absolutely loved it, the best cake ever", "positive"),
        ("en", "Terrible service and a rude waiter, never again", "negative"),
        ("en", "The shop is on Main Street", "neutral"),
        ("zh", "太好吃了，服务热情，环境干净", "positive"),
        ("zh", "难吃，态度差，非常失望", "negative"),
    ],
)
def test_plain_cases(language: str, text: str, label: str) -> None:
    reader = backend(language)
    assert label_of(reader.scores([text])[0], reader.neutral) == label


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5), st.sampled_from(["en", "zh"]))
def test_any_text_gets_a_score_within_bounds(texts: list[str], language: str) -> None:
    scores = backend(language).scores(texts)
    assert len(scores) == len(texts)
    assert all(-1 <= s <= 1 for s in scores)


@pytest.mark.parametrize("text", ["#ad loving this", "感谢店家邀请，体验很好", "【广告】新品", "paid partnership with X"])
def test_sponsored_posts_are_recognised(text: str) -> None:
    assert looks_sponsored(text)


def test_an_ordinary_post_is_not_sponsored() -> None:
    assert not looks_sponsored("I had a bad day, address below")


def test_the_reader_beats_its_parts_on_labelled_text(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONY_DATA", str(data_dir))
    monkeypatch.setattr(bench, "SAMPLE", 400)
    english, chinese = bench.run()
    assert float(english.split("macro-recall ")[1].split()[0]) > 58
    assert float(chinese.split("accuracy ")[1].split()[0]) > 76
