"""Fills `<!-- generate: … -->` in the reference pages from the program itself, when the site is built."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

_MARK = re.compile(r"<!-- generate: (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs calls this for every page."""
    return _MARK.sub(lambda m: "\n".join(PARTS[m[1]]()), markdown)


def commands() -> Iterator[str]:
    import typer.main

    from agent.cli import app
    from agent.host import Host

    Host().manager.hook.register_commands(app=app)
    yield from _command(typer.main.get_command(app), "kolony")


def _command(command: Any, name: str) -> Iterator[str]:
    parts = getattr(command, "commands", None)
    if parts is not None:
        for word, part in sorted(parts.items()):
            if not part.hidden:
                yield from _command(part, f"{name} {word}")
        return
    yield from ("", f"## `{name}`", "", _cell(command.help or ""), "")
    rows = [p for p in command.params if not getattr(p, "hidden", False)]
    if rows:
        yield from ("| argument | meaning | default |", "|---|---|---|")
    for p in rows:
        word = " / ".join([*p.opts, *p.secondary_opts]) if p.param_type_name == "option" else (p.metavar or p.name.upper())
        shown = "" if p.default in (None, "", False) or callable(p.default) else f"`{p.default}`"
        yield f"| `{word}` | {_cell(getattr(p, 'help', '') or '')} | {'required' if p.required else shown} |"


def artifacts() -> Iterator[str]:
    from pydantic import BaseModel

    from agent.artifacts import Artifact
    from agent.host import Host

    host = Host()
    makers: dict[str, list[str]] = {}
    for t in host.tools.values():
        makers.setdefault(t.output.__name__, []).append(t.name)
    shown: dict[str, type[BaseModel]] = dict(sorted(host.artifact_types.items()))
    top = set(shown)
    for kind in list(shown.values()):
        for part in _models_in(kind):
            shown.setdefault(part.__name__, part)
    common = set(Artifact.model_fields)
    for name, kind in shown.items():
        yield from ("", f"{'##' if name in top else '###'} {name}", "", _cell(inspect.cleandoc(kind.__doc__ or "")), "")
        if name in makers:
            word = kind.deliverable_name()  # type: ignore[attr-defined]
            yield from (f"Asked for as `{word}`; made by {', '.join(f'`{m}`' for m in makers[name])}.", "")
        fields = {k: f for k, f in kind.model_fields.items() if not (name in top and k in common)}
        if fields:
            yield from ("| field | type | meaning |", "|---|---|---|")
        for key, field in fields.items():
            yield f"| `{key}` | `{_cell(_type(field.annotation))}` | {_cell(field.description or '')} |"


def _models_in(kind: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    from pydantic import BaseModel

    seen = set() if seen is None else seen
    for field in kind.model_fields.values():
        todo = [field.annotation]
        while todo:
            one = todo.pop()
            todo += typing.get_args(one)
            if inspect.isclass(one) and issubclass(one, BaseModel) and one not in seen:
                seen.add(one)
                yield one
                yield from _models_in(one, seen)


def _type(annotation: Any) -> str:
    if annotation is types.NoneType:
        return "None"
    if inspect.isclass(annotation) and not typing.get_args(annotation):
        return annotation.__name__
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return " or ".join(_type(a) for a in typing.get_args(annotation))
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(annotation)).replace("NoneType", "None").replace(" | ", " or ")


def hooks() -> Iterator[str]:
    from agent import hookspecs

    for name, function in vars(hookspecs).items():
        if hasattr(function, "kolony_spec"):
            given = ", ".join(inspect.signature(function).parameters)
            yield from ("", f"## `{name}({given})`", "", inspect.cleandoc(function.__doc__ or ""), "")
            yield f"[Explained, with an example](../plugins.md#{name})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


PARTS: dict[str, Callable[[], Iterator[str]]] = {"commands": commands, "artifacts": artifacts, "hooks": hooks}
