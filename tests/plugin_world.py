"""A small made-up world for the plugins' tests: creators and posts of two platforms and languages in a real store.

No model answers here: `NoModels` refuses every call exactly as the router does when nothing is configured.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent import Brief, Context, Generation, ModelUnavailable
from agent.settings import Settings
from agent.testing import sample_records
from agent.testing.running import NOW
from prompts import Prompts
from vectorstore import Store, open_store


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


def open_small_world(folder: Path) -> Store:
    """A real store under ``folder`` holding the small world. The caller closes it."""
    store = open_store(folder / "store")
    creators, posts = sample_records()
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
