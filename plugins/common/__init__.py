"""What several built-in plugins share: topics, places, money and a creator's history. It registers no tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


def say(language: str, *, en: str, zh: str) -> str:
    """The sentence in the brief's language."""
    return zh if language == "zh" else en


def load_data(path: Path) -> Any:
    """A YAML data file that is shipped with a plugin."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def pattern_of(words: list[str]) -> str:
    """A regular expression for any of ``words``: whole words where Latin, anywhere in the text where Chinese.

    A code of two or three capitals (`TX`, `NYC`) must stand in capitals, so that "la" is not Los Angeles.
    """
    import re

    parts = []
    for word in sorted(set(words), key=len, reverse=True):
        escaped = re.escape(word).replace(r"\ ", r"\s*")
        if not word.isascii():
            parts.append(f"(?i:{escaped})")
        elif word.isupper() and len(word) <= 3:
            parts.append(rf"(?<![A-Za-z]){escaped}(?![A-Za-z])")
        else:
            parts.append(rf"(?i:(?<![A-Za-z]){escaped}(?:s|es)?(?![A-Za-z]))")
    return "|".join(parts)
