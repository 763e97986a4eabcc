"""The Chroma database in a store's folder, and whatever it raises as one of our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .errors import StoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

DATABASE = "chroma"


def connect(folder: Path, name: str = DATABASE) -> Client:
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


def _damaged(folder: Path, why: object) -> StoreError:
    return StoreError(
        f"The store in {folder} is damaged or cannot be used: {str(why).rstrip('.')}.",
        hint="Nothing was overwritten. Check the disk's space; otherwise move the folder away and ingest again: the vectors are cached.",
    )


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Whatever the databases raise, as one of ours."""
    import sqlite3

    try:
        yield
    except StoreError:
        raise
    except (sqlite3.Error, OSError) as e:
        raise StoreError(f"The store in {folder} cannot be used: {e}.", hint="Check the disk's space and permissions.") from e
    except BaseException as e:
        # Chroma's Rust core panics with a BaseException of its own on some damaged files.
        if type(e).__module__.startswith("chromadb") or type(e).__name__ == "PanicException":
            raise _damaged(folder, e) from e
        raise
