"""A project for the tests of the MCP server: the sample store, Kolony's own plugins, and tools with effects that only take notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mcp.types as types
from mcp import Client

from agent import Artifact, Brief, Context, hookimpl, tool
from agent.kolony import Kolony
from agent.mcp.server import KolonyServer
from agent.settings import Settings
from agent.testing import host_with
from agent.testing.running import NOW
from vectorstore import Store


class Notice(Artifact):
    deliverable = "notice"
    text: str = ""


class Posted(Artifact):
    deliverable = "posted"
    text: str = ""


class Kept(Artifact):
    deliverable = "kept"
    text: str = ""


class Outside:
    """A plugin whose tools change something; ``posted`` and ``kept`` say what."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.kept: list[str] = []

    @hookimpl
    def register_tools(self) -> list[Any]:
        @tool(asks=["the notice"])
        def make_notice(ctx: Context, brief: Brief, loud: bool = False) -> Notice:
            """A notice about the product. Call 13912345678 to order."""
            ctx.progress("writing", 1, 2)
            print("what a careless tool prints")
            text = f"New: {brief.product}. Ask Li on 13912345678."
            return Notice(text=text.upper() if loud else text)

        @tool(effect="publish", asks=["publish the notice"])
        def post_notice(ctx: Context, notice: Notice) -> Posted:
            """Put the notice up."""
            self.posted.append(notice.text)
            return Posted(text=notice.text)

        @tool(effect="write", asks=["keep the notice"])
        def keep_notice(ctx: Context, notice: Notice) -> Kept:
            """File the notice."""
            self.kept.append(notice.text)
            return Kept(text=notice.text)

        return [make_notice, post_notice, keep_notice]


class McpWorld:
    """A server with its project, and who answers its questions."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.outside = Outside()
        self.kolony = Kolony(Settings(home=folder, now=NOW, offline_model=False), host=host_with(self.outside))
        self.kolony.__dict__["store"] = store
        self.server = KolonyServer(lambda: self.kolony)
        self.asked: list[str] = []
        self.answer = types.ElicitResult(action="accept", content={"approve": True})

    async def elicit(self, ctx: Any, params: Any) -> types.ElicitResult:
        self.asked.append(params.message)
        return self.answer

    def client(self, mode: str = "auto", *, asks: bool = True) -> Client:
        return Client(self.server.server, mode=mode, elicitation_callback=self.elicit if asks else None)


def said(result: types.CallToolResult) -> str:
    """What a client shows of a result that is only text."""
    return "\n".join(c.text for c in result.content if isinstance(c, types.TextContent))
