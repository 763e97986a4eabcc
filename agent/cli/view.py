"""What the terminal shows: live progress on stderr, answers on stdout. Personal data is masked in what others wrote."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ..artifacts import ContentReview, DraftSet, Forecast, Interval, Money, Slate
from ..events import ApprovalRequested, Event, ModelCalled, RunStarted, StepFinished, StepProgress, StepRetried, StepStarted
from .view_approvals import show_waiting

if TYPE_CHECKING:
    from ..campaign import Campaign
    from ..host import Host
    from ..planned import Planned
    from ..runs import RunFolder, RunRecord
    from ..tools import Tool

MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "yellow"), "interrupted": ("■", "yellow"),
         "waiting": ("?", "yellow"), "rejected": ("–", "yellow"), "in_doubt": ("!", "red")}  # fmt: skip


class RunView:
    """Follows a run's events. On a terminal the lines are live; elsewhere each change is a line."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self.console, self.live = console, live
        self.steps: dict[str, dict[str, Any]] = {}
        self.estimate = 0.0

    def planned(self, planned: Planned) -> None:
        self.estimate = planned.estimate.seconds
        for p in planned.problems:
            self.console.print(Text(f"! {p.message} {p.mend}".strip(), style="yellow" if p.severity == "warning" else "red"))

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.steps = {id: {"status": "waiting"} for id in event.steps}
            about = f", about {self.estimate:.0f} s" if self.estimate else ""
            self.console.print(Text(f"Run {event.run_id}: {len(event.steps)} steps{about}", style="bold"))
        elif isinstance(event, StepStarted):
            self.steps.setdefault(event.step, {}).update(status="running", began=time.monotonic(), message="")
            if not self.live:
                self.console.print(f"  · {event.step} …")
        elif isinstance(event, StepProgress):
            amount = f" {event.done}/{event.total}" if event.total else ""
            self.steps.setdefault(event.step, {})["message"] = shown(f"{event.message}{amount}")
        elif isinstance(event, StepRetried):
            self.console.print(Text(f"  {event.step}: {shown(event.error)} Trying again in {event.wait:.1f} s.", style="yellow"))
        elif isinstance(event, ApprovalRequested):
            why = f" ({event.why})" if event.why else ""
            self.console.print(Text(f"  {event.step}: {event.tool} would {event.effect} and waits for approval{why}.", style="yellow"))
        elif isinstance(event, ModelCalled):
            step = self.steps.setdefault(event.step, {})
            step["tokens"] = step.get("tokens", 0) + event.tokens_out
            step["cached"] = step.get("cached", 0) + event.cached
        elif isinstance(event, StepFinished):
            self.steps.setdefault(event.step, {}).update(
                status=event.status, seconds=event.seconds, message=shown(event.error or event.summary)
            )
            if not self.live:
                self.console.print(self._line(event.step))
        if self.live:
            self.live.update(self._lines())

    def _lines(self) -> RenderableType:
        return Group(*[self._line(id) for id in self.steps])

    def _line(self, id: str) -> RenderableType:
        step = self.steps[id]
        status = step.get("status", "waiting")
        if status == "running":
            tokens = f" · {step['tokens']} tokens" if step.get("tokens") else ""
            return Spinner("dots", Text(f"{id}  {step.get('message', '')}{tokens}{_cached(step)}"), style="cyan")
        mark, style = MARKS.get(status, ("·", "dim"))
        line = Text(f"{mark} ", style=style) + Text(id, style="" if status != "waiting" else "dim")
        if "seconds" in step:
            line += Text(f"  {step['seconds']:.1f} s", style="dim")
        if step.get("message") and status != "waiting":
            line += Text(f"  {step['message']}", style="dim" if status == "done" else style)
        return line + Text(_cached(step), style="dim")


def shown(text: str) -> str:
    """What others wrote, with personal data masked."""
    from ..guard import redact

    return redact(text)


def _cached(step: dict[str, Any]) -> str:
    """How many of a step's answers were earlier ones of a model, given again."""
    n = step.get("cached", 0)
    return f" · {n} cached answer{'s' if n > 1 else ''}" if n else ""


@contextmanager
def watching() -> Iterator[RunView]:
    """A view of the run on stderr while the block runs."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield RunView(console, None)
        return
    with Live(console=console, refresh_per_second=10, transient=False) as live:
        yield RunView(console, live)


@contextmanager
def progress(what: str) -> Iterator[Any]:
    """A progress bar on stderr; gives ``report(message, done, total)``."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def report(message: str, done: int | None = None, total: int | None = None) -> None:
            bar.update(task, description=message, completed=done or 0, total=total)

        yield report


def out() -> Console:
    return Console(highlight=False)


def warn_broken(host: Host) -> None:
    """Say on the error stream which plugins are left out, and why."""
    for p in host.broken:
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"Left out: the plugin {p.name!r}. {p.error}", style="yellow"))


def table(*columns: str) -> Table:
    t = Table(box=None, pad_edge=False, header_style="dim")
    for c in columns:
        t.add_column(c.lstrip(">"), justify="right" if c.startswith(">") else "left", overflow="fold")
    return t


def money(m: Money | None) -> str:
    sign = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
    return "–" if m is None else f"{sign.get(m.currency, m.currency + ' ')}{m.amount:,.0f}"


