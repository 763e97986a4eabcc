"""A run as a notebook watches it: progress while it works, and approvals as buttons; in words where ipywidgets is not there."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from .errors import KolonyError
from .events import Event, RunStarted, StepFinished, StepProgress, StepStarted
from .loop import sync

if TYPE_CHECKING:
    from .approvals import Approval
    from .campaign import Campaign
    from .kolony import Kolony


def watch(kolony: Kolony, request: str, *, widgets: bool | None = None) -> Campaign:
    """Plan and run a request, show what it does, and ask for the approvals that it waits for.

    Args:
        widgets: ``None``: where ipywidgets is installed and a notebook shows it.

    Raises:
        PlanError: the request cannot be planned; nothing ran.
        StoreError: the store cannot be opened.
    """
    shown = _Bar() if _can_show(widgets) else _Words()
    campaign = sync(kolony.execute(kolony.plan(request), shown.heard))
    if kolony.pending(campaign.run_id):
        ask(kolony, campaign.run_id, widgets=widgets)
    return campaign


def ask(kolony: Kolony, run: str, *, widgets: bool | None = None) -> Any:
    """Show what waits for a person in a run: with buttons (the widget is returned), else with the calls that decide.

    A button decides on exactly what it stands under; what has changed since is refused. After the last one the run goes on.
    """
    waiting = [a for a in kolony.pending(run) if a.state == "pending"]
    for doubtful in (a for a in kolony.pending(run) if a.state == "in_doubt"):
        print(
            f"{doubtful.step}: nobody knows whether it went out. Find out, then call k.resolve({run!r}, {doubtful.step!r}, sent=True or False)."
        )
    if not _can_show(widgets):
        for a in waiting:
            print(
                f"{a.step} would {a.effect}:\n\n{a.shown}\n\nk.approve({run!r}, {a.step!r}, content={a.short!r}) or k.reject({run!r}, {a.step!r})"
            )
        if waiting:
            print(f"Then: k.resume({run!r})")
        return None
    import ipywidgets
    from IPython.display import display

    box = ipywidgets.VBox([_question(kolony, a) for a in waiting])
    display(box)  # type: ignore[no-untyped-call]
    return box


def _question(kolony: Kolony, a: Approval) -> Any:
    import ipywidgets

    text = ipywidgets.HTML(f"<b>{escape(a.step)}</b> would {a.effect}:<pre style='white-space: pre-wrap'>{escape(a.shown)}</pre>")
    said = ipywidgets.HTML()
    approve, reject = ipywidgets.Button(description="Approve", button_style="success"), ipywidgets.Button(description="Reject")

    def decide(decision: Callable[[], Any], word: str) -> None:
        approve.disabled = reject.disabled = True
        try:
            decision()
            said.value = word
            if not kolony.pending(a.run):
                said.value = f"{word} The run goes on …"
                said.value = f"{word} The run is {kolony.resume(a.run).status}."
        except KolonyError as e:
            said.value = escape(f"{e} {e.hint or ''}")

    approve.on_click(lambda _: decide(lambda: kolony.approve(a.run, a.step, content=a.content), "Approved."))
    reject.on_click(lambda _: decide(lambda: kolony.reject(a.run, a.step), "Rejected."))
    return ipywidgets.VBox([text, ipywidgets.HBox([approve, reject]), said])


def _can_show(widgets: bool | None) -> bool:
    if widgets is not None or importlib.util.find_spec("ipywidgets") is None:
        return bool(widgets)
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


class _Bar:
    """A bar with the steps that are done, and what is being worked on."""

    def __init__(self) -> None:
        import ipywidgets
        from IPython.display import display

        self.bar, self.text = ipywidgets.IntProgress(value=0, max=1), ipywidgets.HTML()
        self._working: dict[str, str] = {}
        display(ipywidgets.HBox([self.bar, self.text]))  # type: ignore[no-untyped-call]

    def heard(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.bar.max = max(1, len(event.steps))
        elif isinstance(event, StepStarted):
            self._working[event.step] = event.step
        elif isinstance(event, StepProgress):
            self._working[event.step] = f"{event.step}: {event.message}"
        elif isinstance(event, StepFinished):
            self._working.pop(event.step, None)
            self.bar.value += 1
            if event.status == "failed":
                self.bar.bar_style = "danger"
        self.text.value = escape(" · ".join(self._working.values()))


class _Words:
    """A line for each step that ended."""

    def heard(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            print(f"{event.step}: {event.status}, {event.seconds:.1f} s. {event.error or event.summary}".rstrip())
