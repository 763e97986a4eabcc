"""Customer replies: only what the brand's material says, cited; asks back when unclear; else a person takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent import Brief, Citation, Context, Question, Reply, Tool, hookimpl, tool
from plugins.common.text import language_of, say
from plugins.customer_service import hand_over, message, wording
from plugins.customer_service.retrieval import Answer, Used, find

if TYPE_CHECKING:
    import typer


@tool(
    effect="read",
    privacy="any",
    seconds=3.0,
    model_calls=1,
    asks=(
        "reply to the customer", "answer the customer", "customer reply", "customer service", "customer question", "reply to this comment", "answer this question",
        "客服", "回复顾客", "回复客户", "回复用户", "客服回复", "回答顾客", "回复评论", "回复私信", "客户问",
    ),
)  # fmt: skip
async def answer_customer(ctx: Context, question: Question, brief: Brief | None = None) -> Reply:
    """An answer to a customer's message from brand material and the brief's facts, cited; a question back; or a hand-over with the reason.

    Setting (``[tools.answer_customer]``): ``wording``: ``"model"`` has a model word the answer (default where ``[[models]]`` are set),
    ``"brand"`` leaves the material's own words.
    """
    text = message.clean(question.text)
    language = _language(text, question.language)
    if language is None:
        return _to_person(say(question.language, "en", "zh"), ["language"])
    said = message.read(text)
    notes = []
    if said.instructed:
        notes.append(
            say(language, "Parts of the message that tried to instruct the system were ignored.", "留言中试图向系统下指令的部分已忽略。")
        )
    bare = text.strip(" \n?？!！。.,，~～、")
    if message.GREETING.fullmatch(bare) or message.THANKS.fullmatch(bare):
        thanks = bool(message.THANKS.fullmatch(bare))
        return Reply(text=wording.greeting(language, thanks), language=_code(language), status="greeted", grounded=False, notes=notes)
    why = hand_over.reasons(said.rest if said.instructed else text)
    if said.others:
        why.append("privacy")
    if why:
        return _to_person(language, list(dict.fromkeys(why)), notes)
    if not said.parts:
        return _to_person(language, ["instructions" if said.instructed else "empty"], notes)
    answers = [await asyncio.to_thread(_answer, ctx, said.parts, n, brief) for n in range(len(said.parts))]
    return await _reply(ctx, language, said.parts, answers, notes)


def _answer(ctx: Context, parts: Sequence[str], n: int, brief: Brief | None) -> Answer:
    """What answers the ``n``-th question; where it names nothing itself, what the one before names goes for it too."""
    found = find(ctx, parts[n], brief)
    if n and not found.used:
        again = find(ctx, parts[n], brief, context=parts[n - 1])
        return again if again.used and again.about else found
    return found


async def _reply(ctx: Context, language: str, parts: Sequence[str], answers: Sequence[Answer], notes: list[str]) -> Reply:
    against = next((a.against for a in answers if a.against), [])
    if against:
        told = [say(language, f"{u.source.source} says: {u.text}", f"{u.source.source}：{u.text}") for u in against]
        return _to_person(language, ["conflict"], [*notes, *told])
    used = list(dict.fromkeys(u for a in answers for u in a.used))
    if not used:
        asking = next((a for a in answers if a.options or a.unclear), None)
        if asking is not None and len(answers) == 1:
            text = wording.ask_back(language, asking.options, [_label(c, language) for c in asking.about])
            return Reply(text=text, language=_code(language), status="asked_back", grounded=False, notes=notes)
        return _to_person(language, ["unsupported"], notes)
    text, by = wording.extractive(language, used), "template"
    if _worded(ctx):
        phrased, model = await wording.phrase(ctx, language, " ".join(parts), used)
        if phrased:
            text, by = phrased + " " + "".join(f"[{n}]" for n in range(1, len(used) + 1)), model
    return _with_the_rest(language, text, by, used, answers, notes)


def _with_the_rest(language: str, text: str, by: str, used: Sequence[Used], answers: Sequence[Answer], notes: list[str]) -> Reply:
    """The reply, with what of the message it leaves open."""
    open_ = [n for n, a in enumerate(answers, 1) if not a.used and not a.options and not a.unclear]
    asked = [a for a in answers if not a.used and a.options]
    why: list[str] = []
    if open_:
        labels = [_label(c, language) for n in open_ for c in answers[n - 1].about]
        whole = all(answers[n - 1].about for n in open_)
        text = f"{text} {wording.missing(language, open_, labels if whole else [])}"
        why.append("unsupported")
    for a in asked:
        text = f"{text} {wording.ask_back(language, a.options, [_label(c, language) for c in a.about])}"
    if any(c.key == "refund_time" for a in answers for c in a.about):
        why.append("money")
    return Reply(
        text=text, language=_code(language), status="partly_answered" if open_ or asked else "answered", grounded=True, written_by=by,
        citations=[_citation(n, u) for n, u in enumerate(used, 1)], hand_over=hand_over.in_words(why, language), reasons=why, notes=notes,
    )  # fmt: skip


def _citation(n: int, used: Used) -> Citation:
    s = used.source
    return Citation(n=n, source=s.source, heading=s.above, line=s.line, text=used.text)


def _label(concept: Any, language: str) -> str:
    return str(say(language, concept.en, concept.zh))


def _code(language: str) -> Any:
    return "zh" if language == "zh" else "en"


def _language(text: str, told: str) -> str | None:
    """``en``, ``zh``, or None for a language that is not answered."""
    from vectorstore.language import detect

    if language_of(text) in ("ja", "ko"):
        return None
    found = detect(text)
    if found == "zh" or (found is None and language_of(text) == "zh"):
        return "zh"
    if found in ("en", None):
        return "en" if language_of(text) == "en" else told
    return None


def _worded(ctx: Context) -> bool:
    wanted = ctx.settings.tools.get("answer_customer", {}).get("wording")
    return wanted == "model" or (wanted is None and bool(ctx.settings.models))


def _to_person(language: str, why: list[str], notes: Sequence[str] = ()) -> Reply:
    return Reply(
        text=wording.to_person(language, why), language=_code(language), status="handed_over", grounded=False,
        hand_over=hand_over.in_words(why, language), reasons=["unsupported" if r == "empty" else r for r in why], notes=list(notes),
    )  # fmt: skip


@hookimpl
def register_tools() -> list[Tool]:
    return [answer_customer]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    from .command import add_to

    add_to(app)
