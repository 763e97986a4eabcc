"""Do the signals about accounts tell altered ones apart, and how often do they speak of real ones?

Real accounts of `xhs_koc`, each beside a copy with bought followers (20 times as many) or bought likes (about 800 on every post),
scored among the real ones. Nothing was chosen on these data; what is injected is crude, so the figures are an upper bound.
"""

from __future__ import annotations

import os
import random
import statistics
from collections import defaultdict
from pathlib import Path

from agent import Post
from plugins.kol_search.authenticity import Peers
from plugins.kol_search.pool import Entry
from plugins.kol_search.safety import words_in
from vectorstore import read_exports

TIMES, LIKES = 20, 800


def altered(entry: Entry, how: str, rng: random.Random) -> Entry:
    """A copy of an account with followers or likes as if bought."""
    assert entry.creator is not None
    if how == "followers":
        # Kept inside the band, so that its peers stay the same accounts.
        followers = min(9_900, (entry.creator.followers or 0) * TIMES)
        return Entry(entry.id + "-copy", entry.creator.model_copy(update={"followers": followers}), entry.posts)
    posts = [p.model_copy(update={"likes": LIKES + rng.randint(-20, 20)}) for p in entry.posts]
    return Entry(entry.id + "-copy", entry.creator, posts)


def separation(real: list[Entry], how: str) -> float:
    """Probability that an altered account scores below a real one (AUC)."""
    rng = random.Random(0)
    pairs = []
    for entry in real:
        copy = altered(entry, how, rng)
        peers = Peers([*real, copy], "en")
        low = peers.point(copy)
        pairs += [(low, high) for e in real if (high := peers.point(e)) is not None and low is not None]
    return statistics.fmean((low < high) + 0.5 * (low == high) for low, high in pairs)


def run() -> list[str]:
    """Markdown lines."""
    data = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
    if not data.is_dir():
        return [f"SKIPPED: {data} is not there (set KOLONY_DATA)."]
    read = read_exports([data])
    posts: dict[str, list[Post]] = defaultdict(list)
    for post in sorted(read.posts, key=lambda p: str(p.created_at), reverse=True):
        posts[post.creator_id].append(post)
    real = [Entry(c.id, c, posts[c.id]) for c in read.creators]
    peers = Peers(real, "en")
    scores = [peers.scores(e) for e in real]
    whole = [e for e in real if e.creator and e.creator.followers and len(e.posts) >= 8]
    flagged = sum(bool(words_in(f"{p.title} {' '.join(p.hashtags)} {p.text}")) for p in read.posts)
    return [
        "| what | measured |",
        "|---|---|",
        *(
            f"| bought {how}: altered accounts score below real ones (AUC, {len(whole)} accounts) | {separation(whole, how):.2f} |"
            for how in ("followers", "likes")
        ),
        f"| real accounts: signals far from usual | {sum(v < 0.5 for s in scores for v in s.values())} of {sum(map(len, scores))} |",
        f"| real accounts with at least one | {sum(any(v < 0.5 for v in s.values()) for s in scores)} of {len(real)} |",
        f"| real accounts without enough data | {sum(peers.point(e) is None for e in real)} of {len(real)} |",
        f"| real posts with a brand-safety word | {flagged} of {len(read.posts):,} ({flagged / len(read.posts):.2%}) |",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
