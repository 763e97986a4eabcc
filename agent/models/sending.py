"""Texts sent to one model: from the cache, as a batch or one by one, given up with a dead endpoint, hedged, judged, recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..context import Check, Generation
from ..errors import ContextTooLong, KolonyError, ModelError, ModelUnavailable
from ..events import Event, ModelCalled
from . import schema as schemas
from .meter import Meter, most_tokens
from .spec import Answer, Call, ChatMessage, ModelSpec

if TYPE_CHECKING:
    from .responses import Responses
    from .router import Choice, Router

AT_ONCE = 8
"""Requests of one call under way at a remote model."""
Result = Generation | KolonyError


@dataclass
class Item:
    """One text of a call, and what became of it."""

    index: int
    messages: list[ChatMessage]
    tokens: int
    """Expected in the prompt."""
    longer_than: int = 0
    """A model whose context is no longer than this found it too long."""
    best: Generation | None = None
    quality: float = -1.0
    """Of the model that gave ``best``."""
    settled: bool = False
    asked: set[str] = field(default_factory=set)
    errors: list[KolonyError] = field(default_factory=list)

    def may_go_to(self, choice: Choice) -> bool:
        """Escalation goes up: an answer that failed its check is not asked of a model that passes less often."""
        if self.settled or choice.spec.name in self.asked:
            return False
        return choice.spec.context > self.longer_than and choice.rank.model.quality >= self.quality


class Withheld:
    """Holds the event of an answered request back until its answer is kept: killed between the two, the answer is not paid for again."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._held: ModelCalled | None = None

    def __call__(self, event: Event) -> None:
        self.release()
        if isinstance(event, ModelCalled) and not event.error:
            self._held = event
        else:
            self._emit(event)

    def release(self, key: str = "") -> None:
        """Let it go; ``key`` is what its answer is kept under."""
        held, self._held = self._held, None
        if held is not None:
            self._emit(held.model_copy(update={"key": key}) if key else held)


