"""One answer a text, whatever the file holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import KolonyError, map_texts
from agent.bulk import LONGEST


def lengths(texts):
    return [{"text": t, "n": len(t)} for t in texts]


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def texts_of(path: Path, capsys, **options) -> list[str]:
    map_texts(str(path), lengths, **options)
    return [a["text"] for a in answers(capsys)]


def test_a_text_a_line_and_a_line_a_text(tmp_path: Path, capsys) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("很好喝\r\n\nline\u2028separated\x0c by others\nlast".encode())
    assert texts_of(path, capsys) == ["很好喝", "", "line\u2028separated\x0c by others", "last"]


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=40), max_size=30),
    batch=st.integers(1, 7),
)
def test_order_and_number_hold_for_any_batch(texts: list[str], batch: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bulk") / "t.jsonl"
    path.write_text("".join(json.dumps(t) + "\n" for t in texts), encoding="utf-8")
    seen: list[str] = []

    def answer(some):
        assert len(some) <= batch
        seen.extend(some)
        return [{} for _ in some]

    assert map_texts(str(path), answer, batch=batch) == 0
    assert seen == texts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_encoding_is_told(tmp_path: Path, capsys, encoding: str) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(("这家店的奶茶很好喝\n服务一般\n" * 3_000).encode(encoding))
    assert texts_of(path, capsys) == ["这家店的奶茶很好喝", "服务一般"] * 3_000


def test_json_lines_that_hold_no_text_are_told_and_the_rest_goes_on(tmp_path: Path, capsys) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "good"}\n{"text": 3}\nnot json\n"bad"\n{"body": "x"}\n')
    assert map_texts(str(path), lengths) == 3
    out = answers(capsys)
    assert [a.get("text") for a in out] == ["good", None, None, "bad", None]
    assert out[2] == {"error": "line 3: no JSON"}
    assert "'text'" in out[1]["error"]


def test_a_column_of_a_table(tmp_path: Path, capsys) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text\n1,"two\nlines"\n2\n3,fine\n')
    assert map_texts(str(path), lengths) == 1
    assert [a.get("text") for a in answers(capsys)] == ["two\nlines", None, "fine"]
    assert texts_of(path, capsys, column="id") == ["1", "2", "3"]


@pytest.mark.parametrize(("columns", "wanted", "says"), [("a,b", None, "none is called 'text'"), ("a,b", "c", "no column 'c'")])
def test_a_table_without_the_column(tmp_path: Path, columns: str, wanted: str | None, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{columns}\n1,2\n")
    with pytest.raises(KolonyError, match=says) as e:
        map_texts(str(path), lengths, column=wanted)
    assert "a, b" in e.value.hint


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(KolonyError, match="cannot be read"):
        map_texts(str(tmp_path / "none.txt"), lengths)


def test_an_endless_line_does_not_fill_memory(tmp_path: Path, capsys) -> None:
    path = tmp_path / "t.txt"
    path.write_text("a" * (2 * LONGEST + 5) + "\nb\n")
    assert map_texts(str(path), lengths) == 1
    assert "characters" in (out := answers(capsys))[0]["error"]
    assert out[1]["text"] == "b"


def test_an_empty_file_gives_nothing(tmp_path: Path, capsys) -> None:
    path = tmp_path / "t.txt"
    path.touch()
    assert texts_of(path, capsys) == []


def test_answers_come_while_the_pipe_is_still_open(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    read, write = os.pipe()
    os.write(write, b"one\ntwo\n")
    seen = []

    def answer(some):
        seen.extend(some)
        if "one" in some:
            os.close(write)
        return [{} for _ in some]

    class Pipe:
        def fileno(self) -> int:
            return read

    monkeypatch.setattr("sys.stdin", Pipe())
    map_texts("-", answer, batch=1)
    os.close(read)
    assert seen == ["one", "two"]
