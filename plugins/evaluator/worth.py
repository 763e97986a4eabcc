"""What engagements are worth and what reach they stand for: the planning figures behind CPM, CPE, EMV and ROI, each with its source."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import Interval, Post
from plugins.common import load_data, platform_name, say
from plugins.common.engagement import EngagementModel
from plugins.common.money import convert, placeholder, rates, show
from vectorstore import tier_of

if TYPE_CHECKING:
    import numpy as np

KNOWN_VIEWS = 5
"""Posts with views from which a creator's own engagements per view are taken."""
QUOTES, QUOTED_HISTORY = 8, 5
"""Quotes in the store from which a price per engagement is taken, of creators with so many posts."""


def benchmarks() -> Any:
    """Dated planning figures."""
    return load_data(Path(__file__).parent / "benchmarks.yaml")


def interval(draws: np.ndarray, digits: int = 0) -> Interval:
    """P10, P50 and P90 of what was drawn."""
    import numpy as np

    low, middle, high = (round(float(v), digits) for v in np.quantile(draws, [0.1, 0.5, 0.9]))
    return Interval(p10=low, p50=middle, p90=high)


def usual_level(platform: str, followers: int | None) -> float | None:
    """log1p of engagements per post by the benchmark table; ``None`` where the following is unknown."""
    if not followers:
        return None
    table = benchmarks()["engagement_rate"]
    tiers = table.get(platform, table["default"])
    return math.log1p(followers * float(tiers[tier_of(followers)][1]))


def per_view(
    posts: Sequence[Post], platform: str, options: Mapping[str, Any], rng: np.random.Generator, size: int, language: str
) -> tuple[np.ndarray, str]:
    """Engagements per view as draws, and the sentence that says where they are from.

    The creator's own where the views of five posts are known, else the settings' or the stated assumption.
    """
    import numpy as np

    logs = [math.log((p.engagement or 0) / p.views) for p in posts if p.views and p.engagement]
    if len(logs) >= KNOWN_VIEWS:
        middle = statistics.median(logs)
        spread = max(0.1, 1.4826 * statistics.median(abs(v - middle) for v in logs) / math.sqrt(len(logs)))
        said = say(
            language,
            en="Reach of creators whose views are known: from their own engagements per view.",
            zh="已知浏览量的达人：触达按其自身“互动/浏览”比推算。",
        )
        return np.exp(middle + spread * rng.standard_normal(size)), said
    given = options.get("engagement_per_view")
    table = benchmarks()["engagement_per_view"]
    low, mid, high = (float(v) for v in (given or table.get(platform, table["default"])))
    source = say(language, en="your settings", zh="你的设置") if given else say(
        language, en=f"a planning assumption of {table['date']}, not measured", zh=f"{table['date']} 的规划假设，非实测"
    )  # fmt: skip
    said = say(
        language,
        en=f"ASSUMED reach on {platform_name(platform, language)}: views are not in the data; engagements ÷ {mid:.1%} ({low:.1%}-{high:.1%}) per view ({source}).",
        zh=f"【假设】{platform_name(platform, language)}触达：数据中没有浏览量，按互动 ÷ 每次浏览互动率 {mid:.1%}（{low:.1%}～{high:.1%}）推算（{source}）。",
    )
    return np.exp(rng.triangular(math.log(low), math.log(mid), math.log(high), size)), said


def per_engagement(
    currency: str, model: EngagementModel, quotes: Mapping[str, tuple[float, str]], options: Mapping[str, Any], language: str
) -> tuple[tuple[float, float, float], str]:
    """``(low, middle, high)`` value of one engagement, and the sentence that says where it is from."""
    given = options.get("value_per_engagement")
    table = given or benchmarks()["value_per_engagement"]
    dubious = placeholder(list(quotes.values()))
    asked = [
        amount / engagements
        for id, (quoted, of) in quotes.items()
        if (dubious is None or (quoted, of) != dubious[:2])
        and (amount := convert(quoted, of, currency))
        and model.level(id).history >= QUOTED_HISTORY
        and (engagements := model.expected(id)) > 1
    ]
    if not given and len(asked) >= QUOTES:
        low, middle, high = (statistics.quantiles(asked, n=20)[i] for i in (4, 9, 14))
        source = say(
            language,
            en=f"what one engagement costs at {len(asked)} quotes in the store (quartiles; placeholders left out)",
            zh=f"库内 {len(asked)} 份报价（占位价除外）折合的单次互动成本（四分位）",
        )
    else:
        made = [convert(float(table[k]), str(table["currency"]), currency) for k in ("low", "middle", "high")]
        low, middle, high = (v if v is not None else float(table[k]) for v, k in zip(made, ("low", "middle", "high"), strict=True))
        source = say(language, en="your settings", zh="你的设置") if given else say(
            language,
            en=f"a planning assumption of {table['date']}, there is no standard; converted at the reference rates of {rates()[0]}",
            zh=f"{table['date']} 的规划假设，行业没有统一标准；按 {rates()[0]} 参考汇率换算",
        )  # fmt: skip
    middle = max(middle, 1e-6)
    low, high = min(low, middle * 0.999), max(high, middle * 1.001)
    return (max(low, 1e-7), middle, high), say(
        language,
        en=f"EMV = engagements × {show(round(middle, 3), currency)} ({show(round(low, 3), currency)}-{show(round(high, 3), currency)}) each: {source}.",
        zh=f"EMV = 互动 × 单次价值 {show(round(middle, 3), currency)}（{show(round(low, 3), currency)}～{show(round(high, 3), currency)}）：{source}。",
    )


@dataclass(frozen=True)
class Revenue:
    """Revenue inputs of the settings."""

    order: float
    conversion: float

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Revenue | None:
        """``None`` unless both are given."""
        order, conversion = options.get("average_order_value"), options.get("conversion_rate")
        return cls(float(order), float(conversion)) if order and conversion else None

    def said(self, currency: str, language: str) -> str:
        return say(
            language,
            en=f"ROI = (engagements × {self.conversion:.2%} orders each × {show(self.order, currency)} per order − cost) ÷ cost (your settings).",
            zh=f"ROI =（互动 × 每次互动下单率 {self.conversion:.2%} × 客单价 {show(self.order, currency)} − 费用）÷ 费用（取自设置）。",
        )


def unit_costs(cost: float, engagements: np.ndarray, reach: np.ndarray, revenue: Revenue | None) -> dict[str, Interval]:
    """CPM, CPE and, where revenue inputs exist, ROI of one sum of money."""
    import numpy as np

    if cost <= 0:
        return {}
    made = {"cpm": interval(1000 * cost / np.maximum(reach, 1.0), 2), "cpe": interval(cost / np.maximum(engagements, 1.0), 3)}
    if revenue is not None:
        made["roi"] = interval((engagements * revenue.conversion * revenue.order - cost) / cost, 3)
    return made
