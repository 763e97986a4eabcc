"""Tests reach no network and no real model, unless they say so."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import ModelUnavailable

_active = 0
attempts: list[str] = []
"""What was blocked since a test began. A program may swallow the error; the test fails all the same."""


class NetworkBlocked(RuntimeError):
    """A test reached for the network. Not an OSError, so that no library takes it for a failed connection and goes on."""


def _allow(address: Any) -> None:
    """Let loopback and local (unix) sockets through, and nothing else."""
    if not isinstance(address, tuple):  # a unix socket's path
        return
    host = str(address[0])
    if host in ("localhost", ""):
        return
    try:
        if ipaddress.ip_address(host.split("%")[0]).is_loopback:
            return
    except ValueError:
        pass
    message = f"A test tried to reach {host}: tests may use the loopback interface only. Serve what it needs on 127.0.0.1."
    attempts.append(message)
    raise NetworkBlocked(message)


def _guard(event: str, args: tuple[Any, ...]) -> None:
    if not _active:
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and args[1] is not None:
        _allow(args[1])
    elif event == "socket.getaddrinfo" and args[0] is not None:
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host not in (socket.gethostname(),):
            _allow((host,))


def block_network() -> None:
    """From now on this process reaches the loopback interface only.

    An audit hook sees every connection, whatever library opens it. It cannot be taken off, so it is set once.
    """
    global _active
    if not getattr(sys, "_kolony_network_guard", False):
        sys.addaudithook(_guard)
        sys._kolony_network_guard = True  # type: ignore[attr-defined]
    _active += 1


def allow_network() -> None:
    """Take one ``block_network`` back."""
    global _active
    _active = max(0, _active - 1)


@contextmanager
def no_real_models(allow: Collection[str] = ()) -> Iterator[list[str]]:
    """Within it the router makes scripted and recorded models only, and those whose names are in ``allow``.

    Gives the list of what was blocked: a tool goes on without a model, and whoever tests it must still hear of it.
    """
    from ..models import Router

    blocked: list[str] = []
    original = Router.model

    def model(self: Any, spec: Any) -> Any:
        made = original(self, spec)
        if spec.name in allow or _made_up(made):
            return made
        message = f"A test tried to ask the real model {spec.name!r}."
        blocked.append(message)
        raise ModelUnavailable(message, hint="Use a ScriptedModel, or mark the test with @pytest.mark.real_models.")

    Router.model = model  # type: ignore[method-assign]
    try:
        yield blocked
    finally:
        Router.model = original  # type: ignore[method-assign]


def _made_up(model: Any) -> bool:
    from .recording import RecordingModel
    from .scripted import ScriptedModel

    if isinstance(model, RecordingModel):
        return model.inner is None or isinstance(model.inner, ScriptedModel)
    return isinstance(model, ScriptedModel)
