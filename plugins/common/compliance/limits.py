"""What a platform accepts of a draft."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from agent import Draft, Finding
from plugins.common import load_data, say

_LINK = re.compile(r"https?://\S+")


@cache
def platforms() -> dict[str, dict[str, Any]]:
    return dict(load_data(Path(__file__).parent / "platforms.yaml"))


def length(text: str, count: str) -> int:
    """Characters as a platform counts them: ``plain`` code points, ``half`` (ASCII half), ``weighted`` (X: 280 scale)."""
    if count == "half":
        return -(-sum(1 if ord(c) < 128 else 2 for c in text) // 2)
    if count == "weighted":
        links = len(_LINK.findall(text))
        rest = _LINK.sub("", text)
        light = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
        return 23 * links + sum(1 if any(low <= ord(c) <= high for low, high in light) else 2 for c in rest)
    return len(text)


def limits(draft: Draft, language: str) -> list[Finding]:
    """Lengths, hashtags and a title, as the draft's platform takes them."""
    if not draft.body.strip():
        why = say(language, en="The draft is empty.", zh="正文为空。")
        fix = say(language, en="Write it, or leave it out.", zh="补写正文，或删除此稿。")
        return [Finding(rule="limits.empty", family="limits", severity="block", message=why, why=why, fix=fix)]
    # Only a post is published as it stands: what is spoken, shown to a photographer or booked as an ad has limits of its own.
    rules = platforms().get(draft.platform or "", {}) if draft.form in ("post", "script") else {}
    if not rules:
        return []
    if draft.form == "script":
        rules = {k: v for k, v in rules.items() if k != "body"}
    found, source = [], str(rules["source"])
    tags = "".join(f" #{t}" for t in draft.hashtags if f"#{t}" not in draft.body)
    measured = (
        ("title", draft.title, rules.get("title_count", "plain"), ("title", "标题")),
        ("body", draft.body + tags, rules.get("count", "plain"), ("text with hashtags", "正文（含话题）")),
    )
    for name, text, count, (en, zh) in measured:
        limit = rules.get(name)
        if limit and (size := length(text, str(count))) > limit:
            why = say(language, en=f"The {en} has {size} characters, {limit} are allowed.", zh=f"{zh} {size} 字，上限 {limit} 字。")
            fix = say(language, en=f"Cut {size - limit} characters.", zh=f"删减 {size - limit} 字。")
            found.append(
                Finding(
                    rule=f"limits.{name}", family="limits", severity="block", span=text[-20:], message=why, why=why, fix=fix, source=source
                )
            )
    if rules.get("title_needed") and not draft.title.strip():
        why, fix = say(language, en="The platform wants a title.", zh="该平台需要标题。"), say(language, en="Add one.", zh="补上标题。")
        found.append(Finding(rule="limits.title_missing", family="limits", severity="warn", message=why, why=why, fix=fix, source=source))
    most, used = rules.get("hashtags"), len(draft.hashtags)
    if most and used > most:
        why = say(language, en=f"{used} hashtags, {most} are allowed.", zh=f"话题 {used} 个，上限 {most} 个。")
        fix = say(language, en=f"Keep the best {most}.", zh=f"保留最相关的 {most} 个。")
        span = " ".join(f"#{t}" for t in draft.hashtags[most:])
        found.append(
            Finding(rule="limits.hashtags", family="limits", severity="warn", span=span, message=why, why=why, fix=fix, source=source)
        )
    return found
