"""What search_creators promises of constraints, scores, likeness, related words and large stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugin_world import NOW, NoModels, coffee_brief, dessert_brief, make_context

from agent import Audience, Brief, Context, Generation, ModelError, Persona, PersonaSet, Shortlist, ToolError
from agent.settings import LocalModel
from bench.search import HashedWords
from bench.search import world as large_world
from plugins.kol_search import search_creators
from plugins.kol_search.expand import Related, _table, expand
from plugins.kol_search.pool import Entry
from plugins.kol_search.price import PriceBook
from plugins.kol_search.settings import WEIGHTS
from vectorstore import Filter, Store, open_store, read_exports


def ids(found: Shortlist) -> list[str]:
    return [c.creator.split(":")[1] for c in found.candidates]


# --- scores -----------------------------------------------------------------------------------------------------------

BRIEFS = st.builds(
    Brief,
    language=st.sampled_from(["en", "zh"]),
    product=st.sampled_from([None, "台式甜品店", "coffee bar", "sweet tooth treats", "knitting"]),
    topics=st.lists(st.sampled_from(["甜品", "coffee", "探店", "running", "育儿"]), max_size=2),
    platforms=st.lists(st.sampled_from(["xiaohongshu", "instagram"]), max_size=1),
    creator_locations=st.lists(st.sampled_from(["达拉斯", "Austin", "上海"]), max_size=1),
    creator_tiers=st.lists(st.sampled_from(["nano", "micro"]), max_size=1),
    similar_to=st.lists(st.sampled_from(["d3", "i1", "nobody"]), max_size=1),
    audience=st.builds(Audience, gender=st.sampled_from([None, "female"]), age_min=st.sampled_from([None, 18]), age_max=st.sampled_from([None, 24])),
    creator_count=st.integers(1, 8),
)  # fmt: skip
WEIGHTINGS = st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.floats(0, 5), max_size=4).filter(lambda w: any({**WEIGHTS, **w}.values()))


@given(brief=BRIEFS, weights=WEIGHTINGS, personas=st.booleans())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_score_is_the_sum_of_its_parts_with_evidence_that_exists(
    world: Store, tmp_path: Path, brief: Brief, weights: dict[str, float], personas: bool
) -> None:
    made = PersonaSet(personas=[Persona(name="甜品控", share=0.5, authors=3, posts=9, keywords=["芋圆", "latte"])]) if personas else None
    found = search_creators(make_context(world, tmp_path, tool="search_creators", weights=weights), brief, made)
    authors = {p.creator_id for p in world.posts()}
    for candidate in found.candidates:
        assert candidate.score == pytest.approx(sum(p.value for p in candidate.parts))
        assert 0 <= candidate.score <= 1 + 1e-9
        assert sum(p.weight for p in candidate.parts) == pytest.approx(1)
        for part in candidate.parts:
            assert part.value == pytest.approx(part.weight * part.raw)
            assert 0 <= part.raw <= 1
            assert part.reading
            assert part.evidence
            for id in part.evidence:
                assert world.post(id) is not None or world.creator(id) is not None or id in authors
        assert candidate.authenticity is not None
        for signal in candidate.authenticity.signals:
            assert all(world.post(i) is not None or world.creator(i) is not None or i in authors for i in signal.evidence)
        assert candidate.platform in (brief.platforms or [candidate.platform])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": {"topics": 1}}, "no score part 'topics'.*topic, performance"),
        ({"weights": {"topic": -0.1}}, "topic must be zero or a positive"),
        ({"weights": {"topic": float("nan")}}, "topic must be zero or a positive"),
        ({"weights": {"topic": "much"}}, "weights.topic"),
        ({"weights": dict.fromkeys(WEIGHTS, 0)}, "every part has weight zero"),
        ({"depth": 0}, "depth"),
        ({"half_life_days": -3}, "half_life_days"),
    ],
)
def test_unusable_settings_say_what_is_wrong(world: Store, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError, match=words):
        search_creators(make_context(world, tmp_path, tool="search_creators", **options), dessert_brief())


# --- hard constraints -------------------------------------------------------------------------------------------------


def test_the_language_creators_write_in_is_hard(ctx: Context) -> None:
    brief = Brief(language="zh", topics=["coffee"], creator_count=2)
    assert ids(search_creators(ctx, brief, None, 50, "en")) == ids(search_creators(ctx, brief, None, 50))
    found = search_creators(ctx, brief, None, 50, "zh")
    assert found.candidates == []
    assert found.rejected["language"] == 3
    assert any("语言" in a and "3 位" in a and "%" in a for a in found.advice), found.advice


def test_pairs_are_named_where_no_single_constraint_helps(ctx: Context) -> None:
    found = search_creators(ctx, coffee_brief(platforms=["tiktok"], creator_locations=["Tokyo"]))
    assert found.candidates == []
    assert "No single constraint is to blame." in found.advice
    assert any("the platform and the creators' place together" in a and "3 more" in a and "best score" in a for a in found.advice), (
        found.advice
    )


def test_when_nothing_helps_the_advice_says_so(ctx: Context) -> None:
    found = search_creators(ctx, coffee_brief(platforms=["tiktok"], creator_locations=["Tokyo"], creator_tiers=["mega"], topics=["coffee"]))
    assert found.candidates == []
    assert any("Not even relaxing two" in a for a in found.advice)


def test_a_relaxed_constraint_brings_what_the_advice_says(ctx: Context) -> None:
    strict = search_creators(ctx, dessert_brief(creator_tiers=["mega"]))
    relaxed = search_creators(ctx, dessert_brief())
    assert any(f"{len(relaxed.candidates)} 位" in a and "粉丝量级" in a for a in strict.advice), strict.advice


def test_a_confirmed_quote_is_read_and_shown(tmp_path: Path) -> None:
    folder = tmp_path / "xhs"
    folder.mkdir()
    (folder / "quotes.csv").write_text(
        "user_id,name,fans count,图文报价(RMB),图文报价有对号\na,a,1000,300,1\nb,b,1000,10,0\nc,c,1000,20,\nd,d,1000,30,maybe\n",
        encoding="utf-8",
    )
    read = read_exports([folder / "quotes.csv"])
    assert {c.name: c.quotes[0].verified for c in read.creators} == {"a": True, "b": False, "c": None, "d": None}
    book = PriceBook([Entry(c.id, c, []) for c in read.creators], dessert_brief())
    notes = {c.name: book.of(Entry(c.id, c, [])).note for c in read.creators}
    assert "已勾选确认" in notes["a"]
    assert "未勾选确认" in notes["b"]
    assert "勾选" not in notes["c"]


# --- likeness ---------------------------------------------------------------------------------------------------------


def test_creators_like_one_are_near_it_in_subject_and_do_not_include_it(ctx: Context) -> None:
    found = search_creators(ctx, Brief(language="en", similar_to=["i1"], creator_count=2))
    assert "i1" not in ids(found)
    assert set(ids(found)[:2]) == {"i0", "i2"}, "the other coffee creators of Austin"
    part = next(p for p in found.candidates[0].parts if p.name == "similarity")
    assert "@i1" in part.reading
    assert "instagram:i1" in part.evidence
    missing = search_creators(ctx, Brief(language="en", similar_to=["nobody"], topics=["coffee"]))
    assert any("nobody" in n for n in missing.notes)


# --- related words ----------------------------------------------------------------------------------------------------


def test_slang_and_occasions_find_creators_that_do_not_use_them(world: Store, tmp_path: Path) -> None:
    asked = Brief(language="en", topics=["caffeine fix"], creator_count=3)
    with_words = search_creators(make_context(world, tmp_path), asked)
    assert set(ids(with_words)[:3]) == {"i0", "i1", "i2"}
    assert any("caffeine fix" in n for n in with_words.notes)
    without = search_creators(make_context(world, tmp_path, tool="search_creators", expand=False), asked)
    assert sum(c.on_topic_posts for c in without.candidates) < sum(c.on_topic_posts for c in with_words.candidates)


def test_every_category_of_related_words_is_one_of_the_topics() -> None:
    from plugins.common.topics import category_words

    assert all(category_words(name, "zh") for name in _table())


class OneModel(NoModels):
    """A model that gives one answer, and runs the caller's check on it as the router does."""

    def __init__(self, answer: Related | None) -> None:
        self.answer, self.prompts = answer, []

    def writes(self, language: str) -> str | None:
        return "mine"

    async def generate(self, prompt: str, *, task: str, check: Any = None, **options: Any) -> Generation:
        self.prompts: list[str]
        self.prompts.append(prompt)
        if self.answer is None:
            raise ModelError("down")
        made = Generation(text="", parsed=self.answer, model="mine")
        return made.model_copy(update={"check": check(made)})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Related(categories=["coffee"], words=[]), ("coffee",)),
        (Related(categories=["no such"], words=["latte", "unheard-of", "x"]), ("latte",)),
        (Related(categories=["no such"], words=["unheard-of"]), ()),
        (None, ()),
    ],
)
def test_a_models_words_are_used_only_if_the_table_or_the_posts_know_them(
    world: Store, tmp_path: Path, answer: Related | None, words: Sequence[str]
) -> None:
    ctx = make_context(world, tmp_path, models=OneModel(answer))
    ctx.settings.models = [LocalModel(name="mine", path="somewhere")]
    found = expand(ctx, Brief(language="en", product="knitting patterns"))
    assert bool(found.words) is bool(words)
    assert set(words) <= {w.lower() for w in found.words}
    assert bool(found.notes) is bool(words)
    assert len(ctx.models.prompts) == 1  # type: ignore[attr-defined]
    expand(ctx, Brief(language="en", product="latte art"))
    assert len(ctx.models.prompts) == 1, "a subject that the table knows needs no model"  # type: ignore[attr-defined]


