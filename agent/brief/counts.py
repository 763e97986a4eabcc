"""How many creators, how many posts each, of what size and in what format."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from vectorstore.records import TIER_BOUNDS, Tier

from ..artifacts import PostFormat
from .lexicon import Lexicon
from .numbers import Number
from .people import CREATOR
from .tables import formats as table
from .tables.platforms import NAMES as PLATFORM_NAMES
from .text import GONE, Text


@dataclass
class Counts:
    creators: int | None = None
    creators_min: int | None = None
    posts_each: int | None = None
    tiers: list[Tier] = field(default_factory=list)
    formats: list[PostFormat] = field(default_factory=list)
    inverted: tuple[int, int] | None = None
    rivals: tuple[int, ...] = ()
    """Different numbers of creators that the request names in different places."""
    rough: bool = False
    summed: tuple[int, ...] = ()
    zero: bool = False
    """The request asks for 0 creators."""


_PIECES = "|".join(w for w in table.PIECES_EN.split("|") if w.endswith("s"))
_CREATOR_AFTER_EN = re.compile(
    rf"^-?ish?\s|^\s?(?:or so )?(?:(?!or |but |each |per |(?:{_PIECES}) )[a-z'&/-]+,? ){{0,6}}?{CREATOR}(?![a-z])"
)
_CREATOR_AFTER_ZH = re.compile(rf"^(?:来|几|多|余)?(?P<measure>位|名|个|家)? ?[^,.;\n\d\s]{{0,24}}?{CREATOR}")
_PERSON_MEASURE = re.compile(r"^(?:来|几|多|余)?(?:位|名)(?![客顾用买宝妈男女消]|粉丝(?![\d\x1f量数不在超过大小]|$))|^个(?=$|[,.;\s])")
_ELSEWHERE = Lexicon([*(a for names in PLATFORM_NAMES.values() for a in names), *table.TIERS])
"""Words that tell two groups of creators apart, so that their numbers add up."""
_AND = re.compile(r"^[^.;\n]*(?:\band|\bplus|[+&、和加])\s?$")
_TIER_NOUN = re.compile(r"^ (?:nanos?|micros?|macros?|megas?|mid-tiers?)(?=$|[,.;\s)])(?! (?:posts?|videos?))")
_OF_THEM = re.compile(r"^ (?:of them|in total|people|names|persons|faces|accounts)\b")
_COUNT_BEFORE = re.compile(rf"{CREATOR}[\s,:]*(?:about|around|like|roughly|maybe|\(|-|x|×|数量|共|一共|大概|约|大约|:)*\s?$")
_CUE_BEFORE = re.compile(r"(?:\btop|\bno\.|#|第|前)\s?$")
_MIN_BEFORE = re.compile(
    r"(?:\bat least|\bno fewer than|\bno less than|\bminimum(?: of)?|\bmore than|\bover|至少|最少|不少于|起码|超过)\s?$"
)
_SUB_BEFORE = re.compile(r"(?:\bof (?:them|whom|which)|\bincluding|其中|里面)[^,.;]{0,14}$")
_NOT_CREATORS = re.compile(r"^\s?(?:%|[$€£¥元岁]|k followers|followers|粉)")

_EACH_EN = re.compile(
    r"(?<![a-z])(?:each|apiece|per (?:creator|influencer|kol|koc|person|head|blogger|account)|a (?:creator|head)|per)(?![a-z])"
)
_EACH_ZH = re.compile(r"每人|每位|每个人|每名|人均|各自|每个(?:达人|博主|kol|koc|up主|账号)|一人|各(?=[发出写拍做一二两三四五\d])")
_PIECE_EN = re.compile(rf"^ (?:[a-z-]+ ){{0,3}}?(?:{table.PIECES_EN})(?![a-z])")
_PIECE_ZH = re.compile(r"^(?:篇|条|支|个(?=视频|笔记|帖|图文|作品)|则|张)")

_TIERS = Lexicon(table.TIERS)
_FOLLOWERS = re.compile(r"follower|subscriber|fans|粉丝|粉")
_OVER = re.compile(r"(?:over|above|more than|at least|超过|大于|至少)\s?$")
_UNDER = re.compile(r"(?:under|below|less than|fewer than|up to|不到|少于|低于|小于|不超过)\s?$")
_OVER_AFTER = re.compile(r"^\s?(?:粉丝?)?(?:\+|以上|plus)")
_UNDER_AFTER = re.compile(r"^\s?(?:粉丝?)?(?:以下|以内)")
_FORMATS = Lexicon(table.FORMATS)
_NOT_THE_FORMAT = re.compile(r"\b(?:no|not|without|instead of|rather than) (?:any )?$|(?:不要|不用|不拍|不做|非)$")


def read_counts(text: Text, numbers: list[Number]) -> Counts:
    """Creators and posts per creator; the numbers read are blotted out."""
    counts = Counts()
    _followers(text, numbers, counts)
    _posts_each(text, numbers, counts)
    _creators(text, numbers, counts)
    _tiers(text, counts)
    for hit in _FORMATS.find(text.s):
        if not _NOT_THE_FORMAT.search(text.before(hit.start, 16)) and not text.s.startswith("号", hit.end):
            found = table.FORMATS[hit.word]
            if found not in counts.formats:
                counts.formats.append(found)
    return counts


def _free(text: Text, n: Number) -> bool:
    return GONE not in text.s[n.start : n.end]


def _followers(text: Text, numbers: list[Number], counts: Counts) -> None:
    """Follower numbers ("10k-100k followers", 粉丝1万到10万) become the tiers that they reach into."""
    for n in numbers:
        if not _free(text, n) or not (re.match(r"^\+?\s?(?:以上|以下|\+)?(?:个)?(?:followers|subscribers|fans|粉)", text.s[n.end : n.end + 14]) or re.search(
            r"(?:follower(?:s| count)?|subscribers|粉丝(?:量|数)?)[^,.;\d]{0,12}$", text.s[max(0, n.start - 24) : n.start])):  # fmt: skip
            continue
        before, after = text.before(n.start, 14), text.s[n.end : n.end + 8]
        low, high = n.low, n.high
        if _OVER.search(before) or _OVER_AFTER.match(after):
            high = float("inf")
        elif _UNDER.search(before) or _UNDER_AFTER.match(after):
            low = 0.0
        elif low == high:
            high = low + 1
        counts.tiers += [t for t in tiers_between(low, high) if t not in counts.tiers]
        text.take(n.start, n.end)


def tiers_between(low: float, high: float) -> list[Tier]:
    """The tiers that hold creators with ``low`` to ``high`` followers."""
    bounds = [(name, float(bound)) for name, bound in TIER_BOUNDS] + [("mega", float("inf"))]
    found: list[Tier] = []
    floor = 0.0
    for name, ceiling in bounds:
        if low < ceiling and high > floor:
            found.append(name)
        floor = ceiling
    return found


def _posts_each(text: Text, numbers: list[Number], counts: Counts) -> None:
    total = 0
    for n in numbers:
        if not _free(text, n) or n.whole is None or not 0 < n.whole <= 50:
            continue
        after = text.s[n.end : n.end + 40]
        start, end = text.clause(n.start)
        english, chinese = _PIECE_EN.match(after), _PIECE_ZH.match(after)
        each = (english and (_EACH_EN.search(text.s[n.end : end]) or re.search(r"\beach\b[^,]{0,16}$", text.s[start : n.start]))) or (
            chinese and _EACH_ZH.search(text.s[start : n.start])
        )
        if each:
            total += n.whole
            text.take(n.start, n.end)
    counts.posts_each = total or None


def _creators(text: Text, numbers: list[Number], counts: Counts) -> None:
    found: list[tuple[Number, bool]] = []
    for n in numbers:
        counts.zero |= _free(text, n) and n.low == n.high == 0 and _counts_creators(text, n)
        if _free(text, n) and n.whole is not None and n.low > 0 and max(n.low, n.high) <= 5000 and _counts_creators(text, n):
            found.append((n, bool(_MIN_BEFORE.search(text.before(n.start, 20)))))
    if not found:
        return
    first, at_least = found[0]
    low, high = int(first.low), int(first.high)
    if low > high:
        counts.inverted = (low, high)
        low, high = high, low
    if at_least and low == high:
        counts.creators_min = low
    else:
        counts.creators, counts.creators_min, counts.rough = high, (low if low < high else None), first.rough
    plain = [n for n, minimum in found if not minimum and not n.is_range]
    if len(plain) > 2 and plain[0].high == sum(n.high for n in plain[1:]):
        return
    if len(plain) > 1 and len(plain) == len(found):
        links = [text.s[a.end : b.start] for a, b in itertools.pairwise(plain)]
        if all(len(link) < 60 and (_AND.search(link) or _ELSEWHERE(link)) for link in links):
            counts.summed = tuple(int(n.high) for n in plain)
            counts.creators = sum(counts.summed)
        elif len({n.high for n in plain}) > 1:
            counts.rivals = tuple(int(n.high) for n in plain)


def _counts_creators(text: Text, n: Number) -> bool:
    before, after = text.before(n.start, 30), text.s[n.end : min(text.sentence(n.end)[1], n.end + 60)]
    if _CUE_BEFORE.search(before) or re.search(r"[a-z]$", before) or _NOT_CREATORS.match(after) or _SUB_BEFORE.search(before):
        return False
    following = re.search(r"\d|\x1f", after)
    near = after[: following.start()] if following else after
    if re.match(r"^(?:篇|条|支|张|岁|年|天|月|周|款|种|类|期|次|瓶|盒|折|%|手|起|键|定|般|样|直|些|下|边|家(?!达|博|账|k|媒))", near):
        return False
    if _TIER_NOUN.match(near) or _PERSON_MEASURE.match(near) or _OF_THEM.match(near):
        return True
    if re.match(r"^[a-z\s-]", near) and _CREATOR_AFTER_EN.match(near):
        return True
    zh = _CREATOR_AFTER_ZH.match(near)
    return bool((zh and (zh["measure"] or text.raw[n.start].isdigit())) or _COUNT_BEFORE.search(before))


def _tiers(text: Text, counts: Counts) -> None:
    for hit in _TIERS.find(text.s):
        if not _NOT_THE_FORMAT.search(text.before(hit.start, 16)):
            counts.tiers += [t for t in table.TIERS[hit.word] if t not in counts.tiers]
