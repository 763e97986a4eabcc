"""`search_creators` over 100,000 generated posts and 5,000 creators: time of the whole tool, and recall against scoring everybody.

The posts are generated (seeded), their vectors are feature-hashed words (`HashedWords`), not the real embedder's: embedding 100,000
texts takes an hour of CPU and says nothing about the time of a search. Depth was chosen with seed 1; the table is of seed 2.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agent import Audience, Brief, Creator, Money, Post, Quote, Shortlist
from plugins.kol_search import search_creators
from vectorstore import AudienceStats, open_store
from vectorstore.e5_file import Floats

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from plugin_world import make_context

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)
CREATORS, POSTS, SEED = 5_000, 100_000, 2
WANTED = 50
COMMON = Path(__file__).parent.parent / "plugins" / "common"
CITIES = ("达拉斯", "Austin", "洛杉矶", "纽约", "上海", "北京", "成都", "伦敦", "Seattle", "Chicago", "广州", "多伦多")
FILLER_ZH = "今天 周末 朋友 一起 出门 天气 真的 心情 记录 生活 分享 推荐 排队 环境 老板 价格 惊喜 下次 再来 照片 时间 感觉 日常 工作 下班 路上 好久 终于".split()
FILLER_EN = "today weekend with friends really loved this place honest review morning after work finally tried again price staff photo daily time new little best week".split()


_WORD = re.compile(r"[a-z]{2,}|(?=[\u4e00-\u9fff]{2})..")


class HashedWords:
    """Feature hashing of words and Chinese character pairs (Weinberger et al. 2009) into 128 dimensions: cheap, deterministic."""

    name, dim = "hashed-words/128", 128

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self._hash = HashingVectorizer(n_features=self.dim, tokenizer=_WORD.findall, token_pattern=None, dtype=np.float32)

    def passages(self, texts: Sequence[str]) -> Floats:
        made: Floats = self._hash.transform(texts).toarray()
        made[:, 0] += 1e-3  # no text is nowhere
        return made

    queries = passages


def world(seed: int, creators: int = CREATORS, posts: int = POSTS) -> tuple[list[Creator], list[Post]]:
    """Creators of one to three topics, a city for most, followers and engagement log-normal; posts share out by a heavy tail."""
    rng = random.Random(seed)
    table = yaml.safe_load((COMMON / "topics.yaml").read_text(encoding="utf-8"))
    words = {name: ([w for w in e["words"] if not w.isascii()], [w for w in e["words"] if w.isascii()]) for name, e in table.items()}
    topics = sorted(words)
    shares = [rng.lognormvariate(0, 0.9) for _ in range(creators)]
    counts = [max(3, round(s / sum(shares) * posts)) for s in shares]
    people: list[Creator] = []
    written: list[Post] = []
    for i, count in enumerate(counts):
        platform = rng.choices(("xiaohongshu", "douyin", "instagram"), (6, 2, 2))[0]
        zh = platform != "instagram"
        own = rng.sample(topics, rng.choice((1, 1, 2, 2, 3)))
        city = rng.choice(CITIES) if rng.random() < 0.7 else None
        followers = int(rng.lognormvariate(8.2, 1.3)) + 50
        level = 0.6 * np.log(followers) - 1.0 + rng.gauss(0, 0.8)
        silent = rng.random() < 0.1
        start, gap = (rng.uniform(200, 600) if silent else rng.expovariate(1 / 15)), rng.lognormvariate(1.8, 0.7)
        id = f"{platform}:u{i}"
        people.append(
            Creator(
                id=id, platform=platform, handle=f"u{i}", name=f"u{i}", location=city if city and rng.random() < 0.5 else None,  # type: ignore[arg-type]
                bio=f"{city} {rng.choice(words[own[0]][0 if zh else 1] or ['life'])}" if city and rng.random() < 0.3 else "", language="zh" if zh else "en",
                followers=followers if rng.random() < 0.9 else None, following=int(rng.lognormvariate(5.5, 0.8)),
                quotes=(Quote(format="image", amount=round(followers**0.7 * rng.lognormvariate(0, 0.4)), currency="CNY", source=f"quotes.csv:{i + 2}"),)
                if rng.random() < 0.6 else (),
                audience=AudienceStats(female=rng.betavariate(4, 3), active=rng.betavariate(6, 5)) if rng.random() < 0.5 else None,
            )
        )  # fmt: skip
        for k in range(count):
            topic = rng.choice(own) if rng.random() < 0.75 else rng.choice(topics)
            stock = words[topic][0 if zh else 1] or words[topic][1 if zh else 0]
            about = rng.sample(stock, min(len(stock), rng.randint(1, 4)))
            filler = rng.choices(FILLER_ZH if zh else FILLER_EN, k=rng.randint(5, 14))
            body = [*filler, *about]
            rng.shuffle(body)
            where = [city] if city and rng.random() < 0.5 else []
            likes = int(np.exp(level + rng.gauss(0, 0.9)))
            written.append(
                Post(
                    id=f"{id}-{k}", platform=platform, creator_id=id, language="zh" if zh else "en", format="image",  # type: ignore[arg-type]
                    title=" ".join(([*where, rng.choice(about)]) if rng.random() < 0.6 else filler[:3]), text=("" if zh else " ").join(body),
                    hashtags=tuple([*where[:1], about[0]] if rng.random() < 0.5 else ()), created_at=NOW - timedelta(days=start + gap * k),
                    likes=likes, collects=likes // 4, comments=likes // 8, shares=likes // 20,
                )
            )  # fmt: skip
    return people, written


def briefs() -> list[Brief]:
    """Requests of both languages, with few and with many constraints."""
    zh: dict[str, Any] = {"language": "zh", "creator_count": 6}
    return [
        Brief(**zh, product="甜品店", platforms=["xiaohongshu"], topics=["甜品", "探店"], creator_locations=["达拉斯"], budget=Money(amount=3000, currency="CNY")),
        Brief(**zh, topics=["护肤", "敏感肌"], platforms=["xiaohongshu", "douyin"]),
        Brief(language="en", topics=["hiking", "camping"], creator_count=5),
        Brief(**zh, topics=["奶茶"], creator_locations=["上海"]),
        Brief(language="en", topics=["coffee"], platforms=["instagram"], creator_count=5, creator_tiers=["micro"]),
        Brief(**zh, topics=["健身", "减脂"], creator_tiers=["micro", "mid"], audience=Audience(gender="female")),
        Brief(language="en", topics=["skincare"], platforms=["instagram"], creator_locations=["Austin"]),
        Brief(**zh, topics=["旅行"], platforms=["douyin"], budget=Money(amount=500, currency="CNY")),
        Brief(**zh, topics=["宠物"], creator_locations=["北京"]),
        Brief(language="en", topics=["home decor"], creator_count=8),
    ]  # fmt: skip


EXHAUSTIVE = 3
"""Requests (the first ones) for which everybody is scored, to compare with."""


def run() -> list[str]:
    """Markdown lines."""
    began = time.perf_counter()
    creators, posts = world(SEED)
    generated = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", embedder=HashedWords()) as store:
        began = time.perf_counter()
        store.upsert(posts, creators)
        built = time.perf_counter() - began

        def search(brief: Brief, **options: Any) -> Shortlist:
            ctx = make_context(store, Path(folder), now=NOW, tool="search_creators", **options)
            found: Shortlist = search_creators(ctx, brief, None, WANTED)
            return found

        search(briefs()[0])  # loads jieba, NumPy and the tables
        times, busy, found = [], [], []
        for brief in briefs():
            began, worked = time.perf_counter(), time.process_time()
            found.append(search(brief))
            times.append(time.perf_counter() - began)
            busy.append(time.process_time() - worked)
        read = store.posts
        store.posts = cache(read)  # type: ignore[method-assign]  # reading 100,000 posts once is enough
        recalls, everybody = [], []
        for brief, quick in zip(briefs()[:EXHAUSTIVE], found, strict=False):
            began = time.perf_counter()
            best = {c.creator for c in search(brief, depth=10 * CREATORS).candidates}
            everybody.append(time.perf_counter() - began)
            recalls.append(len(best & {c.creator for c in quick.candidates}) / len(best))
        store.posts = read  # type: ignore[method-assign]
    p50, p95 = (float(q) for q in np.quantile(times, [0.5, 0.95]))
    return [
        f"{len(posts):,} generated posts of {len(creators):,} creators (seed {SEED}), vectors from feature-hashed words (not the real embedder).",
        "",
        "| what | measured | bound |",
        "|---|---|---|",
        f"| generating the posts, once | {generated:.0f} s | |",
        f"| building the store, once | {built:.0f} s, {len(posts) / built:,.0f} posts/s | |",
        f"| `search_creators`, {len(times)} requests, p50 | {p50:.2f} s | |",
        f"| the same, p95 | {p95:.2f} s | |",
        f"| the same, CPU time, p50 | {statistics.median(busy):.2f} s | |",
        f"| scoring everybody, first of {len(everybody)} requests (reads every post) | {everybody[0]:.1f} s | |",
        f"| recall@{WANTED} against scoring everybody, mean of {len(recalls)} | {statistics.fmean(recalls):.3f} | 0.95 |",
        f"| the same, lowest | {min(recalls):.3f} | |",
        f"| creators scored in full | {found[0].scored} of {found[0].considered:,} | |",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
