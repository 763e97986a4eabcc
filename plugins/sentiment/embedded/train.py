"""Train the embedded sentiment backend, measure it on held-out texts, write its weights and its card.

python -m plugins.sentiment.embedded.train                       # everything, from the labelled texts in $KOLONY_DATA
python -m plugins.sentiment.embedded.train --adapter weights.npz # with an adapter trained before: minutes instead of half an hour
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded import WEIGHTS
from plugins.sentiment.embedded.card import card
from plugins.sentiment.embedded.fitting import fit
from plugins.sentiment.embedded.measure import held_out, measure
from plugins.sentiment.embedded.model import LANGUAGES, Model
from plugins.sentiment.embedded.sources import Example, data_folder, load
from plugins.sentiment.embedded.voices import Neural


def adapter_of(examples: Sequence[Example]) -> dict[str, NDArray[Any]]:
    """Adapter and heads trained on the ``train`` texts, in half precision."""
    from plugins.sentiment.embedded.tune import tuned

    adapter, heads = tuned(examples, say)
    parts = {f"heads.{k}": v.detach().numpy().astype(np.float16) for k, v in heads.state_dict().items() if k != "borders"}
    return {**adapter.arrays(), **parts}


def save(folder: Path, full: Model, fast: Model) -> None:
    """As ``Model.load`` reads it. No pickles: arrays and JSON only."""
    folder.mkdir(parents=True, exist_ok=True)
    if full.neural is None:
        raise ValueError("the full model has an encoder")
    np.savez_compressed(folder / "adapter.npz", allow_pickle=False, **full.neural.arrays())
    np.savez_compressed(folder / "ngrams.npz", allow_pickle=False, **full.grams.arrays())
    modes = {
        name: {
            **{language: model.stacks[language].as_json() for language in LANGUAGES},
            "temperature": round(model.temperature, 4),
            "borders": np.round(model.borders, 4).tolist(),
        }
        for name, model in (("full", full), ("fast", fast))
    }
    _write(folder / "calibration.json", modes)


def counts(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    """Texts of each source in each split."""
    found: dict[str, dict[str, int]] = {}
    for e in examples:
        found.setdefault(e.source, {"train": 0, "dev": 0, "test": 0})[e.split] += 1
    return found


def say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when a source that is needed is missing."""
    parser = argparse.ArgumentParser(prog="python -m plugins.sentiment.embedded.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the labelled texts (default: %(default)s)")
    parser.add_argument("--adapter", type=Path, help="reuse this adapter.npz instead of training one")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights (default: %(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read only every Nth text (to try the script)")
    options = parser.parse_args(arguments)
    examples = load(options.data, say=say)[:: options.every]
    languages = {e.language for e in examples if e.split == "dev" and e.polarity}
    if languages != set(LANGUAGES):
        say(f"labelled texts in English and in Chinese are needed; there are none in {options.data} (set KOLONY_DATA)")
        return 1
    if options.adapter:
        with np.load(options.adapter) as file:
            arrays = {k: v.astype(np.float16) for k, v in file.items() if k != "heads.borders"}
    else:
        arrays = adapter_of(examples)
    full, fast = fit(examples, Neural(arrays), say)
    save(options.out, full, fast)
    # What is measured is what was written: read back from the files.
    test = held_out(examples)
    measured: dict[str, Any] = {"texts": counts(examples)}
    for mode in ("full", "fast"):
        measured[mode] = measure(Model.load(options.out, fast=mode == "fast"), test)
        say(f"{mode}: {json.dumps(measured[mode])}")
    _write(options.out / "measured.json", measured)
    (options.out.parent / "MODEL_CARD.md").write_text(card(measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
