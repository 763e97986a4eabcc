"""The privacy wall: why a text must stay on this machine. Anything but a plain "it may leave" keeps it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

STEP = "the step's text must stay on this machine"


def why_private(text: str, language: str, guards: Sequence[Callable[[str, str], Any]] = ()) -> str:
    """Why ``text`` must not reach a remote model, or ``""``. It names the kind of data, never the data.

    Args:
        guards: plugins' guards (``register_guards``); whatever one finds keeps the text in, and so does one that fails.
    """
    if not text:
        return ""
    try:
        from ..guard import personal_data

        kinds = sorted({f.kind for f in personal_data(text)})
    except Exception as e:
        return f"the guard against personal data failed ({type(e).__name__}), so the text stays on this machine"
    if kinds:
        return f"the text holds personal data ({', '.join(kinds)}), so it stays on this machine"
    for guard in guards:
        try:
            found = next(iter(guard(text, language) or ()), None)
        except Exception as e:
            return f"a plugin's guard failed ({type(e).__name__}), so the text stays on this machine"
        if found is not None:
            return f"a plugin's guard found {getattr(found, 'rule', 'something')}, so the text stays on this machine"
    return ""


def words_of(schema: Any) -> Iterable[str]:
    """Every text in a JSON schema: titles, descriptions, examples, property names, allowed values, numbers."""
    if isinstance(schema, str):
        yield schema
    elif isinstance(schema, dict):
        for key, value in schema.items():
            yield str(key)
            yield from words_of(value)
    elif isinstance(schema, (list, tuple)):
        for value in schema:
            yield from words_of(value)
    elif isinstance(schema, (int, float)) and not isinstance(schema, bool):
        yield str(schema)
