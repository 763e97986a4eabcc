"""Rows and a mapping to posts and creators."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from ..language import detect
from ..records import AudienceStats, Creator, Platform, Post, Quote
from . import values
from .base import Fault, Mapping, Reading
from .columns import platform, platform_of_url
from .tables import Table

T = TypeVar("T")
_TOPIC = re.compile(r"#([^#\[\]\n]+?)\s*\[话题\]#? ?")
_EMPTY_TOPIC = re.compile(r"#?\[话题\]#?")
_WEIBO_TOPIC = re.compile(r"#([^#\s][^#\n]{0,38}?)#")
_HASHTAG = re.compile(r"#([\w·&'’-]+)")
_AVERAGES = ("likes", "comments", "shares", "views", "engagement")
_CHINESE = ("xiaohongshu", "douyin", "weibo", "bilibili", "kuaishou", "wechat", "zhihu")
_BEHIND = {"image", "normal", "photo", "picture", "carousel", "sidecar", "graphimage", "graphsidecar", "图文", "图片"}
_MOVING = {"video", "reel", "reels", "short", "shorts", "clip", "clips", "graphvideo", "igtv", "live", "视频", "短视频"}
_WRITTEN = {"text", "article", "answer", "status", "tweet", "文字", "文章"}


class Row:
    """One row, seen through a mapping. A cell that cannot be read is a fault, and unknown; the row stays."""

    def __init__(self, cells: dict[str, Any], line: int, mapping: Mapping, file: str, faults: list[Fault]) -> None:
        self.cells, self.line, self.mapping, self.file, self.faults = cells, line, mapping, file, faults

    def raw(self, field: str) -> Any:
        column = self.mapping.columns.get(field)
        return None if column is None else self.cells.get(column)

    def text(self, field: str) -> str:
        return values.text(self.raw(field))

    def read(self, field: str, parse: Callable[[Any], T]) -> T | None:
        try:
            return parse(self.raw(field))
        except (ValueError, OverflowError, TypeError) as e:
            self.fault(f"column {self.mapping.columns[field]!r}: {e}; left unknown")
            return None

    def fault(self, reason: str) -> None:
        self.faults.append(Fault(self.file, self.line, reason))

    def platform(self) -> Platform:
        said = self.text("platform")
        found = (platform(said) if said else None) or self.mapping.platform or platform_of_url(self.text("url"))
        if found is None:
            raise ValueError(f"unknown platform {said!r}" if said else "no platform")
        return found  # type: ignore[return-value]


def build(table: Table, mapping: Mapping, file: str) -> Reading:
    """Every row as a record; of repeated ids the newest stays (the later row, where the export gives no time)."""
    reading = Reading(faults=list(table.faults), rows=len(table.rows), mapping=mapping)
    posts: dict[str, Post] = {}
    creators: dict[str, Creator] = {}
    for line, cells in table.rows:
        row = Row(cells, line, mapping, file, reading.faults)
        try:
            made = _creator(row) if mapping.kind == "creators" else _post(row)
        except ValueError as e:
            row.fault(f"{e}; row left out")
            continue
        if made is None:
            row.fault(
                "neither text nor title nor id; row left out" if mapping.kind == "posts" else "neither id nor handle nor name; row left out"
            )
            continue
        taken = row.read("as_of", values.time)
        at = taken.timestamp() if taken else 0.0
        if at < reading.as_of.get(made.id, 0.0):
            continue
        if at:
            reading.as_of[made.id] = at
        if isinstance(made, Post):
            posts[made.id] = made
            author = _author(row, made)
            if author is not None:
                creators[author.id] = author
        else:
            creators[made.id] = made
    reading.posts, reading.creators = list(posts.values()), list(creators.values())
    return reading


# --- posts ---------------------------------------------------------------------------------------------------------------


def _post(row: Row) -> Post | None:
    title, raw = row.text("title"), row.text("text")
    if not title and not raw and not row.text("id"):  # pictures without a word are posts all the same
        return None
    where = row.platform()
    text, tags = clean(raw)
    listed = [t.removesuffix("[话题]") for t in row.read("hashtags", values.words) or ()]
    created = row.read("created_at", values.time)
    creator = creator_id(where, row.text("creator_id") or row.text("handle") or row.text("creator_name") or "unknown")
    native = row.text("id") or _made_up(creator, str(created), title, raw)
    title = "" if title == raw else clean(title)[0]
    kind = row.text("format").lower()
    return Post(
        id=qualified(where, native),
        platform=where,
        creator_id=creator,
        title=title,
        text=text,
        hashtags=tuple(dict.fromkeys([*listed, *tags])),
        language=(row.text("language").lower().replace("_", "-").split("-")[0][:3] or None) or detect(f"{title}\n{text}"),
        format="video" if kind in _MOVING else "image" if kind in _BEHIND else "text" if kind in _WRITTEN else _usual_format(where, kind),
        created_at=created,
        likes=row.read("likes", values.count),
        collects=row.read("collects", values.count),
        comments=row.read("comments", values.count),
        shares=row.read("shares", values.count),
        views=row.read("views", values.count),
        location=row.text("location") or None,
        url=row.text("url") or None,
        source=row.file,
    )


def _usual_format(where: str, kind: str) -> Literal["video"] | None:
    """MediaCrawler gives Douyin and Kuaishou posts a numeric type; 68 is Douyin's picture post."""
    if where in ("douyin", "kuaishou", "bilibili", "tiktok", "youtube"):
        return None if kind == "68" else "video"
    return None


