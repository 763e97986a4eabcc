"""The report's proofs: signals of creators, what a slate is worth, effects of a campaign and attribution, drawn and in words."""

from __future__ import annotations

import io
import math
import re
from datetime import UTC, date, datetime
from itertools import pairwise

import campaigns
import pytest
from campaigns import Language
from hypothesis import given, settings
from hypothesis import strategies as st
from test_report import LANGUAGES, Page

from agent.artifacts import (
    Attribution,
    Authenticity,
    Candidate,
    ChannelShare,
    CurvePoint,
    Effect,
    EffectPoint,
    Money,
    Outcome,
    Range90,
    Reference,
    Signal,
    Slate,
)
from agent.campaign import Campaign
from agent.cli.view import RunView
from agent.events import ModelCalled, RunStarted, StepFinished
from agent.report import html, markdown
from agent.report._texts_creators import CREATORS
from agent.report.charts_lines import Line, Plot, nice, plot, strip
from agent.report.checks import Checks
from agent.report.measured import Shares, Shown
from agent.report.numbers import Numbers
from agent.report.texts import Texts
from agent.report.worth import Worth

EN, NUMBERS = Texts("en"), Numbers("en")


def pages(c: Campaign) -> list[str]:
    return [Page(html(c)).text, markdown(c).replace("\\", "")]


def with_outcome(c: Campaign, **changes: object) -> Campaign:
    outcome = c.get(Outcome)
    assert outcome is not None
    c.artifacts["outcome"] = outcome.model_copy(update=changes)
    return c


def with_slate(c: Campaign, **changes: object) -> Slate:
    slate = c.get(Slate)
    assert slate is not None
    c.artifacts["slate"] = slate.model_copy(update=changes)
    found = c.get(Slate)
    assert found is not None
    return found


# --- creators ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_of_a_creator_is_told_with_its_posts(language: Language) -> None:
    c = campaigns.full(language)
    slate, t = c.get(Slate), Texts(language)
    assert slate is not None
    for text in pages(c):
        for pick in slate.picks:
            x = pick.candidate
            if x.authenticity:
                assert x.authenticity.reading in text
                for s in x.authenticity.signals:
                    assert t.word("signal", s.name) in text
                    assert s.reading in text
                    assert s.reference is None or s.reference.source in text
            for flag in x.safety:
                assert flag.label in text
                assert all(word in text for word in flag.words)
            for conflict in x.conflicts:
                assert conflict.reading in text
        assert "0.79" in text
        assert t("interval.80", span="0.68–0.88") in text
        assert "× 0.82" in text
        assert t("signals.too_few") in text
        assert t("sponsored.too_few") in text
        assert t("conflicts.ago", n=12) in text
        assert t("conflicts.ago", n=1) in text
    source = html(c)
    card = source[source.index('<dl class="checks">') : source.index("</dl>", source.index('<dl class="checks">'))]
    assert len(re.findall(r'href="#e\d+"', card)) == 3, "two sponsored posts and one of a conflict"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_signal_has_its_own_line_in_markdown(language: Language) -> None:
    t, lines = Texts(language), markdown(campaigns.full(language)).split("\n")
    own = [line for line in lines if line.startswith("  - ")]
    assert [line for line in own if line.startswith(f"  - {t('signal.comments_per_like')}")]
    assert len(own) == 3 * 5 + 1


@pytest.mark.parametrize("words", ["fake", "fraud", "bot", "cheat", "bought", "造假", "作弊", "虚假", "刷", "水军", "买粉"])
def test_no_text_of_ours_accuses_a_creator(words: str) -> None:
    assert [
        key for key, texts in CREATORS.items() if any(re.search(rf"\b{words}\b" if words.isascii() else words, x.lower()) for x in texts)
    ] == []


def creator(**changes: object) -> Candidate:
    return Candidate.model_validate({"creator": "x:1", "name": "Ann", "platform": "x", "score": 0.5, **changes})


