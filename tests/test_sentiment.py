"""Sentiment: shares that add up, aspects with the words that say so, quotes word for word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugin_world import make_context
from words_world import shared_words_world, verbatim

from agent import Brief, BudgetExceeded, Generation, SentimentReport, ToolError
from agent.settings import RemoteModel
from agent.testing import make_creator, make_post
from plugins.common.text import has_contact, instructs, looks_sponsored
from plugins.sentiment import analyze_sentiment
from plugins.sentiment.asking import Judgement
from plugins.sentiment.backends import open_backend, read_options
from plugins.sentiment.classifier import Classifier, sides
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.sample import Place, spread
from plugins.sentiment.tally import interval, showable
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
        parts = [*report.aspects, *report.emotions, *report.voice]
        quotes = (
            [q for group in report.quotes.values() for q in group] + [q for part in parts for q in part.quotes] + report.uncertain_quotes
        )
        assert quotes
        assert all(verbatim(store, q.text, q.post) for q in quotes)
        assert not any(has_contact(q.text) or instructs(q.text) for q in quotes)
        assert {q.post for q in quotes} == set(report.evidence)


def test_the_trend_counts_every_certain_post_once(chinese: SentimentReport, english: SentimentReport) -> None:
    for report in (chinese, english):
        assert sum(p.posts for p in report.trend) == report.posts_used - report.uncertain
        assert [p.period for p in report.trend] == sorted(p.period for p in report.trend)
        assert all(p.low <= p.net <= p.high for p in report.trend)


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


@pytest.mark.parametrize("text", ["#ad loving this", "感谢店家邀请，体验很好", "【广告】新品", "paid partnership with X"])
def test_sponsored_posts_are_recognised(text: str) -> None:
    assert looks_sponsored(text)


def test_an_ordinary_post_is_not_sponsored() -> None:
    assert not looks_sponsored("I had a bad day, address below")


# --- samples and intervals ---------------------------------------------------------------------------------------------


@given(
    st.lists(st.builds(Place, st.uuids().map(str), st.sampled_from("abc"), st.sampled_from(["2025-01", "2025-02", ""])), max_size=30),
    st.integers(1, 40),
)
def test_a_sample_takes_the_authors_in_turn(places: list[Place], limit: int) -> None:
    chosen = spread(places, limit)
    assert len(chosen) == min(limit, len(places))
    assert set(chosen) <= set(places)
    assert spread(reversed(places), limit) == chosen
    taken, there = Counter(p.author for p in chosen), Counter(p.author for p in places)
    fewest = min((taken[a] for a in there if taken[a] < there[a]), default=10**6)
    assert all(n <= fewest + 1 for n in taken.values())


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_more_posts_give_a_narrower_interval(negative: int, neutral: int, positive: int) -> None:
    few: Counter[Any] = Counter(negative=negative, neutral=neutral, positive=positive)
    many: Counter[Any] = Counter({k: 9 * n for k, n in few.items()})
    low, high = interval(few)
    assert -1 <= low < high <= 1
    if sum(few.values()):
        inner = interval(many)
        assert inner[1] - inner[0] < high - low


def test_a_bounded_sample_says_of_how_many() -> None:
    store, folder = shared_words_world()
    report = analyze_sentiment(make_context(store, folder), Brief(language="zh", product="蛋糕"), limit=6)
    assert report.posts_used == 6
    assert report.posts_found is not None
    assert report.posts_found > 6
    assert report.authors == 6
    assert any("读取了其中6篇" in n for n in report.notes)


# --- competitors and reach ---------------------------------------------------------------------------------------------


@pytest.fixture
def brands(tmp_path: Path) -> Any:
    """Eight posts on Zubbly, four of them on Fizzco too, and six on Fizzco alone; one post of each has all the reach."""
    store = open_store(tmp_path / "store")
    texts = ["Zubbly is delicious and refreshing, love it"] * 4 + ["Zubbly is great, Fizzco tastes awful and flat"] * 4
    texts += ["Fizzco is terrible and disgusting, I hate it, never again"] * 6
    posts = [make_post(f"b{i}", f"instagram:a{i}", f"{t}. Visit {i}.", likes=900 if i == 13 else 10) for i, t in enumerate(texts)]
    store.upsert(posts=posts, creators=[make_creator(f"instagram:a{i}") for i in range(len(texts))])
    yield make_context(store, tmp_path)
    store.close()


def test_share_of_voice_counts_posts_and_engagement(brands: Any) -> None:
    report = analyze_sentiment(brands, Brief(language="en", brand="Zubbly", competitors=["Fizzco", "Nobody Cola"]))
    voice = {v.name: v for v in report.voice}
    assert (voice["Zubbly"].posts, voice["Fizzco"].posts, voice["Nobody Cola"].posts) == (8, 10, 0)
    assert voice["Zubbly"].share == pytest.approx(8 / 14)
    assert voice["Fizzco"].engagement > voice["Zubbly"].engagement
    assert voice["Zubbly"].net > voice["Fizzco"].net
    assert voice["Nobody Cola"].net is None
    assert any("Nobody Cola" in n for n in report.notes)


def test_reach_weighs(brands: Any) -> None:
    report = analyze_sentiment(brands, Brief(language="en", product="Fizzco sweet", platforms=["instagram"]))
    assert report.weighted is not None
    assert report.overall is not None
    assert report.weighted.negative > report.overall.negative
    assert any("One post carries" in n for n in report.notes)


@pytest.mark.parametrize(
    "passage",
    [
        "Our waiter Jason was rude", "Maria was our server and she was great", "call me at +1 415 555 0132", "彭新星服务特别热情", "找王经理订位很热情",
        "my friend Anna loved it", "write to me: anna.b@example.com", "谢谢 @小美美 推荐",
    ],
)  # fmt: skip
def test_what_names_a_private_person_is_not_quoted(passage: str) -> None:
    assert not showable(passage)


@pytest.mark.parametrize(
    "passage", ["The staff were friendly and quick", "芋圆很糯，服务也热情", "Best cold brew in Austin", "小吃种类多，价格实惠"]
)
def test_ordinary_praise_is_quoted(passage: str) -> None:
    assert showable(passage)


# --- backends ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Saves a real BERT classifier of some thousand random weights with the labels given."""

    def save(labels: list[str]) -> Path:
        import torch
        from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

        folder = tmp_path_factory.mktemp("bert")
        (folder / "vocab.txt").write_text(
            "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "好", "吃"]), encoding="utf-8"
        )
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=32,
            num_labels=len(labels), id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
        )  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder)
        BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
        return folder

    return save


