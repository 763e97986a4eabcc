"""The synchronous face of what is async: ``sync(work)``, also where a loop is already running (a notebook's cell)."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from .errors import UsageError

T = TypeVar("T")

WAKE = 0.5  # seconds; on Windows a wait without a limit hears no Ctrl-C


class LoopThread:
    """An event loop that turns in a thread of its own until it is closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._closing = False
        self.thread = threading.Thread(target=self._turn, name="kolony-loop", daemon=True)
        self.thread.start()

    def _turn(self) -> None:
        while not self._closing:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):  # a tool's own exit ends its work, and must not end everybody's loop
                continue
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the loop and wait for it.

        An interrupt cancels the work, waits until it has put away what it had, and is raised then; a second one does not wait.

        Raises:
            UsageError: called from inside the loop, which would wait for itself.
        """
        if threading.current_thread() is self.thread:
            work.close()
            raise UsageError("A synchronous call was made from inside Kolony's own loop.", hint="Await the async one: `await k.arun(…)`.")
        ended = threading.Event()
        tasks: list[asyncio.Task[T]] = []

        def start() -> None:
            tasks.append(self.loop.create_task(work))
            tasks[0].add_done_callback(lambda _: ended.set())

        self.loop.call_soon_threadsafe(start)
        try:
            while not ended.wait(WAKE):
                pass
        except KeyboardInterrupt:
            self.loop.call_soon_threadsafe(lambda: tasks[0].cancel())
            while not ended.wait(WAKE):
                pass
            raise
        return tasks[0].result()

    def close(self) -> None:
        """Cancel what still runs, let it put away what it had, and end the thread. Closing twice does nothing more."""
        if self._closing or not self.thread.is_alive():
            return

        async def wind_down() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self.loop.shutdown_asyncgens()

        self.run(wind_down())
        self._closing = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


_lock = threading.Lock()
_shared: LoopThread | None = None


def loop_thread() -> LoopThread:
    """The one background loop of this process, started when first needed."""
    global _shared
    with _lock:
        if _shared is None or not _shared.thread.is_alive():
            _shared = LoopThread()
        return _shared


def close_loop() -> None:
    """End the background loop, if there is one; the next call starts another."""
    global _shared
    with _lock:
        gone, _shared = _shared, None
    if gone is not None:
        gone.close()


def _forget() -> None:
    """A forked child has its parent's loop but not the thread that turned it."""
    global _lock, _shared
    _lock, _shared = threading.Lock(), None


atexit.register(close_loop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def sync(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end: in a loop of its own, or in the background loop where this thread has one running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return loop_thread().run(work)
