"""What a post costs: the quote where there is one, else an estimate learnt from the quotes in the store, else unknown."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent import Brief, Money, Quote
from plugins.common import say
from plugins.common.money import convert, placeholder, rates, show

from .pool import Entry

MIN_QUOTES = 8
"""Fewer quotes than this teach nothing."""
PULL = 0.5
"""Ridge on the slopes: a handful of quotes must not make a steep price list."""


@dataclass
class Price:
    """Price of one post, in the budget's currency."""

    money: Money | None = None
    basis: str = "unknown"
    low: float | None = None
    high: float | None = None
    note: str = ""
    warnings: list[str] = field(default_factory=list)


def quote_for(entry: Entry, formats: Sequence[str]) -> Quote | None:
    """The quote for a wanted format, else one for any format, else the first there is. A quote of nothing is no quote."""
    quotes = [q for q in (entry.creator.quotes if entry.creator else ()) if q.amount > 0]
    for wanted in (*formats, "any"):
        for quote in quotes:
            if quote.format == wanted:
                return quote
    return quotes[0] if quotes else None


class PriceBook:
    """Prices of everybody in a pool. Learns log price on log followers and log engagement by Huber regression."""

    def __init__(self, entries: Sequence[Entry], brief: Brief) -> None:
        self.brief = brief
        self.quotes = {e.id: q for e in entries if (q := quote_for(e, brief.formats)) is not None}
        self.currency = brief.budget.currency if brief.budget else self._usual_currency()
        self.repeated = placeholder([(q.amount, q.currency) for q in self.quotes.values()])
        self._models = {platform: _fit(self._samples(entries, platform)) for platform in sorted({e.platform for e in entries})}

    def _usual_currency(self) -> str:
        counts = Counter(q.currency for q in self.quotes.values())
        return counts.most_common(1)[0][0] if counts else ("CNY" if self.brief.language == "zh" else "USD")

    def _samples(self, entries: Sequence[Entry], platform: str) -> list[tuple[tuple[float, float], float]]:
        samples = []
        dubious = self.repeated[:2] if self.repeated else None
        for entry in entries:
            quote = self.quotes.get(entry.id)
            if quote is None or entry.platform != platform or not entry.followers or entry.expected is None:
                continue
            if (quote.amount, quote.currency) == dubious:
                continue
            amount = convert(quote.amount, quote.currency, self.currency)
            if amount:
                samples.append(((math.log1p(entry.followers), math.log1p(entry.expected)), math.log(amount)))
        return samples

    def of(self, entry: Entry) -> Price:
        quote = self.quotes.get(entry.id)
        return self._quoted(entry, quote) if quote is not None else self._estimated(entry)

    def _quoted(self, entry: Entry, quote: Quote) -> Price:
        language = self.brief.language
        amount = convert(quote.amount, quote.currency, self.currency)
        where = f" ({Path(quote.source).name})" if quote.source else ""
        if amount is None:
            note = say(
                language,
                en=f"Quoted {show(quote.amount, quote.currency)}{where}; no rate from {quote.currency} to {self.currency} is known.",
                zh=f"报价 {show(quote.amount, quote.currency)}{where}；没有 {quote.currency} 兑 {self.currency} 的参考汇率，无法换算。",
            )
            return Price(note=note, warnings=[note])
        price = Price(Money(amount=round(amount, 2), currency=self.currency), "quoted")
        price.note = say(language, en=f"Quoted price{where}.", zh=f"达人报价{where}。")
        if quote.verified is not None:
            price.note += say(
                language,
                en=" The export marks it as confirmed." if quote.verified else " The export does not mark it as confirmed.",
                zh="导出表已勾选确认。" if quote.verified else "导出表未勾选确认。",
            )
        if quote.currency != self.currency:
            price.note += say(
                language,
                en=f" {show(quote.amount, quote.currency)} converted at the reference rate of {rates()[0]}.",
                zh=f" 原报价 {show(quote.amount, quote.currency)}，按 {rates()[0]} 的参考汇率换算。",
            )
        if self.brief.formats and quote.format not in (*self.brief.formats, "any"):
            price.warnings.append(
                say(
                    language,
                    en=f"The quote is for another format ({quote.format}): ask for the price of what you order.",
                    zh=f"该报价对应的形式是 {_FORMAT_ZH.get(quote.format, quote.format)}，与需求不同，请另行询价。",
                )
            )
        price.warnings += self._doubts(entry, quote, amount)
        return price

    def _doubts(self, entry: Entry, quote: Quote, amount: float) -> list[str]:
        language, doubts = self.brief.language, []
        said = show(quote.amount, quote.currency)
        model = self._models.get(entry.platform)
        expected = model.predict(entry.followers, entry.expected) if model and entry.followers and entry.expected is not None else None
        usual = (
            show(float(f"{math.exp(expected):.2g}"), self.currency) if expected is not None and math.exp(expected) > 1.5 * amount else ""
        )
        if quote.verified:
            return []  # somebody asked already
        if self.repeated and (quote.amount, quote.currency) == self.repeated[:2]:
            doubts.append(
                say(
                    language,
                    en=f"{self.repeated[2]} of {len(self.quotes)} quotes are exactly {said}: it may be a placeholder"
                    + (f"; others of this size ask about {usual}" if usual else "")
                    + ". Confirm the price.",
                    zh=f"{len(self.quotes)} 份报价中有 {self.repeated[2]} 份同为 {said}，可能只是占位价"
                    + (f"（同量级约 {usual}）" if usual else "")
                    + "，请确认后再下单。",
                )
            )
        elif model is not None and expected is not None:
            ratio = math.log(amount) - expected
            if abs(ratio) > math.log(5) and abs(ratio) > 2.5 * model.spread:
                low = ratio < 0
                usual = show(float(f"{math.exp(expected):.2g}"), self.currency)
                doubts.append(
                    say(
                        language,
                        en=f"Suspiciously {'low' if low else 'high'} quote: {said} for {entry.followers:,} followers, "
                        f"where others of this size ask about {usual}. Check it.",
                        zh=f"报价异常偏{'低' if low else '高'}：{entry.followers:,} 粉丝报 {said}，同量级约 {usual}，请核实。",
                    )
                )
        return doubts

    def _estimated(self, entry: Entry) -> Price:
        language, model = self.brief.language, self._models.get(entry.platform)
        if model is None or not entry.followers or entry.expected is None:
            why = (
                say(language, en="fewer than 8 usable quotes on this platform", zh="该平台可用报价不足 8 份")
                if model is None
                else say(language, en="followers or engagement unknown", zh="粉丝数或互动数据缺失")
            )
            return Price(note=say(language, en=f"No price known ({why}): ask.", zh=f"价格未知（{why}），需询价。"))
        middle = model.predict(entry.followers, entry.expected)
        low, mid, high = (math.exp(middle + shift) for shift in (model.low, 0.0, model.high))
        return Price(
            Money(amount=round(mid, 2), currency=self.currency), "estimated", round(low, 2), round(high, 2),
            say(
                language,
                en=f"Estimate from {model.count} quotes in the store (followers and engagement); {show(low, self.currency)} to "
                f"{show(high, self.currency)} holds 80 % of them. Ask for a quote.",
                zh=f"估价：由库内 {model.count} 份报价按粉丝数与互动量推算，80% 的报价落在 {show(low, self.currency)}～{show(high, self.currency)}，下单前请询价。",
            ),
        )  # fmt: skip


