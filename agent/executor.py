"""Runs a checked plan: durably, and each step the moment its inputs exist.

Each step is one LangGraph task. Results of tasks are matched on resume by the order of the calls, so all are called
up front in the plan's order and wait inside for the steps they need.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.func import entrypoint, task
from langsmith import tracing_context
from pydantic import SecretStr

from .artifacts import Artifact, RunStatus, StepCost, StepResult, StepStatus
from .checkpoints import Saver, open_checkpoints
from .errors import ApprovalRequired, InDoubt, KolonyError, NotSent, Rejected, ToolError, TransientError
from .events import Event, RunFinished, RunStarted, StepFinished, StepRetried, StepStarted
from .plan import Plan, Step, as_ref
from .runs import PackedArtifact
from .tools import Tool

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from .approvals.gate import Gate
    from .context import Context
    from .host import Host

ATTEMPTS = 3
TRANSIENT = (TransientError, ConnectionError)
_IMPORTING = threading.Lock()
_HELD: dict[type[Exception], StepStatus] = {ApprovalRequired: "waiting", Rejected: "rejected", InDoubt: "in_doubt"}
_WHY_SKIPPED = {
    "waiting": "which waits for a person's approval", "rejected": "which a person refused", "in_doubt": "of which it is not known whether it went out",
}  # fmt: skip


class NeedFailed(Exception):
    """A step this one needs did not finish."""

    def __init__(self, need: str) -> None:
        super().__init__(need)
        self.need = need


class Incomplete(Exception):
    """Ends the entrypoint without finishing it, so that a resume runs the missing steps."""


@dataclass
class Execution:
    """One attempt to run a plan to its end. ``make_context`` gives each step its context.

    Without a ``gate`` no tool is called that spends, publishes or contacts.
    """

    run_id: str
    request: str
    plan: Plan
    inputs: Mapping[str, Artifact]
    tools: Mapping[str, Tool]
    types: Mapping[str, type[Artifact]]
    make_context: Callable[[Step, Tool], Context]
    cost_of: Callable[[str], StepCost]
    emit: Callable[[Event], None]
    checkpoints: Path | SecretStr
    host: Host | None = None
    gate: Gate | None = None
    step_timeout: float | None = None
    backoff: float = 0.5
    results: dict[str, StepResult] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)

    async def run(self, *, resume: bool = False) -> None:
        """Run or resume; afterwards ``results`` and ``artifacts`` hold what there is, also after a failure.

        Raises:
            CheckpointsUnusable: the file or database of checkpoints cannot be used.
            RunBusy: another process works on the run.
            asyncio.CancelledError: the caller was cancelled; finished steps are kept.
        """
        began = time.perf_counter()
        self.emit(RunStarted(run_id=self.run_id, at=_now(), request=self.request, steps=[s.id for s in self.plan.steps], resumed=resume))
        try:
            async with open_checkpoints(self.checkpoints, self.run_id) as saver:
                await self._flow(saver, resume)
        except Incomplete:
            pass
        except asyncio.CancelledError:
            self._mark_interrupted()
            self.emit(RunFinished(run_id=self.run_id, at=_now(), status="interrupted", seconds=time.perf_counter() - began))
            raise
        self.emit(RunFinished(run_id=self.run_id, at=_now(), status=self.status, seconds=time.perf_counter() - began))

    @property
    def status(self) -> RunStatus:
        """How the run stands. A run is done when every step is, except those that a person refused and what needs them."""
        status = {s.id: self.results[s.id].status if s.id in self.results else "interrupted" for s in self.plan.steps}
        if any(s in ("waiting", "in_doubt") for s in status.values()):
            return "waiting"
        refused: set[str] = set()
        for step in self.plan.steps:
            if status[step.id] == "rejected" or (status[step.id] == "skipped" and refused & set(self.plan.needs(step))):
                refused.add(step.id)
        if all(s == "done" or id in refused for id, s in status.items()):
            return "done"
        return "partial" if "done" in status.values() else "failed"

    async def _flow(self, saver: Saver, resume: bool) -> None:
        loop = asyncio.get_running_loop()
        gates: dict[str, asyncio.Future[Artifact]] = {}

        @task
        async def run_step(id: str) -> dict[str, Any]:
            return await self._step(self.plan.step(id), gates)

        async def relay(id: str, call: Any) -> dict[str, Any] | None:
            """Hand a step's result, fresh or from the checkpoint, to the steps that wait for it."""
            try:
                stored: dict[str, Any] = await call
                gates[id].set_result(self._keep(id, stored))
            except BaseException as e:
                gates[id].set_exception(NeedFailed(id))
                gates[id].exception()  # a gate nobody waits for is no error
                if not isinstance(e, Exception):
                    raise
                return None
            return stored

        @entrypoint(checkpointer=saver)
        async def flow(_: Any) -> dict[str, Any]:
            gates.update({s.id: loop.create_future() for s in self.plan.steps})
            ids = [s.id for s in self.plan.steps]
            stored = await asyncio.gather(*[relay(id, run_step(id)) for id in ids])
            kept = {id: s for id, s in zip(ids, stored, strict=True) if s is not None}
            if len(kept) < len(ids):
                raise Incomplete
            return kept

        config: RunnableConfig = {"configurable": {"thread_id": self.run_id}}
        started = resume and await saver.aget_tuple(config) is not None
        with tracing_context(enabled=False):  # what steps exchange is the user's; a tracing variable must not send it away
            kept = await flow.ainvoke(None if started else {"run": self.run_id}, config, durability="sync")
        for id, stored in (kept or {}).items():  # a run that had finished is not run again: it gives what it kept
            if id not in self.artifacts:
                self._keep(id, stored)

    def _keep(self, id: str, stored: dict[str, Any]) -> Artifact:
        artifact = PackedArtifact.model_validate(stored["artifact"]).unpack(self.types)
        result = StepResult.model_validate(stored["result"])
        if id not in self.results:
            self._finished(result, "kept from before")
        self.results[id], self.artifacts[id] = result, artifact
        return artifact

    async def _step(self, step: Step, gates: Mapping[str, asyncio.Future[Artifact]]) -> dict[str, Any]:
        t = self.tools[step.tool]
        result = StepResult(id=step.id, tool=t.name, produces=t.output.__name__, status="interrupted")
        try:
            made = {need: await asyncio.shield(gates[need]) for need in self.plan.needs(step)}
        except NeedFailed as e:
            why = _WHY_SKIPPED.get(self.results[e.need].status, "which did not finish")
            result.status, result.error = "skipped", f"It needs {e.need!r}, {why}."
            self.results[step.id] = result
            self._finished(result)
            raise
        result.started = _now()
        self.results[step.id] = result
        began = time.perf_counter()
        try:
            artifact = await self._attempts(step, t, {**self.inputs, **made}, result)
        except Exception as e:
            result.status = _HELD.get(type(e), "failed") if t.gated else "failed"
            result.error, result.hint = describe(e)
            raise
        else:
            result.status = "done"
        finally:
            if isinstance(sys.exception(), asyncio.CancelledError) and self._may_have_gone_out(step, t):
                result.status, result.error = "in_doubt", "The run was stopped while it was being sent."
            result.seconds = round(time.perf_counter() - began, 4)
            result.cost = self.cost_of(step.id)
            if result.status != "interrupted":
                self._finished(result)
        return {"artifact": PackedArtifact.pack(artifact).model_dump(), "result": result.model_dump(mode="json")}

    async def _attempts(self, step: Step, t: Tool, available: Mapping[str, Artifact], result: StepResult) -> Artifact:
        timeout = self.step_timeout or t.timeout
        for attempt in range(1, ATTEMPTS + 1):
            result.attempts = attempt
            self.emit(StepStarted(run_id=self.run_id, at=_now(), step=step.id, tool=t.name, attempt=attempt))
            try:
                async with asyncio.timeout(timeout):
                    return await self._call(step, t, available)
            except TimeoutError as e:
                if self._may_have_gone_out(step, t):
                    raise InDoubt(
                        f"{t.name} did not finish within {timeout:g} s, and it is not known whether it went out.",
                        hint=f"Look at the receiving end, then `kolony resolve {self.run_id} {step.id} --sent` or `--not-sent`.",
                    ) from e
                raise ToolError(f"{t.name} did not finish within {timeout:g} s.", hint="Raise `step_timeout`, or ask for less.") from e
            except Exception as e:
                # Of a tool with an effect only its own word that nothing went out allows another try.
                again = isinstance(e, NotSent) and e.retry if t.gated else isinstance(e, TRANSIENT)
                if not again or attempt == ATTEMPTS:
                    raise
                wait = self.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
                message, _ = describe(e)
                self.emit(StepRetried(run_id=self.run_id, at=_now(), step=step.id, attempt=attempt, wait=wait, error=message))
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _call(self, step: Step, t: Tool, available: Mapping[str, Artifact]) -> Artifact:
        ctx = self.make_context(step, t)
        arguments = resolve(step, t, available)
        if self.host is not None:
            self.host.manager.hook.before_step(ctx=ctx, step=step)

        async def call(arguments: Mapping[str, Any], idempotency_key: str = "") -> Any:
            if idempotency_key:
                ctx.idempotency_key = idempotency_key
            return await t.function(ctx, **arguments) if t.is_async else await in_thread(t.function, ctx, **arguments)

        if not t.gated:
            artifact = await call(arguments)
        elif self.gate is not None:
            artifact = await self.gate.act(step, t, arguments, call)
        else:
            raise ApprovalRequired(f"{t.name} would {t.effect}; no person has approved it.", hint="Nothing was sent or spent.")
        if not isinstance(artifact, t.output):
            raise ToolError(
                f"{t.name} gave a {type(artifact).__name__} instead of a {t.output.__name__}.",
                hint=f"Report it to the plugin {t.plugin!r}.",
            )
        if self.host is not None:
            self.host.manager.hook.after_step(ctx=ctx, step=step, artifact=artifact)
        return artifact

    def _may_have_gone_out(self, step: Step, t: Tool) -> bool:
        try:
            return t.gated and self.gate is not None and self.gate.in_doubt(step.id)
        except (KolonyError, OSError):  # a record that cannot be read clears nobody
            return True

    def _finished(self, result: StepResult, summary: str = "") -> None:
        self.emit(
            StepFinished(
                run_id=self.run_id,
                at=_now(),
                step=result.id,
                tool=result.tool,
                status=result.status,
                seconds=result.seconds,
                summary=summary,
                error=result.error,
                hint=result.hint,
                cost=result.cost,
            )
        )

    def _mark_interrupted(self) -> None:
        for s in self.plan.steps:
            if s.id not in self.results:
                t = self.tools[s.tool]
                self.results[s.id] = StepResult(id=s.id, tool=t.name, produces=t.output.__name__, status="interrupted")
            if self.results[s.id].status == "interrupted":
                self.results[s.id].error = "The run was stopped before this step finished."


