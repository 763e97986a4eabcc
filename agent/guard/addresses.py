"""Where somebody lives: postal addresses, by patterns strong enough not to take a shop's for one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .numbers import Span

_HAN = r"[\u4e00-\u9fff]"
_NUM = r"[0-9零〇一二三四五六七八九十百]{1,6}"
_ROAD = r"(?:[\u4e00-\u9fffA-Za-z0-9]{1,12}?(?:大道|大街|胡同|路|街|道|巷|弄|里|村|镇|乡))"
_HOUSE = rf"{_NUM}(?:-{_NUM})?(?:号|號|弄)"
_UNIT = rf"(?:[\u4e00-\u9fffA-Za-z0-9·]{{0,12}}?(?:{_NUM}|[A-Za-z])(?:-{_NUM})?(?:号楼|號樓|栋|棟|幢|座|单元|單元|楼|樓|层|室|户|房|门)[\s,]{{0,2}})"
_ROOM = rf"(?:{_NUM}|[A-Za-z]\d{{1,5}})(?:-\d{{1,5}})?(?:室|户|房(?![源价型东租间])|号房)"
_REGION = rf"(?:{_HAN}{{2,8}}?(?:省|自治区|市|(?<![小社])区|县|縣|區|旗|州)[\s,]{{0,1}})"
_ZH = (
    # 上海市浦东新区张江路88号3栋502室: a road, a number and a room
    re.compile(rf"{_REGION}{{0,4}}+{_ROAD}[\s,]{{0,2}}{_HOUSE}[\s,]{{0,2}}{_UNIT}{{0,3}}{_ROOM}"),
    # 阳光花园3栋2单元502: an estate, a building and a flat
    re.compile(rf"{_REGION}{{0,4}}+[\u4e00-\u9fff]{{2,10}}?(?:小区|花园|公寓|家园|新村|苑|佳苑|宿舍|社区|公馆|华府|里)[\s,]{{0,2}}{_NUM}(?:号楼|栋|棟|幢|座|号)[\s,]{{0,2}}(?:{_NUM}单元[\s,]{{0,2}})?(?:{_NUM}[层楼])?\d{{2,5}}(?:室|户|房)?"),
)  # fmt: skip
_HOME = r"(?:收货|收件|寄件|家庭|居住|通讯|邮寄|寄送|送货|配送|我家|住家|户籍)(?:人)?(?:的)?地址|住址|(?:我|家)住(?:在)?|我家在|寄到|寄给我|送到|寄往"
_ZH_HOME = re.compile(_HOME)
_ZH_FLAT = re.compile(r"\d(?:室|户|房|号房)|[栋棟幢]|单元|\d座|号楼")
_ZH_NAMED = re.compile(
    rf"(?:{_HOME})[\s:是为在,]{{0,4}}(?P<n>{_REGION}{{1,4}}+[^\s,，。;；!！?？]{{0,30}}?{_NUM}(?:号|號|栋|室|弄|幢|楼)[^\s,，。;；!！?？]{{0,16}}|{_ROAD}{_HOUSE}[^\s,，。;；!！?？]{{0,16}})"
)
_STREET = r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Circle|Cir|Place|Pl|Way|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Trail|Trl|Square|Sq|Close|Crescent|Gardens|Grove|Mews|Row|Loop|Alley)"
_LINE = rf"(?<![\d$€£¥.,])\d{{1,5}}[A-Za-z]? (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z0-9][\w'.-]{{0,20}} ){{1,4}}{_STREET}(?![a-z])\.?(?: (?:N|S|E|W|NE|NW|SE|SW)(?![A-Za-z]))?"
_FLAT = r"(?:[,\s]{1,3}(?:Apt|Apartment|Unit|Flat|Suite|Ste|Room|Rm|#)\.? ?#?\s?[A-Za-z0-9-]{1,6})"
_TOWN = r"(?:[,\s]{1,3}[A-Z][A-Za-z.'-]{1,20}(?: [A-Z][A-Za-z.'-]{1,20}){0,3})"
_US = r"(?:[,\s]{1,3}(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|Texas|California|New York|Florida)(?![A-Za-z])(?:[,\s]{1,2}\d{5}(?:-\d{4})?)?|[,\s]{1,3}\d{5}(?:-\d{4})?(?!\d))"
_UK = r"(?:[,\s]{1,3}[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?![A-Za-z]))"
_EN_LINE = re.compile(_LINE)
_EN = re.compile(rf"{_LINE}(?P<flat>{_FLAT})?{_TOWN}?(?:{_US}|{_UK})")
_EN_FLAT = re.compile(
    rf"(?:(?:Apt|Apartment|Flat)\.? ?#?\s?[A-Za-z0-9-]{{1,6}}[,\s]{{1,3}}{_LINE}|{_LINE}[,\s]{{1,3}}(?:Apt|Apartment|Flat)\.? ?#?\s?[A-Za-z0-9-]{{1,6}})"
)
_EN_NAMED = re.compile(
    rf"(?i:(?:my|home|shipping|delivery|mailing|postal|billing|her|his|our) address(?: is)?|i live (?:at|on)|lives at|(?:ship|send|deliver|mail|post) (?:it |this |them |the \w{{1,20}} )?to(?: me at| us at)?|residing at)[\s:]{{1,3}}(?P<n>{_LINE}{_FLAT}?{_TOWN}?(?:{_US}|{_UK})?)"
)
# A shop says where it is: a pin, "visit us at", a place's name with its kind.
_SHOP = re.compile(
    r"(?:[\U0001f4cd\U0001f4cc\U0001f3e0\U0001f3e1\U0001f3e2\U0001f697]|店址|门店|店铺|餐厅|饭店|商家|店名|店家|(?<!货)(?<!件)(?<!庭)(?<!住)(?<!寄)地址|位置|定位|导航|地点"
    r"|(?<![a-z])(?:visit|located|location|restaurant|store|shop|cafe|café|bakery|boba|bar|kitchen|bistro|grill|hotel|office|venue|museum|park|mall|headquarters|find us|come (?:to|see)|open(?:ing)?|event|address|add))[^\n]{0,24}\n?[^\n]{0,12}$",
    re.IGNORECASE,
)
# A text with hashtags is a post, and suites are let to businesses.
_POST = re.compile(r"#[^\W\d_]|\[话题\]|United States")
_SUITE = re.compile(r"(?i)\b(?:suite|ste)\b")
_OWN = re.compile(r"(?i)(?:my|home|shipping|delivery|mailing|postal|billing|her|his) address(?: is)?[\s:]{0,3}$")


def addresses(text: str) -> Iterator[Span]:
    """Postal addresses of people, Chinese and English. An address that a shop gives for itself is none."""
    if _ZH_HOME.search(text):
        for m in _ZH_NAMED.finditer(text):
            yield "address", *m.span("n")
    if _ZH_FLAT.search(text):
        for pattern in _ZH:
            for m in pattern.finditer(text):
                if not _of_a_shop(text, m.start(), m.end()):
                    yield "address", *m.span()
    if _EN_LINE.search(text):
        for m in _EN_NAMED.finditer(text):
            yield "address", *m.span("n")
        for pattern in (_EN_FLAT, _EN):
            for m in pattern.finditer(text):
                if not _of_a_shop(text, m.start(), m.end()):
                    yield "address", *m.span()


def _of_a_shop(text: str, start: int, end: int) -> bool:
    if _OWN.search(text, max(0, start - 30), start):
        return False
    return bool(_SHOP.search(text, max(0, start - 60), start) or _POST.search(text, end, end + 600) or _SUITE.search(text, start, end))
