"""The Chroma database, in a store's folder or at a server that several processes share, and whatever it raises as one of our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from .errors import StoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

DATABASE = "chroma"
_M_PERTURB = -6


def connect(folder: Path, name: str = DATABASE) -> Client:
    """The database in a store's folder, for this process alone."""
    import chromadb
    from chromadb.config import Settings

    database = folder / name / "chroma.sqlite3"
    if database.exists() and not database.stat().st_size:  # Chroma would quietly start a new one
        raise _damaged(folder, "its database is empty")
    try:
        client = chromadb.PersistentClient(str(folder / name), settings=Settings(anonymized_telemetry=False))
    except OSError:
        raise
    except Exception as e:
        # Depending on the damage Chroma raises its own errors, ValueError, or stumbles over its own clean-up.
        raise _damaged(folder, e.__context__ if isinstance(e, AttributeError) and e.__context__ else e) from e
    return cast("Client", client)  # annotated as the interface, which lacks `close`


def connect_to(server: str) -> Client:
    """The database of a Chroma server, by its URL.

    Raises:
        StoreError: nothing answers there, or something that is no Chroma server.
    """
    import chromadb
    from chromadb.config import Settings

    if not answers(server):
        raise _silent(server)
    parts = urlsplit(server)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        client = chromadb.HttpClient(
            parts.hostname or "localhost", port, ssl=parts.scheme == "https", settings=Settings(anonymized_telemetry=False)
        )
    except Exception as e:
        raise StoreError(
            f"{server} is no Chroma server that can be used: {str(e).rstrip('.')}.", hint="Correct `chroma` in kolony.toml."
        ) from e
    return cast("Client", client)


def answers(server: str, seconds: float = 3.0) -> bool:
    """Whether a Chroma server answers there (its own client would wait for ever). Nobody answers at ``""``."""
    try:
        with urlopen(f"{server.rstrip('/')}/api/v2/heartbeat", timeout=seconds) as answer:  # noqa: S310 - http or https: see Settings
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False


def overwrite_memory() -> None:
    """From now on no memory of this process is handed out with what it held before (where the C library is glibc).

    Chroma writes its vector index anew when it opens one, from memory that it does not clear; what was erased may stand there.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_PERTURB, 0x55)


def _damaged(folder: Path, why: object) -> StoreError:
    return StoreError(
        f"The store in {folder} is damaged or cannot be used: {str(why).rstrip('.')}.",
        hint="Nothing was overwritten. Check the disk's space; otherwise move the folder away and ingest again: the vectors are cached.",
    )


def _silent(server: str) -> StoreError:
    return StoreError(
        f"No Chroma server answers at {server}.",
        hint="Start it with `chroma run --path <home>/store/chroma`, or leave `chroma` (KOLONY_CHROMA) out to open the store yourself.",
    )


@contextmanager
def storage_errors(folder: Path, server: str = "") -> Iterator[None]:
    """Whatever the databases raise, as one of ours."""
    import sqlite3

    try:
        yield
    except StoreError:
        raise
    except (sqlite3.Error, OSError) as e:
        raise StoreError(f"The store in {folder} cannot be used: {e}.", hint="Check the disk's space and permissions.") from e
    except BaseException as e:
        kind = type(e)
        if server and kind.__module__.startswith(("httpx", "httpcore")):
            raise _silent(server) from e
        # Chroma's Rust core panics with a BaseException of its own on some damaged files; what its client cannot name is an Exception.
        if kind.__module__.startswith("chromadb") or kind.__name__ == "PanicException" or (server and kind is Exception):
            if server:
                raise StoreError(
                    f"The Chroma server at {server} refuses: {e}.", hint="Was its database replaced? Then start this process again."
                ) from e
            raise _damaged(folder, e) from e
        raise
