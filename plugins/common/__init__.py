"""What several built-in plugins share: topics, places, money and a creator's history. It registers no tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


def say(language: str, *, en: str, zh: str) -> str:
    """The sentence in the brief's language."""
    return zh if language == "zh" else en


_PLATFORMS = {
    "xiaohongshu": ("Xiaohongshu", "小红书"), "douyin": ("Douyin", "抖音"), "weibo": ("Weibo", "微博"), "bilibili": ("Bilibili", "B站"),
    "kuaishou": ("Kuaishou", "快手"), "wechat": ("WeChat", "微信"), "zhihu": ("Zhihu", "知乎"), "instagram": ("Instagram", "Instagram"),
    "tiktok": ("TikTok", "TikTok"), "youtube": ("YouTube", "YouTube"), "x": ("X", "X"), "facebook": ("Facebook", "Facebook"),
    "linkedin": ("LinkedIn", "LinkedIn"), "twitch": ("Twitch", "Twitch"), "pinterest": ("Pinterest", "Pinterest"), "reddit": ("Reddit", "Reddit"),
}  # fmt: skip


def platform_name(slug: str, language: str) -> str:
    """What people call a platform."""
    en, zh = _PLATFORMS.get(slug, (slug, slug))
    return zh if language == "zh" else en


def load_data(path: Path) -> Any:
    """A YAML data file that is shipped with a plugin."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def pattern_of(words: list[str]) -> str:
    """A regular expression for any of ``words``: whole words where Latin, anywhere in the text where Chinese.

    A code of two or three capitals (`TX`, `NYC`) must stand in capitals, so that "la" is not Los Angeles.
    """
    import re

    def any_of(chosen: list[str]) -> str:
        longest_first = sorted(set(chosen), key=len, reverse=True)
        return "(?:" + "|".join(re.escape(w).replace(r"\ ", r"\s*") for w in longest_first) + ")"

    codes = [w for w in words if w.isascii() and w.isupper() and len(w) <= 3]
    latin = [w for w in words if w.isascii() and w not in codes]
    # One group a script: a group of plain characters is many times faster to search for than branches with their own flags.
    chinese = [w for w in words if not w.isascii()]
    parts = []
    if chinese:
        parts.append(any_of(chinese) if not any(c.isascii() and c.isalpha() for w in chinese for c in w) else f"(?i:{any_of(chinese)})")
    if codes:
        parts.append(f"(?<![A-Za-z]){any_of(codes)}(?![A-Za-z])")
    if latin:
        parts.append(f"(?i:(?<![A-Za-z]){any_of(latin)}(?:s|es)?(?![A-Za-z]))")
    return "|".join(parts)
