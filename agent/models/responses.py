"""Answers that models gave, kept so that the same question is not paid for twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from ..errors import KolonyError
from .spec import Answer, Call, ChatMessage

T = TypeVar("T")

MAX_ROWS = 20_000
MAX_BYTES = 64 * 2**20
"""Of messages and answers together, UTF-8."""
BUSY_MS = 2_000
"""Milliseconds to wait for another process that writes."""
_FORMAT = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS responses (
    key TEXT PRIMARY KEY, used INTEGER NOT NULL, bytes INTEGER NOT NULL, hits INTEGER NOT NULL DEFAULT 0,
    messages TEXT NOT NULL, answer TEXT NOT NULL, run TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS responses_used ON responses (used, bytes, hits);
"""


@dataclass(frozen=True)
class ResponseStats:
    """What the cache holds: answers, their size in bytes, and how often one of them was given again."""

    rows: int = 0
    bytes: int = 0
    hits: int = 0


def key(model: str, messages: Sequence[ChatMessage], call: Call) -> str | None:
    """SHA-256 over all that decides an answer, in hexadecimal; ``None`` where two answers may differ: sampling without a seed.

    ``model`` must tell apart what answers differently: name, address or path, number format.
    """
    if call.temperature > 0 and call.seed is None:
        return None
    how = {f.name: getattr(call, f.name) for f in fields(call) if f.compare}
    if call.temperature == 0:  # greedy: neither has a say
        del how["top_p"], how["seed"]
    try:
        # The schema keeps its order: constrained answers are written in it.
        asked = json.dumps([_FORMAT, model, list(messages), sorted(how.items(), key=lambda item: item[0])])
    except TypeError:  # a schema that is no JSON
        return None
    return hashlib.sha256(asked.encode()).hexdigest()


