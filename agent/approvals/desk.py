"""Where people decide: what waits, and approve, edit, reject, and say what became of a call in doubt."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from ..artifacts import Artifact
from ..errors import KolonyError, UsageError
from ..events import ApprovalDecided, Event
from ..settings import Settings
from ..tools import Tool
from .book import Book, Standing
from .content import Argument, Content, content_of, unpack
from .records import Approval, Kind


class Desk:
    """The decisions of one run. Each is on the disk, with who and when, before it counts."""

    def __init__(
        self,
        book: Book,
        tools: Mapping[str, Tool],
        types: Mapping[str, type[Artifact]],
        settings: Settings,
        emit: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self.book, self.tools, self.types, self.settings, self.emit = book, tools, types, settings, emit

    def approvals(self) -> list[Approval]:
        """Every step of the run that asked for approval, in the order in which they first did.

        Raises:
            ApprovalsDamaged: the record does not hold.
        """
        now = self.settings.clock()
        return [self._approval(s.now(now)) for s in self.book.standings().values()]

    def approve(
        self, steps: Sequence[str] = (), *, by: str | None = None, content: str | None = None, edit: Mapping[str, Any] | None = None
    ) -> list[Approval]:
        """Approve what the steps would send (default: everything that waits).

        Args:
            by: who decides; default: the user of the operating system.
            content: SHA-256 (or its first 12 digits or more) of what was looked at; anything else is not approved.
            edit: for one step: arguments to put in place of those shown, by name. The approval is for the edited content.

        Raises:
            UsageError: no such step, nothing waits, the request has expired, or the edit is none that the tool takes.
        """
        who = _who(by)
        if (edit is not None or content is not None) and len(steps) != 1:
            raise UsageError("An edit or a content's hash is for one step.", hint="Name that step.")
        with self.book.locked():
            standings = self._chosen(steps)
            for s in standings:
                if content is not None and not (len(content) >= 12 and s.content.startswith(content)):
                    raise UsageError(
                        f"{s.step} would send something else by now ({s.content[:12]}).", hint="Look at it again, then decide."
                    )
                approved = s.content
                if edit is not None:
                    approved = self._edit(s, edit, who)
                self.book.get(approved)  # nobody approves what is gone or was changed
                until = self.settings.clock() + timedelta(days=self.settings.approvals.days)
                self._decide("approved", s.step, approved, who, expires=until)
        return self._of(standings)

    def edited(self, step: str, edit: Mapping[str, Any]) -> Approval:
        """The step's approval as it would be with an edit. Nothing is decided by this.

        Raises:
            UsageError: no such step, it cannot be decided any more, or the edit is none that the tool takes.
        """
        (s,) = self._chosen([step])
        content = self._changed(s, edit)
        return self._shown(s, content, content.hash)

    def reject(self, steps: Sequence[str] = (), *, by: str | None = None, why: str = "") -> list[Approval]:
        """Refuse what the steps would send (default: everything that waits). They are left out with the steps that need them.

        Raises:
            UsageError: no such step, or nothing waits.
        """
        who = _who(by)
        with self.book.locked():
            standings = self._chosen(steps, expired=True)
            for s in standings:
                self._decide("rejected", s.step, s.content, who, why=why)
        return self._of(standings)

    def resolve(self, step: str, *, sent: bool, by: str | None = None, why: str = "") -> Approval:
        """Say what became of a call in doubt. Only after ``sent=False`` may a resume make it again, with the same idempotency key.

        Raises:
            UsageError: no such step, or it is not in doubt.
        """
        who = _who(by)
        with self.book.locked():
            s = self._standing(step)
            if s.state != "in_doubt":
                raise UsageError(f"{step} is not in doubt; it is {s.state.replace('_', ' ')}.", hint="There is nothing to resolve.")
            self._decide("resolved_sent" if sent else "resolved_not_sent", step, s.content, who, why=why)
        return self._of([s])[0]

    # --- parts

    def _chosen(self, steps: Sequence[str], *, expired: bool = False) -> list[Standing]:
        now = self.settings.clock()
        if not steps:
            waiting = [s for s in self.book.standings().values() if s.now(now).state == "pending"]
            if not waiting:
                raise UsageError(f"Nothing in {self.book.run} waits for a decision.", hint="See `kolony runs show`.")
            return waiting
        found = [self._standing(step) for step in dict.fromkeys(steps)]
        for s in found:
            if s.state == "in_doubt":
                raise UsageError(
                    f"{s.step} may have gone out already.",
                    hint=f"First say what happened: `kolony resolve {self.book.run} {s.step} --sent` or `--not-sent`.",
                )
            if s.state == "sent":
                raise UsageError(f"{s.step} has gone out.", hint="It cannot be decided any more.")
            if s.now(now).state == "expired" and not expired:
                raise UsageError(f"The request of {s.step} has expired.", hint=f"`kolony resume {self.book.run}` asks again.")
        return found

    def _standing(self, step: str) -> Standing:
        standings = self.book.standings()
        if step not in standings:
            known = ", ".join(standings) or "none"
            raise UsageError(f"No step {step!r} of {self.book.run} asks for approval.", hint=f"Those that do: {known}.")
        return standings[step]

    def _edit(self, s: Standing, edit: Mapping[str, Any], who: str) -> str:
        after = self._changed(s, edit)
        self.book.put(after.data)
        self._decide("edited", s.step, after.hash, who, base=s.content)
        return after.hash

    def _changed(self, s: Standing, edit: Mapping[str, Any]) -> Content:
        before = self._content(s.content)
        if before.tool not in self.tools:
            raise UsageError(
                f"No loaded plugin has the tool {before.tool!r}.", hint="Install or unblock the plugin, or approve without an edit."
            )
        unknown = set(edit) - set(before.arguments)
        if unknown:
            raise UsageError(
                f"{before.tool} was not given {', '.join(sorted(unknown))}.",
                hint=f"To be edited: {', '.join(before.arguments) or 'nothing'}.",
            )
        t = self.tools[before.tool]
        changed = {n: Argument(artifact=a.artifact, value=edit.get(n, a.value)) for n, a in before.arguments.items()}
        try:
            arguments = unpack(t, changed, self.types)
            return content_of(self.book.run, s.step, t, arguments, self.settings.tools.get(t.name, {}), self.types)
        except (KolonyError, ValidationError) as e:
            message = e.message if isinstance(e, KolonyError) else e.errors()[0]["msg"]
            raise UsageError(f"The edit cannot be used: {message}", hint="It takes the form that `kolony approve --json` shows.") from e

    def _decide(self, kind: Kind, step: str, content: str, who: str, **more: Any) -> None:
        now = self.settings.clock()
        self.book.append(kind, step, content, now, by=who, **more)
        self.emit(ApprovalDecided(run_id=self.book.run, at=now, step=step, decision=kind, content=content, by=who, why=more.get("why", "")))

    def _of(self, standings: Sequence[Standing]) -> list[Approval]:
        steps = {s.step for s in standings}
        return [a for a in self.approvals() if a.step in steps]

    def _content(self, hash: str) -> Content:
        return Content.model_validate_json(self.book.get(hash))

    def _approval(self, s: Standing) -> Approval:
        return self._shown(s, self._content(s.content), s.content)

    def _shown(self, s: Standing, content: Content, hash: str) -> Approval:
        return Approval(
            run=self.book.run, step=s.step, tool=content.tool, effect=content.effect, state=s.state, content=hash, shown=content.shown,
            arguments=content.values(), expires=s.expires if s.state in ("pending", "approved", "expired") else None,
            idempotency_key=content.key, trail=s.decisions,
        )  # fmt: skip


def _who(by: str | None) -> str:
    """The given name, or the user of the operating system."""
    name = " ".join((by or "").split())
    if name:
        return name[:200]
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user's name
        return "unknown"