def test_a_model_that_nobody_configured_is_not_asked(world: Store, tmp_path: Path) -> None:
    ctx = make_context(world, tmp_path, models=OneModel(Related(categories=["coffee"])))
    assert expand(ctx, Brief(language="en", product="knitting patterns")).words == ()


# --- large stores -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    creators, posts = large_world(3, 150, 1500)
    with open_store(tmp_path_factory.mktemp("large") / "store", embedder=HashedWords()) as store:
        store.upsert(posts, creators)
        yield store


def searches(large: Store, folder: Path, brief: Brief, depth: int, limit: int = 8) -> Shortlist:
    found: Shortlist = search_creators(make_context(large, folder, tool="search_creators", depth=depth), brief, None, limit)
    return found


LARGE = [
    Brief(language="zh", topics=["护肤"], creator_count=3),
    Brief(language="zh", topics=["甜品"], platforms=["xiaohongshu"], creator_count=3),
    Brief(language="en", topics=["travel"], creator_tiers=["micro"], creator_count=3),
]


@pytest.mark.parametrize("brief", LARGE, ids=lambda b: b.topics[0])
def test_the_index_brings_up_those_whom_scoring_everybody_would(large: Store, tmp_path: Path, brief: Brief) -> None:
    quick, whole = searches(large, tmp_path, brief, 29), searches(large, tmp_path, brief, 10_000)
    assert quick.considered == whole.considered == 150
    assert (quick.scored, whole.scored) == (29, 150)
    assert len(set(ids(quick)) & set(ids(whole))) >= 0.75 * len(ids(whole))
    assert any("29" in n for n in quick.notes)
    for candidate in quick.candidates:
        assert candidate.platform in (brief.platforms or [candidate.platform])
        assert candidate.tier in (brief.creator_tiers or [candidate.tier])
        assert all(large.post(p) is not None for p in candidate.posts)


