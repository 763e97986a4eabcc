"""A small campaign in a process of its own that is killed (SIGKILL) at a chosen moment, and finished by the next process.

The campaign is real: tools of a plugin, a paid model behind a server on 127.0.0.1 that counts, posts that go into the store.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromadb.api.models.Collection
import numpy as np
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

import agent.report
from agent import Artifact, Brief, Context, Kolony, Plan, Post, hookimpl, tool
from agent.host import Host
from agent.models import meter, responses
from agent.plan import Step
from agent.planned import Planned
from agent.runs import RunFolder, Runs
from agent.settings import RemoteModel, Settings
from vectorstore import lexical

for _module in (
    "agent.approvals.desk", "agent.approvals.gate", "agent.executor", "agent.guard.papers", "agent.guard.payment", "agent.guard.phones",
    "agent.models.remote", "agent.models.router", "anyio._backends._asyncio", "chromadb.api.rust", "jinja2.sandbox", "keyring.backends.fail",
    "openai.resources.chat", "openai._httpx", "httpcore2._async", "prompts", "agent.models.calls", "agent.models.outcomes", "agent.report.render",
    "keyring.backends.SecretService", "langgraph.func", "langgraph.pregel.main", "stdnum.exceptions", "websockets", "truststore", "requests_toolbelt",
    "vectorstore.store", "vectorstore.database", "stdnum.numdb",
):  # fmt: skip
    # Imported once, before the processes fork off: a process then takes a third of the time.
    with suppress(ImportError):
        importlib.import_module(_module)
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
POSTS = 60
TIMES = {"run_id", "started", "seconds", "model_seconds", "critical_path"}
"""Fields of a report that differ from one run to the next."""
SEAMS: dict[str, tuple[Any, str]] = {
    "run folder": (Runs, "create"),
    "run record": (RunFolder, "save"),
    "event": (RunFolder, "append"),
    "checkpoint": (AsyncSqliteSaver, "aput"),
    "step's result": (AsyncSqliteSaver, "aput_writes"),
    "answer arrived": (meter.Request, "done"),
    "answer kept": (responses.Responses, "put"),
    "Chroma": (chromadb.api.models.Collection.Collection, "upsert"),
    "index mark": (lexical.LexicalIndex, "begin"),
    "index rows": (lexical.LexicalIndex, "put"),
    "index end": (lexical.LexicalIndex, "end"),
    "report": (agent.report, "write_report"),
}


@dataclass(frozen=True)
class Kill:
    """The ``nth`` time that a moment of this name comes, ``after`` so many seconds; with no name, so long after the start."""

    moment: str = ""
    nth: int = 0
    after: float = 0.0


class Moments:
    """Counts moments and kills this process at one of them."""

    def __init__(self, kill: Kill | None) -> None:
        self.kill, self.seen = kill, Counter[str]()
        self._lock = threading.Lock()
        if kill is not None and not kill.moment:
            self._die(kill.after)

    def reached(self, name: str) -> None:
        with self._lock:
            self.seen[name] += 1
            mine = self.kill is not None and (self.kill.moment, self.kill.nth) == (name, self.seen[name] - 1)
        if mine and self.kill is not None:
            self._die(self.kill.after)

    def _die(self, after: float) -> None:
        if not after:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Thread(target=lambda: (time.sleep(after), os.kill(os.getpid(), signal.SIGKILL)), daemon=True).start()

    def watch(self) -> None:
        """Make every seam tell of itself, before and after."""
        for name, (owner, attribute) in SEAMS.items():
            setattr(owner, attribute, self._telling(name, getattr(owner, attribute)))

    def _telling(self, name: str, f: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(f):

            @functools.wraps(f)
            async def told(*args: Any, **kwargs: Any) -> Any:
                self.reached(f"before: {name}")
                result = await f(*args, **kwargs)
                self.reached(f"after: {name}")
                return result
        else:

            @functools.wraps(f)
            def told(*args: Any, **kwargs: Any) -> Any:
                self.reached(f"before: {name}")
                result = f(*args, **kwargs)
                self.reached(f"after: {name}")
                return result

        return told


class Note(Artifact):
    text: str = ""


class Hashed:
    """Unit vectors of a text's digest."""

    name, dim = "hashed/16", 16

    def passages(self, texts: Sequence[str]) -> Any:
        raw = np.frombuffer(b"".join(hashlib.shake_128(t.encode()).digest(16) for t in texts), dtype=np.uint8)
        made = raw.reshape(-1, 16).astype(np.float32) - 127.5
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    queries = passages


