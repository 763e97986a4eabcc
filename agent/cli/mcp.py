"""``kolony mcp``: the Model Context Protocol."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

mcp_app = typer.Typer(help="Kolony for other programs, and other servers' tools (Model Context Protocol).", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(mcp_app, name="mcp")


@mcp_app.command()
def serve(
    http: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Serve streamable HTTP here instead of standard input and output.", show_default=False)
    ] = "",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Serve on an address that other machines reach; needs KOLONY_MCP_TOKEN.")
    ] = False,
) -> None:
    """Offer the tools, reports and creators of this project to an MCP client."""
    import logging
    import sys

    from ..mcp import require

    require()
    from ..settings import load

    load()  # a fault of the settings is told now, not to the first client
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    if not http:
        from ..mcp.server import serve_stdio

        asyncio.run(serve_stdio())
        return
    from ..mcp.http import TOKEN, address, check, serve_http

    host, port = address(http)
    token = os.environ.get(TOKEN, "")
    check(host, anywhere=allow_remote, token=token)
    asyncio.run(serve_http(host, port, token))
