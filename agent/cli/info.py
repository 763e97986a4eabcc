"""``kolony plugins`` and ``prompts``: what is there and whether it works."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

plugins_app = typer.Typer(help="Installed plugins and their tools.", no_args_is_help=True)
prompts_app = typer.Typer(help="Prompt templates.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    from . import authoring  # noqa: F401  adds its commands to `plugins`

    app.add_typer(plugins_app, name="plugins")
    app.add_typer(prompts_app, name="prompts")


@plugins_app.command("list")
def plugins_list(as_json: AsJson = False) -> None:
    """Every plugin found: loaded, blocked or broken, and why."""
    from rich.text import Text

    from ..host import Host
    from ..settings import load
    from . import view

    settings = load()
    host = Host(settings.plugins, again=True)
    if settings.mcp:
        from ..mcp.remote import add_servers

        add_servers(host, settings, again=True)
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
        t.add_row(p.name, f"{p.distribution} {p.version}".strip() or p.file, p.status, Text(p.error or ", ".join(p.tools) or "–"))
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
