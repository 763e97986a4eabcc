"""Readings of several files into one set: repeated posts, creators known from several files, authors named by handle."""

from __future__ import annotations

from collections.abc import Iterable

from ..records import AudienceStats, Creator, Post
from .base import Reading


def join(readings: Iterable[Reading]) -> tuple[list[Post], list[Creator]]:
    """Posts and creators by id. Of two versions of a post the newer export's stays; a creator's fields come from the newest
    export that knows them, quotes from all."""
    posts: dict[str, tuple[float, Post]] = {}
    versions: dict[str, list[tuple[float, Creator]]] = {}
    for reading in readings:
        for post in reading.posts:
            at = reading.as_of.get(post.id, 0.0)
            if post.id not in posts or at >= posts[post.id][0]:
                posts[post.id] = (at, post)
        for creator in reading.creators:
            # What a post says of its author has that post's time, which is no time of the profile's.
            versions.setdefault(creator.id, []).append((reading.as_of.get(creator.id, 0.0), creator))
    creators = {id: merge([c for _, c in sorted(found, key=lambda v: v[0])]) for id, found in versions.items()}
    return _resolve([post for _, post in posts.values()], creators)


def merge(versions: list[Creator]) -> Creator:
    """One creator of several versions, oldest first."""
    data: dict[str, object] = {}
    for creator in versions:
        known = {k: getattr(creator, k) for k in creator.model_fields_set if getattr(creator, k) not in (None, "", (), {})}
        if "averages" in known:
            known["averages"] = {**dict(data.get("averages") or {}), **known["averages"]}  # type: ignore[call-overload]
        if "quotes" in known:
            before: tuple[object, ...] = data.get("quotes") or ()  # type: ignore[assignment]
            known["quotes"] = tuple(dict.fromkeys([*before, *known["quotes"]]))
        if "audience" in known and isinstance(data.get("audience"), AudienceStats):
            known["audience"] = _merge_audience(data["audience"], known["audience"])  # type: ignore[arg-type]
        data.update(known)
    return Creator.model_validate({k: v.model_dump() if isinstance(v, AudienceStats) else v for k, v in data.items()})


def _merge_audience(old: AudienceStats, new: AudienceStats) -> AudienceStats:
    return AudienceStats(
        female=old.female if new.female is None else new.female,
        ages=new.ages or old.ages,
        regions=new.regions or old.regions,
        interests=new.interests or old.interests,
        active=old.active if new.active is None else new.active,
    )


def _resolve(posts: list[Post], creators: dict[str, Creator]) -> tuple[list[Post], list[Creator]]:
    """Posts that name their author by handle get the id of the profile with that handle."""
    profiles = {(c.platform, c.handle.lower()): c.id for c in creators.values() if c.handle and not _is_handle(c)}
    by_handle = {
        c.id: profiles[(c.platform, c.handle.lower())]
        for c in creators.values()
        if _is_handle(c) and (c.platform, c.handle.lower()) in profiles
    }
    for post in posts:
        if post.creator_id not in creators:
            handle = post.creator_id.split(":", 1)[1].lower()
            if (post.platform, handle) in profiles:
                by_handle[post.creator_id] = profiles[(post.platform, handle)]
    if by_handle:
        posts = [p.model_copy(update={"creator_id": by_handle[p.creator_id]}) if p.creator_id in by_handle else p for p in posts]
    return posts, [c for c in creators.values() if c.id not in by_handle]


def _is_handle(creator: Creator) -> bool:
    return creator.id == f"{creator.platform}:{creator.handle}"
