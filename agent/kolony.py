"""The whole way in one object: ``Kolony().run("find 8 micro creators …")``."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .artifacts import Artifact, Brief, DraftSet, RunStatus
from .brief import read_brief
from .campaign import Campaign, assemble
from .checker import check_plan
from .errors import ApprovalsDamaged, KolonyError, PlanError, SettingsError, UsageError
from .events import Event
from .host import Host
from .loop import sync as sync  # also found here
from .plan import Estimate, Plan, Problem, Step
from .planned import Planned
from .planner import compile_plan, estimate
from .runs import PackedArtifact, RunFolder, RunRecord, Runs
from .settings import Settings, load
from .tools import Tool

if TYPE_CHECKING:
    from vectorstore import Store

    from .approvals import Approval
    from .approvals.desk import Desk
    from .context import Context
    from .models import Router


class Kolony:
    """One project: its settings, plugins, store and runs.

    Args:
        settings: default: ``kolony.toml`` and ``KOLONY_*`` of the working folder.
        host: loaded plugins; default: those installed.
        on_event: called with every event of every run.
    """

    def __init__(
        self, settings: Settings | None = None, *, host: Host | None = None, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.settings = settings or load()
        self.host = host or Host(self.settings.plugins)
        if self.settings.mcp and host is None:
            from .mcp.remote import add_servers

            add_servers(self.host, self.settings)
        self.on_event = on_event
        self.runs = Runs(self.settings.home)

    # --- planning

    def plan(self, request: str) -> Planned:
        """Read the request and compile its plan. Never raises for what the request says: see ``Planned.problems``."""
        return sync(self.aplan(request))

    async def aplan(self, request: str) -> Planned:
        brief, carried = read_brief(request, now=self.settings.clock(), asks=self.host.asks())
        if self.settings.models and request.strip():
            brief = await self._fill(brief)
        return self.compile(request, brief, carried)

    def compile(self, request: str, brief: Brief, carried: Mapping[str, Artifact] | None = None) -> Planned:
        """Compile and check the plan of a brief that may have been edited by hand."""
        inputs: dict[str, Artifact] = {"brief": brief, **(carried or {})}
        problems = [Problem(where="brief", message=p, severity="warning") for p in brief.problems]
        plan, cost = Plan(), Estimate()
        try:
            plan = compile_plan(brief, self.host.tools, inputs)
        except PlanError as e:
            problems.append(Problem(where="brief.deliverables", message=e.message, mend=e.hint))
        else:
            drafts = (brief.creator_count or 1) * (brief.posts_per_creator or 1) * (brief.variants or 1) * max(1, len(brief.forms))
            price = max((getattr(m, "usd_per_mtok_out", 0.0) for m in self.settings.models), default=0.0)
            cost = estimate(plan, self.host.tools, drafts=drafts, usd_per_mtok=price)
            problems += check_plan(plan, self.host.tools, inputs, estimate=cost, max_usd=self.settings.max_usd)
        return Planned(request, brief, inputs, plan, estimate=cost, problems=problems)

    async def _fill(self, brief: Brief) -> Brief:
        """Let a configured model fill what the rules left open; without an answer the rules stand."""
        from .brief import fill_with_model
        from .models import Ledger

        models = self.router.bind("plan", "brief", "any", Ledger(self.settings.max_usd), "read_brief")
        try:
            return await fill_with_model(brief, models)
        except KolonyError as e:
            said = f"没有模型补充阅读这份需求：{e}" if brief.language == "zh" else f"No model read the request: {e}"
            return brief.model_copy(update={"notes": [*brief.notes, said]})

    # --- running

    def run(self, request: str) -> Campaign:
        """Plan and run a request to its end, and write its report.

        Raises:
            PlanError: the request cannot be planned; nothing ran.
            StoreError: the store cannot be opened.
        """
        return sync(self.arun(request))

    async def arun(self, request: str) -> Campaign:
        return await self.execute(await self.aplan(request))

    async def stream(self, request: str) -> AsyncIterator[Event]:
        """Plan and run a request, and give its events as they come; ``RunFinished`` is the last.

        Whoever stops listening (``break``, then ``aclose``) stops the run, which can be resumed.

        Raises:
            PlanError: the request cannot be planned; nothing ran.
            StoreError: the store cannot be opened.
        """
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def heard(event: Event) -> None:  # steps also report from threads
            loop.call_soon_threadsafe(events.put_nowait, event)

        planned = await self.aplan(request)
        running = asyncio.create_task(self.execute(planned, heard))
        running.add_done_callback(lambda _: loop.call_soon(events.put_nowait, None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await running
        finally:
            if not running.done():
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    async def execute(self, planned: Planned, watch: Callable[[Event], None] | None = None) -> Campaign:
        """Run what was planned; ``watch`` is called with each event of this run."""
        if planned.faults:
            fault = planned.faults[0]
            raise PlanError(fault.message, hint=fault.mend)
        now = self.settings.clock()
        id, folder = self.runs.create(now)
        record = RunRecord(
            id=id, request=planned.request, created=now, brief=planned.brief, plan=planned.plan, planned_by=planned.planned_by,
            planning_note=planned.note, estimate=planned.estimate, problems=planned.problems,
            inputs={name: PackedArtifact.pack(a) for name, a in planned.inputs.items()},
        )  # fmt: skip
        folder.save(record)
        with folder.working():
            return await self._carry_out(record, folder, resume=False, watch=watch)

    def resume(self, run: str) -> Campaign:
        """Finish a run that stopped, lost steps or waited for a person: only failed, skipped and unfinished steps run.

        Raises:
            RunNotFound: no such run.
            RunBusy: another process works on it.
        """
        return sync(self.aresume(run))

    async def aresume(self, run: str) -> Campaign:
        folder = self.runs.find(run)
        with folder.working():
            return await self._take_up(folder)

    async def _take_up(self, folder: RunFolder) -> Campaign:
        record = folder.load()
        faults = check_plan(record.plan, self.host.tools, {n: a.unpack(self.host.artifact_types) for n, a in record.inputs.items()})
        if faults:
            raise PlanError(f"The plan of {record.id} no longer holds: {faults[0].message}", hint=faults[0].mend)
        return await self._carry_out(record, folder, resume=True)

    # --- approvals

    def approvals(self, run: str) -> list[Approval]:
        """Every step of a run that spends, publishes or contacts and has come up for approval, and what was decided."""
        return self._desk(self.runs.find(run)).approvals()

    def pending(self, run: str) -> list[Approval]:
        """Those that wait for a person: to approve or reject (``pending``), or to say what became of a call (``in_doubt``)."""
        return [a for a in self.approvals(run) if a.state in ("pending", "in_doubt")]

    def approve(
        self, run: str, *steps: str, by: str | None = None, content: str | None = None, edit: Mapping[str, Any] | None = None
    ) -> list[Approval]:
        """Approve what steps would send, all that wait when none is named; then ``resume`` sends it. See ``Desk.approve``."""
        return self._desk(self.runs.find(run)).approve(steps, by=by, content=content, edit=edit)

    def edited(self, run: str, step: str, edit: Mapping[str, Any]) -> Approval:
        """What a step would send with an edit; nothing is decided by this. See ``Desk.edited``."""
        return self._desk(self.runs.find(run)).edited(step, edit)

    def reject(self, run: str, *steps: str, by: str | None = None, why: str = "") -> list[Approval]:
        """Refuse what steps would send, all that wait when none is named. See ``Desk.reject``."""
        return self._desk(self.runs.find(run)).reject(steps, by=by, why=why)

    def resolve(self, run: str, step: str, *, sent: bool, by: str | None = None, why: str = "") -> Approval:
        """Say whether a call in doubt went out. Only after ``sent=False`` does a resume make it again, with the same key.

        Raises:
            RunBusy: a process still works on the run; the call may be on its way.
        """
        folder = self.runs.find(run)
        with folder.working():
            return self._desk(folder).resolve(step, sent=sent, by=by, why=why)

    def _desk(self, folder: RunFolder) -> Desk:
        from .approvals.book import Book
        from .approvals.desk import Desk

        book = Book(folder.path, folder.path.name)
        return Desk(book, self.host.tools, self.host.artifact_types, self.settings, self._emitter(folder))

    def _emitter(self, folder: RunFolder, watch: Callable[[Event], None] | None = None) -> Callable[[Event], None]:
        def emit(event: Event) -> None:
            folder.append(event)
            if watch:
                watch(event)
            if self.on_event:
                self.on_event(event)
            try:
                self.host.manager.hook.on_event(ctx=None, event=event)
            except Exception as e:  # who only watches must not stop the run
                warnings.warn(f"A plugin's on_event failed: {type(e).__name__}: {e}", stacklevel=2)

        return emit

    async def _carry_out(
        self, record: RunRecord, folder: RunFolder, *, resume: bool, watch: Callable[[Event], None] | None = None
    ) -> Campaign:
        from .approvals.book import Book
        from .approvals.gate import Gate
        from .executor import Execution, import_shared
        from .models import Ledger

        # The cap holds for the run as a whole, so what an earlier attempt spent counts.
        ledger = Ledger(self.settings.max_usd, before=folder.events())

        emit = self._emitter(folder, watch)
        gate = Gate(Book(folder.path, record.id), self.host.artifact_types, self.settings, emit)
        execution = Execution(
            run_id=record.id, request=record.request, plan=record.plan, tools=self.host.tools, types=self.host.artifact_types,
            inputs={name: a.unpack(self.host.artifact_types) for name, a in record.inputs.items()},
            make_context=lambda step, t: self._context(record.id, step, t, folder, ledger, emit, record.brief.brand or ""),
            cost_of=ledger.cost, emit=emit, checkpoints=self.settings.checkpoints or folder.checkpoints, host=self.host, gate=gate,
            step_timeout=self.settings.step_timeout,
        )  # fmt: skip
        began = time.perf_counter()
        status: RunStatus = "interrupted"
        stands = False
        self.store  # noqa: B018 - opened before the first step, so that its faults end the run here
        if len(record.plan.steps) > 1:
            await asyncio.to_thread(import_shared)
        if any(self.host.tools[s.tool].model_calls for s in record.plan.steps):
            self.router.warm(record.brief.language)
        try:
            await execution.run(resume=resume)
            status = execution.status
        except KolonyError:
            stands = resume  # with its checkpoints away, an attempt knows less than the report that is there
            raise
        finally:
            # Also when stopped: what is finished is kept and reported, and the run can be resumed.
            if not stands:
                record.status, record.seconds = status, round(record.seconds + time.perf_counter() - began, 3)
                folder.save(record)
                campaign = assemble(
                    record, execution.results, execution.artifacts, self.host.artifact_types, self._approvals_of(record), self.store
                )
                self._write_report(campaign, folder)
        return campaign

    def _context(
        self, run: str, step: Step, t: Tool, folder: RunFolder, ledger: Any, emit: Callable[[Event], None], brand: str = ""
    ) -> Any:
        from prompts import Prompts

        from .context import Context
        from .events import StepProgress

        def progress(message: str, done: int | None, total: int | None) -> None:
            emit(StepProgress(run_id=run, at=self.settings.clock(), step=step.id, message=message, done=done, total=total))

        return Context(
            run_id=run, step_id=step.id, store=self._store_for(t), models=self.router.bind(run, step.id, t.privacy, ledger, t.name, emit, brand if issubclass(t.output, DraftSet) else ""),
            prompts=Prompts(self.host.collect("register_prompts")), settings=self.settings, now=self.settings.clock(), folder=folder.path,
            guards=self.host.collect("register_guards"), rule_packs=self.host.collect("register_rule_packs"), report_progress=progress,
        )  # fmt: skip

    @contextmanager
    def single(self, tool: str) -> Iterator[Context]:
        """A context for calls of one tool outside of any run: nothing of them is kept. The store must exist.

        Raises:
            UsageError: no plugin gives that tool.
            StoreError: there is no store, or it cannot be opened.
        """
        import tempfile

        from .models import Ledger

        if tool not in self.host.tools:
            raise UsageError(f"No plugin gives the tool {tool!r}.", hint="See `kolony plugins list`.")
        if "store" not in self.__dict__:
            self.__dict__["store"] = self.open_store(create=False)
        with tempfile.TemporaryDirectory() as scratch:
            step = Step(id=tool, tool=tool, args={})
            yield self._context(
                "single", step, self.host.tools[tool], RunFolder(Path(scratch)), Ledger(self.settings.max_usd), lambda event: None
            )

    def _store_for(self, t: Tool) -> Store:
        """The store as a step may use it: what a private step searches with must not reach a remote embedder."""
        private = t.privacy != "any" or self.settings.tools.get(t.name, {}).get("policy") == "local-only"
        return self.store.by_words() if private and getattr(self.store.embedder, "sends", False) else self.store

    def _approvals_of(self, record: RunRecord) -> list[Approval]:
        try:
            return self.approvals(record.id)
        except ApprovalsDamaged:  # the steps concerned say so
            return []

    def _write_report(self, campaign: Campaign, folder: RunFolder) -> None:
        from .report import write_report

        try:
            write_report(campaign, folder.path)
        except OSError as e:
            raise KolonyError(
                f"The report could not be written to {folder.path}: {e.strerror or e}.",
                hint=f"Free the disk, then `kolony resume {campaign.run_id}`.",
            ) from e

    # --- parts

    @cached_property
    def store(self) -> Store:
        """The project's store, opened when first used (and made when there is none)."""
        return self.open_store(create=True)

    def open_store(self, *, create: bool) -> Store:
        """Open the store with the embedder that the settings name.

        Raises:
            SettingsError: no plugin registers that embedder.
            StoreError: the store cannot be opened.
        """
        from vectorstore import open_store

        embedder: Any = None
        if self.settings.embeddings:
            from .models.embeddings import RemoteEmbedder

            embedder = RemoteEmbedder(self.settings.embeddings, self.settings.max_usd)
        elif self.settings.embedder:
            known = {e.__name__: e for e in self.host.collect("register_embedders")}
            if self.settings.embedder not in known:
                raise SettingsError(
                    f"No plugin registers the embedder {self.settings.embedder!r}.",
                    hint=f"Known: {', '.join(sorted(known)) or 'none'}; leave `embedder` out for the built-in one.",
                )
            embedder = known[self.settings.embedder]()
        return open_store(self.settings.home / "store", create=create, embedder=embedder, server=self.settings.chroma)

    @cached_property
    def router(self) -> Router:
        from .models import Router
        from .models.outcomes import Outcomes
        from .models.responses import Responses

        home = self.settings.home
        responses = Responses(home / "responses.sqlite3") if self.settings.response_cache else None
        return Router(self.settings, self.host, outcomes=Outcomes(home / "models.sqlite3"), responses=responses)

    def close(self) -> None:
        """Let go of the store and of what is kept about models."""
        if "router" in self.__dict__:
            self.router.close()
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    def __enter__(self) -> Kolony:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After Ctrl-C a tool's thread may still be reading: the store goes with the process, not under the reader.
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.close()
