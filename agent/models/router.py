"""The router: which model takes a call, and why. Privacy is a wall, not a preference."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ModelUnavailable
from ..events import Event
from ..settings import LocalModel, ProviderModel, RemoteModel, Settings
from . import offline
from .ledger import Ledger
from .spec import ModelInfo, ModelSpec

if TYPE_CHECKING:
    from ..host import Host
    from .calls import BoundModels

COOLDOWN = 60.0
"""Seconds that a model which could not be loaded or reached is left alone."""


class Router:
    """Knows every model there is and picks one per call. Nothing is loaded before the first call.

    Args:
        host: plugins, whose ``register_models`` adds models.
        emit: takes the events ``ModelRouted`` and ``ModelCalled``.
    """

    def __init__(self, settings: Settings, host: Host | None = None, emit: Callable[[Event], None] = lambda event: None) -> None:
        self.settings = settings
        self.emit = emit
        self._specs = list(_specs(settings, host))
        self._models: dict[str, Any] = {}
        self._resting: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        names = [s.name for s in self._specs]
        for name in names:
            if names.count(name) > 1:
                raise ModelUnavailable(f"Two models are called {name!r}.", hint="Rename one in kolony.toml.")

    def bind(self, run_id: str, step_id: str, privacy: Literal["local", "any"], ledger: Ledger) -> BoundModels:
        """The models as one step sees them."""
        from .calls import BoundModels

        return BoundModels(self, run_id, step_id, privacy, ledger)

    def models(self) -> list[ModelInfo]:
        """Every model known, in the order of preference, with why it can or cannot be used now. Loads none."""
        infos = []
        for s in self._specs:
            why = self._unusable(s) or self._against_policy(s)
            infos.append(
                ModelInfo(
                    s.name,
                    "remote" if s.remote else "local",
                    s.languages,
                    not why,
                    why or "ready",
                    s.where,
                    s.usd_per_mtok_in,
                    s.usd_per_mtok_out,
                    s.context,
                )
            )
        return infos

    def route(self, privacy: Literal["local", "any"], language: str) -> tuple[list[tuple[ModelSpec, str]], list[str]]:
        """``(candidates, refusals)``: the models that may take a call, best first, each with why; and why the others may not.

        The rule: a remote model where one is configured and the step allows it, else a local one; then the others, as
        fallbacks, in the order of the settings.
        """
        chosen: list[tuple[ModelSpec, str]] = []
        refused: list[str] = []
        for s in sorted(self._specs, key=lambda s: not s.remote):
            why = self._against_wall(s, privacy) or self._against_policy(s) or _not_in(s, language) or self._unusable(s)
            if why:
                refused.append(f"{s.name}: {why}")
            else:
                kind = (
                    "remote, and the step allows it"
                    if s.remote
                    else "on this machine" + (", and the step is private" if privacy == "local" else "")
                )
                chosen.append((s, f"{kind}; writes {language}"))
        return chosen, refused

    def model(self, spec: ModelSpec) -> Any:
        """The chat model of ``spec``, made once."""
        with self._lock:
            if spec.name not in self._models:
                self._models[spec.name] = spec.factory()
            return self._models[spec.name]

    def warm(self, language: str) -> None:
        """Begin to load the local model that would write ``language``, beside whatever runs until it is asked."""
        spec = next((s for s, _ in self.route("any", language)[0]), None)
        if spec is None or spec.remote:
            return

        def load() -> None:
            with suppress(Exception):  # the first call loads it again and says what is wrong
                getattr(self.model(spec), "load", lambda: None)()

        threading.Thread(target=load, daemon=True, name="load-model").start()

    def rest(self, spec: ModelSpec, why: str) -> None:
        """Leave a model alone for a while: it cannot be loaded or reached."""
        with self._lock:
            self._resting[spec.name] = (time.monotonic() + COOLDOWN, why)

    def _unusable(self, spec: ModelSpec) -> str:
        until, why = self._resting.get(spec.name, (0.0, ""))
        if time.monotonic() < until:
            return f"failed a moment ago: {why}"
        try:
            return spec.unavailable()
        except Exception as e:  # a plugin's own code
            return f"{type(e).__name__}: {e}"

    def _against_policy(self, spec: ModelSpec) -> str:
        if self.settings.policy == "local-only" and spec.remote:
            return "the policy is local-only"
        if self.settings.policy == "remote-only" and not spec.remote:
            return "the policy is remote-only"
        return ""

    @staticmethod
    def _against_wall(spec: ModelSpec, privacy: str) -> str:
        # Anything but an explicit "any" is private, so that a slip keeps text in rather than lets it out.
        return "the step's text must stay on this machine" if spec.remote and privacy != "any" else ""


def _not_in(spec: ModelSpec, language: str) -> str:
    return "" if language in spec.languages else f"does not write {language}"


def _specs(settings: Settings, host: Host | None) -> Iterator[ModelSpec]:
    for m in settings.models:
        yield _remote(m) if isinstance(m, RemoteModel) else _local(m) if isinstance(m, LocalModel) else _provider(m)
    for extra in host.collect("register_models") if host else []:
        if not isinstance(extra, ModelSpec):
            raise ModelUnavailable(
                f"A plugin's register_models gave {type(extra).__name__}, not a ModelSpec.", hint="Block the plugin, or mend it."
            )
        yield extra
    if settings.offline_model and not any(isinstance(m, LocalModel) for m in settings.models):
        yield _offline()


def _remote(m: RemoteModel) -> ModelSpec:
    def make() -> Any:
        from .remote import ChatOpenAI

        return ChatOpenAI(model=m.model, base_url=m.base_url, api_key_env=m.api_key_env, timeout=m.timeout)

    def unavailable() -> str:
        from .address import on_this_machine

        if os.environ.get(m.api_key_env, "").strip() or on_this_machine(m.base_url):
            return ""
        return f"no key: set the environment variable {m.api_key_env}"

    return ModelSpec(
        m.name, make, tuple(m.languages), True, m.usd_per_mtok_in, m.usd_per_mtok_out, m.context, unavailable, f"{m.model} at {m.base_url}"
    )


def _provider(m: ProviderModel) -> ModelSpec:
    def make() -> Any:
        from langchain.chat_models import init_chat_model

        try:
            return init_chat_model(m.provider, max_retries=0, timeout=m.timeout)
        except ImportError as e:
            package = f"langchain-{m.provider.partition(':')[0].replace('_', '-')}"
            raise ModelUnavailable(f"{m.name}: {package} is not installed.", hint=f"Install it: pip install {package}") from e
        except Exception as e:  # each provider has errors of its own for a missing key or an unknown option; they may quote the key
            raise ModelUnavailable(
                f"{m.name}: LangChain cannot make {m.provider} ({type(e).__name__}).", hint="Check the provider's name and its key."
            ) from e

    return ModelSpec(m.name, make, tuple(m.languages), True, m.usd_per_mtok_in, m.usd_per_mtok_out, m.context, where=m.provider)


def _local(m: LocalModel) -> ModelSpec:
    def make() -> Any:
        from .local import ChatTransformers

        return ChatTransformers(path=m.path, device=m.device, dtype=m.dtype)

    def unavailable() -> str:
        path = Path(m.path).expanduser()
        named_as_path = m.path.startswith((".", "/", "~")) or path.suffix.lower() == ".gguf"
        if path.is_dir():
            return "" if (path / "config.json").is_file() else f"{path} holds no config.json"
        if named_as_path and not path.is_file():
            return f"there is nothing at {path}"
        return ""

    return ModelSpec(m.name, make, tuple(m.languages), False, unavailable=unavailable, where=m.path)


def _offline() -> ModelSpec:
    def make() -> Any:
        from .local import ChatTransformers

        return ChatTransformers(path=str(offline.require_packaged_gguf()))

    def unavailable() -> str:
        return "" if offline.packaged_gguf() else f"not installed: {offline.INSTALL}"

    return ModelSpec(offline.NAME, make, ("en",), False, unavailable=unavailable, where=str(offline.packaged_gguf() or offline.PACKAGE))
