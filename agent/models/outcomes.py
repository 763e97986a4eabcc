"""What became of models' answers: how often they passed their check, how long they took, what they cost."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from .policy import posterior

MEMORY = 200
"""Outcomes of one row after which older ones count half, so that a model that has changed is judged by what it does now."""
_TABLE = """CREATE TABLE IF NOT EXISTS outcomes (
    model TEXT, task TEXT, language TEXT, quality REAL, passed REAL DEFAULT 0, failed REAL DEFAULT 0, answers INTEGER DEFAULT 0,
    seconds REAL DEFAULT 0, tokens_out INTEGER DEFAULT 0, usd REAL DEFAULT 0, threshold REAL, passed_over INTEGER DEFAULT 0,
    PRIMARY KEY (model, task, language))"""
_ALL = "SELECT model, task, language, quality, passed, failed, answers, seconds, tokens_out, usd, threshold, passed_over FROM outcomes"


@dataclass(frozen=True)
class OutcomeRow:
    """One model's record on one task in one language. ``seconds``, ``tokens_out`` and ``usd`` are means per answer."""

    model: str
    task: str
    language: str
    passed: float = 0.0
    """Answers that passed their check; older ones may count half."""
    failed: float = 0.0
    answers: int = 0
    seconds: float = 0.0
    tokens_out: float = 0.0
    usd: float = 0.0
    pass_rate: float = 0.5
    """Expected share of answers that pass: mean of the Beta posterior whose prior is the model's ``quality`` setting."""
    threshold: float | None = None
    """Pass rate from which asking this model first is worth it, as of the last decision; ``None``: nothing was to be saved."""
    passed_over: int = 0
    """Calls since it was last tried, in which it was below its threshold."""


