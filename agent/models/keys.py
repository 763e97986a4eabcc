"""Keys of remote models: from the environment, else from the system's keyring; and out of every text that is passed on.

Nothing of ours writes a key anywhere: not a file, a log, an event, an error or a checkpoint. ``OpenAI``'s client object holds it
while a connection is open, since that is what sends it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from ..errors import ModelUnavailable
from .address import on_this_machine

SERVICE = "kolony"
"""Service under which the keyring holds keys; the user is the variable's name: ``keyring set kolony OPENAI_API_KEY``."""
NONE_NEEDED = "none"
"""What is sent where no key is needed."""
REMEMBERED = 60.0
"""Seconds for which it is remembered whether the keyring holds a key (never the key): asking it may go through another process."""
_SHORTEST_SECRET = 6
_LOGGERS = ("openai", "openai._base_client", "httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy",
            "httpcore2.socks")  # fmt: skip


def find_key(variable: str) -> str:
    """The key, or ``""``: the environment's, else the keyring's where the package ``keyring`` is installed."""
    return os.environ.get(variable, "").strip() or _from_keyring(variable)


def api_key(variable: str, base_url: str) -> str:
    """The key to send; servers on this machine need none.

    Raises:
        ModelUnavailable: naming the variable to set.
    """
    key = find_key(variable)
    if key:
        return key
    if on_this_machine(base_url):
        return NONE_NEEDED
    raise ModelUnavailable(f"There is no key for {urlsplit(base_url).hostname}.", hint=f"{how_to_set(variable)}.")


def missing(variable: str, base_url: str) -> str:
    """Why a call to ``base_url`` would fail for want of a key, or ``""``. Quick: the keyring is asked once a minute at most."""
    if os.environ.get(variable, "").strip() or on_this_machine(base_url):
        return ""
    with _lock:
        asked, held = _held.get(variable, (0.0, False))
    if not asked or time.monotonic() - asked > REMEMBERED:
        held = bool(_from_keyring(variable))
        with _lock:
            _held[variable] = (time.monotonic(), held)
    return "" if held else f"no key: {how_to_set(variable, short=True)}"


def how_to_set(variable: str, *, short: bool = False) -> str:
    """The way out, for people."""
    if short or find_spec("keyring") is None:
        return f"set the environment variable {variable}" if short else f"Set the environment variable {variable}"
    return f"Set the environment variable {variable}, or `keyring set {SERVICE} {variable}`"


def redact(text: str, key: str) -> str:
    """``text`` without the key, its beginning and its end (servers quote them so), in one line of 300 characters at most."""
    return " ".join(_without(text, key).split())[:300]


def watch(client: Any) -> None:
    """Keep the key of ``client`` (an ``openai`` client) out of the log lines of the libraries that send it.

    They log no request headers; but a server may send a key back in a header of its answer, and those they log.
    """
    with _lock:
        _watched.add(client)
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            if _filter not in logger.filters:
                logger.addFilter(_filter)


_lock = threading.Lock()
_held: dict[str, tuple[float, bool]] = {}
_watched: WeakSet[Any] = WeakSet()


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        with _lock:
            keys = {c.api_key for c in _watched}
        if keys:
            text = record.getMessage()
            clean = text
            for key in keys:
                clean = _without(clean, key)
            if clean != text:
                record.msg, record.args = clean, ()
        return True


_filter = _Redacting()


def _without(text: str, key: str) -> str:
    if key == NONE_NEEDED:
        return text
    for secret in (key, key[:12], key[-8:]):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def _from_keyring(variable: str) -> str:
    if find_spec("keyring") is None:
        return ""
    # No keyring service, a locked one, a prompt that was dismissed, a broken backend: each is as good as no key.
    with suppress(Exception):
        import keyring

        return (keyring.get_password(SERVICE, variable) or "").strip()
    return ""
