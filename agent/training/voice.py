"""Fits a LoRA adapter (Hu et al. 2021, arXiv:2106.09685) to a brand's posts, holds it against its base, and registers it."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import KolonyError
from ..models.adapters import FOLDER, AdapterRecord, name_for, write
from .prepare import Example, Prepared

COPY_BOUND = 0.02
"""Share of the drafts' runs of eight words (characters in Chinese) that may stand in the training set."""
Report = Callable[[str, int, int], None]


class TrainingFailed(KolonyError):
    """Training could not go on. Nothing was registered."""


@dataclass(frozen=True)
class Settings:
    """How to train. ``steps`` of ``batch`` posts each, cut at ``length`` tokens; ``drafts`` are written for the evaluation."""

    steps: int = 60
    batch: int = 4
    length: int = 256
    rank: int = 8
    learning_rate: float = 5e-4
    patience: int = 3
    drafts: int = 16
    evaluated: int = 64
    """Posts of the validation and test parts that are scored at most."""
    seed: int = 7


def train(
    home: Path, brand: str, base: str, base_path: str, prepared: Prepared, settings: Settings, now: datetime, report: Report
) -> tuple[Path, AdapterRecord]:
    """Train, evaluate and register. A run that was stopped goes on from its last checkpoint when it is started again.

    Raises:
        TrainingFailed: the loss is no number, memory does not suffice, or the work was interrupted; nothing is registered.
    """
    import torch
    from transformers.utils import logging

    from ..models import loading

    control: Any = logging
    control.set_verbosity_error()
    examples = {name: _pick(part, name, settings) for name, part in prepared.parts.items()}
    work = home / "training" / _key(brand, base_path, prepared, settings)
    work.mkdir(parents=True, exist_ok=True)
    try:
        loaded = loading.read(base_path, "auto", "bfloat16" if torch.cuda.is_available() else "float32")
        trainer = _trainer(loaded, examples, work, settings, report)
        checkpoint = _last(work)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        ready = work / "ready"
        trainer.model.save_pretrained(ready)
        report("Scoring the held-out posts", 0, 1)
        evaluation = _perplexities(trainer.model, loaded, examples["test"], settings)
        losses = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
        drafted = examples["test"][: settings.drafts]
        report("Writing drafts", 0, 2)
        with trainer.model.disable_adapter():
            plain = _drafts(trainer.model, loaded, drafted, settings)
        report("Writing drafts", 1, 2)
        evaluation |= _texts(plain, _drafts(trainer.model, loaded, drafted, settings), drafted, prepared, settings.seed)
        evaluation |= {"steps": trainer.state.global_step, "validation_loss": losses, "settings": vars(settings)}
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
    return _register(home, work, ready, brand, base, base_path, prepared, evaluation, now)


def messages(example: Example, language: str) -> list[dict[str, str]]:
    """What the model is asked, for one post."""
    asked = (
        f"写一篇关于{example.subject}的{example.platform}笔记。"
        if language == "zh"
        else f"Write a {example.platform} post about {example.subject}."
    )
    return [{"role": "user", "content": asked}]


def verdict(evaluation: dict[str, Any]) -> tuple[bool, str]:
    """Whether the adapted model beats its base: the perplexity's 95 % interval lies below no change, copying stays under the bound."""
    low, high = evaluation["perplexity_change"]["interval"]
    copying = evaluation["copied"]["adapted"]
    if high >= 0:
        return False, f"perplexity is not surely lower (95 % interval {low:+.1%} to {high:+.1%})"
    if copying > COPY_BOUND:
        return False, f"{copying:.1%} of its runs of eight stand in the training set, over the bound of {COPY_BOUND:.0%}"
    return True, f"perplexity {low:+.1%} to {high:+.1%}, copying {copying:.1%} of at most {COPY_BOUND:.0%}"


