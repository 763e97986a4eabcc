"""Training a brand's voice, from posts to a routed adapter and back, on a real (tiny) Llama."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import UsageError
from agent.models import Router
from agent.models.adapters import FOLDER, records, roll_back, used, write
from agent.models.local import ChatTransformers
from agent.models.router import Want
from agent.settings import LocalModel
from agent.settings import Settings as Project
from agent.training import voice
from agent.training.prepare import clean, prepare
from vectorstore.records import Post

NOW = datetime(2026, 11, 2, tzinfo=UTC)
WORDS = "bread soup market river window garden lemon paper station winter copper violin basket thunder meadow pocket".split()


def posts(authors: int = 8, each: int = 30, language: str = "en") -> list[Post]:
    import random

    rng = random.Random(3)
    made = []
    for a in range(authors):
        for n in range(each):
            text = "Today I tried " + " and ".join(rng.choices(WORDS, k=12)) + "."
            made.append(
                Post(
                    id=f"instagram:{a}-{n}",
                    platform="instagram",
                    creator_id=f"instagram:a{a}",
                    text=text,
                    hashtags=("food",),
                    likes=n,
                    language=language,
                    created_at=NOW - timedelta(days=rng.randrange(900)),
                )
            )
    return made


@settings(max_examples=6, deadline=None)
@given(st.integers(3, 12), st.integers(0, 50))
def test_no_author_and_no_time_leaks(authors: int, seed: int) -> None:
    p = prepare(posts(authors), "en", seed=seed)
    by = {name: {e.author for e in part} for name, part in p.parts.items()}
    assert not by["train"] & by["test"]
    assert not by["train"] & by["validation"]
    assert not by["validation"] & by["test"]
    times = {q.text: q.created_at for q in posts(authors)}
    assert all((times[e.text].isoformat() < p.cut) == (name == "train") for name, part in p.parts.items() for e in part)


def test_personal_data_links_and_tags_do_not_reach_training() -> None:
    text = clean(
        "Best noodles in town!\nCall 214-555-0134 to book\nmail me: ann@example.com\nSee https://x.example @ann #food[话题]# [笑哭R]"
    )
    assert text == "Best noodles in town!\nSee"


def test_near_duplicates_go_before_the_split() -> None:
    twice = [
        *posts(),
        *(q.model_copy(update={"id": q.id + "x", "creator_id": "instagram:thief", "text": q.text + " !"}) for q in posts()[:50]),
    ]
    counts = dict(prepare(twice, "en").counts)
    assert counts["long enough, and words"] - counts["no near-duplicates"] >= 50


@pytest.mark.parametrize(
    ("given", "language", "said"),
    [
        (posts(authors=1, each=200), "en", "1 author;"),
        (posts(authors=6, each=5), "en", "Too few posts"),
        (posts(), "zh", "the posts are in: en"),
    ],
)
def test_what_cannot_be_trained_on_is_said(given: list[Post], language: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        prepare(given, language)


@pytest.mark.parametrize("least", ["P", "lots", "-3"])
def test_an_unusable_least_engagement_is_said(least: str) -> None:
    with pytest.raises(UsageError, match="neither a number nor a percentile"):
        prepare(posts(), "en", min_engagement=least)


def run(home: Path, model: Path, **changed: Any) -> tuple[Path, Any]:
    given = {"steps": 4, "batch": 2, "length": 64, "drafts": 2, "evaluated": 6, **changed}
    told = given.pop("report", lambda message, done, total: None)
    return voice.train(home, "Lemon", "tiny", str(model), prepare(posts(), "en"), voice.Settings(**given), NOW, told)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.folder(tmp_path_factory.mktemp("tiny"))


def test_from_posts_to_a_routed_adapter_and_back(home: Path, model: Path) -> None:
    folder, record = run(home, model, steps=30, learning_rate=1e-2)
    e = record.evaluation
    assert e["perplexity"]["adapted"] < e["perplexity"]["base"]
    assert {"record.json", "data_card.md", "model_card.md", "adapter_model.safetensors"} <= {f.name for f in folder.iterdir()}
    assert not list((home / "training").iterdir()), "no prepared posts or checkpoints stay behind"
    write(folder, record.model_copy(update={"better": True}))

    project = Project(home=home, models=[LocalModel(name="tiny", path=str(model))], offline_model=False)
    first = [c.spec.name for c in Router(project).decide(Want("en", brand="lemon")).choices]
    assert first == [record.name]
    assert [c.spec.name for c in Router(project).decide(Want("en", brand="Other")).choices] == ["tiny"]
    assert [c.spec.name for c in Router(project).decide(Want("en")).choices] == ["tiny"]
    assert next(m for m in Router(project).models() if m.base).brand == "Lemon"
    # What the router loads is what was trained: it is less surprised by such a post than its base.
    text = posts()[0].text
    adapted = ChatTransformers(path=str(model), dtype="float32", adapter=str(folder)).perplexity(text)
    assert adapted < ChatTransformers(path=str(model), dtype="float32").perplexity(text)

    roll_back(home, "Lemon")
    assert [c.spec.name for c in Router(project).decide(Want("en", brand="Lemon")).choices] == ["tiny"]
    roll_back(home, record.name, undo=True)
    assert [c.spec.name for c in Router(project).decide(Want("en", brand="Lemon")).choices] == [record.name]


def test_an_adapter_that_does_not_beat_its_base_is_not_used(home: Path, model: Path) -> None:
    folder, record = run(home, model)
    write(folder, record.model_copy(update={"better": False}))
    assert records(home)
    assert not used(home)


@pytest.mark.parametrize(
    ("interval", "copying", "better"), [((-0.3, -0.1), 0.0, True), ((-0.3, 0.01), 0.0, False), ((-0.3, -0.1), 0.03, False)]
)
def test_the_rule(interval: tuple[float, float], copying: float, better: bool) -> None:
    assert voice.verdict({"perplexity_change": {"interval": interval}, "copied": {"adapted": copying}})[0] is better


def test_a_loss_that_is_no_number_registers_nothing(home: Path, model: Path) -> None:
    with pytest.raises(voice.TrainingFailed, match="no number"):
        run(home, model, steps=12, learning_rate=math.inf)
    assert not (home / FOLDER).exists()


def test_stopped_training_registers_nothing_and_goes_on_from_its_checkpoint(home: Path, model: Path) -> None:
    seen: list[int] = []

    def stop(message: str, done: int, total: int) -> None:
        if message == "Training" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(voice.TrainingFailed, match="stopped"):
        run(home, model, steps=6, report=stop)
    assert not (home / FOLDER).exists()
    _, record = run(home, model, steps=6, report=lambda m, done, total: seen.append(done) if m == "Training" else None)
    assert min(seen) > 1, "steps that were saved are not taken again"
    assert record.evaluation["steps"] == 6
