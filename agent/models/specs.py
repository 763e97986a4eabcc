"""Which models there are: those of the settings, those that plugins register, and the packaged one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import ModelUnavailable, SettingsError
from ..settings import LocalModel, ProviderModel, RemoteModel, Settings
from . import offline
from .adapters import AdapterRecord, records, used
from .spec import ModelSpec

if TYPE_CHECKING:
    from ..host import Host

PACKAGED_QUALITY = 0.25
"""Of the packaged 135M model: it can word given facts, and little else."""


def specs_of(settings: Settings, host: Host | None) -> list[ModelSpec]:
    """Every model, in the order of the settings.

    Raises:
        ModelUnavailable: two of one name, or a plugin gave something else than a model.
        SettingsError: a tool is to use a model that there is not.
    """
    # A remote model that names no endpoint is one by itself.
    found = [replace(s, endpoint=s.name) if s.remote and not s.endpoint else s for s in _specs(settings, host)]
    found += [
        _adapter(folder, r, s, settings.home) for folder, r in records(settings.home) for s in found if s.name == r.base and not s.remote
    ]
    names = [s.name for s in found]
    for name in names:
        if names.count(name) > 1:
            raise ModelUnavailable(f"Two models are called {name!r}.", hint="Rename one in kolony.toml.")
    for tool, own in settings.tools.items():
        if own.get("model") and own["model"] not in names:
            raise SettingsError(
                f"`[tools.{tool}]` names the model {own['model']!r}, and there is none of that name.",
                hint=f"Known: {', '.join(names) or 'none'}.",
            )
    return found


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
        from .keys import missing

        return missing(m.api_key_env, m.base_url)

    return ModelSpec(
        m.name, make, tuple(m.languages), not m.trusted, m.usd_per_mtok_in, m.usd_per_mtok_out, m.context, unavailable,
        f"{m.model} at {m.base_url}", m.quality, _endpoint(m.base_url), m.hedge_after,
    )  # fmt: skip


def _endpoint(base_url: str) -> str:
    """Scheme, host and port: what is down when it is down."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


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

    return ModelSpec(
        m.name, make, tuple(m.languages), True, m.usd_per_mtok_in, m.usd_per_mtok_out, m.context, where=m.provider, quality=m.quality,
        hedge_after=m.hedge_after,
    )  # fmt: skip


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

    return ModelSpec(m.name, make, tuple(m.languages), False, unavailable=unavailable, where=m.path, quality=m.quality)


def _offline() -> ModelSpec:
    def make() -> Any:
        from .local import ChatTransformers

        return ChatTransformers(path=str(offline.require_packaged_gguf()))

    unavailable: Callable[[], str] = lambda: "" if offline.packaged_gguf() else f"not installed: {offline.INSTALL}"  # noqa: E731
    return ModelSpec(
        offline.NAME, make, ("en",), False, unavailable=unavailable, where=str(offline.packaged_gguf() or offline.PACKAGE),
        quality=PACKAGED_QUALITY,
    )  # fmt: skip


def _adapter(folder: Path, record: AdapterRecord, base: ModelSpec, home: Path) -> ModelSpec:
    def make() -> Any:
        from .local import ChatTransformers

        beneath: Any = base.factory()
        return ChatTransformers(path=beneath.path, device=beneath.device, dtype=beneath.dtype, adapter=str(folder))

    def unavailable() -> str:
        if not record.better:
            return f"its evaluation does not beat {base.name}: {record.why}"
        if record.language not in base.languages:
            return f"{base.name}, which it rests on, does not write {record.language}"
        if all(folder != f for f, _ in used(home)):  # looked up each time: it may have been rolled back since
            return "rolled back, or a newer one is used"
        return base.unavailable()

    return replace(
        base, name=record.name, factory=make, languages=(record.language,), unavailable=unavailable, where=str(folder), base=base.name,
        brand=record.brand, about=f"{record.trained[:10]}: {record.why}",
    )  # fmt: skip
