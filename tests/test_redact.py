"""`kolony redact`: one text in, one masked text out, as it would leave the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import campaigns
import pytest
from test_report_hostile import FIXED, every_text

from agent import Citation, Plan, Question, Reply, Step
from agent.campaign import Campaign
from agent.cli.privacy import redact as command
from agent.guard import redact
from agent.models.embeddings import RemoteEmbedder
from agent.report import html, markdown, masked
from agent.report.jsonfile import campaign_json
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


PLANTED = ("13812345678", "jane.doe@foxmedia.com", "xiaoman_2020", "4111 1111 1111 1111", "11010519491231002X", "(512) 555-0148")
SAID = f"电话{PLANTED[0]}，{PLANTED[1]}，微信：{PLANTED[2]}，卡号{PLANTED[3]}，身份证{PLANTED[4]}，call {PLANTED[5]} ."


def shown_of(campaign: Campaign) -> dict[str, str]:
    """The report in its three forms, and what `kolony run --json` prints."""
    return {
        "html": html(campaign),
        "md": markdown(campaign),
        "json": campaign_json(campaign),
        "stdout": masked(campaign).model_dump_json(),
    }


def held(text: str) -> list[str]:
    plain = text.replace("\\", "").replace("&#64;", "@").replace("&#46;", ".")
    return [p for p in PLANTED if p in plain]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_form_of_a_report_shows_the_personal_data_of_third_persons(language: campaigns.Language) -> None:
    c = campaigns.full(language)
    for reply in (a for a in c.artifacts.values() if isinstance(a, Reply)):
        reply.citations = []  # the brand's own words
    made = {s.id for s in c.plan.steps}
    for id, artifact in c.artifacts.items():
        if id in made:
            c.artifacts[id] = every_text(artifact, lambda t: t if t in c.sources or t in FIXED or "://" in t else f"{t} {SAID}")
    c.sources = {
        id: {k: f"{v} {SAID}" if k in ("title", "text", "bio", "name") else v for k, v in record.items()}
        for id, record in c.sources.items()
    }
    c.steps = [s.model_copy(update={"error": SAID}) for s in c.steps]
    assert len(held(c.model_dump_json())) == len(PLANTED)
    assert {form: held(text) for form, text in shown_of(c).items()} == {"html": [], "md": [], "json": [], "stdout": []}


def test_what_the_brand_entered_stays_and_evidence_is_still_found() -> None:
    c = campaigns.full("en")
    c.brief.request = f"{c.brief.request} Put our service line {PLANTED[5]} into the posts."
    person = next(iter(c.sources.values()))
    person["bio"] = f"ask (512) 5550148 or {PLANTED[1]}"
    for text in shown_of(c).values():
        assert PLANTED[5] in text.replace("\\", "")
        assert PLANTED[1] not in text.replace("&#64;", "@")
    shown = masked(c)
    assert list(shown.sources) == list(c.sources)
    assert [a.evidence for a in shown.artifacts.values()] == [a.evidence for a in c.artifacts.values()]
    assert masked(shown) == shown


def test_a_customers_message_is_masked_and_the_answer_from_the_brands_material_is_not() -> None:
    cited = Citation(n=1, source="faq.md", text=f"Write to {PLANTED[1]}.")
    c = campaigns.one_step("en")
    c.artifacts = {
        "question": Question(text=f"My card is {PLANTED[3]}"),
        "reply": Reply(text=f"Write to {PLANTED[1]} [1], not to z.lee@foxmedia.com.", grounded=True, citations=[cited]),
    }
    c.plan = Plan(steps=[Step(id="reply", tool="answer_customer")])
    shown = masked(c)
    assert shown.artifacts["question"].text == "My card is [card]"
    assert shown.artifacts["reply"].text == f"Write to {PLANTED[1]} [1], not to [email]."
