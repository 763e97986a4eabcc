"""Any text classification model of the hub, or a folder of one, as a backend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from agent import ToolError
from plugins.sentiment.reading import LABELS, Label, Reading

BATCH = 32
_WORDS: dict[Label, str] = {
    "negative": r"neg\w*|bad|unhappy|complaint|负面|消极|负向|差评|不满",
    "neutral": r"neu\w*|mixed|none|other|no[_ ]?emotion|中性|中立|中评",
    "positive": r"pos\w*|good|happy|praise|正面|积极|正向|好评|满意",
}
_EMOTIONS: dict[str, Label] = {
    "anger": "negative", "disgust": "negative", "fear": "negative", "sadness": "negative", "annoyance": "negative", "disappointment": "negative",
    "joy": "positive", "love": "positive", "optimism": "positive", "admiration": "positive", "gratitude": "positive", "surprise": "neutral",
}  # fmt: skip
_STARS = re.compile(
    r"^(?:star[s_ ]*)?(?P<n>[1-5])(?:[ _-]*(?:stars?|星))?$|^(?P<word>one|two|three|four|five)[ _-]stars?$|^(?P<zh>[一二三四五])星$"
)
_NUMBER = re.compile(r"^label_(\d+)$")


class Classifier:
    """A model of ``transformers`` with a sequence classification head.

    Args:
        path: hub id that is already downloaded, or folder.
        labels: its labels to ours, where their names do not say.

    Raises:
        ToolError: it cannot be loaded, or its labels cannot be told.
    """

    def __init__(self, path: str, labels: Mapping[str, Label] | None = None) -> None:
        self.path = path
        self.name = path.rstrip("/").rsplit("/", 1)[-1]
        self._model, self._tokenizer = _load(path)
        names = [str(self._model.config.id2label[i]) for i in range(self._model.config.num_labels)]
        self._sides = sides(names, labels or {}, path)
        self._emotions = [n.lower() if n.lower() in _EMOTIONS or n.lower() == "neutral" else "" for n in names]

    def read(self, texts: Sequence[str], *, emotions: bool = False, aspects: bool = False) -> list[Reading]:
        """One reading per text; emotions where the model's labels are such, aspects never. Long texts are cut at the model's length."""
        found: dict[int, Reading] = {}
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            for i, row in zip(part, self._probs([texts[i] for i in part]), strict=True):
                probs = [sum(p for p, side in zip(row, self._sides, strict=True) if side == label) for label in LABELS]
                felt = {e: p for e, p in zip(self._emotions, row, strict=True) if e} if emotions and self._knows_emotions else {}
                found[i] = Reading((probs[0], probs[1], probs[2]), felt)
        return [found[i] for i in range(len(texts))]

    @property
    def _knows_emotions(self) -> bool:
        return sum(e in _EMOTIONS for e in self._emotions) >= 2

    @cached_property
    def _longest(self) -> int:
        config = self._model.config
        # RoBERTa keeps the first places for the padding token.
        places = getattr(config, "max_position_embeddings", 512) - (2 if "roberta" in config.model_type else 0)
        return int(min(self._tokenizer.model_max_length, places, 512))

    def _probs(self, texts: Sequence[str]) -> list[list[float]]:
        import torch

        rows = self._tokenizer(list(texts), padding=True, truncation=True, max_length=self._longest, return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(**rows.to(self._model.device)).logits.float()
        if getattr(self._model.config, "problem_type", None) == "multi_label_classification":
            shares = torch.sigmoid(logits)
            shares = shares / shares.sum(-1, keepdim=True).clamp(min=1e-9)
        else:
            shares = torch.softmax(logits, -1)
        made: list[list[float]] = shares.tolist()
        return made


def _load(path: str) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            path, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as e:
        reason = str(e).strip().splitlines()[0] if str(e).strip() else type(e).__name__
        raise ToolError(
            f"The classification model {path!r} cannot be loaded: {reason}",
            hint=f"Name a folder, or download it first (`hf download {path}`); only models that lie on this machine are read.",
        ) from e
    if unset := sorted(k for k in report["missing_keys"] if k.startswith(("classifier", "score", "classification_head"))):
        raise ToolError(
            f"{path!r} is no classification model: its weights hold no {unset[0]}.", hint="Name one that was trained to classify sentiment."
        )
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), tokenizer


def sides(names: Sequence[str], given: Mapping[str, Label], path: str = "the model") -> list[Label]:
    """Which of our labels each of a model's labels counts for: by what the settings say, by its words, its stars, or its number.

    Raises:
        ToolError: they do not say.
    """
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ToolError(f"labels: {path!r} has no label {unknown[0]!r}.", hint=f"It has {', '.join(names)}.")
    found = [given.get(name) or _by_words(name.lower()) for name in names]
    if not any(found):
        stars = [_star(name.lower()) for name in names]
        if all(stars):
            found = [_of_stars(n, max(map(int, filter(None, stars)))) for n in stars if n]
        elif (numbers := [_NUMBER.match(n.lower()) for n in names]) and all(numbers) and len(names) in (2, 3, 5):
            found = [_of_stars(i + 1, len(names)) for i in range(len(names))]
    if not all(found) or not {"negative", "positive"} <= set(found):
        raise ToolError(
            f"The labels of {path!r} do not say which is negative, neutral or positive: {', '.join(names)}.",
            hint='Say so in kolony.toml: [tools.analyze_sentiment] labels = { "A" = "negative", "B" = "positive" }.',
        )
    return [f for f in found if f]


def _by_words(name: str) -> Label | None:
    if name in _EMOTIONS:
        return _EMOTIONS[name]
    said = [label for label, words in _WORDS.items() if re.search(rf"(?<![a-z])(?:{words})(?![a-z])", name.replace("_", " "))]
    return said[0] if len(said) == 1 else None


def _star(name: str) -> int | None:
    m = _STARS.match(name)
    if not m:
        return None
    if m["n"]:
        return int(m["n"])
    return ("one", "two", "three", "four", "five").index(m["word"]) + 1 if m["word"] else "一二三四五".index(m["zh"]) + 1


def _of_stars(n: int, most: int) -> Label:
    if most == 2:
        return "negative" if n == 1 else "positive"
    middle = (most + 1) / 2
    return "negative" if n < middle else "positive" if n > middle else "neutral"
