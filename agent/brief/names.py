"""Names: creators by handle, and the brand."""

from __future__ import annotations

import re
from functools import cache

from . import seasons
from .claims import QUOTED
from .people import CREATOR
from .tables import platforms as platform_table
from .tables import words
from .tables.calendar import MONTHS_EN
from .tables.people import DEMONYMS
from .text import GONE, Text

# --- creators by handle ----------------------------------------------------------------------------------------------

_HANDLE = re.compile(
    r"(?<![A-Za-z0-9._])[@＠](?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?|[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9_]{0,14}?"
    # Chinese goes on without a blank: these words after a name are no part of it.
    r"(?=的?(?:达人|博主|红人|创作者|账号|这种|那种|这样|那样|这类|那类|一样|风格|同款|同类|类似|相似|相近|合作|除外)|[^\u4e00-\u9fffA-Za-z0-9_]|$)|[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9_]{14})"
)
_EXCLUDE_BEFORE = re.compile(
    r"(?:\bnot|\bexcept(?: for)?|\bexclud(?:e|ing)|\bwithout|\bavoid|\bdrop|\bno|\banyone but|\bother than|\bskip|\bdon't (?:use|want|include)|\bbut not|\bnever"
    r"|排除|除了|不要|不找|别找|避开|剔除|去掉|别用|不用|不含|不包括|不想要)(?:[^,.;\n@]{0,12}|(?:[^.;\n]{0,12}@[\w.]+\s?(?:,|、|and|or|和|与|或)\s?)+)$"
)
_EXCLUDE_AFTER = re.compile(r"^\s?(?:[、,和与]\s?[@\x1f][\w.\x1f]*\s?)*(?:除外|不要|就算了|排除|先不要|别找)")


# "We like @mia" wants mia herself; "creators like @mia" wants others.
_LIST = r"(?:@[\w.]+\s?(?:,|、|and|or|&|和|与|或|以及)\s?)*$"
_LIKE_BEFORE = re.compile(
    rf"(?:(?:{CREATOR}|\b(?:people|accounts|someone|somebody|anyone|others|ones|those|profiles|voices|more|just|looks?|sounds?))(?: who are| that are)?,? like"
    r"|\bsimilar(?: in (?:style|size|tone))? to|\bcomparable (?:to|with)|\balong the lines of|\bin the (?:style|vein|mould|mold|spirit) of|\blook-?alikes? (?:of|for|to)"
    r"|\bresembl(?:e|es|ing)|\breminiscent of|\bsame (?:style|vibe|niche|type|kind|size) as|\bmodell?ed (?:on|after)|\bakin to"
    rf"|类似于?|相似于?|近似于?|对标|比照|参照|参考|像|跟|和|与|同)\s?(?:这位|博主|达人)?\s?{_LIST}"
)
_LIKE_AFTER = re.compile(
    r"^\s?(?:[、,和与或]\s?[@\x1f][\w.\x1f]*\s?)*(?:(?:这|那)(?:样|种|类|款)|一样|(?:这|那)?(?:同|一)类|同款|同类型|类型|(?:风格|调性|定位|画风|内容)?(?:类似|相似|相近|接近|差不多|一致)|的?(?:同类|平替|相似)"
    r"|-(?:like|style|type)\b|'s (?:style|vibe|niche)\b)"
)
_NEEDS_AFTER = re.compile(rf"(?:像|跟|和|与|同)\s?(?:这位|博主|达人)?\s?{_LIST}")


def _is_model(before: str, after: str) -> bool:
    """Whether a creator named between the two is a model for others: "creators like @x", "类似@x的达人", "跟@x风格相近"."""
    if _LIKE_AFTER.match(after):
        return True
    # "跟@x合作" is work with x: these words speak of likeness only with what comes after.
    return bool(_LIKE_BEFORE.search(before)) and not _NEEDS_AFTER.search(before)


def read_handles(text: Text) -> tuple[list[str], list[str], list[str]]:
    """Creators named with @ to be included, those ruled out, and those named as models for others; without the @."""
    wanted: list[str] = []
    out: list[str] = []
    models: list[str] = []
    for m in _HANDLE.finditer(text.raw):
        if text.s[m.start()] == GONE:
            continue
        start, end = text.sentence(m.start())
        ruled_out = _EXCLUDE_BEFORE.search(text.s[max(start, m.start() - 80) : m.start()]) or _EXCLUDE_AFTER.match(
            text.s[m.end() : end][:40]
        )
        before, after = text.s[max(start, m.start() - 80) : m.start()], text.s[m.end() : end][:40]
        into = models if _is_model(before, after) else out if ruled_out else wanted
        if m["name"] not in into:
            into.append(m["name"])
    for m in _HANDLE.finditer(text.raw):
        text.take(m.start(), m.end())
    return [w for w in wanted if w not in out], [o for o in out if o not in models], models


# --- brand -----------------------------------------------------------------------------------------------------------