_FORMAT_ZH = {"image": "图文", "video": "视频", "text": "文字", "any": "不限"}


@dataclass
class _Model:
    weights: tuple[float, float]
    intercept: float
    low: float
    high: float
    spread: float
    count: int
    floor: float
    ceiling: float

    def predict(self, followers: int, engagement: float) -> float:
        """Log price, kept within the range of the quotes it was learnt from, widened by half on each side."""
        value = self.intercept + self.weights[0] * math.log1p(followers) + self.weights[1] * math.log1p(engagement)
        return min(max(value, self.floor), self.ceiling)


def _fit(samples: list[tuple[tuple[float, float], float]]) -> _Model | None:
    if len(samples) < MIN_QUOTES:
        return None
    import numpy as np
    from scipy.optimize import least_squares

    x, y = np.array([s[0] for s in samples]), np.array([s[1] for s in samples])

    def learn(rows: np.ndarray) -> np.ndarray:
        """Two slopes and the price at the middle of the rows; Huber's loss bends at a factor of 1.6, slopes are pulled to none."""
        centre, features, prices = x[rows].mean(axis=0), x[rows], y[rows]

        def residuals(p: np.ndarray) -> np.ndarray:
            return np.concatenate([(features - centre) @ p[:2] + p[2] - prices, PULL * p[:2]])

        slopes = least_squares(residuals, [0.0, 0.0, float(np.median(prices))], loss="huber", f_scale=0.5).x
        return np.array([slopes[0], slopes[1], slopes[2] - centre @ slopes[:2]])

    everything = np.arange(len(y))
    model = learn(everything)
    folds = np.array_split(np.random.default_rng(0).permutation(len(y)), min(len(y), 10))
    errors = np.empty(len(y))
    for fold in folds:  # errors on quotes not learnt from: the honest range
        other = learn(np.setdiff1d(everything, fold))
        errors[fold] = y[fold] - (x[fold] @ other[:2] + other[2])
    low, high = (float(v) for v in np.quantile(errors, [0.1, 0.9]))
    spread = 1.4826 * statistics.median(abs(float(e) - float(np.median(errors))) for e in errors)
    return _Model(
        (float(model[0]), float(model[1])), float(model[2]), min(low, 0.0), max(high, 0.0), max(spread, 0.2), len(y),
        float(y.min()) - math.log(1.5), float(y.max()) + math.log(1.5),
    )  # fmt: skip
