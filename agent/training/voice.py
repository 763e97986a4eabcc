"""Teaches the local model a brand's voice: fits an adapter, holds it against its base, and registers it."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.adapters import FOLDER, WORK, AdapterRecord, name_for, write
from . import evaluation
from .asking import encode
from .fitting import Report, Settings, TrainingFailed, last_checkpoint, score, trainer_of
from .prepare import Example, Prepared

if TYPE_CHECKING:
    from prompts import Prompts


@dataclass(frozen=True)
class Base:
    """The model beneath: its name in Kolony, and the hub id, folder or GGUF file it is read from."""

    name: str
    path: str


def train(
    home: Path, brand: str, base: Base, prepared: Prepared, settings: Settings, prompts: Prompts, now: datetime, report: Report,
    reviewer: evaluation.Reviewer | None = None,
) -> tuple[Path, AdapterRecord]:  # fmt: skip
    """Train, evaluate and register. A run that was stopped goes on from its last checkpoint when it is started again.

    Raises:
        TrainingFailed: the loss is no number, memory does not suffice, or the work was interrupted; nothing is registered.
    """
    import torch
    from transformers.utils import logging

    control: Any = logging
    control.set_verbosity_error()
    work = home / WORK / _key(brand, base, prepared, settings)
    work.mkdir(parents=True, exist_ok=True)
    about = {"brand": brand, "creators": prepared.authors}
    (work / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    try:
        measured, fingerprint = _train(base.path, prepared, settings, prompts, work, report, reviewer)
    except KeyboardInterrupt:
        raise TrainingFailed(
            "Training was stopped; nothing was registered.", hint="The same command goes on from the last checkpoint."
        ) from None
    except (torch.OutOfMemoryError, MemoryError) as e:
        raise _too_large() from e
    except RuntimeError as e:
        if "not enough memory" in str(e) or "can't allocate memory" in str(e):  # how torch's CPU allocator says it
            raise _too_large() from e
        raise
    better, why = evaluation.verdict(measured)
    record = AdapterRecord(
        name=name_for(home, brand), brand=brand, base=base.name, base_path=base.path, base_fingerprint=fingerprint, language=prepared.language,
        trained=now.isoformat(timespec="seconds"), better=better, why=why, evaluation=measured, creators=prepared.authors,
    )  # fmt: skip
    return _register(home, work, prepared, record), record


def _train(
    path: str, prepared: Prepared, settings: Settings, prompts: Prompts, work: Path, report: Report, reviewer: evaluation.Reviewer | None
) -> tuple[dict[str, Any], str]:
    import torch

    from ..models import loading

    language, loaded = prepared.language, loading.read(path, "auto", "bfloat16" if torch.cuda.is_available() else "float32")
    model, tokenizer = loaded.model, loaded.tokenizer
    examples = {name: _pick(part, name, settings) for name, part in prepared.parts.items()}
    encoded: dict[str, list[dict[str, list[int]]]] = {
        n: [encode(tokenizer, e, language, prompts, settings.length) for e in part] for n, part in examples.items()
    }
    test = encoded["test"]
    said = [tokenizer.decode([t for t in e["labels"] if t != -100], skip_special_tokens=True) for e in test]

    # The base is measured while it is nothing but the base, and once: a run that goes on has its figures already.
    kept = work / "base.json"
    if not kept.is_file():
        scored = score(model, tokenizer, test, settings.batch, lambda n: report("Scoring the base", n, len(test)))
        report("Drafts by the base", 0, 1)
        plain = _drafts(model, tokenizer, test[: settings.drafts], settings)
        scratch = kept.with_suffix(".part")
        scratch.write_text(json.dumps({"scored": scored, "drafts": plain}, ensure_ascii=False), encoding="utf-8")
        scratch.replace(kept)
    base = json.loads(kept.read_text(encoding="utf-8"))

    trainer = trainer_of(model, tokenizer, encoded, work, settings, report)
    checkpoint = last_checkpoint(work)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.model.save_pretrained(work / "ready")
    adapted = score(trainer.model, tokenizer, test, settings.batch, lambda n: report("Scoring the adapted model", n, len(test)))
    report("Drafts by the adapted model", 0, 1)
    written = _drafts(trainer.model, tokenizer, test[: settings.drafts], settings)
    report("Comparing the drafts", 0, 1)
    n = len(written)
    measured = evaluation.held_out([(s, t) for s, t in base["scored"]], adapted, [len(s.encode()) or 1 for s in said], settings.seed)
    measured |= evaluation.drafts(
        base["drafts"], written, examples["test"][:n], said[:n], prepared.parts["train"], language, settings.seed, reviewer
    )
    losses = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    measured |= {"steps": trainer.state.global_step, "validation_loss": losses, "settings": vars(settings), "device": loaded.device}
    return measured, loading.fingerprint(path)


def _too_large() -> TrainingFailed:
    return TrainingFailed(
        "Training ran out of memory; nothing was registered.", hint="Use --batch 1, a smaller --length or a smaller model."
    )


def _key(brand: str, base: Base, prepared: Prepared, settings: Settings) -> str:
    """Of the same data and settings only: what was begun with others is not gone on with."""
    parts = {n: [vars(e) for e in p] for n, p in prepared.parts.items()}
    return hashlib.sha256(json.dumps([brand, vars(base), vars(settings), parts], sort_keys=True).encode()).hexdigest()[:16]


def _pick(part: Sequence[Example], name: str, settings: Settings) -> list[Example]:
    rng = random.Random(settings.seed)
    if name == "train":
        return rng.choices(part, [e.weight for e in part], k=settings.steps * settings.batch)
    return rng.sample(list(part), min(len(part), settings.validated if name == "validation" else settings.evaluated))


def _drafts(model: Any, tokenizer: Any, posts: Sequence[dict[str, list[int]]], settings: Settings) -> list[str]:
    """One draft for each post's request, sampled at temperature 0.7 as drafts are."""
    import torch

    asked = [{"input_ids": [t for t, label in zip(p["input_ids"], p["labels"], strict=True) if label == -100]} for p in posts]
    if not asked:
        return []
    inputs = tokenizer.pad(asked, return_tensors="pt", padding_side="left").to(model.device)
    torch.manual_seed(settings.seed)
    with torch.inference_mode():
        made = model.eval().generate(
            **inputs, max_new_tokens=settings.length, do_sample=True, temperature=0.7, top_p=0.95, pad_token_id=tokenizer.pad_token_id, use_cache=True
        )  # fmt: skip
    return [tokenizer.decode(row[inputs["input_ids"].shape[1] :], skip_special_tokens=True).strip() for row in made]


