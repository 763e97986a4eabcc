"""Runs: what starts when, what survives a failure, and what a resume repeats."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toolbox import Number, execution, graph, sleeper, with_inputs

from agent import Artifact, KolonyError, ToolError, TransientError, tool
from agent.events import RunFinished, StepFinished, StepRetried
from agent.executor import resolve
from agent.plan import Plan, Step


def run(e: Any, **options: Any) -> None:
    asyncio.run(e.run(**options))


def test_tools_at_once_find_what_they_import_whole() -> None:
    """Without the first line of it, scikit-learn is found half made by one of the threads, most times."""
    code = """if True:
        import importlib, threading
        from agent.executor import import_shared
        import_shared()
        faults, at_once = [], threading.Barrier(3)
        def work(*modules):
            at_once.wait()
            for m in modules:
                try:
                    importlib.import_module(m)
                except ImportError as e:
                    faults.append(str(e))
        needs = [("sklearn.cluster", "sklearn.metrics"), ("sklearn.utils.extmath", "scipy.stats"), ("sklearn.feature_extraction.text",)]
        threads = [threading.Thread(target=work, args=n) for n in needs]
        [t.start() for t in threads], [t.join() for t in threads]
        assert not faults, faults
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_step_gets_what_its_needs_made(tmp_path: Path) -> None:
    plan, tools = graph({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}, {})
    e = execution(plan, tools, tmp_path)
    run(e)
    assert e.status == "done"
    assert {id: a.value for id, a in e.artifacts.items()} == {"a": 1, "b": 2, "c": 2, "d": 5}


def test_a_step_starts_when_its_own_inputs_exist_not_when_a_level_is_done(tmp_path: Path) -> None:
    # `quick_after` needs only `quick`; a superstep barrier would hold it until `slow` is done.
    log: list[str] = []
    plan, tools = graph({"slow": (), "quick": (), "quick_after": ("quick",)}, {"slow": 0.4, "quick": 0.01, "quick_after": 0.01}, log)
    run(execution(plan, tools, tmp_path))
    assert log == ["quick", "quick_after", "slow"]


def test_a_failed_step_skips_its_dependents_and_nothing_else(tmp_path: Path) -> None:
    plan, tools = graph({"a": (), "bad": (), "after_bad": ("bad",), "after_a": ("a",)}, {})

    async def fail(ctx: Any) -> Number:
        """Fail."""
        raise ToolError("No creators.", hint="Widen the request.")

    tools["bad"] = with_inputs(fail, "bad", {}, Number)
    events: list[Any] = []
    e = execution(plan, tools, tmp_path, events=events)
    run(e)
    assert {id: r.status for id, r in e.results.items()} == {"a": "done", "bad": "failed", "after_bad": "skipped", "after_a": "done"}
    assert (e.results["bad"].error, e.results["bad"].hint) == ("No creators.", "Widen the request.")
    assert "'bad'" in e.results["after_bad"].error
    assert [ev.status for ev in events if isinstance(ev, RunFinished)] == ["partial"]


def test_a_resume_runs_failed_and_skipped_steps_alone(tmp_path: Path) -> None:
    log: list[str] = []
    plan, tools = graph({"a": (), "b": ("a",), "c": ("b",), "d": ("a",)}, {}, log)
    whole = tools["b"]

    async def fail(ctx: Any, *, a: Number) -> Number:
        """Fail."""
        raise ToolError("Not today.")

    tools["b"] = with_inputs(fail, "b", {"a": Number}, Number)
    run(execution(plan, tools, tmp_path))
    assert sorted(log) == ["a", "d"]
    log.clear()
    tools["b"] = whole
    e = execution(plan, tools, tmp_path)
    run(e, resume=True)
    assert e.status == "done"
    assert log == ["b", "c"]
    assert e.artifacts["c"].value == 3


def test_resuming_a_finished_run_gives_its_artifacts_without_running_anything(tmp_path: Path) -> None:
    log: list[str] = []
    plan, tools = graph({"a": (), "b": ("a",)}, {}, log)
    run(execution(plan, tools, tmp_path))
    log.clear()
    e = execution(plan, tools, tmp_path)
    run(e, resume=True)
    assert (e.status, log, e.artifacts["b"].value) == ("done", [], 2)


