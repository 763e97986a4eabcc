"""What a notebook shows of campaigns, plans and artifacts, and the tables it makes of them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from campaigns import drafts, forecast, full, outcome, partial, personas, reply, sentiment, slate

from agent import Artifact, Campaign, Plan
from agent.errors import UsageError
from agent.planned import Planned
from agent.report.display import language_of

LANGUAGES = ("en", "zh")


def _artifacts(language: str) -> list[Artifact]:
    return [
        *slate(language),
        personas(language),
        sentiment(language),
        *drafts(language),
        forecast(language),
        outcome(language),
        reply(language)[1],
    ]


def _quiet(html: str) -> None:
    assert html.startswith('<div class="kolony-view"')
    assert "<script" not in html.lower()
    assert not re.search(r"""(?:src|srcset|data)=["']|@import|url\(""", html), "something would be fetched"
    assert "<!doctype" not in html.lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_artifact_shows_itself_in_its_own_language(language: str) -> None:
    for artifact in _artifacts(language):
        html, text = artifact._repr_html_(), artifact._repr_markdown_()
        _quiet(html)
        assert html.count("<section") >= 1, type(artifact)
        assert text.startswith("## "), type(artifact)
        assert "1970" not in html + text
        assert f'lang="{"zh-CN" if language_of(artifact) == "zh" else "en"}"' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_slate_names_its_creators_and_draws_the_budget(language: str) -> None:
    chosen = slate(language)[1]
    html, text = chosen._repr_html_(), chosen._repr_markdown_()
    assert chosen.picks
    for pick in chosen.picks:
        assert pick.candidate.name in html
        assert pick.candidate.name in text.replace("\\", "")
    assert "<svg" in html


@pytest.mark.parametrize("made", [full, partial])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_campaign_shows_its_summary_and_every_section(made: object, language: str) -> None:
    campaign: Campaign = made(language)  # type: ignore[operator]
    html, text = campaign._repr_html_(), campaign._repr_markdown_()
    _quiet(html)
    assert html.count('<details class="part" open>') == 1
    assert html.count('<details class="part"') == text.count("\n## ")
    assert campaign.to_dict()["run_id"] == campaign.run_id
    frame = campaign.to_frame()
    assert list(frame["id"]) == [s.id for s in campaign.steps]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_is_drawn_before_it_runs(language: str) -> None:
    campaign = full(language)
    planned = Planned(campaign.request, campaign.brief, {}, campaign.plan)
    for shown in (planned._repr_html_(), campaign.plan._repr_html_()):
        _quiet(shown)
        assert "<svg" in shown
        assert all(s.id in shown for s in campaign.plan.steps)
    assert "```mermaid" in planned._repr_markdown_()
    assert "```mermaid" in campaign.plan._repr_markdown_()
    assert list(planned.to_frame()["tool"]) == [s.tool for s in campaign.plan.steps]
    assert [s["produces"] for s in planned.to_dict()["plan"]["steps"]] == [None] * len(campaign.plan.steps)


def test_what_a_stranger_wrote_stays_text_and_is_masked() -> None:
    chosen = slate("en")[1]
    name = "<img src=x onerror=alert(1)>"
    chosen.picks[0].candidate.name = name
    chosen.picks[0].why = "Write to anna.keller@example.org or +1 415 555 2671."
    html = chosen._repr_html_()
    assert name not in html
    assert "&lt;img" in html
    assert "anna.keller" not in html + chosen._repr_markdown_()


def test_the_style_stays_inside_its_own_element() -> None:
    html = full("en")._repr_html_()
    style = html.split("<style>")[1].split("</style>")[0]
    assert style.startswith("@scope (.kolony-view) {")
    assert ":root" not in style
    assert not re.search(r"^\s*(?:html|body)\b", style, re.M)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_have_a_row_for_each_record(language: str) -> None:
    short, chosen = slate(language)
    assert list(chosen.to_frame()["candidate_name"]) == [p.candidate.name for p in chosen.picks]
    assert list(chosen.to_frame("alternates").get("name", [])) == [a.name for a in chosen.alternates]
    assert list(short.to_frame()["creator"]) == [c.creator for c in short.candidates]
    assert list(forecast(language).to_frame()["engagements_p50"]) == [c.engagements.p50 for c in forecast(language).creators]
    assert list(personas(language).to_frame()["name"]) == [p.name for p in personas(language).personas]
    assert chosen.to_dict()["picks"][0]["candidate"]["name"] == chosen.picks[0].candidate.name


def test_an_unknown_list_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="picked") as caught:
        slate("en")[1].to_frame("picked")
    assert "picks" in (caught.value.hint or "")


def test_without_pandas_the_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pandas") as caught:
        slate("en")[1].to_frame()
    assert "kolony[notebook]" in (caught.value.hint or "")


def test_nothing_of_it_is_imported_before_it_is_shown() -> None:
    code = "import sys, agent; agent.Slate, agent.Plan, agent.Campaign; print([m for m in ('pandas', 'jinja2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_empty_plan_has_an_empty_table() -> None:
    assert len(Plan().to_frame()) == 0
