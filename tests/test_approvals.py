"""Nothing that spends, publishes or contacts happens without a person's word on exactly that, and nothing happens twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from gated_world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import Artifact, Context, NotSent, tool
from agent.approvals.content import Content, content_of
from agent.errors import ApprovalRequired, ApprovalsDamaged, KolonyError, RunBusy, UsageError
from agent.events import ApprovalDecided, ApprovalRequested
from agent.runs import RunFolder

SHAPE = {"text": (), "publish": ("text",), "after": ("publish",), "aside": ()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "run", SHAPE, {"publish"})


# --- the plain way


def test_a_run_stops_at_the_gate_and_finishes_the_rest(world: World) -> None:
    e = world.run()
    assert world.statuses(e) == {"text": "done", "aside": "done", "publish": "waiting", "after": "skipped"}
    assert e.status == "waiting"
    assert "waits for a person" in e.results["after"].error
    assert world.sent == []
    (asked,) = [x for x in world.events if isinstance(x, ApprovalRequested)]
    (waiting,) = world.desk().approvals()
    assert (asked.step, asked.content, asked.expires) == ("publish", waiting.content, waiting.expires)
    assert waiting.arguments["text"]["value"] == 1.0


def test_an_approval_lets_exactly_that_out_once(world: World) -> None:
    world.run()
    (approved,) = world.desk().approve(by="Lin Wei")
    assert [d.kind for d in approved.trail] == ["requested", "approved"]
    assert approved.trail[-1].by == "Lin Wei"
    e = world.run(resume=True)
    assert e.status == "done"
    assert world.sent == [("publish", 1.0, approved.idempotency_key)]
    world.run(resume=True)
    assert len(world.sent) == 1
    assert [x.by for x in world.events if isinstance(x, ApprovalDecided)] == ["Lin Wei"]


def test_resuming_without_an_answer_asks_once_and_sends_nothing(world: World) -> None:
    for again in range(3):
        assert world.run(resume=bool(again)).status == "waiting"
    assert len(world.book().entries()) == 1
    assert world.sent == []


def test_a_rejected_step_is_left_out_with_what_needs_it(world: World) -> None:
    world.run()
    world.desk().reject(["publish"], by="Ana", why="wrong brand")
    e = world.run(resume=True)
    assert world.statuses(e) == {"text": "done", "aside": "done", "publish": "rejected", "after": "skipped"}
    assert e.status == "done"
    assert "Ana refused it: wrong brand" in e.results["publish"].error
    assert world.sent == []


def test_an_edit_replaces_what_is_sent_and_the_first_content_is_void(world: World) -> None:
    world.run()
    (before,) = world.desk().approve(["publish"], by="first")
    (after,) = world.desk().approve(["publish"], by="second", edit={"text": {"value": 42.0, "evidence": [], "notes": []}})
    assert after.content != before.content
    assert after.idempotency_key != before.idempotency_key
    assert [d.kind for d in after.trail] == ["requested", "approved", "edited", "approved"]
    world.run(resume=True)
    assert world.sent == [("publish", 42.0, after.idempotency_key)]


def test_an_edit_that_the_tool_does_not_take_changes_nothing(world: World) -> None:
    world.run()
    for bad in ({"text": {"value": "many"}}, {"other": 1}, {"text": None}):
        with pytest.raises(UsageError):
            world.desk().approve(["publish"], edit=bad)
    assert [x.kind for x in world.book().entries()] == ["requested"]


def test_an_approval_does_not_hold_for_other_content(world: World) -> None:
    world.run()
    world.desk().approve()
    world.settings.tools["publish"] = {"url": "https://elsewhere.example"}
    assert world.run(resume=True).results["publish"].status == "waiting"
    assert world.sent == []
    assert [x.kind for x in world.book().entries()] == ["requested", "approved", "requested"]
    assert "changed" in world.book().entries()[-1].why


def test_an_approval_of_what_was_looked_at_only(world: World) -> None:
    world.run()
    with pytest.raises(UsageError, match="something else"):
        world.desk().approve(["publish"], content="0" * 64)
    (waiting,) = world.desk().approvals()
    with pytest.raises(UsageError):
        world.desk().approve(["publish"], content=waiting.content[:8])  # too short to tell contents apart
    assert world.desk().approve(["publish"], content=waiting.short)[0].state == "approved"


def test_requests_and_approvals_expire(world: World) -> None:
    world.run()
    world.pass_days(7)
    assert world.desk().approvals()[0].state == "expired"
    with pytest.raises(UsageError, match="expired"):
        world.desk().approve(["publish"])
    world.run(resume=True)  # asks anew
    world.desk().approve()
    world.pass_days(6.9)
    assert world.desk().approvals()[0].state == "approved"
    world.pass_days(0.2)
    assert world.run(resume=True).status == "waiting"
    assert world.sent == []


def test_several_requests_of_one_run_are_shown_together(tmp_path: Path) -> None:
    world = World(tmp_path / "run", {"a": (), "b": (), "c": ("a",)}, {"a", "b"})
    assert world.run().status == "waiting"
    assert [a.step for a in world.desk().approvals()] == ["a", "b"]
    world.desk().approve(["a"])
    world.desk().reject(["b"])
    e = world.run(resume=True)
    assert world.statuses(e) == {"a": "done", "b": "rejected", "c": "done"}
    assert [step for step, _, _ in world.sent] == ["a"]


def test_who_decided_is_the_user_of_the_computer_unless_a_name_is_given(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody")
    world.run()
    (a,) = world.desk().approve(by="  ")
    assert a.trail[-1].by == "somebody"
    (a,) = world.desk().reject(["publish"], by="林\n薇")
    assert a.trail[-1].by == "林 薇"


def test_a_tool_with_an_effect_cannot_be_called_by_another_tool(world: World) -> None:
    with pytest.raises(ApprovalRequired):
        world.tools["publish"](None)


def test_the_plan_has_no_say(world: World) -> None:
    for step in world.plan.steps:
        step.approval = False
    assert world.run().status == "waiting"
    assert world.sent == []


# --- in doubt


def test_a_call_that_breaks_is_in_doubt_and_is_never_repeated_by_itself(world: World) -> None:
    world.run()
    (asked,) = world.desk().approve()

    def breaks(step: str) -> None:
        world.sent.append((step, -1.0, "maybe"))
        raise ConnectionResetError("the line went dead")

    world.on_send = breaks
    e = world.run(resume=True)
    assert e.results["publish"].status == "in_doubt"
    assert e.results["publish"].attempts == 1
    assert "--not-sent" in e.results["publish"].hint
    world.on_send = lambda step: None
    for _ in range(2):
        assert world.run(resume=True).status == "waiting"
    assert world.sent == [("publish", -1.0, "maybe")]
    with pytest.raises(UsageError, match="may have gone out"):
        world.desk().approve(["publish"])
    with pytest.raises(UsageError, match="may have gone out"):
        world.desk().reject(["publish"])
    world.desk().resolve("publish", sent=False, by="Lin")
    assert world.run(resume=True).status == "done"
    assert world.sent[1:] == [("publish", 1.0, asked.idempotency_key)]


def test_what_a_person_found_to_have_gone_out_is_not_sent(world: World) -> None:
    world.run()
    world.desk().approve()

    def breaks(step: str) -> None:
        raise TimeoutError

    world.on_send = breaks
    world.run(resume=True)
    world.desk().resolve("publish", sent=True, by="Lin")
    world.on_send = lambda step: None
    e = world.run(resume=True)
    assert e.status == "done"
    assert world.sent == []
    assert "Lin said that this went out" in e.artifacts["publish"].notes[0]
    with pytest.raises(UsageError, match="not in doubt"):
        world.desk().resolve("publish", sent=False)


@pytest.mark.parametrize(("retry", "attempts"), [(True, 3), (False, 1)])
def test_what_certainly_was_not_sent_keeps_its_approval(world: World, retry: bool, attempts: int) -> None:
    world.run()
    world.desk().approve()

    def refused(step: str) -> None:
        raise NotSent("Connection refused.", retry=retry)

    world.on_send = refused
    e = world.run(resume=True)
    assert (e.results["publish"].status, e.results["publish"].attempts, e.status) == ("failed", attempts, "partial")
    world.on_send = lambda step: None
    assert world.run(resume=True).status == "done"
    assert len(world.sent) == 1


def test_a_step_that_takes_too_long_is_in_doubt(world: World) -> None:
    import asyncio

    async def slow(ctx: Any, **given: Any) -> Any:
        await asyncio.sleep(30)

    world.run()
    world.desk().approve()
    object.__setattr__(world.tools["publish"], "function", slow)
    e = world.run(resume=True, step_timeout=0.05)
    assert e.results["publish"].status == "in_doubt"
    assert world.desk().approvals()[0].state == "in_doubt"


def test_a_sent_result_that_was_not_checkpointed_is_given_again_without_sending(world: World) -> None:
    world.run()
    world.desk().approve()
    world.run(resume=True)
    for file in world.folder.glob("checkpoints*"):
        file.unlink()
    e = world.run()
    assert e.artifacts["publish"].value == 1.0
    assert len(world.sent) == 1


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from gated_world import World
    world = World(Path(sys.argv[2]), {"text": (), "publish": ("text",)}, {"publish"})
    world.run()
    world.desk().approve()
    def die(step):
        (world.folder / "went_out").write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)
    world.on_send = die
    world.run(resume=True)
    """
)


