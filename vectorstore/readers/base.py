"""What a reader is, and what it gives."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from ..errors import UnreadableExport
from ..records import Creator, Post


@dataclass(frozen=True)
class Fault:
    """Something in a file that could not be read. ``line`` counts from 1 (in a JSON array: the element); ``None``: the whole file."""

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line is not None else f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Mapping:
    """Which column holds which field. ``columns``: field to column, e.g. ``{"likes": "点赞数"}``.

    ``platform`` and ``currency`` hold for rows that do not say it themselves.
    """

    kind: Literal["posts", "creators"]
    columns: dict[str, str]
    platform: str | None = None
    currency: str | None = None

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Mapping:
        """Read a mapping that ``save`` wrote, or one written by hand.

        Raises:
            UnreadableExport: it is no mapping.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
            mapping = cls(**data)
            if mapping.kind not in ("posts", "creators") or not all(isinstance(c, str) for c in mapping.columns.values()):
                raise ValueError('`kind` must be "posts" or "creators", `columns` an object of field to column')
            return mapping
        except (OSError, ValueError, TypeError, AttributeError) as e:
            raise UnreadableExport(
                f"{path} is no column mapping: {e}.",
                hint='Its form is {"kind": "posts", "columns": {"text": "内容"}, "platform": "weibo"}.',
            ) from e


@dataclass
class Reading:
    """What a reader made of one file. ``as_of``: id to the time (seconds since 1970) at which the export took the record."""

    posts: list[Post] = field(default_factory=list)
    creators: list[Creator] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0
    mapping: Mapping | None = None
    as_of: dict[str, float] = field(default_factory=dict)


@runtime_checkable
class Reader(Protocol):
    """A reader of one export format. Plugins add theirs with the hook ``register_readers``."""

    name: str

    def sniff(self, path: Path, head: str) -> float:
        """How sure the reader is that the file is its own, 0 to 1, from its name and its first 64 KiB of text."""
        ...

    def read(self, path: Path) -> Reading:
        """Read the file. Bad rows become faults.

        Raises:
            UnreadableExport: nothing in it can be used.
        """
        ...
