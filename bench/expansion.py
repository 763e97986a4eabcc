"""Whether related words help: creators found for a request that paraphrases its subject, with and without them.

A canonical request ("甜品") gives the eight best of a real store; each paraphrase ("sweet tooth creators for our new shop") should
find them too. The paraphrases were written by the author of the word table, after it, so they flatter it; they were not changed since.
Vectors are the real embedder's: they are taken from the cache that `KOLONY_CACHE` names, else computed (minutes).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from agent import Brief
from plugins.kol_search.find import find
from vectorstore import open_store, read_exports

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from plugin_world import make_context

NOW = datetime(2025, 3, 31, tzinfo=UTC)
BEST = 8
PARAPHRASES = {
    "甜品": ["适合闺蜜约会小店的达人", "想找甜食控博主推广我们的新店", "sweet tooth creators for our new shop", "birthday treat spot", "生日聚会好去处，爱吃甜的博主"],
    "美食": ["干饭人博主，给新餐馆宣传", "date night spot creators", "周末聚餐吃什么", "foodies who know hidden gem spots"],
    "育儿": ["新手妈妈博主", "宝妈达人", "creators with kids activities", "weekend family outing with newborn"],
    "旅行": ["喜欢周边游和自驾的博主", "小众目的地推荐", "wanderlust creators", "weekend getaway"],
    "穿搭": ["小个子显瘦博主", "通勤装分享", "what I wore creators", "衣橱整理"],
    "护肤": ["敏感皮换季泛红", "熬夜脸救星", "acne breakout help", "glow up"],
    "咖啡": ["探咖博主", "早八续命", "cafe hopping", "caffeine fix"],
    "健身": ["马甲线养成", "居家燃脂", "home workout", "get in shape"],
}  # fmt: skip


def run() -> list[str]:
    """Markdown lines."""
    data = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
    cache = os.environ.get("KOLONY_CACHE")
    if not data.is_dir() or not cache:
        return [
            f"SKIPPED: {data} is not there (set KOLONY_DATA)."
            if not data.is_dir()
            else "SKIPPED: set KOLONY_CACHE to a folder with vectors."
        ]
    read = read_exports([data])
    rows: list[str] = []
    all_off, all_on = [], []
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", cache=Path(cache)) as store:
        store.upsert(read.posts, read.creators)

        def best(brief: Brief, expand: bool) -> list[str]:
            ctx = make_context(store, Path(folder), now=NOW, tool="search_creators", expand=expand)
            return [c.creator for c in find(ctx, brief, None, BEST).candidates]

        for subject, paraphrases in PARAPHRASES.items():
            wanted = best(Brief(language="zh", topics=[subject]), False)
            shares: dict[bool, list[float]] = {False: [], True: []}
            for text in paraphrases:
                brief = Brief(language="en" if text.isascii() else "zh", request=text, topics=[text])
                for expand, found in shares.items():
                    found.append(len(set(wanted) & set(best(brief, expand))) / max(1, len(wanted)))
            rows.append(
                f"| {subject} | {len(wanted)} | {len(paraphrases)} | {statistics.fmean(shares[False]):.0%} | {statistics.fmean(shares[True]):.0%} |"
            )
            all_off += shares[False]
            all_on += shares[True]
    better, worse = sum(b > a for a, b in zip(all_off, all_on, strict=True)), sum(b < a for a, b in zip(all_off, all_on, strict=True))
    return [
        "| subject | creators wanted | paraphrases | found without related words | with them |",
        "|---|---|---|---|---|",
        *rows,
        f"| mean | | {len(all_on)} | {statistics.fmean(all_off):.0%} | {statistics.fmean(all_on):.0%} |",
        "",
        f"With related words {better} of {len(all_on)} paraphrases found more, {worse} fewer.",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