def test_a_process_killed_while_sending_leaves_the_step_in_doubt(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path / "run")], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "run" / "went_out").exists()
    world = World(tmp_path / "run", {"text": (), "publish": ("text",)}, {"publish"})
    e = world.run(resume=True)
    assert (e.status, e.results["publish"].status, world.sent) == ("waiting", "in_doubt", [])


# --- the record


def _both(folder: str, queue: Any) -> None:
    world = World(Path(folder), {"publish": ()}, {"publish"})
    world.folder.joinpath(f"ready-{os.getpid()}").touch()
    while len(list(world.folder.glob("ready-*"))) < 2:
        pass
    # Two checkpoints, so that nothing but the record of approvals stands between the two.
    e = _execution(world)
    queue.put((len(world.sent), e.results["publish"].status))


def _execution(world: World) -> Any:
    import asyncio
    from types import SimpleNamespace

    from toolbox import execution

    from agent.approvals.gate import Gate

    own = world.folder / f"own-{os.getpid()}"
    e = execution(world.plan, world.tools, own, gate=Gate(world.book(), world.types, world.settings))
    e.make_context = lambda step, t: SimpleNamespace(idempotency_key="")  # type: ignore[assignment,return-value]
    asyncio.run(e.run())
    return e


def test_two_processes_at_once_send_once(tmp_path: Path) -> None:
    world = World(tmp_path / "run", {"publish": ()}, {"publish"})
    world.run()
    world.desk().approve()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    both = [context.Process(target=_both, args=(str(world.folder), queue)) for _ in range(2)]
    for p in both:
        p.start()
    found = sorted(queue.get(timeout=60) for _ in both)
    for p in both:
        p.join()
    assert sum(n for n, _ in found) == 1, found
    assert world.desk().approvals()[0].state == "sent"


