"""Which posts to look at: one filter, said once, pushed into both Chroma and the lexical index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Filter:
    """Every field is optional; an empty filter lets everything through. Fields are joined by AND, values of one by OR.

    A post that lacks what a field asks about (no date, no known count) does not pass that field. ``since`` and ``until``
    are inclusive; a time without a zone is UTC.
    """

    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    min_engagement: int | None = None

    def __post_init__(self) -> None:
        for name in ("platforms", "languages", "creators"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))

    def _conditions(self) -> list[tuple[str, str, Any]]:
        found: list[tuple[str, str, Any]] = []
        for key, values in (("platform", self.platforms), ("language", self.languages), ("creator_id", self.creators)):
            if values:
                found.append((key, "$in", list(values)))
        if self.since is not None:
            found.append(("created", "$gte", timestamp(self.since)))
        if self.until is not None:
            found.append(("created", "$lte", timestamp(self.until)))
        if self.min_engagement is not None:
            found.append(("engagement", "$gte", self.min_engagement))
        return found

    def chroma(self) -> dict[str, Any] | None:
        """As Chroma's ``where``, which takes one operator a dict and refuses both ``{}`` and an ``$and`` of one."""
        parts = [{key: {operator: value}} for key, operator, value in self._conditions()]
        if len(parts) < 2:
            return parts[0] if parts else None
        return {"$and": parts}

    def sql(self) -> tuple[str, list[Any]]:
        """As SQL over the columns of the index: a condition and its values."""
        clauses, values = ["1"], []
        for key, operator, value in self._conditions():
            if operator == "$in":
                clauses.append(f"{key} IN ({','.join('?' * len(value))})")
                values.extend(value)
            else:
                clauses.append(f"{key} {'>=' if operator == '$gte' else '<='} ?")
                values.append(value)
        return " AND ".join(clauses), values


EVERYTHING = Filter()


def timestamp(time: datetime) -> float:
    """Seconds since 1970, UTC."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
