"""The budget: which of the amounts in a request is the one to spend."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..artifacts import Money
from .lexicon import Lexicon
from .numbers import Number
from .tables import currencies as table
from .text import GONE, Text, is_japanese


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_BUDGET, _STRONG = Lexicon(table.BUDGET_WORDS), Lexicon(table.STRONG_BUDGET_WORDS)
_EACH, _EACH_BUDGET = Lexicon(table.EACH_WORDS), re.compile(table.EACH_BUDGET)
_OTHER_BEFORE, _OTHER_AFTER = Lexicon(table.OTHER_MONEY_BEFORE), Lexicon(table.OTHER_MONEY_AFTER)
_OUR_PRICE = re.compile(r"\b(?:our|a|the|their|this) ?$|(?:一款|一个|我们的)$")
_PRICED = re.compile(r"^的(?!总?预算|费用|经费)")
_SPENT_BEFORE = re.compile(r"(?:投|花|砸|拿出|拿|拨|掏|出)(?:入|了|个)?\s?$")
_CAPPED_AFTER = re.compile(r"^\s?(?:块|元)?(?:以内|之内|封顶|以下(?!粉))")
_TOTAL = Lexicon(table.TOTAL_WORDS)
_CODE = _alternatives(c.lower() for c in table.CODES)
_BEFORE = re.compile(
    rf"(?:(?<![a-z])(?P<code>{_CODE})\s?(?P<sign>[$€£¥])?|(?<![a-z])(?P<word>{_alternatives(table.BEFORE)})|(?P<yen>¥))\s?-?$"
)
_AFTER = re.compile(rf"^\s?(?:(?P<code>{_CODE})(?![a-z])|(?P<word>{_alternatives(table.AFTER)})(?![a-z]))")
_MINUS = re.compile(r"(?:^|[\s:])-\s?(?:[$€£¥]|[a-z]{2,3}\$?)?\s?$|[$€£¥]\s?-$|负$")
_NOT_MONEY_AFTER = re.compile(
    r"^\s?(?:[+多]?\s?)(?:粉|播放|曝光|浏览|阅读|点赞|赞|互动|观看|位|个|名|人|次|篇|条|岁|后|台|件|单|followers|views|likes|impressions|subscribers"
    r"|people|users|fans|posts|videos|creators|influencers|kols|%)"
)
_NOT_MONEY_BEFORE = re.compile(r"(?:粉丝|粉丝量|粉丝数|播放|播放量|曝光|曝光量|阅读量|followers?|views|top)[^,]{0,4}$")


@dataclass(frozen=True)
class Amount:
    """An amount of money, where it stands and what it is for."""

    number: Number
    start: int
    end: int
    currency: str | None
    role: str
    """``budget`` (called so), ``each`` (a price per creator or post), ``other`` (a product's price, a turnover), ``plain``."""
    strong: bool = False

    def money(self, currency: str) -> Money:
        return Money(amount=self.number.high, currency=currency)


@dataclass
class BudgetReading:
    """What was read: the budget and what the marketer should know about it."""

    money: Money | None = None
    amounts: tuple[Amount, ...] = ()
    each: Money | None = None
    fault: str = ""
    """``zero``, ``negative``, ``inverted``, ``two``; empty when all is well."""
    assumed_currency: bool = False
    low: float | None = None
    """The lower end, when the budget was given as a range."""
    rivals: tuple[str, ...] = ()
    """The amounts, as written, that compete for the budget."""


def read_budget(text: Text, numbers: list[Number], language: str) -> BudgetReading:
    """Find the budget. What belongs to an amount of money is blotted out of the text."""
    yen = "JPY" if is_japanese(text.raw) else "CNY"
    amounts = [a for n in numbers if (a := _amount(text, n, yen, language))]
    reading = BudgetReading(amounts=tuple(amounts))
    default = next((a.currency for a in amounts if a.currency), "CNY" if language == "zh" else "USD")
    each = [a for a in amounts if a.role == "each"]
    if each:
        reading.each = each[0].money(each[0].currency or default)
    candidates = [a for a in amounts if a.role == "budget"] or [a for a in amounts if a.role == "plain" and a.currency]
    if any(a.strong for a in candidates):
        candidates = [a for a in candidates if a.strong]
    written = {(a.number.high, a.currency): a for a in reversed(candidates)}
    distinct = sorted(written.values(), key=lambda a: a.start)
    if distinct:
        chosen = distinct[0]
        if len(distinct) > 1:
            reading.fault, reading.rivals = "two", tuple(text.raw[a.start : a.end].strip() for a in distinct)
            chosen = min(distinct, key=lambda a: a.number.high) if len({a.currency for a in distinct}) == 1 else chosen
        _choose(reading, text, chosen, chosen.currency or default)
        reading.assumed_currency = chosen.currency is None and not any(a.currency for a in amounts)
    for a in amounts:
        text.take(a.start, a.end)
    return reading


def _choose(reading: BudgetReading, text: Text, chosen: Amount, currency: str) -> None:
    number = chosen.number
    if _MINUS.search(text.s[max(0, chosen.start - 6) : number.start]):
        reading.fault = "negative"
        return
    reading.money = Money(amount=max(number.low, number.high), currency=currency)
    if number.low > number.high:
        reading.fault = "inverted"
    elif number.is_range:
        reading.low = number.low
    if reading.money.amount == 0:
        reading.fault = "zero"


def _amount(text: Text, number: Number, yen: str, language: str) -> Amount | None:
    """The number as money, or ``None`` when it counts something else."""
    if GONE in text.s[number.start : number.end]:
        return None
    before, after = text.s[max(0, number.start - 12) : number.start], text.s[number.end : number.end + 20]
    start, end, currency = number.start, number.end, None
    if m := _BEFORE.search(before):
        currency = m["code"].upper() if m["code"] else yen if m["yen"] else table.BEFORE[m["word"]]
        start -= len(before) - m.start()
    if m := _AFTER.match(after):
        named = m["code"].upper() if m["code"] else table.AFTER[m["word"]]
        named = yen if named == "¥" else named
        if currency is None or m["word"] not in ("元", "块", "块钱", "$"):
            currency = named
        end += m.end()
    wide_before, wide_after = text.before(start, 18), text.after(end, 24)
    strong = _STRONG(wide_before) or _STRONG(wide_after[:14])
    called = strong or _BUDGET(wide_before) or _BUDGET(wide_after[:14])
    if currency is None:
        if _NOT_MONEY_AFTER.match(after) or _NOT_MONEY_BEFORE.search(before) or not _bare_amount(text, number, language, strong):
            return None
        currency = "CNY" if number.scaled in ("万", "亿", "w", "千") or language == "zh" else None
    role = _role(wide_before, wide_after, called, strong)
    return Amount(number, start, end, currency, role, strong)


def _bare_amount(text: Text, number: Number, language: str, strong: bool) -> bool:
    """A number without a currency is money when it stands at the word budget, or is slang for money."""
    if number.scaled == "grand":
        return True
    before = text.before(number.start, 14)
    after = text.after(number.end, 10)
    at_budget = bool(
        re.search(r"(?:budget|spend|经费|预算|费用|上限)[^,\d]{0,12}$", before) or re.match(r"^\s?的?(?:总?预算|budget|经费)", after)
    )
    spent = language == "zh" and number.scaled in ("万", "w", "千") and (_SPENT_BEFORE.search(before) or _CAPPED_AFTER.match(after))
    return at_budget or bool(spent) or (strong and number.high >= 100 and language == "zh" and number.scaled in ("万", "w", "千"))


def _role(before: str, after: str, called: bool, strong: bool) -> str:
    """What the amount is for, from the words before and after it."""
    if _EACH(after[:14]) or _EACH_BUDGET.search(before):
        return "each"
    each_before = list(_EACH.find(before[-10:]))
    if each_before and not _TOTAL(before[-10:][each_before[-1].end :]):
        return "each"
    if _OTHER_AFTER(after[:12]) or (_OTHER_BEFORE(before[-14:]) and not strong):
        return "other"
    if not called and (_OUR_PRICE.search(before) or _PRICED.match(after)):
        return "other"
    return "budget" if called else "plain"
