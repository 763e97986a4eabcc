"""``kolony plugins``, ``models``, ``prompts`` and ``doctor``: what is there and whether it works."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

plugins_app = typer.Typer(help="Installed plugins and their tools.", no_args_is_help=True)
models_app = typer.Typer(help="Configured models.", no_args_is_help=True)
prompts_app = typer.Typer(help="Prompt templates.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(plugins_app, name="plugins")
    app.add_typer(models_app, name="models")
    app.add_typer(prompts_app, name="prompts")
    app.command()(doctor)


@plugins_app.command("list")
def plugins_list(as_json: AsJson = False) -> None:
    """Every plugin found: loaded, blocked or broken, and why."""
    from rich.text import Text

    from ..host import Host
    from ..settings import load
    from . import view

    host = Host(load().plugins)
    if as_json:
        tools = {
            t.name: {
                "plugin": t.plugin,
                "description": t.description.splitlines()[0],
                "takes": {i.name: i.type.__name__ + ("" if i.required else " | None") for i in t.inputs},
                "gives": t.output.__name__,
                "effect": t.effect,
                "privacy": t.privacy,
                "arguments": t.params_schema().get("properties", {}),
            }
            for t in host.tools.values()
        }
        rows = [{k: v for k, v in vars(p).items() if k != "trace"} for p in host.plugins.values()]
        print(json.dumps({"plugins": rows, "tools": tools}, ensure_ascii=False, indent=2))
        return
    t = view.table("plugin", "from", "status", "tools")
    for p in host.plugins.values():
        t.add_row(p.name, f"{p.distribution} {p.version}".strip(), p.status, Text(p.error or ", ".join(p.tools) or "–"))
    view.out().print(t)


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """Every model the router knows, and whether it can be used."""
    from rich.text import Text

    from ..kolony import Kolony
    from . import view

    rows: list[dict[str, Any]] = [vars(m) if not hasattr(m, "model_dump") else m.model_dump(mode="json") for m in Kolony().router.models()]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    t = view.table("model", "where", "languages", "usable", "")
    for m in rows:
        where = "remote" if m.get("remote") else "local"
        t.add_row(str(m["name"]), where, ", ".join(m["languages"]), "yes" if m["available"] else "no", Text(str(m.get("reason", ""))))
    view.out().print(t)


@prompts_app.command("list")
def prompts_list(as_json: AsJson = False) -> None:
    """Every prompt template, with what it takes and gives."""
    from rich.text import Text

    from . import view

    found = _prompts().all()
    if as_json:
        rows = [{"name": p.name, "language": p.language, "description": p.description, "takes": p.takes, "gives": p.gives} for p in found]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    t = view.table("prompt", "language", "takes", "what for")
    for p in found:
        t.add_row(p.name, p.language, ", ".join(p.takes), Text(p.description))
    view.out().print(t)


@prompts_app.command("show")
def prompts_show(name: str, language: Annotated[str, typer.Option(help="en or zh")] = "en") -> None:
    """One template, word for word."""
    print(_prompts().get(name, language).body.strip())


def _prompts() -> Any:
    from prompts import Prompts

    from ..host import Host
    from ..settings import load

    return Prompts(Host(load().plugins).collect("register_prompts"))


def doctor() -> None:
    """Check settings, plugins, store and models, and say what to mend."""
    from rich.text import Text

    from vectorstore.errors import StoreError

    from ..kolony import Kolony
    from . import view

    k = Kolony()
    home = k.settings.home.resolve()
    rows: list[tuple[bool, str, str]] = [(_writable(home), "home", str(home))]
    rows += [(p.status != "broken", f"plugin {p.name}", p.error or p.status) for p in k.host.plugins.values()]
    try:
        if (home / "store").exists():
            counts = k.store.counts()
            rows.append((True, "store", f"{counts.posts:,} posts, {counts.creators:,} creators"))
        else:
            rows.append((False, "store", "empty: fill it with `kolony ingest PATH`"))
    except StoreError as e:
        rows.append((False, "store", str(e)))
    finally:
        k.close()
    for m in k.router.models():
        rows.append((m.available, f"model {m.name}", m.reason or f"writes {', '.join(m.languages)}"))
    t = view.table("", "what", "")
    for good, what, said in rows:
        t.add_row(Text("✓", style="green") if good else Text("✗", style="red"), what, Text(said))
    view.out().print(t)
    if not all(good for good, what, _ in rows if not what.startswith("model")):
        raise typer.Exit(1)


def _writable(folder: Path) -> bool:
    """Whether files can be made in ``folder`` or, when it is not there yet, in the nearest folder above it."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
