"""Training a brand's voice, from posts to a routed adapter and back, on a real (tiny) Llama."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ModelUnavailable, UsageError
from agent.models import Router, adapters
from agent.models.adapters import FOLDER, WORK, adapter_names, records, roll_back, write
from agent.models.local import ChatTransformers
from agent.models.router import Want
from agent.settings import LocalModel
from agent.settings import Settings as Project
from agent.training import evaluation, voice
from agent.training.asking import encode, request
from agent.training.fitting import Settings, TrainingFailed, score
from agent.training.prepare import Example, Prepared, clean, prepare
from prompts import Prompts
from vectorstore.records import Post

NOW = datetime(2026, 11, 2, tzinfo=UTC)
WORDS = "bread soup market river window garden lemon paper station winter copper violin basket thunder meadow pocket".split()


def posts(authors: int = 8, each: int = 30, language: str = "en") -> list[Post]:
    rng = random.Random(3)
    return [
        Post(
            id=f"instagram:{a}-{n}", platform="instagram", creator_id=f"instagram:a{a}", hashtags=("food",), likes=n, language=language,
            text="Today I tried " + " and ".join(rng.choices(WORDS, k=12)) + ".", created_at=NOW - timedelta(days=rng.randrange(900)),
        )
        for a in range(authors)
        for n in range(each)
    ]  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(st.integers(3, 5), st.integers(72, 80), st.integers(0, 50))
def test_no_author_and_no_time_leaks(authors: int, each: int, seed: int) -> None:
    given = posts(authors, each)
    p = prepare(given, "en", seed=seed)
    by = {name: {e.author for e in part} for name, part in p.parts.items()}
    assert not by["train"] & by["test"]
    assert not by["train"] & by["validation"]
    assert not by["validation"] & by["test"]
    times: dict[tuple[str, str], datetime] = {(q.creator_id, q.text): q.created_at for q in given if q.created_at}
    cut = datetime.fromisoformat(p.cut)
    for name, part in p.parts.items():
        assert part
        assert {times[e.author, e.text] < cut for e in part} == {name == "train"}


def test_personal_data_links_and_tags_do_not_reach_training() -> None:
    text = clean(
        "Best noodles in town!\nCall 214-555-0134 to book\nmail me: ann@example.com\nSee https://x.example @ann #food[话题]# [笑哭R]"
    )
    assert text == "Best noodles in town!\nSee"


def test_near_duplicates_go_before_the_split() -> None:
    given = posts()
    copies = [q.model_copy(update={"id": q.id + "x", "creator_id": "instagram:thief", "text": q.text + " !"}) for q in given[:50]]
    counts = dict(prepare([*given, *copies], "en").counts)
    assert counts["long enough, and words"] - counts["no near-duplicates"] >= 50


@pytest.mark.parametrize(
    ("given", "language", "said"),
    [
        (posts(authors=1, each=200), "en", "1 author;"),
        (posts(authors=6, each=5), "en", "Too few posts"),
        (posts(), "zh", "the posts are in: en"),
        ([q.model_copy(update={"created_at": None}) for q in posts()], "en", "0 authors"),
    ],
)
def test_what_cannot_be_trained_on_is_said(given: list[Post], language: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        prepare(given, language)


def test_posts_of_another_language_stay_out() -> None:
    mixed = [
        *posts(),
        *(
            q.model_copy(update={"id": q.id + "z", "language": "zh", "text": "今天去了一家新开的甜品店，味道很不错，推荐大家"})
            for q in posts()
        ),
    ]
    assert all("甜品" not in e.text for part in prepare(mixed, "en").parts.values() for e in part)


@pytest.mark.parametrize("least", ["P", "lots", "-3"])
def test_an_unusable_least_engagement_is_said(least: str) -> None:
    with pytest.raises(UsageError, match="neither a number nor a percentile"):
        prepare(posts(), "en", min_engagement=least)


def test_the_request_is_the_writers_own(tmp_path: Path) -> None:
    """Word for word what the content writer asks for a caption with this subject and these facts."""
    from plugin_world import coffee_brief, make_context

    from plugins.content_writer.jobs import Job
    from plugins.content_writer.material import material_of
    from plugins.content_writer.model import Writer
    from plugins.content_writer.platforms import shape_of

    brief = coffee_brief().model_copy(
        update={"facts": ["Open until 9 pm"], "must_say": [], "must_not_say": [], "brand": None, "product": "cold brew"}
    )
    brief.audience = type(brief.audience)()
    job = Job("d1", "k", None, "", "instagram", None, "post", shape_of("instagram", None))
    asked = Writer(make_context(None, tmp_path), brief, material_of(brief), {})._prompt(job)  # type: ignore[arg-type]
    ours = Example("a", "instagram", "cold brew", "x" * 280, facts=("Open until 9 pm",))
    assert request(ours, "en", Prompts()) == asked


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.folder(tmp_path_factory.mktemp("tiny"), context=2048)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(posts(), "en")


def run(home: Path, model: Path, prepared: Prepared, **changed: Any) -> tuple[Path, Any]:
    given = {"steps": 2, "batch": 2, "length": 24, "drafts": 2, "evaluated": 3, "validated": 2, **changed}
    told, reviewer = given.pop("report", lambda message, done, total: None), given.pop("reviewer", None)
    return voice.train(home, "Lemon", voice.Base("tiny", str(model)), prepared, Settings(**given), Prompts(), NOW, told, reviewer)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, model: Path, prepared: Prepared) -> Path:
    """A home with one adapter."""
    home = tmp_path_factory.mktemp("trained")
    run(home, model, prepared, steps=16, learning_rate=1e-2, evaluated=12, reviewer=lambda post, text: "e" in text)
    return home


@pytest.fixture
def ours(trained: Path, tmp_path: Path) -> tuple[Path, Any]:
    """A copy of that home, and the adapter's record, marked as better whatever so tiny a model reached."""
    home = tmp_path / "home"
    shutil.copytree(trained, home)
    ((folder, record),) = records(home)
    record = record.model_copy(update={"better": True})
    write(folder, record)
    return home, record


