"""What a text claims that the given facts do not hold: figures, ingredients, origin, awards, comparisons, offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import regex

from agent import Brief, Finding
from plugins.common import load_data, say

from .reading import read

_HAN = "零一二三四五六七八九"
_NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[零一二三四五六七八九十百千万两半]+|(?:one|two|three|four|five|six|seven|eight|nine|ten|half)(?![a-z]))"
_ENGLISH = {w: float(i) for i, w in enumerate("zero one two three four five six seven eight nine ten".split())} | {"half": 0.5}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}


@cache
def _table(kind: str) -> dict[str, tuple[regex.Pattern[str], str, str]]:
    data = load_data(Path(__file__).parent / "grounding.yaml")[kind]
    return {
        name: (regex.compile(str(entry["find"]).replace("{n}", _NUMBER), regex.IGNORECASE), entry["en"], entry["zh"])
        for name, entry in data.items()
    }


def _han_number(text: str) -> float | None:
    """`三十八` is 38, `两千` 2,000, `半` 0.5; digits alone (`二零一六`) are read one by one."""
    if text == "半":
        return 0.5
    text = text.replace("两", "二")
    if all(c in _HAN for c in text):
        return float("".join(str(_HAN.index(c)) for c in text))
    total, section, digit = 0, 0, 0
    for c in text:
        if c in _HAN:
            digit = _HAN.index(c)
        elif c == "万":
            total, section, digit = (total + section + digit or 1) * 10_000, 0, 0
        elif c in _SCALES:
            section, digit = section + (digit or 1) * _SCALES[c], 0
        else:
            return None
    return float(total + section + digit)


def numbers(text: str) -> set[float]:
    """Every number of a text, however it is written: `1,200`, `38`, `三十八`, `ten`, `1.2万`."""
    text = read(text).text.lower()
    found = set()
    for m in regex.finditer(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s?([万千k](?![a-z]))?", text):
        plain = float(m[1].replace(",", "") + (m[2] or ""))
        found.add(plain * {"万": 10_000, "千": 1000, "k": 1000}.get(m[3] or "", 1))
        found.add(plain)
    for m in regex.finditer(r"[零一二三四五六七八九十百千万两半]+", text):
        if (n := _han_number(m.group())) is not None:
            found.add(n)
    found |= {_ENGLISH[w] for w in regex.findall(r"[a-z]+", text) if w in _ENGLISH}
    # 7折 is 30 % off: the same offer.
    for m in regex.finditer(r"(\d(?:\.\d)?)\s?折", text):
        found.add(round(100 - 10 * float(m[1]), 1))
    for m in regex.finditer(r"(\d\d?)\s?% off", text):
        found.add(round((100 - float(m[1])) / 10, 1))
    return found


def ungrounded(text: str, facts: Sequence[str], language: str, market: str = "") -> list[Finding]:
    """Claims that none of ``facts`` holds, with where they stand in ``text``."""
    ground = read("\n".join(facts)).text
    known = numbers(ground)
    made = read(text)
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for rule, a, b, en, zh in _claims(made.text, known, ground):
        if any(a < d and c < b for c, d in taken[-20:]):
            continue
        taken.append((a, b))
        start, end = made.span(a, b)
        words = text[start:end]
        why = say(
            language,
            en=f"“{words}” ({en}) stands neither in the brief's facts nor in the request.",
            zh=f"“{words}”（{zh}）在需求和给出的事实中没有依据。",
        )
        found.append(
            Finding(
                rule=rule, family="grounding", severity="warn", market=market, span=words, start=start, end=end, why=why, message=why,
                fix=say(language, en="Confirm it and add it to the facts, or remove it.", zh="核实后写入事实，或删除。"),
                source=say(language, en="FTC Act §5 (substantiation)", zh="《广告法》第十一条、第二十八条"),
            )
        )  # fmt: skip
    return found


def _claims(text: str, known: set[float], ground: str) -> Iterator[tuple[str, int, int, str, str]]:
    for pattern, en, zh in _table("figures").values():
        for m in pattern.finditer(text):
            said = numbers(m.group())
            if (said and not said & known) or (said & _plain(m.group())) - known:
                yield "grounding.number", *_trimmed(m), en, zh
    for name, (pattern, en, zh) in _table("concepts").items():
        if pattern.search(ground):
            continue
        for m in (m for m in pattern.finditer(text) if m.group().lower() not in ground.lower()):
            yield f"grounding.{name}", *_trimmed(m), en, zh


def _plain(text: str) -> set[float]:
    """The numbers as written, without what they would be in another writing."""
    digits = {float(n.replace(",", "")) for n in regex.findall(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\.?\d|\s?[万千k折%])", text)}
    return digits


def _trimmed(m: regex.Match[str]) -> tuple[int, int]:
    words = m.group()
    return m.start() + len(words) - len(words.lstrip()), m.end() - (len(words) - len(words.rstrip()))


def ground_of(brief: Brief) -> list[str]:
    """What a brief gives ground for: its facts, what must be said, names, and the request without the draft it may carry and
    without the budget, which is no fact about the product."""
    given = [*brief.facts, *brief.must_say, brief.product or "", brief.brand or ""]
    request = brief.request
    if brief.sources.get("drafts") or len(request) > 2000:
        return [g for g in given if g]
    if brief.budget is not None:
        amount = brief.budget.amount
        for written in {f"{amount:,.0f}", f"{amount:.0f}", f"{amount:g}"}:
            request = request.replace(written, "")
    return [g for g in [*given, request] if g]
