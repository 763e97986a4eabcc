"""The MCP server over streamable HTTP: on this machine only, unless the user says otherwise and gives a token."""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import socket
import sys
from typing import Any

from ..errors import KolonyError, UsageError

TOKEN = "KOLONY_MCP_TOKEN"  # noqa: S105 - the variable's name
SHORTEST = 24
"""Characters of a token."""


def address(where: str) -> tuple[str, int]:
    """``127.0.0.1:8765``, ``[::1]:8765`` or ``8765`` as host and port.

    Raises:
        UsageError: it is none of these.
    """
    host, _, port = where.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"{where!r} is no address.", hint="Give HOST:PORT, as in 127.0.0.1:8765.")
    return host.strip("[]") or "127.0.0.1", int(port)


def check(host: str, *, anywhere: bool, token: str) -> None:
    """Refuse what would open the project to others by mistake.

    Raises:
        UsageError: another host than this machine without ``anywhere`` and a token, or a token that can be guessed.
    """
    if token and len(token) < SHORTEST:
        raise UsageError(f"The token in {TOKEN} is shorter than {SHORTEST} characters.", hint="Make one: `openssl rand -hex 24`.")
    if is_loopback(host):
        return
    if not anywhere:
        raise UsageError(
            f"{host} can be reached from other machines.",
            hint=f"Serve on 127.0.0.1, or add --allow-remote and set {TOKEN} to a long token.",
        )
    if not token:
        raise UsageError(f"--allow-remote needs a token in {TOKEN}.", hint="Make one: `openssl rand -hex 24`.")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Bearer:
    """Lets through only requests that carry the token."""

    def __init__(self, app: Any, token: str) -> None:
        self._app, self._wanted = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._wanted):
                from starlette.responses import PlainTextResponse

                refusal = PlainTextResponse("A token is needed.", 401, headers={"WWW-Authenticate": "Bearer"})
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def serve_http(host: str, port: int, token: str) -> None:
    """Serve until stopped. With a token every request must carry it; without one only this machine's addresses are answered.

    Raises:
        KolonyError: the address is taken or is not this machine's.
    """
    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    from .server import KolonyServer

    made = KolonyServer()
    # A page in a browser may reach this port under a name of its own; a local server answers to this machine's names alone.
    open_host = None if is_loopback(host) else TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app: Any = made.server.streamable_http_app(host="127.0.0.1" if is_loopback(host) else host, transport_security=open_host)
    with contextlib.closing(_listen(host, port)) as listening:
        where = f"[{host}]" if ":" in host else host
        print(f"Serving on http://{where}:{listening.getsockname()[1]}/mcp; Ctrl-C stops.", file=sys.stderr, flush=True)
        config = uvicorn.Config(Bearer(app, token) if token else app, log_level="warning", lifespan="on")
        try:
            await uvicorn.Server(config).serve(sockets=[listening])
        finally:
            made.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as e:
        listening.close()
        raise KolonyError(f"{host}:{port} cannot be served: {e.strerror or e}.", hint="Choose another port, or stop what uses it.") from e
    return listening
