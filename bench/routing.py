"""The router: how long a decision takes, and what the cascade saves on the sample campaign's drafts.

The cascade is measured with real code and one simulated part: the priced endpoint is a server on loopback that answers each prompt
with a well-formed sentence made from the facts in it, after a fixed wait. Its prices are stated, not anybody's. The local model,
the check, the prompts and the router are those of a run.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from loopback import Received, Reply, says, serving

ROOT = Path(__file__).parent.parent
USD_IN, USD_OUT = 2.50, 10.00
"""US dollars per million tokens of the simulated endpoint."""
WAIT = 0.6
"""Seconds until it answers."""
BRIEFS: tuple[tuple[str, str, list[str]], ...] = (
    ("Zubbly", "sugar-free soda", ["zero sugar", "4 kcal per can", "brewed with real yuzu peel"]),
    ("Norrland", "trail running shoes", ["220 g per shoe", "recycled upper", "4 mm drop"]),
    ("Tidewell", "sleep mask", ["washable at 30 degrees", "adjustable strap", "$19"]),
    ("Bluebird", "coffee shop", ["open daily 7am to 5pm", "oat milk at no extra charge", "12 seats by the window"]),
    ("Papierhaus", "notebooks", ["120 g paper", "lies flat", "three sizes", "$14"]),
)


def decision_times() -> dict[str, float]:
    """Median microseconds of one decision among twelve models, by what is asked for."""
    from agent.models import Router
    from agent.models.router import Want
    from agent.settings import RemoteModel, Settings

    models = [
        RemoteModel(name=f"r{i}", model="m", base_url=f"http://127.0.0.1:{9 + i}/v1", usd_per_mtok_in=i / 10, usd_per_mtok_out=i / 2)
        for i in range(11)
    ]
    router = Router(Settings(models=list(models)))
    for m in models:
        for n in range(10):
            router.outcomes.record(m.name, "write_posts", "en", n % 3 > 0, 1.0, 100, 0.001)
    checked = Want("en", task="write_posts", tokens_in=300, most_in=1_200, checked=True, left=1.0)
    wants = {"free writing": checked._replace(checked=False), "with a check (cascade)": checked, "private text": Want("en", "private")}
    found = {}
    for name, want in wants.items():
        times = []
        for _ in range(4_000):
            began = time.perf_counter()
            router.decide(want)
            times.append(time.perf_counter() - began)
        found[name] = statistics.median(times) * 1e6
    return found


def endpoint(request: Received) -> Reply:
    """What a large model would say: the facts, in a sentence."""
    product, facts = re.search(r"Product: (.+)\nFacts: (.+)", request.said).groups()  # type: ignore[union-attr]
    first, *rest = facts.split("; ")
    text = f"Meet {product}: {', '.join([first, *rest])}."
    time.sleep(WAIT)
    return says(text, sum(len(m["content"]) for m in request.body["messages"]) // 4, len(text) // 4)


def sample_request() -> str:
    """The Makefile's request, which the README shows."""
    text = re.search(r"^REQUEST \?= (.+?[^\\])$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M | re.S)
    assert text
    return " ".join(text[1].replace("\\\n", " ").replace("$$", "$").split())


def campaigns(folder: Path, url: str) -> Callable[[str], dict[str, float]]:
    """Runs the sample campaign up to its slate, and gives what writes its drafts' facts under a policy: cost, passes, seconds."""
    from agent import Kolony, Slate
    from agent.context import Context
    from agent.models import Ledger, Router, offline
    from agent.settings import RemoteModel, Settings
    from plugins.content_writer import _jobs
    from plugins.content_writer.material import material_of
    from plugins.content_writer.model import write_pitches
    from prompts import Prompts
    from vectorstore import read_exports

    k = Kolony(Settings(home=folder / "home", offline_model=False))
    exports = read_exports([ROOT / "examples" / "sample"])
    k.store.upsert(exports.posts, exports.creators)
    campaign = k.run(sample_request())
    slate = next(a for a in campaign.artifacts.values() if isinstance(a, Slate))
    big = RemoteModel(name="simulated", model="m", base_url=url, usd_per_mtok_in=USD_IN, usd_per_mtok_out=USD_OUT, quality=0.95)

    async def write(policy: Any) -> dict[str, float]:
        ledger, settings = Ledger(1.0), Settings(home=folder / "home", models=[big], policy=policy)
        router = Router(settings, k.host)
        if policy == "auto":  # loaded beside the first steps, as in a run
            await asyncio.to_thread(lambda: router.model(next(s for s in router._specs if s.name == offline.NAME)).load())
        passed = drafts = 0
        began = time.perf_counter()
        for n, (brand, product, facts) in enumerate(BRIEFS):
            brief = campaign.brief.model_copy(update={"brand": brand, "product": product, "facts": facts})
            ctx = Context(
                run_id=f"r{n}", step_id="drafts", store=k.store, models=router.bind(f"r{n}", "drafts", "any", ledger, "write_posts"),
                prompts=Prompts(), settings=settings, now=settings.clock(), folder=folder,
            )  # fmt: skip
            material = material_of(brief)
            jobs = _jobs(ctx, brief, slate, None, material)
            good, _ = await write_pitches(ctx, material, jobs)
            passed, drafts = passed + len(good), drafts + len(jobs)
        seconds = time.perf_counter() - began
        here = next((r for r in router.outcomes.rows() if r.model == offline.NAME), None)
        return {
            "usd": ledger.spent, "passed": passed, "drafts": drafts, "seconds": seconds, "here": here.answers if here else 0,
            "rate": here.pass_rate if here else 0.0, "threshold": (here.threshold or 0.0) if here else 0.0,
        }  # fmt: skip

    def under(policy: str) -> dict[str, float]:
        return asyncio.run(write(policy))

    return under


def run() -> list[str]:
    """Markdown lines."""
    from agent.models import offline

    times = decision_times()
    lines = ["| one decision among twelve models | median |", "|---|---|", *(f"| {name} | {us:.0f} µs |" for name, us in times.items()), ""]
    if offline.packaged_gguf() is None:
        return [*lines, f"SmolLM2 is not installed (`{offline.INSTALL}`): the cascade was not measured."]
    with tempfile.TemporaryDirectory() as folder, serving(endpoint) as server:
        under = campaigns(Path(folder), server.url)
        remote, cascade = under("remote-only"), under("auto")
    saved = 1 - cascade["usd"] / remote["usd"]
    return [
        *lines,
        f"The facts of {remote['drafts']:.0f} drafts in a model's words: the sample campaign's creators, its brief and {len(BRIEFS) - 1} more. "
        f"**The priced endpoint is simulated** on loopback: it answers every prompt well after {WAIT:g} s, at ${USD_IN:.2f} and ${USD_OUT:.2f} "
        "per million tokens in and out; so the local model's share of good answers decides what is saved.",
        "",
        "| | all remote | cascade: SmolLM2-135M first |",
        "|---|---|---|",
        f"| drafts that passed the check | {remote['passed']:.0f} of {remote['drafts']:.0f} | {cascade['passed']:.0f} of {cascade['drafts']:.0f} |",
        f"| cost | ${remote['usd']:.5f} | ${cascade['usd']:.5f} ({saved:.0%} saved) |",
        f"| seconds | {remote['seconds']:.1f} | {cascade['seconds']:.1f} |",
        "",
        f"SmolLM2 was asked for {cascade['here']:.0f} of them; learnt: {cascade['rate']:.0%} of its answers pass, and from "
        f"{cascade['threshold']:.0%} it is worth asking first.",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
