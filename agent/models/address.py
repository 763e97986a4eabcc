"""Addresses and keys of remote models."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from ..errors import ModelUnavailable


def api_key(variable: str, base_url: str) -> str:
    """The key, from the environment; servers on this machine need none.

    Raises:
        ModelUnavailable: naming the variable to set.
    """
    key = os.environ.get(variable, "").strip()
    if key:
        return key
    if on_this_machine(base_url):
        return "none"
    raise ModelUnavailable(f"There is no key for {urlsplit(base_url).hostname}.", hint=f"Set the environment variable {variable}.")


def on_this_machine(base_url: str) -> bool:
    """Whether the address is a loopback one, as of Ollama or ``transformers serve``."""
    return (urlsplit(base_url).hostname or "") in ("localhost", "127.0.0.1", "::1")
