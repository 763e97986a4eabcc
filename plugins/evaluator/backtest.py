"""A slate chosen as of a past date, from what was known then, against what its creators' posts really got afterwards.

What may be known is kept apart by construction: ``predict`` and ``pick`` are given the posts before the date and nothing else;
``Case.realised`` is read by the judging half alone.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from agent import Brief, Creator, KolonyError, Post, Quote
from plugins.common import say
from plugins.common.choose import Option, Rules, choose
from plugins.common.engagement import EngagementModel
from plugins.common.history import age_days
from plugins.common.money import convert, placeholder, show
from plugins.common.topics import topic_of

from .seeds import generator

if TYPE_CHECKING:
    pass

Goal = Literal["per_post", "per_cost"]
GOALS: tuple[Goal, ...] = ("per_post", "per_cost")
BEFORE, AFTER = 5, 3
"""A candidate has this many on-topic posts before the date, and after it."""
RECENT = 10
"""Posts that the baselines call recent."""
SLATES = 1000
"""Random slates that the random baseline is the mean of."""
DRAWS = 4000
YEAR = 365.0
"""Days: realised engagement is of an open end of time; intervals are drawn as for a year."""
FEWEST, MOST = 3, 30
"""The interval is of the median of as many posts as the creator made on the topic in the year before, within these bounds."""


@dataclass(frozen=True)
class Case:
    """A candidate: what was known of them, and what came."""

    id: str
    price: float
    past: tuple[Post, ...]
    """On-topic posts before the date, newest first."""
    realised: float
    """Median engagement of the on-topic posts after it."""
    followers: int | None


@dataclass(frozen=True)
class Prediction:
    """What a creator's on-topic posts should get: quantiles of their median, and what each objective values them at."""

    p10: float
    p50: float
    p90: float
    value: Mapping[Goal, float]
    """``per_post``: expected median; ``per_cost``: expected engagement of one post, which lucky posts raise."""


@dataclass(frozen=True)
class Worth:
    """What a slate brought: mean of the realised medians, and their sum over the sum of the prices."""

    per_post: float
    per_cost: float


