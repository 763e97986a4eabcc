"""Brand documents to passages: Markdown, plain text, HTML, PDF, and tables (CSV, JSON, JSONL), each passage with its place."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UnreadableExport

LARGEST = 20 << 20
"""Bytes of a document that is read."""
LONGEST = 700
"""Characters of a passage: about what the embedder reads, and what a person would still call one passage."""

Line = tuple[int, str]


@dataclass(frozen=True)
class Piece:
    """One passage of a document. ``heading`` is the way down to it, outermost first; ``question`` that of a question and answer."""

    text: str
    line: int
    heading: tuple[str, ...] = ()
    question: str = ""


def pieces(path: Path) -> list[Piece]:
    """What a document says, in order.

    Raises:
        UnreadableExport: it is empty, too large, binary, or of a kind that is not read.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise UnreadableExport(f"{path}: brand material is read from {', '.join(SUFFIXES)} files.", hint="Save it as one of these.")
    size = path.stat().st_size
    if size > LARGEST:
        raise UnreadableExport(f"{path} has {size >> 20} MiB; a document may have {LARGEST >> 20}.", hint="Split it.")
    found = [p for p in read(path) if re.search(r"\w", p.text)]
    if not found:
        raise UnreadableExport(f"{path} holds no text.", hint="A scanned PDF must be turned into text first.")
    return found


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace").replace("\r\n", "\n")
    if b"\0" in raw[:65536]:
        raise UnreadableExport(f"{path} is a binary file, not text.", hint="Give the text itself.")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnreadableExport(f"{path} is neither UTF-8, UTF-16 nor GB18030 text.", hint="Save it as UTF-8.")


# --- running text

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ASKED = re.compile(r"(?:\*\*)?(?:Q(?:uestion)?\s*\d*|问(?:题)?\s*\d*)\s*[:：.、](?:\*\*)?\s*(?P<text>\S.*)", re.I)
_ANSWERED = re.compile(r"(?:\*\*)?(?:A(?:nswer)?|答(?:案)?)\s*\d*\s*[:：.、](?:\*\*)?\s*(?P<text>\S.*)", re.I)
_MARKS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_BULLET = re.compile(r"\s*(?:[-*+•·]|\d{1,2}[.)、])\s+")
_RULE = re.compile(r"\s*[-*_=]{3,}\s*$")
_SENTENCE = re.compile(r"(?<=[。！？!?；;])|(?<=\.)\s+(?=[A-Z\"“(])")
_COMMENT = re.compile(r"<!--.*?-->", re.S)


def _text(path: Path) -> Iterator[Piece]:
    source = _COMMENT.sub(lambda m: "\n" * m.group().count("\n"), _decoded(path))
    yield from _running(list(enumerate(source.split("\n"), 1)), plain=path.suffix.lower() == ".txt")


def _running(lines: list[Line], plain: bool = False) -> Iterator[Piece]:
    """Passages of text under headings. In ``plain`` text a short line by itself, in capitals or before a colon, is a heading."""
    heading: dict[int, str] = {}
    question, block = "", list[Line]()

    def flush() -> Iterator[Piece]:
        if block:
            yield from _passages(block, tuple(heading[k] for k in sorted(heading)), question)
            block.clear()

    for i, (number, line) in enumerate(lines):
        after = lines[i + 1][1] if i + 1 < len(lines) else ""
        title = _title(line, after, plain, not block)
        asked, answered = _ASKED.match(line.strip()), _ANSWERED.match(line.strip())
        if title is not None:
            yield from flush()
            level, words = title
            heading = {k: v for k, v in heading.items() if k < level} | {level: words}
            question = words if words.endswith(("?", "？")) else ""
        elif asked:
            yield from flush()
            question = _plain(asked["text"])
        elif answered and question:
            block.append((number, answered["text"]))
        elif not line.strip():
            # An answer may have several paragraphs; other paragraphs stand for themselves, but a list stays with what leads to it.
            if block and not question and not block[-1][1].rstrip().endswith((":", "：")):
                yield from flush()
        elif not _RULE.match(line):
            block.append((number, line))
    yield from flush()


def _title(line: str, after: str, plain: bool, at_start: bool) -> tuple[int, str] | None:
    m = _HEADING.match(line)
    if m:
        return len(m[1]), _plain(m[2])
    words = line.strip()
    if re.fullmatch(r"【[^】]{1,40}】", words):
        return 3, words.strip("【】")
    if not words or not at_start or len(words) > 60:
        return None
    if re.fullmatch(r"=+|-{3,}", after.strip()):
        return (1 if "=" in after else 2), _plain(words)
    if plain and not after.strip() and (words.isupper() or words.endswith((":", "：", "?", "？"))):
        return 3, words.rstrip(":：")
    return None


