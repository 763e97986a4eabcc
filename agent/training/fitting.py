"""Fits a LoRA adapter (Hu et al. 2021, arXiv:2106.09685) with transformers' Trainer, and scores posts under a model."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import KolonyError

Report = Callable[[str, int, int], None]
Encoded = dict[str, list[int]]


class TrainingFailed(KolonyError):
    """Training could not go on. Nothing was registered."""


@dataclass(frozen=True)
class Settings:
    """How to train: ``steps`` of ``batch`` posts each, every post cut at ``length`` tokens."""

    steps: int = 60
    batch: int = 4
    length: int = 160
    rank: int = 16
    learning_rate: float = 1e-3
    patience: int = 3
    """Validations without a lower loss after which training ends."""
    drafts: int = 16
    """Drafts written for the evaluation, by the base and by the adapted model."""
    validated: int = 24
    """Posts that each validation scores, at most."""
    evaluated: int = 64
    """Posts of the test part that are scored, at most."""
    seed: int = 7


def negative_log_likelihood(model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """``(nats, tokens)`` of each row's labels; rows must be padded on the left, so that all labels stand at the end.

    Logits are made for the labels alone: those of the request are a fifth of the work and are not needed.
    """
    import torch

    labels = inputs["labels"]
    keep = int((labels != -100).sum(1).max()) + 1
    few = {"logits_to_keep": keep} if "logits_to_keep" in inspect.signature(_forward(model)).parameters else {}
    logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **few).logits[:, -keep:-1]
    wanted = labels[:, -keep + 1 :]
    nats = torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), wanted, ignore_index=-100, reduction="none").sum(1)
    return nats, (wanted != -100).sum(1)


def _forward(model: Any) -> Any:
    return (model.get_base_model() if hasattr(model, "get_base_model") else model).forward


def score(model: Any, tokenizer: Any, posts: Sequence[Encoded], batch: int, told: Callable[[int], None]) -> list[tuple[float, int]]:
    """``(nats, tokens)`` for each post under the model as it stands."""
    import torch
    from transformers import DataCollatorForSeq2Seq

    collate, model = DataCollatorForSeq2Seq(tokenizer), model.eval()
    rows: list[tuple[float, int]] = []
    for i in range(0, len(posts), batch):
        told(i)
        inputs = {k: v.to(model.device) for k, v in collate([dict(p) for p in posts[i : i + batch]]).items()}
        with torch.inference_mode():
            nats, tokens = negative_log_likelihood(model, inputs)
        rows += zip(nats.tolist(), tokens.tolist(), strict=True)
    return rows


def trainer_of(model: Any, tokenizer: Any, parts: dict[str, list[Encoded]], work: Path, settings: Settings, report: Report) -> Any:
    """A Trainer over a LoRA adapter on every linear layer; the base's own weights, embeddings included, are frozen."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import DataCollatorForSeq2Seq, EarlyStoppingCallback, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

    torch.manual_seed(settings.seed)
    config = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    cuda = model.device.type == "cuda"
    every = max(1, settings.steps // 5)
    args = TrainingArguments(
        output_dir=str(work), max_steps=settings.steps, per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch, learning_rate=settings.learning_rate, lr_scheduler_type="cosine",
        warmup_steps=max(1, settings.steps // 20), eval_strategy="steps", eval_steps=every, save_strategy="steps", save_steps=every,
        save_total_limit=2, load_best_model_at_end=True, metric_for_best_model="eval_loss", greater_is_better=False, logging_strategy="no",
        disable_tqdm=True, prediction_loss_only=True, bf16=cuda, use_cpu=not cuda, seed=settings.seed, data_seed=settings.seed,
        dataloader_pin_memory=cuda, report_to="none", remove_unused_columns=False,
    )  # fmt: skip

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            report("Training", state.global_step, state.max_steps)

    class Watched(Trainer):
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            nats, tokens = negative_log_likelihood(model, inputs)
            loss = nats.sum() / tokens.sum()
            return (loss, {}) if return_outputs else loss

        def training_step(self, *a: Any, **k: Any) -> Any:
            loss = super().training_step(*a, **k)
            if not math.isfinite(float(loss)):
                raise TrainingFailed(
                    f"The loss is no number at step {self.state.global_step + 1}; nothing was registered.", hint="Lower --learning-rate."
                )
            return loss

    trainer = Watched(
        model=get_peft_model(model, config), args=args, train_dataset=parts["train"], eval_dataset=parts["validation"],
        data_collator=DataCollatorForSeq2Seq(tokenizer), callbacks=[Told(), EarlyStoppingCallback(settings.patience)],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # it writes to where the command's own answer goes
    return trainer


def last_checkpoint(work: Path) -> Path | None:
    """The newest whole one: the Trainer writes its state last."""
    found = [p for p in work.glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    return max(found, key=lambda p: int(p.name.split("-")[1]), default=None)
