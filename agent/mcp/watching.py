"""What happens in a run, told to an MCP client while it waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

from ..events import Event, StepFinished, StepProgress, StepStarted


class Watching:
    """Sends a run's events as progress, which only grows: finished steps, and part of the one that is at work.

    A client that asked for no progress gets none; the session leaves that out by itself.
    """

    def __init__(self, ctx: Any) -> None:
        self._session = ctx.session
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._done: set[str] = set()
        self._last = 0.0
        self.steps = 0
        """Of the run; 0 where that is not known."""

    def event(self, event: Event) -> None:
        """Take an event, from whichever thread it comes."""
        with suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def __aenter__(self) -> Watching:
        self._task = asyncio.create_task(self._tell())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._task is not None
        if kind is None:
            self._loop.call_soon(self._events.put_nowait, None)  # after what is on its way
        else:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _tell(self) -> None:
        while (event := await self._events.get()) is not None:
            said = self._said(event)
            if said:
                with suppress(Exception):  # the client went away, or wants no progress: the run goes on
                    await self._session.report_progress(self._progress(event), float(self.steps) or None, said)

    def _said(self, event: Event) -> str:
        if isinstance(event, StepStarted):
            return event.tool if event.attempt == 1 else f"{event.tool}, attempt {event.attempt}"
        if isinstance(event, StepProgress):
            return f"{event.step}: {event.message}"
        if isinstance(event, StepFinished):
            self._done.add(event.step)
            return f"{event.tool}: {event.status}"
        return ""

    def _progress(self, event: Event) -> float:
        part = 0.0
        if isinstance(event, StepProgress) and event.done is not None and event.total:
            part = 0.9 * min(1.0, event.done / event.total)
        self._last = max(len(self._done) + part, self._last + 0.001)
        return round(self._last, 3)
