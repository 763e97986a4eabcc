"""From stored posts to three parts for training: cleaned, near-duplicates out, split by author and by time."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UsageError
from ..guard import redact

if TYPE_CHECKING:
    from vectorstore.records import Post

FEWEST = 40
"""Posts for training below which nothing is fitted; a part to evaluate on needs a fifth of that."""
LATE = 0.7
"""Share of the dated posts that lie before the cut in time."""
NEAR = 0.8
"""Estimated Jaccard similarity of five-character shingles from which two posts are one."""
_TAG = re.compile(r"#[^#\s\[\]]+(?:\[[^\[\]\n]{1,6}\])?#?")
_STICKER = re.compile(r"\[[^\[\]\n]{1,12}\]")
_LINK = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.\-]+")
_MASK = re.compile(r"\[(?:email|id_number|iban|card|phone|account|address|name)\]")


@dataclass(frozen=True)
class Example:
    """One post as the model reads it: what was asked for, and what its author wrote."""

    author: str
    platform: str
    subject: str
    text: str
    weight: float = 1.0
    """How often it is drawn, against the others: 1 for an author's least engaging post, 2 for the most engaging."""
    title: str = ""
    facts: tuple[str, ...] = ()
    """Clauses of the text that hold figures, two at most."""

    @property
    def whole(self) -> str:
        """As the writer expects an answer: the title, an empty line, the text."""
        return f"{self.title}\n\n{self.text}" if self.title else self.text


@dataclass
class Prepared:
    """Three parts without a common author, the first older than the other two, and how many posts each stage left."""

    language: str
    parts: dict[Literal["train", "validation", "test"], list[Example]]
    counts: list[tuple[str, int]] = field(default_factory=list)
    cut: str = ""
    """Time that training posts lie before and the others do not (ISO 8601)."""

    @property
    def authors(self) -> list[str]:
        """Ids of the creators whose posts are in any part."""
        return sorted({e.author for part in self.parts.values() for e in part})

    def card(self) -> str:
        """The data card, as Markdown."""
        rows = [f"| {stage} | {n:,} |" for stage, n in self.counts]
        parts = [f"| {name} | {len(p):,} | {len({e.author for e in p})} |" for name, p in self.parts.items()]
        return "\n".join(
            [
                "# Data card", "", f"Language: {self.language}. Training posts were published before {self.cut}, the others on or after it.",
                "No author is in two parts, so posts of test authors before the cut and of training authors after it are left out.", "",
                "| stage | posts left |", "|---|---:|", *rows, "", "| part | posts | authors |", "|---|---:|---:|", *parts, "",
                "Lines that held personal data were removed, and links, @mentions, stickers and hashtags. Near-duplicates: MinHash, "
                f"128 permutations of five-character shingles, Jaccard {NEAR}, before the split. Training draws posts with a weight "
                "from 1 to 2 by the rank of their engagement among their author's own.",
            ]
        )  # fmt: skip

    def data(self) -> dict[str, Any]:
        """The data card's figures."""
        parts = {name: {"posts": len(p), "authors": len({e.author for e in p})} for name, p in self.parts.items()}
        return {"language": self.language, "cut": self.cut, "stages": dict(self.counts), "parts": parts}


