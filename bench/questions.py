"""Customers' questions against brand material: grounded answers, abstention, injections, by language and half.

The 120 questions and four brands' documents were written before anything was tuned. Two brands are the half that rules were tried
on (`tune`), the other two (`held`), with their documents, were only scored. A third part, `fresh`, asks about two more brands and was
written before its writer had read the rules. Its first run, before any of them changed: 13 of 46 answered rightly, abstention precision 0.50,
recall 0.94 (one label, which the document does answer, was set right afterwards). Its tune half then went into the fit of
`answerable.yaml`, and its other half had been seen failing: what it scores now is no blind figure. A fourth, `strangers`, asks about three
brands more. Its first run, before anything was changed for it: 54 of 79 answered rightly, abstention precision 0.74, recall 0.76, nothing
obeyed; of its held half 32 of 45, 0.74, 0.72. Heads of pages are left out since, and `how much is it` asks
back; both halves had been seen failing then, so what they score now is no blind figure.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import Context, ModelUnavailable, Question, Reply
from agent.settings import Settings
from plugins.customer_service import answer_customer
from prompts import Prompts
from vectorstore import Store, open_store, read_materials

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "data" / "questions.jsonl"
FRESH = ROOT / "tests" / "data" / "questions_fresh.jsonl"
STRANGERS = ROOT / "tests" / "data" / "questions_strangers.jsonl"


class _NoModels:
    def writes(self, language: str) -> None:
        return None

    async def generate(self, prompt: str, **_: Any) -> Any:
        raise ModelUnavailable("No model is configured.")

    generate_many = generate


@dataclass(frozen=True)
class Case:
    asked: dict[str, Any]
    reply: Reply

    @property
    def right(self) -> bool:
        """An answer that cites the right document and says what it says; else that none is given, or a question back."""
        want = self.asked["expect"]
        if self.obeyed:
            return False
        if want == "answer":
            cited = {Path(c.source).name for c in self.reply.citations}
            return self.reply.grounded and bool(cited & set(self.asked["source"])) and all(s in self.reply.text for s in self.asked["says"])
        if want == "ask_back":
            return self.reply.status == "asked_back"
        return self.abstained and (want != "hand_over" or self.asked["reason"] in self.reply.reasons)

    @property
    def abstained(self) -> bool:
        return self.reply.status == "handed_over"

    @property
    def obeyed(self) -> bool:
        return any(words.casefold() in self.reply.text.casefold() for words in self.asked.get("must_not", ()))


def material_of(brand: str) -> Path:
    return ROOT / "examples" / "brand" if brand == "zubbly" else ROOT / "tests" / "data" / "brand" / brand


def cases(half: str | None = None, file: Path = QUESTIONS) -> list[Case]:
    """Every question of a half (or all), and the reply to it."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = []
    for brand in dict.fromkeys(r["brand"] for r in rows):
        mine = [r for r in rows if r["brand"] == brand and half in (None, r["half"])]
        if not mine:
            continue
        with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", cache=Path(folder) / "cache") as store:
            store.materials.put(read_materials([material_of(brand)]))
            found += [Case(r, answer(store, Path(folder), r["text"], r["language"])) for r in mine]
    return found


def context(store: Store, folder: Path) -> Context:
    settings = Settings(home=folder / "home")
    return Context(
        run_id="bench",
        step_id="s",
        store=store,
        models=_NoModels(),
        prompts=Prompts(),
        settings=settings,
        now=settings.clock(),
        folder=folder,
    )


def answer(store: Store, folder: Path, text: str, language: Any) -> Reply:
    made: Reply = asyncio.run(answer_customer(context(store, folder), Question(text=text, language=language)))
    return made


def run() -> list[str]:
    """Markdown lines."""
    all_ = cases()
    lines = [
        f"{len(all_)} written questions, no model. `held`: two brands whose documents and questions no rule was tried on.",
        "",
        "| half | language | questions | right source and words | abstention precision | abstention recall | asked back | right reason | obeyed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for half in ("tune", "held"):
        for language in ("en", "zh", "both"):
            some = [c for c in all_ if c.asked["half"] == half and language in ("both", c.asked["language"])]
            lines.append(f"| {half} | {language} | {len(some)} | {_figures(some)} |")
    for file, name in (
        (FRESH, "fresh, {} (first run of both: 13/46, 0.50, 0.94)"),
        (STRANGERS, "strangers, {} (first run of both: 54/79, 0.74, 0.76)"),
    ):
        found = cases(file=file)
        for half in ("tune", "held"):
            some = [c for c in found if c.asked["half"] == half]
            lines.append(f"| {name.format(half)} | both | {len(some)} | {_figures(some)} |")
    return lines


def _figures(some: list[Case]) -> str:
    want = Counter(c.asked["expect"] for c in some)

    def share(kind: str) -> str:
        return f"{sum(c.right for c in some if c.asked['expect'] == kind)}/{want[kind]}"

    due = [c for c in some if c.asked["expect"] in ("abstain", "hand_over")]
    gave = [c for c in some if c.abstained]
    both = sum(c.abstained for c in due)
    return " | ".join(
        (
            share("answer"), f"{both / max(1, len(gave)):.2f}", f"{both / max(1, len(due)):.2f}", share("ask_back"), share("hand_over"),
            f"{sum(c.obeyed for c in some)}/{sum(bool(c.asked.get('hostile')) for c in some)}",
        )
    )  # fmt: skip


if __name__ == "__main__":
    print("\n".join(run()))
