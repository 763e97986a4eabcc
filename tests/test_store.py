"""The store as its users see it: what goes in comes out, filters hold, searches find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_world import START, CountingEmbedder, creator, post

from vectorstore import AudienceStats, Creator, Filter, Post, Quote, Store, open_store
from vectorstore.fusion import reciprocal_rank_fusion
from vectorstore.store import READ_ROWS, WRITE_ROWS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as opened:
        yield opened


# --- in and out ----------------------------------------------------------------------------------------------------------


@given(
    posts=st.lists(
        st.builds(
            Post,
            id=st.integers(0, 20).map(lambda n: f"x:{n}"),
            platform=st.sampled_from(["x", "weibo", "tiktok"]),
            creator_id=st.just("x:u"),
            title=st.text(max_size=30),
            text=st.text(max_size=200),
            hashtags=st.lists(st.text(max_size=8), max_size=3).map(tuple),
            language=st.sampled_from([None, "en", "zh"]),
            created_at=st.none() | st.datetimes(datetime(1999, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
            likes=st.none() | st.integers(0, 2**50),
            views=st.none() | st.integers(0, 2**50),
        ),
        max_size=12,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_post_comes_out_as_it_went_in(store: Store, posts: list[Post]) -> None:
    store.upsert(posts)
    last = {p.id: p for p in posts}
    assert {p.id: p for p in store.posts(ids=list(last))} == last
    assert all(store.post(id) == p for id, p in last.items())


def test_a_creator_comes_out_as_it_went_in(store: Store) -> None:
    full = creator(
        1, handle="one", gender="female", location="达拉斯", language="zh", followers=1200, following=3, interactions=10_000,
        categories=("美食", "food"), averages={"likes": 12.5}, quotes=(Quote(format="image", amount=350, currency="CNY", source="q.csv:2"),),
        audience=AudienceStats(female=0.6, ages={"18-24": 0.3}, regions={"广东": 0.1}, interests={"美食": 0.2}, active=0.5), grade="优秀",
        url="https://example.com/1",
    )  # fmt: skip
    store.upsert(creators=[full, creator(2, platform="tiktok", id="tiktok:u2")])
    assert store.creator(full.id) == full
    assert [c.id for c in store.creators(platforms=["tiktok"])] == ["tiktok:u2"]
    assert [c.id for c in store.creators(ids=["tiktok:u2", "x:nobody"])] == ["tiktok:u2"]
    assert store.creator("x:nobody") is None
    assert store.post("x:nothing") is None


def test_only_what_is_new_is_embedded_and_written(store: Store) -> None:
    embedder = store.embedder
    assert isinstance(embedder, CountingEmbedder)
    first = store.upsert([post(n) for n in range(40)], [creator(0)])
    assert (first.added, first.changed, first.unchanged, first.embedded) == (41, 0, 0, 41)
    embedder.embedded.clear()
    moved = [post(n, source="another/folder.csv") for n in range(40)]
    again = store.upsert(moved, [creator(0)])
    assert (again.added, again.changed, again.unchanged, again.embedded) == (0, 0, 41, 0)
    # New counts are a change, but no new text: the vector is known.
    liked = store.upsert([post(3, likes=999), post(4, text="quite another text"), post(50)])
    assert (liked.added, liked.changed, liked.unchanged, liked.embedded) == (1, 2, 0, 2)
    assert embedder.embedded.count("quite another text") == 1
    assert len(embedder.embedded) == 2
    changed = store.post("xiaohongshu:3")
    assert changed is not None
    assert changed.likes == 999
    assert store.counts().posts == 41


def test_of_one_id_twice_in_a_call_the_last_stays(store: Store) -> None:
    report = store.upsert([post(1, text="first"), post(1, text="second")])
    assert report.added == 1
    assert [p.text for p in store.posts()] == ["second"]


def test_a_fresh_store_takes_its_vectors_from_the_shared_cache(tmp_path: Path) -> None:
    posts = [post(n) for n in range(10)]
    with open_store(tmp_path / "a", embedder=CountingEmbedder(), cache=tmp_path / "vectors") as a:
        a.upsert(posts)
        expected = [h.post.id for h in a.search_posts("number 7")]
    fresh = CountingEmbedder()
    with open_store(tmp_path / "b", embedder=fresh, cache=tmp_path / "vectors") as b:
        report = b.upsert(posts)
        assert (report.added, report.embedded, fresh.embedded) == (10, 0, [])
        assert [h.post.id for h in b.search_posts("number 7")] == expected
    other = CountingEmbedder("characters/2")
    with open_store(tmp_path / "c", embedder=other, cache=tmp_path / "vectors") as c:
        assert c.upsert(posts).embedded == 10


def test_progress_reaches_the_end(store: Store) -> None:
    seen: list[tuple[str, int, int]] = []
    store.upsert([post(n) for n in range(100)], progress=lambda message, done, total: seen.append((message, done, total)))
    assert len(seen) > 2
    assert seen[-1] == ("Indexing posts", 100, 100)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_more_rows_than_one_batch_of_writing_or_reading(tmp_path: Path) -> None:
    posts = [post(n, text=f"word{n % 50}") for n in range(max(WRITE_ROWS, READ_ROWS) + 100)]
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert store.upsert(posts).added == len(posts)
        assert store.counts().posts == len(store.posts()) == len(posts)
        assert {p.id for p in store.posts(ids=[p.id for p in posts[:-1]])} == {p.id for p in posts[:-1]}


# --- filters -------------------------------------------------------------------------------------------------------------


def passes(p: Post, f: Filter) -> bool:
    """The filter's meaning, written down independently."""
    return (
        (not f.platforms or p.platform in f.platforms)
        and (not f.languages or p.language in f.languages)
        and (not f.creators or p.creator_id in f.creators)
        and (f.since is None or (p.created_at is not None and p.created_at >= f.since))
        and (f.until is None or (p.created_at is not None and p.created_at <= f.until))
        and (f.min_engagement is None or (p.engagement is not None and p.engagement >= f.min_engagement))
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[Post]]]:
    rng = random.Random(7)
    posts = []
    for n in range(60):
        platform = rng.choice(["xiaohongshu", "tiktok", "x"])
        posts.append(
            post(
                n,
                text=f"tea and cake number {n}",
                id=f"{platform}:{n}",
                platform=platform,
                language=rng.choice(["en", "zh", None]),
                created_at=rng.choice([None, START + timedelta(hours=rng.randrange(0, 400))]),
                likes=rng.choice([None, rng.randrange(0, 100)]),
            )
        )
    with open_store(tmp_path_factory.mktemp("many") / "store", embedder=CountingEmbedder()) as store:
        store.upsert(posts)
        yield store, posts


