"""Exports to records: which reader takes which file, and everything joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UnreadableExport
from ..records import Creator, Post
from . import tables
from .base import Fault, Mapping, Reader, Reading
from .formats import TableReader, known_readers
from .join import join

__all__ = ["Fault", "FileReport", "Mapping", "ReadReport", "Reader", "Reading", "read_exports"]


@dataclass(frozen=True)
class FileReport:
    """What one file was taken for. ``reader`` is empty when no reader could use it (``faults`` of the report say why)."""

    file: str
    reader: str
    rows: int = 0
    posts: int = 0
    creators: int = 0
    faults: int = 0
    mapping: Mapping | None = None


@dataclass
class ReadReport:
    """What was read, from which files, and what could not be."""

    posts: list[Post] = field(default_factory=list)
    creators: list[Creator] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    files: dict[str, FileReport] = field(default_factory=dict)


def read_exports(
    paths: str | Path | Iterable[str | Path], mapping: Mapping | None = None, extra_readers: Sequence[Reader] = ()
) -> ReadReport:
    """Read files, or everything readable in folders, and join creators, posts and quotes by id.

    Args:
        mapping: which column holds which field, for files whose columns cannot be guessed.
        extra_readers: readers of further formats; the surest of all readers takes a file.

    Raises:
        UnreadableExport: a path does not exist, a folder holds no file to read, or none of the files could be used.
    """
    given = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(p) for p in paths]
    report = ReadReport()
    readings: list[Reading] = []
    readers: list[Reader] = [*extra_readers, *known_readers(), TableReader(mapping)]
    for path in dict.fromkeys(file for p in given for file in _files(p)):
        try:
            reader, reading = _read(path, readers)
        except UnreadableExport as e:
            report.faults.append(Fault(str(path), None, str(e).removeprefix(str(path)).lstrip(": ")))
            report.files[str(path)] = FileReport(str(path), "", faults=1)
            continue
        readings.append(reading)
        report.faults.extend(reading.faults)
        report.files[str(path)] = FileReport(
            str(path), reader.name, reading.rows, len(reading.posts), len(reading.creators), len(reading.faults), reading.mapping
        )
    report.posts, report.creators = join(readings)
    if not report.posts and not report.creators:
        reasons = "\n".join(str(f) for f in report.faults[:5])
        raise UnreadableExport(f"Nothing could be read from {', '.join(map(str, given))}:\n{reasons}")
    return report


def _read(path: Path, readers: Sequence[Reader]) -> tuple[Reader, Reading]:
    head = tables.head(path)
    reader = max(readers, key=lambda r: r.sniff(path, head))
    return reader, reader.read(path)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = [
            p
            for p in sorted(path.rglob("*"))
            if p.is_file() and tables.is_table(p) and not any(part.startswith(".") for part in p.relative_to(path).parts)
        ]
        if not found:
            raise UnreadableExport(
                f"{path} holds no {', '.join(tables.SUFFIXES)} file (or .gz of one).", hint="Give the folder of an export."
            )
        yield from found
    elif path.exists():
        yield path
    else:
        raise UnreadableExport(f"{path} does not exist.", hint="Check the path.")
