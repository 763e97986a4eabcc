"""Cells to values: counts, money, shares, times as exports write them. What cannot be read raises ``ValueError`` saying so."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

EMPTY = frozenset(("", "-", "--", "—", "–", "/", "null", "none", "nan", "n/a", "na", "nil", "undefined", "未知", "无", "暂无", "\\n"))
_UNITS = {
    "k": 1e3,
    "千": 1e3,
    "w": 1e4,
    "万": 1e4,
    "萬": 1e4,
    "m": 1e6,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "億": 1e8,
    "b": 1e9,
    "bn": 1e9,
}
_NUMBER = re.compile(r"([+-]?\d[\d,' ]*(?:\.\d+)?|\.\d+)(?:e([+-]?\d+))?\s*(百万|千万|bn|[kwmb千万萬亿億])?\s*\+?")
# Longer signs first: `US$` and `HK$` end in `$`, 美元 and 日元 in 元.
_SIGNS = (
    ("HKD", r"hk\$|hkd|港[元币]"), ("TWD", r"nt\$|twd|新?台币"), ("SGD", r"(?<!u)s\$|sgd|新加坡元"), ("AUD", r"a\$|aud|澳元"),
    ("CAD", r"ca?\$|cad|加元"), ("BRL", r"r\$|brl"), ("USD", r"us\$|usd|美[元金刀]"), ("EUR", r"eur|€|欧元"), ("GBP", r"gbp|£|英镑"),
    ("KRW", r"krw|₩|韩元"), ("INR", r"inr|₹"), ("JPY", r"jpy|日?円|日元|yen"), ("CNY", r"rmb|cny|人民币|¥|元|yuan"), ("USD", r"\$"),
)  # fmt: skip
_CODES = frozenset(
    re.findall(
        "[A-Z]{3}",
        "AED ARS AUD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KRW MOP MXN MYR NGN NOK NZD PEN PHP PLN RON RUB SAR "
        "SEK SGD THB TRY TWD UAH USD VND ZAR",
    )
)
_EARLIEST, _LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def text(cell: Any) -> str:
    """A cell as text: no NUL, no half surrogates, no blanks around it; empty for everything that means "nothing"."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (dict, list)):
        return json.dumps(cell, ensure_ascii=False)
    found = str(cell).replace("\0", "").replace("\ufeff", "").encode("utf-8", "replace").decode().strip()
    return "" if found.lower() in EMPTY else found


def count(cell: Any) -> int | None:
    """``1.2万`` → 12000, ``3.4K`` → 3400, ``1,234`` → 1234, ``10w+`` → 100000, ``-`` → ``None``."""
    number = _number(cell)
    if number is None:
        return None
    if number < 0:
        raise ValueError(f"{text(cell)[:40]!r} is below zero")
    return round(number)


def number(cell: Any) -> float | None:
    """A number with the same suffixes, not rounded."""
    return _number(cell)


def _number(cell: Any) -> float | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        found = float(cell)
    else:
        raw = unicodedata.normalize("NFKC", text(cell)).lower().strip()
        if raw in EMPTY:
            return None
        match = _NUMBER.fullmatch(raw)
        if not match:
            raise ValueError(f"{text(cell)[:40]!r} is no number")
        digits, exponent, unit = match.groups()
        found = float(re.sub(r"[,' ]", "", digits) + (f"e{exponent}" if exponent else "")) * _UNITS.get(unit or "", 1)
    if math.isnan(found):
        return None
    if abs(found) > 1e15:
        raise ValueError(f"{text(cell)[:40]!r} is too large")
    return found


def currency(words: str) -> str | None:
    """ISO 4217 code of the first currency sign or name in ``words``."""
    lowered = unicodedata.normalize("NFKC", words).lower().strip()
    if lowered.upper() in _CODES:
        return lowered.upper()
    return next((code for code, pattern in _SIGNS if re.search(pattern, lowered)), None)


def money(cell: Any) -> tuple[float, str | None] | None:
    """Amount and, if the cell names it, currency: ``¥350`` → (350, CNY), ``1.2万元`` → (12000, CNY)."""
    raw = text(cell)
    if not raw:
        return None
    code = currency(raw)
    bare = unicodedata.normalize("NFKC", raw).lower()
    for _, pattern in _SIGNS:
        bare = re.sub(pattern, "", bare)
    amount = _number(re.sub(r"/(条|篇|post|video)$|起$", "", bare.strip()).strip())
    if amount is None:
        return None
    if amount < 0:
        raise ValueError(f"{raw[:40]!r} is below zero")
    return amount, code


def percent(cell: Any) -> float | None:
    """The number in a share's cell, and nothing decided yet about its unit: ``57.46%`` and ``57.46`` → 57.46."""
    return _number(unicodedata.normalize("NFKC", text(cell)).rstrip("% "))


