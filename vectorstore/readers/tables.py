"""Files to rows: CSV, TSV, JSON and JSON Lines, plain or gzipped, in whatever encoding they come."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UnreadableExport
from .base import Fault

HEAD = 64 * 1024
MAX_BYTES = 512 * 1024 * 1024
"""Largest file, unpacked, that is taken into memory. Larger exports are to be split."""
MAX_CELL = 1024 * 1024
MAX_LINES_A_ROW = 200
"""A CSV row over more lines than this has a quote that was never closed."""
LISTS = ("data", "items", "posts", "notes", "results", "list", "creators", "records", "rows")
MAGIC = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"), (b"\xd0\xcf\x11\xe0", "an old Excel workbook"), (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"SQLite format 3", "a database"),
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


@dataclass
class Table:
    """Rows with their line in the file (in a JSON array: the element), and what could not be read."""

    columns: list[str]
    rows: list[tuple[int, dict[str, Any]]]
    faults: list[Fault] = field(default_factory=list)


def is_table(path: Path) -> bool:
    """Does the name look like a file that we can read?"""
    return _suffix(path) in SUFFIXES


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def head(path: Path) -> str:
    """The beginning of the file as text."""
    return decode(_bytes(path, HEAD), path, whole=False)


def read(path: Path) -> Table:
    """Read the whole file.

    Raises:
        UnreadableExport: it is empty, too large, binary, or has no rows.
    """
    text = decode(_bytes(path), path)
    if not text.strip():
        raise UnreadableExport(f"{path} is empty.")
    start = text.lstrip()[:1]
    table = _json(text, path) if start in "[{" else _csv(text, path)
    if not table.rows:
        why = f" Line {table.faults[0].line}: {table.faults[0].reason}." if table.faults else ""
        raise UnreadableExport(f"{path} has no rows{' below its header' if table.columns else ''}.{why}")
    return table


def _bytes(path: Path, limit: int | None = None) -> bytes:
    try:
        # A small gzip file can unpack to anything: the limit holds for what comes out.
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read(limit if limit is not None else MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as e:
        raise UnreadableExport(f"{path} cannot be read: {e}.", hint="Check that the file is complete and that you may read it.") from e
    if len(data) > MAX_BYTES:
        raise UnreadableExport(f"{path} is larger than {MAX_BYTES >> 20} MB.", hint="Split it into several files and give their folder.")
    return bytes(data)


def decode(data: bytes, path: Path, *, whole: bool = True) -> str:
    """Bytes to text: by byte-order mark, as UTF-8, else by detection (GB18030, UTF-16, Big5, Shift JIS, …)."""
    kind = next((name for magic, name in MAGIC if data.startswith(magic)), None)
    if kind:
        raise UnreadableExport(f"{path} is {kind}, not a text file.", hint="Save it as CSV (UTF-8) or JSON.")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as e:
        if not whole and e.start > len(data) - 4:  # cut in the middle of a character
            return data[: e.start].decode("utf-8")
        bad = e
    # Without a mark, UTF-16 of mostly ASCII text has a zero in every other byte.
    sample = data[:4096]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros and zeros.count(0) > len(zeros) / 4 and not _CONTROL.search(sample[: len(sample) & ~1].decode(encoding, "replace")):
            return data.decode(encoding, "replace")
    if sample.count(0):
        raise UnreadableExport(f"{path} is a binary file.", hint="Export it as CSV or JSON.") from bad
    if _is_gb18030(data):
        return data.decode("gb18030", "replace")
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 256 * 1024]).best()
    return data.decode(best.encoding if best else "latin-1", "replace")


def _is_gb18030(data: bytes) -> bool:
    try:
        text = data[: HEAD * 4].decode("gb18030")
    except UnicodeDecodeError as e:
        if e.start < len(data[: HEAD * 4]) - 4:
            return False
        text = data[: e.start].decode("gb18030")
    beyond = [c for c in text if ord(c) > 127]
    # Any two high bytes are some character of GB18030; real Chinese falls into the common block.
    return bool(beyond) and sum("\u4e00" <= c <= "\u9fff" or c in "，。！？：；、“”（）《》～…￥" for c in beyond) > 0.7 * len(beyond)


def _mostly_utf8(data: bytes) -> bool:
    return data.decode("utf-8", "replace").count("\ufffd") * 50 < sum(b > 127 for b in data)


# --- JSON ----------------------------------------------------------------------------------------------------------------


def _json(text: str, path: Path) -> Table:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as e:
        if text.lstrip().startswith("["):
            return _broken_array(text, path, e)
        return _json_lines(text, path)
    if isinstance(data, dict):
        data = next((data[key] for key in LISTS if isinstance(data.get(key), list)), [data])
    return _objects(enumerate(data, start=1), path)


def _json_lines(text: str, path: Path) -> Table:
    found: list[tuple[int, Any]] = []
    faults: list[Fault] = []
    for line, raw in enumerate(text.split("\n"), start=1):
        if raw.strip():
            try:
                found.append((line, json.loads(raw)))
            except (ValueError, RecursionError) as e:
                faults.append(Fault(str(path), line, f"no JSON: {e}"))
    table = _objects(found, path)
    table.faults[:0] = faults
    return table


def _broken_array(text: str, path: Path, error: Exception) -> Table:
    """A JSON array that breaks off, or breaks in the middle: every element before that counts."""
    decoder, at, found = json.JSONDecoder(), text.index("[") + 1, []
    skip = re.compile(r"[\s,]*")
    while True:
        match = skip.match(text, at)
        at = match.end() if match else at
        try:
            element, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(element)
    if not found:
        raise UnreadableExport(f"{path} is no valid JSON: {error}.")
    table = _objects(enumerate(found, start=1), path)
    table.faults.append(Fault(str(path), len(found) + 1, f"the JSON breaks here, what follows was not read: {error}"))
    return table


def _objects(elements: Any, path: Path) -> Table:
    columns: dict[str, None] = {}
    rows: list[tuple[int, dict[str, Any]]] = []
    faults: list[Fault] = []
    for line, element in elements:
        if isinstance(element, dict):
            columns.update(dict.fromkeys(element))
            rows.append((line, element))
        else:
            faults.append(Fault(str(path), line, f"expected an object with named fields, found {type(element).__name__}"))
    return Table(list(columns), rows, faults)


# --- CSV -----------------------------------------------------------------------------------------------------------------


def _csv(text: str, path: Path) -> Table:
    csv.field_size_limit(MAX_CELL)
    faults: list[Fault] = []
    cells = _csv_rows(text, path, faults)
    header: list[str] = []
    for _, row in cells:
        if any(cell.strip() for cell in row):
            header = row
            break
    while header and not header[-1].strip():
        header.pop()
    columns = _unique(header)
    rows: list[tuple[int, dict[str, Any]]] = []
    for line, row in cells:
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(columns) :]):
            faults.append(Fault(str(path), line, f"{len(row)} cells where the header has {len(columns)}"))
            continue
        rows.append((line, dict(zip(columns, row, strict=False))))
    return Table(columns, rows, faults)


def _csv_rows(text: str, path: Path, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    lines = io.StringIO(text, newline="").readlines()
    lines = [line.replace("\0", "") for line in lines]
    delimiter = _delimiter(lines)
    at = 0
    while at < len(lines):
        reader = csv.reader(lines[at:], delimiter=delimiter)
        before = 0
        restart = None
        while restart is None:
            try:
                row = next(reader, None)
            except csv.Error as e:
                faults.append(Fault(str(path), at + before + 1, f"broken row: {e}"))
                restart = at + before + 1
                break
            if row is None:
                return
            used = reader.line_num - before
            record = lines[at + before : at + reader.line_num]
            if used > 1 and (used > MAX_LINES_A_ROW or (at + reader.line_num == len(lines) and _open_quote(record, delimiter))):
                faults.append(Fault(str(path), at + before + 1, "a quote opens here and is never closed"))
                restart = at + before + 1
                break
            yield at + before + 1, row
            before = reader.line_num
        at = restart


def _open_quote(lines: list[str], delimiter: str) -> bool:
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as e:
        return "unexpected end" in str(e)
    return False


def _delimiter(lines: list[str]) -> str:
    """The separator that parts the header into most cells."""
    first = next((line for line in lines if line.strip()), "")
    return max(",\t;|", key=lambda d: (len(next(csv.reader([first], delimiter=d), [])), d == ","))


def _unique(header: list[str]) -> list[str]:
    """Column names on one line each; a repeated one gets `` (2)``, a nameless one its number."""
    seen: dict[str, int] = {}
    names = []
    for position, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