FILTERS = st.builds(
    Filter,
    platforms=st.lists(st.sampled_from(["xiaohongshu", "tiktok", "x", "weibo"]), max_size=2, unique=True).map(tuple),
    languages=st.lists(st.sampled_from(["en", "zh", "fr"]), max_size=2, unique=True).map(tuple),
    creators=st.lists(st.sampled_from([f"xiaohongshu:u{n}" for n in range(4)]), max_size=3, unique=True).map(tuple),
    since=st.none() | st.integers(0, 400).map(lambda h: START + timedelta(hours=h)),
    until=st.none() | st.integers(0, 400).map(lambda h: START + timedelta(hours=h)),
    min_engagement=st.none() | st.integers(0, 100),
)


@given(where=FILTERS)
@settings(max_examples=60, deadline=None)
def test_a_filter_means_the_same_in_listing_and_in_both_sides_of_a_search(many: tuple[Store, list[Post]], where: Filter) -> None:
    store, posts = many
    expected = {p.id for p in posts if passes(p, where)}
    listed = store.posts(where=where)
    assert {p.id for p in listed} == expected
    dated = [p.created_at for p in listed if p.created_at is not None]
    assert dated == sorted(dated, reverse=True)
    assert all(p.created_at is None for p in listed[len(dated) :])
    hits = store.search_posts("tea cake", where, limit=100)
    assert {h.post.id for h in hits} == expected
    assert all(h.dense_rank is not None and h.lexical_rank is not None for h in hits)


def test_limits_and_ids(many: tuple[Store, list[Post]]) -> None:
    store, posts = many
    assert [p.id for p in store.posts(limit=5)] == [p.id for p in store.posts()][:5]
    assert store.posts(limit=0) == []
    some = [p.id for p in posts[:7]]
    assert {p.id for p in store.posts(ids=[*some, "x:nothing"])} == set(some)
    assert store.posts(ids=[]) == []
    assert {p.id for p in store.posts(ids=some, where=Filter(platforms=("x",)))} == {i for i in some if i.startswith("x:")}
    assert len(store.search_posts("cake", limit=3)) == 3


def test_a_single_word_given_as_a_filter_is_no_set_of_letters() -> None:
    assert Filter(platforms="x").platforms == ("x",)  # type: ignore[arg-type]


# --- searches ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ['"', "*", "NEAR(", "cake OR", "a AND (b", "tea NOT cake", "text:cake", "^cake", "'; DROP TABLE rows; --", "{}", "💥", "\0", "-", "  ", "的",
     "x" * 5000, "奶茶" * 3000],
)  # fmt: skip
def test_no_query_is_syntax(many: tuple[Store, list[Post]], query: str) -> None:
    store, posts = many
    hits = store.search_posts(query)
    assert len(hits) <= 20
    assert store.counts().posts == len(posts)


