"""What a group is called: the concerns and topics that set it apart, in the reader's language; else its own words, quoted."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from agent import Post
from plugins.common.text import HAN, names_a_thing, say
from plugins.persona.concerns import Concern, concerns, say_the_same

Counts = dict[Concern, float]
"""How many authors speak of a concern, each counted by the share of their posts that do."""
LEAST = 3
"""Authors that must speak of something before it is said of the group."""


def spoken_of(posts: Sequence[Post]) -> list[list[Concern]]:
    """Per post, the concerns and topics that it names."""
    return [[c for c in concerns() if c.pattern.search(f"{p.body} {' '.join(p.hashtags)}")] for p in posts]


def set_apart(
    spoken: Sequence[Sequence[Concern]], weights: Sequence[float], authors: Sequence[str], inside: Sequence[bool], limit: int = 5
) -> list[Concern]:
    """Concerns of a group, those that set it apart from the other posts most first.

    Ranked by the log-odds of an author's post naming them, over its standard error, with an informative prior (Monroe, Colaresi
    & Quinn 2008). Where there are no other posts, the ones that most authors name.
    """
    who: dict[Concern, set[str]] = defaultdict(set)
    within: Counter[Concern] = Counter()
    beyond: Counter[Concern] = Counter()
    for found, weight, author, is_in in zip(spoken, weights, authors, inside, strict=True):
        for concern in found:
            (within if is_in else beyond)[concern] += weight  # type: ignore[assignment]
            if is_in:
                who[concern].add(author)
    n = sum(w for w, i in zip(weights, inside, strict=True) if i)
    m = sum(w for w, i in zip(weights, inside, strict=True) if not i)
    scored = []
    for concern, a in within.items():
        if len(who[concern]) < LEAST or a < 0.1 * n:
            continue
        lift = _log_odds(float(a), n, float(beyond[concern]), m) if m > 0 else float(a)
        if m <= 0 or lift > 0.0:
            scored.append((lift, concern.key, concern))
    # What is only a little more common here still says more to a reader than single words.
    scored = [x for x in scored if m <= 0 or x[0] > 1.0] or sorted(scored, key=lambda x: (-x[0], x[1]))[:2]
    chosen: list[Concern] = []
    for _, _, concern in sorted(scored, key=lambda s: (-round(s[0], 9), s[1])):
        if not any(say_the_same(concern, c) for c in chosen):
            chosen.append(concern)
    return chosen[:limit]


def words_apart(
    documents: Sequence[Sequence[str]], weights: Sequence[float], authors: Sequence[str], inside: Sequence[bool], limit: int = 60
) -> list[str]:
    """Words of a group, those that set it apart most first (as `set_apart`); only words of at least `LEAST` authors."""
    who: dict[str, set[str]] = defaultdict(set)
    within: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    for document, weight, author, is_in in zip(documents, weights, authors, inside, strict=True):
        for word in set(document):
            (within if is_in else beyond)[word] += weight  # type: ignore[assignment]
            if is_in:
                who[word].add(author)
    n = sum(w for w, i in zip(weights, inside, strict=True) if i)
    m = sum(w for w, i in zip(weights, inside, strict=True) if not i)
    scored = [(_log_odds(float(a), n, float(beyond[w]), m) if m > 0 else float(a), w) for w, a in within.items() if len(who[w]) >= LEAST]
    return [w for score, w in sorted(scored, key=lambda s: (-round(s[0], 9), s[1])) if m <= 0 or score > 0.5][:limit]


def _log_odds(a: float, n: float, b: float, m: float) -> float:
    prior = 0.1 * (a + b)
    odds = [math.log((x + prior) / max(total * 1.2 - x - prior, 0.5)) for x, total in ((a, n), (b, m))]
    return (odds[0] - odds[1]) / math.sqrt(1 / (a + prior) + 1 / (b + prior))


def name_of(language: str, apart: Sequence[Concern], terms: Sequence[str], only: bool) -> str:
    """The name of a group.

    Args:
        terms: its own words, for where no concern is known.
        only: whether it is the only group, so that nothing sets it apart.
    """
    labels = [c.named(language) for c in apart[:2]]
    if labels:
        if only:
            return say(
                language,
                f"Everybody who posts on this, mostly about {_and(language, labels)}",
                f"谈论该主题的人，最常提到{_and(language, labels)}",
            )
        return say(language, f"People who care about {_and(language, labels)}", f"关注{_and(language, labels)}的人")
    own = [t for t in terms if names_a_thing(t) and bool(HAN.search(t)) == (language == "zh")][:3]
    if own and not only:
        quoted = [say(language, f"“{t}”", f"“{t}”") for t in own]
        return say(language, f"People who post about {_and(language, quoted)}", f"常谈{'、'.join(quoted)}的人")
    return say(language, "Everybody who posts on this", "谈论该主题的人")


def _and(language: str, parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return say(language, f"{', '.join(parts[:-1])} and {parts[-1]}", f"{'、'.join(parts[:-1])}和{parts[-1]}")


def told_apart(names: Sequence[str], more: Sequence[Sequence[str]], language: str) -> list[str]:
    """The names, with what else sets a group apart (or a number) where two are alike, the order of their parts aside."""
    made: list[str] = []
    for i, name in enumerate(names):
        alike = any(sorted(name) == sorted(other) for other in (*names[:i], *made))
        for extra in more[i] if alike else ():
            longer = say(language, f"{name} ({extra})", f"{name}（{extra}）")
            if extra not in name and longer not in made:
                name = longer
                break
        n = 2
        plain = name
        while name in made:
            name, n = say(language, f"{plain} ({n})", f"{plain}（{n}）"), n + 1
        made.append(name)
    return made
