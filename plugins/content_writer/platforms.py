"""What platforms and ad managers take: lengths, hashtags, seconds, and the words that disclose a paid post."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from plugins.common import load_data

Kind = Literal["note", "caption", "short", "script"]


@dataclass(frozen=True)
class Shape:
    """Limits of one platform, in characters (X counts a Chinese character as two: see ``length``)."""

    form: Kind
    title: int = 0
    """Longest title; 0 when a post has none."""
    body: int = 2000
    tags: tuple[int, int] = (1, 3)
    """Fewest and most hashtags of a draft; habit, well inside the platform's own limit."""


# Lengths as the platforms' help pages give them (2025); where a platform has several, the one for ordinary accounts.
SHAPES: dict[str, Shape] = {
    "xiaohongshu": Shape("note", title=20, body=1000, tags=(5, 8)),
    "douyin": Shape("script", title=30, body=1000, tags=(3, 5)),
    "kuaishou": Shape("script", title=0, body=500, tags=(2, 4)),
    "bilibili": Shape("script", title=80, body=2000, tags=(3, 6)),
    "weibo": Shape("short", body=2000, tags=(1, 3)),
    "wechat": Shape("note", title=64, body=20000, tags=(0, 3)),
    "zhihu": Shape("note", title=50, body=20000, tags=(0, 3)),
    "instagram": Shape("caption", body=2200, tags=(3, 5)),
    "tiktok": Shape("script", body=2200, tags=(3, 5)),
    "youtube": Shape("script", title=100, body=5000, tags=(2, 3)),
    "x": Shape("short", body=280, tags=(1, 2)),
    "facebook": Shape("caption", body=5000, tags=(1, 3)),
    "linkedin": Shape("caption", body=3000, tags=(2, 4)),
    "twitch": Shape("short", body=140, tags=(0, 2)),
    "pinterest": Shape("note", title=100, body=500, tags=(1, 3)),
    "reddit": Shape("note", title=300, body=5000, tags=(0, 0)),
}
ANYWHERE = Shape("caption", body=1000, tags=(1, 3))
ARTICLE = Shape("note", title=60, body=20000, tags=(0, 3))


def shape_of(platform: str | None, format: str | None) -> Shape:
    """The shape of a post; a video asks for a script, a picture or text on a video platform for a caption."""
    shape = SHAPES.get(platform or "", ANYWHERE)
    if format == "video" and shape.form in ("note", "caption"):
        return Shape("script", shape.title, shape.body, shape.tags)
    if format in ("image", "text") and shape.form == "script":
        return Shape("note" if shape.title else "caption", shape.title, shape.body, shape.tags)
    return shape


def length(text: str, platform: str | None) -> int:
    """Length as the platform counts: on X, links are 23 and characters outside Latin, Greek and the like count double
    (X developer documentation, "Counting characters")."""
    if platform != "x":
        return len(text)
    text, links = re.subn(r"https?://\S+", "", text)
    light = sum(
        1 for c in text if ord(c) <= 0x10FF or 0x2000 <= ord(c) <= 0x200D or 0x2010 <= ord(c) <= 0x201F or 0x2032 <= ord(c) <= 0x2037
    )
    return 23 * links + light + 2 * (len(text) - light)


def disclosures(platform: str | None, language: str, brand: str | None) -> list[str]:
    """Words that disclose a paid post, best first. They open the post: a disclosure must be early and plain (FTC, 16 CFR 255;
    广告法 第十四条)."""
    if language == "zh":
        partner = f"与{brand}的品牌合作" if brand else "本篇为品牌合作"
        return [f"【广告】{partner}", "【广告】", "【品牌合作】", "【赞助内容】"]
    partner = f"Ad | Paid partnership with {brand}" if brand else "Ad | Paid partnership"
    if platform in ("x", "tiktok", "twitch"):
        return ["#ad", "Sponsored:", "Paid partnership:"]
    return [partner, "#ad", "Sponsored:", "Paid partnership:"]


@lru_cache(maxsize=1)
def limits() -> Any:
    """The data of ``limits.yaml``."""
    return load_data(Path(__file__).parent / "limits.yaml")


def ad_managers(platform: str | None, language: str, request: str) -> list[str]:
    """Where ads for a platform are booked; without a platform, those that the request names, else the usual ones of the language."""
    ads = limits()["ads"]
    if platform:
        return [m for m, rules in ads.items() if platform in rules["platforms"]]
    named = [m for m, pattern in _NAMED.items() if re.search(pattern, request, re.IGNORECASE)]
    return named or list(limits()["default_ads"][language])


SEARCH_ADS = r"\bgoogle\b|search ads?\b|谷歌|搜索广告"
_NAMED = {"google": SEARCH_ADS, "meta": r"\bmeta\b|\bfacebook\b|\binstagram\b", "tiktok": r"\btiktok\b"}


def ad_length(text: str, count: str) -> int:
    """Characters as an ad manager counts them: ``plain``, ``double`` (wide ones are two) or ``half`` (two Latin ones are one)."""
    wide = sum(ord(c) > 0x2E7F for c in text)
    if count == "double":
        return len(text) + wide
    if count == "half":
        return wide + -(-(len(text) - wide) // 2)
    return len(text)


def seconds_to_say(text: str, language: str) -> float:
    """How long a speaker needs for a text (rates in ``limits.yaml``)."""
    rate = float(limits()["speech"][language])
    units = len(re.findall(r"[\u3400-\u9fff]|[A-Za-z]+|\d", text)) if language == "zh" else len(text.split())
    return units / rate


def video_seconds(platform: str | None) -> tuple[int, int]:
    """Fewest and most seconds that a draft's video aims at."""
    low, high = limits()["video"].get(platform or "", limits()["video"]["default"])
    return int(low), int(high)


def pictures(platform: str | None) -> tuple[int, str]:
    """How many pictures a brief asks for, and their ratio."""
    usual = limits()["pictures"].get(platform or "", limits()["pictures"]["default"])
    return int(usual["count"]), str(usual["ratio"])