@dataclass(frozen=True)
class Backtest:
    as_of: datetime
    objective: Goal
    currency: str
    cases: Mapping[str, Case]
    predictions: Mapping[str, Prediction]
    picked: Sequence[str]
    worth: Worth
    baselines: Mapping[str, Worth]
    oracle: Worth
    coverage: float
    """Share of the candidates whose realised median lies within P10-P90."""
    mae: float
    """Mean absolute error of the P50 over the candidates, in engagements."""
    mae_naive: float
    """The same of each creator's own mean engagement of on-topic posts before the date."""
    assumptions: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON form of ``kolony backtest --json``."""

        def forecast(id: str) -> dict[str, float]:
            p = self.predictions[id]
            return {"p10": round(p.p10, 2), "p50": round(p.p50, 2), "p90": round(p.p90, 2)}

        def both(w: Worth) -> dict[str, float]:
            return {"per_post": round(w.per_post, 4), "per_cost": round(w.per_cost, 4)}

        return {
            "as_of": self.as_of.date().isoformat(), "objective": self.objective, "candidates": len(self.cases),
            "picked": [
                {"creator_id": id, "price": self.cases[id].price, "forecast": forecast(id), "realised": self.cases[id].realised}
                for id in self.picked
            ],
            **both(self.worth), "baselines": {name: both(w) for name, w in self.baselines.items()}, "oracle": both(self.oracle),
            "interval_coverage_80": round(self.coverage, 4), "mae": round(self.mae, 3), "mae_naive": round(self.mae_naive, 3),
            "currency": self.currency, "assumptions": list(self.assumptions),
        }  # fmt: skip


class World:
    """Posts by creator, quotes and which posts are on the topic: read once, judged at any number of dates.

    Args:
        topic: search words, as a brief has them.
        currency: of the budget; ``None``: the one most quotes are in.
    """

    def __init__(self, posts: Sequence[Post], creators: Sequence[Creator], topic: str, currency: str | None = None) -> None:
        words = topic_of(Brief(request=topic, topics=topic.split()))
        self.creators = {c.id: c for c in creators}
        self.posts: dict[str, list[Post]] = {}
        for post in posts:
            if post.created_at is not None and post.engagement is not None:
                self.posts.setdefault(post.creator_id, []).append(post)
        for own in self.posts.values():
            own.sort(key=lambda p: (str(p.created_at), p.id), reverse=True)
        self.about = {p.id for own in self.posts.values() for p in own if words.match(p) >= 0.5}
        quotes = {id: q for id, c in self.creators.items() if (q := _image_quote(c)) is not None}
        if currency is None:
            currency = Counter(q.currency for q in quotes.values()).most_common(1)[0][0] if quotes else "CNY"
        self.currency = currency
        self.placeholder = placeholder([(q.amount, q.currency) for q in quotes.values()])
        self.unconfirmed = {id for id, q in quotes.items() if q.verified is False}
        made = {id: convert(q.amount, q.currency, currency) for id, q in quotes.items()}
        self.prices = {id: round(price, 2) for id, price in made.items() if price}

    def of(self, ids: Sequence[str]) -> World:
        """The world of some of its creators."""
        other = copy(self)
        other.posts = {id: self.posts[id] for id in ids}
        return other

    def known(self, as_of: datetime) -> dict[str, list[Post]]:
        """Posts before a date, newest first, by creator."""
        made = {id: [p for p in own if p.created_at is not None and p.created_at < as_of] for id, own in self.posts.items()}
        return {id: own for id, own in made.items() if own}

    def cases(self, as_of: datetime) -> dict[str, Case]:
        """Who can be picked and judged at a date, by creator id."""
        found = {}
        for id in sorted(self.posts):
            own = [p for p in self.posts[id] if p.id in self.about]
            past = tuple(p for p in own if p.created_at is not None and p.created_at < as_of)
            came = [p.engagement or 0 for p in own if p.created_at is not None and p.created_at >= as_of]
            if id in self.prices and len(past) >= BEFORE and len(came) >= AFTER:
                followers = self.creators[id].followers
                found[id] = Case(id, self.prices[id], past, float(statistics.median(came)), followers)
        return found


def _image_quote(creator: Creator) -> Quote | None:
    """For an image post, else for any post, else the first quote there is."""
    quotes = sorted((q for q in creator.quotes if q.amount > 0), key=lambda q: {"image": 0, "any": 1}.get(q.format, 2))
    return quotes[0] if quotes else None


def predict(
    known: Mapping[str, Sequence[Post]], about: Callable[[Post], bool], as_of: datetime, ids: Sequence[str]
) -> dict[str, Prediction]:
    """Forecasts from posts before the date. Follower counts are of the export's day and take no part."""
    import numpy as np

    model = EngagementModel(known, {}, about, as_of)
    made = {}
    for id in ids:
        lately = sum(about(p) and age_days(p, as_of) <= YEAR for p in known.get(id, ()))
        # Each creator has their own draws, so that nobody's forecast depends on who else is a candidate.
        rng = generator("backtest", id, as_of.isoformat())
        medians = np.median(model.draws(id, min(max(lately, FEWEST), MOST), rng, DRAWS, days=YEAR), axis=1)
        low, middle, high = (float(v) for v in np.quantile(medians, [0.1, 0.5, 0.9]))
        # A slate's engagement per post is judged by medians. What money buys is a sum, and means are what adds up.
        made[id] = Prediction(low, middle, high, {"per_post": float(medians.mean()), "per_cost": model.average(id)})
    return made


def pick(values: Mapping[str, float], prices: Mapping[str, float], k: int, budget: float, goal: Goal) -> list[str]:
    """The ``k`` creators of the highest value, or of the highest value per cost, under the budget; most valuable first."""
    options = [Option(id, max(value, 0.0), round(100 * prices[id])) for id, value in values.items()]
    count = affordable([prices[id] for id in values], k, budget)
    rules = Rules(count=count, count_min=count, budget=int(100 * budget))
    return list(choose(options, rules, "total" if goal == "per_post" else "per_cost").picked) if count else []


