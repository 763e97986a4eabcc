"""Texts inside a text: base64 and hexadecimal, which a model reads as easily as a person reads letters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress

_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,4096}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){7,2048}")


def inside(text: str) -> Iterator[tuple[str, int, int]]:
    """``(decoded, start, end)`` of every token that decodes to readable text."""
    for m in _TOKEN.finditer(text):
        for decoded in _decoded(m.group()):
            if decoded.isprintable() or "\n" in decoded:
                yield decoded, m.start(), m.end()


def _decoded(token: str) -> Iterator[str]:
    if _HEX.fullmatch(token):
        with suppress(UnicodeDecodeError):
            yield bytes.fromhex(token).decode()
    bare = token.rstrip("=")
    with suppress(binascii.Error, UnicodeDecodeError):
        yield base64.b64decode(
            bare + "=" * (-len(bare) % 4), altchars=b"-_" if "-" in bare or "_" in bare else None, validate=True
        ).decode()
