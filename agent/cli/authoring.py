"""``kolony plugins new`` and ``plugins check``: for authors of plugins."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .info import AsJson, plugins_app


@plugins_app.command("new")
def plugins_new(
    name: Annotated[str, typer.Argument(help="What the plugin is called, as kolony-best-hours.")],
    into: Annotated[Path, typer.Option("--into", help="Folder in which the project's own is made.")] = Path(),
) -> None:
    """Write a plugin project that works: one tool, its prompt, a test."""
    from ..authoring.scaffold import Names, create

    files = create(name, into)
    names = Names.of(name)
    root = into / names.project
    for file in files:
        print(file)
    print(f"\nNext:\n  cd {root}\n  pip install -e '.[test]'\n  python -m pytest\n  kolony plugins check .")
    print(f'  kolony plan "… and tell us the {names.phrase}"')


@plugins_app.command("check")
def plugins_check(
    path: Annotated[Path, typer.Argument(help="A plugin project's folder, or a file NAME.py.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Judge a plugin before it is published; exit code 1 when something stands against it. It is loaded in a process of its own."""
    from ..authoring.check import check

    verdict = check(path)
    if as_json:
        print(json.dumps({**asdict(verdict), "fit": verdict.fit}, ensure_ascii=False, indent=2))
    else:
        for f in verdict.findings:
            where = f" ({f.file}{f':{f.line}' if f.line else ''})" if f.file else ""
            print(f"{f.severity}: {f.check}: {f.message}{where}\n    {f.mend}")
        for t in verdict.tools:
            print(f"tool {t['name']}: gives {t['gives']}, effect {t['effect']}, privacy {t['privacy']}")
        errors = sum(f.severity == "error" for f in verdict.findings)
        said = f"{errors} error{'s' if errors != 1 else ''}, {len(verdict.findings) - errors} warnings"
        print(f"{'Fit to publish' if verdict.fit else 'Not fit to publish'}: {said}; imported in {verdict.import_seconds * 1000:.0f} ms.")
    if not verdict.fit:
        raise typer.Exit(1)