def test_a_run_is_worked_on_by_one_at_a_time(tmp_path: Path) -> None:
    with RunFolder(tmp_path).working(), pytest.raises(RunBusy, match="Another process"), RunFolder(tmp_path).working():
        pass
    with RunFolder(tmp_path).working():
        pass


@pytest.mark.parametrize("how", ["changed", "dropped", "cut", "content", "gone", "reordered", "forged"])
def test_a_record_that_was_tampered_with_stops_everything(world: World, how: str) -> None:
    world.run()
    world.desk().approve()
    path = world.folder / "approvals.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    (content,) = (world.folder / "approvals").iterdir()
    if how == "changed":
        path.write_text(lines[0] + lines[1].replace('"kind":"approved"', '"kind":"rejected"'))
    elif how == "dropped":
        path.write_text(lines[1])
    elif how == "cut":
        path.write_text(lines[0])
    elif how == "content":
        content.write_text(content.read_text().replace("1.0", "9.0"))
    elif how == "gone":
        content.unlink()
    elif how == "reordered":
        path.write_text(lines[1] + lines[0])
    else:
        entry = world.book().entries()[-1]
        forged = entry.model_copy(update={"n": 3, "content": "0" * 64, "previous": entry.hash}).sealed()
        path.write_text("".join(lines) + forged.model_dump_json() + "\n")
    e = world.run(resume=True)
    assert world.sent == []
    assert e.results["publish"].status == "failed"
    assert "does not hold" in e.results["publish"].error
    with pytest.raises(ApprovalsDamaged):
        world.desk().approvals()


