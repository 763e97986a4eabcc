"""What the packaged 135M-parameter model can do: say given facts in one or two sentences, after examples of just that.

It invents as soon as it is asked for more, so the rest of the post stays with the template writer, and a pitch is used
only when every word of it comes from the brief.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plugins.common.text import function_words
from plugins.content_writer.checks import faults
from plugins.content_writer.material import Material

SYSTEM = "You turn product facts into one or two short sentences. Use only the facts."
# Of trades no brief is likely to share, so that a word copied from them shows.
EXAMPLES = (
    ("Product: Lumo desk lamp\nFacts: three brightness levels; USB-C charging; $39", "The Lumo desk lamp: three brightness levels, USB-C charging, $39."),
    ("Product: Harbor Books\nFacts: 12 Pier Street; story hour on Sundays; open until 9pm", "Find Harbor Books at 12 Pier Street, open until 9pm. Sundays have story hour."),
)  # fmt: skip
MAX_TOKENS = 60
_TURNING = frozenset(("no", "not", "never", "without", "only", "until", "before", "after"))
_PLAIN = frozenset(
    [
        "meet",
        "visit",
        "stop",
        "come",
        "find",
        "check",
        "place",
        "time",
        "today",
        "day",
        "here's",
        "there's",
        "it's",
        "take",
        "look",
        "new-to-you",
        "plan",
        "note",
        "remember",
    ]
)


def most_tokens(facts: Sequence[str]) -> int:
    """Room to say the facts once: what goes on for longer has begun to invent, and is refused anyway."""
    return min(MAX_TOKENS, 16 + 2 * len(" ".join(facts).split()))


def grounded_pitch(text: str, material: Material) -> str:
    """The pitch cleaned up, or an empty string when a word or number of it is not in the brief, or a word got lost in a fact."""
    text = text.strip().strip('"“”').split("\n")[0].strip()
    text = _whole(text)
    # After an example with a lamp it writes "The Zubbly: …"; a brand by itself has no article.
    if material.brand:
        text = re.sub(rf"^The (?={re.escape(material.brand)}\b\s*[:,])", "", text)
    if not text or faults(text, material, longest=320):
        return ""
    stated = facts_in(text, material.facts)
    if len(stated) < min(2, len(material.facts)):
        return ""
    # A word of a fact that is not stated as a whole is a claim of its own ("no extra charge" out of "oat milk at no extra charge").
    known = set(_content(" ".join([material.brand, material.product, material.subject, material.place, *stated]))) | _PLAIN
    if any(w not in known for w in _content(text)) or len(_content(text)) > 2 * len(_content(" ".join(stated))) + 8:
        return ""
    return "\n".join([text, *(f if f.endswith((".", "!", "?")) else f + "." for f in material.facts if f not in stated)])


def facts_in(text: str, facts: Sequence[str]) -> list[str]:
    """The facts that a text states: their words in their order, with nothing but function words between them."""
    told = _content(text)
    return [f for f in facts if (need := _content(f)) and any(told[i : i + len(need)] == need for i in range(len(told) - len(need) + 1))]


def _content(text: str) -> list[str]:
    """Words and numbers in order, function words aside; `no`, `not` and the like are kept, for they turn a claim round."""
    found = re.findall(r"[\w$%]+", text.casefold().replace("’", "'").replace("'s", ""))
    return [w for w in found if w not in function_words() or w in _TURNING]


def _whole(text: str) -> str:
    """The text up to its last full sentence (the token limit may have cut it)."""
    end = max(text.rfind("."), text.rfind("!"), text.rfind("?"))
    return text[: end + 1]
