"""``kolony sentiment``: one answer a text, in order, whatever the texts are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent.cli import app
from plugins.sentiment import register_commands
from plugins.sentiment.backends import open_backend, read_options
from plugins.sentiment.command import describe

TEXTS = [
    "The food was great but the service was terrible",
    "好吃但是贵",
    "",
    "It opens at nine on Sundays",
    "不难喝",
    "味道不错，就是分量少",
    "Ofertas de hoy: 2x1 🎉",
]


@pytest.fixture(scope="module")
def whole() -> Any:
    if not any(c.name == "sentiment" or getattr(c.callback, "__name__", "") == "sentiment" for c in app.registered_commands):
        register_commands(app)
    return app


def run(whole: Any, *args: str, text: str | None = None) -> Any:
    return CliRunner().invoke(whole, ["sentiment", *args], input=text)


def test_one_object_a_text_in_order(whole: Any, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    result = run(whole, str(file), "--jsonl")
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(TEXTS)
    for answer in answers:
        assert set(answer) >= {"label", "probs", "aspects", "uncertain"}
        assert answer["label"] == max(answer["probs"], key=answer["probs"].get)
        assert sum(answer["probs"].values()) == pytest.approx(1, abs=1e-3)
    said = {a["aspect"]: a["label"] for a in answers[0]["aspects"]}
    assert said["taste"] == "positive"
    assert said["service"] == "negative"
    assert {a["aspect"]: a["label"] for a in answers[1]["aspects"]} == {"taste": "positive", "price": "negative"}
    assert {a["aspect"]: (a["label"], a["words"]) for a in answers[4]["aspects"]} == {"taste": ("positive", ["难喝"])}
    assert {a["aspect"]: a["label"] for a in answers[5]["aspects"]} == {"taste": "positive", "portion": "negative"}


def test_columns_and_unreadable_lines(whole: Any, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"body": "great"}\n{"other": 1}\nno json\n"terrible"\n', encoding="utf-8")
    result = run(whole, str(file), "--jsonl", "--column", "body", "--no-aspects")
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [("error" in line) for line in lines] == [False, True, True, False]
    assert lines[0]["label"] == "positive"
    assert lines[3]["label"] == "negative"
    assert lines[0]["aspects"] == []


def test_without_jsonl_a_line_a_text(whole: Any, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("The staff were rude\n太好吃了\n", encoding="utf-8")
    result = run(whole, str(file))
    first, second = result.stdout.splitlines()
    assert first.startswith("negative")
    assert "service -" in first
    assert second.startswith("positive")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--backend", "magic"), "none of"),
        (("--backend", "transformers"), "needs a model"),
        (("--classifier", "/nowhere/at/all"), "cannot be loaded"),
    ],
)
def test_wrong_usage_is_said(whole: Any, tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("good\n", encoding="utf-8")
    result = run(whole, str(file), *args)
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}".replace("\n", " ")


def test_no_such_file(whole: Any, tmp_path: Path) -> None:
    result = run(whole, str(tmp_path / "missing.txt"))
    assert result.exit_code != 0
    assert "cannot be read" in f"{result.output}{result.exception}"


@pytest.mark.parametrize(
    "text",
    [
        "Great, my order is late again 🙃",
        "yeah right, best coffee ever",
        "真是太棒了🙃",
        "呵呵，味道真好",
        "Love the “fresh” fish here",
        "感谢商家，等了两个小时又送错了",
    ],
)
def test_contradicting_signs_make_a_reading_uncertain(text: str) -> None:
    (answer,) = describe([text], open_backend(read_options({})))
    assert answer["uncertain"]
    assert answer["signs"]


@pytest.mark.parametrize(
    "text",
    ["The cake is great and the staff are kind", "这家真的好吃，服务也好", "Terrible, never again", "难吃，再也不来了", "Opens at nine"],
)
def test_plain_words_are_certain(text: str) -> None:
    (answer,) = describe([text], open_backend(read_options({})))
    assert not answer["uncertain"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_a_text_is_read_alike_in_any_company(texts: list[str]) -> None:
    reader = open_backend(read_options({}))
    together = describe(texts, reader)
    alone = [describe([t], reader)[0] for t in texts]
    for a, b in zip(together, alone, strict=True):
        assert a["label"] == b["label"]
        assert a["probs"] == pytest.approx(b["probs"], abs=2e-3)
        assert [x["aspect"] for x in a["aspects"]] == [x["aspect"] for x in b["aspects"]]