class Responses:
    """A bounded, least-recently-used cache of answers in an SQLite file. Threads and processes may share it.

    It holds the texts of calls, so it lies in the project's home and :meth:`forget` takes a text out of it. A file that is
    damaged is set aside (``<name>.corrupt``), one that cannot be used is done without; either is warned of once.

    Args:
        path: made with its folder on the first use.
        max_rows, max_bytes: beyond either, the answers not used for longest go.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self.path, self.max_rows, self.max_bytes = Path(path), max_rows, max_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._off = ""

    def key(self, model: str, messages: Sequence[ChatMessage], call: Call) -> str | None:
        """See :func:`key`."""
        return key(model, messages, call)

    def get(self, key: str) -> Answer | None:
        """The answer kept under ``key``."""
        return self.get_paid(key)[0]

    def get_paid(self, key: str) -> tuple[Answer | None, str]:
        """The answer kept under ``key``, and the run that paid for it."""

        def read(db: sqlite3.Connection) -> tuple[Answer | None, str] | None:
            row = db.execute("SELECT answer, run FROM responses WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            # Where another process writes for long, the answer is worth more than its place in the queue.
            db.execute("PRAGMA busy_timeout = 50")
            with suppress(sqlite3.OperationalError):
                db.execute("UPDATE responses SET used = (SELECT MAX(used) + 1 FROM responses), hits = hits + 1 WHERE key = ?", (key,))
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            return _answer(row[0]), row[1]

        return self._try(read, writes=False) or (None, "")

    def put(self, key: str, answer: Answer, messages: Sequence[ChatMessage], run: str = "") -> None:
        """Keep an answer of ``run``, and what was asked, so that :meth:`forget` finds it. It is on the disk when this returns."""
        asked, answered = json.dumps(list(messages), ensure_ascii=False), json.dumps(asdict(answer), ensure_ascii=False)
        size = len(asked.encode(errors="replace")) + len(answered.encode(errors="replace"))
        if size > self.max_bytes:
            return

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM responses WHERE key = ?", (key,))
            db.execute(
                "INSERT INTO responses (key, used, bytes, messages, answer, run) "
                "VALUES (?, (SELECT COALESCE(MAX(used), 0) + 1 FROM responses), ?, ?, ?, ?)",
                (key, size, asked, answered, run),
            )
            self._shrink(db)

        with suppress(UnicodeEncodeError):  # half a surrogate pair cannot be stored
            self._try(write)

    def forget(self, text: str) -> int:
        """Remove every entry whose messages or answer hold ``text`` (any case, any width); how many there were.

        The text is then gone from the file as well.

        Raises:
            KolonyError: the file cannot be read or written, so the text may still be in it.
        """
        wanted = _plain(text)
        if not wanted:
            raise ValueError("forget() wants a text; clear() removes everything.")

        def remove(db: sqlite3.Connection) -> int:
            rows = db.execute("SELECT key, messages, answer FROM responses")
            keys = [(k,) for k, *texts in rows if any(wanted in _plain(s) for t in texts for s in _strings(json.loads(t)))]
            db.executemany("DELETE FROM responses WHERE key = ?", keys)
            return len(keys)

        return self._erase(remove)

    def forget_holding(self, holds: Callable[[str], bool]) -> int:
        """Remove every entry of whose texts ``holds`` is true; how many there were. Errors as :meth:`forget`."""

        def remove(db: sqlite3.Connection) -> int:
            keys = _holding(db, holds)
            db.executemany("DELETE FROM responses WHERE key = ?", keys)
            return len(keys)

        removed = self._erase(remove)
        self._vacuum()
        return removed

    def count_holding(self, holds: Callable[[str], bool]) -> int:
        """How many entries :meth:`forget_holding` would remove."""
        return len(self._try(lambda db: _holding(db, holds), writes=False) or ()) if self.path.exists() else 0

    def prune(self) -> int:
        """Remove every entry and give the space back; how many there were. Errors as :meth:`forget`."""
        removed = self.clear()
        self._vacuum()
        return removed

    def _vacuum(self) -> None:
        from vectorstore.pages import scrub

        with self._lock:
            if self.path.exists():
                try:
                    scrub(self._open())
                except sqlite3.Error as e:
                    raise KolonyError(f"{self.path} could not be written anew ({e}).", hint="Stop other runs and try again.") from e

    def clear(self) -> int:
        """Remove every entry; how many there were. Errors as :meth:`forget`."""
        return self._erase(lambda db: db.execute("DELETE FROM responses").rowcount)

    def stats(self) -> ResponseStats:
        """What is kept, and how often it was of use."""
        if not self.path.exists():
            return ResponseStats()
        row = self._try(
            lambda db: db.execute("SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(SUM(hits), 0) FROM responses").fetchone(),
            writes=False,
        )
        return ResponseStats(*row) if row else ResponseStats()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._drop()

    def _shrink(self, db: sqlite3.Connection) -> None:
        rows, size = db.execute("SELECT COUNT(*), SUM(bytes) FROM responses").fetchone()
        while rows > self.max_rows or size > self.max_bytes:
            oldest, its_size = db.execute("SELECT used, bytes FROM responses ORDER BY used LIMIT 1").fetchone()
            db.execute("DELETE FROM responses WHERE used = ?", (oldest,))
            rows, size = rows - 1, size - its_size

    def _try(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = True) -> T | None:
        """Work on the file, in one transaction where it writes. Whatever is wrong with the file, the caller only goes without."""
        with self._lock:
            if self._off:
                return None
            try:
                return self._within(work) if writes else work(self._open())
            except sqlite3.OperationalError as e:
                if not _busy(e):
                    self._stop(e)
            except sqlite3.DatabaseError as e:
                self._set_aside(e)
            except OSError as e:
                self._stop(e)
        return None

    def _erase(self, work: Callable[[sqlite3.Connection], int]) -> int:
        with self._lock:
            if not self.path.exists():
                self._corrupt.unlink(missing_ok=True)
                return 0
            try:
                removed = self._within(work)
                with closing(self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")) as done:
                    if done.fetchone()[0]:
                        raise sqlite3.OperationalError("another process holds it")
                self._corrupt.unlink(missing_ok=True)
            except (sqlite3.Error, OSError, ValueError) as e:
                self._drop()
                raise KolonyError(
                    f"The answers kept in {self.path} could not be removed ({e}).",
                    hint="Stop other runs and try again, or delete the file.",
                ) from e
            return removed

    def _within(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._open()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        try:
            result = work(db)
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        db.execute("PRAGMA synchronous = NORMAL")  # how often an answer was of use may be lost with the power
        return result

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self.path.touch(mode=0o600)
            db = sqlite3.connect(self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA secure_delete = ON")
                db.executescript(_TABLE)
                if not any(column[1] == "run" for column in db.execute("PRAGMA table_info(responses)")):  # made by an earlier version
                    db.execute("ALTER TABLE responses ADD COLUMN run TEXT NOT NULL DEFAULT ''")
            except sqlite3.Error:
                db.close()
                raise
            self._connection = db
        return self._connection

    @property
    def _corrupt(self) -> Path:
        return self.path.with_name(self.path.name + ".corrupt")

    def _set_aside(self, e: Exception) -> None:
        self._drop()
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.path)) as db:
            if db.execute("PRAGMA quick_check").fetchone() == ("ok",):
                return  # another process has set it aside already
        try:
            self.path.replace(self._corrupt)
            for tail in ("-wal", "-shm"):
                self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        except OSError:
            self._stop(e)
            return
        warnings.warn(f"The cache of answers was damaged ({e}) and begins anew; the old file is {self._corrupt}.", stacklevel=4)

    def _stop(self, e: Exception) -> None:
        self._drop()
        self._off = str(e)
        warnings.warn(f"Answers are not kept: {self.path} cannot be used ({e}).", stacklevel=4)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _holding(db: sqlite3.Connection, holds: Callable[[str], bool]) -> list[tuple[str]]:
    rows = db.execute("SELECT key, messages, answer FROM responses")
    return [(k,) for k, *texts in rows if any(holds(s) for t in texts for s in _strings(json.loads(t)))]


def _busy(e: sqlite3.OperationalError) -> bool:
    return e.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@cache
def _form() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _answer(written: str) -> Answer | None:
    """The answer as it was put; ``None`` when the row is not of this form."""
    try:
        return _form().validate_python(json.loads(written))
    except ValueError:
        return None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from _strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from _strings(v)
