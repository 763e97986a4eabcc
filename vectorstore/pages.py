"""What SQLite keeps of deleted rows: free pages, and copies of pages in the log of writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def scrub(db: sqlite3.Connection) -> None:
    """Write the file anew without free pages and empty its log.

    Raises:
        sqlite3.OperationalError: another process is reading the file, so old pages have to stay in its log; or the disk is full.
    """
    db.commit()
    db.execute("VACUUM")
    with closing(db.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as done:
        if done.fetchone()[0]:
            raise sqlite3.OperationalError("another process is reading it")
