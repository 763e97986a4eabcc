"""Who is to be reached: ages, gender, interests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..artifacts import Gender
from .lexicon import Hit, Lexicon, any_of
from .numbers import Number
from .tables import people as table
from .tables.deliverables import CREATORS_EN, CREATORS_ZH
from .text import GONE, Text


@dataclass
class People:
    age_min: int | None = None
    age_max: int | None = None
    gender: Gender | None = None
    interests: list[str] = field(default_factory=list)
    creator_interests: list[str] = field(default_factory=list)
    """What the creators, rather than the audience, care about."""
    creator_gender: Gender | None = None
    creator_ages: str = ""
    """Ages that the creators should have, as written."""
    inverted: tuple[int, int] | None = None
    """An age range that was written with its ends the wrong way round."""


_PEOPLE = any_of(table.PEOPLE)
_GENERATIONS = Lexicon([*table.GENERATIONS, *table.LIFE_STAGES])
_AGE_OF_CREATORS_AFTER = re.compile(
    rf"^\s?(?:周?岁|years? old|-year-old)(?:左右|以上|以下|上下)?的?[^,;\d]{{0,8}}{any_of(CREATORS_ZH.split('|'))}"
)
_AGE_OF_CREATORS_BEFORE = re.compile(rf"{any_of(CREATORS_EN.split('|'))},? (?:aged?|between|who are)(?: between| from)? ?$")
_GENDERS = Lexicon([*table.ANY, *table.FEMALE, *table.MALE], not_after="_'")
_GENDER_OF: dict[str, Gender] = {
    **dict.fromkeys(table.FEMALE, "female"), **dict.fromkeys(table.MALE, "male"), **dict.fromkeys(table.ANY, "any"),
}  # fmt: skip
_SEGMENTS = Lexicon(table.SEGMENTS)
_BORN_ZH = re.compile(r"(?<![\d月])(?P<decade>[056789]0|[05789]5|10)(?:后|hou)(?:至|到|和|、)?(?:(?P<second>[056789]0|[05789]5|10)后)?")
_BORN_EN = re.compile(
    r"(?:born in the |post-?)(?:19|20)?'?(?P<decade>\d0)s|(?P<nineties>'?(?:90|80|70|00)s)[ -](?:kids|babies|born)|born after (?P<after>(?:19|20)\d\d)"
)
_DECADE_EN = re.compile(
    r"(?P<part>early|mid|late)?[ -]?(?<![\d$€£¥])'?(?:(?P<ten>[1-9]0)'?s|(?P<word>twenties|thirties|forties|fifties|sixties|seventies))(?![a-z\d])"
)
_DECADE_WORD = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70}
_DECADE_ZH = re.compile(r"(?P<ten>[2-8]0|[二三四五六七八]十)(?:几|多|来)岁")
_TENS_ZH = {c: (i + 2) * 10 for i, c in enumerate("二三四五六七八")}

_YEARS_AFTER = re.compile(r"^\s?(?:周?岁|years?[- ]olds?|-years?-olds?|year-olds|y/?o(?![a-z])|yrs)")
_AGE_BEFORE = re.compile(r"(?:\baged?(?: between| from)?|\bages|\bage group|\bage range|年龄(?:段|在|为|层|是)*)\s?[:：]?\s?$")
_PEOPLE_BEFORE = re.compile(rf"(?:{_PEOPLE})(?: who are| aged?|,| between| from|[:：])?\s?\(?$")
_NOT_AN_AGE_AFTER = re.compile(
    r"^\s?(?:%|[$€£¥元万千k位个名篇条人]|posts|creators|videos|influencers|kols|percent|minutes|days|people|reels|/|\.\d|,\d)"
)
_OVER_BEFORE = re.compile(r"(?:\bover(?: the age of)?|\babove|\bolder than|\bat least|\bover-|超过|大于|至少|年满|满)\s?$")
_UNDER_BEFORE = re.compile(r"(?:\bunder(?: the age of)?|\bbelow|\byounger than|\bup to|\bunder-|小于|不到|低于|不超过)\s?$")
_OVER_AFTER = re.compile(r"^\s?(?:周?岁)?(?:\+|以上|及以上|往上| and (?:over|above|older|up)| or (?:older|over|above)| plus\b)")
_UNDER_AFTER = re.compile(r"^\s?(?:周?岁)?(?:以下|以内|之内|及以下| and (?:under|below|younger)| or (?:younger|under))")

CREATOR = any_of((*CREATORS_EN.split("|"), *CREATORS_ZH.split("|")))
"""Pattern for any word for creators."""
_CREATOR_NEXT = re.compile(rf"^[\s-]?(?:[a-z-]+ |[\u4e00-\u9fff]{{0,2}})?{CREATOR}")
_NOT_GENDER_AFTER = re.compile(r"^(?:装|鞋|包|款|足|团|主|星|王|神|儿|子|朋友|友|巫|仆|红)|^\s(?:cave|made)")

_LOVE_EN = re.compile(
    r"\b(?:who|that) (?:really |absolutely |also )?(?:love|like|enjoy|adore|play|follow|practi[cs]e|are into|are crazy about|are passionate about|care about|do|collect)"
    r" (?P<what>[a-z][a-z' -]{2,50})|\b(?:interested in|fans of|into|passionate about|obsessed with|keen on) (?P<of>[a-z][a-z' -]{2,50})"
)
_LOVER_EN = re.compile(
    r"(?<![a-z-])(?P<what>(?:[a-z]+[ -])?[a-z]+)[ -](?:lovers|lover|enthusiasts|enthusiast|fanatics|addicts|buffs|aficionados|geeks|fans|loving)(?![a-z])"
)
_STOP_EN = re.compile(r"\b(?:in|on|with|for|at|who|that|from|to|and our|and we|but|using|via|between|aged|by|a lot|as)\b.*$")
_LOVE_ZH = re.compile(
    r"(?:喜欢|热爱|喜爱|爱好(?!者)|爱(?!好者)|痴迷|热衷于|热衷|关注|注重|沉迷|常去|经常)(?P<what>[\u4e00-\u9fffa-z]{1,10}?)(?:的|,|\.|;|$|\n)(?P<who>[\u4e00-\u9fffa-z]{0,8})"
)
_INTEREST_ZH = re.compile(r"对(?P<what>[\u4e00-\u9fffa-z、和]{2,12}?)(?:有|很|比较)?(?:感兴趣|有兴趣)")
_LOVER_ZH = re.compile(
    r"(?:^|(?<=[,.;\s、和及与的是向对给让\x1f岁后性]))(?P<what>[\u4e00-\u9fffa-z]{1,5}?)(?:爱好者|发烧友|狂热者|玩家|人群|迷|控|党)(?![\u4e00-\u9fff]?画像)"
)
_NO_INTEREST_ZH = frozenset(
    {"目标", "受众", "核心", "消费", "年轻", "女性", "男性", "用户", "客户", "潜在", "学生", "主要", "这些", "这个", "同类", "高净值"}
)
_NOT_LOVED_ZH = re.compile(r"^(?:我们|他们|什么|的|上|不|还是|度|好者|美食达人)")


def read_ages(text: Text, numbers: list[Number], year: int, people: People) -> None:
    """Ages said as numbers, decades or generations; what was read is blotted out. ``year`` is the clock's."""
    spans: list[tuple[int | None, int | None]] = []
    for hit in list(_GENERATIONS.find(text.s)):
        spans.append(_born(*table.GENERATIONS[hit.word], year) if hit.word in table.GENERATIONS else table.LIFE_STAGES[hit.word])
        text.take(hit.start, hit.end)
    for m in _BORN_ZH.finditer(text.s):
        for decade in filter(None, (m["decade"], m["second"])):
            first = (2000 if decade in ("00", "05", "10") else 1900) + int(decade)
            spans.append(_born(first, first + (4 if decade.endswith("5") else 9), year))
        text.take(m.start(), m.end())
    for m in _BORN_EN.finditer(text.s):
        if m["after"]:
            spans.append((None, max(0, year - int(m["after"]))))
        else:
            digits = int(m["decade"] or m["nineties"].strip("'s"))
            spans.append(_born((2000 if digits < 30 else 1900) + digits, (2000 if digits < 30 else 1900) + digits + 9, year))
        text.take(m.start(), m.end())
    for m in _DECADE_EN.finditer(text.s):
        if m["word"] or re.search(
            rf"(?:\bin (?:their|her|his|the)(?: early| mid| late)?|{_PEOPLE},?|[-–\x1f]|\bto|\band)[ -]?$",
            text.s[max(0, m.start() - 24) : m.start()],
        ):
            spans.append(_decade(int(m["ten"]) if m["ten"] else _DECADE_WORD[m["word"]], m["part"]))
            text.take(m.start(), m.end())
    for m in _DECADE_ZH.finditer(text.s):
        spans.append(_decade(int(m["ten"]) if m["ten"].isdigit() else _TENS_ZH[m["ten"][0]], None))
        text.take(m.start(), m.end())
    for n in numbers:
        if (span := _age(text, n)) is not None:
            if _of_creators(text, n):
                people.creator_ages = text.raw[n.start : n.end]
            else:
                if span[0] is not None and span[1] is not None and span[0] > span[1]:
                    people.inverted = (span[0], span[1])
                spans.append(span)
            after = _YEARS_AFTER.match(text.s[n.end : n.end + 12])
            text.take(n.start, n.end + (after.end() if after else 0))
    _unite(spans, people)


