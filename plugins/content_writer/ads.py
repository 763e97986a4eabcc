"""Ads without a model: headlines, primary texts and descriptions, each within what the ad manager takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from agent import AdText
from plugins.content_writer.material import rotated
from plugins.content_writer.picker import Picker, Sheet, capital, holds, sentence
from plugins.content_writer.platforms import ad_length, limits
from plugins.content_writer.written import Written, ad_body

if TYPE_CHECKING:
    from plugins.content_writer.jobs import Job

Kind = Literal["headline", "primary", "description"]
_LONGEST = 220
"""A primary text that a manager lets run on is still read in a feed."""
KINDS: tuple[Kind, ...] = ("headline", "primary", "description")


def ad_text(kind: Kind, text: str, manager: str) -> AdText | None:
    """The text with its limit and length, or nothing where the manager has no such field."""
    rules = limits()["ads"][manager]
    if kind not in rules:
        return None
    return AdText(kind=kind, text=text, limit=rules[kind]["limit"], length=ad_length(text, rules["count"]))


def fits(text: AdText | None) -> bool:
    return text is not None and (text.limit is None or text.length <= text.limit) and bool(text.text.strip())


def most(kind: Kind, manager: str) -> int:
    return int(limits()["ads"][manager].get(kind, {}).get("most", 0))


def write_ads(sheet: Sheet, job: Job, *, avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """As many texts as can be said truly, at most as many as the manager takes; none is padded out."""
    m, manager = sheet.m, job.ad_manager
    pick = Picker(sheet, f"{job.key}#{attempt}" if attempt else job.key, holds(m, "", False), "", avoid)
    facts = [f for f in rotated(m.facts, job.variant - 1 + attempt) if pick.allowed_fact(f)]
    two = [c for c in job.criteria if pick.allowed(c)]
    questions = [pick.criteria(two[i:] or two, "ad_criteria") for i in range(min(2, len(two)))] if two else []
    short = [capital(f) for f in facts]
    ads: list[AdText] = []
    room = {kind: most(kind, manager) for kind in KINDS}
    headlines = [*_mixed(short, _each(pick, "headlines")), *questions]
    if job.variant > 1 and questions:
        headlines = [*questions, *headlines]
    ads += _first("headline", headlines, manager, room["headline"])
    ads += _first("primary", _primary(pick, facts, m.must_say, questions, manager), manager, room["primary"])
    ads += _first("description", [*short, *_each(pick, "descriptions")], manager, room["description"])
    body = ad_body(ads, m.language)
    title = next((a.text for a in ads if a.kind == "headline"), "")[: job.shape.title or 60]
    return Written(
        title, body, [f for f in facts if f.casefold() in body.casefold()], ads=ads, used_criteria=any(q and q in body for q in questions)
    )


def _each(pick: Picker, slot: str) -> list[str]:
    """All sentences of a slot, the order following from the draft."""
    return [s for t, s in sorted(pick.options(slot), key=lambda o: pick.number(slot + o[0], 1 << 30))]


def _mixed(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """One of each in turn, the rest at the end."""
    both = [x for pair in zip(b, a, strict=False) for x in pair]
    return [*both, *b[len(a) :], *a[len(b) :]]


def _first(kind: Kind, texts: Iterable[str], manager: str, count: int) -> list[AdText]:
    kept: dict[str, AdText] = {}
    for text in texts:
        ad = ad_text(kind, text.strip(), manager)
        if len(kept) < count and ad is not None and fits(ad):
            kept.setdefault(text.casefold().rstrip(".。?？"), ad)
    return list(kept.values())


def _primary(pick: Picker, facts: list[str], must: list[str], questions: list[str], manager: str) -> list[str]:
    """A hook, as many facts as fit, an end: each text begins with another hook and another fact."""
    rules: Any = limits()["ads"][manager]
    if "primary" not in rules:
        return []
    language = pick.m.language
    gap = "" if language == "zh" else " "
    hooks, closes = [*questions[:1], *_each(pick, "ad_hook")], _each(pick, "ad_close")
    texts = []
    for n in range(rules["primary"]["most"]):
        kept = [hooks[n % len(hooks)]] if hooks else []
        # What must be said comes first of all: it may not fall to the limit.
        wanted = [*(must if n == 0 else []), *rotated(facts, n), *([closes[n % len(closes)]] if closes else [])]
        for part in wanted:
            trial = [*kept, sentence(part, language)]
            if ad_length(gap.join(trial), rules["count"]) <= min(rules["primary"]["limit"], _LONGEST):
                kept = trial
        texts.append(gap.join(kept))
    return texts
