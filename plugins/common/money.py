"""Amounts of money and what they are in another currency, at one table of fixed reference rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from agent import Money

from . import HERE, load_data


@cache
def rates() -> tuple[str, dict[str, float]]:
    """``(date, {currency: units per US dollar})``."""
    table = load_data(HERE / "rates.yaml")
    return str(table["date"]), {code: float(rate) for code, rate in table["per_usd"].items()}


def convert(amount: float, source: str, target: str) -> float | None:
    """``amount`` of ``source`` in ``target``, or ``None`` when a rate is missing."""
    if source == target:
        return amount
    table = rates()[1]
    if source not in table or target not in table:
        return None
    return amount / table[source] * table[target]


def exchange(money: Money, currency: str) -> Money | None:
    """The same in another currency, rounded to cents; ``None`` when no rate is known."""
    amount = convert(money.amount, money.currency, currency)
    return None if amount is None else Money(amount=round(amount, 2), currency=currency)


def show(amount: float, currency: str) -> str:
    """As people write it: `¥3,000`, `$120.50`, `EUR 80`."""
    sign = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"}.get(currency, f"{currency} ")
    return f"{sign}{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{sign}{amount:,.2f}"


def placeholder(quotes: Sequence[tuple[float, str]]) -> tuple[float, str, int] | None:
    """``(amount, currency, times)`` of the one price that a third or more of at least twelve quotes name: hardly a real price."""
    if len(quotes) < 12:
        return None
    (amount, currency), times = Counter(quotes).most_common(1)[0]
    return (amount, currency, times) if times >= len(quotes) / 3 else None
