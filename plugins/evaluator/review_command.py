"""The command ``kolony review``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from agent import Finding, Kolony, KolonyError, map_texts


def add_to(app: typer.Typer) -> None:
    app.command()(review)


def review(
    file: Annotated[str, typer.Argument(help="A text, JSONL or CSV file with one text a line, or - for standard input.")],
    market: Annotated[
        str | None, typer.Option(help="Whose rules: cn, us, uk, eu, or a plugin's; default: by each text's language.")
    ] = None,
    sponsored: Annotated[bool, typer.Option("--sponsored", help="The texts are paid for: a disclosure is due.")] = False,
    facts: Annotated[str | None, typer.Option(metavar="FILE", help="Facts, one a line: claims that they do not hold are found.")] = None,
    platform: Annotated[str | None, typer.Option(help="Where the texts are to appear, e.g. xiaohongshu or instagram.")] = None,
    column: Annotated[str | None, typer.Option(help="Field or column with the text; default: text.")] = None,
    as_json: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a text.")] = False,
) -> None:
    """Review one text a line: verdict, findings with the words, why, and what to write instead."""
    from plugins.common.compliance import check, packs_for, verdict_of
    from plugins.common.compliance.limits import platforms

    packs = Kolony().host.collect("register_rule_packs")
    if market is not None:
        packs_for(market, packs)
    known = platforms()
    if platform is not None and platform not in known:
        raise typer.BadParameter(f"{platform!r} is none of {', '.join(sorted(known))}.", param_hint="--platform")
    fold = known.get(platform or "", {}).get("fold")
    given = _facts(facts) if facts else []

    def answer(texts: Sequence[str]) -> list[dict[str, Any]]:
        made = []
        for text in texts:
            found = check(text, market, sponsored=sponsored, facts=given, platform=platform, packs=packs, fold=fold)
            made.append({"verdict": verdict_of(found), "findings": [_said(f) for f in found]})
        return made

    if map_texts(file, answer, column=column, show=None if as_json else _shown):
        raise typer.Exit(1)


def _facts(file: str) -> list[str]:
    try:
        return [line.strip() for line in Path(file).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "it is no UTF-8 text"
        raise KolonyError(f"The facts in {file} cannot be read: {why}.", hint="Write one fact a line into a text file.") from e


def _said(f: Finding) -> dict[str, Any]:
    return {
        "rule": f.rule, "family": f.family, "severity": f.severity, "span": [f.start or 0, f.end or 0], "text": f.span, "exempt": f.exempt, "why": f.why,
        "suggestion": f.fix, "source": f.source,
    }  # fmt: skip


def _shown(text: str, given: dict[str, Any]) -> str:
    lines = [f"{given['verdict']:5}  {text}"]
    for f in given["findings"]:
        mark = "exempt" if f["exempt"] else f["severity"]
        words = f" “{f['text']}”" if f["text"] else ""
        lines.append(f"       {mark}: {f['rule']}{words} {f['why']}" + (f" → {f['suggestion']}" if f["suggestion"] else ""))
    return "\n".join(lines)
