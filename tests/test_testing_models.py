"""The test kit's scripted and recorded models."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agent.testing import NotRecorded, RecordingModel, ScriptedModel, ScriptExhausted


class City(BaseModel):
    name: str
    people: int


def test_answers_and_faults_come_in_order() -> None:
    model = ScriptedModel().says("one").fails(TimeoutError("busy")).says("two", "三")
    assert model.invoke("a").text == "one"
    with pytest.raises(TimeoutError, match="busy"):
        model.invoke("b")
    assert [model.invoke("c").text, asyncio.run(model.ainvoke("d")).text] == ["two", "三"]
    assert [call.prompt for call in model.asked] == ["a", "b", "c", "d"]
    model.finish()


@given(st.lists(st.text(max_size=20), max_size=6), st.integers(0, 8))
def test_a_script_must_come_out_even(texts: list[str], calls: int) -> None:
    model = ScriptedModel().says(*texts)
    given = []
    for _ in range(calls):
        try:
            given.append(model.invoke("x").text)
        except ScriptExhausted:
            break
    assert given == texts[: len(given)]
    assert model.left == max(0, len(texts) - calls)
    if calls == len(texts):
        model.finish()
    else:
        with pytest.raises(ScriptExhausted):
            model.finish()


def test_a_swallowed_exhaustion_still_comes_out() -> None:
    model = ScriptedModel().says("only one")
    model.invoke("first")
    with pytest.raises(ScriptExhausted, match=r"called 2 times and has 1 answers.*the second question"):
        model.invoke("the second question")
    with pytest.raises(ScriptExhausted, match="the second question"):
        model.finish(all_asked=False)


def test_answers_left_over_may_be_allowed() -> None:
    model = ScriptedModel().says("never asked for")
    model.finish(all_asked=False)
    with pytest.raises(ScriptExhausted, match="never asked for"):
        model.finish()


def test_structured_values_and_tool_calls() -> None:
    model = ScriptedModel().gives(City(name="Dallas", people=3)).gives({"name": "上海", "people": 2})
    typed: Any = model.with_structured_output(City)
    assert typed.invoke("which city?") == City(name="Dallas", people=3)
    assert City.model_validate_json(model.invoke("and in words?").text).name == "上海"


def test_a_call_of_a_tool_that_was_not_offered_is_refused() -> None:
    def look_up(city: str) -> str:
        """Look a city up."""
        return city

    model = ScriptedModel().calls("look_up", city="Dallas").calls("delete_all")
    (call,) = model.bind_tools([look_up]).invoke("go").tool_calls
    assert (call["name"], call["args"]) == ("look_up", {"city": "Dallas"})
    with pytest.raises(ScriptExhausted, match=r"delete_all.*offered: look_up"):
        model.bind_tools([look_up]).invoke("go")


def test_otherwise_answers_when_the_script_is_at_its_end() -> None:
    model = ScriptedModel(otherwise=str.upper).says("first")
    assert [model.invoke("ab").text, model.invoke("cd").text] == ["first", "CD"]
    model.finish()


def test_a_recording_replays_without_a_model(tmp_path: Path) -> None:
    file = tmp_path / "made" / "calls.jsonl"
    source = ScriptedModel().says("Hello.", "你好。", "Hello again.")
    first = RecordingModel(file=file, inner=source)
    assert first.invoke("Greet.").text == "Hello."
    assert asyncio.run(first.ainvoke("打个招呼")).text == "你好。"
    again = RecordingModel(file=file)
    assert [again.invoke("Greet.").text, again.invoke("打个招呼").text, again.invoke("Greet.").text] == ["Hello.", "你好。", "Hello."]
    assert len(source.asked) == 2
    assert "打个招呼" in file.read_text(encoding="utf-8"), "a recording is reviewed as text"


def test_a_call_that_is_not_recorded_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    RecordingModel(file=file, inner=ScriptedModel().says("warm")).invoke("How is it?", temperature=0.2)
    model = RecordingModel(file=file)
    with pytest.raises(NotRecorded, match="How is it"):
        model.invoke("How is it?", temperature=0.9)  # other options, another call
    assert model.missing == ["How is it?"]


def test_a_fault_is_not_recorded(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    model = RecordingModel(file=file, inner=ScriptedModel().fails(TimeoutError("busy")).says("now"))
    with pytest.raises(TimeoutError):
        model.invoke("x")
    assert not file.exists()
    assert model.invoke("x").text == "now"
    assert RecordingModel(file=file).invoke("x").text == "now"


@pytest.mark.parametrize("line", ["no json", "{}", '{"key": "a", "answer": {"type": "nothing", "data": {}}}', "[1]"])
def test_a_damaged_recording_names_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "calls.jsonl"
    RecordingModel(file=file, inner=ScriptedModel().says("fine")).invoke("x")
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    with pytest.raises(ValueError, match=r"calls\.jsonl:2 is no line of a recording"):
        RecordingModel(file=file)
