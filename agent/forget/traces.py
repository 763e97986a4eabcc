"""What a creator leaves in texts: ids, names, addresses, and passages of their own writing, found wherever they are copied to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from vectorstore.records import Creator, Post

WEIGHT = 24
"""A passage this long is taken for the creator's: 24 letters, or 8 Chinese characters (each says as much as three letters)."""
SHORTEST = 4
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TOKEN = re.compile(r"[A-Za-z0-9_]")
MARK = "[erased]"
_OWN_TEXT = {"bio", "location", "url", "handle", "title", "text", "hashtags", "categories", "source"}


class Traces:
    """One creator's traces, and texts without them.

    Args:
        pseudonym: stands for the creator's native id from now on, so that figures of one account stay together.
    """

    def __init__(self, id: str, pseudonym: str, creator: Creator | None = None, posts: Iterable[Post] = ()) -> None:
        self.id, self.ids = id, {id}
        self._exact: dict[str, list[tuple[str, str]]] = {}
        self._windows: set[str] = set()
        platform, _, native = id.partition(":")
        self.new_id = f"{platform}:{pseudonym}"
        self._add(id, self.new_id)
        if len(native) >= 6:
            self._add(native, pseudonym)
        texts: list[str] = []
        if creator is not None:
            for name in (creator.name, creator.handle):
                if len(name) >= (2 if _HAN.search(name) else 3):
                    self._add(name, MARK)
            self._add(creator.url or "", MARK)
            texts.append(creator.bio)
        for n, p in enumerate(sorted(posts, key=lambda p: p.id), 1):
            self.ids.add(p.id)
            self._add(p.id, f"{platform}:{pseudonym}-{n}")
            if len(of_post := p.id.partition(":")[2]) >= 6:
                self._add(of_post, f"{pseudonym}-{n}")
            self._add(p.url or "", MARK)
            texts += [p.title, p.text, " ".join(f"#{t}" for t in p.hashtags)]
        for text in filter(None, dict.fromkeys(t.strip() for t in texts)):
            windows = [w for _, _, w in _windows_of(_lower(text))]
            self._windows.update(windows)
            if not windows and _weight(text) >= WEIGHT / 2:
                self._add(text, MARK)

    @property
    def pseudonym(self) -> str:
        return self.new_id.partition(":")[2]

    def _add(self, text: str, by: str) -> None:
        key = _lower(text.strip())
        if len(key) >= 2:
            found = self._exact.setdefault(key[:2], [])
            if all(k != key for k, _ in found):
                found.append((key, by))
                found.sort(key=lambda f: -len(f[0]))

    def clean(self, text: str) -> str:
        """``text`` with the traces replaced."""
        spans = list(self._spans(text))
        if not spans:
            return text
        pieces, at = [], 0
        for start, end, by in spans:
            pieces += [text[at:start], by]
            at = end
        return "".join([*pieces, text[at:]])

    def within(self, text: str) -> bool:
        """Whether there is a trace in ``text``."""
        return next(self._spans(text), None) is not None

    def _spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        lowered = _lower(text)
        found: list[tuple[int, int, str]] = []
        for i in range(len(lowered) - 1):
            for key, by in self._exact.get(lowered[i : i + 2], ()):
                if lowered.startswith(key, i) and _bounded(lowered, i, i + len(key)):
                    found.append((i, i + len(key), by))
                    break
        if self._windows:
            found += [(start, end, MARK) for start, end, window in _windows_of(lowered) if window in self._windows]
        joined: tuple[int, int, str] | None = None
        for start, end, by in sorted(found, key=lambda f: (f[0], -f[1])):
            if joined is not None and start < joined[1]:
                joined = (joined[0], max(end, joined[1]), joined[2] if end <= joined[1] else MARK)
            else:
                if joined is not None:
                    yield joined
                joined = (start, end, by)
        if joined is not None:
            yield joined

    def value(self, value: Any) -> Any:
        """JSON-like data without the traces; records that are the creator's own keep their figures and lose their words."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(v) for v in value)
        if isinstance(value, dict):
            own = "platform" in value and (value.get("id") in self.ids or self.id in (value.get("creator_id"), value.get("creator")))
            out: dict[Any, Any] = {}
            for key, inner in value.items():
                if own and key in _OWN_TEXT and isinstance(inner, (str, list, tuple)):
                    out[key] = type(inner)()
                elif own and key == "name":
                    out[key] = MARK
                elif key == "sources" and isinstance(inner, dict):
                    out[key] = {k: self.value(v) for k, v in inner.items() if k not in self.ids}
                else:
                    out[self.clean(key) if isinstance(key, str) else key] = self.value(inner)
            return out
        return value


def _lower(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


def _weight(text: str) -> int:
    return sum(3 if _HAN.match(c) else 1 for c in text)


def _windows_of(text: str) -> Iterator[tuple[int, int, str]]:
    """For each place the shortest passage from there that weighs ``WEIGHT``."""
    weights = [3 if c > "\u3040" and _HAN.match(c) else 1 for c in text]
    end = total = 0
    for start in range(len(text)):
        while total < WEIGHT and end < len(text):
            total += weights[end]
            end += 1
        if total < WEIGHT:
            return
        yield start, end, text[start:end]
        total -= weights[start]


def _bounded(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit goes on where the found text begins or ends with one."""
    left = start and _TOKEN.match(text[start]) and _TOKEN.match(text[start - 1])
    right = end < len(text) and _TOKEN.match(text[end - 1]) and _TOKEN.match(text[end])
    return not left and not right