def test_chinese_words_and_english_stems_are_found_by_the_lexical_side(store: Store) -> None:
    store.upsert([
        post(1, text="周末去了达拉斯新开的甜品店，芒果冰超好吃", language="zh"), post(2, text="今天健身房练腿，累到不行", language="zh"),
        post(3, text="The best desserts in Plano, Texas"), post(4, text="Leg day at the gym again"), post(5, title="探店｜吃茶三千", text="一般", language="zh"),
        post(6, text="nothing to see", hashtags=("达拉斯探店",)),
    ])  # fmt: skip

    def lexical(query: str) -> list[str]:
        hits = [h for h in store.search_posts(query) if h.lexical_rank is not None]
        return [h.post.id.split(":")[1] for h in sorted(hits, key=lambda h: h.lexical_rank or 0)]

    assert lexical("甜品") == ["1"]
    assert lexical("健身") == ["2"]
    assert lexical("DESSERT") == ["3"]
    assert lexical("吃茶三千") == ["5"]
    assert set(lexical("达拉斯")) == {"1", "6"}
    assert lexical("我想要找的") == []


def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert store.search_posts("anything") == []
    assert store.posts() == []
    assert store.counts().platforms == {}
    assert store.upsert().added == 0


def test_a_changed_post_is_found_by_its_new_words_only(store: Store) -> None:
    store.upsert([post(1, text="mango ice"), post(2, text="leg day")])
    store.upsert([post(1, text="taro milk")])
    assert [h.post.id for h in store.search_posts("mango") if h.lexical_rank] == []
    assert [h.post.id for h in store.search_posts("taro") if h.lexical_rank] == ["xiaohongshu:1"]


def test_creators_are_found_by_their_bio(store: Store) -> None:
    store.upsert(
        creators=[creator(1, bio="拉面和寿司"), creator(2, bio="marathon runner"), creator(3, bio="runner too", platform="x", id="x:u3")]
    )
    assert store.search_creators("marathon", limit=1)[0][0].id == "xiaohongshu:u2"
    assert {c.id for c, _ in store.search_creators("runner", platforms=["x"])} == {"x:u3"}


def test_threads_share_a_store(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(store.upsert, [post(n) for n in range(k * 10, k * 10 + 10)]) for k in range(8)]
        reads = [pool.submit(store.search_posts, f"post number {k}") for k in range(16)]
        assert sum(w.result().added for w in writes) == 80
        assert all(isinstance(r.result(), list) for r in reads)
    assert store.counts().posts == 80
    assert len(store.posts()) == 80


# --- fusion --------------------------------------------------------------------------------------------------------------


def test_fusion_by_the_formula() -> None:
    fused = reciprocal_rank_fusion(["a", "b"], ["c", "a"])
    assert [(id, ranks) for id, _, ranks in fused] == [("a", (1, 2)), ("c", (None, 1)), ("b", (2, None))]
    assert fused[0][1] == pytest.approx(1 / 61 + 1 / 62)


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_fusion_keeps_everything_once_and_prefers_what_both_rank_higher(a: list[int], b: list[int]) -> None:
    left, right = [str(n) for n in a], [str(n) for n in b]
    fused = reciprocal_rank_fusion(left, right)
    order = [id for id, _, _ in fused]
    assert sorted(order) == sorted({*left, *right})
    both = [id for id in left if id in right]
    for x in both:
        for y in both:
            if left.index(x) < left.index(y) and right.index(x) < right.index(y):
                assert order.index(x) < order.index(y)


def test_records_of_several_platforms_are_counted(store: Store) -> None:
    store.upsert([post(1), post(2), post(3, id="x:3", platform="x")], [Creator(id="x:u", platform="x")])
    counts = store.counts()
    assert (counts.posts, counts.creators, counts.platforms) == (3, 1, {"xiaohongshu": 2, "x": 1})


def test_an_endless_source_is_written_chunk_by_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.store.CHUNK", 10)
    held: list[int] = []

    def source() -> Iterator[Post]:
        for n in range(45):
            held.append(n)
            yield Post(id=f"x:{n % 40}", platform="x", creator_id="x:a", text=f"text {n}")

    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        seen: list[tuple[int, int]] = []
        report = store.upsert(source(), progress=lambda _, done, total: seen.append((done, total)))
        assert (report.added, report.changed, report.unchanged) == (40, 5, 0)
        assert store.counts().posts == 40
        assert store.post("x:3").text == "text 43"  # the later of two wins
        assert seen[0] == (10, 10)
        assert seen[-1] == (45, 45)
        assert store.upsert(source()).unchanged == 35
