"""Brands that the request wants to be compared with: "vs Coca-Cola and Pepsi", "对比可口可乐和百事"."""

from __future__ import annotations

import re

from .names import NOT_A_BRAND, PLATFORM_WORDS
from .text import GONE, Text

MOST = 8
_QUOTED = r"[\"“「『][^\"”」』\n]{1,30}[\"”」』]"
_EN = rf"(?:{_QUOTED}|(?:[A-Z0-9][\w'’.+-]*[\w+]|[a-z][A-Z]\w+)(?: (?:& )?[A-Z0-9][\w'’+-]*)" + r"{0,3})"
_ZH = rf"(?:{_QUOTED}|[A-Za-z][\w&'’+-]*(?: [A-Z][\w&'’+-]*)*[\u4e00-\u9fff]{{0,4}}|[\u4e00-\u9fff]{{2,7}}?)"
_AND_EN = r"(?:, (?:and |or |& )?| and | or | / |/)"
_AND_ZH = r"(?:\s?(?:、|/|和|与|及|以及|跟|还有|或)\s?)"
_WHOSE = r"(?:our |the |its |their |main |key |biggest |closest |direct |named |local |two |three |four |\d )*"
_RIVALS = r"(?:competitors?|rivals?|competition|competing brands?)"
_CUES_EN = (
    rf"(?i:\b(?:vs\.?|versus|against|compared?(?: [\w\"“”'’]+){{0,5}}? (?:to|with|against)|in comparison (?:to|with)|"
    rf"{_RIVALS}(?: (?:are|is|like|such as|including|include|namely))?|relative to)[:,]? {_WHOSE}(?:{_RIVALS}[:,]? (?:like |such as )?)?(?:brands? )?)"
)
_CUES_ZH = r"(?:对比一?下?|相比于?|相较于?|(?:主要|核心|直接|头号)?(?:竞品|竞争品牌|竞争对手|对手)(?:是|有|为|包括|分别是|如|比如)?\s?[:：]?|(?<![A-Za-z])(?i:vs\.?|pk)(?![A-Za-z])|对标(?!账号|博主|达人|\s?@))\s?(?:竞品|竞争对手|品牌)?\s?"
# Where a Chinese name ends, since no blank does: what is asked of the brands, or the next clause.
_END_ZH = (
    r"(?=\s?(?:的?(?:口碑|声量|评价|舆情|情感|情绪|对比|比较|差距|差异|区别|表现|数据|情况|讨论|热度|反馈|优劣|优势)|等|这|两|三|相比|之间|怎么|如何|谁|哪"
    r"|、|，|,|和|与|及|以及|跟|还有|或|/|[。；;！？!?\s()（）]|$))"
)
_LISTS = (
    re.compile(rf"{_CUES_EN}(?P<names>{_EN}(?:{_AND_EN}{_EN})*)"),
    re.compile(rf"{_CUES_ZH}(?P<names>{_ZH}{_END_ZH}(?:{_AND_ZH}{_ZH}{_END_ZH})*)"),
    re.compile(
        rf"(?:和|与|跟|同)\s?(?P<names>{_ZH}(?:{_AND_ZH}{_ZH})*?)\s?(?:做|作|进行|来)?(?:个|一?下)?(?:对比|相比|比较|比一比|比起来|(?i:pk))"
    ),
)
_SPLIT = re.compile(rf"{_AND_EN}|{_AND_ZH}")
_NO_NAME = re.compile(
    r"(?:q[1-4]|h[12]|\d+%?|last|next|this|industry|market|mean|average|us|them|we|i|it|a|an|the|our|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|jun\w*|jul\w*|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)(?:\b|$).*"
    r"|(?:竞品|竞争|对手|同类|同行|同期|去年|前年|今年|明年|上[个一半]?|下[个一半]?|以往|往年|往期|之前|以前|过去|其他|其它|别的|别家|市场|行业|传统|普通|一般|平时|我们|你们|他们|自己|各|不同|历史|竞|效果|价格|数据|结果|两|几|这|那|哪|一下|多个|多家|做|看|分析|写|出|给|达人|博主|网红|品牌).*",
    re.IGNORECASE,
)


def read_competitors(text: Text) -> list[str]:
    """The brands named after a word of comparison, as written, in order; they are blotted out for the readers that follow."""
    found: dict[str, str] = {}
    for pattern in _LISTS:
        for m in pattern.finditer(text.raw):
            at = m.start("names")
            for part in _parts(m["names"]):
                start = text.raw.index(part, at)
                at = start + len(part)
                name = part.strip('"“”「」『』 .')
                if GONE not in text.s[start:at] and _is_name(name):
                    found.setdefault(name.casefold(), name)
                    # The word of comparison goes with the name: what stands before it ends there.
                    text.take(m.start(), at)
    return list(found.values())[:MOST]


def _parts(names: str) -> list[str]:
    return [p.strip() for p in _SPLIT.split(names) if p.strip()]


def _is_name(name: str) -> bool:
    low = name.casefold()
    letters = any(c.isalpha() for c in name)
    return letters and len(name) > 1 and low not in NOT_A_BRAND and low not in PLATFORM_WORDS and not _NO_NAME.fullmatch(low)


_OWN = (
    re.compile(rf"\b(?:about|for|of|on|around|does|do|did|is|are|compare|how|sentiment)[:,]? (?P<name>{_EN})"),
    re.compile(
        r"(?:^|[，,。；;：:\s把看析解测]|一下|对比|关于|小红书上?的?|抖音上?的?|微博上?的?|网上对?|大家对)(?P<name>[A-Za-z][\w&'’+-]*|[\u4e00-\u9fff]{2,6}?)"
        rf"(?=的?(?:口碑|声量|评价|舆情|情感|{GONE})|(?:和|与|跟|同){GONE})"
    ),
)

_KIND = re.compile(
    r"[和与]|^(?:我们|自家)|(?:奶茶|甜品|咖啡|蛋糕|火锅|气泡水|饮料|面膜|防晒霜|口红|零食|茶饮|美食|护肤品?|化妆品|餐厅|产品|服务|手机|耳机)$"
)
"""Kinds of goods: what is sold, not who sells it."""


def compared_brand(text: Text) -> str | None:
    """The brand that is compared with the competitors read before, where nothing else calls it one."""
    for pattern in _OWN:
        # Names keep their case in the raw text; what was read is blotted out in the other.
        shown = "".join(GONE if folded == GONE else raw for raw, folded in zip(text.raw, text.s, strict=True))
        for m in pattern.finditer(shown):
            name = re.sub(
                r"^(?:请|帮我|帮忙|分析|看看|了解|监测|做|一下|把|关于|(?:小红书|抖音|微博|快手|[Bb]站|网)上?的?)+",
                "",
                m["name"].strip('"“”「」『』 .'),
            )
            if len(name) > 1 and _is_name(name) and not _KIND.search(name):
                return name
    return None
