"""The one way by which a run calls a tool that spends, publishes or contacts.

The tool is handed what was read back from the approved content, never what a plan or another step holds at that moment. The call is
announced on the disk before it is made, so that after a crash it is known that it may have gone out.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from ..artifacts import Artifact
from ..errors import ApprovalRequired, InDoubt, NotSent, Rejected, ToolError
from ..events import ApprovalRequested, Event
from ..plan import Step
from ..runs import PackedArtifact
from ..settings import Settings
from ..tools import Tool
from .book import Book, Standing
from .content import Content, canonical, content_of, unpack

Call = Callable[[dict[str, Any], str], Awaitable[Any]]
"""Calls the tool with these arguments and this idempotency key."""


class Gate:
    """The gate of one run. ``types`` are the artifact types by name."""

    def __init__(
        self, book: Book, types: Mapping[str, type[Artifact]], settings: Settings, emit: Callable[[Event], None] = lambda event: None
    ) -> None:
        self.book, self.types, self.settings, self.emit = book, types, settings, emit

    async def act(self, step: Step, t: Tool, arguments: Mapping[str, Any], call: Call) -> Artifact:
        """Make the call if a person approved exactly this content, and record how it went.

        A call that went out before is not made again: its result is given.

        Raises:
            ApprovalRequired: nobody approved it, or what was approved is another content or has expired. It has been asked for.
            Rejected: a person refused it.
            InDoubt: it was begun, now or earlier, and nobody knows whether it went out.
            NotSent: the tool says that nothing went out; the approval stands.
            ApprovalsDamaged: the record of approvals does not hold.
        """
        content = content_of(self.book.run, step.id, t, arguments, self._own_settings(t), self.types)
        with self.book.locked():
            standing = self.book.standing(step.id)
            if standing is not None and standing.state == "sent":
                return self._result(standing, t)
            approved = self._approved(standing, content, step, t)
            # On the disk before the call. From here on only the tool's own word makes it certain that nothing went out.
            self.book.append("sending", step.id, approved.hash, self._now(), why=f"idempotency key {approved.key}")
        try:
            artifact = await call(unpack(t, approved.arguments, self.types), approved.key)
            if not isinstance(artifact, t.output):
                raise ToolError(f"{t.name} gave a {type(artifact).__name__} instead of a {t.output.__name__}.")
            with self.book.locked():
                result = self.book.put(canonical(PackedArtifact.pack(artifact).model_dump(mode="json")))
                self.book.append("sent", step.id, approved.hash, self._now(), result=result)
        except NotSent as e:
            with self.book.locked():
                self.book.append("not_sent", step.id, approved.hash, self._now(), why=str(e))
            raise
        except BaseException as e:
            why = str(e).strip() or type(e).__name__
            with suppress(Exception), self.book.locked():  # without this line it is in doubt all the same
                self.book.append("in_doubt", step.id, approved.hash, self._now(), why=why[:500])
            if isinstance(e, Exception):
                raise self._doubt(step, t, why) from e
            raise
        return artifact

    def in_doubt(self, step: str) -> bool:
        """Whether the step's call may have gone out."""
        standing = self.book.standing(step)
        return standing is not None and standing.state == "in_doubt"

    def _approved(self, standing: Standing | None, content: Content, step: Step, t: Tool) -> Content:
        """The content that may be sent now: what the plan's steps made, or a person's edit of it."""
        if standing is None:
            raise self._request(content, step, t)
        if standing.state == "in_doubt":
            last = standing.trail[-1]
            raise self._doubt(step, t, last.why if last.kind == "in_doubt" else "")
        if standing.base != content.hash:
            raise self._request(content, step, t, "what would be sent has changed since")
        standing = standing.now(self._now())
        if standing.state == "rejected":
            last = standing.trail[-1]
            raise Rejected(f"{last.by} refused it{f': {last.why}' if last.why else ''}.", hint="Nothing was sent or spent.")
        if standing.state == "expired":
            raise self._request(content, step, t, "the request or the approval had expired")
        if standing.state != "approved":
            raise _required(step, t)
        approved = Content.model_validate_json(self.book.get(standing.content))
        again = content_of(self.book.run, step.id, t, unpack(t, approved.arguments, self.types), self._own_settings(t), self.types)
        if again.hash != standing.content:
            raise self._request(content, step, t, "the approved content no longer fits the tool or its settings")
        return approved

    def _request(self, content: Content, step: Step, t: Tool, why: str = "") -> ApprovalRequired:
        now = self._now()
        expires = now + timedelta(days=self.settings.approvals.days)
        self.book.put(content.data)
        self.book.append("requested", step.id, content.hash, now, expires=expires, why=why)
        self.emit(
            ApprovalRequested(
                run_id=self.book.run, at=now, step=step.id, tool=t.name, effect=t.effect, content=content.hash, expires=expires, why=why
            )
        )
        return _required(step, t)

    def _result(self, standing: Standing, t: Tool) -> Artifact:
        """What the call gave; what can be said of it where a person only knows that it went out."""
        if standing.result:
            return PackedArtifact.model_validate(json.loads(self.book.get(standing.result))).unpack(self.types)
        last = standing.trail[-1]
        try:
            return t.output.model_validate({"notes": [f"{last.by} said that this went out; what it gave was not recorded."]})
        except ValueError:
            raise ToolError(
                f"{last.by} said that this went out, but what {t.name} gave is lost.",
                hint="What needs it cannot run; nothing is sent again.",
            ) from None

    def _doubt(self, step: Step, t: Tool, why: str) -> InDoubt:
        return InDoubt(
            f"{t.name} began to {t.effect}, and it is not known whether it went out ({why or 'it was cut off'}).",
            hint=f"Look at the receiving end, then `kolony resolve {self.book.run} {step.id} --sent` or `--not-sent`.",
        )

    def _own_settings(self, t: Tool) -> Mapping[str, Any]:
        return self.settings.tools.get(t.name, {})

    def _now(self) -> datetime:
        return self.settings.clock()


def _required(step: Step, t: Tool) -> ApprovalRequired:
    return ApprovalRequired(
        f"{t.name} would {t.effect}; no person has approved this content.", hint="Nothing was sent or spent. See `kolony approve`."
    )