def posts() -> list[Post]:
    return [
        Post(
            id=f"instagram:p{n}", platform="instagram", creator_id=f"instagram:c{n % 7}", text=f"post {n} about cold soda",
            language="en", created_at=NOW - timedelta(hours=n), likes=n,
        )
        for n in range(POSTS)
    ]  # fmt: skip


class Tools:
    """The plugin. ``journal`` gets a line when a tool begins and one when it ends."""

    def __init__(self, journal: Path, moments: Moments) -> None:
        self.journal, self.moments = journal, moments

    def _write(self, line: str) -> None:
        file = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{line}\n".encode())
        os.close(file)

    @contextmanager
    def _journal(self, ctx: Context) -> Iterator[None]:
        self.moments.reached("before: tool")
        self._write(f"begin {ctx.step_id}")
        self.moments.reached("inside: tool")
        yield
        self._write(f"end {ctx.step_id}")
        self.moments.reached("after: tool")

    @hookimpl
    def before_step(self, ctx: Context, step: Step) -> None:
        self.moments.reached("before: step")

    @hookimpl
    def after_step(self, ctx: Context, step: Step, artifact: Artifact) -> None:
        self.moments.reached("after: step")

    @hookimpl
    def register_embedders(self) -> list[Any]:
        return [Hashed]

    @hookimpl
    def register_tools(self) -> list[Any]:
        @tool(effect="write")
        def gather(ctx: Context, brief: Brief) -> Note:
            """Put posts into the store."""
            with self._journal(ctx):
                for start in range(0, POSTS, 20):
                    ctx.store.upsert(posts()[start : start + 20])
            return Note(text=f"{ctx.store.counts().posts} posts")

        @tool
        async def ask(ctx: Context, brief: Brief) -> Note:
            """Ask a model one thing after another, the last as a sample without a seed."""
            with self._journal(ctx):
                said = [(await ctx.models.generate(f"{ctx.step_id} {n}", task="ask")).text for n in range(2)]
                said.append((await ctx.models.generate(f"{ctx.step_id} sampled", task="ask", temperature=0.7)).text)
            return Note(text=" ".join(said))

        @tool
        async def ask_many(ctx: Context, note: Note) -> Note:
            """Ask a model several things at once."""
            with self._journal(ctx):
                said = await ctx.models.generate_many([f"{ctx.step_id} {n}" for n in range(4)], task="ask")
            return Note(text=" ".join(g.text for g in said))

        @tool
        def look(ctx: Context, note: Note) -> Note:
            """Search the store."""
            with self._journal(ctx):
                found = ctx.store.search_posts("post 7 soda", limit=5)
            return Note(text=" ".join(h.post.id for h in found))

        @tool
        async def join(ctx: Context, first: Note, second: Note, third: Note) -> Note:
            """Ask once more, about everything."""
            with self._journal(ctx):
                said = await ctx.models.generate(f"{first.text} {second.text} {third.text}", task="ask")
            return Note(text=said.text)

        return [gather, ask, ask_many, look, join]


PLAN = Plan(
    steps=[
        Step(id="gather", tool="gather", args={"brief": {"$ref": "brief"}}),
        Step(id="ask", tool="ask", args={"brief": {"$ref": "brief"}}),
        Step(id="look", tool="look", args={"note": {"$ref": "gather"}}),
        Step(id="many", tool="ask_many", args={"note": {"$ref": "ask"}}),
        Step(id="join", tool="join", args={"first": {"$ref": "look"}, "second": {"$ref": "many"}, "third": {"$ref": "gather"}}),
    ]
)


