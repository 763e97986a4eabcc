"""Places: where the audience is, and where the creators should be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .lexicon import Lexicon
from .people import CREATOR
from .tables import places as table
from .text import GONE, Text

_LATIN = {p.strip() for p in (*table.COUNTRIES, *table.REGIONS, *table.CITIES) if p.strip()}
_WRITTEN = Lexicon(_LATIN, not_after="_$")
_LOWER = Lexicon(p.lower() for p in _LATIN if len(p) > 4)
_CHINESE = Lexicon(table.CHINESE)
_PRODUCT_AFTER_ZH = re.compile("|".join(sorted(table.NOT_A_PLACE_BEFORE_ZH, key=len, reverse=True)))
_PLACE_BEFORE_LOWER = re.compile(r"\b(?:in|from|near|around|across|based in|for) (?:the )?$")

_OF_CREATORS_BEFORE = re.compile(
    rf"{CREATOR}(?:(?! for | to |for our|to promote)[^.;\n]){{0,30}}? ?\b(?:in|from|around|near|across)(?: and| or|,|[\w ]{{0,24}}\b(?:and|or))? ?(?:the )?$"
)
_OF_CREATORS_AFTER_EN = re.compile(rf"^(?:-based)? (?:[a-z-]+ ){{0,3}}{CREATOR}")
_BASED_AFTER = re.compile(rf"^-based (?:[a-z-]+ ){{0,3}}{CREATOR}")
_OF_CREATORS_AFTER_ZH = re.compile(
    rf"^(?:市|省|当地|本地|地区|那边|和[\u4e00-\u9fff]{{2,4}}|、[\u4e00-\u9fff]{{2,4}})*(?:的)?[\u4e00-\u9fff]{{0,4}}{CREATOR}"
)
_LOCAL = re.compile(
    rf"(?<![a-z])(?:{'|'.join(table.LOCAL_EN)}) [^,.;\n]{{0,30}}{CREATOR}|(?:{'|'.join(table.LOCAL_ZH)})的?[^,.;\n]{{0,10}}{CREATOR}"
    rf"|{CREATOR} (?:near|around) (?:us|here|the (?:shop|store))"
)
_STRANGE_EN = re.compile(
    r"\b(?:based in|located in|opening in|opens in|(?:shop|store|restaurant|cafe|café|studio|bar|hotel) in) (?P<place>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
)
_STRANGE_ZH = re.compile(
    r"(?:为|给|帮)(?P<place>[\u4e00-\u9fff]{2,6}?)的(?:一家|一间|一个(?:餐|咖|甜|奶|酒|民|书|花|健|瑜|理|美))|(?:位于|坐落于|开在)(?P<at>[\u4e00-\u9fff]{2,6}?)的"
)


@dataclass
class Places:
    audience: list[str] = field(default_factory=list)
    creators: list[str] = field(default_factory=list)
    local_to_nowhere: bool = False
    """Local creators are wanted, but the request names no place."""


def read_places(text: Text) -> Places:
    """Places by name. "Local creators" belong to the places that the request names for its business."""
    spots: dict[int, int] = {}
    for hit in _WRITTEN.find(text.raw):
        if text.s[hit.start] != GONE:
            spots.setdefault(hit.start, hit.end)
    for hit in _LOWER.find(text.s):
        if text.raw[hit.start].islower() and _PLACE_BEFORE_LOWER.search(text.s[max(0, hit.start - 12) : hit.start]):
            spots.setdefault(hit.start, hit.end)
    for hit in _CHINESE.find(text.s):
        if not _PRODUCT_AFTER_ZH.match(text.s[hit.end : hit.end + 4]):
            spots.setdefault(hit.start, hit.end)
    for pattern, source in ((_STRANGE_EN, text.raw), (_STRANGE_ZH, text.raw)):
        for m in pattern.finditer(source):
            group = "place" if m["place"] else "at"
            if text.s[m.start(group)] != GONE and not any(start < m.end(group) and end > m.start(group) for start, end in spots.items()):
                spots[m.start(group)] = m.end(group)
    places = Places()
    previous_of_creators, previous_end = False, -9
    for start, end in sorted(spots.items()):
        if start < previous_end:
            continue
        linked = (
            bool(re.fullmatch(r"\s?(?:,|、|and|or|和|与|及|或|&|/|, and)\s?", text.s[previous_end:start])) if previous_end >= 0 else False
        )
        of_creators = (linked and previous_of_creators) or _of_creators(text, start, end)
        (places.creators if of_creators else places.audience).append(text.raw[start:end])
        previous_of_creators, previous_end = of_creators, end
    if _LOCAL.search(text.s):
        places.local_to_nowhere = not (places.audience or places.creators)
        places.creators += [p for p in places.audience if p not in places.creators]
    places.audience, places.creators = list(dict.fromkeys(places.audience)), list(dict.fromkeys(places.creators))
    return places


def _of_creators(text: Text, start: int, end: int) -> bool:
    before, after = text.before(start, 60), text.after(end, 40)
    return bool(
        _OF_CREATORS_BEFORE.search(before)
        or _BASED_AFTER.match(after)
        or _OF_CREATORS_AFTER_EN.match(after)
        or _OF_CREATORS_AFTER_ZH.match(after)
    )