def backtest(world: World, as_of: datetime, k: int, budget: float, goal: Goal, language: str = "en") -> Backtest:
    """Choose at ``as_of``, then judge.

    Args:
        budget: in the world's currency, for one post of each pick.

    Raises:
        KolonyError: nobody can be picked at that date, or nobody is affordable.
    """
    cases = world.cases(as_of)
    if not cases:
        raise _nobody(world, as_of, language)
    prices = {id: c.price for id, c in cases.items()}
    predictions = predict(world.known(as_of), lambda p: p.id in world.about, as_of, list(cases))
    picked = pick({id: p.value[goal] for id, p in predictions.items()}, prices, k, budget, goal)
    if not picked:
        cheapest = show(min(prices.values()), world.currency)
        raise KolonyError(
            say(language, en=f"No creator can be had for {show(budget, world.currency)}: the cheapest asks {cheapest}.",
                zh=f"预算 {show(budget, world.currency)} 请不到任何达人，最低报价 {cheapest}。"),
            hint=say(language, en="Raise --budget.", zh="请提高 --budget。"),
        )  # fmt: skip
    # From here on the future is looked at.
    realised = {id: c.realised for id, c in cases.items()}
    best = pick(realised, prices, k, budget, goal)
    inside = [predictions[id].p10 <= r <= predictions[id].p90 for id, r in realised.items()]
    return Backtest(
        as_of, goal, world.currency, cases, predictions, picked, worth(cases, picked), baselines(cases, k, budget), worth(cases, best),
        statistics.fmean(inside), statistics.fmean(abs(predictions[id].p50 - r) for id, r in realised.items()),
        statistics.fmean(abs(statistics.fmean(p.engagement or 0 for p in c.past) - c.realised) for c in cases.values()),
        _assumptions(world, cases, picked, k, language),
    )  # fmt: skip


def worth(cases: Mapping[str, Case], picked: Sequence[str]) -> Worth:
    """What a slate brought."""
    got = [cases[id].realised for id in picked]
    return Worth(statistics.fmean(got), sum(got) / sum(cases[id].price for id in picked))


def baselines(cases: Mapping[str, Case], k: int, budget: float) -> dict[str, Worth]:
    """What simpler ways to choose bring at the same ``k`` and budget."""
    rng = generator("random slates")
    ids = list(cases)
    random = [worth(cases, filled([ids[i] for i in rng.permutation(len(ids))], cases, k, budget)) for _ in range(SLATES)]
    made = {"random": Worth(statistics.fmean(w.per_post for w in random), statistics.fmean(w.per_cost for w in random))}
    for name, score in SCORES.items():
        order = sorted(ids, key=lambda id: (-score(cases[id]), id))
        made[name] = worth(cases, filled(order, cases, k, budget))
    return made


def _recent(case: Case, count: Callable[[Post], int | None]) -> float:
    return statistics.median(count(p) or 0 for p in case.past[:RECENT])


SCORES: Mapping[str, Callable[[Case], float]] = {
    "top_followers": lambda c: c.followers or 0,
    "top_engagement_rate": lambda c: _recent(c, lambda p: p.engagement) / c.followers if c.followers else 0.0,
    "top_recent_likes": lambda c: _recent(c, lambda p: p.likes),
    "top_recent_engagement_per_price": lambda c: _recent(c, lambda p: p.engagement) / c.price,
}


def affordable(prices: Sequence[float], k: int, budget: float) -> int:
    """How many creators, at most ``k``, the budget can pay for."""
    cheapest, count = sorted(prices), min(k, len(prices))
    while sum(cheapest[:count]) > budget:
        count -= 1
    return count


