"""Text from data made harmless: for HTML, Markdown and Mermaid, and which links may be kept.

Posts, bios and models write whatever they like. Jinja2 escapes HTML; what escaping does not solve is here: control and
direction characters that hide or reorder text, links that run something, and Markdown, which has no escaping of its own.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

# C0 and C1 controls except tab and newline, lone surrogates, non-characters, and the bidirectional overrides and isolates that
# can show a text in another order than it has. Joiners stay: emoji and several scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_STACKED = re.compile("([\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20ff]{3})[\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20ff]+")
_URL_MAX = 2000


def clean(value: Any) -> str:
    """``value`` as text without characters that hide, reorder or pile up what is shown."""
    text = _BREAKS.sub("\n", str(value))
    return _STACKED.sub(r"\1", _UNWANTED.sub("", text))


def one_line(value: Any) -> str:
    return " ".join(clean(value).split())


def snippet(value: Any, length: int = 160) -> str:
    """The beginning of a text on one line, at most ``length`` characters."""
    text = one_line(value)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def safe_url(value: Any) -> str | None:
    """``value`` if it is an absolute http or https address with nothing odd about it, otherwise ``None``."""
    if not isinstance(value, str) or len(value) > _URL_MAX:
        return None
    url = value.strip()
    if clean(url) != url or re.search(r"[\s\\<>\"'`{}|^]", url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it raises ValueError when it is no number
    except ValueError:
        return None
    # A user name before the host (`https://bank.example@evil.example`) only serves to mislead.
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return url


class Md(str):
    """Markdown that is already safe to write as it stands."""

    __slots__ = ()


_MD_ENTITY = re.compile("&(?=[#A-Za-z])")
_MD_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_MD_LINE_START = re.compile(r"^(\s*)(#|[-+=:]|\d+(?=[.)](?:\s|$)))", re.M)
_MD_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|javascript|data|www)([:.])")


def md(value: Any) -> Md:
    """Plain text as one line of Markdown that renders as exactly that text, in a paragraph, list, heading or table cell."""
    if isinstance(value, Md):
        return value
    text = one_line(value)
    text = _MD_ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    text = _MD_SPECIAL.sub(r"\\\1", text)
    text = _MD_AUTOLINK.sub(lambda m: m[1] + ("&#58;" if m[2] == ":" else "&#46;"), text)
    text = text.replace("@", "&#64;")
    return Md(_MD_LINE_START.sub(_escape_start, text))


def _escape_start(match: re.Match[str]) -> str:
    space, mark = match.groups()
    # `1.` opens a list: the number stays, its dot or bracket is escaped.
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def md_block(value: Any) -> Md:
    """Text of several lines as a Markdown block quote, line by line."""
    lines = [md(line) for line in clean(value).split("\n")]
    return Md("\n".join(f"> {line}  ".rstrip(" ") + ("  " if line else "") for line in lines))


def md_link(text: Any, url: Any) -> Md:
    """A Markdown link, or the bare text when the address is not one to follow."""
    safe = safe_url(url)
    if safe is None:
        return md(text)
    return Md(f"[{md(text)}](<{quote(safe, safe=_URL_SAFE)}>)")


_URL_SAFE = ":/?#[]@!$&()*+,;=%~-._"


def mermaid_text(value: Any, length: int = 60) -> str:
    """Text for a quoted Mermaid label: everything but letters, digits and a few marks becomes an entity code."""
    return "".join(c if c.isalnum() or c in " _-.," else f"#{ord(c)};" for c in snippet(value, length))
