"""Every word of the report that does not come from data, in English and Chinese. Keep the two columns equally careful."""

from __future__ import annotations

from ._texts_approvals import APPROVALS
from ._texts_body import BODY
from ._texts_creators import CREATORS
from ._texts_drafts import DRAFTS
from ._texts_effects import EFFECTS
from ._texts_frame import FRAME

TEXTS: dict[str, tuple[str, str]] = {**FRAME, **BODY, **CREATORS, **DRAFTS, **EFFECTS, **APPROVALS}


class Texts:
    """The texts of one language: ``texts("slate.title")``, ``texts("n.creators", n=3)``."""

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"
        self._column = 1 if self.language == "zh" else 0
        self.gap = "" if self.language == "zh" else " "  # between two sentences
        self.colon = "：" if self.language == "zh" else ": "

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``, filled in. With ``n=1`` its singular ``key.one`` is used where there is one.

        Raises:
            KeyError: no such text. (The report's own mistake; a test looks up every key that templates use.)
        """
        if str(values.get("n")) == "1" and f"{key}.one" in TEXTS:
            key = f"{key}.one"
        text = TEXTS[key][self._column]
        return text.format(**values) if values else text

    def word(self, group: str, name: object) -> str:
        """The text of ``group.name``, or the name itself, made readable, when it is not one of ours."""
        key = f"{group}.{name}"
        return TEXTS[key][self._column] if key in TEXTS else self.readable(str(name))

    def tool(self, name: str) -> str:
        return self.word("tool", name)

    def readable(self, name: str) -> str:
        """``price_basis`` as "Price basis": for names from third-party plugins, which no table holds."""
        words = name.replace("_", " ").strip()
        return words[:1].upper() + words[1:]
