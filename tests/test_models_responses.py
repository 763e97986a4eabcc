"""The cache of answers: what it keeps, what it must not, and that nothing about its file stops a run."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import warnings
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import KolonyError
from agent.models.responses import Responses, key
from agent.models.spec import Answer, Call, ChatMessage


def asked(text: str, system: str = "You are brief.") -> list[ChatMessage]:
    return [{"role": "system", "content": system}, {"role": "user", "content": text}]


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    made = Responses(tmp_path / "home" / "models.sqlite3")
    yield made
    made.close()


def put(cache: Responses, text: str, answer: str, model: str = "m") -> str:
    k = cache.key(model, asked(text), Call())
    assert k is not None
    cache.put(k, Answer(answer, 3, 5), asked(text))
    return k


# --- the key


def test_sampling_without_a_seed_has_no_key() -> None:
    assert key("m", asked("x"), Call(temperature=0.7)) is None
    assert key("m", asked("x"), Call(temperature=0.7, seed=1)) is not None
    assert key("m", asked("x"), Call()) is not None


CHANGES = {
    "max_tokens": 7, "temperature": 0.5, "top_p": 0.1, "seed": 9, "stop": ("\n",), "schema": {"type": "object"}, "repetition_penalty": 1.3, "logprobs": True,
    "tools": ({"type": "function", "function": {"name": "f"}},), "tool_choice": "none",
}  # fmt: skip


def test_every_parameter_of_a_call_changes_the_key() -> None:
    sampled = Call(temperature=0.7, seed=1)
    compared = {f.name for f in fields(Call) if f.compare}
    assert compared <= set(CHANGES), "a new parameter: say here what a change of it looks like"
    keys = {key("m", asked("x"), replace(sampled, **{name: CHANGES[name]})) for name in compared}
    assert len(keys | {key("m", asked("x"), sampled)}) == len(compared) + 1


def test_model_words_and_roles_change_the_key() -> None:
    user: list[ChatMessage] = [{"role": "user", "content": "ab"}]
    split: list[ChatMessage] = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    other: list[ChatMessage] = [{"role": "assistant", "content": "ab"}]
    assert len({key("m", user, Call()), key("m", split, Call()), key("m", other, Call()), key("n", user, Call())}) == 4


def test_what_greedy_answers_do_not_depend_on_does_not_change_the_key() -> None:
    assert key("m", asked("x"), Call(seed=1, top_p=0.2)) == key("m", asked("x"), Call())


def test_a_schema_that_is_no_json_is_not_cached() -> None:
    assert key("m", asked("x"), Call(schema={"type": object()})) is None


# --- what is kept


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
answers = st.builds(
    Answer, text, st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["stop", "length"]),
    st.lists(st.tuples(text, st.floats(max_value=0, allow_nan=False)), max_size=3).map(tuple),
)  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(text, answers), max_size=5))
def test_answers_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, Answer]]) -> None:
    path = tmp_path_factory.mktemp("cache") / "m.sqlite3"
    first = Responses(path)
    last: dict[str, Answer] = {}
    for question, answer in pairs:
        k = first.key("m", asked(question), Call())
        assert k is not None
        first.put(k, answer, asked(question))
        last[k] = answer
    first.close()
    again = Responses(path)  # another process would see the same
    assert {k: again.get(k) for k in last} == last
    assert again.get("0" * 64) is None
    assert again.stats().rows == len(last)
    assert again.stats().hits == len(last)
    again.close()


def test_half_a_surrogate_pair_is_no_reason_to_fail(cache: Responses) -> None:
    k = put(cache, "\ud83d", "fine")
    assert cache.get(k) is None
    assert cache.get(put(cache, "whole", "fine")) == Answer("fine", 3, 5)


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    cache = Responses(tmp_path / "m.sqlite3", max_rows=3)
    keys = [put(cache, f"q{i}", f"a{i}") for i in range(3)]
    assert cache.get(keys[0]) is not None
    keys.append(put(cache, "q3", "a3"))
    assert [cache.get(k) is not None for k in keys] == [True, False, True, True]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3000), max_size=12))
def test_size_is_bounded_in_bytes(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    cache = Responses(tmp_path_factory.mktemp("cache") / "m.sqlite3", max_bytes=4000)
    for i, size in enumerate(sizes):
        put(cache, f"q{i}", "字" * (size // 3))
        assert cache.stats().bytes <= 4000
    cache.close()


def test_threads_share_it(cache: Responses) -> None:
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for i in range(10):
                assert cache.get(put(cache, f"{n}-{i}", f"{n}-{i}")) == Answer(f"{n}-{i}", 3, 5)
        except BaseException as e:
            failed.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed
    assert cache.stats().rows == 40


WRITER = """
import sys
from pathlib import Path
from agent.models.responses import Responses
from agent.models.spec import Answer, Call
cache = Responses(Path(sys.argv[1]))
for i in range(20):
    messages = [{"role": "user", "content": f"{sys.argv[2]} {i}"}]
    cache.put(cache.key("m", messages, Call()), Answer(str(i)), messages)
