"""A small made-up world for the plugins' tests: creators and posts of two platforms and languages in a real store.

No model answers here: `NoModels` refuses every call exactly as the router does when nothing is configured.
"""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent import AudienceStats, Brief, Context, Creator, Generation, ModelUnavailable, Post, Quote
from agent.settings import Settings
from prompts import Prompts
from vectorstore import Store, open_store

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)


class NoModels:
    """The models of a step when none is configured."""

    def writes(self, language: str) -> str | None:
        return None

    async def generate(
        self,
        prompt: str,
        *,
        task: str,
        language: str = "en",
        system: str | None = None,
        schema: type[BaseModel] | None = None,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
    ) -> Generation:
        raise ModelUnavailable("No model is configured.", hint="Add one to kolony.toml.")

    async def generate_many(
        self,
        prompts: Sequence[str],
        *,
        task: str,
        language: str = "en",
        system: str | None = None,
        schema: type[BaseModel] | None = None,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        raise ModelUnavailable("No model is configured.", hint="Add one to kolony.toml.")


def make_context(
    store: Store, folder: Path, *, tool: str = "", models: Any = None, now: datetime = NOW, guards: Sequence[Any] = (), **options: Any
) -> Context:
    """A step's context over ``store``. ``options`` become the settings of the tool named ``tool``."""
    settings = Settings(home=folder / "home", now=now, tools={tool: options} if tool else {})
    return Context(
        run_id="test", step_id="step", store=store, models=models or NoModels(), prompts=Prompts(), settings=settings, now=now,
        folder=folder, guards=guards,
    )  # fmt: skip


def make_post(id: str, creator_id: str, text: str = "", *, days_ago: float = 10.0, likes: int | None = 20, **fields: Any) -> Post:
    """A post of ``creator_id``, ``days_ago`` days before NOW, on the creator's platform."""
    platform = creator_id.split(":", 1)[0]
    given: dict[str, Any] = {
        "language": "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en",
        "created_at": NOW - timedelta(days=days_ago),
        "format": "image",
        **fields,
    }
    return Post(id=id if ":" in id else f"{platform}:{id}", platform=platform, creator_id=creator_id, text=text, likes=likes, **given)  # type: ignore[arg-type]


def make_creator(id: str, *, followers: int | None = 800, price: float | None = None, currency: str = "CNY", **fields: Any) -> Creator:
    """A creator; ``price`` becomes one quote for an image post."""
    platform = id.split(":", 1)[0]
    quotes = (Quote(format="image", amount=price, currency=currency, source="quotes.csv:2"),) if price is not None else ()
    given: dict[str, Any] = {"handle": id.split(":", 1)[1], "name": id.split(":", 1)[1], "quotes": quotes, **fields}
    return Creator(id=id, platform=platform, followers=followers, **given)  # type: ignore[arg-type]


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


def small_world(seed: int = 7) -> tuple[list[Creator], list[Post]]:
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


def open_small_world(folder: Path) -> Store:
    """A real store under ``folder`` holding the small world. The caller closes it."""
    store = open_store(folder / "store")
    creators, posts = small_world()
    store.upsert(posts=posts, creators=creators)
    return store


def dessert_brief(**fields: Any) -> Brief:
    """The sample request: six local creators in Dallas for a Taiwanese dessert shop, 3,000 yuan, Xiaohongshu."""
    given: dict[str, Any] = {
        "request": "为达拉斯的一家台式甜品店策划小红书探店活动，预算3000元，找6位本地美食达人，每人一篇图文，要写种草文案，并预估效果",
        "language": "zh",
        "product": "台式甜品店",
        "objective": "awareness",
        "platforms": ["xiaohongshu"],
        "budget": {"amount": 3000, "currency": "CNY"},
        "creator_count": 6,
        "creator_locations": ["达拉斯"],
        "posts_per_creator": 1,
        "formats": ["image"],
        "topics": ["甜品", "美食", "探店"],
        **fields,
    }
    return Brief.model_validate(given)


def coffee_brief(**fields: Any) -> Brief:
    """An English request: coffee creators in Austin on Instagram, $500."""
    given: dict[str, Any] = {
        "request": "Find 2 Instagram creators in Austin for our coffee bar, budget $500",
        "language": "en",
        "product": "coffee bar",
        "platforms": ["instagram"],
        "budget": {"amount": 500, "currency": "USD"},
        "creator_count": 2,
        "creator_locations": ["Austin"],
        "topics": ["coffee"],
        **fields,
    }
    return Brief.model_validate(given)


@cache
def shared_small_world() -> tuple[Store, Path]:
    """The small world's store, opened once for all tests that only read it, and its folder."""
    folder = Path(tempfile.mkdtemp(prefix="kolony-world-"))
    store = open_small_world(folder)

    def close() -> None:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(close)
    return store, folder
