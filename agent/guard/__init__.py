"""Personal data in texts: what keeps them on this machine, and what has no place in a published post.

Found are ways to reach, name or charge a person: e-mail, telephone, identity papers, cards, bank accounts, home addresses and
messenger accounts, and a person's name beside one of these, in English and Chinese, also where writing hides them (full-width digits, Chinese numerals, ``(at)``,
invisible characters, escapes). Prices, dates, counts, order numbers, links, hashtags and creators' @handles are none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from . import addresses, contacts, encoded, numbers, people
from .folding import Folded, fold, fold_escaped, fold_unmarked
from .numbers import Kind


@dataclass(frozen=True)
class Found:
    """Where personal data stands in a text: ``text[start:end]``, in code points. It never holds the text itself."""

    kind: Kind
    start: int
    end: int


def personal_data(text: str) -> list[Found]:
    """What a text holds of personal data, in order, without overlaps. Time is linear in the length of the text."""
    found = _found(fold(text))
    for other in (fold_unmarked(text), fold_escaped(text)):
        if other is not None:
            found += _found(other)
    for inner, start, end in encoded.inside(text):
        found += [Found(f.kind, start, end) for f in _found(fold(inner))]
    return _joined(found)


def holds_personal_data(text: str) -> bool:
    """Whether :func:`personal_data` finds anything."""
    return bool(personal_data(text))


def values(text: str) -> set[str]:
    """What a text holds of personal data, in a form in which two ways of writing the same number are equal."""
    return {_value(text, f) for f in personal_data(text)}


def redact(text: str, keep: Collection[str] = ()) -> str:
    """``text`` with each finding replaced by its kind in brackets: ``[email]``, ``[phone]``, …

    Args:
        keep: findings that stay, as :func:`values` gives them.
    """
    while found := [f for f in personal_data(text) if not keep or _value(text, f) not in keep]:
        pieces, at = [], 0
        for f in found:
            pieces += [text[at : f.start], f"[{f.kind}]"]
            at = f.end
        text = "".join([*pieces, text[at:]])
    return text


def _value(text: str, found: Found) -> str:
    return "".join(c for c in fold(text[found.start : found.end]).text.lower() if c.isalnum())


def _found(folded: Folded) -> list[Found]:
    spans: list[numbers.Span] = [
        *contacts.emails(folded.text), *numbers.find(folded.text), *contacts.accounts(folded.text), *addresses.addresses(folded.text),
    ]  # fmt: skip
    spans += people.names(folded.text, spans)
    return [Found(kind, *folded.span(start, end)) for kind, start, end in spans]


_WEIGHT: dict[str, int] = {kind: i for i, kind in enumerate(("email", "id_number", "iban", "card", "phone", "account", "address", "name"))}


def _joined(found: list[Found]) -> list[Found]:
    """Overlapping findings as one, of the longest one's kind."""
    joined: list[Found] = []
    best: Found | None = None
    for f in sorted(found, key=lambda f: (f.start, f.end)):
        if joined and best and f.start < joined[-1].end:
            best = min(best, f, key=lambda g: (g.start - g.end, _WEIGHT[g.kind]))
            joined[-1] = Found(best.kind, joined[-1].start, max(joined[-1].end, f.end))
        else:
            joined.append(f)
            best = f
    return joined
