"""The campaign as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from .. import artifacts
from ..artifacts import Artifact
from ..campaign import Campaign
from ..errors import UsageError
from .masking import masked

FORMAT = 1


class ForeignArtifact(Artifact):
    """An artifact of a plugin that is not installed here: its fields are kept as they came."""

    model_config = ConfigDict(extra="allow")


def campaign_json(campaign: Campaign) -> str:
    """The campaign's fields as they are shown, plus ``format`` and ``artifact_types`` (step or input id to class name)."""
    campaign = masked(campaign)
    data = {
        "format": FORMAT,
        **campaign.model_dump(mode="json"),
        "artifact_types": {id: _type_name(a) for id, a in campaign.artifacts.items()},
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates, which only escapes can hold
        text = json.dumps(data, indent=1)
    return text + "\n"


def read_report(path: Path, types: Mapping[str, type[Artifact]] | None = None) -> Campaign:
    """The campaign that a ``report.json`` holds.

    Args:
        types: artifact types of plugins by class name (``host.artifact_types``). An artifact whose type is not known is read
            with its fields as they are, so nothing is lost.

    Raises:
        UsageError: the file is no report, or was made by a later version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise UsageError(f"{path} cannot be read as a report: {e}.") from e
    if not isinstance(data, dict) or "run_id" not in data or not isinstance(data.get("artifact_types", {}), dict):
        raise UsageError(f"{path} is no campaign report.", hint="Give the report.json of a run.")
    if data.pop("format", FORMAT) != FORMAT:
        raise UsageError(f"{path} was written by another version of Kolony.", hint="Read it with the version that wrote it.")
    names: dict[str, str] = data.pop("artifact_types", {})
    made: dict[str, Any] = data.pop("artifacts", {})
    try:
        campaign = Campaign.model_validate({**data, "artifacts": {}})
        campaign.artifacts = {id: _type(names.get(id, ""), types or {}).model_validate(a) for id, a in made.items()}
    except ValidationError as e:
        fault = e.errors()[0]
        raise UsageError(f"{path} is no campaign report: {'.'.join(map(str, fault['loc']))}: {fault['msg']}.") from e
    return campaign


def _type_name(artifact: Artifact) -> str:
    return type(artifact).__name__


def _type(name: str, types: Mapping[str, type[Artifact]]) -> type[Artifact]:
    found = types.get(name) or getattr(artifacts, name, None)
    if isinstance(found, type) and issubclass(found, Artifact):
        return found
    # A class of that name, so that writing the report again says the same type.
    return type(name, (ForeignArtifact,), {}) if name.isidentifier() else ForeignArtifact