def _too_large() -> TrainingFailed:
    return TrainingFailed(
        "Training ran out of memory; nothing was registered.", hint="Use --batch 1, a smaller --length or a smaller model."
    )


def _key(brand: str, base_path: str, prepared: Prepared, settings: Settings) -> str:
    """Of the same data and settings only: what was begun with others is not gone on with."""
    import hashlib

    said = json.dumps([brand, base_path, vars(settings), {n: [vars(e) for e in p] for n, p in prepared.parts.items()}], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _last(work: Path) -> Path | None:
    found = [p for p in work.glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    return max(found, key=lambda p: int(p.name.split("-")[1]), default=None)


def _pick(part: Sequence[Example], name: str, settings: Settings) -> list[Example]:
    rng = random.Random(settings.seed)
    if name == "train":
        return rng.choices(part, [e.weight for e in part], k=settings.steps * settings.batch)
    return rng.sample(list(part), min(len(part), settings.evaluated))


def _encoded(loaded: Any, example: Example, language: str, length: int) -> dict[str, list[int]]:
    """Token ids, cut at ``length``; only the post's own tokens count for the loss, not those of the request."""
    tokenizer = loaded.tokenizer
    if tokenizer.chat_template:
        prompt = tokenizer.apply_chat_template(messages(example, language), tokenize=False, add_generation_prompt=True)
    else:
        prompt = messages(example, language)[0]["content"] + "\n\n"
    asked = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    # A post that holds a control token's letters must not end its turn.
    said = tokenizer(example.text, add_special_tokens=False, split_special_tokens=True)["input_ids"] + [tokenizer.eos_token_id]
    ids = (asked + said)[: max(length, len(asked) + 8)]
    return {"input_ids": ids, "labels": ([-100] * len(asked) + said)[: len(ids)], "attention_mask": [1] * len(ids)}


def _trainer(loaded: Any, examples: dict[Any, list[Example]], work: Path, settings: Settings, report: Report) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import DataCollatorForSeq2Seq, EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

    language = "zh" if any("\u4e00" <= c <= "\u9fff" for e in examples["train"][:20] for c in e.text) else "en"
    loaded.language = language
    torch.manual_seed(settings.seed)
    config = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    cuda = loaded.device == "cuda"
    every = max(1, settings.steps // 6)
    args = TrainingArguments(
        output_dir=str(work), max_steps=settings.steps, per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch, learning_rate=settings.learning_rate, lr_scheduler_type="cosine",
        warmup_steps=max(1, settings.steps // 20), eval_strategy="steps", eval_steps=every, save_strategy="steps", save_steps=every,
        save_total_limit=2, load_best_model_at_end=True, metric_for_best_model="eval_loss", greater_is_better=False, logging_strategy="no",
        disable_tqdm=True, bf16=cuda, use_cpu=not cuda, seed=settings.seed, data_seed=settings.seed, dataloader_pin_memory=cuda,
    )  # fmt: skip

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            report("Training", state.global_step, state.max_steps)

    class Watched(Trainer):
        def training_step(self, *a: Any, **k: Any) -> Any:
            loss = super().training_step(*a, **k)
            if not math.isfinite(float(loss)):
                raise TrainingFailed(
                    f"The loss is no number at step {self.state.global_step + 1}; nothing was registered.", hint="Lower --learning-rate."
                )
            return loss

    encoded: dict[str, Any] = {n: [_encoded(loaded, e, language, settings.length) for e in p] for n, p in examples.items()}
    return Watched(
        model=get_peft_model(loaded.model, config), args=args, train_dataset=encoded["train"], eval_dataset=encoded["validation"],
        data_collator=DataCollatorForSeq2Seq(loaded.tokenizer), callbacks=[Told(), EarlyStoppingCallback(settings.patience)],
    )  # fmt: skip


def _perplexities(model: Any, loaded: Any, test: Sequence[Example], settings: Settings) -> dict[str, Any]:
    """Per token, and bits per byte of the same tokens' text; interval of the relative change by a paired bootstrap over posts."""
    import numpy as np
    import torch

    model.eval()
    rows = []
    for e in test:
        one = _encoded(loaded, e, loaded.language, settings.length)
        ids, labels = (torch.tensor([one[k]], device=loaded.device) for k in ("input_ids", "labels"))
        own = [t for t in one["labels"] if t != -100]
        size = len(loaded.tokenizer.decode(own, skip_special_tokens=True).encode())
        with torch.inference_mode():
            adapted = float(model(input_ids=ids, labels=labels).loss) * len(own)
            with model.disable_adapter():
                base = float(model(input_ids=ids, labels=labels).loss) * len(own)
        rows.append((base, adapted, len(own), size))
    table = np.array(rows)
    rng = np.random.default_rng(settings.seed)
    sums = np.stack([table[rng.integers(0, len(table), len(table))].sum(0) for _ in range(2000)])
    changes = np.exp((sums[:, 1] - sums[:, 0]) / sums[:, 2]) - 1
    base, adapted, tokens, size = table.sum(0)
    return {
        "posts": len(rows), "perplexity": {"base": math.exp(base / tokens), "adapted": math.exp(adapted / tokens)},
        "bits_per_byte": {"base": base / math.log(2) / size, "adapted": adapted / math.log(2) / size},
        "perplexity_change": {"value": math.exp((adapted - base) / tokens) - 1, "interval": np.quantile(changes, [0.025, 0.975]).tolist()},
    }  # fmt: skip


def _drafts(model: Any, loaded: Any, asked: Sequence[Example], settings: Settings) -> list[str]:
    """One draft for each, sampled at temperature 0.7 as drafts are."""
    import torch

    model.eval()
    texts = []
    for e in asked:
        one = _encoded(loaded, e, loaded.language, settings.length)
        prompt = torch.tensor(
            [[t for t, label in zip(one["input_ids"], one["labels"], strict=True) if label == -100]], device=loaded.device
        )
        torch.manual_seed(settings.seed)
        with torch.inference_mode():
            made = model.generate(
                input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=min(96, settings.length), do_sample=True,
                temperature=0.7, top_p=0.95, pad_token_id=loaded.tokenizer.pad_token_id, use_cache=True,
            )  # fmt: skip
        texts.append(loaded.tokenizer.decode(made[0, prompt.shape[1] :], skip_special_tokens=True).strip())
    return texts


def _units(text: str) -> list[str]:
    import re

    han = re.findall(r"[\u3400-\u9fff]", text)
    return han or re.findall(r"[a-z'’]+", text.lower())


def _runs(text: str, size: int) -> list[tuple[str, ...]]:
    of = _units(text)
    return [tuple(of[i : i + size]) for i in range(len(of) - size + 1)]


def _texts(base: Sequence[str], adapted: Sequence[str], asked: Sequence[Example], prepared: Prepared, seed: int) -> dict[str, Any]:
    """What the drafts are worth: BLEU and chrF against the posts, distinct bigrams, runs of eight copied from the training set."""
    from sacrebleu.metrics import BLEU, CHRF
    from sacrebleu.significance import PairedTest

    known = {r for e in prepared.parts["train"] for r in _runs(e.text, 8)}

    def copied(texts: Sequence[str]) -> float:
        runs = [r for t in texts for r in _runs(t, 8)]
        return sum(r in known for r in runs) / max(1, len(runs))

    def distinct(texts: Sequence[str]) -> float:
        pairs = [r for t in texts for r in _runs(t, 2)]
        return len(set(pairs)) / max(1, len(pairs))

    found: dict[str, Any] = {
        "drafts": len(asked), "copied": {"base": copied(base), "adapted": copied(adapted), "people": copied([e.text for e in asked])},
        "distinct_2": {"base": distinct(base), "adapted": distinct(adapted)},
    }  # fmt: skip
    if asked:
        metrics: dict[str, Any] = {"BLEU": BLEU(tokenize="zh" if prepared.language == "zh" else "13a", references=None), "chrF": CHRF()}
        systems = [("base", list(base)), ("adapted", list(adapted))]
        test = PairedTest(systems, metrics, [[e.text for e in asked]], test_type="bs", n_samples=500)
        _, scores = test()
        for name, row in scores.items():
            if name != "System":
                found[name] = {
                    s: {"score": float(r.score), "plus_minus": float(r.ci or 0)} for s, r in zip(("base", "adapted"), row, strict=True)
                } | {"p": row[1].p_value}
    return found


def _register(
    home: Path,
    work: Path,
    ready: Path,
    brand: str,
    base: str,
    base_path: str,
    prepared: Prepared,
    evaluation: dict[str, Any],
    now: datetime,
) -> tuple[Path, AdapterRecord]:
    """Complete the folder beside its final place, then rename it: there is a whole adapter or none."""
    better, why = verdict(evaluation)
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    record = AdapterRecord(
        name=name_for(home, brand), brand=brand, base=base, base_path=base_path, language=prepared.language,
        trained=now.isoformat(timespec="seconds"), better=better, why=why, evaluation=evaluation,
    )  # fmt: skip
    (ready / "data_card.md").write_text(prepared.card() + "\n", encoding="utf-8")
    (ready / "data_card.json").write_text(json.dumps(prepared.data(), ensure_ascii=False, indent=2), encoding="utf-8")
    (ready / "model_card.md").write_text(model_card(record) + "\n", encoding="utf-8")
    (ready / "README.md").unlink(missing_ok=True)  # peft's empty card
    write(ready, record)
    ready.replace(folder / record.name)
    shutil.rmtree(work, ignore_errors=True)
    return folder / record.name, record


def model_card(record: AdapterRecord) -> str:
    """The model card with its evaluation table, as Markdown."""
    e = record.evaluation
    change = e["perplexity_change"]
    rows = [
        ("perplexity per token", e["perplexity"], ".2f"), ("bits per byte", e["bits_per_byte"], ".3f"),
        (f"runs of eight copied (bound {COPY_BOUND:.0%})", e["copied"], ".2%"), ("distinct bigrams", e["distinct_2"], ".2f"),
    ]  # fmt: skip
    lines = [f"| {name} | {v['base']:{f}} | {v['adapted']:{f}} |" for name, v, f in rows]
    for name in ("BLEU", "chrF2"):
        if name in e:
            both = (f"{e[name][s]['score']:.2f} ± {e[name][s]['plus_minus']:.2f}" for s in ("base", "adapted"))
            lines.append(f"| {name} (p = {e[name]['p']:.3f}) | {' | '.join(both)} |")
    return "\n".join(
        [
            f"# {record.name}", "", f"A LoRA adapter of {record.base} for the posts of {record.brand} in {record.language}, trained {record.trained}, {e['steps']} steps.",
            "", f"| | base | adapted |\n|---|---:|---:|\n{chr(10).join(lines)}", "",
            f"On {e['posts']} held-out posts of authors and of a time that training did not see; {e['drafts']} drafts. Perplexity changes by "
            f"{change['value']:+.1%}, 95 % interval {change['interval'][0]:+.1%} to {change['interval'][1]:+.1%} (paired bootstrap over posts). "
            f"People's own held-out posts share {e['copied']['people']:.2%} of their runs of eight with the training set.", "",
            f"{'Used' if record.better else 'Not used'} for this brand's drafts: {record.why}. The rule: the interval of the change in perplexity "
            f"lies below 0, and at most {COPY_BOUND:.0%} of the drafts' runs of eight words or characters stand in the training set.", "",
            "Limits: perplexity says how expected the posts are, not that what is written is true. What it writes is reviewed as any draft is.",
        ]
    )  # fmt: skip
