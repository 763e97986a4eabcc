"""Several runs at once in one process: each keeps its own events, costs and answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from test_cascade import Scripted

from agent import Brief, Context, Kolony, Plan, Reply, hookimpl, tool
from agent.events import ModelCalled, ModelRouted
from agent.host import Host
from agent.models import ModelSpec
from agent.plan import Step
from agent.planned import Planned
from agent.settings import Settings

RUNS = 12


@tool
async def ask(ctx: Context, brief: Brief) -> Reply:
    """Asks a model for each of two texts."""
    first = await ctx.models.generate(brief.request, task="ask")
    await asyncio.sleep(0)
    second = await ctx.models.generate(f"{brief.request} again", task="ask")
    return Reply(text=f"{first.text} {second.text}", grounded=True)


class Echoes:
    @hookimpl
    def register_tools(self) -> list[Any]:
        return [ask]

    @hookimpl
    def register_models(self) -> list[ModelSpec]:
        return [ModelSpec("scripted", Scripted, remote=False)]


def test_runs_side_by_side_keep_their_own_events(tmp_path: Path) -> None:
    host = Host(entry_points=False)
    host.register(Echoes(), "echoes")
    plan = Plan(steps=[Step(id="ask", tool="ask", args={"brief": {"$ref": "brief"}})])

    async def all_of_them(k: Kolony) -> list[Any]:
        briefs = [Brief(request=f"question {n}") for n in range(RUNS)]
        return await asyncio.gather(*(k.execute(Planned(b.request, b, {"brief": b}, plan)) for b in briefs))

    with Kolony(Settings(home=tmp_path / "home", offline_model=False, response_cache=False), host=host) as k:
        campaigns = asyncio.run(all_of_them(k))
        assert len({c.run_id for c in campaigns}) == RUNS
        for c in campaigns:
            assert c.status == "done"
            events = list(k.runs.find(c.run_id).events())
            assert {e.run_id for e in events} == {c.run_id}
            assert sum(isinstance(e, ModelCalled) for e in events) == sum(isinstance(e, ModelRouted) for e in events) == 2
