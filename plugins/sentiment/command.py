"""The command ``kolony sentiment``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from agent import Kolony, ToolError, map_texts

_BACKENDS = ("embedded", "fast", "transformers")


def add_to(app: typer.Typer) -> None:
    app.command()(sentiment)


def sentiment(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Texts, one a line; or a .jsonl, .csv or .tsv file; - reads standard input.")],
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a text instead of a readable line.")] = False,
    column: Annotated[str | None, typer.Option(help="Field or column that holds the text; default: text.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="embedded, fast or transformers; default: the setting of analyze_sentiment, else embedded.")
    ] = None,
    classifier: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Hub id or folder of a classification model, for --backend transformers.")
    ] = None,
    aspects: Annotated[bool, typer.Option("--aspects/--no-aspects", help="Say too what of it is judged, and by which words.")] = True,
    emotions: Annotated[bool, typer.Option("--emotions", help="Say too which emotions speak from it.")] = False,
) -> None:
    """Say of each text of a file whether it is negative, neutral or positive, how surely, and about what.

    Texts are read on this machine. Exit 1 when some of them cannot be read.
    """
    from .backends import open_backend, read_options

    if backend is not None and backend not in _BACKENDS:
        raise typer.BadParameter(f"{backend!r} is none of {', '.join(_BACKENDS)}.", param_hint="--backend")
    settings = dict(Kolony().settings.tools.get("analyze_sentiment", {}))
    chosen = backend or ("transformers" if classifier else settings.get("backend", "embedded"))
    options = read_options({**settings, "backend": chosen, **({"classifier": classifier} if classifier else {})})
    if options.backend == "llm":
        raise ToolError(
            "A file of any size is not read by a language model.", hint=f"Choose one of --backend {', '.join(_BACKENDS)} for this command."
        )
    reader = open_backend(options)

    def answer(texts: Sequence[str]) -> list[dict[str, Any]]:
        return describe(texts, reader, aspects=aspects, emotions=emotions)

    if map_texts(file, answer, column=column, show=None if as_jsonl else _line):
        raise typer.Exit(1)


def describe(texts: Sequence[str], reader: Any, *, aspects: bool = True, emotions: bool = False) -> list[dict[str, Any]]:
    """What ``--jsonl`` prints of each text."""
    from .aspects import merged, read_aspects
    from .irony import cues
    from .reading import LABELS

    readings = reader.read(texts, emotions=emotions, aspects=aspects)
    spoken = read_aspects(texts, readings, reader) if aspects else [[] for _ in texts]
    answers = []
    for text, reading, found in zip(texts, readings, spoken, strict=True):
        signs = cues(text, reading)
        answer: dict[str, Any] = {
            "label": reading.label,
            "probs": _rounded(dict(zip(LABELS, reading.probs, strict=True))),
            "aspects": [
                {
                    "aspect": a.aspect, "label": a.label, "words": list(a.words), "clause": a.clause,
                    "probs": _rounded(dict(zip(LABELS, a.probs, strict=True))),
                }
                for a in merged(found)
            ],
        }  # fmt: skip
        if emotions:
            answer["emotions"] = _rounded(reading.emotions)
        answers.append({**answer, "uncertain": bool(signs), **({"signs": signs} if signs else {})})
    return answers


def _rounded(shares: Any) -> dict[str, float]:
    return {name: round(float(p), 4) for name, p in shares.items()}


def _line(text: str, given: dict[str, Any]) -> str:
    short = " ".join(text.split())
    shown = short if len(short) <= 80 else short[:79] + "…"
    about = "; ".join(
        f"{a['aspect']} {_SIGNS[a['label']]}{' (' + ', '.join(a['words']) + ')' if a['words'] else ''}" for a in given["aspects"]
    )
    surely = f"{given['probs'][given['label']]:.0%}"
    doubt = "  uncertain: " + ", ".join(given["signs"]) if given["uncertain"] else ""
    return f"{given['label']:<8} {surely:>4}  {shown}{'  | ' + about if about else ''}{doubt}"


_SIGNS = {"negative": "-", "neutral": "·", "positive": "+"}
