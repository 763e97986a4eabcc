"""Settings of ``search_creators``, checked before anything is searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent import Brief, PersonaSet, ToolError

WEIGHTS: dict[str, float] = {
    "topic": 0.30,
    "performance": 0.25,
    "similarity": 0.25,
    "place": 0.15,
    "audience": 0.10,
    "authenticity": 0.10,
    "recency": 0.10,
    "persona": 0.05,
}
"""What each part counts. Parts that the brief or the plan gives no ground for drop out and the rest are scaled to sum to one."""


class Options(BaseModel):
    """What ``[tools.search_creators]`` may hold beside ``policy`` and ``model``."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    weights: dict[str, float] = Field(default_factory=dict)
    half_life_days: float | None = Field(None, gt=0)
    depth: int | None = Field(None, ge=1, description="creators of a large store that are scored in full")
    conflict_days: int = Field(90, ge=0, description="how long sponsored work for somebody who sells the same counts as recent")
    expand: bool = Field(True, description="search with related words too")


def read_options(raw: Mapping[str, Any]) -> Options:
    """The tool's settings.

    Raises:
        ToolError: one is unusable; it says which, and what it may be.
    """
    try:
        options = Options.model_validate(raw)
    except ValidationError as e:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
        raise ToolError(f"[tools.search_creators] is not usable: {faults}.", hint="`docs/settings.md` lists what each may be.") from e
    unknown = sorted(set(options.weights) - set(WEIGHTS))
    if unknown:
        raise ToolError(
            f"[tools.search_creators] weights: there is no score part {', '.join(map(repr, unknown))}.",
            hint=f"The parts are {', '.join(WEIGHTS)}.",
        )
    wrong = sorted(name for name, weight in options.weights.items() if not 0 <= weight < float("inf"))
    if wrong:
        raise ToolError(f"[tools.search_creators] weights: {', '.join(wrong)} must be zero or a positive number.")
    if not any({**WEIGHTS, **options.weights}.values()):
        raise ToolError("[tools.search_creators] weights: every part has weight zero.", hint="Leave at least one above zero.")
    return options


def weights_of(options: Options, brief: Brief, personas: PersonaSet | None) -> dict[str, float]:
    """Part to weight for this brief; they sum to one."""
    a = brief.audience
    grounds = {
        "place": bool(brief.creator_locations or a.locations),
        "audience": bool(a.age_min is not None or a.age_max is not None or a.gender in ("female", "male") or a.locations or a.interests),
        "persona": bool(personas is not None and personas.personas),
        "similarity": bool(brief.similar_to),
    }
    asked = {n: float(w) for n, w in {**WEIGHTS, **options.weights}.items() if w > 0 and grounds.get(n, True)}
    # Only parts without a ground had weight: they are all that there is to go by, and the others count alike.
    asked = asked or {n: 1.0 for n in WEIGHTS if grounds.get(n, True)}
    total = sum(asked.values())
    return {name: weight / total for name, weight in asked.items()}
