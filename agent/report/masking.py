"""A campaign as it is shown: personal data of third persons masked, in every text that does not come from the brand itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ..artifacts import Brief, Question, Reply
from ..campaign import Campaign
from ..guard import redact, values

_ADDRESSES = ("url",)
"""Fields that hold where a record stands, which says who published it and no more."""


def masked(campaign: Campaign) -> Campaign:
    """A copy to show, print and send on. What reports, terminal and ``--json`` of a run show goes through here.

    Masked is what posts, bios, customers' messages, models and plugins wrote. As it is stays what the brand itself entered: the
    brief, artifacts that the run was given, quotations of its material, and what waits for approval, which a person must see as
    it would go out. A way to reach somebody that stands there (the brand's own service line) is not masked elsewhere either.
    Masking twice gives the same as once.
    """
    made = {s.id for s in campaign.plan.steps}
    given = [a for id, a in campaign.artifacts.items() if id not in made and not isinstance(a, Question)]
    cited = [c.text for a in campaign.artifacts.values() if isinstance(a, Reply) for c in a.citations]
    own = {v for text in {campaign.request, *_texts([campaign.brief, *given]), *cited} for v in values(text)}
    copy = _Copy(own, campaign)
    keep = {id(a) for a in given}
    return campaign.model_copy(
        update={
            "artifacts": {
                copy.text(key): a if isinstance(a, Brief) or id(a) in keep else copy.of(a) for key, a in campaign.artifacts.items()
            },
            "sources": {key: copy.of(record) for key, record in campaign.sources.items()},
            "steps": copy.of(campaign.steps),
            "problems": copy.of(campaign.problems),
            "planning_note": copy.text(campaign.planning_note),
        }
    )


class _Copy:
    """Copies values with their texts masked; ids, by which evidence is found, stay."""

    def __init__(self, own: set[str], campaign: Campaign) -> None:
        self._own = own
        creators = (str(r.get("creator_id")) for r in campaign.sources.values() if isinstance(r, Mapping))
        self._ids = {*campaign.sources, *campaign.artifacts, *creators}
        self._done: dict[str, str] = {}

    def text(self, text: str) -> str:
        if text in self._ids:
            return text
        if text not in self._done:
            self._done[text] = redact(text, self._own)
        return self._done[text]

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, BaseModel):
            fields = [*type(value).model_fields, *(value.model_extra or ())]
            return value.model_copy(update={name: self._field(name, getattr(value, name)) for name in fields})
        if isinstance(value, Mapping):
            return {self.of(k): self._field(k, v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([self.of(v) for v in value])
        return value

    def _field(self, name: Any, value: Any) -> Any:
        return value if name in _ADDRESSES and isinstance(value, str) and value.startswith(("http://", "https://")) else self.of(value)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in (*type(value).model_fields, *(value.model_extra or ())):
            yield from _texts(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
