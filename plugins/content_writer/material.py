"""What the drafts may speak of: the brief's brand, product, place and facts, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent import Brief
from plugins.common.text import HAN, say

_VENUE_ZH = (
    "专卖店",
    "旗舰店",
    "体验店",
    "餐厅",
    "饭店",
    "酒店",
    "咖啡馆",
    "咖啡店",
    "民宿",
    "酒吧",
    "书店",
    "店",
    "馆",
    "厅",
    "吧",
    "屋",
    "铺",
    "坊",
    "城",
    "乐园",
)
_VENUE_EN = frozenset(
    [
        "shop",
        "store",
        "cafe",
        "café",
        "coffeehouse",
        "restaurant",
        "bar",
        "bakery",
        "studio",
        "salon",
        "spa",
        "gym",
        "hotel",
        "hostel",
        "market",
        "truck",
        "diner",
        "pub",
        "brewery",
        "boutique",
        "parlor",
        "parlour",
        "house",
        "kitchen",
        "club",
        "museum",
        "park",
        "clinic",
        "bistro",
        "pizzeria",
        "teahouse",
        "lounge",
        "winery",
    ]
)
_NOT_VENUE_ZH = ("网店", "淘宝店", "天猫店", "线上店", "首饰盒", "牙膏")
_FOOD_ZH = re.compile(
    r"甜品|奶茶|咖啡|茶|蛋糕|面包|火锅|烤肉|烧烤|餐|小吃|料理|面馆|粉|披萨|冰淇淋|甜点|糖水|酒|菜|饭|饮品|零食|烘焙|美食|果汁|豆花|刨冰"
)
_FOOD_EN = re.compile(
    r"\b(?:dessert|coffee|tea|boba|cake|bakery|bread|hot ?pot|barbecue|bbq|restaurant|pizza|ice cream|gelato|wine|beer|brew\w*|snack|food|noodle|ramen|sushi"
    r"|taco|burger|brunch|juice|chocolate|cookie|pastr\w+|donut|doughnut|bistro|diner|kitchen|cuisine|espresso|latte|matcha)s?\b",
    re.IGNORECASE,
)


@dataclass
class Material:
    """The brief in the words of the grammar. ``known`` is everything a draft may take a claim from, as one text."""

    language: str
    brand: str = ""
    product: str = ""
    subject: str = ""
    one: str = ""
    thing: str = ""
    place: str = ""
    venue: bool = False
    food: bool = False
    facts: list[str] = field(default_factory=list)
    must_say: list[str] = field(default_factory=list)
    banned: list[str] = field(default_factory=list)
    known: str = ""
    left_out: list[str] = field(default_factory=list)
    """Facts and phrases that hold a word the brief forbids."""

    def allowed(self, text: str) -> bool:
        """Whether ``text`` holds no forbidden word. Case and spaces do not hide one."""
        flat = _flat(text)
        return not any(_flat(b) in flat for b in self.banned)


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def material_of(brief: Brief) -> Material:
    """Read the brief for the writers."""
    zh = brief.language == "zh"
    product = (brief.product or "").strip()
    brand = (brief.brand or "").strip()
    thing, venue = _venue(product, zh)
    food = bool((_FOOD_ZH if zh else _FOOD_EN).search(f"{product} {' '.join(brief.topics)}" if venue else product))
    topics = say(brief.language, " and ", "和").join(brief.topics[:2])
    fallback = product or topics or brand or say(brief.language, "this", "这次的主题")
    if zh:
        subject = brand + product if brand and brand.casefold() not in product.casefold() else product or brand or fallback
        if brand and product and not HAN.search(brand[-1:]):
            subject = f"{brand} {product}" if brand.casefold() not in product.casefold() else product
        one = subject if brand else (f"一家{product}" if venue else subject)
    else:
        subject = f"{brand} {product}" if brand and product and brand.casefold() not in product.casefold() else product or brand or fallback
        if venue and brand and product:
            one = f"{brand}, {_article(product)} {product}" if brand.casefold() not in product.casefold() else product
            subject = brand if brand.casefold() not in product.casefold() else product
        else:
            one = f"{_article(product)} {product}" if venue and not brand else subject
            subject = one if venue and not brand else subject
    m = Material(
        language=brief.language, brand=brand, product=product or fallback, subject=subject, one=one, thing=thing or brand or fallback,
        place=_place(brief, venue), venue=venue, food=food, banned=[b for b in (w.strip() for w in brief.must_not_say) if b],
    )  # fmt: skip
    for given, kept in ((brief.facts, m.facts), (brief.must_say, m.must_say)):
        for text in dict.fromkeys(t.strip() for t in given if t.strip()):
            (kept if m.allowed(text) else m.left_out).append(text)
    m.must_say = [t for t in m.must_say if t not in m.facts]
    m.known = "\n".join([brand, product, subject, m.place, *brief.topics, *brief.audience.interests, *m.facts, *m.must_say])
    return m


def _article(product: str) -> str:
    return "an" if product[:1].lower() in "aeiou" else "a"


def _venue(product: str, zh: bool) -> tuple[str, bool]:
    """``(what is sold there, whether it is a place to go to)``."""
    if zh:
        if product.endswith(_NOT_VENUE_ZH):
            return product, False
        end = next((e for e in _VENUE_ZH if product.endswith(e) and len(product) > len(e)), None)
        if end is None:
            return product, product in _VENUE_ZH
        thing = product[: -len(end)]
        return (
            {"咖啡馆": "咖啡", "咖啡店": "咖啡"}.get(end, "")
            if end.startswith("咖啡") and not thing
            else thing + ("咖啡" if end.startswith("咖啡") else "")
        ), True
    tokens = product.split()
    if tokens and tokens[-1].lower().strip(".") in _VENUE_EN:
        return " ".join(tokens[:-1]) or product, True
    return product, False


def _place(brief: Brief, venue: bool) -> str:
    """Where the place to go to is. A product's audience has a place too, but the product is not *in* it."""
    if not venue:
        return ""
    places = [*brief.audience.locations, *brief.creator_locations]
    return next((p for p in places if p and p in brief.request), places[0] if places else "")


def rotated(facts: Sequence[str], n: int) -> list[str]:
    """The facts for the ``n``-th draft: another one first each time, so that the answers differ."""
    k = n % max(1, len(facts))
    return [*facts[k:], *facts[:k]]
