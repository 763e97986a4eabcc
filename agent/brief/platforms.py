"""Platforms, by name and nickname, and those asked for that Kolony does not know."""

from __future__ import annotations

import re
from typing import cast

from vectorstore.records import Platform

from .lexicon import Lexicon
from .tables import platforms as table
from .text import Text

_SLUGS = {alias: slug for slug, aliases in table.NAMES.items() for alias in aliases}
_IMPLIED = {alias: slug for slug, aliases in table.IMPLIED.items() for alias in aliases}


_KNOWN = Lexicon(_SLUGS, not_before="@#./_-", not_after="_")
_FOR_CREATORS = Lexicon(_IMPLIED)
_UNKNOWN = Lexicon(table.UNKNOWN, not_before="@#./_-")
# "RED" is the app only in capitals and beside words about posting; "X" only in capitals and where a platform would stand.
_RED = re.compile(r"(?<![A-Za-z@#])RED(?![A-Za-z])")
_RED_BEFORE = re.compile(r"(?:\b(?:on|for|via|across|to|and|from|using)|[&/+,、和在]|^)\s?$", re.I)
_RED_AFTER = re.compile(r"^\s?(?:campaign|store|creator|kol|koc|influencer|note|post|blogger|app\b|platform|and\b|[&/+,、和上])", re.I)
_X = re.compile(r"(?<![A-Za-z0-9@#])X(?![A-Za-z0-9'-])")
_X_BEFORE = re.compile(r"(?:\b(?:on|via|across|own|our)|[/&+、,和在]|[a-z] and)\s?$", re.I)
_X_AFTER = re.compile(r"^\s?(?:account|post|thread|platform|\(?(?:formerly|twitter|推特)|/|平台|上)", re.I)
_NOT_AN_X = re.compile(r"(?:brand|model|product|iphone|series|generation|gen|size)\s?$", re.I)
_RULED_OUT = re.compile(r"(?:\bnot? (?:on |for )?|\bskip |\bexcept (?:for )?|\bwithout |\bavoid |不要|不做|不投|不上|除了|避开|别投|别上)$")
_THREADS = re.compile(r"(?:\bon |\band |[,、在和/])\s?(Threads|LINE|Mercari|Kick)(?![a-z])")
_STRANGE = re.compile(
    r"\b(?:creators|influencers|kols|bloggers|people) on ([A-Z][A-Za-z0-9]{2,})|在([A-Z][A-Za-z0-9]{2,})(?:平台)?上|在([\u4e00-\u9fff]{2,4})平台"
)


def read_platforms(text: Text) -> tuple[list[Platform], list[Platform], list[str]]:
    """Platforms wanted, platforms both wanted and ruled out, and names that Kolony does not know; each in order of mention."""
    spots: list[tuple[int, int, str]] = []
    for hit in _KNOWN.find(text.s):
        if not any(text.s.startswith(w, hit.end) for w in (".com", *table.NOT_AFTER.get(hit.word, ()))):
            spots.append((hit.start, hit.end, _SLUGS[hit.word]))
    spots += [(m.start(), m.end(), "xiaohongshu") for m in _RED.finditer(text.raw) if _is_red(text, m)]
    spots += [(m.start(), m.end(), "x") for m in _X.finditer(text.raw) if _is_x(text, m)]
    if not spots:
        spots = [(hit.start, hit.end, _IMPLIED[hit.word]) for hit in _FOR_CREATORS.find(text.s)]
    wanted: list[Platform] = []
    out: list[Platform] = []
    for start, _, slug in sorted(spots):
        (out if _RULED_OUT.search(text.before(start)) else wanted).append(cast(Platform, slug))
    unknown = [(hit.start, text.raw[hit.start : hit.end]) for hit in _UNKNOWN.find(text.s)]
    unknown += [(m.start(1), m[1]) for m in _THREADS.finditer(text.raw) if text.s[m.start(1)] != "\x1f"]
    if not spots and not unknown:
        unknown = [(m.start(), m[1] or m[2] or m[3]) for m in _STRANGE.finditer(text.raw) if text.s[m.start()] != "\x1f"]
    names = list(dict.fromkeys(name for _, name in sorted(unknown)))
    return [p for p in dict.fromkeys(wanted) if p not in out], [p for p in dict.fromkeys(out) if p in wanted], names


def _is_red(text: Text, m: re.Match[str]) -> bool:
    if text.s[m.start()] == "\x1f":
        return False
    before, after = text.raw[max(0, m.start() - 8) : m.start()], text.raw[m.end() : m.end() + 14]
    shouting = text.raw.isupper()
    return bool(_RED_BEFORE.search(before) if shouting else (_RED_BEFORE.search(before) or _RED_AFTER.match(after)))


def _is_x(text: Text, m: re.Match[str]) -> bool:
    if text.s[m.start()] == "\x1f":
        return False
    before, after = text.raw[max(0, m.start() - 12) : m.start()], text.raw[m.end() : m.end() + 12]
    return not _NOT_AN_X.search(before) and bool(_X_BEFORE.search(before) or _X_AFTER.match(after))