def test_signals_stand_in_the_order_of_how_unusual_they_are_and_name_their_peers_once() -> None:
    among = Reference(n=20, median=2, p5=1, p95=4, source="peers of like size")
    signals = [
        Signal(name="spikes"), Signal(name="engagement_rate", value=0.031, score=0.9, reference=among), Signal(name="follow_ratio", value=55, score=0.1, reference=among),
    ]  # fmt: skip
    checks = Checks(creator(authenticity=Authenticity(signals=signals)), EN, NUMBERS)
    assert [(s.name, s.value, s.score) for s in checks.signals] == [
        ("Followers ÷ following", "55", "0.10"), ("Engagements ÷ followers", "3.1%", "0.90"), ("Posts with a spike", "Not enough data", "–"),
    ]  # fmt: skip
    assert checks.peers == "20 accounts: peers of like size"
    assert {s.source for s in checks.signals} == {""}
    signals[1] = signals[1].model_copy(update={"reference": among.model_copy(update={"n": 9})})
    checks = Checks(creator(authenticity=Authenticity(signals=signals)), EN, NUMBERS)
    assert checks.peers == ""
    assert [s.source for s in checks.signals] == ["20 accounts: peers of like size", "9 accounts: peers of like size", ""]


def test_nothing_is_said_of_what_was_not_checked() -> None:
    assert not Checks(creator(), EN, NUMBERS)
    assert Checks(creator(authenticity=Authenticity()), EN, NUMBERS).score == "Not enough data"


# --- slate ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_each_pick_adds_and_who_could_step_in(language: Language) -> None:
    c = campaigns.full(language)
    slate, f = c.get(Slate), Numbers(language)
    assert slate is not None
    for text in pages(c):
        assert Texts(language)("worth.nobody") in text
        for pick in slate.picks:
            assert f.count(pick.marginal) in text
            for r in pick.replacements:
                assert f.figure(r.value_change, signed=True) in text
    for point in slate.curve:
        assert f.price(point.budget) in markdown(c)
        assert f.price(point.budget) in html(c)
    assert slate.value is not None
    chosen = Texts(language)("worth.curve.chosen", budget=f.price(slate.budget), value=f.count(slate.value))
    assert chosen in html(c)


def test_the_gap_in_plain_words() -> None:
    slate = with_slate(campaigns.full("en"), gap=0.0)
    assert "this was proved" in Worth(slate, EN, NUMBERS).sure
    assert Worth(slate.model_copy(update={"gap": 0.083}), EN, NUMBERS).sure.startswith("It reaches at least 91.7%")
    assert Worth(slate.model_copy(update={"gap": None}), EN, NUMBERS).sure == ""
    assert "per cost" in Worth(slate.model_copy(update={"per_cost": True}), EN, NUMBERS).sure


def test_a_slate_that_says_nothing_of_its_worth_has_no_such_part() -> None:
    c = campaigns.full("en")
    slate = with_slate(c, value=None, gap=None, curve=[])
    for pick in slate.picks:
        pick.marginal, pick.replacements = None, []
    assert not Worth(slate, EN, NUMBERS)
    assert all(EN("worth.title") not in text for text in pages(c))


def test_a_curve_in_two_currencies_is_not_drawn_and_a_budget_off_it_is_not_marked() -> None:
    slate = with_slate(campaigns.full("en"))
    mixed = [CurvePoint(budget=Money(amount=n, currency=c), value=n) for n, c in ((1, "USD"), (2, "CNY"))]
    assert Worth(slate.model_copy(update={"curve": mixed}), EN, NUMBERS).curve == []
    below = [CurvePoint(budget=Money(amount=n, currency="USD"), value=n) for n in (100, 200)]
    assert 'class="picked"' not in Worth(slate.model_copy(update={"curve": below}), EN, NUMBERS).draw_curve()
    assert 'class="picked"' in Worth(slate, EN, NUMBERS).draw_curve()


# --- effects -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_effect_says_how_sure_it_is_and_where_its_figures_stand(language: Language) -> None:
    c = campaigns.full(language)
    outcome, t, f = c.get(Outcome), Texts(language), Numbers(language)
    assert outcome is not None
    for text in pages(c):
        for e in outcome.effects:
            said = [t.word("effect_verdict", e.verdict), t.word("effect_method", e.method), e.outcome, e.reading, *e.assumptions, *e.rows]
            said += [p.reading for p in e.placebos]
            if e.total and e.relative:
                said += [f.figure(e.total.p50, signed=True), f.spread(e.total, signed=True), f.spread(e.relative, percent=True)]
            assert [s for s in said if s not in text] == []
        assert t("attribution.badge") in text
        for a in outcome.attribution:
            assert a.reading in text
            assert a.rows[0] in text
            assert all(f.percent(x.share) in text and f"{f.percent(x.low)}–{f.percent(x.high)}" in text for x in a.channels)
    table = html(c)
    for point in outcome.effects[0].points:
        assert point.expected is not None
        assert f"{f.figure(point.expected.p50)} ({f.spread(point.expected)})" in table