def test_a_classification_model_reads(tiny: Any) -> None:
    reader = Classifier(str(tiny(["LABEL_0", "LABEL_1", "LABEL_2"])))
    texts = ["good", "bad bad", "", "好吃 " * 200, "good"]
    readings = reader.read(texts)
    assert len(readings) == len(texts)
    assert all(sum(r.probs) == pytest.approx(1) for r in readings)
    assert readings[0].probs == pytest.approx(readings[4].probs, abs=1e-5)
    assert len({r.probs for r in readings[:3]}) == 3


def test_it_reads_for_the_tool(tiny: Any) -> None:
    store, folder = shared_words_world()
    ctx = make_context(
        store,
        folder,
        tool="analyze_sentiment",
        backend="transformers",
        classifier=str(tiny(["1 star", "2 stars", "3 stars", "4 stars", "5 stars"])),
    )
    report = analyze_sentiment(ctx, Brief(language="en", product="coffee", platforms=["instagram"]))
    assert report.posts_used > 0
    assert "bert" in report.method


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2"], "negative neutral positive"),
        (["LABEL_0", "LABEL_1"], "negative positive"),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], "negative negative neutral positive positive"),
        (["star 1", "star 2", "star 3", "star 4", "star 5"], "negative negative neutral positive positive"),
        (["POSITIVE", "NEGATIVE"], "positive negative"),
        (["pos", "neu", "neg"], "positive neutral negative"),
        (["very_negative", "negative", "neutral", "positive", "very_positive"], "negative negative neutral positive positive"),
        (["负面", "正面"], "negative positive"),
        (["negative (stars 1, 2 and 3)", "positive (stars 4 and 5)"], "negative positive"),
        (["anger", "joy", "sadness", "surprise"], "negative positive negative neutral"),
    ],
)
def test_labels_are_told_by_name_stars_or_number(names: list[str], expected: str) -> None:
    assert sides(names, {}) == expected.split()


