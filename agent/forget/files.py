"""A creator's traces out of the files of runs: artifacts, events, reports, checkpoints, and whatever plugins wrote there."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectorstore.pages import scrub

from ..errors import KolonyError
from ..runs import CHECKPOINTS
from .traces import Traces

if TYPE_CHECKING:
    from ..artifacts import Artifact

_REPORTS = ("report.html", "report.md")
_LOCKS = (".lock",)
_CHAINED = ("approvals.jsonl", "approvals.head")


def holds(folder: Path, traces: Traces) -> bool:
    """Whether any file of a run's folder holds a trace."""
    return any(_in_file(p, traces) for p in _files(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(
        p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and p.suffix not in _LOCKS and not p.name.startswith(CHECKPOINTS)
    )


def _in_file(path: Path, traces: Traces) -> bool:
    text = _text(path)
    if text is None:
        data = path.read_bytes()
        return any(i.encode(e) in data for i in traces.ids for e in ("utf-8", "utf-16-le", "utf-16-be"))
    if path.suffix in (".json", ".jsonl"):
        return any(_in_value(v, traces) for v in _values(text))
    return traces.within(text)


def _in_value(value: Any, traces: Traces) -> bool:
    return bool(traces.value(value) != value)


def _values(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except ValueError:
        out: list[Any] = []
        for line in text.splitlines():
            try:
                out.append(json.loads(line))
            except ValueError:
                out.append(line)
        return out


def _text(path: Path) -> str | None:
    data = path.read_bytes()
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def clean_run(folder: Path, traces: Traces, types: Mapping[str, type[Artifact]], at: datetime) -> bool:
    """Take the traces out of a run's files; whether its report could be written anew, where it had one. Data and events lose them in place, reports are written anew and say so; contents that
    approvals were given for, and files that are no text, go as a whole where they hold a trace."""
    for path in _files(folder):
        if path.name in _REPORTS or not _in_file(path, traces):
            continue
        text = _text(path)
        if text is None or path.parent.name == "approvals" or path.name in _CHAINED or path.suffix == ".eml":
            _remove(path)
        elif path.suffix in (".json", ".jsonl"):
            _write(path, _cleaned(path, text, traces, at))
        else:
            _write(path, traces.clean(text))
    for path in sorted(folder.rglob("*"), key=lambda p: -len(p.parts)):
        if traces.within(path.name):
            path.rename(path.with_name(traces.clean(path.name)))
    return _report_anew(folder, types)


def _cleaned(path: Path, text: str, traces: Traces, at: datetime) -> str:
    values = [traces.value(v) for v in _values(text)]
    if path.suffix == ".jsonl":
        return "".join((v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)) + "\n" for v in values)
    if path.name in ("run.json", "report.json") and isinstance(values[0], dict):
        _say(values[0], at)
    return json.dumps(values[0], ensure_ascii=False, indent=1) + "\n"


def _say(data: dict[str, Any], at: datetime) -> None:
    """Put the notice into a run's problems, once per day."""
    zh = str((data.get("brief") or {}).get("language", "")).startswith("zh")
    message = (
        f"{at:%Y-%m-%d} 应本人要求，已从本报告中删除一位创作者的姓名、账号、链接与文字；其数字仍以代号保留，以便合计不变。"
        if zh
        else f"On {at:%Y-%m-%d} a creator was erased from this report at their request: name, account, links and words. "
        "The figures stay under a code, so that the totals still add up."
    )
    notice = {"where": "privacy", "message": message, "mend": "", "severity": "warning"}
    if notice not in data.setdefault("problems", []):
        data["problems"].append(notice)


def _report_anew(folder: Path, types: Mapping[str, type[Artifact]]) -> bool:
    from ..report import read_report, write_report

    source = folder / "report.json"
    written = [folder / name for name in _REPORTS if (folder / name).exists()]
    if not source.exists():
        for path in written:
            _remove(path)
        return not written
    try:
        write_report(read_report(source, types), folder)
        return True
    except (KolonyError, ValueError, TypeError, KeyError, AttributeError):
        # The data is clean; a page that cannot be made from it any more must not stay as it was.
        for path in written:
            _remove(path)
        return False


def _write(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def clean_checkpoints(path: Path, traces: Traces) -> int:
    """Take the traces out of LangGraph's SQLite checkpoints; how many rows held some.

    Raises:
        KolonyError: the file cannot be written, or another process reads it.
    """
    return _checkpoints(path, lambda value: traces.value(value))


def in_checkpoints(path: Path, traces: Traces) -> int:
    """How many rows of LangGraph's SQLite checkpoints hold a trace."""
    return _checkpoints(path, lambda value: traces.value(value), write=False)


def _checkpoints(path: Path, change: Callable[[Any], Any], *, write: bool = True) -> int:
    if not path.exists():
        return 0
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    serde, changed = JsonPlusSerializer(), 0
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as db:
            known = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if write:
                db.execute("PRAGMA secure_delete = ON")
            for table, column in (("checkpoints", "checkpoint"), ("writes", "value")):
                if table not in known:
                    continue
                for row, type_ in db.execute(f"SELECT rowid, type FROM {table}").fetchall():  # noqa: S608
                    blob = db.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()[0]  # noqa: S608
                    value = serde.loads_typed((type_, blob))
                    clean = change(value)
                    if clean != value:
                        changed += 1
                        if write:
                            db.execute(f"UPDATE {table} SET type = ?, {column} = ? WHERE rowid = ?", (*serde.dumps_typed(clean), row))  # noqa: S608
            if write:
                scrub(db)
    except sqlite3.Error as e:
        raise KolonyError(
            f"The checkpoints in {path} could not be cleaned: {e}.", hint="Stop running campaigns, then forget the creator again."
        ) from e
    return changed
