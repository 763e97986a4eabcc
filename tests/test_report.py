"""The report: what a reader finds in it, in both languages, for whole and broken campaigns, and its JSON read back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import campaigns
import pytest
from campaigns import Language

from agent.artifacts import Artifact, Interval, Money, Shortlist, Slate
from agent.campaign import Campaign
from agent.errors import KolonyError, UsageError
from agent.report import html, markdown, plan_mermaid, plan_svg, read_report, write_report
from agent.report.numbers import Numbers
from agent.report.texts import TEXTS, Texts

ALL = ["full", "partial", "empty", "one_step", "customer"]
LANGUAGES: list[Language] = ["en", "zh"]
TEMPLATES = Path(__file__).resolve().parent.parent / "agent" / "report"


class Page(HTMLParser):
    """Text, ids and links of a page, and whether every element that was opened was closed in order."""

    VOID: ClassVar[set[str]] = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((tag, given))
        if tag not in self.VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given.get("href")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module", params=[(name, language) for name in ALL for language in LANGUAGES], ids=lambda p: f"{p[0]}-{p[1]}")
def campaign(request: pytest.FixtureRequest) -> Campaign:
    name, language = request.param
    made: Campaign = getattr(campaigns, name)(language)
    return made


def test_every_page_is_well_formed_and_leads_nowhere_missing(campaign: Campaign) -> None:
    page = Page(html(campaign))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert inside
    assert set(inside) <= set(page.ids)
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1


def test_a_page_is_self_contained(campaign: Campaign) -> None:
    source = html(campaign)
    page = Page(source)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag, given in page.elements:
        assert not {name for name in given if name.startswith("on") or name in ("style", "src", "srcset", "xlink:href")}, tag
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_style_sheet_is_the_one_the_policy_allows() -> None:
    import base64
    import hashlib

    source = html(campaigns.full("en"))
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in source[: source.index("<style>")]


def test_every_drawing_has_a_name_for_those_who_cannot_see_it(campaign: Campaign) -> None:
    drawings = [given for tag, given in Page(html(campaign)).elements if tag == "svg" and given.get("aria-hidden") != "true"]
    assert drawings
    assert all(given.get("role") == "img" and (given.get("aria-label") or "").strip() for given in drawings)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [lambda c: Page(html(c)).text, markdown], ids=["html", "markdown"])
def test_a_whole_campaign_says_everything_that_matters(language: Language, make: Any) -> None:
    c = campaigns.full(language)
    text = make(c).replace("\\", "")
    money = "¥" if language == "zh" else "$"
    slate = c.get(Slate)
    assert slate is not None
    assert slate.total is not None
    expected = [f"{money}{slate.total.amount:,.0f}", c.run_id, Texts(language)("draft.by.template")]
    expected += [pick.candidate.name for pick in slate.picks] + [pick.why for pick in slate.picks]
    expected += [Texts(language).word("basis", b) for b in ("quoted", "estimated")] + c.brief.open_questions
    for artifact in c.artifacts.values():
        expected += [*artifact.notes, *getattr(artifact, "assumptions", []), *getattr(artifact, "advice", [])]
    for persona in campaigns.personas(language).personas:
        expected += [persona.name, *(v.label for v in persona.voiced_needs)]
    for review in campaigns.drafts(language)[1].reviews:
        expected += [Texts(language).word("verdict", review.verdict), *(f.message for f in review.findings)]
    expected.append(campaigns.reply(language)[1].text)
    squeezed = "".join(text.replace("&amp;", "&").split())
    assert [e for e in expected if "".join(e.split()) not in squeezed] == []


def test_the_headline_of_a_whole_campaign() -> None:
    lead = Page(html(campaigns.full("en"))).text
    assert "5 creators on Instagram and TikTok, 5 posts in all, for $16,600 of a $18,000 budget." in lead
    assert "Expected: 10.9K engagements (80% interval 7.4K–16.4K), at about $1.52 each." in lead
    text = Page(html(campaigns.full("zh"))).text
    assert "在小红书与 6 位达人合作，共 6 篇帖子，费用 ¥2,370（预算 ¥3,000）。" in text


def test_labels_are_in_the_briefs_language_alone() -> None:
    """No label of the other language appears: Chinese characters only where data have them, and no English sentence of ours in Chinese."""
    english = Page(html(campaigns.full("en"))).text
    assert re.findall("[\u4e00-\u9fff]+", english) == []
    chinese = Page(html(campaigns.full("zh"))).text
    labels = [en for en, zh in TEXTS.values() if en != zh and len(en) > 8 and " " in en and "{" not in en]
    assert [label for label in labels if label in chinese] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_partial_campaign_says_what_is_missing_and_why(language: Language) -> None:
    c = campaigns.partial(language)
    text = Page(html(c)).text
    t = Texts(language)
    assert t("missing.title") in text
    assert t("run.partial") in text
    for step in c.steps:
        if step.status != "done":
            assert step.error in text
            assert step.hint in text
    assert f"kolony resume {c.run_id}" in text
    assert not {"drafts", "forecast"} & set(Page(html(c)).ids)
    for step in c.steps:
        assert t(f"status.{step.status}") in text
    assert c.steps[4].hint.replace("`", "") in markdown(c).replace("\\`", "").replace("\\", "")


def test_a_step_that_never_began_is_missing_too() -> None:
    c = campaigns.full("en").model_copy(update={"steps": [], "status": "failed"})
    assert Page(html(c)).text.count(Texts("en")("missing.unrun")) == len(c.plan.steps)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_slate_says_why_and_what_would_help(language: Language) -> None:
    c = campaigns.empty(language)
    for text in (Page(html(c)).text, markdown(c)):
        assert Texts(language)("lead.slate.empty") in text
        assert campaigns.empty(language).get(Shortlist).advice[0] in text  # type: ignore[union-attr]
        assert "30" in text


def test_a_request_for_personas_alone_speaks_of_nothing_else() -> None:
    page = Page(html(campaigns.one_step("en")))
    assert "3 personas found in 214 posts." in page.text
    assert {"brief", "personas", "process", "evidence"} <= set(page.ids)
    assert not {"creators", "forecast", "outcome", "drafts", "sentiment", "reply", "missing", "other"} & set(page.ids)


def test_over_budget_is_said_first() -> None:
    c = campaigns.full("en")
    slate = c.get(Slate)
    assert slate is not None
    c.artifacts["slate"] = slate.model_copy(update={"budget": Money(amount=10_000, currency="USD")})
    text = Page(html(c)).text
    assert "The slate costs $6,600 more than the budget." in text
    assert "$6,600 over budget" in text


def test_prices_in_another_currency_are_not_compared_with_the_budget() -> None:
    c = campaigns.full("en")
    slate = c.get(Slate)
    assert slate is not None
    c.artifacts["slate"] = slate.model_copy(update={"budget": Money(amount=10_000, currency="CNY")})
    text = Page(html(c)).text
    assert "more than the budget" not in text
    assert "over budget" not in text


def test_a_reply_that_nothing_supports_is_marked() -> None:
    text = Page(html(campaigns.customer("en", grounded=False, hand_over="She asks for a refund."))).text
    assert "A person should answer the customer: She asks for a refund." in text
    assert Texts("en")("reply.ungrounded") in text


class Seating(Artifact):
    """An artifact as a third party would add it."""

    venue: str
    guests: int
    tables: list[dict[str, Any]]
    remarks: dict[str, Any]


def test_an_artifact_of_a_plugin_is_shown_by_its_form() -> None:
    c = campaigns.one_step("en")
    c.artifacts["seating"] = Seating(
        venue="Alder Hall", guests=1240, tables=[{"table": 1, "host": "Priya"}, {"table": 2, "host": "Vale"}], remarks={"wine": True, "menu": ["soup", "fish"]}
    )  # fmt: skip
    page = Page(html(c))
    for word in ("Seating", "Venue", "Alder Hall", "1,240", "Priya", "Wine", "yes", "fish"):
        assert word in page.text
    assert "| Table | Host |" in markdown(c)
    assert "| 1 | Priya |" in markdown(c)


def test_two_artifacts_of_one_type_are_both_shown() -> None:
    c = campaigns.full("en")
    first = c.artifacts["slate"].model_copy(update={"method": "An earlier attempt by hand"})
    c.artifacts = {"earlier": first, **c.artifacts}
    assert "An earlier attempt by hand" in Page(html(c)).text


def test_records_that_no_claim_points_at_are_folded_away() -> None:
    c = campaigns.one_step("en")
    source = html(c)
    folded = source[source.index("<details>") : source.index("</details>")]
    pointed_at = set(re.findall(r'href="#(e\d+)"', source))
    assert pointed_at
    assert not pointed_at & set(re.findall(r'id="(e\d+)"', folded))
    assert len(re.findall(r'id="e\d+"', source)) == len(c.sources)


def test_warnings_are_told_once_with_the_names_they_are_about() -> None:
    c = campaigns.full("en")
    slate = c.get(Slate)
    assert slate is not None
    for pick in slate.picks[:2]:
        pick.candidate.warnings = ["Seventeen quotes are the same."]
    assert "Priya Runs Austin, The Slow Pour: Seventeen quotes are the same." in Page(html(c)).text


# --- files -------------------------------------------------------------------------------------------------------------------


def test_three_files_are_written_and_the_campaign_reads_back(campaign: Campaign, tmp_path: Path) -> None:
    paths = write_report(campaign, tmp_path / "new" / "folder")
    assert {k: p.name for k, p in paths.items()} == {"html": "report.html", "md": "report.md", "json": "report.json"}
    assert sorted(p.name for p in (tmp_path / "new" / "folder").iterdir()) == ["report.html", "report.json", "report.md"]
    again = read_report(paths["json"])
    assert again == campaign
    assert {k: type(a) for k, a in again.artifacts.items()} == {k: type(a) for k, a in campaign.artifacts.items()}
    assert again.model_dump() == campaign.model_dump()
    assert html(again) == paths["html"].read_text(encoding="utf-8")


def test_a_plugins_artifact_reads_back_with_and_without_the_plugin(tmp_path: Path) -> None:
    c = campaigns.one_step("en")
    c.artifacts["seating"] = Seating(venue="Hall", guests=3, tables=[], remarks={"a": [1, None, {"b": 2.5}]})
    path = write_report(c, tmp_path)["json"]
    assert read_report(path, {"Seating": Seating}) == c
    foreign = read_report(path)
    assert foreign.artifacts["seating"].model_dump() == c.artifacts["seating"].model_dump()
    again = write_report(foreign, tmp_path / "again")["json"]
    assert json.loads(again.read_text(encoding="utf-8")) == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "not json", '{"run_id": 3}', '{"run_id": "a", "format": 99}', '{"run_id": "a", "artifact_types": 1}']
)
def test_a_file_that_is_no_report_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"report\.json"):
        read_report(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first")
    with pytest.raises(KolonyError, match="file"):
        write_report(campaigns.one_step("en"), tmp_path / "file")


# --- texts and numbers ---------------------------------------------------------------------------------------------------------


def test_every_text_that_templates_and_code_use_exists_and_every_text_is_filled_alike() -> None:
    used: set[str] = set()
    for path in [*TEMPLATES.glob("templates/*.j2"), *TEMPLATES.glob("*.py")]:
        source = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"""\bt(?:exts)?\(\s*["']([a-z_.]+[a-z_])["']""", source))
    assert len(used) > 100
    assert sorted(key for key in used if key not in TEXTS) == []
    for key, (en, zh) in TEXTS.items():
        if not key.endswith(".one"):
            assert set(re.findall(r"\{(\w+)\}", en)) == set(re.findall(r"\{(\w+)\}", zh)), key
        assert all(text.strip() for text in (en, zh)), key


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (None, "–", "–"), (0, "0", "0"), (999.6, "1,000", "1,000"), (9_876, "9,876", "9,876"), (12_400, "12.4K", "1.2万"), (10_000, "10K", "1万"),
        (999_960, "1M", "100万"), (1_234_567, "1.2M", "123万"), (340_000_000, "340M", "3.4亿"), (2.5e9, "2.5B", "25亿"), (-12_400, "-12.4K", "-1.2万"),
        (float("nan"), "–", "–"), (float("inf"), "–", "–"),
    ],
)  # fmt: skip
def test_counts_as_people_write_them(value: float | None, en: str, zh: str) -> None:
    assert (Numbers("en").count(value), Numbers("zh").count(value)) == (en, zh)


