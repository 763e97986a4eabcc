"""The readers: known export formats as fixed mappings, and one that guesses."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from ..errors import UnreadableExport
from . import tables, values
from .base import Mapping, Reading
from .build import build
from .columns import SYNONYMS, guess, platform_of
from .tables import Table

_SAME = {"creator_id": "user_id", "creator_name": "nickname", "as_of": "last_modify_ts"}
_COUNTS = {"likes": "liked_count", "collects": "collected_count", "comments": "comment_count", "shares": "share_count"}
_VIDEO = {"id": "video_id", "title": "title", "text": "desc", "created_at": "create_time", "format": "video_type", "url": "video_url"}
# MediaCrawler's export, platform by platform: (columns that no other platform's file has, mapping). As its store/*/__init__.py
# write them, 2025.
MEDIACRAWLER: tuple[tuple[str, tuple[str, ...], Mapping], ...] = (
    ("xiaohongshu", ("note_id", "desc"), Mapping("posts", {
        "id": "note_id", "title": "title", "text": "desc", "created_at": "time", "format": "type", "hashtags": "tag_list",
        "location": "ip_location", "url": "note_url", **_COUNTS, **_SAME})),
    ("weibo", ("note_id", "content", "comments_count"), Mapping("posts", {
        "id": "note_id", "text": "content", "created_at": "create_time", "likes": "liked_count", "comments": "comments_count",
        "shares": "shared_count", "location": "ip_location", "url": "note_url", **_SAME})),
    ("douyin", ("aweme_id", "desc"), Mapping("posts", {
        "id": "aweme_id", "title": "title", "text": "desc", "created_at": "create_time", "format": "aweme_type",
        "location": "ip_location", "url": "aweme_url", **_COUNTS, **_SAME})),
    ("bilibili", ("video_id", "video_play_count"), Mapping("posts", {
        **_VIDEO, "likes": "liked_count", "collects": "video_favorite_count", "comments": "video_comment", "shares": "video_share_count",
        "views": "video_play_count", **_SAME})),
    ("kuaishou", ("video_id", "viewd_count"), Mapping("posts", {**_VIDEO, "likes": "liked_count", "views": "viewd_count", **_SAME})),
    ("zhihu", ("content_id", "voteup_count"), Mapping("posts", {
        "id": "content_id", "title": "title", "text": "content_text", "created_at": "created_time", "format": "content_type",
        "likes": "voteup_count", "comments": "comment_count", "url": "content_url", "creator_id": "user_id",
        "creator_name": "user_nickname", "as_of": "last_modify_ts"})),
    ("bilibili", ("user_id", "total_fans", "sign"), Mapping("creators", {
        "id": "user_id", "name": "nickname", "bio": "sign", "gender": "sex", "followers": "total_fans", "interactions": "total_liked",
        "as_of": "last_modify_ts"})),
)  # fmt: skip
_PROFILE = Mapping("creators", {
    "id": "user_id", "name": "nickname", "bio": "desc", "gender": "gender", "location": "ip_location", "followers": "fans",
    "following": "follows", "interactions": "interaction", "categories": "profession", "as_of": "last_modify_ts"})  # fmt: skip


def columns_in(head: str) -> set[str]:
    """The field names in the beginning of a file: keys of JSON objects, or a CSV's header."""
    if head.lstrip()[:1] in ("[", "{"):
        return set(re.findall(r'"((?:[^"\\\n]){1,60})"\s*:', head))
    return {c for d in ",\t;" for c in re.split(f'[{d}"]', head.lstrip("\ufeff").split("\n", 1)[0].strip())}


class MediaCrawlerReader:
    """Contents and creators as MediaCrawler exports them (JSON, JSON Lines, CSV): Xiaohongshu, Douyin, Weibo, Bilibili,
    Kuaishou, Zhihu."""

    name = "mediacrawler"

    def sniff(self, path: Path, head: str) -> float:
        found = columns_in(head)
        if "comment_id" in found:
            return 0.0
        if {"user_id", "nickname", "fans", "follows"} <= found:
            return 0.9
        return 0.95 if {"user_id", "nickname"} <= found and self._contents(found) else 0.0

    def _contents(self, found: set[str]) -> Mapping | None:
        for platform, needed, mapping in MEDIACRAWLER:
            if set(needed) <= found:
                return replace(mapping, platform=platform)
        return None

    def read(self, path: Path) -> Reading:
        table = tables.read(path)
        mapping = self._contents(set(table.columns))
        if mapping is None:
            platform = platform_of(path) or "xiaohongshu"
            mapping = replace(_PROFILE, platform=platform)
            for _, row in table.rows:
                _unfold(row)
            # Kuaishou's profile puts the number of its public videos where the others have likes and collects.
            if platform == "kuaishou":
                mapping.columns.pop("interactions")
        mapping = replace(mapping, columns={f: c for f, c in mapping.columns.items() if c in table.columns or c == "profession"})
        return build(table, mapping, str(path))


def _unfold(row: dict[str, object]) -> None:
    """``tag_list`` of a profile is a JSON object in a string: what they call themselves, and where they say they are."""
    try:
        tags = json.loads(values.text(row.get("tag_list")) or "{}")
    except ValueError:
        return
    if isinstance(tags, dict):
        row["profession"] = tags.get("profession")
        said, seen = values.text(tags.get("location")), values.text(row.get("ip_location"))
        # The network address says the country; what they say themselves counts where it is more exact, not where it is elsewhere.
        if said and (not seen or said.startswith(seen)):
            row["ip_location"] = said


