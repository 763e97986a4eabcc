"""The visible text of an HTML page, as lines of Markdown with the numbers they have in the file."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = frozenset(
    ["script", "style", "nav", "noscript", "template", "svg", "head", "footer", "form", "button", "select", "iframe", "object"]
)
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "source", "wbr", "col", "area", "base", "embed", "track"])
_BREAKS = frozenset(
    ["p", "div", "section", "article", "ul", "ol", "table", "dl", "dd", "dt", "blockquote", "main", "header", "details", "summary"]
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\D|$)", re.I)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, str]] = []
        self._words, self._start, self._prefix = "", 1, ""
        self._open: list[tuple[str, bool]] = []
        """Open elements, each with whether its text is shown."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = tag in _SILENT or "hidden" in given or given.get("aria-hidden") == "true" or _HIDDEN.search(given.get("style") or "")
        self._break(tag)
        if tag not in _VOID:
            self._open.append((tag, not hidden and self._shown))
        if re.fullmatch(r"h[1-6]", tag):
            self._prefix = "#" * int(tag[1]) + " "
        elif tag == "dt":
            self._prefix = "#### "
        elif tag == "li":
            self._prefix = "- "
        elif tag in ("td", "th"):
            self._words += " | " if self._words else "| "

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        at = next((i for i in range(len(self._open) - 1, -1, -1) if self._open[i][0] == tag), None)
        if at is not None:
            del self._open[at:]

    def handle_data(self, data: str) -> None:
        if self._shown and data.strip():
            if not self._words.strip():
                self._start = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
            self._words += data

    @property
    def _shown(self) -> bool:
        return self._open[-1][1] if self._open else True

    def _break(self, tag: str) -> None:
        if tag in _BREAKS or tag in ("li", "br", "hr", "tr") or re.fullmatch(r"h[1-6]", tag):
            self.flush(blank=tag in _BREAKS or tag.startswith("h"))

    def flush(self, blank: bool = True) -> None:
        words = " ".join(self._words.split())
        if words.strip("| "):
            self.lines.append((self._start, self._prefix + words))
        if blank and self.lines and self.lines[-1][1]:
            self.lines.append((self.lines[-1][0], ""))
        if words:
            self._words, self._prefix = "", ""


def lines(page: str) -> list[tuple[int, str]]:
    """(line number, text) of what a reader of the page sees; hidden elements and comments are left out."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.flush()
    return reader.lines
