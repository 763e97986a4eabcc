"""What a slate is worth: what each pick adds, who could step in, what another budget would bring, how good the choice is."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from ..artifacts import CurvePoint, Money, Pick, Replacement, Slate
from . import charts, charts_lines
from .numbers import Numbers
from .texts import Texts

_SURE = 0.0005
"""A gap below this rounds to nothing and is called proved."""


@dataclass(frozen=True)
class Addition:
    """What one pick adds, and who could take its place."""

    pick: Pick
    value: str
    share: str
    chart: Markup
    replacements: list[tuple[Replacement, str]]


class Worth:
    """A slate's value in words and drawings; false where the slate says nothing of it."""

    def __init__(self, slate: Slate, t: Texts, f: Numbers) -> None:
        self.slate, self._t, self._f = slate, t, f

    def __bool__(self) -> bool:
        s = self.slate
        return bool(s.picks) and (s.value is not None or s.gap is not None or bool(self.additions) or bool(self.curve))

    @property
    def value(self) -> str:
        """What the value is, in one sentence."""
        s, t = self.slate, self._t
        return "" if s.value is None else t(f"worth.value.{s.objective}", value=self._f.count(s.value))

    @property
    def sure(self) -> str:
        """How good the choice is at least, in plain words."""
        s, t, f = self.slate, self._t, self._f
        said = [t("worth.per_cost")] if s.per_cost else []
        if s.gap is not None:
            said.append(t("worth.best") if s.gap < _SURE else t("worth.gap", share=f.percent(1 - s.gap, 1), gap=f.percent(s.gap, 1)))
        return t.gap.join(said)

    @property
    def additions(self) -> list[Addition]:
        picks = [p for p in self.slate.picks if p.marginal is not None or p.replacements]
        top = max([p.marginal or 0.0 for p in picks], default=0.0)
        return [self._addition(p, top) for p in picks]

    def _addition(self, p: Pick, top: float) -> Addition:
        t, f, whole = self._t, self._f, self.slate.value
        value = f.count(p.marginal)
        share = f.percent(p.marginal / whole) if p.marginal is not None and whole else ""
        reading = t("worth.adds.reading", name=p.candidate.name, value=value)
        chart = charts.ranked(p.marginal, top, reading) if p.marginal is not None else Markup()
        return Addition(p, value, share, chart, [(r, self._change(r)) for r in p.replacements])

    def _change(self, r: Replacement) -> str:
        t, f = self._t, self._f
        words = [t("worth.change.value", change=f.figure(r.value_change, signed=True))]
        if r.cost_change is None:
            words.append(t("worth.change.unpriced"))
        elif not r.cost_change:
            words.append(t("worth.change.same"))
        else:
            money = f.money(abs(r.cost_change), self._currency)
            words.append(t("worth.change.more" if r.cost_change > 0 else "worth.change.less", money=money))
        return f.join(words)

    @property
    def _currency(self) -> str | None:
        money = self.slate.budget or self.slate.total
        return money.currency if money else None

    @property
    def curve(self) -> list[CurvePoint]:
        """At least two points in one currency, by budget."""
        points = sorted(self.slate.curve, key=lambda p: p.budget.amount)
        return points if len(points) > 1 and len({p.budget.currency for p in points}) == 1 else []

    @property
    def spent(self) -> Money | None:
        """The budget that the choice was made under: where it stands on the curve."""
        money = self.slate.budget or self.slate.total
        return money if money and self.curve and money.currency == self.curve[0].budget.currency else None

    def draw_curve(self) -> Markup:
        t, f, points = self._t, self._f, self.curve
        budgets = [p.budget.amount for p in points]
        titles = [t("worth.curve.point", budget=f.price(p.budget), value=f.count(p.value)) for p in points]
        chosen, spent = None, self.spent
        if spent and self.slate.value is not None and budgets[0] <= spent.amount <= budgets[-1]:
            chosen = (spent.amount, self.slate.value, t("worth.curve.chosen", budget=f.price(spent), value=f.count(self.slate.value)))
        return charts_lines.plot(
            charts_lines.Plot(
                at=budgets, labels=[f.price(p.budget) for p in points], tick=f.count, titles=titles, chosen=chosen, zero=True,
                lines=[charts_lines.Line([p.value for p in points], "actual")],
                reading=t("worth.curve.reading", first=titles[0], last=titles[-1]),
            )
        )  # fmt: skip
