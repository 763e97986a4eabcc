"""Drafts without a model over the sample's and (where present) the Dallas dessert creators' posts: what passes review, what is copied."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from plugin_world import make_context

from agent import Brief, Candidate, Creator, DraftSet, Pick, Slate, units
from plugins.common.compliance import review
from plugins.content_writer import _by_template, _draft, write_posts
from plugins.content_writer.jobs import plan_jobs
from plugins.content_writer.material import material_of
from plugins.content_writer.originality import likeness, runs_of, shingles
from plugins.content_writer.picker import Sheet
from plugins.content_writer.revise import ALIKE
from vectorstore import Store, open_store, read_exports

CREATORS = 6
FORMS: list[Any] = ["post", "script", "image_brief", "ad", "article", "replies"]
ROOT = Path(__file__).parent.parent
CASES = (
    (
        "sample, English", "instagram",
        Brief(request="sugar-free soda", brand="Zubbly", product="sugar-free soda", platforms=["instagram"], forms=FORMS, variants=2, topics=["soda"],
              facts=["zero sugar", "4 kcal per can", "brewed with real yuzu peel"], must_not_say=["healthy", "detox"]),
    ),
    (
        "sample, Chinese", "xiaohongshu",
        Brief(request="无糖气泡水上新", language="zh", brand="泡泡里", product="无糖气泡水", platforms=["xiaohongshu"], forms=FORMS, variants=2, topics=["气泡水"],
              facts=["0糖0脂", "每罐4千卡", "柚子皮真果汁"], must_not_say=["健康", "减肥"]),
    ),
)  # fmt: skip
DALLAS = Brief(
    request="为达拉斯的台式甜品店写文案", language="zh", brand="芋小满", product="台式甜品店", platforms=["xiaohongshu"], forms=FORMS, variants=2,
    topics=["甜品", "探店"], creator_locations=["达拉斯"], facts=["地址在2540 Old Denton Rd", "每天11:00到22:00营业", "招牌芋圆豆花8.5美元"], must_not_say=["网红"],
)  # fmt: skip


def fill(store: Store, paths: list[Path]) -> None:
    """Twelve posts of each of the first creators that have any: what a voice is measured on, and quick to embed."""
    read = read_exports(paths)
    for platform in ("instagram", "xiaohongshu"):
        own: dict[str, list[Any]] = {}
        for post in (p for p in read.posts if p.platform == platform):
            own.setdefault(post.creator_id, []).append(post)
        chosen = list(own)[:CREATORS]
        store.upsert(posts=[p for id in chosen for p in own[id][:12]], creators=[c for c in read.creators if c.id in chosen])


def slate_of(creators: list[Creator]) -> Slate:
    picks = [Candidate(creator=c.id, name=c.name or c.handle, platform=c.platform, score=1.0) for c in creators]
    return Slate(picks=[Pick(candidate=c, format="image", posts=1, value=1.0) for c in picks])


def longest_run(texts: list[str], others: list[str], known: str) -> int:
    """Most words (characters in Chinese) in a row that a text shares with another's, the brief's own words aside."""
    size = 1
    while size < 30:
        size += 1
        free = runs_of([known], size)
        if not (runs_of(texts, size) - free) & runs_of(others, size):
            return size - 1
    return size


def row(name: str, store: Store, brief: Brief, platform: str) -> str:
    creators = [c for c in store.creators() if c.platform == platform][:CREATORS]
    slate = slate_of(creators)
    with tempfile.TemporaryDirectory() as folder:
        ctx = make_context(store, Path(folder))
        material = material_of(brief)
        jobs = plan_jobs(ctx, brief, slate, None, None, material).jobs
        others = [t for job in jobs for t in job.voice.texts]
        sheet = Sheet(material, "bench", others=runs_of(others))
        first = DraftSet(drafts=[_draft(brief, material, job, _by_template(sheet, job)) for job in jobs])
        began = time.perf_counter()
        made = asyncio.run(write_posts(ctx, brief, slate)).drafts
        seconds = time.perf_counter() - began
    passed = [sum(r.verdict == "pass" for r in review(brief, s).reviews) / len(s.drafts) for s in (first, DraftSet(drafts=made))]
    bodies = [d.body.removeprefix(d.disclosure) for d in made if d.form == "post"]
    grams = [tuple(u[i : i + 2]) for u in map(units, bodies) for i in range(len(u) - 1)]
    own = bodies
    for fact in brief.facts:
        own = [b.replace(fact, "") for b in own]
    pairs = [likeness(a, b) for a, b in itertools.combinations(map(shingles, own), 2)]
    alike = sum(p >= ALIKE for p in pairs) / max(1, len(pairs))
    told = statistics.mean(len([f for f in d.facts_used if f in brief.facts]) / len(brief.facts) for d in made)
    run_length = longest_run([d.body for d in made], others, material.known)
    return (
        f"| {name} | {len(made)} | {passed[0]:.0%} | {passed[1]:.0%} | {run_length} | {len(set(grams)) / max(1, len(grams)):.2f} | {alike:.1%} "
        f"| {told:.0%} | {seconds / len(made):.3f} |"
    )


def run() -> list[str]:
    """Markdown lines."""
    lines = [
        f"Template writer, {CREATORS} creators, six kinds of text, two versions of posts, scripts and ads.",
        "",
        "| data | drafts | pass review at first | after revision | longest run shared with a post (words or characters; limit 7) | distinct-2 of posts "
        "| near-copies among pairs of posts | facts stated | seconds per draft |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store")
        try:
            fill(store, [ROOT / "examples" / "sample"])
            lines += [row(name, store, brief, platform) for name, platform, brief in CASES]
        finally:
            store.close()
    return [*lines, *_dallas()]


def _dallas() -> list[str]:
    data = Path(os.environ.get("KOLONY_DATA", ROOT.parent / "shared" / "data")) / "xhs_koc"
    if not data.is_dir():
        return ["", "The Dallas dessert creators' posts are not there; skipped."]
    with tempfile.TemporaryDirectory() as folder:
        # Ten notes of each creator are what a voice is measured on; all 4,966 take minutes to embed.
        notes, kept = json.loads(gzip.decompress((data / "contents.json.gz").read_bytes())), dict[str, list[Any]]()
        for note in notes:
            if any(w in f"{note.get('title')}{note.get('desc')}" for w in ("甜品", "奶茶", "甜点", "蛋糕")):
                kept.setdefault(note["user_id"], []).append(note)
        some = [n for own in list(kept.values())[:CREATORS] for n in own[:10]]
        path = Path(folder) / "contents.json"
        path.write_text(json.dumps(some, ensure_ascii=False), encoding="utf-8")
        (Path(folder) / "creators.json").write_bytes((data / "creators.json").read_bytes())
        store = open_store(Path(folder) / "store")
        try:
            fill(store, [path, Path(folder) / "creators.json"])
            return [row(f"xhs_koc, Chinese ({len(some)} notes)", store, DALLAS, "xiaohongshu")]
        finally:
            store.close()


if __name__ == "__main__":
    print("\n".join(run()))