def _of_creators(text: Text, n: Number) -> bool:
    """True when the age is the creators', not the audience's: "influencers aged 25-30", "20岁左右的博主"."""
    return bool(_AGE_OF_CREATORS_BEFORE.search(text.before(n.start, 40)) or _AGE_OF_CREATORS_AFTER.match(text.after(n.end, 30)))


def _unite(spans: list[tuple[int | None, int | None]], people: People) -> None:
    """One range over all that was said; an open end stays open unless another range closes it."""
    lows, highs = [s[0] for s in spans if s[0] is not None], [s[1] for s in spans if s[1] is not None]
    people.age_min = (max(lows) if any(s[0] is None for s in spans) else min(lows)) if lows else None
    people.age_max = (min(highs) if any(s[1] is None for s in spans) else max(highs)) if highs else None


def _born(first: int, last: int, year: int) -> tuple[int, int]:
    """Ages reached in ``year`` by those born from ``first`` to ``last``."""
    return max(0, year - last), year - first


def _decade(ten: int, part: str | None) -> tuple[int, int]:
    low, high = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}.get(part or "", (0, 9))
    return ten + low, ten + high


def _age(text: Text, n: Number) -> tuple[int | None, int | None] | None:
    if GONE in text.s[n.start : n.end] or n.scaled or not (n.low == int(n.low) and n.high == int(n.high) and 0 < max(n.low, n.high) <= 100):
        return None
    low, high = int(n.low), int(n.high)
    before, after = text.before(n.start, 32), text.after(n.end, 16)
    named = bool(_YEARS_AFTER.match(after) or _AGE_BEFORE.search(before))
    over, under = _OVER_BEFORE.search(before), _UNDER_BEFORE.search(before)
    lead = before[: (over or under).start()] if (over or under) else before  # type: ignore[union-attr]
    with_people = bool(_PEOPLE_BEFORE.search(lead.rstrip())) or bool(re.match(rf"^s?\s?(?:{_PEOPLE})", after))
    bare = low < high and low >= 13 and high <= 80 and not before.strip() and not after.strip(" .")
    if not named and not bare and not (with_people and max(low, high) >= 10 and not _NOT_AN_AGE_AFTER.match(after)):
        suffixed = re.match(r"^s(?![a-z])", after) and (over or under)
        if not suffixed and not ((_OVER_AFTER.match(after) or _UNDER_AFTER.match(after)) and "岁" in after[:3]):
            return None
    if over or _OVER_AFTER.match(after):
        return low, None
    if under or _UNDER_AFTER.match(after):
        return None, high
    if low == high and not named:
        return None
    return low, high