def points(periods: list[str], expected: bool = True) -> list[EffectPoint]:
    near = Range90(p5=1, p50=2, p95=3)
    return [EffectPoint(period=p, actual=4.0 if expected else None, expected=near if expected else None, effect=near, cumulative=near if expected else None) for p in periods]  # fmt: skip


def shown(effect_points: list[EffectPoint], start: date | None = None) -> Shown:
    effect = Effect(
        method="structural_time_series", outcome="sales", verdict="higher", total=Range90(p5=1, p50=2, p95=3), points=effect_points
    )
    return Shown(effect, start, EN, NUMBERS)


def began(chart: str) -> float:
    found = re.search(r'<line x1="([\d.]+)%"[^>]*class="began"', chart)
    assert found is not None
    return float(found[1])


def test_the_start_stands_where_the_campaign_began() -> None:
    days = ["2026-03-01", "2026-03-08", "2026-03-15", "2026-03-22"]
    first, second = shown(points(days)).drawings
    assert [first[0], second[0]] == [EN("effect.chart"), EN("effect.cumulative")]
    assert began(first[1]) == began(second[1]) == 1.5
    assert began(shown(points(days), date(2026, 3, 15)).drawings[0][1]) == pytest.approx(100 * (0.015 + 0.97 * 2 / 3), abs=0.01)
    assert began(shown(points(days), date(2025, 1, 1)).drawings[0][1]) == 1.5
    (study,) = shown(points(["-2", "-1", "+0", "+1"], expected=False)).drawings
    assert study[0] == EN("effect.study")
    assert began(study[1]) == pytest.approx(50, abs=0.01)
    assert 'class="began"' not in shown(points(["a", "b"], expected=False)).drawings[0][1]


def test_an_effect_without_rows_has_no_chart() -> None:
    assert shown([]).drawings == []
    assert shown(points(["2026-03-01"])).drawings == []


def test_series_alone_are_the_headline() -> None:
    effect = Effect(method="structural_time_series", outcome="sales", verdict="lower", total=Range90(p5=-300, p50=-200, p95=-120), relative=Range90(p5=-0.3, p50=-0.2, p95=-0.1))  # fmt: skip
    c = with_outcome(campaigns.full("en"), creators=[], engagements=0, baseline=None, lift=None, effects=[effect], attribution=[])
    text = Page(html(c)).text
    assert "Estimated effect on sales: 200 less than without the campaign (90% interval 120–300)." in text
    assert "sales, against no campaign -20% 90% interval -30% to -10%" in text
    assert "brought 0 engagements" not in text
    unclear = effect.model_copy(update={"verdict": "unclear"})
    assert "No clear effect on sales." in Page(html(with_outcome(c, effects=[unclear]))).text


def test_a_channel_that_one_method_leaves_out_has_a_dash_there() -> None:
    def of(method: str, **shares: float) -> Attribution:
        channels = [ChannelShare(channel=c, share=s, low=s / 2, high=s, conversions=s * 10) for c, s in shares.items()]
        return Attribution.model_validate({"method": method, "channels": channels})

    shares = Shares([of("last_touch", ads=0.3, mail=0.7), of("markov", mail=1.0), of("shapley")], EN, NUMBERS)
    assert [(name, [cell and cell.share for cell in cells]) for name, cells in shares.channels] == [
        ("mail", ["70%", "100%"]),
        ("ads", ["30%", None]),
    ]
    assert not Shares([of("shapley")], EN, NUMBERS)


def test_many_channels_and_rows_are_folded() -> None:
    c = campaigns.full("en")
    channels = [ChannelShare(channel=f"channel {n}", share=1 / 80, low=0, high=0.1, conversions=1) for n in range(80)]
    rows = points([f"2026-{m:02d}-{d:02d}" for m in range(1, 7) for d in range(1, 29)])
    effect = Effect(method="structural_time_series", outcome="sales", verdict="higher", points=rows)
    with_outcome(c, effects=[effect], attribution=[Attribution(method="markov", channels=channels)])
    source = html(c)
    assert "70 more channels" in source
    assert EN("more", n=20) in source
    assert "The 168 rows behind the charts" in source
    assert EN("more", n=48) in source


# --- drawings ------------------------------------------------------------------------------------------------------------------

NUMBER = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-1e6, 1e6)


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_a_scale_holds_its_values_in_few_even_steps(low: float, width: float) -> None:
    marks = nice(low, low + width)
    slack = 1e-6 * max(abs(low), width, 1e-9)
    assert marks[0] <= low + slack
    assert marks[-1] >= low + width - slack
    assert 2 <= len(marks) <= 6
    steps = [b - a for a, b in pairwise(marks)]
    assert min(steps) > 0
    assert max(steps) == pytest.approx(min(steps), rel=1e-3)


