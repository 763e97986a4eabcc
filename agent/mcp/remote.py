"""Tools of configured MCP servers (``[mcp.NAME]``) as Kolony's tools, called ``NAME_tool``.

What a server offers is listed once and kept; a call compares the tool with what was listed and refuses when it has changed. Each call
is a connection of its own, bounded in time, so that a server that hangs or dies costs one step and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from ..context import Context
from ..errors import KolonyError, NotSent, PluginError, ToolError, TransientError
from ..external import external_tool
from ..hookspecs import hookimpl
from ..host import Host, PluginInfo
from ..report.safe import snippet
from ..settings import McpServer, Settings
from ..tools import Tool
from . import require

MOST_TOOLS = 200
_AGAIN = "`kolony plugins list` tries it again."


class Offered:
    """A server's tools, as a plugin."""

    def __init__(self, tools: list[Tool]) -> None:
        self._tools = tools

    @hookimpl
    def register_tools(self) -> list[Tool]:
        return self._tools


def add_servers(host: Host, settings: Settings, *, again: bool = False) -> None:
    """Add the tools of every configured server. One that cannot be used stands in ``host.plugins`` as broken, with the reason.

    Args:
        again: ask every server anew what it offers.
    """
    for name, server in settings.mcp.items():
        key = f"mcp:{name}"
        try:
            listed = _listed(name, server, settings, again)
            tools = [_tool(name, server, settings, t) for t in listed]
            unknown = sorted({*server.read, *server.asks, *server.arguments} - {t["name"] for t in listed})
            if unknown:
                raise PluginError(f"The server offers no {unknown[0]!r}.", hint=f"Correct [mcp.{name}] in kolony.toml.")
            host.register(Offered(tools), key)
        except KolonyError as e:
            info = host.plugins.setdefault(key, PluginInfo(key))
            info.status, info.error = "broken", info.error or str(e)


def _listed(name: str, server: McpServer, settings: Settings, again: bool) -> list[dict[str, Any]]:
    """What the server offers: as kept from the last time, or asked now."""
    from ..loop import sync

    file = settings.home / "mcp" / f"{name}.json"
    key = hashlib.sha256(server.model_dump_json(include={"command", "url", "env", "token_env"}).encode()).hexdigest()
    if not again:
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["server"] == key:
                if kept["error"]:
                    raise PluginError(str(kept["error"]), hint=_AGAIN)
                return list(kept["tools"])
    error, tools = "", list[dict[str, Any]]()
    try:
        tools = sync(_ask(name, server, settings))
    except KolonyError as e:
        error = e.message
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"server": key, "error": error, "tools": tools}, ensure_ascii=False), encoding="utf-8")
    if error:
        raise PluginError(error, hint=_AGAIN)
    return tools


async def _ask(name: str, server: McpServer, settings: Settings) -> list[dict[str, Any]]:
    async with _connected(name, server, settings, server.connect_seconds) as client:
        return await _tools(client)


async def _tools(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        found += [{"name": t.name, "description": t.description or "", "schema": t.input_schema} for t in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:MOST_TOOLS]


def _tool(name: str, server: McpServer, settings: Settings, listed: dict[str, Any]) -> Tool:
    there = str(listed["name"])

    async def call(ctx: Context, arguments: dict[str, Any]) -> tuple[str, Any]:
        asked = False
        try:
            async with _connected(name, server, settings, server.timeout) as client:
                now = next((t for t in await _tools(client) if t["name"] == there), None)
                if now != listed:
                    what = "no longer offers" if now is None else "has changed"
                    raise NotSent(f"{name} {what} the tool {there!r} since it was listed.", hint=f"Look at it: {_AGAIN}")
                asked = True
                meta: Any = {"kolony/idempotencyKey": ctx.idempotency_key} if ctx.idempotency_key else None
                result = await client.call_tool(there, arguments, meta=meta)
        except TransientError as e:
            raise (ToolError(e.message, hint=e.hint) if asked else NotSent(e.message, hint=e.hint)) from e
        texts = [c.text if c.type == "text" else f"[{c.type}, left out]" for c in result.content]
        if result.is_error:
            raise ToolError(f"{name} says that {there} failed: {snippet(' '.join(texts), 300)}")
        return "\n".join(texts), result.structured_content

    return external_tool(
        f"{name}_{re.sub(r'[^a-zA-Z0-9_]', '_', there)}", call, source=f"the MCP server {name!r}", there=snippet(there, 80),
        description=listed["description"], schema=listed["schema"], effect="read" if there in server.read else "spend",
        asks=server.asks.get(there, ()), arguments=server.arguments.get(there), timeout=server.timeout + 5,
    )  # fmt: skip


@asynccontextmanager
async def _connected(name: str, server: McpServer, settings: Settings, seconds: float) -> AsyncIterator[Any]:
    """A connection for so many seconds altogether.

    Raises:
        TransientError: the server does not answer, died, or speaks something else.
    """
    require()
    from mcp import Client, StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # what a server sends wrongly is told by our own errors
    log = settings.home / "mcp" / f"{name}.log"
    try:
        async with asyncio.timeout(seconds), AsyncExitStack() as stack:
            if server.command:
                errors = stack.enter_context(_opened(log))
                passed = {v: os.environ[v] for v in server.env if v in os.environ}
                parameters = StdioServerParameters(command=server.command[0], args=server.command[1:], env=passed)
                transport: Any = stdio_client(parameters, errlog=errors)
            else:
                import httpx2

                token = os.environ.get(server.token_env, "") if server.token_env else ""
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                web = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=seconds))
                transport = streamable_http_client(str(server.url), http_client=web)
            yield await stack.enter_async_context(Client(transport, cache=None))
    except TimeoutError as e:
        raise TransientError(f"The MCP server {name!r} did not answer within {seconds:g} s.", hint=f"Its own messages: {log}.") from e
    except (Exception, BaseExceptionGroup) as e:
        first: BaseException = e
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if isinstance(first, KolonyError):
            raise first from None
        said = snippet(str(first) or type(first).__name__, 200)
        raise TransientError(f"The MCP server {name!r} cannot be used: {said}.", hint=f"Its own messages: {log}.") from e


def _opened(file: Path) -> TextIO:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.open("w", encoding="utf-8")
