"""The records behind the claims, numbered, so that a claim can point at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .numbers import Numbers
from .safe import one_line, safe_url, snippet
from .texts import Texts


@dataclass(frozen=True)
class Record:
    """One post or creator as the appendix shows it. All strings are plain text."""

    number: int
    id: str
    kind: str
    title: str
    text: str
    url: str | None
    facts: list[str] = field(default_factory=list)
    source: str = ""

    @property
    def anchor(self) -> str:
        return f"e{self.number}"


class Evidence:
    """``campaign.sources``, in its order; records of any other form are shown as far as they can be read."""

    def __init__(self, sources: Mapping[str, Any], texts: Texts, numbers: Numbers) -> None:
        self._texts, self._numbers = texts, numbers
        self._names = {id: one_line(r.get("name") or r.get("handle") or "") for id, r in sources.items() if isinstance(r, Mapping)}
        self._cited: set[str] = set()
        self.records = {id: self._read(n, id, record) for n, (id, record) in enumerate(sources.items(), start=1)}

    def __bool__(self) -> bool:
        return bool(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records.values())

    def find(self, id: str) -> Record | None:
        return next(iter(self.known([id])), None)

    def known(self, ids: Iterable[str], limit: int | None = None) -> list[Record]:
        """The first ``limit`` records among ``ids``, each once. They count as cited from now on."""
        found = [r for i in dict.fromkeys(ids) if (r := self.records.get(i)) is not None][:limit]
        self._cited.update(r.id for r in found)
        return found

    def count(self, ids: Iterable[str]) -> int:
        """How many of ``ids`` have a record."""
        return sum(i in self.records for i in set(ids))

    @property
    def cited(self) -> list[Record]:
        """Records that the text so far has pointed at."""
        return [r for r in self if r.id in self._cited]

    @property
    def uncited(self) -> list[Record]:
        return [r for r in self if r.id not in self._cited]

    def _read(self, number: int, id: str, record: Any) -> Record:
        if not isinstance(record, Mapping):
            return Record(number, id, "record", id, snippet(record, 300), None)
        is_post = "creator_id" in record
        kind = "post" if is_post else "creator" if {"followers", "name", "handle"} & set(record) else "record"
        title = record.get("title") or self._names.get(str(record.get("creator_id"))) or record.get("name") or record.get("handle") or id
        text = record.get("text") or record.get("bio") or ""
        return Record(
            number,
            id,
            kind,
            snippet(title, 90),
            snippet(text, 300),
            safe_url(record.get("url")),
            self._facts(record),
            one_line(record.get("source") or "").replace("\\", "/").rpartition("/")[2],
        )

    def _facts(self, record: Mapping[str, Any]) -> list[str]:
        t, f = self._texts, self._numbers
        facts = [t.word("platform", record["platform"])] if record.get("platform") else []
        if record.get("title") and (author := self._names.get(str(record.get("creator_id")))):
            facts.append(author)
        if when := _moment(record.get("created_at")):
            facts.append(f.day(when))
        if _number(record.get("followers")) is not None:
            facts.append(f"{t('followers')} {f.count(_number(record['followers']))}")
        for kind in ("likes", "collects", "comments", "shares", "views"):
            if (value := _number(record.get(kind))) is not None:
                facts.append(f"{t(f'kind.{kind}')} {f.count(value)}")
        if record.get("location"):
            facts.append(snippet(record["location"], 40))
        return facts


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
