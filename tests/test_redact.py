"""`kolony redact`: one text in, one masked text out, as it would leave the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.privacy import redact as command
from agent.guard import redact
from agent.models.embeddings import RemoteEmbedder
from agent.settings import EmbeddingModel

LINES = ["Call me at (512) 555-0148", "", "价格199元，加微信：xiaoman_2020", "nothing here", "a@example.com b@example.com"]


def test_lines_come_out_in_order(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(LINES * 300) + "\n", encoding="utf-8")
    command(str(file))
    out = capfd.readouterr().out.splitlines()
    assert out == [redact(line) for line in LINES] * 300
    assert out[2] == "价格199元，加微信：[account]"


def test_jsonl_says_what_was_found_and_where(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "texts.csv"
    file.write_text('id,said\n1,"mail a@example.com\nor call"\n2,ok\n', encoding="utf-8")
    command(str(file), column="said", jsonl=True)
    first, second = map(json.loads, capfd.readouterr().out.splitlines())
    assert first == {"text": "mail [email]\nor call", "found": [{"kind": "email", "span": [5, 18]}]}
    assert second == {"text": "ok", "found": []}
    command(str(file), column="said")
    assert capfd.readouterr().out.splitlines() == ["mail [email] or call", "ok"]


@pytest.mark.parametrize("text", [line for line in LINES if line])
def test_it_is_what_a_remote_embedder_is_sent(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    embedder = RemoteEmbedder(EmbeddingModel(model="m", dimensions=4, base_url="https://example.invalid/v1"), 1.0)
    monkeypatch.setattr(embedder, "_vectors", sent.extend)
    embedder.passages([text])
    assert sent == [redact(text)]


def test_reports_show_masked_copies_of_records() -> None:
    from agent.report.evidence import Evidence
    from agent.report.numbers import Numbers
    from agent.report.texts import Texts

    post = {"id": "x:1", "platform": "x", "creator_id": "x:c", "title": "加微信：xiaoman_2020", "text": "Call (512) 555-0148 today"}
    texts = Texts("en")
    (record,) = Evidence({"x:1": post}, texts, Numbers("en"))
    assert (record.title, record.text) == ("加微信：[account]", "Call [phone] today")
