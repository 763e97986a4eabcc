"""Numbers, money, dates and spans of time as people write them, in English and Chinese."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TypeGuard

from ..artifacts import Interval, Money, Range90

_SYMBOL = {
    "en": {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$", "KRW": "₩", "INR": "₹"},
    "zh": {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$", "KRW": "₩", "INR": "₹"},
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {"en": ((1e9, "B"), (1e6, "M"), (1e3, "K")), "zh": ((1e8, "亿"), (1e4, "万"))}
NONE = "–"
_FULL_BELOW = 10_000


class Numbers:
    """Formats for one language (``en`` or ``zh``). An unknown value is shown as a dash."""

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"

    def count(self, value: float | None, beside: float | None = None) -> str:
        """9,876; from ten thousand on 12.4K, 1.2M or 1.2万, 3.4亿. Next to a larger number (``beside``) in the same unit as that."""
        if not _finite(value):
            return NONE
        size = max(abs(value), abs(beside)) if _finite(beside) else abs(value)
        if round(size) < _FULL_BELOW or not round(abs(value)):
            return f"{round(value):,}"
        # 0.9995: 999,950 is shown as 1M, not as 1,000K.
        unit, name = next(((u, n) for u, n in _UNITS[self.language] if size >= u * 0.9995), _UNITS[self.language][-1])
        return f"{_short(value / unit)}{name}"

    def exact(self, value: float | None) -> str:
        return f"{round(value):,}" if _finite(value) else NONE

    def figure(self, value: float | None, signed: bool = False, beside: float | None = None) -> str:
        """A quantity of any size and unit: enough digits to tell below a hundred, then as ``count``."""
        if not _finite(value):
            return NONE
        size = abs(value)
        digits = 1 if size >= 10 else 2 if size >= 1 else min(8, 1 - math.floor(math.log10(size))) if size else 0
        text = self.count(value, beside) if size >= 99.5 else _plain(value, digits)
        return f"+{text}" if signed and value > 0 and text.strip("0.") else text

    def percent(self, value: float | None, digits: int | None = None) -> str:
        """A fraction of one as a percentage; small ones keep more digits."""
        if not _finite(value):
            return NONE
        percent = value * 100
        if digits is None:
            digits = 0 if abs(percent) >= 10 or percent == 0 else 1 if abs(percent) >= 1 else 2
        return f"{percent:.{digits}f}%"

    def signed_percent(self, value: float | None) -> str:
        return ("+" if _finite(value) and value > 0 else "") + self.percent(value)

    def money(self, amount: float | None, currency: str | None = None) -> str:
        """¥3,000; amounts under a hundred keep two decimals unless they are whole."""
        if not _finite(amount):
            return NONE
        symbol = _SYMBOL[self.language].get(currency or "", "")
        whole = abs(amount) >= 100 or float(amount).is_integer()
        number = f"{abs(amount):,.0f}" if whole else f"{abs(amount):,.2f}" if abs(amount) >= 0.01 else f"{abs(amount):.2g}"
        sign = "-" if amount < 0 and float(number.replace(",", "")) else ""
        return f"{sign}{symbol}{number}" if symbol or not currency else f"{sign}{number} {currency}"

    def price(self, money: Money | None) -> str:
        return self.money(money.amount, money.currency) if money else NONE

    def money_range(self, low: float | None, high: float | None, currency: str | None) -> str:
        return f"{self.money(low, currency)}–{self.money(high, currency)}"

    def span(self, interval: Interval | None, currency: str | None = None, percent: bool = False) -> str:
        """The 80% interval, P10 to P90."""
        if interval is None:
            return NONE
        if percent:
            # An en dash next to a minus sign reads badly.
            joiner = " 至 " if self.language == "zh" else " to "
            return joiner.join(self.signed_percent(v) for v in (interval.p10, interval.p90))
        if currency is not None:
            return self.money_range(interval.p10, interval.p90, currency)
        return f"{self.count(interval.p10, interval.p90)}–{self.count(interval.p90)}"

    def spread(self, estimate: Range90 | None, percent: bool = False, signed: bool = False) -> str:
        """The 90% interval, P5 to P95."""
        if estimate is None:
            return NONE
        ends = [
            self.signed_percent(v) if percent else self.figure(v, signed, max(abs(estimate.p5), abs(estimate.p95)))
            for v in (estimate.p5, estimate.p95)
        ]
        plain = not percent and not signed and not (estimate.p5 < 0 or estimate.p95 < 0)
        return ("–" if plain else " 至 " if self.language == "zh" else " to ").join(ends)

    def usd(self, value: float) -> str:
        """Model cost: small sums keep four decimals."""
        return "$0" if not value else f"${value:,.2f}" if value >= 0.1 else f"${value:.4f}"

    def seconds(self, value: float | None) -> str:
        if not _finite(value):
            return NONE
        minute, second, milli = ("分", "秒", "毫秒") if self.language == "zh" else (" min", " s", " ms")
        space = " " if self.language == "zh" else ""
        if value < 0.0005:
            return f"0{space}{second}"
        if value < 1:
            return f"{value * 1000:.0f}{space}{milli}"
        if value < 60:
            return f"{value:.1f}{space}{second}"
        return f"{int(value // 60)}{space}{minute} {int(value % 60)}{space}{second}"

    def day(self, value: date | datetime | None) -> str:
        if value is None:
            return NONE
        if self.language == "zh":
            return f"{value.year}年{value.month}月{value.day}日"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def moment(self, value: datetime | None) -> str:
        """A day and time, UTC."""
        if value is None:
            return NONE
        utc = value.astimezone(UTC) if value.tzinfo else value
        return f"{self.day(utc)} {utc:%H:%M} UTC"

    def month(self, period: str) -> str:
        """``2026-03`` as Mar 2026 or 2026年3月; anything else as it is."""
        year, _, month = period.partition("-")
        if not (len(year) == 4 and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
            return period
        return f"{int(year)}年{int(month)}月" if self.language == "zh" else f"{_MONTHS[int(month) - 1]} {int(year)}"

    def join(self, items: list[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(items)

    def all_of(self, items: list[str]) -> str:
        """“A, B and C”, “A、B和C”."""
        if len(items) < 2:
            return self.join(items)
        return f"{self.join(items[:-1])}{'和' if self.language == 'zh' else ' and '}{items[-1]}"


def _finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _plain(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _short(value: float) -> str:
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 0.995 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