def test_a_line_that_a_crash_cut_off_is_passed_over(world: World) -> None:
    world.run()
    with (world.folder / "approvals.jsonl").open("a") as f:
        f.write('{"n":2,"kind":"approv')
    assert world.run(resume=True).status == "waiting"
    world.desk().approve()
    assert world.run(resume=True).status == "done"
    assert len(world.sent) == 1


def test_equal_content_has_an_equal_hash_whatever_the_order(world: World) -> None:
    from toolbox import Number

    t = world.tools["publish"]
    a = content_of("r", "s", t, {"text": Number(value=1)}, {"x": 1, "y": 2}, world.types)
    b = content_of("r", "s", t, {"text": Number(value=1)}, {"y": 2, "x": 1}, world.types)
    assert a.hash == b.hash
    for run, step, value, own in (("q", "s", 1, {}), ("r", "t", 1, {}), ("r", "s", 2, {}), ("r", "s", 1, {"x": 2})):
        assert content_of(run, step, t, {"text": Number(value=value)}, own or {"x": 1, "y": 2}, world.types).hash != a.hash
    with pytest.raises(KolonyError, match="cannot be written down"):
        content_of("r", "s", t, {"text": Number(value=float("nan"))}, {}, world.types)


# --- whatever happens

ACTIONS = (
    "resume",
    "approve",
    "approve_one",
    "reject",
    "edit",
    "days",
    "tamper",
    "settings",
    "break",
    "mend",
    "resolve_sent",
    "resolve_not",
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_goes_out_but_what_a_person_approved_and_nothing_twice(data: st.DataObject, tmp_path_factory: Any) -> None:
    """Random plans with random effects, under random decisions, edits, expiries, faults and tampering.

    What is allowed is kept beside the program, by the test alone: contents that a person approved and that nothing has voided.
    """
    n = data.draw(st.integers(1, 5))
    shape = {f"s{i}": tuple(f"s{j}" for j in sorted(data.draw(st.sets(st.integers(0, i - 1), max_size=2)) if i else ())) for i in range(n)}
    gated = data.draw(st.sets(st.sampled_from(sorted(shape)), min_size=1))
    world = World(tmp_path_factory.mktemp("run"), shape, gated, data.draw(st.sampled_from(["spend", "publish", "contact"])))
    for step in world.plan.steps:
        step.approval = data.draw(st.booleans())  # what a plan says of it must not matter
    allowed: dict[str, tuple[str, Any]] = {}  # step -> (idempotency key, when approved)
    said_not_sent: set[str] = set()
    reached: list[str] = []
    broken: set[str] = set()
    tampered: set[str] = set()  # steps whose record or approved content no longer holds
    changes = 0
    wrong: list[str] = []  # a tool's exception would only put the step in doubt, so faults are kept and told at the end

    def send(step: str) -> None:
        if step in tampered:
            wrong.append("sent from a record that was tampered with")
        if step not in allowed or allowed[step][0] != world.key:
            wrong.append(f"{step} went out and nobody had approved that content")
        elif (world.settings.clock() - allowed[step][1]).total_seconds() >= 7 * 86_400:
            wrong.append(f"{step} went out after its approval had expired")
        if step in reached and step not in said_not_sent:
            wrong.append(f"{step} went out twice")
        said_not_sent.discard(step)
        reached.append(step)
        if step in broken:
            raise OSError("broken off")

    world.on_send = send
    world.run()
    for _ in range(data.draw(st.integers(1, 10))):
        action = data.draw(st.sampled_from(ACTIONS))
        try:
            before = {a.step: a for a in world.desk().approvals()}
            pending = [s for s, a in before.items() if a.state in ("pending", "approved", "rejected")]
            if action == "resume":
                world.run(resume=True)
            elif action == "approve":
                for a in world.desk().approve():
                    allowed[a.step] = (a.idempotency_key, world.settings.clock())
            elif action == "approve_one" and pending:
                (a,) = world.desk().approve([data.draw(st.sampled_from(pending))])
                allowed[a.step] = (a.idempotency_key, world.settings.clock())
            elif action == "reject" and pending:
                for a in world.desk().reject([data.draw(st.sampled_from(pending))]):
                    allowed.pop(a.step, None)
            elif action == "edit" and pending:
                step = data.draw(st.sampled_from(pending))
                edit = {k: {"value": data.draw(st.integers(0, 9)) + 0.5} for k in before[step].arguments}
                (a,) = world.desk().approve([step], edit=edit)
                allowed[a.step] = (a.idempotency_key, world.settings.clock())
            elif action == "days":
                world.pass_days(data.draw(st.sampled_from([0.5, 3, 8])))
            elif action == "settings":
                step = data.draw(st.sampled_from(sorted(gated)))
                changes += 1
                world.settings.tools[step] = {"to": changes}
                allowed.pop(step, None)
            elif action == "tamper":
                files = [*sorted((world.folder / "approvals").glob("*.json"))] if (world.folder / "approvals").is_dir() else []
                target = data.draw(st.sampled_from([world.folder / "approvals.jsonl", *files])) if files else None
                if target is not None and target.is_file():
                    text = target.read_bytes()
                    at = data.draw(st.integers(0, max(0, len(text) - 2)))
                    new = bytes([text[at] ^ 1])
                    target.write_bytes(text[:at] + new + text[at + 1 :])
                    chain = target.name == "approvals.jsonl"
                    tampered = set(gated) if chain else {a.step for a in before.values() if a.content == target.stem}
            elif action == "break":
                broken = set(data.draw(st.sets(st.sampled_from(sorted(gated)))))
            elif action == "mend":
                broken = set()
            elif action.startswith("resolve"):
                doubtful = [s for s, a in before.items() if a.state == "in_doubt"]
                if doubtful:
                    step = data.draw(st.sampled_from(doubtful))
                    world.desk().resolve(step, sent=action == "resolve_sent")
                    if action == "resolve_not":
                        said_not_sent.add(step)
        except (UsageError, ApprovalsDamaged):
            pass  # refused in words; what went out is what counts
        if tampered:
            break
    world.run(resume=True)
    assert wrong == []
    assert {step for step, _, _ in world.sent} <= gated


class Sheet(Artifact):
    """Figures by name."""

    cells: dict[str, int]


@tool(effect="contact")
def send_sheet(ctx: Context, sheet: Sheet, extra: dict[str, int]) -> Sheet:
    """Sends a sheet."""
    return sheet


def test_the_order_of_a_mapping_is_no_other_content() -> None:
    def content(*names: str) -> Content:
        cells = dict.fromkeys(names, 1)
        return content_of("run", "step", send_sheet, {"sheet": Sheet(cells=cells), "extra": cells}, {}, {"Sheet": Sheet})

    assert content("b", "a").hash == content("a", "b").hash
    assert content("a", "c").hash != content("a", "b").hash
