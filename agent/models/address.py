"""Addresses of remote models."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit


def on_this_machine(base_url: str) -> bool:
    """Whether the address is a loopback one, as of Ollama or ``transformers serve``."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(base_url: str) -> str:
    """Host and port, for people: without a user or a password."""
    return urlsplit(base_url).netloc.rpartition("@")[2]


def fault_of(base_url: str) -> str:
    """What is wrong with the address, or ``""``. The text quotes nothing of it: it may hold a key."""
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return "it is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with http:// or https:// and name a host"
    if "@" in parts.netloc:
        return "it holds a user or a password; keys come from the environment or the keyring"
    if any("key" in name.lower() or "token" in name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return "it holds a key; keys come from the environment or the keyring"
    return ""
