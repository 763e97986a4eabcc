"""How the terminal shows what waits for a person. Everything from data is stripped of control characters first."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from ..approvals import Approval, Decision
from ..report.safe import clean, one_line

MOST_LINES = 12
"""Lines of a content in the overview after a run; before a decision all are shown."""
_STATES = {
    "pending": ("waits for approval", "等待批准"),
    "expired": ("the request has expired", "申请已过期"),
    "approved": ("approved, not sent yet", "已批准，尚未发出"),
    "rejected": ("refused", "已拒绝"),
    "in_doubt": ("IN DOUBT: it may or may not have gone out", "存疑：可能已发出，也可能没有"),
    "sent": ("has gone out", "已发出"),
}
_KINDS = {
    "requested": ("asked for", "申请批准"), "edited": ("edited", "已修改"), "approved": ("approved", "批准"), "rejected": ("refused", "拒绝"),
    "sending": ("began to send", "开始发出"), "sent": ("gone out", "已发出"), "not_sent": ("did not go out", "未发出"),
    "in_doubt": ("cut off while sending", "发出时中断"), "resolved_sent": ("found to have gone out", "核实：已发出"),
    "resolved_not_sent": ("found not to have gone out", "核实：未发出"),
}  # fmt: skip
_EFFECTS = {"publish": "发布", "contact": "联系他人", "spend": "花费"}


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def show_approval(a: Approval, *, on_err: bool = False, whole: bool = True, zh: bool = False) -> None:
    """What would go out, to whom, under which hash, and until when that can be decided."""
    console = err() if on_err else Console(highlight=False, soft_wrap=True)
    effect = _EFFECTS.get(a.effect, a.effect) if zh else a.effect
    console.print(Text(f"{a.step} · {a.tool} · {effect} · {_STATES[a.state][zh]}", style="bold yellow"))
    lines = clean(a.shown).split("\n")
    for line in lines if whole else lines[:MOST_LINES]:
        console.print(Text(f"  {line}"))
    if not whole and len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES
        console.print(Text(f"  … 另有 {more} 行" if zh else f"  … and {more} more lines", style="dim"))
    until = f" · {'有效期至' if zh else 'until'} {a.expires:%Y-%m-%d %H:%M} UTC" if a.expires else ""
    console.print(Text(f"  SHA-256 {a.short}…{until}", style="dim"))
    for d in a.trail:
        console.print(Text(f"  {decision_line(d, zh)}", style="dim"))


def show_decided(a: Approval) -> None:
    err().print(Text(f"{a.step}: {decision_line(a.trail[-1])}"))


def decision_line(d: Decision, zh: bool = False) -> str:
    who = one_line(d.by)
    by = (f"（{who}）" if zh else f" by {who}") if who else ""
    why = (f"：{one_line(d.why)}" if zh else f": {one_line(d.why)}") if d.why else ""
    return f"{d.at:%Y-%m-%d %H:%M} UTC {_KINDS[d.kind][zh]}{by} ({d.content[:12]}…){why}"


def show_waiting(approvals: list[Approval], run: str, *, zh: bool) -> None:
    """After a run: what waits for a person, and the commands that answer it."""
    pending = [a for a in approvals if a.state == "pending"]
    doubtful = [a for a in approvals if a.state == "in_doubt"]
    for a in [*pending, *doubtful]:
        show_approval(a, whole=False, zh=zh)
    console = Console(highlight=False, soft_wrap=True)
    if pending:
        console.print(Text(f"{'请决定' if zh else 'To decide'}: kolony approve {run}", style="yellow"))
    for a in doubtful:
        said = "请到接收端核实，然后" if zh else "Look at the receiving end, then"
        console.print(Text(f"{said}: kolony resolve {run} {a.step} --sent | --not-sent", style="yellow"))
