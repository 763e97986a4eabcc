"""Artifacts of types nobody here knows, laid out by their form: tables, lists and definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..artifacts import Artifact
from .numbers import NONE, Numbers
from .safe import clean
from .texts import Texts

_ROWS, _COLUMNS, _DEPTH = 200, 8, 6


@dataclass(frozen=True)
class Block:
    """``text``: a value. ``list``: items. ``table``: columns and rows of values. ``fields``: label and block."""

    kind: str
    text: str = ""
    items: list[Block] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    fields: list[tuple[str, Block]] = field(default_factory=list)
    more: int = 0


def layout(artifact: Artifact, t: Texts, f: Numbers) -> Block:
    """The artifact's own fields; evidence and notes are shown apart."""
    data = {k: v for k, v in artifact.model_dump(mode="json").items() if k not in ("evidence", "notes")}
    return _block(data, t, f, 0)


def _block(value: Any, t: Texts, f: Numbers, depth: int) -> Block:
    if depth >= _DEPTH and isinstance(value, Mapping | list):
        return Block("text", text=clean(value)[:500])
    if isinstance(value, Mapping) and value:
        shown = list(value.items())[:_ROWS]
        return Block("fields", fields=[(t.readable(clean(k)), _block(v, t, f, depth + 1)) for k, v in shown], more=len(value) - len(shown))
    if isinstance(value, list) and value:
        rows = value[:_ROWS]
        columns = _columns(rows)
        if columns:
            cells = [[scalar(row.get(c), t, f) for c in columns] for row in rows]
            return Block("table", columns=[t.readable(clean(c)) for c in columns], rows=cells, more=len(value) - len(rows))
        return Block("list", items=[_block(v, t, f, depth + 1) for v in rows], more=len(value) - len(rows))
    return Block("text", text=scalar(value, t, f))


def _columns(rows: list[Any]) -> list[str]:
    """The columns of a table, if every row is a mapping of plain values and the table is not too wide."""
    if not all(isinstance(r, Mapping) and r and not any(isinstance(v, Mapping | list) for v in r.values()) for r in rows):
        return []
    columns = list(dict.fromkeys(k for r in rows for k in r))
    return columns if len(columns) <= _COLUMNS else []


def scalar(value: Any, t: Texts, f: Numbers) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return t("yes" if value else "no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f.exact(value) if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, Mapping | list):
        return t("nothing")
    return clean(value) or NONE
