"""Artifacts and plans as tables for analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    import pandas


def frame(data: Mapping[str, Any], rows: str = "") -> pandas.DataFrame:
    """One row for each item of the list ``rows``; by default of the first list of records, and without one a single row.

    Nested fields become columns joined by an underscore (``candidate_name``, ``cost_amount``); lists stay lists.

    Raises:
        UsageError: pandas is not installed, or there is no such list.
    """
    try:
        import pandas
    except ImportError:
        raise UsageError("pandas is not installed, and to_frame() needs it.", hint="pip install 'kolony[notebook]'") from None
    lists = [name for name, value in data.items() if name not in ("evidence", "notes") and _records(value)]
    if rows and not isinstance(data.get(rows), list):
        raise UsageError(f"There is no list {rows!r} here.", hint=f"Lists of records: {', '.join(lists) or 'none'}.")
    name = rows or next(iter(lists), "")
    return pandas.json_normalize(list(data[name]) if name else [dict(data)], sep="_")


def _records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, Mapping) for x in value)