def _register(home: Path, work: Path, prepared: Prepared, record: AdapterRecord) -> Path:
    """Complete the folder beside its final place, then rename it: there is a whole adapter or none."""
    folder, ready = home / FOLDER / record.name, work / "ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    (ready / "data_card.md").write_text(prepared.card() + "\n", encoding="utf-8")
    (ready / "data_card.json").write_text(json.dumps(prepared.data(), ensure_ascii=False, indent=2), encoding="utf-8")
    (ready / "model_card.md").write_text(model_card(record) + "\n", encoding="utf-8")
    (ready / "README.md").unlink(missing_ok=True)  # peft's empty card
    write(ready, record)
    ready.replace(folder)
    shutil.rmtree(work, ignore_errors=True)
    return folder


def model_card(record: AdapterRecord) -> str:
    """The model card with its evaluation table, as Markdown."""
    e = record.evaluation
    change, s = e["perplexity_change"], e["settings"]
    return "\n".join(
        [
            f"# {record.name}", "", f"A LoRA adapter of {record.base} for the posts of {record.brand} in {record.language}, trained {record.trained} "
            f"on {e['device']}: {e['steps']} steps of {s['batch']} posts of at most {s['length']} tokens, rank {s['rank']}, learning rate "
            f"{s['learning_rate']:g}, seed {s['seed']}.", "", evaluation.table(e), "",
            f"Perplexity on {e['posts']} held-out posts ({e['tokens']:,} tokens) of authors and of a time that training did not see: {change['value']:+.1%} "
            f"(paired bootstrap over posts). The other rows are of {e['drafts']} drafts for requests of such posts, asked as the content writer asks "
            "(paired bootstrap over requests). Runs that the request itself gives do not count as copied.", "",
            f"{'Used' if record.better else 'Not used'} for this brand's drafts: {record.why}. The rule: the interval of the change in perplexity "
            f"lies below 0, and at most {evaluation.COPY_BOUND:.0%} of the drafts' runs of eight words or characters stand in the training set.", "",
            "Limits: perplexity says how expected the posts are, not that what is written is true. People's posts tell of visits, and the request "
            "forbids that; what it writes is reviewed as any draft is.",
        ]
    )  # fmt: skip