def coordinates(svg: str) -> list[str]:
    return re.findall(r' (?:[xyrd]|[xy][12]|c[xy]|width|height)="([^"]*)"', svg)


@given(st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_a_chart_of_any_numbers_is_well_formed(columns: list[tuple[float, float, float]]) -> None:
    at = [float(i) for i in range(len(columns))]
    lows, middles, highs = zip(*columns, strict=True)
    made = plot(
        Plot(at=at, labels=["<b>"] * len(at), tick=NUMBERS.figure, reading='"><script>', lines=[Line(middles, "actual")], band=(lows, highs), titles=["</svg>"] * len(at),
             whiskers=columns, mark=(0.5, "<i>"), chosen=(at[0], middles[0], "&"))
    )  # fmt: skip
    assert {tag for tag, _ in Page(made).elements} <= {"div", "svg", "title", "line", "text", "circle", "path"}
    assert Page(made).open == []
    assert not [c for c in coordinates(made) if "nan" in c or "inf" in c]


@given(NUMBER, NUMBER, NUMBER, NUMBER)
@settings(max_examples=80, deadline=None)
def test_a_strip_of_any_numbers_is_well_formed(value: float, p5: float, median: float, p95: float) -> None:
    made = strip(value, Reference(n=3, median=median, p5=p5, p95=p95, source="s"), "<reading>")
    assert Page(made).open == []
    assert not [c for c in coordinates(made) if "nan" in c or "inf" in c]
    if all(abs(v) <= 1e15 for v in (value, p5, median, p95)):
        inside = min(p5, p95) <= value <= max(p5, p95)
        assert ('class="dot"' in made) == inside


def test_a_line_breaks_where_a_value_is_missing() -> None:
    made = plot(Plot(at=[0, 1, 2, 3, 4], labels=list("abcde"), tick=str, reading="r", lines=[Line([1, 2, None, 3, 4], "actual")]))
    path = re.search(r'<path d="([^"]*)" class="line actual">', made)
    assert path is not None
    assert path[1].count("M") == 2
    assert path[1].count("L") == 2


def test_long_series_have_lines_without_dots() -> None:
    many = [float(i) for i in range(500)]
    made = plot(Plot(at=many, labels=["x"] * 500, tick=str, reading="r", lines=[Line(many, "actual")], titles=["t"] * 500))
    assert "<circle" not in made
    assert len(made) < 20_000


def test_figures_of_any_size_and_their_intervals() -> None:
    en, zh = Numbers("en"), Numbers("zh")
    assert [en.figure(v) for v in (0, 0.0421, 0.5, 1.25, 42.25, 123.4, 12_400, -0.0)] == [
        "0",
        "0.042",
        "0.5",
        "1.25",
        "42.2",
        "123",
        "12.4K",
        "0",
    ]
    assert [en.figure(v, signed=True) for v in (3, -3, 0, None, math.nan)] == ["+3", "-3", "0", "–", "–"]
    assert en.spread(Range90(p5=7_476, p50=9_000, p95=10_500), signed=True) == "+7.5K to +10.5K"
    assert en.spread(Range90(p5=1, p50=2, p95=3)) == "1–3"
    assert zh.spread(Range90(p5=-0.1, p50=0, p95=0.2), percent=True) == "-10% 至 +20%"
    assert en.spread(None) == "–"


# --- the terminal --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cached", "words"), [((True, False, True), "2 cached answers"), ((True,), "1 cached answer"), ((False,), "")])
def test_the_terminal_mentions_answers_that_were_given_again(cached: tuple[bool, ...], words: str) -> None:
    from rich.console import Console

    console = Console(record=True, width=120, file=io.StringIO())
    view = RunView(console, None)
    moment = datetime(2026, 4, 20, tzinfo=UTC)
    view(RunStarted(run_id="r", at=moment, request="x", steps=["drafts"]))
    for hit in cached:
        view(
            ModelCalled(run_id="r", at=moment, step="drafts", task="t", model="m", tokens_in=1, tokens_out=0, usd=0, seconds=0, cached=hit)
        )
    view(StepFinished(run_id="r", at=moment, step="drafts", tool="write_posts", status="done", seconds=1.0))
    text = console.export_text()
    assert "drafts" in text
    assert words in text
    assert ("cached" in text) == bool(words)