def _passages(block: list[Line], heading: tuple[str, ...], question: str) -> Iterator[Piece]:
    if sum(line.lstrip().startswith("|") for _, line in block) > 1:
        table = [(n, line) for n, line in block if line.lstrip().startswith("|")]
        rest = [(n, line) for n, line in block if not line.lstrip().startswith("|")]
        if rest:
            yield from _passages(rest, heading, question)
        rows = [(n, [_plain(c) for c in line.strip().strip("|").split("|")]) for n, line in table]
        yield from _rows([c for c in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in c[1])], heading)
        return
    said, start = "", block[0][0]
    for number, line in block:
        text = _plain(_BULLET.sub("", line) if _BULLET.match(line) else line)
        # A list's items and a line's sentences are cut from each other; wrapped lines are joined as they were written.
        for part in [text] if len(text) <= LONGEST else _SENTENCE.split(text):
            for piece in [part[i : i + LONGEST] for i in range(0, len(part), LONGEST)]:
                if said and len(said) + len(piece) > LONGEST:
                    yield Piece(said.strip(), start, heading, question)
                    said, start = "", number
                said += _joint(said, piece, bool(_BULLET.match(line))) + piece
    if said:
        yield Piece(said.strip(), start, heading, question)


def _joint(before: str, after: str, item: bool) -> str:
    if not before or not after:
        return ""
    if item:
        return "\n"
    return "" if max(before[-1], after[0]) >= "\u3000" else " "


def _plain(text: str) -> str:
    """Without Markdown's marks."""
    return " ".join(_LINK.sub(r"\1", _MARKS.sub(r"\2", text)).split())


# --- tables

_QUESTION = re.compile(r"(?:question|q|faq|query|title|问题?|提问|常见问题|标题)$", re.I)
_ANSWER = re.compile(r"(?:answer|a|reply|response|content|答案?|回答|回复|解答|内容)$", re.I)


def _csv(path: Path) -> Iterator[Piece]:
    text = _decoded(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as e:
            raise UnreadableExport(f"{path}, line {reader.line_num}: {e}.", hint="Mend the table.") from e
        if any(cell.strip() for cell in row):
            rows.append((start, [" ".join(c.split()) for c in row]))
        start = reader.line_num + 1
    yield from _rows(rows, ())


def _rows(rows: list[tuple[int, list[str]]], heading: tuple[str, ...]) -> Iterator[Piece]:
    if not rows:
        return
    names = rows[0][1]
    for number, cells in rows[1:]:
        yield from _record(dict(zip(names, cells, strict=False)), number, heading)


def _record(fields: dict[str, Any], line: int, heading: tuple[str, ...]) -> Iterator[Piece]:
    """A question and its answer, or a row as ``column: value`` pairs, under what its first column calls it."""
    values = {str(k): str(v).strip() for k, v in fields.items() if isinstance(v, (str, int, float)) and str(v).strip()}
    ask = next((k for k in values if _QUESTION.match(k)), "")
    answer = next((k for k in values if _ANSWER.match(k)), "")
    if ask and answer:
        yield Piece(values[answer], line, heading, values[ask])
    elif values:
        name = next(iter(values.values()))
        zh = any("\u4e00" <= c <= "\u9fff" for c in "".join(values))
        parts = ("：" if zh else ": ").join, ("；" if zh else "; ").join
        yield Piece(parts[1](parts[0](pair) for pair in values.items()), line, (*heading, name[:80]))


def _jsonl(path: Path) -> Iterator[Piece]:
    for number, line in enumerate(_decoded(path).split("\n"), 1):
        if line.strip():
            yield from _json_value(_parsed(line, path, number), number)


def _json(path: Path) -> Iterator[Piece]:
    value = _parsed(_decoded(path), path, None)
    if isinstance(value, dict):
        value = next((v for v in value.values() if isinstance(v, list)), [value])
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        yield from _json_value(item, number)


def _json_value(value: Any, number: int) -> Iterator[Piece]:
    if isinstance(value, dict):
        yield from _record(value, number, ())
    elif isinstance(value, str):
        yield Piece(value.strip()[:LONGEST], number)


def _parsed(text: str, path: Path, number: int | None) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        where = f", line {number}" if number else ""
        raise UnreadableExport(f"{path}{where}: this is no JSON ({e}).", hint="Mend it, or save it as text.") from e


# --- pages


def _html(path: Path) -> Iterator[Piece]:
    from .html_text import lines

    yield from _running(lines(_decoded(path)))


def _pdf(path: Path) -> Iterator[Piece]:
    """Text of a PDF; ``line`` is the page's number, and the heading says so."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings about sloppy files are nobody's concern here
    try:
        for number, page in enumerate(PdfReader(path).pages, 1):
            lines = [(number, line) for line in page.extract_text().split("\n")]
            for p in _running(lines, plain=True):
                yield Piece(p.text, number, (*p.heading, f"p. {number}"), p.question)
    except (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError) as e:
        raise UnreadableExport(f"{path} is no PDF that can be read: {e}.", hint="Save its text as Markdown or plain text.") from e


_READERS: dict[str, Callable[[Path], Iterator[Piece]]] = {
    ".md": _text, ".markdown": _text, ".txt": _text, ".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".json": _json,
    ".html": _html, ".htm": _html, ".pdf": _pdf,
}  # fmt: skip
SUFFIXES = tuple(_READERS)