def read_gender(text: Text, people: People) -> None:
    """The audience's gender; words that describe the creators ("女博主", "female creators") go to the creators."""
    seen: set[Gender] = set()
    for hit in _GENDERS.find(text.s):
        after = text.s[hit.end : hit.end + 16]
        if _CREATOR_NEXT.match(after):
            people.creator_gender = _GENDER_OF[hit.word]
        elif not _NOT_GENDER_AFTER.match(after) and (len(hit.word) > 1 or _lone(text, hit)):
            seen.add(_GENDER_OF[hit.word])
    people.gender = "any" if "any" in seen or len(seen) == 2 else "female" if "female" in seen else "male" if seen else None


def _lone(text: Text, hit: Hit) -> bool:
    """男 and 女 alone speak of the audience only where a sex would stand: after an age or "年轻", or before the clause's end."""
    before, after = text.s[max(0, hit.start - 2) : hit.start], text.s[hit.end : hit.end + 1]
    return before.endswith((GONE, "岁", "轻", "性别", " ")) and (not after or after in ",.;、的 \n群")


def read_interests(text: Text, people: People) -> None:
    """What the audience likes or is: after "who love", "fans of", "喜欢…的", "…爱好者", and walks of life by name."""
    creator_before = re.compile(rf"{CREATOR}\s?$")
    found: list[tuple[int, str, bool]] = []
    for pattern in (_LOVE_EN, _LOVER_EN, _LOVE_ZH, _INTEREST_ZH, _LOVER_ZH):
        for m in pattern.finditer(text.s):
            group = next(g for g in ("what", "of") if g in m.groupdict() and m[g])
            if (pattern is _LOVER_ZH and m[group] in _NO_INTEREST_ZH) or (pattern is _LOVE_ZH and _NOT_LOVED_ZH.match(m[group])):
                continue
            of_creators = bool(
                creator_before.search(text.s[max(0, m.start() - 16) : m.start()]) or re.match(CREATOR, m.groupdict().get("who") or "-")
            )
            raw = text.raw[m.start(group) : m.end(group)]
            found += [(m.start(group), w, of_creators) for w in _split(raw)]
    taken = " ".join(w.lower() for _, w, _ in found)
    for hit in _SEGMENTS.find(text.s):
        after = text.s[hit.end : hit.end + 16]
        if hit.word not in taken and not _CREATOR_NEXT.match(after) and not re.match(r"用品|时代|票", after):
            found.append((hit.start, text.raw[hit.start : hit.end], False))
    found.sort(key=lambda f: f[0])
    people.interests = list(dict.fromkeys(w for _, w, creators in found if not creators))
    people.creator_interests = list(dict.fromkeys(w for _, w, creators in found if creators))


def _split(raw: str) -> list[str]:
    words = []
    for part in re.split(r"\s?(?:,|、|\band\b|\bor\b|和|与|及|&)\s?", raw):
        part = re.sub(r"^(?:to |the |their |a |all things |去|看|做)(?=\S{2})", "", _STOP_EN.sub("", part.strip(), count=1).strip()).strip()
        if 0 < len(part) <= 40 and len(part.split()) <= 4:
            words.append(part)
    return words