@dataclass
class Sending:
    """One call's texts on their way. ``private``: why they must stay on this machine, or ``""``."""

    router: Router
    meter: Callable[[ModelSpec], Meter]
    call: Call
    task: str
    language: str
    private: str
    schema: type[BaseModel] | None = None
    check: Check | None = None
    _keys: dict[tuple[str, int], str | None] = field(default_factory=dict)

    async def ask(self, spec: ModelSpec, items: Sequence[Item], later: Sequence[Choice] = ()) -> list[Result]:
        """One model's answers, or what went wrong with each. ``later``: who may be asked as well where ``spec`` is slow."""
        results: dict[int, Result] = {}
        for item in items:
            if (known := self._known(spec, item)) is not None:
                results[item.index] = known
        rest = [i for i in items if i.index not in results]
        if rest:
            try:
                model = self._model(spec)
            except KolonyError as e:
                answers: list[Result] = [e] * len(rest)
            else:
                answers = await (self._batch(spec, model, rest) if hasattr(model, "agenerate_batch") else self._each(spec, rest, later))
            results |= {i.index: a for i, a in zip(rest, answers, strict=True)}
        return [results[i.index] for i in items]

    def _model(self, spec: ModelSpec) -> Any:
        # The decision has left these out already; nothing that comes between may change that.
        if spec.remote and self.private:
            raise ModelUnavailable(f"{spec.name} is remote: {self.private}.")
        return self.router.model(spec)

    def _withheld(self, spec: ModelSpec, item: Item | None = None) -> tuple[Meter, Withheld]:
        meter = self.meter(spec)
        withheld = Withheld(meter.emit)
        key = self._keys.get((spec.name, item.index)) if item else None
        return replace(meter, emit=withheld, key=key or ""), withheld

    # --- a model of ours on this machine: one request for all ---------------------------------------------------------

    async def _batch(self, spec: ModelSpec, model: Any, items: Sequence[Item]) -> list[Result]:
        (meter, withheld), call, started = self._withheld(spec), self.call, time.perf_counter()
        error: KolonyError
        try:
            request = meter.open(sum(most_tokens(i.messages) for i in items), call.max_tokens * len(items))
        except KolonyError as e:
            return [e] * len(items)
        try:
            answers: list[Answer] = await model.agenerate_batch([i.messages for i in items], call)
        except asyncio.CancelledError:
            request.refused("cancelled")
            raise
        except KolonyError as e:
            request.refused(e.message)
            error = e
        except Exception as e:
            request.refused(type(e).__name__)
            error = ModelError(f"{spec.name} failed ({type(e).__name__}: {e}).")
        else:
            request.done(sum(a.tokens_in for a in answers), sum(a.tokens_out for a in answers))
            seconds = (time.perf_counter() - started) / len(items)
            judged = [self._judged(spec, i, a, seconds) for i, a in zip(items, answers, strict=True)]
            withheld.release()
            return judged
        if isinstance(error, ContextTooLong) and len(items) > 1:  # the others may fit
            return [r for i in items for r in await self._batch(spec, model, [i])]
        if isinstance(error, ModelUnavailable):
            self.router.failed(spec, error)
        return [self._erred(spec, error)] * len(items)

    # --- any other: one request each, several at once -----------------------------------------------------------------

    async def _each(self, spec: ModelSpec, items: Sequence[Item], later: Sequence[Choice]) -> list[Result]:
        slots = asyncio.Semaphore(AT_ONCE)
        gone: list[Result] = []

        async def one(item: Item) -> Result:
            async with slots:
                if gone:
                    return gone[0]
                rival = next((c.spec for c in later if item.may_go_to(c)), None)
                result = await self._hedged(spec, rival, item)
            if isinstance(result, ModelUnavailable):
                gone.append(result)
            return result

        results: list[Result] = []
        if spec.endpoint and self.router.breaker.probing(spec.endpoint):
            results = [await one(items[0])]  # one finds out for all whether the endpoint is back
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(i)) for i in items[len(results) :]]
        return [*results, *(t.result() for t in tasks)]

    async def _hedged(self, spec: ModelSpec, rival: ModelSpec | None, item: Item) -> Result:
        """The first good answer of ``spec`` and, where that has not answered in time, ``rival``; the other is cancelled."""
        if rival is None or spec.hedge_after is None:
            return await self._single(spec, item)
        tasks = {asyncio.create_task(self._single(spec, item))}
        kept: Result | None = None
        try:
            done, waiting = await asyncio.wait(tasks, timeout=spec.hedge_after)
            if not done:
                self.meter(rival).routed(f"asked as well: {spec.name} has not answered within {spec.hedge_after:g} s")
                tasks.add(asyncio.create_task(self._single(rival, item)))
            waiting = tasks
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    result = task.result()
                    if isinstance(result, Generation) and not result.check:
                        return result
                    if kept is None or (isinstance(kept, KolonyError) and isinstance(result, Generation)):
                        kept = result
            assert kept is not None
            return kept
        finally:
            losers = [t for t in tasks if not t.done()]
            for t in losers:
                t.cancel()
            await asyncio.gather(*losers, return_exceptions=True)

    async def _single(self, spec: ModelSpec, item: Item) -> Result:
        (meter, withheld), started = self._withheld(spec, item), time.perf_counter()
        try:
            model = self._model(spec)
            if hasattr(model, "agenerate_batch"):
                return (await self._batch(spec, model, [item]))[0]
            answer = await self._unless_down(spec, self._request(model, item, meter))
        except KolonyError as e:
            withheld.release()
            if isinstance(e, ModelUnavailable):
                self.router.failed(spec, e)
            return self._erred(spec, e)
        except Exception as e:  # a plugin's own code
            withheld.release()
            return ModelError(f"{spec.name} failed ({type(e).__name__}).")
        except BaseException:
            withheld.release()
            raise
        judged = self._judged(spec, item, answer, time.perf_counter() - started)
        key = self._keys.get((spec.name, item.index)) or ""
        meter.ledger.tell(key)
        withheld.release(key)
        return judged

    async def _request(self, model: Any, item: Item, meter: Meter) -> Answer:
        if hasattr(model, "aanswer"):
            answer: Answer = await model.aanswer(item.messages, self.call, meter)
            return answer
        from .foreign import aanswer

        return await aanswer(model, item.messages, self.call, meter)

    async def _unless_down(self, spec: ModelSpec, work: Awaitable[Answer]) -> Answer:
        """``work``, given up as soon as another request finds its endpoint down: a dead one costs one timeout, not one each."""
        if not spec.endpoint:
            return await work
        loop, task, down = asyncio.get_running_loop(), asyncio.ensure_future(work), ""

        def stop(why: str) -> None:
            nonlocal down
            down = why
            task.cancel()

        def give_up(why: str) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(stop, why)

        end = self.router.breaker.watch(spec.endpoint, give_up)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if down and not (current and current.cancelling()):
                raise ModelUnavailable(f"{spec.name} was given up, as its endpoint failed for another request: {down}") from None
            raise
        finally:
            end()

    # --- what is known already, and what becomes known ----------------------------------------------------------------

    def _known(self, spec: ModelSpec, item: Item) -> Result | None:
        """An earlier answer of the same model to the same question."""
        responses = self.router.responses
        if responses is None:
            return None
        meter, model = self.meter(spec), f"{spec.name} ({spec.where})"
        key = responses.key(model, item.messages, self.call) or self._own_key(responses, model, item, meter)
        self._keys[spec.name, item.index] = key
        answer, run = responses.get_paid(key) if key else (None, "")
        if answer is None:
            return None
        if key and meter.ledger.resumable and run == meter.run_id and not meter.ledger.tell(key):
            meter.recovered(answer, key)
        else:
            meter.cached(answer)
        return self._judged(spec, item, answer, 0.0, cached=True)

    def _own_key(self, responses: Responses, model: str, item: Item, meter: Meter) -> str | None:
        """Of a sampled call without a seed: its answer is given again only to the same call of the same step, when the run is resumed."""
        asked = responses.key(model, item.messages, replace(self.call, seed=0))
        if not asked or not meter.ledger.resumable:
            return None
        asked = f"{meter.run_id}/{meter.step}/{asked}"
        return sha256(f"{asked}/{meter.ledger.time(asked)}".encode()).hexdigest()

    def _judged(self, spec: ModelSpec, item: Item, answer: Answer, seconds: float, *, cached: bool = False) -> Result:
        usd = 0.0 if cached else self.meter(spec).price(answer.tokens_in, answer.tokens_out)
        parsed: Any = None
        fault: KolonyError | None = None
        if self.schema:
            try:
                parsed = schemas.parse(answer.text, self.schema)
            except ValueError as e:  # valid against the JSON schema, and refused by the class's own validators
                fault = ModelError(f"{spec.name}'s answer is refused by {self.schema.__name__}: {e}.")
        made = Generation(
            text=answer.text, parsed=parsed, model=spec.name, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out, usd=usd,
            seconds=seconds, index=item.index, cached=cached,
        )  # fmt: skip
        if self.check and fault is None:
            try:
                made.check = self.check(made)
            except Exception as e:  # a plugin's own code
                made.check = f"the check failed ({type(e).__name__}: {e})"
        if not cached:
            key = self._keys.get((spec.name, item.index))
            if key and self.router.responses is not None and fault is None:  # first of all: it is paid for
                self.router.responses.put(key, answer, item.messages, self.meter(spec).run_id)
            passed = None if not (self.check or self.schema) else fault is None and not made.check
            self.router.outcomes.record(spec.name, self.task, self.language, passed, seconds, answer.tokens_out, usd)
        return fault or made

    def _erred(self, spec: ModelSpec, error: KolonyError) -> KolonyError:
        if self.schema and type(error) is ModelError:  # no answer that is valid against the schema
            self.router.outcomes.failed(spec.name, self.task, self.language)
        return error
