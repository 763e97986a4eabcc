"""A brand's voice taught to the packaged SmolLM2-135M: held-out perplexity, copying, and drafts, base against adapted (markdown lines).

Real posts are the Chinese ones of `xhs_koc`; English ones with authors are not at hand, so the English run is on the sample of the
test kit, whose texts are made. `python -m bench.training --language en --steps 20` runs one of them with other settings.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vectorstore import Post

DATA = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
STEPS = {"zh": 40, "en": 20}
REAL = {"zh": "xhs_koc: real posts of dessert creators", "en": "the English sample: made texts, not real posts"}


def run() -> list[str]:
    lines = []
    for language in ("zh", "en"):
        if language == "zh" and not DATA.exists():
            lines += ["Skipped: `xhs_koc` is not in ../shared/data (see KOLONY_DATA).", ""]
            continue
        lines += [*one(language, STEPS[language]), ""]
    return lines


def one(language: str, steps: int, model: str = "", length: int = 160, batch: int = 4, home: str = "") -> list[str]:
    """Data card and model card of one training, with every figure. One that was stopped goes on in the same ``home``."""
    from agent import Kolony
    from agent.cli.train import reviewer
    from agent.models import offline
    from agent.settings import Settings as Project
    from agent.training.fitting import Settings
    from agent.training.prepare import prepare
    from agent.training.voice import Base, train
    from prompts import Prompts

    path = model or str(offline.require_packaged_gguf())
    settings = Settings(steps=steps, batch=batch, length=length)
    with tempfile.TemporaryDirectory() as scratch, Kolony(Project(home=Path(home or scratch), offline_model=False)) as k:
        k.open_store(create=True).close()  # the review's context has one
        prepared = prepare(_posts(language), language)
        folder, _ = train(
            k.settings.home, "Bench", Base(Path(model).stem if model else offline.NAME, path), prepared, settings, Prompts(), datetime.now(UTC), _say,
            reviewer(k),
        )  # fmt: skip
        cards = [(folder / name).read_text(encoding="utf-8").replace("\n# ", "\n#### ") for name in ("data_card.md", "model_card.md")]
    return [
        f"### {REAL[language]}",
        "",
        *(line.replace("# ", "#### ", 1) if line.startswith("# ") else line for c in cards for line in c.split("\n")),
    ]


def _posts(language: str) -> Sequence[Post]:
    if language == "zh":
        from vectorstore.readers import read_exports

        return read_exports(DATA / "contents.json.gz").posts
    from agent.testing import sample_records

    return [p for p in sample_records()[1] if p.language == "en"]


def _say(message: str, done: int, total: int) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {message} {done}/{total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--language", default="zh")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--model", default="")
    parser.add_argument("--length", type=int, default=160)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--home", default="")
    print("\n".join(one(**vars(parser.parse_args()))))