def test_both_ends_of_a_span_are_in_one_unit() -> None:
    assert Numbers("en").span(Interval(p10=7_428, p50=9_000, p90=16_400)) == "7.4K–16.4K"
    assert Numbers("zh").span(Interval(p10=7_428, p50=9_000, p90=16_400)) == "0.74万–1.6万"
    assert Numbers("en").span(Interval(p10=0, p50=9_000, p90=16_400)) == "0–16.4K"
    assert Numbers("en").span(Interval(p10=-0.32, p50=0.1, p90=0.9), percent=True) == "-32% to +90%"


def test_money_percentages_dates_and_times() -> None:
    en, zh = Numbers("en"), Numbers("zh")
    assert en.money(3000, "CNY") == "¥3,000"
    assert en.money(1.487, "USD") == "$1.49"
    assert zh.money(1500, "USD") == "US$1,500"
    assert en.money(120, "SEK") == "120 SEK"
    assert en.money(0, "USD") == "$0"
    assert en.money(-20, "USD") == "-$20"
    assert en.percent(0.0456) == "4.6%"
    assert en.percent(0.5) == "50%"
    assert en.percent(0.0012) == "0.12%"
    assert en.signed_percent(0.27) == "+27%"
    moment = datetime(2026, 4, 2, 9, 5, tzinfo=UTC)
    assert en.day(moment) == "2 Apr 2026"
    assert zh.day(moment) == "2026年4月2日"
    assert zh.month("2026-03") == "2026年3月"
    assert en.month("Q3") == "Q3"
    assert en.seconds(0.05) == "50 ms"
    assert en.seconds(9.3) == "9.3 s"
    assert zh.seconds(75) == "1 分 15 秒"
    assert en.seconds(0) == "0 s"
    assert en.all_of(["a", "b", "c"]) == "a, b and c"
    assert zh.all_of(["a", "b"]) == "a和b"
    assert en.all_of([]) == ""


def test_a_plan_drawn_on_its_own() -> None:
    c = campaigns.full("en")
    svg = plan_svg(c.plan, {"drafts": "failed"})
    page = Page(svg)
    assert page.open == []
    assert page.elements[0][0] == "svg"
    assert all(word in page.text for word in ("Write drafts", "failed", "planned", "Find creators"))
    assert "撰写文案" in plan_svg(c.plan, {}, "zh")
    lines = plan_mermaid(c.plan).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  s2["shortlist<br/>search#95;creators"]' not in lines
    edges = {tuple(line.split(" --> ")) for line in map(str.strip, lines) if "-->" in line}
    assert edges == {("s0", "s2"), ("s2", "s3"), ("s3", "s4"), ("s0", "s4"), ("s3", "s5"), ("s4", "s6"), ("s3", "s7"), ("s5", "s7")}
