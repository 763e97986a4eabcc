"""The shipped sample: made anew it is the same bytes, every row is well-formed, and it has the shape of life."""

from __future__ import annotations

import csv
import json
import math
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

POST_COLUMNS = [
    "id",
    "platform",
    "creator_id",
    "title",
    "text",
    "hashtags",
    "created_at",
    "likes",
    "collects",
    "comments",
    "shares",
    "views",
    "format",
    "url",
]
CREATOR_COLUMNS = [
    "id",
    "platform",
    "handle",
    "name",
    "bio",
    "gender",
    "location",
    "language",
    "followers",
    "following",
    "categories",
    "price_image",
    "price_video",
    "currency",
    "female_share",
    "age_lt18",
    "age_18_24",
    "age_25_34",
    "age_35_44",
    "age_gt44",
    "top_regions",
    "top_interests",
    "active_share",
]
PLATFORMS = {"xiaohongshu", "douyin", "instagram", "tiktok", "youtube"}
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def posts(sample_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sample_dir / "posts.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def creators(sample_dir: Path) -> list[dict[str, str]]:
    with (sample_dir / "creators.csv").open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_made_anew_it_is_the_same_bytes(sample_dir: Path, tmp_path: Path) -> None:
    # Another hash seed, so that nothing rests on the order of a set.
    subprocess.run(
        [sys.executable, str(sample_dir / "generate.py"), str(tmp_path)], check=True, capture_output=True, env={"PYTHONHASHSEED": "7"}
    )
    for name in ("posts.jsonl", "creators.csv"):
        assert (tmp_path / name).read_bytes() == (sample_dir / name).read_bytes(), f"{name} is stale: run `make sample`"


def test_every_post_is_well_formed(posts: list[dict[str, Any]], creators: list[dict[str, str]]) -> None:
    known = {c["id"]: c["platform"] for c in creators}
    assert 550 <= len(posts) <= 700
    assert len({p["id"] for p in posts}) == len(posts)
    assert len({p["text"] for p in posts}) == len(posts)
    for p in posts:
        assert list(p) == POST_COLUMNS
        assert p["platform"] in PLATFORMS
        assert re.fullmatch(rf"{p['platform']}:p\d{{4}}", p["id"])
        assert known[p["creator_id"]] == p["platform"]
        assert p["url"] == f"https://example.com/{p['platform']}/{p['id'].split(':')[1]}"
        assert p["format"] in {"image", "video", "text"}
        assert p["hashtags"]
        assert all(isinstance(t, str) for t in p["hashtags"])
        assert datetime(2025, 9, 1, tzinfo=UTC) <= datetime.fromisoformat(p["created_at"]) < datetime(2026, 11, 1, tzinfo=UTC)
        for count in ("likes", "collects", "comments", "shares", "views"):
            assert p[count] is None or (isinstance(p[count], int) and p[count] >= 0), (p["id"], count)
        assert not re.search(r"[{}<>]|\bslots?\b", p["title"] + p["text"]), f"{p['id']} shows its grammar"


def test_every_creator_is_well_formed(creators: list[dict[str, str]]) -> None:
    assert len(creators) == 48
    assert len({c["handle"] for c in creators}) == len({c["name"] for c in creators}) == 48
    for c in creators:
        assert list(c) == CREATOR_COLUMNS
        assert re.fullmatch(rf"{c['platform']}:s\d{{3}}", c["id"])
        assert c["language"] in {"en", "zh"}
        assert int(c["followers"]) > 1_000
        assert bool(c["price_video"]) == bool(c["currency"])
        ages = [c[f"age_{band}"] for band in ("lt18", "18_24", "25_34", "35_44", "gt44")]
        if c["female_share"]:
            assert sum(map(float, ages)) == pytest.approx(1, abs=0.002)
            assert 0 < float(c["female_share"]) < 1
        else:
            assert not any(ages)
        for shares in (c["top_regions"], c["top_interests"]):
            assert all(0 < float(part.rsplit(":", 1)[1]) < 1 for part in shares.split(";") if part)


def test_both_languages_and_all_platforms_are_there(posts: list[dict[str, Any]], creators: list[dict[str, str]]) -> None:
    chinese = sum(bool(HAN.search(p["text"])) for p in posts)
    assert 0.35 < chinese / len(posts) < 0.65
    assert {c["platform"] for c in creators} == PLATFORMS
    assert min(Counter(p["platform"] for p in posts).values()) >= 60
    lengths = [len(p["text"]) if HAN.search(p["text"]) else len(p["text"].split()) * 2 for p in posts]
    assert 35 <= statistics.median(lengths) <= 150
    about_soda = [p for p in posts if {"无糖汽水", "sugarfree"} & set(p["hashtags"])]
    assert len(about_soda) >= 100
    assert sum("aftertaste" in p["text"] or "后味" in p["text"] for p in about_soda) >= 15


def test_it_has_the_shape_of_life(posts: list[dict[str, Any]], creators: list[dict[str, str]]) -> None:
    likes: dict[str, list[int]] = defaultdict(list)
    for p in posts:
        likes[p["creator_id"]].append(p["likes"])
    followers = {c["id"]: int(c["followers"]) for c in creators}
    medians = {c: statistics.median(v) for c, v in likes.items()}
    rates = {c: medians[c] / followers[c] for c in medians}
    usual = statistics.median(rates.values())
    hollow = [c for c, rate in rates.items() if rate < usual / 15]
    assert 2 <= len(hollow) <= 6, "a few creators with bought followers"
    honest = [c for c in medians if c not in hollow]
    assert statistics.correlation([math.log(followers[c]) for c in honest], [math.log(medians[c]) for c in honest]) > 0.7
    assert sum(max(v) > 15 * statistics.median(v) for v in likes.values()) >= 2, "sudden jumps"
    everything = sorted((p["likes"] for p in posts), reverse=True)
    assert sum(everything[: len(everything) // 10]) > 0.4 * sum(everything), "heavy-tailed"
    assert 3 <= sum(not c["currency"] for c in creators) <= 10, "some name no price"
    paid = [p for p in posts if {"ad", "广告"} & set(p["hashtags"])]
    assert 10 <= len(paid) <= 60
    beijing = Counter((datetime.fromisoformat(p["created_at"]).hour + 8) % 24 for p in posts if p["platform"] == "xiaohongshu")
    assert sum(beijing[h] for h in range(19, 23)) > 5 * sum(beijing[h] for h in range(2, 6))
