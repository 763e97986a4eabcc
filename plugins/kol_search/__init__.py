"""Finds creators for a brief and chooses a slate of them under the budget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from agent import Brief, Context, PersonaSet, Shortlist, Slate, hookimpl, tool


@tool(
    asks=[
        "shortlist", "find creators", "find influencers", "search creators", "candidate creators", "influencer list", "list of creators",
        "找达人", "筛选达人", "达人名单", "达人推荐", "推荐博主", "找博主", "候选达人", "找KOL", "找KOC",
    ],
    seconds=4,
)  # fmt: skip
def search_creators(
    ctx: Context,
    brief: Brief,
    personas: PersonaSet | None = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
    language: Annotated[str | None, Field(pattern="^[a-z]{2,3}$", description="the creators must post in it, e.g. `zh`")] = None,
) -> Shortlist:
    """Creators that fit the brief, best first, each with the posts that show it.

    Platform, place, language, tiers, exclusions and a price above the whole budget are hard: who fails one is left out and counted
    in ``rejected``; when too few fit, ``advice`` says what relaxing one (or two together) would bring. Everything else scores: the
    parts sum to the score (0-1). Settings (``[tools.search_creators]``): ``weights`` (part to weight), ``half_life_days``, ``depth``,
    ``conflict_days``, ``expand``.
    """
    from .find import find

    return find(ctx, brief, personas, limit, language)


@tool(
    asks=[
        "slate", "select creators", "pick creators", "choose creators", "creator mix", "who should we work with", "which creators",
        "选达人", "达人组合", "投放组合", "选号", "达人投放方案", "挑选达人", "合作达人",
    ],
    seconds=2,
)  # fmt: skip
def select_slate(ctx: Context, brief: Brief, shortlist: Shortlist) -> Slate:
    """The creators to work with: those that bring most for the budget, people who follow several of them counted once.

    Exact (mixed-integer programme, HiGHS), or lazy greedy (CELF) above some hundreds of candidates, with the gap to the best possible.
    What is maximised is expected engagements, or people reached where the brief is about awareness, weighted by fit. The sum of known
    prices never exceeds the budget; creators without a price are taken only when too few have one or when the request names them.
    Each pick comes with what it adds and who could step in; the slate with its value against the budget. Settings
    (``[tools.select_slate]``): ``default_count``, ``alternates``, ``objective``, ``at_least``, ``at_most``, ``price_cap``,
    ``exclusive``, ``overlap``, ``shared_audience``, ``seconds``.
    """
    from .slate import select

    return select(ctx, brief, shortlist)


@hookimpl
def register_tools() -> Iterable[Any]:
    """The tools of this plugin."""
    return [search_creators, select_slate]