class Outcomes:
    """The record. Thread-safe; several processes may share the file. Nothing here ever stops a run: a broken file is set aside.

    Args:
        path: SQLite file, made when there is something to record; ``None``: kept in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str, str], OutcomeRow] | None = None
        self._db: sqlite3.Connection | None = None
        self._quality: dict[str, float] = {}
        self._sizes: dict[tuple[str, str], tuple[int, float]] = {}

    def prior(self, model: str, quality: float) -> None:
        """State what is expected of a model before anything is recorded."""
        self._quality[model] = quality

    def row(self, model: str, task: str, language: str) -> OutcomeRow | None:
        """What is recorded, or ``None``. Quick: no file is touched after the first time."""
        rows = self._rows
        if rows is None:
            with self._lock:
                rows = self._load()
        return rows.get((model, task, language))

    def typical(self, task: str, language: str) -> float | None:
        """Tokens of an answer to such calls, by all models; ``None`` when none is recorded. Quick."""
        self.row("", task, language)  # read the file, the first time
        answers, tokens = self._sizes.get((task, language), (0, 0.0))
        return tokens / answers if answers else None

    def rows(self) -> list[OutcomeRow]:
        """Everything recorded, also by other processes meanwhile."""
        with self._lock:
            if self._path is not None:
                self._rows = None
            return sorted(self._load().values(), key=lambda r: (r.task, r.language, r.model))

    def record(
        self, model: str, task: str, language: str, passed: bool | None, seconds: float, tokens_out: int, usd: float
    ) -> None:  # fmt: skip
        """Note one answer. ``passed`` is ``None`` where nobody checked it: its time and price count, its quality does not."""
        self._change(
            model, task, language, good=passed is True, bad=passed is False, answers=1, seconds=seconds, tokens=tokens_out, usd=usd
        )

    def failed(self, model: str, task: str, language: str) -> None:
        """Note that a model gave no answer that is valid against the call's schema, at all."""
        self._change(model, task, language, bad=True)

    def decided(self, model: str, task: str, language: str, threshold: float | None, passed_over: bool) -> None:
        """Note a decision: the threshold it applied, and whether the model was left out for being below it."""
        row = self.row(model, task, language)
        if row and not (passed_over or row.passed_over) and _close(row.threshold, threshold):
            return  # nothing that would be worth a write
        self._change(model, task, language, threshold=threshold, over=passed_over)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _change(
        self, model: str, task: str, language: str, *, good: bool = False, bad: bool = False, answers: int = 0, seconds: float = 0.0,
        tokens: int = 0, usd: float = 0.0, threshold: float | None = None, over: bool | None = None,
    ) -> None:  # fmt: skip
        key = (model, task, language)
        with self._lock:
            rows = self._load()
            old = rows.get(key) or OutcomeRow(*key)
            keep = 0.5 if (good or bad) and old.passed + old.failed >= MEMORY else 1.0
            n = old.answers + answers
            new = replace(
                old,
                passed=old.passed * keep + good,
                failed=old.failed * keep + bad,
                answers=n,
                seconds=old.seconds + (seconds - old.seconds) * answers / max(1, n),
                tokens_out=old.tokens_out + (tokens - old.tokens_out) * answers / max(1, n),
                usd=old.usd + (usd - old.usd) * answers / max(1, n),
                threshold=old.threshold if over is None else threshold,
                passed_over=old.passed_over if over is None else old.passed_over + 1 if over else 0,
            )
            quality = self._quality.get(model, 0.5)
            rows[key] = replace(new, pass_rate=posterior(quality, new.passed, new.failed))
            self._sizes[key[1:]] = _plus(self._sizes.get(key[1:]), answers, tokens)
            if self._path is None:
                return
            try:
                with self._open() as db:  # one transaction
                    db.execute("INSERT OR IGNORE INTO outcomes (model, task, language) VALUES (?, ?, ?)", key)
                    # Added up in the file, so that two processes do not overwrite each other's.
                    db.execute(
                        "UPDATE outcomes SET quality = ?, passed = passed * ? + ?, failed = failed * ? + ?, answers = answers + ?,"
                        " seconds = seconds + ?, tokens_out = tokens_out + ?, usd = usd + ?, threshold = ?,"
                        " passed_over = ? WHERE model = ? AND task = ? AND language = ?",
                        (quality, keep, good, keep, bad, answers, seconds, tokens, usd, new.threshold, new.passed_over, *key),
                    )
            except (sqlite3.Error, OSError):
                self._set_aside()

    def _load(self) -> dict[tuple[str, str, str], OutcomeRow]:
        if self._rows is None:
            self._rows, self._sizes = {}, {}
            if self._path is not None and self._path.is_file():
                try:
                    for r in self._open().execute(_ALL):
                        row = self._rows[r[:3]] = _row(*r, prior=self._quality.get(r[0]))
                        self._sizes[r[1:3]] = _plus(self._sizes.get(r[1:3]), row.answers, row.tokens_out * row.answers)
                except (sqlite3.Error, OSError, TypeError):
                    self._set_aside()
        return self._rows

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            assert self._path is not None
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute(_TABLE)
            except sqlite3.Error:
                db.close()
                raise
            self._db = db
        return self._db

    def _set_aside(self) -> None:
        """Go on in memory; a file that is no database is renamed, so that the next run begins a new one."""
        path, self._path = self._path, None
        if self._db is not None:
            self._db.close()
            self._db = None
        if path is None:
            return
        try:
            broken = path.is_file() and not path.read_bytes()[:16].startswith(b"SQLite format 3")
            if broken:
                path.replace(path.with_name(path.name + ".broken"))
                self._path = path
        except OSError:
            pass


def _close(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) < 0.01


def _plus(size: tuple[int, float] | None, answers: int, tokens: float) -> tuple[int, float]:
    return (size[0] + answers, size[1] + tokens) if size else (answers, tokens)


def _row(
    model: str, task: str, language: str, quality: float | None, passed: float, failed: float, answers: int, seconds: float,
    tokens: int, usd: float, threshold: float | None, passed_over: int, *, prior: float | None,
) -> OutcomeRow:  # fmt: skip
    n = max(1, answers)
    expected = prior if prior is not None else 0.5 if quality is None else quality
    return OutcomeRow(
        model, task, language, passed, failed, answers, seconds / n, tokens / n, usd / n, posterior(expected, passed, failed), threshold,
        passed_over,
    )  # fmt: skip
