"""Coroutines and async streams from plain code, also where a loop already runs (a notebook)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from plain code, also where a loop already runs (a notebook)."""
    box: list[T] = []
    fault: list[BaseException] = []

    def run() -> None:
        try:
            box.append(asyncio.run(work))
        except BaseException as e:
            fault.append(e)

    thread = threading.Thread(target=run, name="chat-openai")
    thread.start()
    thread.join()
    if fault:
        raise fault[0]
    return box[0]


def iterate_in_own_loop(make: Callable[[], AsyncIterator[T]], close: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[T]:
    """The same for a stream, read ahead (it is bounded) in a thread of its own. Left early, its connection is closed."""
    pieces: SimpleQueue[T | _End] = SimpleQueue()
    left = threading.Event()

    async def read() -> None:
        try:
            async for piece in make():
                pieces.put(piece)
                if left.is_set():
                    return
        finally:
            await close()

    def run() -> None:
        end = _End()
        try:
            asyncio.run(read())
        except BaseException as e:
            end.fault = e
        pieces.put(end)

    threading.Thread(target=run, name="chat-openai", daemon=True).start()
    try:
        while not isinstance(piece := pieces.get(), _End):
            yield piece
        if piece.fault:
            raise piece.fault
    finally:
        left.set()


@dataclass
class _End:
    fault: BaseException | None = None