@pytest.mark.parametrize("names", [["A", "B"], ["toxic", "clean"], ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"], ["positive", "great"]])
def test_labels_that_say_nothing_are_refused(names: list[str]) -> None:
    with pytest.raises(ToolError, match="do not say"):
        sides(names, {})
    mapped = dict.fromkeys(names, "positive") | {names[0]: "negative"}
    assert sides(names, mapped)[0] == "negative"


@pytest.mark.parametrize("options", [{"backend": "magic"}, {"backend": "transformers"}, {"labels": {"A": "good"}}])
def test_unusable_settings_are_said(options: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        read_options(options)


@pytest.mark.parametrize("path", ["/nowhere/at/all", "nobody/no-such-model"])
def test_a_model_that_is_not_there_is_said(path: str) -> None:
    with pytest.raises(ToolError, match="cannot be loaded") as fault:
        open_backend(read_options({"backend": "transformers", "classifier": path}))
    assert "download" in fault.value.hint


class Models:
    """A configured model that judges as it is told; ``answers`` are given in turn, ``None`` where it gives no JSON."""

    def __init__(self, answers: list[Judgement | None], fault: Exception | None = None) -> None:
        self.answers, self.fault, self.prompts = answers, fault, [""]

    def writes(self, language: str) -> str:
        return "judge"

    async def generate_many(self, prompts: list[str], *, schema: Any, check: Any, **_: Any) -> list[Generation]:
        self.prompts += prompts
        if self.fault:
            raise self.fault
        given = [Generation(text="", parsed=self.answers[i % len(self.answers)], model="judge", index=i) for i in range(len(prompts))]
        return [g.model_copy(update={"check": check(g)}) for g in given]


def ask(models: Models, **brief: Any) -> SentimentReport:
    store, folder = shared_words_world()
    ctx = make_context(store, folder, tool="analyze_sentiment", models=models, backend="llm")
    ctx.settings.models.append(RemoteModel(name="judge", model="judge"))
    return analyze_sentiment(ctx, Brief(**{"language": "en", "product": "coffee", "platforms": ["instagram"], **brief}))


def test_a_language_model_judges_whole_posts() -> None:
    models = Models([Judgement(negative=100, neutral=0, positive=0, emotion="anger")])
    report = ask(models)
    assert report.overall is not None
    assert report.overall.negative == 1
    assert [e.emotion for e in report.emotions] == ["anger"]
    assert any("espresso" in p for p in models.prompts)
    assert "judge" in report.method


def test_what_it_takes_for_ironic_is_uncertain() -> None:
    report = ask(Models([Judgement(negative=0, neutral=0, positive=100, ironic=True), Judgement(negative=0, neutral=0, positive=100)]))
    assert 0 < report.uncertain < report.posts_used


def test_bad_answers_are_read_by_the_embedded_backend() -> None:
    report = ask(Models([None, Judgement(negative=0, neutral=0, positive=0), Judgement(negative=0, neutral=10, positive=90)]))
    assert any("usable answer for" in n for n in report.notes)


def test_without_budget_the_embedded_backend_reads() -> None:
    report = ask(Models([], BudgetExceeded("The cap is reached.")))
    assert any("The cap is reached." in n for n in report.notes)
    assert report.overall is not None
    assert "judge" not in report.method


def test_the_packaged_model_is_not_asked() -> None:
    store, folder = shared_words_world()
    models = Models([Judgement(negative=100, neutral=0, positive=0)])
    ctx = make_context(store, folder, tool="analyze_sentiment", models=models, backend="llm")
    report = analyze_sentiment(ctx, Brief(language="en", product="coffee", platforms=["instagram"]))
    assert models.prompts == [""]
    assert any("No language model read the posts" in n for n in report.notes)