def resolve(step: Step, t: Tool, available: Mapping[str, Artifact]) -> dict[str, Any]:
    """The arguments of a call: references replaced by what they point to, the rest validated by the tool's types.

    Raises:
        ToolError: a path leads to nothing in the artifact at hand (``picks.0`` of an empty slate).
    """
    artifacts: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for name, value in step.args.items():
        ref = as_ref(value)
        if ref is None:
            plain[name] = value
            continue
        found: Any = available[ref.ref]
        for part in ref.path.split(".") if ref.path else ():
            try:
                found = (
                    found[int(part)]
                    if isinstance(found, (list, tuple))
                    else found[part]
                    if isinstance(found, dict)
                    else getattr(found, part)
                )
            except (LookupError, AttributeError, ValueError) as e:
                raise ToolError(f"{ref.ref} has nothing at {ref.path!r}.", hint=f"{step.id} needs it; see what {ref.ref} gave.") from e
        (artifacts if t.input(name) else plain)[name] = found
    validated = t.params_model.model_validate(plain)
    return {**artifacts, **{name: getattr(validated, name) for name in t.params_model.model_fields}}


def describe(e: BaseException) -> tuple[str, str]:
    """``(what was wrong, what to do)`` of an exception, for people."""
    message, hint = getattr(e, "message", None), getattr(e, "hint", "")
    if isinstance(message, str) and isinstance(hint, str):
        return message, hint
    text = str(e).strip().splitlines()[0] if str(e).strip() else ""
    return (f"{type(e).__name__}: {text}" if text else type(e).__name__), ""


def import_shared() -> None:
    """Import what several tools import when they are first called.

    The modules of scikit-learn import one another in a circle: two threads that come to them at once may each find one half made.
    """
    with _IMPORTING:
        for module in ("scipy.optimize", "scipy.stats", "sklearn.cluster", "sklearn.feature_extraction.text", "sklearn.linear_model"):
            with suppress(ImportError):  # the tool that needs it says so
                importlib.import_module(module)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Like ``asyncio.to_thread``, in a daemon thread: a stopped run does not wait for a tool that cannot be stopped."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_exception(error) if error is not None else future.set_result(value)

    def work() -> None:
        value: Any = None
        error: BaseException | None = None
        try:
            value = context.run(function, *args, **kwargs)
        except StopIteration as e:  # a future refuses it
            error = RuntimeError(f"StopIteration: {e}")
        except BaseException as e:
            error = e
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, daemon=True, name=f"tool-{getattr(function, '__name__', 'call')}").start()
    return await future


def _now() -> datetime:
    return datetime.now(UTC)