def prepare(posts: Sequence[Post], language: str, *, min_engagement: str = "", seed: int = 7) -> Prepared:
    """Clean and split ``posts``.

    Args:
        min_engagement: a number, or ``P75``: the percentile among an author's own posts.

    Raises:
        UsageError: too few posts, too few authors, none in the language, or an unusable ``min_engagement``.
    """
    counts = [("collected", len(posts))]

    def keep(stage: str, left: list[Post]) -> list[Post]:
        counts.append((stage, len(left)))
        return left

    kept = keep(f"in {language}", [p for p in posts if p.language == language])
    if posts and not kept:
        held = ", ".join(sorted({p.language or "unknown" for p in posts}))
        raise UsageError(f"No post is in {language!r}; the posts are in: {held}.", hint="Name one of these with --language.")
    kept = keep("dated", [p for p in kept if p.created_at is not None])
    kept = keep("engaging enough", _engaging(kept, min_engagement))
    texts = {p.id: clean(p.text) for p in kept}
    kept = keep("long enough, and words", [p for p in kept if _good(texts[p.id], language)])
    kept = keep("no near-duplicates", _distinct(kept, texts))
    authors = sorted({p.creator_id for p in kept})
    if len(authors) < 3:
        raise UsageError(
            f"The usable posts are by {len(authors)} author{'' if len(authors) == 1 else 's'}; training needs at least 3.",
            hint="One author's words cannot be held out from that author's training: collect posts of more authors.",
        )
    times = sorted(p.created_at for p in kept if p.created_at)
    cut = times[int(LATE * (len(times) - 1))]
    late = {a: sum(p.creator_id == a and p.created_at is not None and p.created_at >= cut for p in kept) for a in authors}
    random.Random(seed).shuffle(authors)
    # Prolific authors stay in training, so that a part is never one voice, unless there is nobody else to hold out.
    few = sum(late.values()) / 4
    authors.sort(key=lambda a: late[a] if late[a] > few else 0)
    home: dict[str, Literal["train", "validation", "test"]] = {}
    for part, spare in (("test", 2), ("validation", 1)):
        have = 0
        for a in authors:
            if a in home or not late[a] or (late[a] > few and have) or len(home) >= len(authors) - spare:
                continue
            home[a] = "test" if part == "test" else "validation"
            have += late[a]
            if have >= 0.15 * sum(late.values()):
                break
    ranks = _ranks(kept)
    parts: dict[Literal["train", "validation", "test"], list[Example]] = {"train": [], "validation": [], "test": []}
    for p in sorted(kept, key=lambda p: p.id):
        part_of = home.get(p.creator_id, "train")
        if p.created_at is not None and (p.created_at < cut) == (part_of == "train"):
            subject = ", ".join(list(p.hashtags)[:3]) or p.title[:40] or p.platform
            text, title = texts[p.id], clean(p.title).replace("\n", " ")
            parts[part_of].append(
                Example(
                    p.creator_id, p.platform, clean(subject) or p.platform, text, 1 + ranks[p.id],
                    "" if text.startswith(title) else title, _facts(text),
                )
            )  # fmt: skip
    counts.append(("in one of the three parts", sum(map(len, parts.values()))))
    short = {name: len(part) for name, part in parts.items() if len(part) < (FEWEST if name == "train" else FEWEST // 5)}
    if short:
        got = ", ".join(f"{n} for {name}" for name, n in short.items())
        raise UsageError(
            f"Too few posts are left: {got}; needed are {FEWEST} for training and {FEWEST // 5} each to validate and test on.",
            hint="Collect more posts, widen --from-posts, or lower --min-engagement. Left after each stage: "
            + ", ".join(f"{stage} {n}" for stage, n in counts) + ".",
        )  # fmt: skip
    return Prepared(language, parts, counts, cut.isoformat())


def clean(text: str) -> str:
    """``text`` without personal data, links, mentions, stickers and hashtags; lines that held personal data go as a whole."""
    lines = [line for line in redact(text).splitlines() if not _MASK.search(line)]
    cleaned = _STICKER.sub("", _TAG.sub("", _LINK.sub("", "\n".join(lines))))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+", " ", cleaned)).strip()


def _facts(text: str) -> tuple[str, ...]:
    clauses = (c.strip(" -–—·•") for c in re.split(r"[\n。！？!?；;，,]|\.\s", text))
    return tuple(dict.fromkeys(c for c in clauses if any(d.isdecimal() for d in c) and 4 <= len(c) <= 60))[:2]


def _good(text: str, language: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= (15 if language in ("zh", "ja", "ko") else 40) and 2 * letters >= len(text.replace(" ", ""))


def _ranks(posts: Sequence[Post]) -> dict[str, float]:
    """Post id to the rank of its engagement among its author's, 0 to 1; 0.5 where it is not known."""
    by: dict[str, list[int]] = defaultdict(list)
    for p in posts:
        if p.engagement is not None:
            by[p.creator_id].append(p.engagement)
    ranks = {}
    for p in posts:
        own = by[p.creator_id]
        ranks[p.id] = 0.5 if p.engagement is None or len(own) < 2 else sum(e < p.engagement for e in own) / (len(own) - 1)
    return ranks


def _engaging(posts: list[Post], least: str) -> list[Post]:
    if not least:
        return posts
    if found := re.fullmatch(r"[Pp](\d{1,2})", least):
        ranks = _ranks(posts)
        return [p for p in posts if p.engagement is not None and ranks[p.id] >= int(found[1]) / 100]
    if least.isdecimal():
        return [p for p in posts if p.engagement is not None and p.engagement >= int(least)]
    raise UsageError(f"--min-engagement {least!r} is neither a number nor a percentile.", hint="Write 500, or P75.")


def _distinct(posts: list[Post], texts: dict[str, str]) -> list[Post]:
    """One of each group of near-duplicates: the earliest."""
    from datasketch import MinHash, MinHashLSH

    index, kept = MinHashLSH(threshold=NEAR, num_perm=128), []
    for p in sorted(posts, key=lambda p: (p.created_at is None, p.created_at, p.id)):
        flat = re.sub(r"\W+", "", texts[p.id]).casefold()
        sketch = MinHash(num_perm=128, seed=1)
        sketch.update_batch([s.encode() for s in {flat[i : i + 5] for i in range(max(1, len(flat) - 4))}])
        if not index.query(sketch):
            index.insert(p.id, sketch)
            kept.append(p)
    return kept
