"""``kolony ingest``, ``posts`` and ``creators``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import material as brand_material

if TYPE_CHECKING:
    from vectorstore import Counts, ReadReport, Store, UpsertReport

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")]
Platforms = Annotated[list[str] | None, typer.Option("--platform", help="Only these platforms (slugs such as xiaohongshu).")]

posts_app = typer.Typer(help="Indexed posts.", no_args_is_help=True)
creators_app = typer.Typer(help="Indexed creators.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command()(ingest)
    app.add_typer(posts_app, name="posts")
    app.add_typer(creators_app, name="creators")
    brand_material.add_to(app)


def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help="Files or folders: MediaCrawler exports, top lists, any CSV, JSON or JSONL.", show_default=False)
    ],
    mapping: Annotated[Path | None, typer.Option("--map", help="JSON file that says which column is what; see docs/exports.md.")] = None,
    save_mapping: Annotated[Path | None, typer.Option("--save-map", help="Write the mapping that was guessed for a table here.")] = None,
    material: Annotated[
        bool,
        typer.Option(
            "--material", help="The files are brand documents (FAQ, product sheets, policies): Markdown, text, HTML, PDF, CSV, JSONL."
        ),
    ] = False,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="Take this forgotten creator (id or platform:handle) in again.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read exports into the store, or with --material a brand's own documents. Reading the same files again changes nothing."""
    from ..errors import UsageError
    from ..kolony import Kolony
    from . import view

    missing = [p for p in paths if not p.exists()]
    if missing:
        raise UsageError(f"There is no file or folder {str(missing[0])!r}.", hint="Check the path.")
    if material:
        if mapping or save_mapping:
            raise UsageError("--map and --save-map are for exports, not for brand documents.", hint="Leave them out with --material.")
        brand_material.ingest_materials(paths, as_json)
        return
    with Kolony() as k:
        from vectorstore import Mapping, read_exports

        chosen = Mapping.load(mapping) if mapping else None
        exports = read_exports(paths, mapping=chosen, extra_readers=k.host.collect("register_readers"))
        k.store.forgotten.allow(allow or ())
        with view.progress("Reading") as report:
            written = k.store.upsert(exports.posts, exports.creators, progress=report)
        counts = k.store.counts()
    if save_mapping:
        _save_mapping(exports, save_mapping)
    if as_json:
        report_json = {
            "written": asdict(written),
            "store": asdict(counts),
            "files": [asdict(f) for f in exports.files.values()],
            "faults": [asdict(f) for f in exports.faults],
        }
        print(json.dumps(report_json, ensure_ascii=False, indent=2))
    else:
        _show_ingest(exports, written, counts)


def _show_ingest(exports: ReadReport, written: UpsertReport, counts: Counts) -> None:
    from rich.console import Console
    from rich.text import Text

    from . import view

    console, err = view.out(), Console(stderr=True, highlight=False)
    for f in exports.files.values():
        took = f"{f.reader}: {f.rows:,} rows, {f.posts:,} posts, {f.creators:,} creators" if f.reader else "not used"
        err.print(Text(f"{f.file}  {took}", style="dim"), soft_wrap=True)
        if f.mapping:
            guessed = ", ".join(f"{field} ← {column}" for field, column in f.mapping.columns.items() if field != column)
            if guessed:
                err.print(Text(f"  columns read as {f.mapping.kind}: {guessed}", style="dim"), soft_wrap=True)
    for fault in exports.faults[:20]:
        err.print(Text(f"! {fault}", style="yellow"), soft_wrap=True)
    if len(exports.faults) > 20:
        err.print(Text(f"! {len(exports.faults) - 20} more; `--json` lists them all.", style="yellow"))
    console.print(
        f"{len(exports.posts):,} posts and {len(exports.creators):,} creators read: "
        f"{written.added:,} new, {written.changed:,} changed, {written.unchanged:,} unchanged, {written.embedded:,} embedded."
    )
    if written.forgotten:
        said = f"{written.forgotten:,} records left out: their creators asked to be forgotten (`--allow` takes one in again)."
        err.print(Text(said, style="yellow"))
    console.print(f"The store holds {counts.posts:,} posts and {counts.creators:,} creators.")


def _save_mapping(exports: ReadReport, path: Path) -> None:
    from ..errors import UsageError

    mappings = [f.mapping for f in exports.files.values() if f.mapping]
    if len(mappings) != 1:
        raise UsageError(f"{len(mappings)} of these files have a column mapping; one can be saved.", hint="Ingest one table at a time.")
    mappings[0].save(path)


def open_existing() -> Store:
    """The project's store, which must exist."""
    from ..kolony import Kolony

    return Kolony().open_store(create=False)


@posts_app.command("search")
def posts_search(
    query: Annotated[str, typer.Argument(help="Words in any language.", show_default=False)],
    platform: Platforms = None,
    language: Annotated[list[str] | None, typer.Option(help="Only these languages (en, zh).")] = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Posts about something: by meaning and by words."""
    from rich.text import Text

    from vectorstore import Filter

    from . import view

    store = open_existing()
    try:
        hits = store.search_posts(query, Filter(platforms=tuple(platform or ()), languages=tuple(language or ())), limit)
    finally:
        store.close()
    if as_json:
        rows = [
            {"score": h.score, "dense_rank": h.dense_rank, "lexical_rank": h.lexical_rank, **_masked(h.post.model_dump(mode="json"))}
            for h in hits
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    t = view.table(">score", "post", ">engagements", "text")
    for h in hits:
        engagement = h.post.engagement
        t.add_row(
            f"{h.score:.4f}",
            h.post.id,
            f"{engagement:,}" if engagement is not None else "–",
            Text(view.shown(" ".join(h.post.body.split()))[:90]),
        )
    view.out().print(t) if hits else print("Nothing found.", file=sys.stderr)


@creators_app.command("list")
def creators_list(platform: Platforms = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Indexed creators, most followers first."""
    from rich.text import Text

    from . import view

    store = open_existing()
    try:
        creators = store.creators(platforms=tuple(platform or ()))
    finally:
        store.close()
    creators = sorted(creators, key=lambda c: -(c.followers or 0))[:limit]
    if as_json:
        print(json.dumps([_masked(c.model_dump(mode="json", exclude_none=True)) for c in creators], ensure_ascii=False, indent=2))
        return
    t = view.table("creator", "name", ">followers", "tier", "location", "quoted")
    for c in creators:
        quotes = ", ".join(f"{q.format} {q.amount:,.0f} {q.currency}" for q in c.quotes) or "–"
        t.add_row(
            c.id,
            Text(view.shown(c.name)),
            f"{c.followers:,}" if c.followers is not None else "–",
            c.tier or "–",
            Text(view.shown(c.location or "–")),
            quotes,
        )
    view.out().print(t)


def _masked(record: dict[str, Any]) -> dict[str, Any]:
    """A record with personal data masked in what its author wrote."""
    from . import view

    written = ("title", "text", "name", "handle", "bio", "location")
    return {k: view.shown(v) if k in written and v else v for k, v in record.items()}


@creators_app.command("show")
def creators_show(creator: Annotated[str, typer.Argument(help="A creator's id.", show_default=False)]) -> None:
    """Everything the store holds about one creator, as JSON: ways to reach them too, which lists and reports mask."""
    from ..errors import UsageError

    store = open_existing()
    try:
        found = store.creator(creator)
    finally:
        store.close()
    if found is None:
        raise UsageError(f"The store holds no creator {creator!r}.", hint="See `kolony creators list`.")
    print(found.model_dump_json(indent=2, exclude_none=True))
