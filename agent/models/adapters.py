"""Adapters trained on a brand's posts: where they lie, which are used, and how to go back to the model beneath."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from ..errors import UsageError

FOLDER = "adapters"
RECORD = "record.json"
WORK = "training"
"""Folder of trainings that are not finished: checkpoints, and whose posts they saw."""


class AdapterRecord(BaseModel):
    """One adapter as it is registered."""

    name: str
    brand: str
    base: str = Field(description="name of the model it was trained on")
    base_path: str = Field(description="hub id, folder or GGUF file of that model")
    base_fingerprint: str = Field("", description="of its weights; empty where they lie on a hub")
    language: str
    trained: str = Field(description="ISO 8601")
    better: bool = Field(description="whether its evaluation beats the base, by the rule in the model card")
    why: str = ""
    evaluation: dict[str, Any] = Field(default_factory=dict)
    rolled_back: bool = False
    creators: list[str] = Field(default_factory=list, description="ids of those whose posts it was trained or measured on")


def records(home: Path) -> list[tuple[Path, AdapterRecord]]:
    """Registered adapters with their folders, newest first; folders without a readable record are left out."""
    found = []
    for file in (home / FOLDER).glob(f"*/{RECORD}"):
        try:
            found.append((file.parent, AdapterRecord.model_validate_json(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, ValidationError):
            continue
    return sorted(found, key=lambda f: (f[1].trained, f[1].name), reverse=True)


def name_for(home: Path, brand: str) -> str:
    """A name that no adapter of the brand has yet."""
    slug = re.sub(r"\W+", "-", brand).strip("-").lower() or "brand"
    n = 1
    while (home / FOLDER / f"voice-{slug}-{n}").exists():
        n += 1
    return f"voice-{slug}-{n}"


def used(home: Path) -> list[tuple[Path, AdapterRecord]]:
    """The newest of each brand and language that beats its base and was not rolled back."""
    best: dict[tuple[str, str, str], tuple[Path, AdapterRecord]] = {}
    for folder, r in records(home):
        if r.better and not r.rolled_back:
            best.setdefault((r.brand.casefold(), r.language, r.base), (folder, r))
    return list(best.values())


def adapter_names(home: Path) -> set[str]:
    """Names of those that are used."""
    return {r.name for _, r in used(home)}


def roll_back(home: Path, name: str, *, undo: bool = False) -> AdapterRecord:
    """Use an adapter no more, named by itself or by its brand (then the newest in use); ``undo`` takes that back.

    Raises:
        UsageError: there is none.
    """
    for folder, r in records(home):
        if name == r.name or (name.casefold() == r.brand.casefold() and r.rolled_back == undo and r.better):
            changed = r.model_copy(update={"rolled_back": not undo})
            write(folder, changed)
            return changed
    raise _unknown(home, name)


def remove(home: Path, name: str) -> AdapterRecord:
    """Delete an adapter, its record first, so that what is cut short leaves none that is used.

    Raises:
        UsageError: there is none of that name.
    """
    for folder, r in records(home):
        if name == r.name:
            (folder / RECORD).unlink()
            shutil.rmtree(folder)
            return r
    raise _unknown(home, name)


def trained_on(home: Path, creator: str) -> tuple[list[str], list[Path]]:
    """``(adapters, unfinished trainings)`` that saw this creator's posts: names, and folders."""
    unfinished = []
    for about in (home / WORK).glob("*/about.json"):
        try:
            if creator in json.loads(about.read_text(encoding="utf-8"))["creators"]:
                unfinished.append(about.parent)
        except (OSError, ValueError, KeyError):
            unfinished.append(about.parent)  # nobody can tell, and a checkpoint is soon made anew
    return [r.name for _, r in records(home) if creator in r.creators], sorted(unfinished)


def _unknown(home: Path, name: str) -> UsageError:
    return UsageError(f"No adapter is called {name!r}.", hint=f"Known: {', '.join(r.name for _, r in records(home)) or 'none'}.")


def write(folder: Path, record: AdapterRecord) -> None:
    """Write the record in one step."""
    scratch = folder / f".{RECORD}.{os.getpid()}"
    scratch.write_text(json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=2), encoding="utf-8")
    scratch.replace(folder / RECORD)
