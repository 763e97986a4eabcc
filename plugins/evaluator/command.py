"""The command ``kolony backtest``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent import Kolony, KolonyError
from plugins.common import say

if TYPE_CHECKING:
    from .backtest import Backtest, World

Language = Literal["en", "zh"]


def add_to(app: typer.Typer) -> None:
    app.command()(backtest)


def backtest(
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Choose as if it were this day, e.g. 2024-04-01.")],
    topic: Annotated[str, typer.Option(help="Words that say what the posts are about.")],
    budget: Annotated[float, typer.Option(help="For one post of each creator, in the quotes' currency or --currency.")],
    k: Annotated[int, typer.Option("--k", help="Creators to choose.")] = 6,
    objective: Annotated[str, typer.Option(help="per_post: engagement per post; per_cost: engagement per unit of money.")] = "per_post",
    currency: Annotated[str | None, typer.Option(help="Currency of the budget, e.g. USD; default: the one most quotes are in.")] = None,
    language: Annotated[str | None, typer.Option(help="en or zh; default: that of the topic.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Choose creators as of a past day, from what was known then, and compare with what their posts really got afterwards.

    Reads the posts, creators and quotes in the store (`kolony ingest` first).
    """
    from .backtest import GOALS
    from .backtest import backtest as judge

    if objective not in GOALS:
        raise typer.BadParameter(f"{objective!r} is none of {', '.join(GOALS)}.", param_hint="--objective")
    if language not in (None, "en", "zh"):
        raise typer.BadParameter(f"{language!r} is none of en, zh.", param_hint="--language")
    if not topic.strip():
        raise typer.BadParameter("say what the posts are about, e.g. --topic '美食 甜品 探店'.", param_hint="--topic")
    if k < 1:
        raise typer.BadParameter("at least one creator must be chosen.", param_hint="--k")
    if not 0 < budget < 1e12:
        raise typer.BadParameter("must be more than nothing.", param_hint="--budget")
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise typer.BadParameter(f"{currency!r} is no currency code such as CNY or USD.", param_hint="--currency")
    spoken = language or ("zh" if any("\u4e00" <= c <= "\u9fff" for c in topic) else "en")
    made = judge(_world(topic, currency, spoken), _day(as_of), k, budget, "per_cost" if objective == "per_cost" else "per_post", spoken)
    if as_json:
        print(json.dumps(made.to_dict(), ensure_ascii=False, indent=2))
    else:
        _show(made, spoken)


def _day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text.strip())
    except ValueError as e:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2024-04-01.", param_hint="--as-of") from e
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _world(topic: str, currency: str | None, language: str) -> World:
    from .backtest import World

    with Kolony().open_store(create=False) as store:
        posts, creators = store.posts(), store.creators()
    hint = say(language, en="Read exports in first: `kolony ingest PATH`.", zh="请先导入数据：`kolony ingest PATH`。")
    if not posts:
        raise KolonyError(say(language, en="The store holds no posts.", zh="库中没有帖子。"), hint=hint)
    world = World(posts, creators, topic, currency.upper() if currency else None)
    if not world.prices:
        missing = f" ({currency})" if currency else ""
        raise KolonyError(
            say(language, en=f"No creator in the store has a usable quote{missing}.", zh=f"库中没有可用的达人报价{missing}。"),
            hint=say(language, en="Ingest a price list; docs/exports.md names the columns.", zh="请导入报价表，列名见 docs/exports.md。"),
        )
    return world


def _show(made: Backtest, language: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def table(*columns: str) -> Table:
        t = Table(box=None, pad_edge=False, header_style="dim")
        for column in columns:
            t.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
        return t

    console = Console(highlight=False)
    day = made.as_of.date().isoformat()
    console.print(
        say(language, en=f"As of {day}: {len(made.cases)} candidates, {len(made.picked)} chosen for {made.objective}.",
            zh=f"截至 {day}：候选 {len(made.cases)} 位，按 {made.objective} 选出 {len(made.picked)} 位。")
    )  # fmt: skip
    picks = table("creator", f">price ({made.currency})", ">forecast (P10–P90)", ">realised") if language == "en" else table(
        "达人", f">报价（{made.currency}）", ">预测（P10～P90）", ">实际")  # fmt: skip
    for id in made.picked:
        p, case = made.predictions[id], made.cases[id]
        picks.add_row(Text(id), f"{case.price:,.0f}", f"{p.p50:,.0f} ({p.p10:,.0f}–{p.p90:,.0f})", f"{case.realised:,.0f}")
    console.print(picks)
    console.print()
    ways = table("way to choose", ">engagement per post", f">per {made.currency}") if language == "en" else table(
        "选择方式", ">单帖互动", f">每 {made.currency} 互动")  # fmt: skip
    ours = say(language, en="this forecast", zh="本预测")
    oracle = say(language, en="oracle (knows the future)", zh="先知（已知未来）")
    for name, w in {ours: made.worth, **made.baselines, oracle: made.oracle}.items():
        ways.add_row(Text(name, style="bold" if name == ours else ""), f"{w.per_post:,.1f}", f"{w.per_cost:,.2f}")
    console.print(ways)
    console.print()
    console.print(
        say(
            language,
            en=f"80 % intervals hold {made.coverage:.0%} of the candidates; mean absolute error {made.mae:.1f}, of the creators' own means {made.mae_naive:.1f}.",
            zh=f"80% 区间覆盖 {made.coverage:.0%} 的候选达人；平均绝对误差 {made.mae:.1f}，按达人自身均值为 {made.mae_naive:.1f}。",
        )
    )
    err = Console(stderr=True, highlight=False)
    for line in made.assumptions:
        err.print(Text(line, style="dim"))
    sys.stdout.flush()
