"""Checkpoints in a file and in Postgres: damaged, full, read-only, away, shared."""

from __future__ import annotations

import asyncio
import getpass
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from toolbox import execution, graph

from agent import KolonyError
from agent.checkpoints import delete_from_postgres, open_checkpoints
from agent.errors import CheckpointsUnusable, RunBusy, SettingsError
from agent.loop import sync
from agent.settings import Settings, load
from bench import _killing as killing
from bench._killing import Kill

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs SIGKILL and a fork server")


def _told(home: Path, url: str, limit: int = 0, user: int = 0) -> None:
    """``work`` under a limit of file sizes (bytes) or as another user; what it raised goes to the journal's neighbour."""
    out = os.open(home.with_name(home.name + ".told"), os.O_WRONLY | os.O_CREAT)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    try:
        killing.work(home, url, None)
    except BaseException as e:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)) if not user and not limit else None
        os.write(out, f"{type(e).__name__}: {e}".encode()[:500])


def told(home: Path, url: str, **how: int) -> str:
    process = killing._processes().Process(target=_told, args=(home, url), kwargs=how)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    return home.with_name(home.name + ".told").read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return killing.undisturbed(tmp_path_factory.mktemp("whole") / "home")


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 400, None])
def test_a_damaged_checkpoint_file_is_told_and_nothing_is_overwritten(damage: bytes | None, tmp_path: Path) -> None:
    plan, tools = graph({"a": (), "b": ("a",)}, {})
    e = execution(plan, tools, tmp_path)
    sync(e.run())
    file = tmp_path / "checkpoints.sqlite"
    whole = file.read_bytes()
    cut = damage if damage is not None else whole[: len(whole) // 3] + b"\xff" * 4096
    file.write_bytes(cut)
    again = execution(plan, tools, tmp_path)
    if not cut:  # an empty file is an empty database: the run begins anew
        sync(again.run(resume=True))
        assert again.status == "done"
        return
    with pytest.raises(CheckpointsUnusable, match=r"checkpoint file .* is damaged") as raised:
        sync(again.run(resume=True))
    assert "Nothing was overwritten" in raised.value.hint
    assert file.read_bytes() == cut


def test_damaged_checkpoints_cost_no_run_its_report(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with killing.paid_model() as server:
        assert killing.live(home, server.url) == 0
        (file,) = home.glob("runs/*/checkpoints.sqlite")
        file.write_bytes(b"no database " * 1000)
        kept = {p.name: p.read_bytes() for p in home.glob("runs/*/*.*") if p.name in ("report.json", "report.html", "run.json")}
        assert told(home, server.url).startswith("CheckpointsUnusable: The checkpoint file")
    assert {p.name: p.read_bytes() for p in home.glob("runs/*/*.*") if p.name in kept} == kept
    assert len(kept) == 3


@pytest.mark.parametrize("limit", [1_000, 30_000, 120_000])
def test_a_full_disk_is_told_and_the_run_is_finished_when_there_is_room(limit: int, whole: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with killing.paid_model() as server:
        said = told(home, server.url, limit=limit)  # a file-size limit fails writes as a full disk does
        assert said.split(":")[0] in ("CheckpointsUnusable", "KolonyError", "StoreError", ""), said
        assert killing.live(home, server.url) == 0
    assert killing._report(home) == whole[0]
    assert killing._stores(home) == {k: whole[1][k] for k in ("chroma", "rows", "words")}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_read_only_home_is_told(tmp_path: Path) -> None:
    top = Path(tempfile.mkdtemp())
    try:
        (top / "home").mkdir()
        top.chmod(0o755)
        (top / "home").chmod(0o555)
        with killing.paid_model() as server:
            said = told(top / "home", server.url, user=65534)
            assert server.billed.total() == 0
        assert said.split(":")[0] in ("KolonyError", "StoreError"), said
        assert "annot be written" in said
        assert not list((top / "home").iterdir())
    finally:
        shutil.rmtree(top)


# --- Postgres

_BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda p: int(p.parent.name))
needs_postgres = pytest.mark.skipif(_BIN is None, reason="no Postgres server is installed (Debian: apt-get install postgresql)")
PASSWORD = "s3cr3t-of-the-database"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """URL of a server of our own, with a password, gone afterwards."""
    assert _BIN is not None
    top = Path(tempfile.mkdtemp())  # an unprivileged user must be able to reach it
    top.chmod(0o755)
    as_user: list[str] = []
    data = top / "data"
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    secret = data.with_name("password")
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    user = "kolony" if as_user else getpass.getuser()
    initdb = [*as_user, str(_BIN / "initdb"), "-D", str(data), "-U", user, "-A", "scram-sha-256", "--pwfile", str(secret), "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [*as_user, str(_BIN / "postgres"), "-D", str(data), *options], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        import psycopg

        for _ in range(200):
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        shutil.rmtree(top)


def _finished(url: str, home: Path) -> set[str]:
    """Steps whose results are in the database."""
    from langgraph.checkpoint.postgres import PostgresSaver

    run = next(home.glob("runs/*/run.json")).parent.name
    with PostgresSaver.from_conn_string(url) as saver:
        saved = saver.get_tuple({"configurable": {"thread_id": run}})
    return {value["result"]["id"] for _, channel, value in (saved.pending_writes if saved else None) or [] if channel == "__return__"}


@needs_postgres
def test_a_run_whose_process_was_killed_is_finished_by_another_on_the_same_database(whole: Any, postgres: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with killing.paid_model() as server:
        assert killing.live(home, server.url, Kill("before: tool", 4), postgres) == -signal.SIGKILL
        begun = killing._begun(home)
        finished = _finished(postgres, home)
        assert {"ask", "gather"} <= finished
        assert killing.live(home, server.url, None, postgres) == 0
        assert max(server.billed.values()) == 1
    again = killing._begun(home)[len(begun) :]
    assert "join" in again
    assert not finished & set(again)
    assert killing._report(home) == whole[0]
    assert not list(home.rglob("checkpoints.sqlite"))
    for file in home.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes(), file


@needs_postgres
def test_what_is_removed_is_gone_from_the_database_and_a_run_under_way_is_left_alone(postgres: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with killing.paid_model() as server:
        assert killing.live(home, server.url, None, postgres) == 0
        asked = server.billed.total()
        _removed(postgres, home)
        assert killing.live(home, server.url, None, postgres) == 0  # it begins anew, with the answers that were paid for
        assert server.billed.total() == asked


def _removed(postgres: str, home: Path) -> None:
    import psycopg

    (run,) = (p.name for p in home.glob("runs/2*"))
    url = SecretStr(postgres)

    def rows() -> int:
        with psycopg.connect(postgres) as db:
            tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
            return sum(db.execute(f"SELECT count(*) FROM {t} WHERE thread_id = %s", (run,)).fetchone()[0] for t in tables)

    async def while_it_runs() -> None:
        async with open_checkpoints(url, run):
            with pytest.raises(RunBusy, match="Nothing was removed"):
                await asyncio.to_thread(delete_from_postgres, url, [run])

    sync(while_it_runs())
    assert rows() > 0
    delete_from_postgres(url, [run])
    assert rows() == 0


@needs_postgres
def test_two_processes_never_work_on_one_run(postgres: str) -> None:
    held, leave = threading.Event(), threading.Event()

    async def hold() -> None:
        async with open_checkpoints(SecretStr(postgres), "run-1"):
            held.set()
            while not leave.is_set():
                await asyncio.sleep(0.02)

    async def enter(run: str) -> None:
        async with open_checkpoints(SecretStr(postgres), run):
            pass

    thread = threading.Thread(target=lambda: sync(hold()))
    thread.start()
    try:
        assert held.wait(20)
        with pytest.raises(RunBusy, match="Another process works on run-1"):
            sync(enter("run-1"))
        sync(enter("run-2"))
    finally:
        leave.set()
        thread.join()
    sync(enter("run-1"))


@needs_postgres
def test_no_error_of_the_database_says_the_password(postgres: str) -> None:
    async def enter(url: str) -> None:
        async with open_checkpoints(SecretStr(url), "run-1"):
            pass

    wrong = "an0ther-secret"
    for url in (
        postgres.replace(PASSWORD, wrong),
        postgres.rsplit("@", 1)[0] + "@127.0.0.1:1/postgres",
        f"postgresql://u:{wrong}@127.0.0.1:{wrong}/d",
    ):
        with pytest.raises(CheckpointsUnusable) as raised:
            sync(enter(url))
        seen, e = [], raised.value
        chain: BaseException | None = e
        while chain is not None:
            seen.append(f"{chain!r} {chain}")
            chain = chain.__cause__ or chain.__context__
        assert not any(s in text for text in seen for s in (wrong, PASSWORD)), seen
        assert "checkpoints" in e.hint


def test_the_setting_takes_only_postgres_and_never_shows_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONY_CHECKPOINTS", f"postgresql://u:{PASSWORD}@h/d")
    settings = load(tmp_path)
    assert settings.checkpoints is not None
    assert PASSWORD not in f"{settings!r} {settings.model_dump_json()}"
    monkeypatch.setenv("KOLONY_CHECKPOINTS", f"mysql://u:{PASSWORD}@h/d")
    with pytest.raises(SettingsError, match="Postgres") as raised:
        load(tmp_path)
    assert PASSWORD not in str(raised.value)
    assert Settings().checkpoints is None
    assert issubclass(CheckpointsUnusable, KolonyError)