def test_training_lowers_the_surprise_and_says_so(trained: Path) -> None:
    ((folder, record),) = records(trained)
    e = record.evaluation
    assert e["perplexity"]["adapted"] < e["perplexity"]["base"]
    low, high = e["perplexity_change"]["interval"]
    assert low <= e["perplexity_change"]["value"] <= high
    for name in ("copied", "distinct_2", "voice", "review_passed", "BLEU", "chrF"):
        assert e[name]["change"] == pytest.approx(e[name]["adapted"] - e[name]["base"])
    assert {"record.json", "data_card.md", "model_card.md", "adapter_model.safetensors"} <= {f.name for f in folder.iterdir()}
    assert "| perplexity per token |" in (folder / "model_card.md").read_text(encoding="utf-8")
    assert not list((trained / WORK).iterdir()), "no checkpoints stay behind"
    assert record.creators == sorted({q.creator_id for q in posts()})


def test_the_router_uses_it_for_its_brand_until_it_is_rolled_back(ours: tuple[Path, Any], model: Path) -> None:
    home, record = ours
    project = Project(home=home, models=[LocalModel(name="tiny", path=str(model))], offline_model=False)

    def first(brand: str) -> list[str]:
        return [c.spec.name for c in Router(project).decide(Want("en", brand=brand)).choices]

    assert first("lemon") == [record.name]
    assert first("Other") == first("") == ["tiny"]
    assert next(m for m in Router(project).models() if m.base).brand == "Lemon"
    # What the router loads is what was trained: it is less surprised by such a post than its base.
    text = posts()[0].text
    loaded = ChatTransformers(path=str(model), dtype="float32", adapter=str(home / FOLDER / record.name))
    assert loaded.perplexity(text) < ChatTransformers(path=str(model), dtype="float32").perplexity(text)
    roll_back(home, "Lemon")
    assert first("Lemon") == ["tiny"]
    roll_back(home, record.name, undo=True)
    assert first("Lemon") == [record.name]
    adapters.remove(home, record.name)
    assert first("Lemon") == ["tiny"]
    with pytest.raises(UsageError, match="No adapter is called"):
        adapters.remove(home, record.name)


