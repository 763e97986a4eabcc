"""What servers put into answers: bodies in some charset, errors under status 200, waits in headers."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

from .refusals import Said, read_error


class UnderStatus200(Exception):
    """An error that came with status 200."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.message)
        self.said = said


def refuse_under_200(data: Any) -> None:
    """Raises:
    UnderStatus200: the body is an error's.
    """
    if isinstance(data, dict) and (data.get("error") or data.get("object") == "error") and not data.get("choices"):
        raise UnderStatus200(read_error(data))


def decoded(response: Any) -> bytes:
    """A body's bytes as UTF-8, out of the charset that it declares.

    Raises:
        ValueError: it is in none that is known.
    """
    body: bytes = response.content
    try:
        body.decode()
    except UnicodeDecodeError:
        try:
            return body.decode(response.charset_encoding or "ascii").encode()
        except (UnicodeDecodeError, LookupError):
            raise ValueError("in an unknown charset") from None
    return body


def load_json(body: bytes) -> Any:
    """Raises:
    ValueError: in words on what came instead of JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        start = body.lstrip()[:1]
        what = "empty" if not start else "a web page, not JSON" if start == b"<" else "not JSON, or cut off"
    raise ValueError(what)


def retry_after(headers: Any) -> float | None:
    """Seconds, from ``Retry-After`` in its two forms or ``retry-after-ms``."""
    try:
        if headers.get("retry-after-ms"):
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after")
        if not value:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
