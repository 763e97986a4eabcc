"""The synchronous face inside a running loop: one thread, interrupts, exits, forks, closing."""

import asyncio
import contextvars
import os
import signal
import sys
import threading

import pytest

from agent.errors import UsageError
from agent.loop import close_loop, loop_thread, sync


@pytest.fixture(autouse=True)
def _fresh():
    close_loop()
    yield
    close_loop()


async def where():
    await asyncio.sleep(0)
    return threading.current_thread()


def test_without_a_loop_the_work_runs_here():
    assert sync(where()) is threading.current_thread()


def test_every_call_inside_a_loop_shares_one_thread():
    async def cell():
        return [sync(where()) for _ in range(3)]

    first = asyncio.run(cell())
    assert {t.name for t in first} == {"kolony-loop"}
    assert set(first) == set(asyncio.run(cell()))


def test_faults_and_context_come_through():
    var = contextvars.ContextVar("var", default="unset")

    async def fails():
        raise ValueError(var.get())

    async def cell():
        var.set("carried")
        sync(fails())

    with pytest.raises(ValueError, match="carried"):
        asyncio.run(cell())


def test_a_call_from_inside_the_background_loop_is_refused_and_does_not_hang():
    async def inner():
        return sync(where())

    async def cell():
        return sync(inner())

    with pytest.raises(UsageError, match="own loop"):
        asyncio.run(cell())


def test_a_tool_that_exits_leaves_the_loop_to_others():
    async def leaves():
        sys.exit(3)

    thread = loop_thread()
    with pytest.raises(SystemExit):
        thread.run(leaves())
    assert thread.run(where()) is thread.thread


@pytest.mark.skipif(os.name == "nt", reason="signals to oneself are POSIX")
def test_an_interrupt_cancels_and_waits_until_the_work_has_put_away_what_it_had():
    put_away = []

    async def long():
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            put_away.append("saved")

    thread = loop_thread()
    # A suite that runs in the background is born with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            thread.run(long())
    finally:
        signal.signal(signal.SIGINT, before)
    assert put_away == ["saved"]
    assert thread.run(where()) is thread.thread


def test_closing_cancels_what_runs_and_the_next_call_starts_another():
    begun, ended = threading.Event(), threading.Event()

    async def long():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    old = loop_thread()

    def caller():
        with pytest.raises(asyncio.CancelledError):
            old.run(long())

    waiting = threading.Thread(target=caller)
    waiting.start()
    begun.wait()
    close_loop()
    waiting.join(10)
    assert ended.is_set()
    assert not waiting.is_alive()
    assert not old.thread.is_alive()
    assert loop_thread().run(where()) is not old.thread


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_starts_its_own_loop():
    loop_thread().run(where())
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        ok = loop_thread().run(where()).name == "kolony-loop"
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_many_threads_may_call_at_once():
    found = []

    def cell():
        async def inside():
            found.append(sync(where()))

        asyncio.run(inside())

    threads = [threading.Thread(target=cell) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1
