"""What an approval is bound to: the call as it would be made, in one canonical form, and the SHA-256 of that form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..artifacts import Artifact
from ..errors import ToolError
from ..runs import PackedArtifact
from ..tools import Effect, Tool


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no white space, in ASCII: equal values give equal bytes.

    Raises:
        ValueError: the value holds a number that JSON does not know (NaN, infinity).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Argument(BaseModel):
    """One argument of the call. ``artifact`` is the type's name, empty for a plain value."""

    model_config = ConfigDict(extra="forbid")

    artifact: str = ""
    sha256: str = ""
    value: Any = None


class Content(BaseModel):
    """A call of a tool with an effect, as a person approves it: nothing in it may change afterwards."""

    model_config = ConfigDict(extra="forbid")

    form: int = 1
    run: str
    step: str
    tool: str
    plugin: str
    effect: Effect
    settings: str = Field(description="SHA-256 of the tool's own settings: another address there is another content")
    arguments: dict[str, Argument]
    shown: str

    @property
    def data(self) -> bytes:
        return canonical(self.model_dump(mode="json"))

    @property
    def hash(self) -> str:
        return sha256(self.data)

    @property
    def key(self) -> str:
        """The idempotency key: the same for the same run, step and content, whichever process sends it."""
        return sha256(canonical(["idempotency", self.run, self.step, self.hash]))[:40]

    def values(self) -> dict[str, Any]:
        """The arguments as JSON, by name."""
        return {name: a.value for name, a in self.arguments.items()}


def content_of(
    run: str, step: str, t: Tool, arguments: Mapping[str, Any], settings: Mapping[str, Any], types: Mapping[str, type[Artifact]]
) -> Content:
    """The content of a call with these (resolved) arguments.

    Raises:
        ToolError: the arguments cannot be written down and read again without a change.
    """
    first = _packed(t, arguments)
    again = _packed(t, unpack(t, first, types))
    if canonical(_dumped(first)) != canonical(_dumped(again)):
        raise ToolError(f"What {t.name} was given changes when it is written down.", hint=f"Report it to the plugin {t.plugin!r}.")
    shown = t.preview(settings, **unpack(t, first, types)) if t.preview else json.dumps(_values(first), ensure_ascii=False, indent=1)
    fingerprint = sha256(canonical(json.loads(json.dumps(settings, default=str))))
    return Content(
        run=run, step=step, tool=t.name, plugin=t.plugin, effect=t.effect, settings=fingerprint, arguments=first, shown=str(shown)
    )  # fmt: skip


def unpack(t: Tool, arguments: Mapping[str, Argument], types: Mapping[str, type[Artifact]]) -> dict[str, Any]:
    """Fresh arguments for the call, made from what was written down.

    Raises:
        KolonyError: an artifact no longer fits its type.
        ToolError: a plain value is not one that the tool takes.
    """
    given: dict[str, Any] = {
        name: PackedArtifact(type_name=a.artifact, data=a.value).unpack(types) for name, a in arguments.items() if a.artifact
    }
    try:
        plain = t.params_model.model_validate({name: a.value for name, a in arguments.items() if not a.artifact})
    except ValidationError as e:
        fault = e.errors()[0]
        raise ToolError(f"{t.name} does not take this: {'.'.join(map(str, fault['loc']))}: {fault['msg']}.") from e
    return {**given, **{name: getattr(plain, name) for name in t.params_model.model_fields}}


def _packed(t: Tool, arguments: Mapping[str, Any]) -> dict[str, Argument]:
    packed: dict[str, Argument] = {}
    plain = t.params_model.model_construct(**{n: arguments[n] for n in t.params_model.model_fields if n in arguments}).model_dump(
        mode="json"
    )
    for name, value in arguments.items():
        try:
            if isinstance(value, Artifact):
                data = _ordered(PackedArtifact.pack(value).data)
                packed[name] = Argument(artifact=type(value).__name__, sha256=sha256(canonical(data)), value=data)
            elif value is not None or t.input(name) is None:
                packed[name] = Argument(value=_ordered(plain[name]), sha256=sha256(canonical(plain[name])))
        except ValueError as e:
            raise ToolError(f"The argument {name} of {t.name} cannot be written down: {e}.", hint="Nothing was sent or spent.") from e
    return packed


def _ordered(value: Any) -> Any:
    """With sorted keys, as it is read back later: what a person is shown must not depend on the order of a mapping."""
    return json.loads(canonical(value))


def _dumped(arguments: Mapping[str, Argument]) -> dict[str, Any]:
    return {name: a.model_dump(mode="json") for name, a in arguments.items()}


def _values(arguments: Mapping[str, Argument]) -> dict[str, Any]:
    return {name: a.value for name, a in arguments.items()}
