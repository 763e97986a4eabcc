"""``kolony doctor``: what is found, what is missing, and which model each task would go to."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from ..kolony import Kolony

LANGUAGES = ("en", "zh")


class Check(NamedTuple):
    """One line: whether it is as it should be, what it is about, and what was found. ``fatal``: nothing works without it."""

    ok: bool
    what: str
    said: str
    fatal: bool = False


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False) -> None:
    """Check settings, plugins, store and models, and say what to mend and which model each task would go to."""
    from rich.text import Text

    from ..kolony import Kolony
    from . import view

    k = Kolony()
    checks = [*_project(k), *_machine(), *_keys(k), *(Check(m.available, f"model {m.name}", m.reason) for m in k.router.models())]
    routes = _routes(k)
    healthy = all(c.ok for c in checks if c.fatal)
    if as_json:
        print(json.dumps({"ok": healthy, "checks": [c._asdict() for c in checks], "routes": routes}, ensure_ascii=False, indent=2))
    else:
        t = view.table("", "what", "")
        for c in checks:
            mark = Text("✓", style="green") if c.ok else Text("✗", style="red") if c.fatal else Text("–", style="yellow")
            t.add_row(mark, c.what, Text(c.said))
        view.out().print(t)
        view.out().print()
        t = view.table("task", "", "goes to", "why")
        for r in routes:
            t.add_row(r["task"], r["language"], r["model"] or Text("no model", style="yellow"), Text(r["why"]))
        view.out().print(t)
    if not healthy:
        raise typer.Exit(1)


def _project(k: Kolony) -> list[Check]:
    from vectorstore.errors import StoreError

    home = k.settings.home.resolve()
    found = [Check(_writable(home), "home", str(home), fatal=True)]
    found += [Check(p.status != "broken", f"plugin {p.name}", p.error or p.status, fatal=True) for p in k.host.plugins.values()]
    try:
        if (home / "store").exists():
            counts = k.store.counts()
            found.append(Check(True, "store", f"{counts.posts:,} posts, {counts.creators:,} creators", fatal=True))
        else:
            found.append(Check(False, "store", "empty: fill it with `kolony ingest PATH`", fatal=True))
    except StoreError as e:
        found.append(Check(False, "store", str(e), fatal=True))
    finally:
        k.close()
    return found


def _machine() -> list[Check]:
    """Where local models compute, and in which number format."""
    import torch

    from ..models import offline

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        gpu = Check(
            True, "GPU", f"{torch.cuda.get_device_name()}, {free / 2**30:.0f} of {total / 2**30:.0f} GiB free; models run in bfloat16"
        )
    else:
        gpu = Check(False, "GPU", "none: models run on the CPU")
    found = [gpu, Check(True, "CPU", f"{torch.get_num_threads()} threads; {_formats()}")]
    gguf = offline.packaged_gguf()
    if gguf is None:
        return [*found, Check(False, "offline model", f"{offline.NAME} is not installed: {offline.INSTALL}")]
    unpacked = any(offline.cache_folder().glob(f"{gguf.stem}-*/config.json"))
    return [
        *found,
        Check(True, "offline model", f"{offline.NAME}, {'unpacked' if unpacked else 'unpacked at its first use, half a minute'}"),
    ]


def _formats() -> str:
    from ..models import offline

    probes = sorted((offline.cache_folder() / "probes").glob("*.json"), key=lambda f: f.stat().st_mtime)
    with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
        return f"{json.loads(probes[-1].read_text(encoding='utf-8'))['choice']} was the fastest number format when last measured"
    return "the fastest number format is measured when a model is first loaded"


def _keys(k: Kolony) -> list[Check]:
    """Whether there is a key for each remote model. Its value is never shown."""
    from ..models.address import on_this_machine
    from ..models.keys import find_key, missing
    from ..settings import RemoteModel

    keyring = find_spec("keyring") is not None
    found = [
        Check(keyring, "keyring", "installed: keys may lie in it" if keyring else "not installed: keys come from the environment alone")
    ]
    for variable, url in dict.fromkeys((m.api_key_env, m.base_url) for m in k.settings.models if isinstance(m, RemoteModel)):
        why = missing(variable, url)
        if os.environ.get(variable, "").strip():
            said = "yes, in the environment"
        elif why:
            said = why
        else:
            said = "none, and none is needed on this machine" if on_this_machine(url) and not find_key(variable) else "yes, in the keyring"
        found.append(Check(not why, f"key {variable}", said))
    return found


def _routes(k: Kolony) -> list[dict[str, Any]]:
    """For each task that asks a model, and each language: the model it would go to now, and why not to the others."""
    from ..models.router import Want, privacy_of

    tasks = [("read_brief", "", "any"), *((t.name, t.name, t.privacy) for t in k.host.tools.values() if t.model_calls)]
    routes: list[dict[str, Any]] = []
    for task, tool, privacy in tasks:
        for language in LANGUAGES:
            if task == "read_brief" and not k.settings.models:
                decided, why = None, "rules read the request; a model helps where one is configured"
                refused: list[str] = []
            else:
                decision = k.router.decide(Want(language, privacy_of(privacy), task, tool, checked=task != "read_brief"))
                decided, refused = (decision.choices[0] if decision.choices else None), decision.refused
                why = decided.reason if decided else "; ".join(refused) or "no model is configured"
            routes.append(
                {"task": task, "language": language, "model": decided.spec.name if decided else "", "why": why, "refused": refused}
            )
    return routes


def _writable(folder: Path) -> bool:
    """Whether files can be made in ``folder`` or, when it is not there yet, in the nearest folder above it."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
