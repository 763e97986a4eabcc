"""Who asked to be forgotten, as salted hashes: enough to know an old export's creator again, not enough to read who it was."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .errors import StoreError
from .records import Creator, Post

FORGOTTEN = "forgotten.json"
"""Name of the file, beside the store, so that it outlives it."""


class Forgotten:
    """The file ``forgotten.json``: an HMAC-SHA-256 for each name that a creator goes by, under a random salt of this file.

    Whoever has the file and a list of all accounts can try them one by one: it is a seal, no safe.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._salt, self._rows = "", {}
        self._known: dict[str, bool] = {}
        self._read_at = 0
        self.refresh()

    def refresh(self) -> None:
        """Read the file, if another process has written it since.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            written = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if written == self._read_at:
            return
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            self._salt, self._rows = str(data["salt"]), dict(data["creators"])
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise StoreError(
                f"{self.path} cannot be read ({e}), so it is not known who asked to be forgotten.",
                hint="Restore the file, or delete it and forget those creators again.",
            ) from e
        self._known.clear()
        self._read_at = written

    _rows: dict[str, dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self._rows)

    def hash(self, id: str) -> str:
        """The hash under which an id (``platform:native id`` or ``platform:handle``) is kept."""
        return hmac.new(self._salt.encode(), id.casefold().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def pseudonym(self, id: str) -> str:
        """What stands for an id where figures stay: the same for one id, and not to be traced back without the salt."""
        self._salt = self._salt or secrets.token_hex(16)
        return self.hash(f"pseudonym {id}")[:10]

    def row(self, id: str) -> dict[str, Any] | None:
        """When it was forgotten (``at``) and whether the erasure went to its end (``done``)."""
        return self._rows.get(self.hash(id)) if self._rows else None

    def add(self, ids: Iterable[str], *, at: datetime | None = None, done: bool) -> list[str]:
        """Keep the hashes of a creator's ids; what they are."""
        self._salt = self._salt or secrets.token_hex(16)
        hashes = [self.hash(i) for i in dict.fromkeys(ids)]
        when = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        # Whoever comes back after an erasure was cut short may know but one of the names.
        one = self._rows.get(hashes[0], {}).get("one", hashes[0])
        hashes += [h for h, row in self._rows.items() if row.get("one") == one and h not in hashes]
        self._rows.update({h: {"at": when, "done": done, "one": one} for h in hashes})
        self._save()
        return hashes

    def allow(self, ids: Iterable[str]) -> int:
        """Let creators in again; how many ids were known."""
        found = [h for i in ids if (h := self.hash(i)) in self._rows]
        for h in found:
            self._rows.pop(h, None)
        if found:
            self._save()
        return len(found)

    def unfinished(self) -> int:
        """Erasures that were cut short."""
        return sum(not r.get("done") for r in self._rows.values())

    def holds(self, record: Post | Creator) -> bool:
        """Whether a record is of somebody who asked to be forgotten."""
        if not self._rows:
            return False
        if isinstance(record, Post):
            return self._has(record.creator_id)
        return self._has(record.id) or bool(record.handle and self._has(f"{record.platform}:{record.handle}"))

    def _has(self, id: str) -> bool:
        if id not in self._known:
            if len(self._known) > 200_000:
                self._known.clear()
            self._known[id] = self.hash(id) in self._rows
        return self._known[id]

    def _save(self) -> None:
        self._known.clear()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(self.path.name + ".new")
        try:
            draft.write_text(json.dumps({"salt": self._salt, "creators": self._rows}, indent=1), encoding="utf-8")
            draft.chmod(0o600)
            os.replace(draft, self.path)
        except OSError as e:
            raise StoreError(f"{self.path} cannot be written: {e.strerror or e}.", hint="Free the disk or check its permissions.") from e