def test_results_reach_the_right_step_after_a_resume_whatever_the_timing(tmp_path: Path) -> None:
    # LangGraph matches results by the order of calls; uneven times must not shift them.
    log: list[str] = []
    shape = {"a": (), "b": (), "c": ("a",), "d": ("b",), "e": ("c", "d")}
    plan, tools = graph(shape, {"a": 0.05, "b": 0.0, "c": 0.0, "d": 0.02}, log)
    expected = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 5}
    whole = tools["e"]

    async def fail(ctx: Any, *, c: Number, d: Number) -> Number:
        """Fail."""
        raise ToolError("Not today.")

    tools["e"] = with_inputs(fail, "e", {"c": Number, "d": Number}, Number)
    run(execution(plan, tools, tmp_path))
    tools["e"] = whole
    e = execution(plan, tools, tmp_path)
    run(e, resume=True)
    assert {id: a.value for id, a in e.artifacts.items()} == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_graph_with_any_failures_is_finished_by_a_resume_without_repeating(data: st.DataObject, tmp_path_factory: Any) -> None:
    n = data.draw(st.integers(1, 8))
    shape = {f"s{i}": tuple(f"s{j}" for j in sorted(data.draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else ())) for i in range(n)}
    failing = data.draw(st.sets(st.sampled_from(sorted(shape)), max_size=3))
    log: list[str] = []
    plan, tools = graph(shape, {}, log)
    broken = dict(tools)
    for id in failing:

        async def fail(ctx: Any, **_: Number) -> Number:
            """Fail."""
            raise ToolError("Not today.")

        broken[id] = with_inputs(fail, id, dict.fromkeys(shape[id], Number), Number)
    folder = tmp_path_factory.mktemp("run")
    first = execution(plan, broken, folder)
    run(first)
    e = execution(plan, tools, folder)
    run(e, resume=True)
    assert e.status == "done"
    assert sorted(log) == sorted(shape)
    values: dict[str, float] = {}
    for id, needs in shape.items():
        values[id] = 1 + sum(values[x] for x in needs)
    assert {id: a.value for id, a in e.artifacts.items()} == values


def test_transient_faults_are_retried_and_others_are_not(tmp_path: Path) -> None:
    calls = {"flaky": 0, "wrong": 0}

    async def flaky(ctx: Any) -> Number:
        """Fail twice."""
        calls["flaky"] += 1
        if calls["flaky"] < 3:
            raise TransientError("The server is busy.")
        return Number(value=7)

    async def wrong(ctx: Any) -> Number:
        """Fail for good."""
        calls["wrong"] += 1
        raise ValueError("no such thing")

    tools = {"flaky": with_inputs(flaky, "flaky", {}, Number), "wrong": with_inputs(wrong, "wrong", {}, Number)}
    events: list[Any] = []
    e = execution(Plan(steps=[Step(id=n, tool=n) for n in tools]), tools, tmp_path, events=events)
    run(e)
    assert calls == {"flaky": 3, "wrong": 1}
    assert (e.results["flaky"].status, e.results["flaky"].attempts) == ("done", 3)
    assert e.results["wrong"].error == "ValueError: no such thing"
    assert len([ev for ev in events if isinstance(ev, StepRetried)]) == 2


@pytest.mark.parametrize("thread", [False, True])
def test_a_step_that_takes_too_long_is_given_up(tmp_path: Path, thread: bool) -> None:
    tools = {"slow": sleeper("slow", 2.0, thread=thread)}
    e = execution(Plan(steps=[Step(id="slow", tool="slow")]), tools, tmp_path, step_timeout=0.05)
    began = time.perf_counter()
    run(e)
    assert time.perf_counter() - began < 1.5
    assert e.results["slow"].status == "failed"
    assert "0.05 s" in e.results["slow"].error


def test_a_tool_that_blocks_does_not_hold_the_others(tmp_path: Path) -> None:
    log: list[str] = []
    tools = {"blocking": sleeper("blocking", 0.3, log=log, thread=True), "quick": sleeper("quick", 0.01, log=log)}
    run(execution(Plan(steps=[Step(id=n, tool=n) for n in tools]), tools, tmp_path))
    assert log == ["quick", "blocking"]