def interval(i: Interval | None, digits: int = 0) -> str:
    return "–" if i is None else f"{i.p50:,.{digits}f} ({i.p10:,.{digits}f}–{i.p90:,.{digits}f})"


def show_plan(planned: Planned, tools: Mapping[str, Tool]) -> None:
    console, brief = out(), planned.brief
    facts = table("brief", "")
    hidden = {"request", "evidence", "notes", "problems", "open_questions", "sources", "deliverables"}
    for name, value in brief.model_dump(mode="json", exclude=hidden, exclude_none=True).items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items() if v not in (None, [], ""))
        if value not in (None, [], "", {}):
            facts.add_row(Text(name, style="dim"), Text(", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    facts.add_row(Text("deliverables", style="dim"), Text(", ".join(brief.deliverables) or "–"))
    console.print(facts)
    steps = table("step", "tool", "needs", "gives")
    for s in planned.plan.steps:
        gives = tools[s.tool].output.__name__ if s.tool in tools else "?"
        steps.add_row(s.id, s.tool, ", ".join(planned.plan.needs(s)) or "–", gives)
    if planned.plan.steps:
        console.print()
        console.print(steps)
        e = planned.estimate
        console.print(Text(f"\nAbout {e.seconds:.0f} s, {e.model_calls} model calls, {e.tokens} tokens, ${e.usd:.4f}.", style="dim"))
    for q in brief.open_questions:
        console.print(Text(f"? {q}", style="cyan"))
    for p in planned.problems:
        console.print(Text(f"! {p.message} {p.mend}".strip(), style="yellow" if p.severity == "warning" else "red"))


def show_campaign(campaign: Campaign, report: Path) -> None:
    """The answer in a few lines, ending with the report's path."""
    console = out()
    slate, forecast = campaign.get(Slate), campaign.get(Forecast)
    if slate is not None and slate.picks:
        t = table("creator", "platform", ">followers", ">posts", ">cost", "price")
        for p in slate.picks:
            c = p.candidate
            t.add_row(
                Text(c.name), c.platform, f"{c.followers:,}" if c.followers is not None else "–", str(p.posts), money(p.cost), c.price_basis
            )
        console.print(t)
        console.print(f"Total {money(slate.total)} of {money(slate.budget)}")
    if forecast is not None and forecast.engagements is not None:
        console.print(f"Engagements {interval(forecast.engagements)}, cost per engagement {interval(forecast.cpe, 2)}")
    drafts, review = campaign.get(DraftSet), campaign.get(ContentReview)
    if drafts is not None:
        by = ", ".join(sorted({d.written_by for d in drafts.drafts})) or "–"
        verdicts = [r.verdict for r in review.reviews] if review else []
        passed = f", {verdicts.count('pass')} pass review" if verdicts else ""
        flagged = sum(bool(d.flags) for d in drafts.drafts)
        kinds = Counter(d.form.replace("_", " ") for d in drafts.drafts)
        of = ": " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()) if set(kinds) - {"post"} else ""
        console.print(f"Drafts {len(drafts.drafts)}{of} (written by: {by}){passed}{f', {flagged} flagged' if flagged else ''}")
    for s in campaign.steps:
        if s.status not in ("done", "waiting", "in_doubt"):
            console.print(Text(f"Missing: {s.id} ({s.status}). {s.error} {s.hint}".strip(), style="yellow"))
    show_waiting(campaign.approvals, campaign.run_id, zh=campaign.brief.language == "zh")
    if campaign.status not in ("done", "waiting"):
        console.print(Text(f"To go on: kolony resume {campaign.run_id}", style="yellow"))
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)


def show_runs(records: list[RunRecord]) -> None:
    if not records:
        out().print('No runs yet. Start one: kolony run "…"')
        return
    t = table("run", "status", ">seconds", "request")
    for r in records:
        t.add_row(r.id, r.status, f"{r.seconds:.1f}", Text(r.request[:80].replace("\n", " ")))
    out().print(t)


def show_run(record: RunRecord, folder: RunFolder) -> None:
    console = out()
    console.print(Text(record.request[:2000]))
    from ..prune import checkpoint_sizes, size
    from .privacy import human

    held = size(folder.path) + checkpoint_sizes(folder.path.parent / "checkpoints.sqlite").get(record.id, 0)
    console.print(Text(f"{record.id} · {record.status} · {record.seconds:.1f} s · {human(held)} on the disk", style="dim"))
    last = {e.step: e for e in folder.events() if isinstance(e, StepFinished)}
    t = table("step", "status", ">seconds", ">calls", ">tokens", ">$", "what is missing")
    for s in record.plan.steps:
        e = last.get(s.id)
        if e is None:
            t.add_row(s.id, "not finished", "", "", "", "", "")
        else:
            c = e.cost
            why = Text(shown(f"{e.error} {e.hint}".strip()))
            t.add_row(s.id, e.status, f"{e.seconds:.1f}", str(c.calls), str(c.tokens_in + c.tokens_out), f"{c.usd:.4f}", why)
    console.print(t)
    doubt = sum(e.cost.in_doubt_usd for e in last.values())
    if doubt:
        console.print(
            Text(
                f"Up to ${doubt:.4f} more may have been billed: a kill struck between asking a model and its answer, and the server does"
                " not say that it billed once. The run's cap counts it as spent.",
                style="yellow",
            )
        )
    if folder.report.is_file():
        console.print(Text(f"Report: {folder.report}", style="bold"), soft_wrap=True)