def clean(text: str) -> tuple[str, list[str]]:
    """The text as a reader of the post sees it, and its hashtags: ``#探店[话题]#`` → ``#探店``; emoji codes (``[笑哭R]``) stay."""
    text = _TOPIC.sub(lambda m: f"#{m[1].strip()} ", text)
    text = _EMPTY_TOPIC.sub("", text)
    text = re.sub(r"[ \t]+(?=\n|$)", "", text).strip()
    tags = [t.strip() for t in _WEIBO_TOPIC.findall(text) if "#" not in t] if text.count("#") >= 2 else []
    tags = [t for t in tags if f"#{t}#" in text and not t.startswith(("http",))]
    left = text
    for t in tags:
        left = left.replace(f"#{t}#", " ")
    tags += _HASHTAG.findall(re.sub(r"https?://\S+", " ", left))
    return text, [t for t in dict.fromkeys(tags) if not t.isdigit()]


def _made_up(*parts: str) -> str:
    """An id for a row that has none: the same row always gets the same one."""
    return "h" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def qualified(where: str, native: str) -> str:
    return native if native.startswith(f"{where}:") else f"{where}:{native}"


def creator_id(where: str, native: str) -> str:
    return qualified(where, native.removeprefix("@"))


def _author(row: Row, post: Post) -> Creator | None:
    """What a post's row says about its author."""
    name, handle = row.text("creator_name"), row.text("handle").removeprefix("@")
    if not name and not handle:
        return None
    return Creator(id=post.creator_id, platform=post.platform, handle=handle, name=name or handle, language=post.language, source=row.file)


# --- creators ------------------------------------------------------------------------------------------------------------


def _creator(row: Row) -> Creator | None:
    handle, name = row.text("handle").removeprefix("@"), row.text("name")
    native = row.text("id") or handle or name
    if not native:
        return None
    where = row.platform()
    bio = row.text("bio")
    categories = [*(row.read("categories", values.words) or ()), *(row.read("categories_2", values.words) or ())]
    averages = {a: n for a in _AVERAGES if (n := row.read(f"avg_{a}", values.number)) is not None}
    return Creator(
        id=creator_id(where, native),
        platform=where,
        handle=handle,
        name=name or handle,
        bio=bio,
        gender=row.read("gender", values.gender),
        location=row.text("location") or None,
        language=(row.text("language").lower().replace("_", "-").split("-")[0][:3] or None) or detect(bio),
        followers=row.read("followers", values.count),
        following=row.read("following", values.count),
        interactions=row.read("interactions", values.count),
        categories=tuple(dict.fromkeys(categories)),
        averages=averages,
        quotes=_quotes(row, where),
        audience=_audience(row),
        grade=row.text("grade") or None,
        url=row.text("url") or None,
        source=row.file,
    )


def _quotes(row: Row, where: str) -> tuple[Quote, ...]:
    found = []
    for kind in ("image", "video", "text", "any"):
        price = row.read(f"quote_{kind}", values.money)
        if price is None:
            continue
        column = row.mapping.columns[f"quote_{kind}"]
        code = price[1] or values.currency(row.text("currency")) or values.currency(_unit(column)) or row.mapping.currency
        if code is None and where in _CHINESE:
            code = "CNY"
        if code is None:
            row.fault(f"column {column!r}: a price without a currency; left out")
            continue
        ticked = row.read(f"verified_{kind}", values.yes)
        found.append(Quote(format=kind, amount=price[0], currency=code, verified=ticked, source=f"{row.file}:{row.line}"))
    return tuple(found)


def _unit(column: str) -> str:
    """What a header says about the currency: the brackets' words, or the last word of ``price_usd``."""
    inside = re.search(r"[(\[【（](.*?)[)\]】）]", column)
    return inside[1] if inside else re.split(r"[\s_]+", column)[-1]


def _audience(row: Row) -> AudienceStats | None:
    ages = [f for f in row.mapping.columns if f.startswith("age:")]
    read = {f: row.read(f, values.percent) for f in ("female", "male", "active", *ages)}
    # Shares as percentages or as fractions: a row holds one or the other, and its age bands sum to about 100 or about 1.
    percent = any(n is not None and n > 1 for n in read.values()) or any("%" in row.text(f) for f in read)
    known: dict[str, float] = {}
    for field, n in read.items():
        share = None if n is None else n / 100 if percent else n
        if share is None:
            continue
        if not 0 <= share <= 1:
            row.fault(f"column {row.mapping.columns[field]!r}: {row.text(field)!r} is no share; left unknown")
            continue
        known[field] = round(share, 6)
    female = known.get("female", None if "male" not in known else round(1 - known["male"], 6))
    regions = row.read("fan_regions", values.shares) or {}
    interests = row.read("fan_interests", values.shares) or {}
    bands = {f.removeprefix("age:"): known[f] for f in ages if f in known}
    if female is None and not bands and not regions and not interests and "active" not in known:
        return None
    return AudienceStats(female=female, ages=bands, regions=regions, interests=interests, active=known.get("active"))
