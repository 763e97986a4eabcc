"""Where finished steps are kept so that a killed run goes on: an SQLite file, or a Postgres database that several machines share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import SecretStr

from .errors import CheckpointsUnusable, RunBusy

Saver = BaseCheckpointSaver[Any]
_SETUP = "kolony: tables of checkpoints"


def open_checkpoints(where: Path | SecretStr, run: str) -> AbstractAsyncContextManager[Saver]:
    """The checkpoints in a file or, by its URL, a Postgres database; there nobody else works on ``run`` meanwhile.

    Raises:
        CheckpointsUnusable: now or later, when they cannot be read or written.
        RunBusy: another process works on the run.
    """
    return _sqlite(where) if isinstance(where, Path) else _postgres(where.get_secret_value(), run)


@asynccontextmanager
async def _sqlite(path: Path) -> AsyncIterator[Saver]:
    try:
        async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
            await saver.setup()
            yield saver
    except sqlite3.Error as e:
        damaged = isinstance(e, sqlite3.DatabaseError) and getattr(e, "sqlite_errorcode", 0) in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        )
        raise CheckpointsUnusable(
            f"The checkpoint file {path} {'is damaged and cannot be used' if damaged else 'cannot be used'}: {e}.",
            hint="Nothing was overwritten, and finished reports are kept beside it. "
            + (
                "Move it aside; unfinished runs then begin anew, with the answers they paid for."
                if damaged
                else "Free the disk or check its permissions, then `kolony resume` the run."
            ),
        ) from e


@asynccontextmanager
async def _postgres(url: str, run: str) -> AsyncIterator[Saver]:
    try:
        import psycopg
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    except ImportError as e:
        raise CheckpointsUnusable(
            "Checkpoints in Postgres need two more packages.", hint="Install them with `pip install 'kolony[postgres]'`."
        ) from e
    problem = ""
    try:
        async with AsyncPostgresSaver.from_conn_string(url) as saver:
            # Held by this connection: a process that dies lets go of it.
            if not await _taken(saver.conn, f"kolony run {run}"):
                raise RunBusy(f"Another process works on {run}.", hint="Wait until it has ended, or stop it.")
            # Tried, not waited for: a statement that waits would in turn hold up the indices that `setup` makes.
            while not await _taken(saver.conn, _SETUP):  # noqa: ASYNC110 - the event is in another process
                await asyncio.sleep(0.1)
            await saver.setup()
            await saver.conn.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (_SETUP,))  # type: ignore[union-attr]
            yield saver
    except psycopg.Error as e:
        problem = _without_secrets(str(e).strip() or type(e).__name__, url)
    if problem:  # out of the handler: the driver's own error may quote the password
        raise CheckpointsUnusable(
            f"The checkpoints in Postgres at {_place(url)} cannot be used: {problem.rstrip('.')}.",
            hint="See that the server runs and the setting `checkpoints` is right, then `kolony resume` the run.",
        )


def delete_from_postgres(url: SecretStr, runs: Sequence[str]) -> None:
    """Remove the checkpoints of runs. A resume of one then begins anew, with the answers that were paid for.

    Raises:
        CheckpointsUnusable: the database cannot be used.
        RunBusy: another process works on one of the runs; nothing was removed.
    """
    try:
        import psycopg
        from langgraph.checkpoint.postgres import PostgresSaver
    except ImportError as e:
        raise CheckpointsUnusable(
            "Checkpoints in Postgres need two more packages.", hint="Install them with `pip install 'kolony[postgres]'`."
        ) from e
    where, problem = url.get_secret_value(), ""
    try:
        with PostgresSaver.from_conn_string(where) as saver:
            conn: Any = saver.conn
            if conn.execute("SELECT to_regclass('checkpoint_writes') AS t").fetchone()["t"] is None:
                return
            for run in runs:
                if not conn.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS taken", (f"kolony run {run}",)).fetchone()[
                    "taken"
                ]:
                    raise RunBusy(f"Another process works on {run}.", hint="Wait until it has ended, or stop it. Nothing was removed.")
            for run in runs:
                saver.delete_thread(run)
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                conn.execute(f"VACUUM {table}")  # what was deleted leaves the table's file
    except psycopg.Error as e:
        problem = _without_secrets(str(e).strip() or type(e).__name__, where)
    if problem:
        raise CheckpointsUnusable(
            f"The checkpoints in Postgres at {_place(where)} cannot be used: {problem.rstrip('.')}.",
            hint="See that the server runs and the setting `checkpoints` is right, then try again.",
        )


async def _taken(conn: Any, name: str) -> bool:
    cursor = await conn.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS taken", (name,))
    return bool((await cursor.fetchone())["taken"])


def _place(url: str) -> str:
    """Host and database, without user and password."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        return "the address given"


def _without_secrets(said: str, url: str) -> str:
    """The first line of what the driver said, unless it may quote part of the password."""
    line = said.splitlines()[0]
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return "its address is no URL"
    hidden = any(piece and piece in line for p in {password, unquote(password)} for piece in p.replace("@", ":").split(":"))
    return "the server or the driver refuses it" if hidden or url in line or "password=" in url else line
