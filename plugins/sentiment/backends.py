"""Which backend reads: ``[tools.analyze_sentiment] backend``, checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent import ToolError
from plugins.sentiment.reading import Backend

Name = Literal["embedded", "fast", "transformers", "llm"]


class Options(BaseModel):
    """What ``[tools.analyze_sentiment]`` may hold beside ``policy`` and ``model``."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    backend: Name = "embedded"
    classifier: str | None = Field(None, description="hub id or folder of a classification model, for the backend `transformers`")
    labels: dict[str, Literal["negative", "neutral", "positive"]] = Field(
        default_factory=dict, description="the classifier's labels to ours, where their names do not say"
    )


def read_options(raw: Mapping[str, Any]) -> Options:
    """The tool's settings.

    Raises:
        ToolError: one is unusable; it says which, and what it may be.
    """
    try:
        options = Options.model_validate(raw)
    except ValidationError as e:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
        raise ToolError(f"[tools.analyze_sentiment] is not usable: {faults}.", hint="`docs/settings.md` lists what each may be.") from e
    if options.backend == "transformers" and not options.classifier:
        raise ToolError(
            "The backend `transformers` needs a model.",
            hint="Name a hub id or a folder: `classifier` under [tools.analyze_sentiment], or --classifier.",
        )
    return options


def open_backend(options: Options) -> Backend:
    """The backend that reads texts on this machine; for ``llm`` the one that it falls back to.

    Raises:
        ToolError: the classifier cannot be loaded, or its labels cannot be told.
    """
    if options.backend == "transformers":
        from plugins.sentiment.classifier import Classifier

        return Classifier(str(options.classifier), options.labels)
    return _embedded(options.backend == "fast")


@cache
def _embedded(fast: bool) -> Backend:
    from plugins.sentiment.embedded import Embedded

    return Embedded(fast=fast)