def test_a_tool_that_gives_the_wrong_artifact_fails_alone(tmp_path: Path) -> None:
    async def liar(ctx: Any) -> Number:
        """Give something else."""
        return Artifact()  # type: ignore[return-value]

    e = execution(Plan(steps=[Step(id="liar", tool="liar")]), {"liar": with_inputs(liar, "liar", {}, Number)}, tmp_path)
    run(e)
    assert "Artifact instead of a Number" in e.results["liar"].error


@pytest.mark.parametrize("effect", ["spend", "publish", "contact"])
def test_a_step_with_an_effect_never_runs_without_a_person(tmp_path: Path, effect: Any) -> None:
    ran: list[str] = []

    @tool(effect=effect)
    async def send(ctx: Any) -> Number:
        """Send."""
        ran.append("sent")
        return Number()

    e = execution(Plan(steps=[Step(id="send", tool="send", approval=True)]), {"send": send}, tmp_path)
    run(e)
    assert ran == []
    assert e.results["send"].status == e.status == "waiting"


def test_a_stopped_run_keeps_what_is_finished(tmp_path: Path) -> None:
    log: list[str] = []
    plan, tools = graph({"quick": (), "slow": ("quick",)}, {"slow": 30}, log)

    async def stop_midway(e: Any) -> None:
        work = asyncio.ensure_future(e.run())
        while not e.artifacts:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    events: list[Any] = []
    e = execution(plan, tools, tmp_path, events=events)
    asyncio.run(stop_midway(e))
    assert {id: r.status for id, r in e.results.items()} == {"quick": "done", "slow": "interrupted"}
    assert events[-1].status == "interrupted"
    log.clear()
    tools["slow"] = sleeper("slow", 0, ("quick",), log)
    again = execution(plan, tools, tmp_path)
    run(again, resume=True)
    assert (again.status, log) == ("done", ["slow"])


def test_a_killed_process_is_resumed_by_another_without_repeating(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from toolbox import execution, graph
        plan, tools = graph({"a": (), "b": ("a",), "c": ("b",)}, {"c": 60})
        e = execution(plan, tools, Path(sys.argv[2]))
        async def main():
            work = asyncio.ensure_future(e.run())
            while "b" not in e.artifacts:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            print("ready", flush=True)
            await work
        asyncio.run(main())
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    log: list[str] = []
    plan, tools = graph({"a": (), "b": ("a",), "c": ("b",)}, {}, log)
    e = execution(plan, tools, tmp_path)
    run(e, resume=True)
    assert (e.status, log, e.artifacts["c"].value) == ("done", ["c"], 3)


def test_a_corrupt_checkpoint_file_is_told_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "checkpoints.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    before = (tmp_path / "checkpoints.sqlite").read_bytes()
    plan, tools = graph({"a": ()}, {})
    with pytest.raises(KolonyError, match="cannot be used"):
        run(execution(plan, tools, tmp_path))
    assert (tmp_path / "checkpoints.sqlite").read_bytes() == before


def test_a_path_that_leads_nowhere_fails_the_step_in_plain_words() -> None:
    class Names(Artifact):
        names: list[str] = []

    @tool
    def greet(ctx: Any, name: str) -> Number:
        """Greet."""
        return Number()

    step = Step(id="greet", tool="greet", args={"name": {"$ref": "people", "path": "names.0"}})
    assert resolve(step, greet, {"people": Names(names=["Lin"])}) == {"name": "Lin"}
    with pytest.raises(ToolError, match=r"nothing at 'names.0'"):
        resolve(step, greet, {"people": Names()})


def test_every_step_ends_in_exactly_one_finished_event(tmp_path: Path) -> None:
    plan, tools = graph({"a": (), "b": ("a",), "c": ("b",)}, {})

    async def fail(ctx: Any, *, a: Number) -> Number:
        """Fail."""
        raise ToolError("No.")

    tools["b"] = with_inputs(fail, "b", {"a": Number}, Number)
    events: list[Any] = []
    run(execution(plan, tools, tmp_path, events=events))
    assert sorted((ev.step, ev.status) for ev in events if isinstance(ev, StepFinished)) == [
        ("a", "done"),
        ("b", "failed"),
        ("c", "skipped"),
    ]
