"""Kills a campaign with SIGKILL at 200 seeded points, and has the next process finish it: ``python -m bench --only durability``."""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ._killing import Kill, Outcome, campaign, draw, undisturbed

SLOW = True
POINTS = int(os.environ.get("KOLONY_KILLS", 200))
AT_ONCE = 2


def _where(kill: Kill) -> str:
    return kill.moment.split(": ")[-1] + (", shortly after" if kill.after else "") if kill.moment else "any time"


def run() -> list[str]:
    """Markdown lines."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        report, state, seconds = undisturbed(home / "whole")

        def one(seed: int, *, honours: bool = True) -> Outcome:
            own = home / f"{seed}{'' if honours else ' plain'}"
            return campaign(own, draw(seed, state["moments"], seconds), report, state, honours=honours)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = list(pool.map(one, range(POINTS)))
            plain = list(pool.map(lambda seed: one(seed, honours=False), range(POINTS // 4)))
    kills, died, faults = Counter[str](), sum(o.died for o in outcomes), defaultdict[str, list[str]](list)
    for o in outcomes:
        kills.update(_where(k) for k in o.kills)
        for f in o.faults:
            faults[_where(o.kills[0])].append(f)
    bad = sum(bool(o.faults) for o in outcomes)
    return [
        f"{POINTS} campaigns (5 steps, 8 paid calls, 60 posts), killed {died} times (of {sum(kills.values())} kills drawn; the others came after the"
        f" end). {POINTS - bad} ended as the undisturbed one: same report, same rows in Chroma and the index, no finished step run again, no"
        f" model call paid twice. Requests sent again, under their idempotency keys, because the kill struck before their answer was on the"
        f" disk: {sum(o.asked_again for o in outcomes)} of {POINTS * 8:,}, of which the server billed {sum(o.paid_twice for o in outcomes)} again.",
        "",
        f"The first {len(plain)} of them once more, at a server that knows no idempotency keys: {sum(o.paid_twice for o in plain)} requests paid twice,"
        f" ${sum(o.in_doubt_usd for o in plain):.4f} told in the reports as in doubt and counted against the caps; faults:"
        f" {'; '.join(f for o in plain for f in o.faults) or 'none'}.",
        "",
        "| killed at | drawn | faults |",
        "|---|---|---|",
        *(f"| {name} | {n} | {'; '.join(faults[name]) or 'none'} |" for name, n in sorted(kills.items())),
    ]