_CAPS = r"(?<![A-Za-z])[A-Z][\w&'’+-]{0,30}(?: (?:(?:&|of|and|the) )?[A-Z][\w&'’+-]{0,30}){0,4}"
_BRAND: tuple[str, ...] = (
    rf"\b[Bb]rand(?: name)?(?: is|:| called| named)? (?P<name>{_CAPS})",
    rf"\b(?:brand|company|startup|label|shop|store|restaurant|café|cafe|app|line|business|bakery|chain)(?:,)? (?:is )?(?:called|named) (?P<name>{_CAPS})",
    rf"\b(?:We are|We're|This is|I work for|I'm with|On behalf of) (?P<name>{_CAPS})(?=[ ,.;:]|$)",
    rf"\b(?:for|of|about|promote|launch|launching|market) (?P<name>{_CAPS}?)(?:'s|’s) (?=[a-z])",
    rf"^(?P<name>{_CAPS})(?:'s|’s) (?=[a-z])",
    rf"(?:^|[.!?\n] ?)(?P<name>{_CAPS}) (?:is launching|is opening|is releasing|launches|wants|needs|is a|is an|makes|sells)\b",
    rf"(?P<name>{_CAPS}),? (?:an?|our|the) (?:[a-z-]+ ){{0,3}}(?:brand|label|startup|company)\b",
    rf"\b(?:for|promote|launch) (?P<name>{_CAPS})(?= [a-z]+[a-z -]*(?:[.,;!?]|$| in | on | by | with | this ))",
    r"品牌(?:名称|名|叫做|叫|是|为)?\s?[:：]?\s?(?P<name>[A-Za-z][\w&' .-]{0,24}[\w]|[\u4e00-\u9fff]{2,6}(?=[,，。；;、\s]|$))",
    r"(?:名叫|名为|叫做|叫)\s?(?P<name>[A-Za-z][\w&'-]{1,24}|[\u4e00-\u9fff]{2,6}?)(?=的|,|，|。|；|$)",
    r"(?P<name>[A-Za-z][\w&'-]{1,24})\s?(?:这个|的)?品牌",
    r"我们是(?P<name>[A-Za-z][\w&'-]{1,24}|[\u4e00-\u9fff]{2,5})(?=[,，。；;])",
)
"""The surest first; each holds the brand as ``name``."""


@cache
def _brand_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, _BRAND))


_BRAND_QUOTED = re.compile(
    r"(?:[Bb]rand(?:,| is| called| named|:)?|\bcalled|\bnamed|品牌(?:叫|是|名|为|名为)?|名叫|名为|叫做|叫|我们是|我们家)\s?[:：]?\s?(?=[\"“「『'‘])|(?P<after>(?:这个|的)?品牌)"
)
_SHOP_QUOTED = re.compile("(?:店|馆|铺|坊|餐厅|公司|工作室)(?:[“「『](?P<name>[A-Za-z\u4e00-\u9fff][\\w&'·\u4e00-\u9fff -]{1,19})[”」』])")
"""A maker and its name in quotation marks: 甜品店“芋小满”."""
NOT_A_BRAND = frozenset(
    words("""i we you the a an our my find plan write check budget who what how which please need looking give tell help hey hi hello black friday double christmas
    chinese new year gen red rednote kol koc kols kocs ugc roi q1 q2 q3 q4 us uk usa eu china facts audience target goal awareness voice identity safety
    一家 一个 做 什么 曝光 知名度 认知 声量 方 商 推广 宣传 调性 大使 合作 自播 活动 营销""")
)
_IMPERATIVE = re.compile(r"^(?:Launch|Promote|Market|Introduce|Advertise|Push|Relaunch|Announce|Showcase|Sell) (?=[A-Z])")
"""A verb that opens the sentence has a capital letter too; it is no part of the name."""
_NOT_NAMES = re.compile(rf"{'|'.join(DEMONYMS)}")
PLATFORM_WORDS = frozenset(a for names in platform_table.NAMES.values() for a in names)


def read_brand(text: Text, places: list[str]) -> str | None:
    """The brand, where the request calls something a brand or names a maker; ``None`` rather than a guess."""
    for m in _BRAND_QUOTED.finditer(text.raw):
        if m["after"]:
            before = [q for q in QUOTED.finditer(text.raw, max(0, m.start() - 40), m.start()) if q.end() == m.start()]
            q = before[-1] if before else None
        else:
            q = QUOTED.match(text.raw, m.end())
        if q and text.s[q.start()] != GONE:
            text.take(q.start(), q.end())
            return q[q.lastindex or 1].strip()
    shop = _SHOP_QUOTED.search(text.raw)
    if shop and text.s[shop.start("name")] != GONE:
        text.take(shop.start("name") - 1, shop.end())
        return shop["name"].strip()
    for pattern in _brand_patterns():
        for found in pattern.finditer(text.raw):
            name = _IMPERATIVE.sub("", found["name"].strip().rstrip(".,"))
            start = found.start("name") + found["name"].index(name)
            low = name.lower()
            foreign = bool(_NOT_NAMES.fullmatch(low.split()[0])) or next(seasons.find(low), None) is not None or low.split()[0] in MONTHS_EN
            known = foreign or low in NOT_A_BRAND or low.split()[0] in NOT_A_BRAND or low in PLATFORM_WORDS or name in places
            if not known and text.s[start] != GONE and not re.fullmatch(CREATOR, low):
                text.take(start, found.end("name"))
                return name
    return None