def filled(order: Sequence[str], cases: Mapping[str, Case], k: int, budget: float) -> list[str]:
    """The first of an order that fit the budget, always keeping enough of it to fill the other places with the cheapest of the rest."""
    size, left, taken = affordable([cases[id].price for id in order], k, budget), list(order), []
    if sum(cases[id].price for id in order[:size]) <= budget:
        return list(order[:size])
    for id in order:
        left.remove(id)
        rest = sorted(cases[other].price for other in left)[: max(size - len(taken) - 1, 0)]
        if len(taken) < size and cases[id].price + sum(rest) <= budget - sum(cases[t].price for t in taken):
            taken.append(id)
    return taken


def _nobody(world: World, as_of: datetime, language: str) -> KolonyError:
    day = as_of.date().isoformat()
    own = {id: [p for p in posts if p.id in world.about] for id, posts in world.posts.items()}
    before = sum(sum(p.created_at is not None and p.created_at < as_of for p in posts) >= BEFORE for posts in own.values())
    after = sum(sum(p.created_at is not None and p.created_at >= as_of for p in posts) >= AFTER for posts in own.values())
    dates = sorted(str(p.created_at)[:10] for posts in own.values() for p in posts)
    span = f"{dates[0]} – {dates[-1]}" if dates else "–"
    return KolonyError(
        say(
            language,
            en=f"No creator can be judged at {day}: {before} have {BEFORE} on-topic posts before it, {after} have {AFTER} after it, "
            f"{len(world.prices)} have a quote, and nobody has all three.",
            zh=f"{day} 没有可回测的达人：此前相关帖子满 {BEFORE} 篇的 {before} 位，此后满 {AFTER} 篇的 {after} 位，有报价的 {len(world.prices)} 位，无人同时满足。",
        ),
        hint=say(
            language,
            en=f"On-topic posts in the store are of {span}: choose a date within, or other words for --topic.",
            zh=f"库内相关帖子的时间范围为 {span}：请换一个日期，或更换 --topic。",
        ),
    )


def _assumptions(world: World, cases: Mapping[str, Case], picked: Sequence[str], k: int, language: str) -> list[str]:
    said = [
        say(
            language,
            en="Posts before the date are the only input of forecast and choice. Their counts are the export's: what they gathered after the date "
            "is in them, as it is for every baseline.",
            zh="预测与选择只使用该日期之前的帖子；互动数为导出时的数值，含该日期之后的增长，各基线亦同。",
        ),
        say(
            language,
            en="Follower counts and quotes are of the export's day. Followers enter top_followers and top_engagement_rate alone; quotes are all "
            "prices there are, and the budget holds with them.",
            zh="粉丝数与报价为导出当日数据：粉丝数仅用于 top_followers 与 top_engagement_rate 两条基线；费用按报价计算，预算以报价为准。",
        ),
        say(
            language,
            en=f"Who is a candidate depends on the future by definition ({AFTER} on-topic posts after the date). “Recent” is the median of the last "
            f"{RECENT} on-topic posts. Coverage and errors are over all {len(cases)} candidates.",
            zh=f"候选条件按定义涉及未来（该日期后至少 {AFTER} 篇相关帖子）。“近期”指最近 {RECENT} 篇相关帖子的中位数。覆盖率与误差按全部 {len(cases)} 位候选计算。",
        ),
    ]
    if world.placeholder is not None:
        amount, of, times = world.placeholder
        among = sum(world.prices[id] == round(convert(amount, of, world.currency) or -1, 2) for id in picked)
        said.append(
            say(
                language,
                en=f"{times} quotes are exactly {show(amount, of)} and may be placeholders, {among} of the picks among them: per_cost rests on them.",
                zh=f"有 {times} 份报价同为 {show(amount, of)}，可能是占位价，入选者中有 {among} 位：per_cost 受其影响。",
            )
        )
    if unsure := sum(id in world.unconfirmed for id in picked):
        said.append(
            say(
                language,
                en=f"The quotes of {unsure} picks are marked as not confirmed in the export.",
                zh=f"入选者中有 {unsure} 位的报价在导出中未确认（无对号）。",
            )
        )
    if len(picked) < k:
        said.append(say(language, en=f"{len(picked)} creators instead of {k}.", zh=f"实际选出 {len(picked)} 位，不足 {k} 位。"))
    return said