def work(home: Path, url: str, kill: Kill | None, checkpoints: str = "") -> None:
    """Begin the run, or finish the one that is there; then write down what the store holds. The process's whole life."""
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    moments = Moments(kill)
    moments.watch()
    host = Host(entry_points=False)
    host.register(Tools(home / "journal", moments), "tools")
    model = RemoteModel(name="paid", model="m", base_url=url, api_key_env="", usd_per_mtok_in=10.0, usd_per_mtok_out=30.0)
    more: dict[str, Any] = {"checkpoints": checkpoints} if checkpoints else {}
    settings = Settings(home=home, now=NOW, models=[model], offline_model=False, embedder="Hashed", **more)
    with Kolony(settings, host=host) as k:
        if k.runs.ids():
            k.resume("last")
        else:
            from agent.loop import sync

            brief = Brief(request="cold soda", language="en")
            sync(k.execute(Planned(brief.request, brief, {"brief": brief}, PLAN)))
        collection = k.store._tables.collections["post"]
        rows = k.store._tables.index._db.execute("SELECT kind, id, hash FROM rows ORDER BY kind, id").fetchall()
        words = k.store._tables.index._db.execute("SELECT count(*) FROM words").fetchone()[0]
        state = {"chroma": sorted(collection.get()["ids"]), "rows": rows, "words": words, "moments": dict(moments.seen)}
    (home / "state.json").write_text(json.dumps(state))


@dataclass
class Server:
    """A chat completion for every request. It bills what it has not answered before under the same ``Idempotency-Key``, where it
    ``honours`` that header, and everything where not."""

    honours: bool = True
    billed: Counter[str] = field(default_factory=Counter)
    """Requests by what was asked."""
    again: int = 0
    """Requests that came a second time under their key."""
    keys: dict[str, str] = field(default_factory=dict)
    """Key to the prompt that came under it first."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""


@contextmanager
def paid_model(honours: bool = True) -> Iterator[Server]:
    server = Server(honours)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            prompt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
            with server.lock:
                known = server.keys.setdefault(self.headers["Idempotency-Key"], "")
                server.keys[self.headers["Idempotency-Key"]] = prompt
                assert known in ("", prompt), "one key for two questions"
                server.again += bool(known)
                replayed = bool(known) and server.honours
                server.billed[prompt] += not replayed
            text = "says " + hashlib.sha256(prompt.encode()).hexdigest()[:8]
            body = {
                "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": {"prompt_tokens": len(prompt), "completion_tokens": 7},
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            }  # fmt: skip
            data = json.dumps(body).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                if server.honours:
                    self.send_header("Idempotent-Replayed", str(replayed).lower())
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass  # its client was killed

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # its client was killed

    http = Quiet(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)


@functools.cache
def _processes() -> Any:
    """Processes are forked off one that has imported everything and started nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench._killing"])
    return context


def live(home: Path, url: str, kill: Kill | None = None, checkpoints: str = "") -> int:
    """Run ``work`` in a process of its own; its exit code, -9 when it was killed."""
    process = _processes().Process(target=work, args=(home, url, kill, checkpoints), daemon=True)
    process.start()
    process.join(120)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("It hangs.")
    return int(process.exitcode)


@dataclass
class Outcome:
    """What came of one campaign. ``faults`` is empty when all holds."""

    kills: list[Kill]
    died: int = 0
    """How many of the kills struck before the run's end."""
    asked_again: int = 0
    """Requests that were made again because the kill struck after sending and before the answer was on the disk."""
    paid_twice: int = 0
    """Of these, the ones that the server billed again."""
    in_doubt_usd: float = 0.0
    """That the report tells of."""
    faults: list[str] = field(default_factory=list)


