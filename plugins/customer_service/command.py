"""The command ``kolony ask``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent import Kolony, Question, Reply, map_texts
from plugins.common.text import language_of
from plugins.customer_service.message import LONGEST

if TYPE_CHECKING:
    from agent import Context


def add_to(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    question: Annotated[
        str | None,
        typer.Argument(help="The customer's message, in English or Chinese; `-` reads it from standard input.", show_default=False),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="Answer a file of messages instead: text, JSONL or CSV; - for standard input.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="The file's field or column with the message (default: text).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Answer a customer from the brand's material, with citations; or say why a person should.

    Documents are read in with `kolony ingest --material PATH`. Exit code 0 for every reply, a hand-over too; `status` in --json says which.
    """
    if (question is None) == (file is None):
        raise typer.BadParameter("give a customer's message, or --file.", param_hint="QUESTION")
    if question == "-":
        question = sys.stdin.read(LONGEST)
    if question is not None and not question.strip():
        raise typer.BadParameter("the message is empty.", param_hint="QUESTION")
    with Kolony() as k, k.single("answer_customer") as ctx:
        if file is not None:
            map_texts(file, lambda texts: [_reply(k, ctx, t).model_dump(mode="json") for t in texts], column=column, batch=16)
            return
        reply = _reply(k, ctx, question or "")
        empty = not ctx.store.materials.count()
    _show(reply, as_json, empty)


def _reply(k: Kolony, ctx: Context, text: str) -> Reply:
    language: Any = "zh" if language_of(text) == "zh" else "en"
    made: Reply = asyncio.run(k.host.tools["answer_customer"](ctx, Question(text=text, language=language)))
    return made


def _show(reply: Reply, as_json: bool, empty: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    err = Console(stderr=True, highlight=False)
    if empty:
        err.print(Text("The store holds no brand material. Read some in: `kolony ingest --material PATH`.", style="yellow"))
    if as_json:
        print(json.dumps(reply.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    console, zh = Console(highlight=False), reply.language == "zh"
    console.print(Text(reply.text))
    for c in reply.citations:
        place = ", ".join(filter(None, (c.source, f"{'第 ' if zh else 'line '}{c.line}{' 行' if zh else ''}" if c.line else "", c.heading)))
        console.print(Text(f"[{c.n}] {place}", style="dim"))
    if reply.hand_over:
        console.print(Text(("转人工：" if zh else "Hand over to a person: ") + reply.hand_over, style="yellow"))
    for note in _lines(reply.notes):
        err.print(Text(note, style="dim"))


def _lines(notes: Sequence[str]) -> list[str]:
    return [n for n in notes if n]
