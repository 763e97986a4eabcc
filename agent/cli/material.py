"""Brand material: ``kolony ingest --material``, and ``kolony materials``."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
materials_app = typer.Typer(help="Brand material that customers' questions are answered from.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(materials_app, name="materials")


def ingest_materials(paths: list[Path], as_json: bool) -> None:
    """Read documents into the store; one that cannot be read is said and the rest goes in."""
    from rich.console import Console
    from rich.text import Text

    from vectorstore import read_materials

    from ..kolony import Kolony
    from . import view

    reading = read_materials(paths)
    with Kolony() as k:
        with view.progress("Reading") as report:
            written = k.store.materials.put(reading, progress=report)
        total = k.store.materials.count()
    if as_json:
        per_file = Counter(p.path for p in reading.passages)
        print(
            json.dumps(
                {
                    "written": asdict(written),
                    "passages": total,
                    "files": [{"file": path, "passages": per_file[path]} for path in reading.read],
                    "faults": [{"file": path, "message": why} for path, why in reading.faults],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    err = Console(stderr=True, highlight=False)
    for path, why in reading.faults[:20]:
        err.print(Text(f"! {path}: {why}", style="yellow"), soft_wrap=True)
    view.out().print(
        f"{len(reading.read):,} documents read, {len(reading.passages):,} passages: {written.added:,} new, {written.changed:,} changed, "
        f"{written.unchanged:,} unchanged. The store holds {total:,} passages of brand material."
    )


@materials_app.command("list")
def materials_list(as_json: AsJson = False) -> None:
    """The documents in the store, each with the number of its passages."""
    from rich.text import Text

    from . import view
    from .data import open_existing

    store = open_existing()
    try:
        counts = Counter((p.source, p.path) for p in store.materials.passages())
    finally:
        store.close()
    rows = sorted(counts.items())
    if as_json:
        print(json.dumps([{"document": s, "path": p, "passages": n} for (s, p), n in rows], ensure_ascii=False, indent=2))
        return
    t = view.table("document", ">passages", "path")
    for (source, path), n in rows:
        t.add_row(Text(source), f"{n:,}", Text(path))
    view.out().print(t)


@materials_app.command("remove")
def materials_remove(
    document: Annotated[str, typer.Argument(help="A document's name or path, as `list` shows it.", show_default=False)],
) -> None:
    """Remove a document's passages from the store."""
    from ..errors import UsageError
    from .data import open_existing

    store = open_existing()
    try:
        removed = store.materials.remove(document)
    finally:
        store.close()
    if not removed:
        raise UsageError(f"The store holds no document {document!r}.", hint="See `kolony materials list`.")
    print(f"{removed:,} passages removed.")