def undisturbed(home: Path) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Report, state and seconds of a run that nobody kills."""
    home.mkdir(parents=True)
    with paid_model() as server:
        began = time.perf_counter()
        assert live(home, server.url) == 0
        return _report(home), json.loads((home / "state.json").read_text()), time.perf_counter() - began


def draw(seed: int, moments: dict[str, int], seconds: float) -> list[Kill]:
    """One or two kills: at a moment, shortly after it began, or at any time."""
    rng = random.Random(seed)

    def one() -> Kill:
        if rng.random() < 0.15:
            return Kill(after=rng.uniform(0.01, seconds))
        name = rng.choice(sorted(moments))
        return Kill(name, rng.randrange(moments[name]), rng.choice((0.0, 0.0, rng.uniform(0.0002, 0.01))))

    return [one() for _ in range(rng.choice((1, 1, 2)))]


def campaign(home: Path, kills: Sequence[Kill], report: dict[str, Any], state: dict[str, Any], *, honours: bool = True) -> Outcome:
    """Start a campaign, kill it as told, finish it, and compare it with the undisturbed one.

    At a server that ``honours`` idempotency keys nothing may be paid twice; at another the report must tell what is in doubt, and nothing
    else of it may differ.
    """
    home.mkdir(parents=True)
    outcome = Outcome(list(kills))
    kept: set[str] = set()
    with paid_model(honours) as server:
        for kill in [*kills, None]:
            finished, begun, before = _finished_steps(home), _begun(home), Counter(server.billed)
            code = live(home, server.url, kill)
            if code not in (0, -signal.SIGKILL):
                outcome.faults.append(f"exit code {code}")
            outcome.died += code == -signal.SIGKILL
            again = {line for line in _begun(home)[len(begun) :] if line in finished}
            outcome.faults += [f"{step} had finished and ran again" for step in sorted(again)]
            outcome.faults += [f"{p!r} was paid twice" for p in sorted(kept) if server.billed[p] > before[p]]
            kept |= _kept_answers(home)
        outcome.asked_again = server.again
        outcome.paid_twice = sum(n - 1 for n in server.billed.values())
    made = _report(home)
    for step in made.get("steps", []) if not honours else []:
        outcome.in_doubt_usd += step["cost"]["in_doubt_usd"]
        step["cost"]["in_doubt_usd"] = 0.0
    if outcome.paid_twice and (honours or not outcome.in_doubt_usd):
        outcome.faults.append(
            f"{outcome.paid_twice} requests were paid twice{'' if honours else ', and the report tells of none in doubt'}"
        )
    outcome.faults += [f"{k} differs" for k in _different(made, report)]
    if not (home / "state.json").exists():
        outcome.faults.append("it was never finished")
        return outcome
    made = json.loads((home / "state.json").read_text())
    outcome.faults += [f"the store's {k} differs" for k in ("chroma", "rows", "words") if made[k] != state[k]]
    return outcome


def _different(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [k for k in sorted({*a, *b}) if a.get(k) != b.get(k)]


def _report(home: Path) -> dict[str, Any]:
    path = max(home.glob("runs/*/report.json"), default=None)
    return _timeless(json.loads(path.read_text())) if path else {}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in TIMES}
    if isinstance(value, list):
        return [_timeless(v) for v in value]
    return round(value, 9) if isinstance(value, float) else value


def _stores(home: Path) -> dict[str, Any]:
    made = json.loads((home / "state.json").read_text())
    return {k: made[k] for k in ("chroma", "rows", "words")}


def _begun(home: Path) -> list[str]:
    journal = home / "journal"
    return [line.split()[1] for line in journal.read_text().splitlines() if line.startswith("begin")] if journal.exists() else []


@contextmanager
def _copy(file: Path) -> Iterator[sqlite3.Connection | None]:
    """A copy of a database: looking at it must not mend it."""
    if not file.exists():
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        for part in file.parent.glob(file.name + "*"):
            shutil.copy(part, folder)
        with closing(sqlite3.connect(Path(folder) / file.name, check_same_thread=False)) as db:
            yield db


def _finished_steps(home: Path) -> set[str]:
    """Steps whose results are in the checkpoints."""
    with _copy(next(home.glob("runs/*/checkpoints.sqlite"), home / "none")) as db:
        if db is None or not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'writes'").fetchone():
            return set()
        saver, found = SqliteSaver(db), set()
        for run in (p.parent.name for p in home.glob("runs/*/run.json")):
            for saved in saver.list({"configurable": {"thread_id": run}}):
                for _, channel, value in saved.pending_writes or []:
                    if channel == "__return__":
                        found.add(value["result"]["id"])
                found |= set(saved.checkpoint["channel_values"].get("__end__") or {})
        return found


def _kept_answers(home: Path) -> set[str]:
    with _copy(home / "responses.sqlite3") as db:
        if db is None or not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'responses'").fetchone():
            return set()
        return {json.loads(m)[-1]["content"] for (m,) in db.execute("SELECT messages FROM responses")}
