"""Signals about accounts: what is usual, what is far from it, what cannot be told; paid work, conflicts and brand safety."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugin_world import NOW, dessert_brief

from agent import AudienceStats, Creator, Post
from agent.testing import make_creator, make_post
from plugins.common.topics import topic_of
from plugins.kol_search.authenticity import MIN_PEERS, Peers, score_of
from plugins.kol_search.paid import conflicts_of, sponsored_work
from plugins.kol_search.pool import Entry, Pool
from plugins.kol_search.safety import flags_of, words_in
from plugins.kol_search.signals import SIGNALS


def entry(
    n: int,
    *,
    posts: int = 20,
    level: float = 50,
    swing: float = 0.6,
    followers: int = 3000,
    following: int = 200,
    seed: int = 0,
    **fields: object,
) -> Entry:
    """An ordinary small account, unless told otherwise."""
    rng = random.Random(100 * n + seed)
    id = f"xiaohongshu:name{chr(97 + n % 26)}" if "handle" not in fields else f"xiaohongshu:{fields['handle']}"
    likes = [int(level * rng.lognormvariate(0, swing)) for _ in range(posts)]
    written: list[Post] = []
    day = 3.0
    for i, count in enumerate(likes):
        day += rng.expovariate(1 / 6)
        written.append(
            make_post(
                f"{n}-{i}", id, f"今天去了第{'一二三四五六七八九十'[i % 10]}家店，{rng.choice('甲乙丙丁')}很好吃，下次带{rng.choice('朋友 家人 同事'.split())}再来{rng.random()}",
                days_ago=day, likes=count, collects=count // 3, comments=max(1, count // 7), shares=count // 15,
            )
        )  # fmt: skip
    creator = make_creator(
        id, followers=int(followers * rng.lognormvariate(0, 0.4)), following=int(following * rng.lognormvariate(0, 0.4)), **fields
    )
    return Entry(id, creator, written)


@pytest.fixture(scope="module")
def ordinary() -> list[Entry]:
    return [entry(n, audience=AudienceStats(active=0.45 + 0.01 * (n % 8))) for n in range(20)]


def far(peers: Peers, e: Entry) -> set[str]:
    return {name for name, score in peers.scores(e).items() if score < 0.5}


def test_ordinary_accounts_are_ordinary(ordinary: list[Entry]) -> None:
    peers = Peers(ordinary, "en")
    flagged = sum(len(far(peers, e)) for e in ordinary)
    assert flagged <= 0.03 * len(ordinary) * len(SIGNALS), "few false alarms among accounts drawn from one distribution"
    for e in ordinary:
        judged = peers.judge(e)
        assert judged.score is not None
        assert judged.score.p10 <= judged.score.p50 <= judged.score.p90 <= 1
        assert judged.score.p10 < 0.97, "ten usual signals are no certainty"


@pytest.mark.parametrize(
    ("odd", "signal"),
    [
        ({"followers": 400, "following": 9000}, "follow_ratio"),
        ({"followers": 3000, "level": 0.9}, "engagement_rate"),
        ({"followers": 3000, "level": 20_000.0}, "engagement_rate"),
        ({"swing": 0.01}, "variation"),
        ({"handle": "u8374629105"}, "digits_in_name"),
        ({"audience": AudienceStats(active=0.02)}, "active_fans"),
    ],
)
def test_each_oddity_shows_in_its_signal(ordinary: list[Entry], odd: dict[str, object], signal: str) -> None:
    strange = entry(99, **odd)  # type: ignore[arg-type]
    peers = Peers([*ordinary, strange], "en")
    assert signal in far(peers, strange)
    judged = peers.judge(strange)
    told = next(s for s in judged.signals if s.name == signal)
    assert told.reference is not None
    assert told.reference.n >= MIN_PEERS
    assert told.reference.p5 <= told.reference.median <= told.reference.p95
    assert not told.reference.p5 <= (told.value or 0) <= told.reference.p95
    assert "unusually" in told.reading
    assert judged.score is not None
    usual = peers.judge(ordinary[0]).score
    assert usual is not None
    assert judged.score.p50 < usual.p50


def test_posts_of_clockwork_repeats_and_odd_proportions_show(ordinary: list[Entry]) -> None:
    strange = entry(98)
    strange.posts = [
        p.model_copy(update={"text": "同一段文案发了又发，欢迎大家来玩", "created_at": NOW - timedelta(days=5.0 * i), "comments": 0, "collects": 0, "shares": 0})
        for i, p in enumerate(strange.posts)
    ]  # fmt: skip
    assert {"rhythm", "repeated_texts", "comments_per_like", "saves_per_like"} <= far(Peers([*ordinary, strange], "en"), strange)


def test_not_enough_data_is_an_answer(ordinary: list[Entry]) -> None:
    bare = Entry("xiaohongshu:bare", Creator(id="xiaohongshu:bare", platform="xiaohongshu", name="bare"), [])
    for language, words in (("en", "Not enough data"), ("zh", "数据不足")):
        judged = Peers([*ordinary, bare], language).judge(bare)
        assert judged.score is None
        assert words in judged.reading
        assert all(s.score is None for s in judged.signals if s.value is None)
    assert Peers(ordinary[: MIN_PEERS - 1], "en").judge(ordinary[0]).score is None, "too few peers to know what is usual"


def test_wording_accuses_nobody(ordinary: list[Entry]) -> None:
    strange = entry(97, followers=400, following=9000, swing=0.01, handle="u8374629105")
    for language in ("en", "zh"):
        judged = Peers([*ordinary, strange], language).judge(strange)
        said = judged.reading + " ".join(s.reading for s in judged.signals)
        assert not any(word in said.lower() for word in ("fake", "fraud", "bought", "bot", "cheat", "造假", "刷量", "水军", "买粉", "虚假"))
        assert ("no proof" if language == "en" else "不构成") in judged.reading


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.01, 10), st.sampled_from([-1, 0, 1]))
def test_a_signals_score_is_a_share_and_falls_with_distance(value: float, median: float, spread: float, side: int) -> None:
    score = score_of(value, median, spread, side)
    assert 0 <= score <= 1
    assert score_of(median, median, spread, side) == 1
    assert score_of(value + (value - median), median, spread, side) <= score


# --- paid work --------------------------------------------------------------------------------------------------------


def paid_entry(sponsored: int, organic: int, paid_likes: int = 30, likes: int = 60, text: str = "#广告 新品试吃") -> Entry:
    id = "xiaohongshu:p"
    posts = [make_post(f"s{i}", id, text, days_ago=10 + i, likes=paid_likes + i) for i in range(sponsored)]
    posts += [make_post(f"o{i}", id, "自己去吃的，不错", days_ago=20 + i, likes=likes + i) for i in range(organic)]
    return Entry(id, make_creator(id), posts)


def test_the_ratio_of_sponsored_to_other_posts_has_an_interval() -> None:
    work = sponsored_work(paid_entry(6, 12), "en")
    assert work.ratio is not None
    assert work.ratio.p10 <= work.ratio.p50 <= work.ratio.p90
    assert work.ratio.p50 == pytest.approx(33.5 / 66.5, rel=0.01)
    assert len(work.posts) == 6
    assert work.organic == 12


def test_too_few_posts_give_no_ratio() -> None:
    assert sponsored_work(paid_entry(2, 12), "zh").ratio is None
    assert sponsored_work(paid_entry(6, 2), "zh").ratio is None
    assert "未标明" in sponsored_work(paid_entry(0, 12), "zh").reading


@pytest.mark.parametrize(
    ("text", "brief", "brands"),
    [
        ("#广告 达拉斯这家蛋糕店的提拉米苏", {}, [""]),
        ("#广告 SweetRival 家的新品", {"must_not_say": ["SweetRival"]}, ["SweetRival"]),
        ("#广告 口红试色", {}, []),
        ("自己去的蛋糕店，提拉米苏不错", {}, []),
        ("#广告 豆花庄的蛋糕", {"brand": "豆花庄"}, []),
    ],
)
def test_recent_sponsored_work_for_somebody_who_sells_the_same_is_a_conflict(
    text: str, brief: dict[str, object], brands: list[str]
) -> None:
    asked = dessert_brief(**brief)
    e = Entry("xiaohongshu:c", make_creator("xiaohongshu:c"), [make_post("c1", "xiaohongshu:c", text, days_ago=20)])
    pool = Pool([e], topic_of(asked), NOW, 180)
    found = conflicts_of(e, asked, pool, 90)
    assert [c.brand for c in found] == brands
    assert all(c.posts == ["xiaohongshu:c1"] and c.days_ago == 20 and c.reading for c in found)
    assert conflicts_of(e, asked, pool, 10) == [], "long ago is no conflict"


# --- brand safety -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("周末去赌场玩百家乐", {"gambling"}),
        ("Sports betting tips, use my link", {"gambling"}),
        ("这款茶能降血糖，无副作用", {"medical"}),
        ("This tea cures diabetes", {"medical"}),
        ("校园霸凌的故事", {"minors"}),
        ("Report from the mass shooting downtown", {"violence"}),
        ("白色情人节的蛋糕", set()),
        ("murder mystery dinner with friends", set()),
        ("剧本杀推荐", set()),
        ("My weight-loss regime and skincare regime", set()),
        ("Coupon code for couples' coupe glasses", set()),
        ("带未成年子女办签证", set()),
    ],
)
def test_brand_safety_words(text: str, categories: set[str]) -> None:
    assert set(words_in(text)) == categories


def test_a_flag_names_its_posts_and_words_in_the_readers_language() -> None:
    e = Entry(
        "xiaohongshu:f",
        None,
        [
            make_post("f1", "xiaohongshu:f", "赌场一日游"),
            make_post("f2", "xiaohongshu:f", "好吃的蛋糕"),
            make_post("f3", "xiaohongshu:f", "网赌害人"),
        ],
    )
    (flag,) = flags_of(e, "zh")
    assert (flag.category, flag.label, flag.posts, flag.words) == (
        "gambling",
        "赌博",
        ["xiaohongshu:f1", "xiaohongshu:f3"],
        ["赌场", "网赌"],
    )
    assert flags_of(e, "en")[0].label == "gambling"
