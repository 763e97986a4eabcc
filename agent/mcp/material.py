"""What an MCP client can read: reports of runs and creators as resources, and prompts to start from."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

import mcp.types as types

from prompts import PromptError, Prompts

from ..errors import UsageError
from ..guard import redact
from ..kolony import Kolony

PAGE = 100
"""Resources listed at once."""
_REPORTS = {"report.md": "text/markdown", "report.json": "application/json", "report.html": "text/html"}
_WRITTEN = ("name", "handle", "bio", "location")
"""What creators write about themselves, where it may hold ways to reach them."""
PREFIX = "start_"
"""Templates whose names begin so are the prompts that a client is offered."""


class Material:
    def __init__(self, k: Kolony) -> None:
        self._k = k

    @staticmethod
    def report_uri(run: str, file: str = "report.md") -> str:
        return f"kolony://runs/{run}/{file}"

    # --- resources

    def resources(self, cursor: str | None) -> types.ListResourcesResult:
        """The reports, newest first, then the creators, most followers first; a page at a time."""
        start = int(cursor) if cursor and cursor.isdecimal() else 0
        runs = [(id, self._k.runs.find(id).path) for id in self._k.runs.ids()]
        reports = [
            types.Resource(uri=self.report_uri(id), name=f"Report of {id}", mime_type="text/markdown", description="A run's report.")
            for id, path in runs
            if (path / "report.md").is_file()
        ]
        known = [
            types.Resource(uri=_creator_uri(c.id), name=redact(c.name or c.handle or c.id), mime_type="application/json", description=f"{c.platform}, {c.followers or 0:,} followers")
            for c in self._creators()
        ]  # fmt: skip
        everything = [*reports, *known]
        after = start + PAGE
        return types.ListResourcesResult(resources=everything[start:after], next_cursor=str(after) if after < len(everything) else None)

    @staticmethod
    def templates() -> list[types.ResourceTemplate]:
        return [
            types.ResourceTemplate(
                uri_template="kolony://runs/{run}/{file}", name="Report of a run",
                description="`run`: a run's id, or `last`. `file`: report.md, report.json or report.html.",
            ),
            types.ResourceTemplate(
                uri_template="kolony://creators/{creator}", name="Creator", mime_type="application/json",
                description="What is known of a creator, by id, such as instagram:name. Ways to reach them are masked.",
            ),
        ]  # fmt: skip

    def read(self, uri: str) -> types.ReadResourceResult:
        """
        Raises:
            UsageError: there is no such resource.
        """
        kind, _, rest = uri.removeprefix("kolony://").partition("/")
        if uri.startswith("kolony://runs/"):
            run, _, file = rest.partition("/")
            if file not in _REPORTS:
                raise UsageError(f"There is no resource {uri!r}.", hint=f"A run has {', '.join(_REPORTS)}.")
            path = self._k.runs.find(unquote(run)).path / file
            if not path.is_file():
                raise UsageError(f"The run {run} has no {file} yet.", hint=f"`kolony resume {run}` writes it.")
            return _contents(uri, path.read_text(encoding="utf-8"), _REPORTS[file])
        if kind == "creators" and rest:
            found = next((c for c in self._creators([unquote(rest)])), None)
            if found is not None:
                record = found.model_dump(mode="json", exclude_none=True)
                masked = {n: redact(v) if n in _WRITTEN and isinstance(v, str) else v for n, v in record.items()}
                return _contents(uri, json.dumps(masked, ensure_ascii=False, indent=1), "application/json")
        raise UsageError(f"There is no resource {uri!r}.", hint="List the resources for those there are.")

    def _creators(self, ids: list[str] | None = None) -> list[Any]:
        found = self._k.store.creators(ids=ids) if ids else self._k.store.creators()
        return sorted(found, key=lambda c: -(c.followers or 0))

    # --- prompts

    def prompts(self) -> types.ListPromptsResult:
        offered = [p for p in self._templates().all() if p.name.startswith(PREFIX)]
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=f"{p.name.removeprefix(PREFIX)}_{p.language}", description=p.description,
                    arguments=[types.PromptArgument(name=name, required=False) for name in p.takes],
                )
                for p in offered
            ]
        )  # fmt: skip

    def prompt(self, name: str, arguments: dict[str, str]) -> types.GetPromptResult:
        """
        Raises:
            UsageError: there is no such prompt, or it takes no such argument.
        """
        task, _, language = name.rpartition("_")
        try:
            template = self._templates().get(PREFIX + task, language)
            if template.language != language:
                raise PromptError(name)
        except PromptError as e:
            raise UsageError(f"There is no prompt {name!r}.", hint="List the prompts for those there are.") from e
        if unknown := sorted(set(arguments) - set(template.takes)):
            raise UsageError(f"The prompt {name} takes no {unknown[0]!r}.", hint=f"It takes: {', '.join(template.takes)}.")
        text = template.render(**{n: arguments.get(n, "") for n in template.takes})
        message = types.PromptMessage(role="user", content=types.TextContent(text=text))
        return types.GetPromptResult(description=template.description, messages=[message])

    def _templates(self) -> Prompts:
        return Prompts(self._k.host.collect("register_prompts"))


def _creator_uri(id: str) -> str:
    return f"kolony://creators/{quote(id, safe=':')}"


def _contents(uri: str, text: str, kind: str) -> types.ReadResourceResult:
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, text=text, mime_type=kind)])
