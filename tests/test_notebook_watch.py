"""A run watched from a notebook: progress and approvals, with widgets and without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import Artifact, Brief, Context, Kolony, hookimpl, tool
from agent.notebook import ask, watch
from agent.settings import Settings
from agent.testing import host_with, sample_store

REQUEST = "Greet the sample's creators for our soda"


class Greeting(Artifact):
    """What was sent."""

    text: str


class Greeter:
    """A plugin whose one tool writes to people."""

    def __init__(self) -> None:
        self.sent: list[str] = []

        @tool(effect="contact", asks=["greet"])
        def send_greeting(ctx: Context, brief: Brief) -> Greeting:
            """Sends a greeting."""
            self.sent.append(brief.request)
            return Greeting(text=f"Hello <b>{brief.request}</b>")

        self.tool = send_greeting

    @hookimpl
    def register_tools(self) -> list[Any]:
        return [self.tool]


@pytest.fixture
def greeter() -> Greeter:
    return Greeter()


@pytest.fixture
def kolony(tmp_path: Path, greeter: Greeter) -> Iterator[Kolony]:
    settings = Settings(home=tmp_path / "home", now=datetime(2025, 3, 15, tzinfo=UTC), offline_model=False)
    with Kolony(settings, host=host_with(greeter)) as k:
        k.__dict__["store"] = sample_store(tmp_path / "sample")
        yield k


def test_in_words_the_calls_that_decide_are_told_and_work(kolony: Kolony, greeter: Greeter, capsys: pytest.CaptureFixture[str]) -> None:
    campaign = watch(kolony, REQUEST, widgets=False)
    out = capsys.readouterr().out
    (waiting,) = kolony.pending(campaign.run_id)
    call = f"k.approve({campaign.run_id!r}, {waiting.step!r}, content={waiting.short!r})"
    assert call in out
    assert "would contact" in out
    assert greeter.sent == []
    eval(call, {"k": kolony})
    assert kolony.resume(campaign.run_id).status == "done"
    assert greeter.sent == [REQUEST]


def test_the_button_approves_what_stands_above_it_and_the_run_goes_on(kolony: Kolony, greeter: Greeter) -> None:
    pytest.importorskip("ipywidgets")
    campaign = watch(kolony, REQUEST, widgets=True)
    assert campaign.status == "waiting"
    box = ask(kolony, campaign.run_id, widgets=True)
    (question,) = box.children
    text, buttons, said = question.children
    approve, reject = buttons.children
    approve.click()
    assert "done" in said.value, said.value
    assert approve.disabled
    assert reject.disabled
    assert greeter.sent == [REQUEST]
    assert "would contact" in text.value
    assert kolony.pending(campaign.run_id) == []


def test_the_other_button_sends_nothing(kolony: Kolony, greeter: Greeter) -> None:
    pytest.importorskip("ipywidgets")
    campaign = watch(kolony, REQUEST, widgets=True)
    (question,) = ask(kolony, campaign.run_id, widgets=True).children
    question.children[1].children[1].click()
    assert "Rejected" in question.children[2].value
    assert greeter.sent == []


def test_a_button_for_what_somebody_else_has_sent_says_so(kolony: Kolony, greeter: Greeter) -> None:
    pytest.importorskip("ipywidgets")
    campaign = watch(kolony, REQUEST, widgets=True)
    (question,) = ask(kolony, campaign.run_id, widgets=True).children
    kolony.approve(campaign.run_id)
    assert kolony.resume(campaign.run_id).status == "done"
    question.children[1].children[0].click()
    assert question.children[2].value
    assert "Approved" not in question.children[2].value
    assert greeter.sent == [REQUEST]
