"""What a tool gets to work with: one context per step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from prompts import Prompts
    from vectorstore import Store

    from .settings import Settings

S = TypeVar("S", bound=BaseModel)


class Generation(BaseModel):
    """One answer of a model."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    text: str
    parsed: Any = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    seconds: float = 0.0
    check: str = ""
    """Why the answer failed the caller's check, where no model's answer passed it; empty when it passed or none was given."""
    index: int = 0
    """Place of its prompt among those of the call."""
    cached: bool = False
    """Whether it is an earlier answer to the same question; it cost nothing this time."""


Check = Callable[[Generation], str]
"""Why an answer cannot be used, in words; ``""`` when it can."""


class StepModels(Protocol):
    """The models as one step sees them: routed, metered, and held to the step's privacy."""

    def writes(self, language: str) -> str | None:
        """Name of the model that would write this language for this step, or ``None`` when none can."""

    async def generate(
        self,
        prompt: str,
        *,
        task: str,
        language: str = "en",
        system: str | None = None,
        examples: Sequence[tuple[str, str]] = (),
        schema: type[BaseModel] | None = None,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        check: Check | None = None,
    ) -> Generation:
        """Ask the routed model. With ``schema``, ``Generation.parsed`` is a valid instance of it.

        ``examples`` are (prompt, good answer) pairs shown as earlier turns: what small models learn a task from best.

        With ``check``, a cheap model is asked first where its answers to such calls pass often enough, and an answer that fails
        goes on to a better model. When no answer passes, the best there is comes back with ``Generation.check`` saying why.

        Raises:
            ModelUnavailable: no model may take the call; write without one and say so.
            BudgetExceeded: the call's cost does not fit under the run's cap.
            ModelError: the model failed for good.
        """

    async def generate_many(
        self,
        prompts: Sequence[str],
        *,
        task: str,
        language: str = "en",
        system: str | None = None,
        examples: Sequence[tuple[str, str]] = (),
        schema: type[BaseModel] | None = None,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        check: Check | None = None,
    ) -> list[Generation]:
        """The same for several prompts at once; a local model runs them as one batch, and only answers that fail go on."""


@dataclass
class Context:
    """One step's view of the world. Never keep it beyond the step."""

    run_id: str
    step_id: str
    store: Store
    models: StepModels
    prompts: Prompts
    settings: Settings
    now: datetime
    folder: Path
    """Where the run keeps its files."""
    guards: Sequence[Callable[[str, str], Any]] = ()
    idempotency_key: str = ""
    """For a tool with the effect spend, publish or contact: what its outside call should carry. The same for every attempt to send
    the same approved content."""
    rule_packs: Sequence[Any] = ()
    """Rule packs that plugins add (``register_rule_packs``): the data of a pack, or the path of its YAML file."""
    report_progress: Callable[[str, int | None, int | None], None] = lambda message, done, total: None

    def progress(self, message: str, done: int | None = None, total: int | None = None) -> None:
        """Tell whoever watches how far the step is."""
        self.report_progress(message, done, total)
