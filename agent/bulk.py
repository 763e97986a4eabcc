"""One answer for each text of a file, however large: what ``kolony sentiment``, ``review`` and ``redact`` share."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .errors import KolonyError

PEEK = 64 * 1024
"""Bytes looked at to tell the encoding."""
LONGEST = 1 << 20
"""Characters of a line that are read; the rest of it is left out, and said."""

Answer = Callable[[Sequence[str]], Sequence[dict[str, Any]]]
"""One dictionary per text, in order."""
Show = Callable[[str, dict[str, Any]], str]


class Text(NamedTuple):
    """One text of a file, and where it stands."""

    line: int
    text: str
    fault: str = ""
    """Why there is no text here, in words; empty where there is one."""


def map_texts(file: str, answer: Answer, *, column: str | None = None, batch: int = 256, show: Show | None = None) -> int:
    """Print what ``answer`` says of each text, in order, batch by batch; progress goes to standard error.

    Every text in gives one line out; one that cannot be read gives ``{"error": …}``.

    Args:
        file: path, or ``-`` for standard input. ``.jsonl``/``.ndjson``: strings or objects; ``.csv``/``.tsv``: rows; else one text a line.
        column: the field or column with the text; default: ``text``, or the only column of a table.
        batch: texts handed to ``answer`` at once.
        show: the line printed for a text and its answer; default: the answer as JSON.

    Returns:
        Texts that could not be read.

    Raises:
        KolonyError: no such file, or it has no such column.
    """
    unread = 0
    with ExitStack() as stack:
        source = _open(file, stack)
        advance = stack.enter_context(_Progress(source, file))
        texts = _texts(source, Path(file).suffix.lower(), column)
        while some := list(islice(texts, batch)):
            answers = iter(answer([t.text for t in some if not t.fault]))
            for t in some:
                given = {"error": f"line {t.line}: {t.fault}"} if t.fault else next(answers)
                unread += bool(t.fault)
                print(show(t.text, given) if show and not t.fault else _one_line(given))
            sys.stdout.flush()
            advance(len(some))
    return unread


def _one_line(given: dict[str, Any]) -> str:
    """JSON, in what every reader of lines takes for one."""
    return re.sub("[\x85\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", json.dumps(given, ensure_ascii=False))


def _open(file: str, stack: ExitStack) -> io.BufferedReader:
    if file == "-":
        return stack.enter_context(io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), PEEK))
    try:
        return stack.enter_context(io.BufferedReader(io.FileIO(file), PEEK))
    except OSError as e:
        raise KolonyError(f"{file} cannot be read: {e.strerror}.", hint="Name a text, JSONL or CSV file, or - for standard input.") from e


def _texts(source: io.BufferedReader, kind: str, column: str | None) -> Iterator[Text]:
    # Lines end at \n and \r\n alone: U+2028 and form feeds stand inside posts.
    lines = io.TextIOWrapper(source, encoding=_encoding(source), errors="replace", newline="\n")
    if kind in (".csv", ".tsv"):
        return _rows(lines, "\t" if kind == ".tsv" else ",", column)
    numbered = enumerate(_lines(lines), 1)
    if kind in (".jsonl", ".ndjson"):
        return (_field(n, line, column or "text") for n, line in numbered)
    return (_whole(n, line) for n, line in numbered)


def _encoding(source: io.BufferedReader) -> str:
    head = source.peek(PEEK)[:PEEK]
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name
    try:
        # What was peeked at may end within a character.
        head[: -4 or None].decode("utf-8") if len(head) > 4 else head.decode("utf-8")
    except UnicodeDecodeError as e:
        if e.start < len(head) - 8:
            return "gb18030" if _decodes(head, "gb18030") else "utf-8"
    return "utf-8"


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError as e:
        return e.start >= len(head) - 4
    return True


def _lines(lines: io.TextIOWrapper) -> Iterator[str]:
    while line := lines.readline(LONGEST + 1):
        whole = line
        while len(line) > LONGEST and not line.endswith("\n"):
            line = lines.readline(LONGEST + 1)
        yield whole.removesuffix("\n").removesuffix("\r")


def _whole(n: int, line: str) -> Text:
    return Text(n, line) if len(line) <= LONGEST else Text(n, "", f"over {LONGEST:,} characters")


def _field(n: int, line: str, column: str) -> Text:
    if len(line) > LONGEST:
        return _whole(n, line)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Text(n, "", "no JSON")
    text = value.get(column) if isinstance(value, dict) else value
    return Text(n, text) if isinstance(text, str) else Text(n, "", f"no text in {column!r}")


def _rows(lines: io.TextIOWrapper, delimiter: str, column: str | None) -> Iterator[Text]:
    rows = csv.reader(lines, delimiter=delimiter)
    names = next(rows, [])
    wanted = column or ("text" if "text" in names else names[0] if len(names) == 1 else "")
    if wanted not in names:
        which = f"no column {wanted!r}" if wanted else "several columns and none is called 'text'"
        raise KolonyError(f"The table has {which}.", hint=f"Say which with --column; it has {', '.join(names) or 'none'}.")
    at = names.index(wanted)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as e:
            yield Text(rows.line_num, "", str(e))
            continue
        if row:
            yield Text(rows.line_num, row[at]) if at < len(row) else Text(rows.line_num, "", f"no column {wanted!r}")


class _Progress:
    """A bar over the bytes of a file, a counter over those of a pipe; nothing where standard error is no terminal."""

    def __init__(self, source: io.BufferedReader, file: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._source = source
        size = Path(file).stat().st_size if source.seekable() and file != "-" else None
        columns = (TextColumn("{task.fields[done]:,} texts"), *((BarColumn(), TimeRemainingColumn()) if size else ()))
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=size, done=0)
        self._done, self._sized = 0, bool(size)

    def __enter__(self) -> Callable[[int], None]:
        self._bar.start()
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _advance(self, texts: int) -> None:
        self._done += texts
        # At the file's end the reader of its lines has closed it.
        at = self._source.tell() if self._sized and not self._source.closed else None
        self._bar.update(self._task, completed=at, done=self._done)
