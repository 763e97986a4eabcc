"""One step's calls: routed, metered, checked against their schema, and handed on to the next model when one fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from ..context import Generation
from ..errors import BudgetExceeded, KolonyError, ModelError, ModelUnavailable
from . import schema as schemas
from .ledger import Ledger
from .meter import Meter, most_tokens
from .spec import Answer, Call, ChatMessage, ModelSpec

if TYPE_CHECKING:
    from .router import Router

AT_ONCE = 8
"""Requests of one call under way at a remote model."""


class BoundModels:
    """The models as one step sees them (:class:`agent.context.StepModels`)."""

    def __init__(self, router: Router, run_id: str, step_id: str, privacy: Literal["local", "any"], ledger: Ledger) -> None:
        self._router, self._run_id, self._step_id, self._privacy, self._ledger = router, run_id, step_id, privacy, ledger

    def writes(self, language: str) -> str | None:
        """Name of the model that would write ``language`` for this step, or ``None``. Loads nothing."""
        candidates, _ = self._router.route(self._privacy, language)
        return candidates[0][0].name if candidates else None

    async def generate(self, prompt: str, *, task: str, **options: Any) -> Generation:
        """See :meth:`agent.context.StepModels.generate`."""
        return (await self.generate_many([prompt], task=task, **options))[0]

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
    ) -> list[Generation]:
        """See :meth:`agent.context.StepModels.generate_many`."""
        if not prompts:
            return []
        conversations = [_conversation(system, examples, p) for p in prompts]
        call = Call(max_tokens, temperature, seed=seed, stop=tuple(stop), schema=schemas.strict(schema) if schema else None)
        candidates, refused = self._router.route(self._privacy, language)
        failures: list[KolonyError] = []
        for spec, why in candidates:
            meter = self._meter(spec, task)
            meter.routed(f"{why}, after {failures[-1].message}" if failures else why)
            try:
                return await self._ask(spec, conversations, call, meter, schema)
            except BudgetExceeded as e:
                failures.append(e)
            except ModelUnavailable as e:
                self._router.rest(spec, e.message)
                failures.append(e)
            except ModelError as e:
                failures.append(e)
        if failures:
            raise failures[0] if len(failures) == 1 else _all_failed(failures)
        raise ModelUnavailable(
            f"No model may write {language!r} for step {self._step_id!r} ({'; '.join(refused) or 'none is configured'}).",
            hint="Name one in kolony.toml under [[models]]; `kolony models list` shows what there is.",
        )

    def _meter(self, spec: ModelSpec, task: str) -> Meter:
        return Meter(
            self._ledger, self._router.emit, self._run_id, self._step_id, task, spec.name, spec.usd_per_mtok_in, spec.usd_per_mtok_out
        )

    async def _ask(
        self, spec: ModelSpec, conversations: list[list[ChatMessage]], call: Call, meter: Meter, schema: type[BaseModel] | None
    ) -> list[Generation]:
        started = time.perf_counter()
        model = self._router.model(spec)
        if hasattr(model, "agenerate_batch"):
            answers = await _batch(model, conversations, call, meter)
        else:
            answers = await _each(model, conversations, call, meter)
        seconds = (time.perf_counter() - started) / len(answers)
        generations = []
        for a in answers:
            try:
                parsed = schemas.parse(a.text, schema) if schema else None
            except ValueError as e:  # valid against the JSON schema, and refused by the class's own validators
                raise ModelError(f"{spec.name}'s answer is refused by {schema.__name__ if schema else ''}: {e}.") from None
            usd = meter.price(a.tokens_in, a.tokens_out)
            generations.append(
                Generation(
                    text=a.text, parsed=parsed, model=spec.name, tokens_in=a.tokens_in, tokens_out=a.tokens_out, usd=usd, seconds=seconds
                )
            )
        return generations


async def _batch(model: Any, conversations: list[list[ChatMessage]], call: Call, meter: Meter) -> list[Answer]:
    """A model of ours on this machine: one request for all."""
    request = meter.open(sum(map(most_tokens, conversations)), call.max_tokens * len(conversations))
    try:
        answers: list[Answer] = await model.agenerate_batch(conversations, call)
    except asyncio.CancelledError:
        request.refused("cancelled")
        raise
    except KolonyError as e:
        request.refused(e.message)
        raise
    except Exception as e:
        request.refused(type(e).__name__)
        raise ModelError(f"{meter.model} failed ({type(e).__name__}: {e}).") from e
    request.done(sum(a.tokens_in for a in answers), sum(a.tokens_out for a in answers))
    return answers


async def _each(model: Any, conversations: list[list[ChatMessage]], call: Call, meter: Meter) -> list[Answer]:
    """One request each, several at once; the first failure ends the others."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(messages: list[ChatMessage]) -> Answer:
        async with slots:
            if hasattr(model, "aanswer"):
                answer: Answer = await model.aanswer(messages, call, meter)
                return answer
            from .foreign import aanswer

            return await aanswer(model, messages, call, meter)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(c)) for c in conversations]
    except* KolonyError as failed:
        raise _first(failed) from None
    return [t.result() for t in tasks]


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _conversation(system: str | None, examples: Sequence[tuple[str, str]], prompt: str) -> list[ChatMessage]:
    turns: list[ChatMessage] = [{"role": "system", "content": system}] if system else []
    for asked, answered in examples:
        turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*turns, {"role": "user", "content": prompt}]


def _all_failed(failures: list[KolonyError]) -> ModelError:
    kind = ModelUnavailable if all(isinstance(f, ModelUnavailable) for f in failures) else ModelError
    return kind("Every model that may take this call failed: " + " Then: ".join(f.message for f in failures), hint=failures[0].hint)