def test_a_named_creator_is_scored_wherever_the_index_puts_them(large: Store, tmp_path: Path) -> None:
    brief = LARGE[0].model_copy(update={"creators": ["u7"]})
    assert searches(large, tmp_path, brief, 29).candidates[0].name == "u7"


def test_advice_in_a_large_store_counts_those_that_were_not_read(large: Store, tmp_path: Path) -> None:
    found = searches(large, tmp_path, Brief(language="en", topics=["coffee"], creator_tiers=["mega"], creator_count=9), 29)
    assert any("follower tier alone brings" in a for a in found.advice), found.advice


def test_the_index_alone_ranks_counts_and_finds_words(large: Store) -> None:
    until = Filter(until=NOW - timedelta(days=60))
    activity = large.activity(until)
    posts = large.posts(where=until)
    assert sum(a.posts for a in activity.values()) == len(posts)
    mentioned = {s.id for s in large.mentions(["咖啡"], until)}
    assert mentioned
    assert mentioned <= {p.id for p in posts if "咖啡" in f"{p.title} {p.text} {' '.join(p.hashtags)}"}
    ranked = [s.id for s, _ in large.rank_posts("咖啡 拿铁", until, 20)]
    assert ranked == [h.post.id for h in large.search_posts("咖啡 拿铁", until, 20)]
    assert set(ranked) <= {p.id for p in posts}
    assert large.mentions(["", "  "]) == []
    few = large.posts(where=until, each=2)
    assert max(sum(p.creator_id == c for p in few) for c in activity) <= 2