class QuotesReader:
    """Rate sheets with Chinese headers, as agencies keep them: price per post, fans' gender, ages, interests and regions."""

    name = "quotes"

    def sniff(self, path: Path, head: str) -> float:
        start = head[:4096]
        return 0.9 if "报价" in start and "粉丝" in start else 0.0

    def read(self, path: Path) -> Reading:
        table = tables.read(path)
        mapping = guess(table.columns, path)
        if mapping is None or mapping.kind != "creators":
            raise UnreadableExport(f"{path}: {_needed(table)}")
        columns = dict(mapping.columns)
        if (
            "ip_location" in table.columns
            and "tags(text)" in table.columns
            and not any(values.text(r.get("ip_location")) for _, r in table.rows)
        ):
            columns["location"] = "tags(text)"
            columns.pop("categories", None)
        # 红人健康等级 is the label of Xiaohongshu's marketplace for creators, 蒲公英.
        here = "xiaohongshu" if any("红人健康等级" in c for c in table.columns) else None
        return build(table, replace(mapping, columns=columns, platform=mapping.platform or here), str(path))


class TopListReader:
    """Public top-1000 lists: a rank, a handle, followers and per-post averages, the headers repeated for rounded and exact
    numbers."""

    name = "top list"
    _HEADER = re.compile(r"(instagram|tiktok\w*|youtube\w*|twitter) name", re.IGNORECASE)

    def sniff(self, path: Path, head: str) -> float:
        start = head[:1024]
        return 0.9 if self._HEADER.search(start) and re.search("followers|subscribers", start, re.IGNORECASE) else 0.0

    def read(self, path: Path) -> Reading:
        table = tables.read(path)
        names = {c.lower().replace(".", ""): c for c in table.columns}

        def pick(*wanted: str) -> str | None:
            return next((names[w] for w in wanted if w in names), None)

        # The second of two equal headers holds the exact numbers, `Values` the same.
        columns = {
            "handle": pick("instagram name", "tiktoker name", "youtuber name", "twitter name"),
            "name": pick("name", "tiktok name", "youtube name"),
            "followers": pick("subscribers (2)", "followers (2)", "subscribers", "followers"),
            "avg_engagement": pick("engagement average values", "engagement average"),
            "avg_views": pick("views(avg) (2)", "views(avg)"),
            "avg_likes": pick("likes(avg) (2)", "likes(avg)"),
            "avg_comments": pick("comments(avg) (2)", "comments(avg)"),
            "avg_shares": pick("shares(avg) (2)", "shares(avg)"),
            "categories": pick("category_1", "category"),
            "categories_2": pick("category_2"),
        }
        mapping = Mapping("creators", {f: c for f, c in columns.items() if c}, platform=platform_of(path, table.columns))
        return build(table, mapping, str(path))


class TableReader:
    """Any CSV, JSON or JSON Lines file of posts or of creators: its columns' meaning is guessed from their names, or given."""

    name = "table"

    def __init__(self, mapping: Mapping | None = None) -> None:
        self.mapping = mapping

    def sniff(self, path: Path, head: str) -> float:
        if self.mapping is not None and len(set(self.mapping.columns.values()) & columns_in(head)) * 2 > len(self.mapping.columns):
            return 1.0
        return 0.1

    def read(self, path: Path) -> Reading:
        table = tables.read(path)
        if self.mapping is not None and set(self.mapping.columns.values()) & set(table.columns):
            mapping: Mapping | None = replace(self.mapping, platform=self.mapping.platform or platform_of(path, table.columns))
        elif any("comment_id" in c.lower() or c == "评论id" for c in table.columns):
            raise UnreadableExport(f"{path} holds comments, which are not read.", hint="Give the files of posts and creators.")
        else:
            mapping = guess(table.columns, path)
        if mapping is None:
            raise UnreadableExport(f"{path}: {_needed(table)}", hint="If the columns have other names, give a mapping.")
        reading = build(table, mapping, str(path))
        if not reading.posts and not reading.creators and any("no platform" in f.reason for f in reading.faults):
            raise UnreadableExport(
                f"{path}: nothing says which platform its rows are from.",
                hint="Add a column `platform`, name the file after the platform (`tiktok_posts.csv`), or give a mapping with a platform.",
            )
        return reading


def _needed(table: Table) -> str:
    found = ", ".join(table.columns[:20]) or "none"
    likely = {
        kind: ", ".join(SYNONYMS[kind][f][0] for f in fields) for kind, fields in (("posts", ("text",)), ("creators", ("id", "followers")))
    }
    return (
        f"no usable column. Found: {found}. Needed: for posts a `{likely['posts']}` (正文, 内容) or `title` (标题); "
        "for creators an `id`, `handle` or `name` (昵称) and at least one of `followers` (粉丝数), `bio` (简介), `price` (报价)."
    )


def known_readers() -> list[MediaCrawlerReader | QuotesReader | TopListReader]:
    return [MediaCrawlerReader(), QuotesReader(), TopListReader()]
