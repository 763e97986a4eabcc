"""How likely it is that a passage answers a question: a logistic rule over closeness in meaning, shared words and what is asked about.

The weights and how they were fitted are in ``answerable.yaml``, made by ``python -m bench.questions_fit``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml

from plugins.customer_service.concepts import pattern

FEATURES = ("near", "apart", "words", "covered", "told", "partly_told", "unnumbered", "zh")

_NUMBER_ASKED = re.compile(
    r"\b(?:how|hw) (?:many|much|long|old|heavy|far|fast|big)\b|\bwhat time\b|\bwhen\b|多少|几|多久|多长|多大|多重|啥价|什么价|什么时候",
    re.I,
)
# A passage that says what holds for all others answers for a stranger too.
_ALL_OTHERS = re.compile(
    r"\bonly\b|\b(?:any|no|all) other\b|\bexcept\b|\bnowhere else\b|\bworldwide\b|\binternational|仅|只|其他(?!时间|日)|海外|国外|以外|除了|全球",
    re.I,
)
_ON_SALE = re.compile(
    r"\b(?:do|does) (?:you|u|y'?all|they)(?: guys)? (?:sell|carry|stock|make)\b|\bfor sale\b|(?:有|卖)[^，。？！]{1,12}卖吗?|卖不卖|有没有卖|卖[^，。？！]{1,8}吗",
    re.I,
)
_COMMON = frozenset(
    """a an the is are r do does did can could may will would should i im my me you u ur your we our it its to of in on for with and or at be if so there this
    that these those them they what whats how hw where when who which any got have has get gets guys some from by as not no""".split()
)
_COMMON_ZH = frozenset("的了吗呢吧啊呀么我你您他她它们是有在不和也就都还要能可以会怎什哪多少几这那个家")


class Signs(NamedTuple):
    """What speaks for or against a passage, in the order of ``FEATURES``."""

    near: float
    """Cosine of question and passage, of whole or closest sentence the larger, less 0.85, times 20."""
    apart: float
    """By how much that exceeds the closest other passage's, times 20."""
    words: float
    """Share of the question's words (Chinese: pairs of characters) that it holds, rare ones of the material weighing more."""
    covered: float
    told: float
    """Share of the things asked about that it speaks of; 0 where the table knows none."""
    partly_told: float
    unnumbered: float
    """1 where a number is asked for and it holds none."""
    zh: float


@lru_cache(maxsize=1)
def _rule() -> tuple[tuple[float, ...], float, float]:
    made = yaml.safe_load((Path(__file__).parent / "answerable.yaml").read_text(encoding="utf-8"))
    return tuple(made["weights"][name] for name in FEATURES), made["intercept"], made["threshold"]


def threshold() -> float:
    """The probability from which a passage answers."""
    return _rule()[2]


def probability(signs: Signs) -> float:
    weights, intercept, _ = _rule()
    return 1 / (1 + math.exp(-intercept - sum(w * x for w, x in zip(weights, signs, strict=True))))


def unnumbered(question: str, text: str) -> bool:
    return bool(_NUMBER_ASKED.search(question)) and not re.search(r"\d", text)


def asks_for_sale(question: str) -> bool:
    return bool(_ON_SALE.search(question))


def grams(text: str) -> frozenset[str]:
    """Stems of Latin words, numbers, and pairs of Chinese characters, without what every question says."""
    text = text.casefold()
    latin = [w for w in re.findall(r"[a-z][a-z'’]+|\d+(?:\.\d+)?", text) if w not in _COMMON]
    stems = {re.sub(r"(?:ies|ing|ed|es|s|ly|y|e)$", "", w) if len(w) > 4 else w for w in latin}
    pairs = {
        a + b for run in re.findall(r"[\u4e00-\u9fff]+", text) for a, b in pairwise(run) if a not in _COMMON_ZH and b not in _COMMON_ZH
    }
    return frozenset(stems | pairs)


def shared(question: str, texts: Sequence[str]) -> list[float]:
    """For each text, the share of the question's grams that it holds, weighed by how few texts hold them."""
    asked, held = grams(question), [grams(t) for t in texts]
    weight = {g: math.log((len(texts) + 1) / (1 + sum(g in h for h in held))) for g in asked}
    total = sum(weight.values())
    return [sum(weight[g] for g in asked & h) / total if total else 0.0 for h in held]


@lru_cache(maxsize=1)
def _kinds() -> list[re.Pattern[str]]:
    table = yaml.safe_load((Path(__file__).parent / "strangers.yaml").read_text(encoding="utf-8"))
    return [re.compile(pattern(words), re.I) for words in table.values()]


def strangers(question: str, material: str) -> list[str]:
    """Colours, places, ways to pay and the like that a question names and the (lower-cased) material does not."""
    named = {m.group().casefold() for kind in _kinds() for m in kind.finditer(question)}
    return sorted(n for n in named if n.rstrip("s") not in material and n.rstrip("色") not in material)


def speaks_for_all(text: str) -> bool:
    return bool(_ALL_OTHERS.search(text))
