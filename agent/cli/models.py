"""``kolony models``: which models there are, whether they answer, and what became of their answers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..kolony import Kolony
    from ..models.spec import ModelInfo

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

app = typer.Typer(help="Models: which there are, whether they answer, how good their answers were.", no_args_is_help=True)

# Nothing of the user's: the same few words whatever the project holds.
PLAIN = {"en": "Name one fruit. Answer with one word.", "zh": "说出一种水果，只回答一个词。"}
STRUCTURED = {"en": "Name one fruit and its colour, as JSON.", "zh": "说出一种水果和它的颜色，用 JSON 回答。"}


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="models")


@app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """Every model the router knows: where it is, what it writes and costs, and whether it can be used."""
    from rich.text import Text

    from ..kolony import Kolony
    from . import view

    found = Kolony().router.models()
    if as_json:
        print(json.dumps([vars(m) for m in found], ensure_ascii=False, indent=2))
        return
    if not found:
        _none()
        return
    t = view.table("model", "", "writes", ">$/M in", ">$/M out", ">context", "usable")
    for m in found:
        usable = Text("yes", style="green") if m.available else Text("no", style="red")
        t.add_row(
            m.name,
            m.kind,
            ", ".join(m.languages),
            _per_million(m.usd_per_mtok_in),
            _per_million(m.usd_per_mtok_out),
            f"{m.context:,}",
            usable,
        )
    console = view.out()
    console.print(t)
    console.print()
    for m in found:
        console.print(Text(f"{m.name}: ") + Text(_short(m.where) or "from a plugin", style="dim"), soft_wrap=True)
        if m.base:
            console.print(Text(f"  on {m.base}, for drafts of {m.brand}, trained {m.about}", style="dim"), soft_wrap=True)
        if not m.available:
            console.print(Text(f"  {m.reason}", style="red"))


@app.command("test")
def models_test(
    name: Annotated[str, typer.Argument(help="Only this one; default: every model that can be used.")] = "", as_json: AsJson = False
) -> None:
    """Ask models one plain and one structured question, and show how long it took. Sends a fixed, harmless text."""
    from rich.console import Console

    from ..errors import UsageError
    from ..kolony import Kolony
    from ..loop import sync
    from . import view

    k = Kolony()
    known = k.router.models()
    if name and name not in {m.name for m in known}:
        raise UsageError(f"There is no model called {name!r}.", hint=f"Known: {', '.join(m.name for m in known) or 'none'}.")
    chosen = [m for m in known if m.name == name or (not name and m.available)]
    if not chosen:
        if as_json:
            print("[]")
        else:
            _none()
        raise typer.Exit(1)
    rows: list[dict[str, Any]] = []
    console = Console(stderr=True, highlight=False)
    for m in chosen:
        with console.status(f"Asking {m.name} …"):
            rows += sync(_test(k, m))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _show_tests(rows)
        left_out = [m for m in known if not name and not m.available]
        if left_out:
            view.out().print(f"Not asked: {', '.join(m.name for m in left_out)} (`kolony models list` says why).")
    if not all(r["ok"] for r in rows):
        raise typer.Exit(1)


async def _test(k: Kolony, m: ModelInfo) -> list[dict[str, Any]]:
    """One row per question: ``ok``, ``seconds``, ``tokens_out``, ``tokens_per_second``, ``usd``, ``answer``, ``error``, ``hint``."""
    from pydantic import BaseModel, Field

    from ..errors import KolonyError, ModelError, ModelUnavailable
    from ..models import Ledger, Router
    from ..models.router import Want

    class Fruit(BaseModel):
        fruit: str = Field(max_length=20)
        colour: str = Field(max_length=20)

    language = "en" if "en" in m.languages or not m.languages else m.languages[0]
    # The way every call goes, but bound to this one model, with no earlier answers and leaving no record.
    only = k.settings.model_copy(update={"tools": {"models_test": {"policy": "auto", "model": m.name}}})
    ledger = Ledger(k.settings.max_usd)
    router = Router(only, k.host)
    models = router.bind("test", "models_test", "any", ledger, tool="models_test")
    questions = (("plain", PLAIN, None, 16), ("structured", STRUCTURED, Fruit, 64))
    rows = []
    fault, hint, loading = "", "", 0.0
    decision = router.decide(Want(language, tool="models_test"))
    if decision.choices:
        started = time.perf_counter()
        try:
            await _load(router.model(decision.choices[0].spec))
        except KolonyError as e:
            fault, hint = e.message, e.hint
        loading = time.perf_counter() - started
    else:
        fault = next((r for r in decision.refused if r.startswith(f"{m.name}: ")), m.reason)
    for question, texts, schema, most in questions:
        row: dict[str, Any] = {
            "model": m.name, "where": m.kind, "question": question, "ok": False, "loading_seconds": round(loading, 3), "seconds": None,
            "tokens_out": 0, "tokens_per_second": None, "usd": 0.0, "answer": "", "error": fault, "hint": hint,
        }  # fmt: skip
        rows.append(row)
        if fault:
            continue
        started = time.perf_counter()
        spent = ledger.spent
        try:
            given = await models.generate(
                texts["zh" if language == "zh" else "en"], task="models_test", language=language, schema=schema, max_tokens=most
            )
            if not given.text.strip():
                raise ModelError(f"{m.name} gave an empty answer.", hint="Check the model's name and its chat template.")
            row.update(ok=True, answer=given.text.strip()[:200], tokens_out=given.tokens_out)
        except ModelUnavailable as e:
            fault, hint = e.message, e.hint  # there is no point in asking again
            row.update(error=fault, hint=hint)
        except KolonyError as e:
            row.update(error=e.message, hint=e.hint)
        seconds = time.perf_counter() - started
        row.update(seconds=round(seconds, 3), usd=ledger.spent - spent)
        if row["ok"] and seconds > 0:
            row["tokens_per_second"] = round(row["tokens_out"] / seconds, 1)
    return rows


async def _load(model: Any) -> None:
    """Load a model on this machine before it is timed; remote ones have nothing to load."""
    import asyncio

    if hasattr(model, "load"):
        await asyncio.to_thread(model.load)


def _show_tests(rows: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from . import view

    t = view.table("", "model", "question", ">seconds", ">tokens", ">tokens/s", ">$")
    for r in rows:
        t.add_row(
            Text("✓", style="green") if r["ok"] else Text("✗", style="red"), r["model"], r["question"],
            "–" if r["seconds"] is None else f"{r['seconds']:.2f}", str(r["tokens_out"]),
            "–" if r["tokens_per_second"] is None else f"{r['tokens_per_second']:.1f}", _usd(r["usd"]),
        )  # fmt: skip
    console = view.out()
    console.print(t)
    console.print()
    for r in rows:
        said = Text(" ".join(r["answer"].split()), style="dim") if r["ok"] else Text(f"{r['error']} {r['hint']}".strip(), style="red")
        console.print(Text(f"{r['model']}, {r['question']}: ") + said)
    for model, seconds in {r["model"]: r["loading_seconds"] for r in rows if r["where"] == "local" and r["loading_seconds"] >= 0.1}.items():
        console.print(f"{model} took {seconds:.1f} s to load, which is not counted above.")


@app.command("stats")
def models_stats(as_json: AsJson = False) -> None:
    """What became of models' answers: how many passed their check, from when a model is asked first, time and price."""
    from ..kolony import Kolony
    from . import view

    router = Kolony().router
    rows = router.outcomes.rows()
    cache = router.responses.stats() if router.responses else None
    if as_json:
        print(json.dumps({"outcomes": [vars(r) for r in rows], "cache": vars(cache) if cache else None}, ensure_ascii=False, indent=2))
        return
    console = view.out()
    if rows:
        t = view.table("task", "", "model", ">passed", ">expected", ">first from", ">s", ">tokens", ">$")
        for r in rows:
            checked = r.passed + r.failed
            t.add_row(
                r.task, r.language, r.model, f"{r.passed:.0f}/{checked:.0f}" if checked else "–", f"{r.pass_rate:.0%}",
                "–" if r.threshold is None else f"{r.threshold:.0%}", f"{r.seconds:.2f}", f"{r.tokens_out:.0f}", _usd(r.usd),
            )  # fmt: skip
        console.print(t)
        console.print(
            "\npassed: answers that passed their check, of those checked. expected: the share that will pass, as it is"
            " reckoned now. first from: the share from which asking this model before a dearer one saves money (–: no"
            " dearer one was there). s, tokens, $: per answer.",
            style="dim",
        )
    else:
        console.print("Nothing is recorded yet. Models' answers are counted as runs ask for them: start one with `kolony run`.")
    if cache is None:
        console.print("Answers are not kept (`response_cache = false`).")
    elif cache.rows:
        console.print(f"Kept answers: {cache.rows:,} ({cache.bytes / 1e6:.1f} MB), given again {cache.hits:,} times for nothing.")


def _none() -> None:
    from ..models import offline
    from . import view

    view.out().print(
        f"No model can be used. Install the small offline one (`{offline.INSTALL}`) or name one in kolony.toml under [[models]].",
        markup=False,
    )


def _short(where: str) -> str:
    """A path with the home folder as ``~``."""
    from pathlib import Path

    home = str(Path.home())
    return "~" + where[len(home) :] if where.startswith(home + "/") else where


def _per_million(usd: float) -> str:
    return f"{usd:,.2f}" if usd else "free"


def _usd(usd: float) -> str:
    return f"{usd:.6f}" if usd else "0"