def test_an_adapter_is_not_put_on_other_weights(ours: tuple[Path, Any], model: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    home, record = ours
    other = tmp_path / "other"
    shutil.copytree(model, other)
    weights = load_file(other / "model.safetensors")
    save_file({k: torch.zeros_like(v) for k, v in weights.items()}, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match="holds other weights"):
        ChatTransformers(path=str(other), dtype="float32", adapter=str(home / FOLDER / record.name)).load()


def test_an_adapter_that_does_not_beat_its_base_is_not_used(ours: tuple[Path, Any]) -> None:
    home, record = ours
    assert adapter_names(home) == {record.name}
    write(home / FOLDER / record.name, record.model_copy(update={"better": False}))
    assert records(home)
    assert not adapter_names(home)


def test_forgetting_a_creator_finds_what_learnt_from_their_posts(ours: tuple[Path, Any]) -> None:
    home, record = ours
    about = home / WORK / "abc" / "about.json"
    about.parent.mkdir(parents=True)
    about.write_text(json.dumps({"brand": "Lemon", "creators": ["instagram:a1"]}), encoding="utf-8")
    assert adapters.trained_on(home, "instagram:a1") == ([record.name], [about.parent])
    assert adapters.trained_on(home, "instagram:stranger") == ([], [])


@pytest.mark.parametrize(
    ("interval", "copying", "better"), [((-0.3, -0.1), 0.0, True), ((-0.3, 0.01), 0.0, False), ((-0.3, -0.1), 0.03, False)]
)
def test_the_rule(interval: tuple[float, float], copying: float, better: bool) -> None:
    assert evaluation.verdict({"perplexity_change": {"interval": interval}, "copied": {"adapted": copying}})[0] is better


def test_what_is_copied_from_training_is_counted() -> None:
    train = [Example("a", "instagram", "food", "we walked along the river until the small bakery opened at last")] * 2
    asked = [Example("b", "instagram", "food", "nothing like it was ever written down by anybody here before")]
    found = evaluation.drafts([asked[0].text], [train[0].text], asked, [asked[0].text], train, "en", 7, None)
    assert (found["copied"]["base"], found["copied"]["adapted"]) == (0.0, 1.0)
    assert found["voice"]["adapted"] > found["voice"]["base"]
    # What the request itself gives is no copy.
    told = [Example("b", "instagram", "food", asked[0].text, facts=(train[0].text,))]
    assert evaluation.drafts([asked[0].text], [train[0].text], told, [asked[0].text], train, "en", 7, None)["copied"]["adapted"] == 0.0


def test_scores_do_not_depend_on_padding_and_are_the_models_own(model: Path) -> None:
    import torch

    from agent.models import loading

    loaded = loading.read(str(model), "cpu", "float32")
    some = [
        encode(loaded.tokenizer, Example("a", "instagram", "tea", t), "en", Prompts(), 24)
        for t in ("short", "a much longer caption of tea")
    ]
    together = score(loaded.model, loaded.tokenizer, some, 2, lambda n: None)
    for one, (nats, tokens) in zip(some, together, strict=True):
        ids, labels = torch.tensor([one["input_ids"]]), torch.tensor([one["labels"]])
        assert nats / tokens == pytest.approx(float(loaded.model(input_ids=ids, labels=labels).loss), rel=1e-4)


def test_a_loss_that_is_no_number_registers_nothing(home: Path, model: Path, prepared: Prepared) -> None:
    with pytest.raises(TrainingFailed, match="no number"):
        run(home, model, prepared, steps=12, learning_rate=math.inf)
    assert not (home / FOLDER).exists()


def test_no_memory_registers_nothing(home: Path, model: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from transformers import LlamaForCausalLM

    forward = LlamaForCausalLM.forward

    def full(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.training:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(LlamaForCausalLM, "forward", full)
    with pytest.raises(TrainingFailed, match="out of memory") as said:
        run(home, model, prepared)
    assert "--batch 1" in said.value.hint
    assert not (home / FOLDER).exists()


def test_stopped_training_registers_nothing(home: Path, model: Path, prepared: Prepared) -> None:
    def stop(message: str, done: int, total: int) -> None:
        if message == "Training":
            raise KeyboardInterrupt

    with pytest.raises(TrainingFailed, match="stopped"):
        run(home, model, prepared, report=stop)
    assert not (home / FOLDER).exists()


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_training as t
t.run(Path({home!r}), Path({model!r}), t.prepare(t.posts(), "en"), steps=100, report=lambda m, done, total: print(m, done, flush=True))
"""


def test_killed_training_registers_nothing_and_goes_on_from_its_checkpoint(home: Path, model: Path, prepared: Prepared) -> None:
    code = CHILD.format(tests=str(Path(__file__).parent), home=str(home), model=str(model))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as child:
        deadline = time.monotonic() + 120
        while not list((home / WORK).glob("*/checkpoint-20/trainer_state.json")):
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    assert not (home / FOLDER).exists()
    seen: list[tuple[str, int]] = []

    def told(message: str, done: int, total: int) -> None:
        seen.append((message, done))
        if message == "Training" and done == 25:
            raise KeyboardInterrupt

    with pytest.raises(TrainingFailed, match="stopped"):
        run(home, model, prepared, steps=100, report=told)
    steps = [done for message, done in seen if message == "Training"]
    assert steps[0] > 20, "steps that were saved are not taken again"
    assert not any(message == "Scoring the base" for message, _ in seen), "nor is the base measured again"
