"""The evaluator's tools are there under their names."""

from __future__ import annotations

from agent import ContentReview, Forecast, Outcome
from plugins.evaluator import register_tools


def test_the_tools_are_registered_under_their_names() -> None:
    made = {t.name: t.output for t in register_tools()}
    assert made == {"review_content": ContentReview, "forecast_campaign": Forecast, "measure_campaign": Outcome}
