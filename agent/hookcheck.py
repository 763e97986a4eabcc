"""What is wrong with the hooks that a plugin implements."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from . import hookspecs

MARK = "kolony_impl"
HOOKS: dict[str, Callable[..., Any]] = {name: f for name, f in vars(hookspecs).items() if hasattr(f, "kolony_spec")}
"""Every hook there is, by name."""


class HookFault(NamedTuple):
    """``function`` is the plugin's own, to find its place by."""

    message: str
    mend: str
    function: Callable[..., Any] | None = None


def implemented(plugin: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Name of the hook and the plugin's function, for each function marked ``@hookimpl``."""
    for attribute in dir(plugin):
        function = inspect.getattr_static(plugin, attribute, None)
        function = getattr(function, "__func__", function)  # static and class methods
        options = getattr(function, MARK, None)
        if isinstance(options, dict):
            bound = getattr(plugin, attribute)
            yield options.get("specname") or attribute, bound


def faults_of(plugin: object) -> list[HookFault]:
    """Hooks that do not exist, and arguments that a hook does not give."""
    return [fault for name, function in implemented(plugin) if (fault := _fault(name, function)) is not None]


def _fault(name: str, function: Callable[..., Any]) -> HookFault | None:
    options = getattr(function, MARK)
    if name not in HOOKS:
        if options.get("optionalhook"):
            return None
        near = difflib.get_close_matches(name, HOOKS, n=1)
        mend = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(HOOKS)}."
        return HookFault(f"implements no such hook: {name}", mend, function)
    given = list(inspect.signature(HOOKS[name]).parameters)
    unknown = [p.name for p in inspect.signature(function).parameters.values() if p.name not in given and p.default is p.empty]
    if unknown:
        known = f"It may take: {', '.join(given)}." if given else "It takes no argument."
        return HookFault(f"{name} is given no argument {', '.join(map(repr, unknown))}", known, function)
    if options.get("wrapper") and not inspect.isgeneratorfunction(function):
        return HookFault(f"{name} is marked as a wrapper and does not yield", "Leave `wrapper=True` out.", function)
    return None
