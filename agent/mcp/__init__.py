"""The Model Context Protocol, both ways: Kolony's tools for other programs, and other servers' tools for Kolony.

``server`` answers a client, ``http`` is the way in over a port, ``consent`` asks the client's user before anything goes out;
``material`` holds what can be read (reports, creators) and the prompts. ``remote`` makes tools of configured servers' tools.
The package `mcp` is imported in functions only; it comes with the extra ``kolony[mcp]``.
"""

from __future__ import annotations

from ..errors import KolonyError


def require() -> None:
    """Raise what to do where the package `mcp` is not installed."""
    try:
        import mcp  # noqa: F401
    except ImportError as e:
        raise KolonyError("The Model Context Protocol needs the package `mcp`.", hint='Install it: pip install "kolony[mcp]"') from e