"""


def test_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    writers = [subprocess.Popen([sys.executable, "-W", "error", "-c", WRITER, str(path), name]) for name in ("a", "b")]
    assert [w.wait(60) for w in writers] == [0, 0]
    assert Responses(path).stats().rows == 40


# --- erasure


def on_disk(folder: Path, words: str) -> list[str]:
    forms = (words.encode(), json.dumps(words)[1:-1].encode())
    return [f.name for f in folder.iterdir() if any(form in f.read_bytes() for form in forms)]


def test_a_forgotten_text_is_gone_from_the_disk(cache: Responses) -> None:
    folder = cache.path.parent
    asked_it, answered_it, other = (
        put(cache, "写给 阿梅🌸 的文案", "好"),
        put(cache, "who?", "It is 阿梅🌸!"),
        put(cache, "soda", "zero sugar"),
    )
    assert on_disk(folder, "阿梅🌸")
    assert cache.forget("阿梅🌸") == 2
    assert (cache.get(asked_it), cache.get(answered_it)) == (None, None)
    assert cache.get(other) == Answer("zero sugar", 3, 5)
    assert on_disk(folder, "阿梅🌸") == []
    assert cache.forget("阿梅🌸") == 0


@pytest.mark.parametrize(
    ("kept", "forgotten"),
    [
        ("Mei Lin", "mei lin"),
        ("ＭＥＩ", "mei"),
        ("Mei\nLin", "Mei Lin"),
        ('say "hi"', 'say "hi"'),
        ("C:\\x", "c:\\x"),
        ("100%_x", "100%_X"),
    ],
)
def test_case_width_and_signs_do_not_hide_a_text(cache: Responses, kept: str, forgotten: str) -> None:
    put(cache, f"about {kept}.", "yes")
    put(cache, "about 100 and nothing else", "no")
    assert cache.forget(forgotten) == 1


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_forgetting_nothing_is_refused(cache: Responses, nothing: str) -> None:
    put(cache, "x", "y")
    with pytest.raises(ValueError, match="clear"):
        cache.forget(nothing)
    assert cache.stats().rows == 1


def test_clear_leaves_nothing(cache: Responses) -> None:
    assert cache.clear() == 0
    put(cache, "secretquestion", "secretanswer")
    assert cache.clear() == 1
    assert on_disk(cache.path.parent, "secretquestion") == on_disk(cache.path.parent, "secretanswer") == []


def test_erasure_never_claims_what_it_did_not_do(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    path.write_bytes(b"not a database, and about Mei Lin")
    with pytest.raises(KolonyError, match="could not be removed") as e:
        Responses(path).forget("Mei Lin")
    assert "delete the file" in e.value.hint


def test_erasure_waits_for_no_reader_for_ever(cache: Responses) -> None:
    put(cache, "about Mei", "yes")
    other = sqlite3.connect(cache.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM responses").fetchall()  # holds the old text in the write-ahead log
    with pytest.raises(KolonyError, match="could not be removed"):
        cache.forget("Mei")
    other.execute("COMMIT")
    other.close()
    assert cache.forget("Mei") == 0  # it was marked as gone before; now it is gone
    assert on_disk(cache.path.parent, "about Mei") == []


# --- bad files


def test_a_damaged_file_is_set_aside_once_and_said(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    path.write_bytes(b"this is no database at all, " * 100)
    cache = Responses(path)
    with pytest.warns(UserWarning, match="damaged") as said:
        assert cache.get("k") is None
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        k = put(cache, "x", "y")
    assert cache.get(k) == Answer("y", 3, 5)
    assert (tmp_path / "m.sqlite3.corrupt").read_bytes().startswith(b"this is no database")
    assert cache.clear() == 1
    assert not (tmp_path / "m.sqlite3.corrupt").exists()


def test_a_file_damaged_in_its_middle_does_not_stop_a_run(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    cache = Responses(path)
    keys = [put(cache, f"q{i}" * 50, "a" * 2000) for i in range(20)]
    cache.close()
    content = bytearray(path.read_bytes())
    content[4096:-4096] = os.urandom(len(content) - 8192)
    path.write_bytes(bytes(content))
    again = Responses(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in keys:
            again.get(k)
        k = put(again, "new", "answer")
        again.put(k, Answer("answer", 3, 5), asked("new"))
        assert again.get(k) == Answer("answer", 3, 5)


@pytest.mark.parametrize("kind", ["folder in its place", "file in its folder's place"])
def test_a_file_that_cannot_be_made_is_done_without(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "home" / "m.sqlite3"
    if kind == "folder in its place":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("x")
    cache = Responses(path)
    with pytest.warns(UserWarning, match="not kept") as said:
        k = put(cache, "x", "y")
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        assert cache.get(k) is None
        assert cache.stats().rows == 0


def test_a_row_of_another_form_is_a_miss(cache: Responses) -> None:
    k = put(cache, "x", "y")
    db = sqlite3.connect(cache.path)
    for written in ('{"text": 1, "colour": 2}', "[]", "nonsense"):
        db.execute("UPDATE responses SET answer = ?", (written,))
        db.commit()
        assert cache.get(k) is None
    db.close()


def test_another_process_at_work_only_costs_the_entry(cache: Responses) -> None:
    k = put(cache, "x", "y")
    other = sqlite3.connect(cache.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.get(k) == Answer("y", 3, 5)
    other.execute("ROLLBACK")
    other.close()


def test_only_its_owner_may_read_the_file(cache: Responses) -> None:
    put(cache, "x", "y")
    assert cache.path.stat().st_mode & 0o077 == 0