def time(cell: Any) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, ISO 8601, RFC 2822, ``2024年3月4日``. A time without a zone is UTC."""
    raw = unicodedata.normalize("NFKC", text(cell))
    if not raw or raw == "0":
        return None
    try:
        found = _time(raw)
    except (ValueError, OverflowError, OSError, TypeError, IndexError) as e:
        raise ValueError(f"{raw[:40]!r} is no time") from e
    found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    if not _EARLIEST <= found < _LATEST:
        raise ValueError(f"{raw[:40]!r} is no time between 1995 and 2100")
    return found


def _time(raw: str) -> datetime:
    if re.fullmatch(r"\d{8}", raw):
        return datetime.strptime(raw, "%Y%m%d").replace(tzinfo=UTC)
    if re.fullmatch(r"\d+(\.\d+)?", raw):
        seconds = float(raw)
        while seconds > 1e11:  # that many seconds are the year 5138: so it was a smaller unit
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    chinese = re.sub(
        r"\s+", " ", re.sub(r"[年月/.](?=\d)", "-", raw, count=2).replace("日", " ").replace("年", "").replace("月", "")
    ).strip()
    match = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]?(.*))?$", chinese)
    if match:
        year, month, day, rest = match.groups()
        rest = (rest or "").strip()
        return datetime.fromisoformat(f"{year}-{int(month):02}-{int(day):02}" + (f"T{_clock(rest)}" if rest else ""))
    try:
        return datetime.strptime(raw, "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return parsedate_to_datetime(raw)


def _clock(rest: str) -> str:
    hour, colon, after = rest.partition(":")
    return f"{hour.zfill(2)}{colon}{after}".replace(" +", "+").replace(" UTC", "+00:00")


def gender(cell: Any) -> Literal["female", "male"] | None:
    raw = text(cell).lower()
    if raw in ("f", "female", "woman", "w", "女", "女性", "♀"):
        return "female"
    return "male" if raw in ("m", "male", "man", "男", "男性", "♂") else None


def yes(cell: Any) -> bool | None:
    """Whether a cell says yes: a tick, 1, true, 是; ``None`` for an empty cell."""
    raw = text(cell).lower().removesuffix(".0")
    if raw in ("1", "true", "yes", "y", "t", "x", "✓", "✔", "√", "☑", "✅", "对", "是", "有", "已确认", "已核实"):
        return True
    if raw in ("0", "false", "no", "n", "f", "✗", "✘", "×", "☐", "❌", "否", "无", "没有", "未确认", "未核实"):
        return False
    if raw in ("", "-", "--", "null", "none", "nan", "n/a"):
        return None
    raise ValueError(f"{text(cell)!r} is neither yes nor no")


def words(cell: Any) -> tuple[str, ...]:
    """A list in a cell: JSON, or parted by commas, semicolons, bars or line ends; leading ``#`` dropped."""
    if isinstance(cell, str) and cell.strip().startswith("["):
        try:
            cell = json.loads(cell)
        except ValueError:
            cell = cell.strip().strip("[]").replace("'", "")
    parts = (
        [text(c.get("name") if isinstance(c, dict) else c) for c in cell]
        if isinstance(cell, list)
        else re.split(r"[,，;；|\n、]+", text(cell))
    )
    found = [part for raw in parts if (part := raw.strip().strip("#").strip())]
    if len(found) == 1 and " #" in found[0]:
        found = [w for w in re.split(r"\s*#\s*", found[0]) if w]
    return tuple(dict.fromkeys(found))


def shares(cell: Any) -> dict[str, float]:
    """Names with percentages, as fractions: lines of ``1 美食 9.81%``, ``beauty: 30%; food: 12%``, or a JSON object."""
    if isinstance(cell, str) and cell.strip().startswith("{"):
        try:
            cell = json.loads(cell)
        except ValueError:
            raise ValueError(f"{cell[:40]!r} is no list of shares") from None
    if isinstance(cell, dict):
        found = {text(k): float(v) for k, v in cell.items()}
        return {k: v / 100 for k, v in found.items()} if any(v > 1 for v in found.values()) else found
    lines = [line.strip() for line in re.split(r"[\n;；]+", text(cell)) if line.strip()]
    out: dict[str, float] = {}
    for line in lines:
        match = re.fullmatch(r"(?:\d+[\s.、]+)?(.+?)[\s:：]+([\d.]+)\s*(%?)", line)
        if not match:
            raise ValueError(f"{line[:40]!r} is no share")
        name, value, sign = match.groups()
        out[name] = round(float(value) / (100 if sign or float(value) > 1 else 1), 6)
    return out
