"""What can go wrong in the store. ``agent`` shows these as they are."""

from __future__ import annotations


class StoreError(Exception):
    """Base. ``hint`` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class StoreLocked(StoreError):
    """Another process holds this store."""


class ForeignStore(StoreError):
    """The folder holds something that is no store of ours, or one made with another embedder or version."""


class UnreadableExport(StoreError):
    """No reader can make anything of a file."""
