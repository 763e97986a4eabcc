"""A small made-up world to test with: creators and posts of two platforms and languages, in a real store."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from vectorstore import Store, open_store
from vectorstore.e5_file import Floats
from vectorstore.records import AudienceStats, Creator, Post, Quote

from .running import NOW


class CharacterEmbedder:
    """Bag of characters into 64 buckets: deterministic and fast; texts that share characters lie close. It knows no meaning."""

    dim = 64
    name = "characters/1"

    def passages(self, texts: Sequence[str]) -> Floats:
        """float32, shape (texts, 64), rows of length 1."""
        out = np.full((len(texts), self.dim), 0.01, dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            for c in text.lower():
                row[hashlib.sha256(c.encode("utf-8", "replace")).digest()[0] % self.dim] += 1
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    def queries(self, texts: Sequence[str]) -> Floats:
        """As ``passages``."""
        return self.passages(texts)


def sample_store(folder: Path) -> Store:
    """A real store under ``folder`` with the sample posts and creators. The caller closes it."""
    store = open_store(folder / "store", embedder=CharacterEmbedder())
    creators, posts = sample_records()
    store.upsert(posts=posts, creators=creators)
    return store


def make_post(id: str, creator_id: str, text: str = "", *, days_ago: float = 10.0, likes: int | None = 20, **fields: Any) -> Post:
    """A post of ``creator_id``, ``days_ago`` days before NOW, on the creator's platform."""
    platform = creator_id.split(":", 1)[0]
    given: dict[str, Any] = {
        "language": "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en",
        "created_at": NOW - timedelta(days=days_ago),
        "format": "image",
        **fields,
    }
    return Post(id=id if ":" in id else f"{platform}:{id}", platform=platform, creator_id=creator_id, text=text, likes=likes, **given)


def make_creator(id: str, *, followers: int | None = 800, price: float | None = None, currency: str = "CNY", **fields: Any) -> Creator:
    """A creator; ``price`` becomes one quote for an image post."""
    platform = id.split(":", 1)[0]
    quotes = (Quote(format="image", amount=price, currency=currency, source="quotes.csv:2"),) if price is not None else ()
    given: dict[str, Any] = {"handle": id.split(":", 1)[1], "name": id.split(":", 1)[1], "quotes": quotes, **fields}
    return Creator(id=id, platform=platform, followers=followers, **given)


_DESSERT = (
    ("达拉斯这家台式甜品店太好吃了", "芋圆仙草配冰淇淋，豆花很嫩，排队半小时也值得，老板是台湾人。", ("达拉斯美食", "达拉斯甜品")),
    ("新开的糖水铺打卡", "杨枝甘露和芋泥蛋糕都不错，价格不贵，环境适合拍照。", ("达拉斯探店", "达拉斯甜品")),
    ("周末下午茶｜Plano甜品", "提拉米苏一般，奶茶偏甜，服务很好，下次还会再来。", ("达拉斯周边", "下午茶")),
    ("刨冰测评", "芒果刨冰分量大，红豆味道足，就是停车不方便。", ("达拉斯美食", "探店")),
)
_OTHER = (
    ("搬家清单分享", "租房签合同前一定要检查水管和空调。", ("留学生活", "达拉斯")),
    ("今天的穿搭", "春天的针织衫配牛仔裤，显瘦又舒服。", ("穿搭", "日常")),
    ("带娃去公园", "孩子在草地上跑了一下午，晚上睡得很香。", ("育儿", "达拉斯遛娃")),
)
_SHANGHAI = (
    ("上海甜品店合集", "武康路的蛋糕店，栗子蒙布朗很香，人均六十。", ("上海美食", "上海甜品")),
    ("上海探店", "静安新开的台式豆花，芋圆Q弹。", ("上海探店", "甜品")),
)
_ENGLISH = (
    ("Best latte in Austin", "Tried the new coffee bar on South Congress, smooth espresso and kind staff.", ("austincoffee", "latte")),
    ("Morning run", "Five miles before work, new shoes feel light.", ("running", "fitness")),
    ("Cold brew at home", "My recipe for cold brew coffee, strong and cheap.", ("coffee", "coldbrew")),
)


def sample_records(seed: int = 7) -> tuple[list[Creator], list[Post]]:
    """Ten Dallas creators (nine with quotes), two in Shanghai, one known as an author only, three on Instagram in English.

    `xiaohongshu:d0` … `d9` write about desserts in Dallas, the higher the number the more engagement and the dearer;
    `d9` asks for more than most budgets, `d8` gives no price; `xiaohongshu:s0`, `s1` are in Shanghai;
    `xiaohongshu:ghost` has posts and no profile; `xiaohongshu:home` never writes about food;
    `instagram:i0` … `i2` write about coffee in Austin and ask for dollars.
    """
    rng = random.Random(seed)
    creators: list[Creator] = []
    posts: list[Post] = []

    def write(creator_id: str, stock: Sequence[tuple[str, str, tuple[str, ...]]], count: int, level: float, start: float = 4.0) -> None:
        for i in range(count):
            title, text, tags = stock[i % len(stock)]
            number = len(posts)
            likes = int(level * rng.lognormvariate(0, 0.5))
            posts.append(
                make_post(
                    f"{creator_id.replace(':', '-')}-{number}", creator_id, text, days_ago=start + i * 12.0, likes=likes, title=title,
                    hashtags=tags, collects=likes // 3, comments=likes // 6, shares=likes // 12,
                )
            )  # fmt: skip

    for i in range(10):
        id = f"xiaohongshu:d{i}"
        creators.append(
            make_creator(
                id, followers=200 * (i + 1) ** 2, price=None if i == 8 else (8000.0 if i == 9 else 40.0 * (i + 1)), location="美国",
                bio="坐标达拉斯，爱吃爱玩" if i % 2 else "随便记录", gender="female", language="zh", following=150,
                audience=AudienceStats(female=0.7, ages={"18-24": 0.4, "25-34": 0.4}, active=0.5) if i < 5 else None,
            )
        )  # fmt: skip
        write(id, _DESSERT, 6, 15.0 * (i + 1), start=4.0 + i)
        write(id, _OTHER, 3, 10.0 * (i + 1), start=20.0 + i)
    for i in range(2):
        id = f"xiaohongshu:s{i}"
        creators.append(make_creator(id, followers=5000, price=100.0, location="上海", language="zh"))
        write(id, _SHANGHAI, 5, 60.0)
    creators.append(make_creator("xiaohongshu:home", followers=900, price=50.0, location="美国", bio="坐标达拉斯", language="zh"))
    write("xiaohongshu:home", _OTHER, 5, 40.0)
    write("xiaohongshu:ghost", _DESSERT, 5, 35.0)
    for i in range(3):
        id = f"instagram:i{i}"
        creators.append(
            make_creator(
                id, followers=4000 * (i + 1), price=120.0 * (i + 1), currency="USD", location="Austin, TX", bio="Coffee, running",
                language="en",
            )
        )  # fmt: skip
        write(id, _ENGLISH, 6, 90.0 * (i + 1))
    return creators, posts
