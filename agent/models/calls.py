"""One step's calls: walled, routed, and handed on to the next model when one fails or its answer fails its check."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from ..context import Check, Generation
from ..errors import ContextTooLong, KolonyError, ModelError, ModelUnavailable
from ..events import Event
from . import schema as schemas
from .ledger import Ledger
from .meter import Meter, about_tokens, most_tokens
from .router import Decision, Want, privacy_of
from .sending import Item, Sending
from .spec import Call, ChatMessage, ModelSpec
from .wall import why_private, words_of

if TYPE_CHECKING:
    from .router import Router


class BoundModels:
    """The models as one step sees them (:class:`agent.context.StepModels`)."""

    def __init__(
        self,
        router: Router,
        run_id: str,
        step_id: str,
        privacy: Literal["local", "any"],
        ledger: Ledger,
        tool: str,
        emit: Callable[[Event], None],
        brand: str = "",
    ) -> None:
        self._router, self._run_id, self._step_id, self._ledger, self._tool, self._emit = router, run_id, step_id, ledger, tool, emit
        self._private = privacy_of(privacy)
        self._brand = brand

    def writes(self, language: str) -> str | None:
        """Name of the model that would write ``language`` for this step, or ``None``. Loads nothing."""
        choices = self._router.decide(Want(language, self._private, tool=self._tool, brand=self._brand)).choices
        return choices[0].spec.name if choices else None

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
        check: Check | None = None,
    ) -> list[Generation]:
        """See :meth:`agent.context.StepModels.generate_many`. Only texts that hold personal data are kept in, not the whole call."""
        if not prompts:
            return []
        call = Call(max_tokens, temperature, seed=seed, stop=tuple(stop), schema=schemas.strict(schema) if schema else None)
        conversations = [_conversation(system, examples, p) for p in prompts]
        items = [Item(i, c, about_tokens(c)) for i, c in enumerate(conversations)]
        turns = [system or "", *(text for pair in examples for text in pair)]
        shared = [*turns, "\n".join(turns), "\n".join(words_of(call.schema)), *call.stop]
        groups: dict[bool, tuple[str, list[Item]]] = {}
        for item, why in zip(items, self._why_private(prompts, shared, turns[-1], language), strict=True):
            groups.setdefault(bool(why), (why, []))[1].append(item)
        work = []
        for why, group in groups.values():
            sending = Sending(
                self._router, lambda spec: self._meter(spec, task), call, task, language, why, schema, check
            )  # fmt: skip
            work.append((sending, group, self._decide(sending, group)))  # all are decided before anything is sent
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._settle(*w)) for w in work]
        for failed in (t.result() for t in running):
            if failed is not None:
                raise failed
        return [i.best for i in items if i.best is not None]

    def _why_private(self, prompts: Sequence[str], shared: Sequence[str], before: str, language: str) -> list[str]:
        """For each prompt why it must stay on this machine, or ``""``. ``before`` is the turn that ends where it begins."""
        if self._private or not self._router.reaches_out:
            return [self._private] * len(prompts)
        guards = self._router.guards
        for text in shared:
            if why := why_private(text, language, guards):
                return [why] * len(prompts)
        # Data may be named in one turn and stand in the next: "her WeChat id:" and "meilin_8888".
        split = [f"{before[-200:]}\n{p}" if before else "" for p in prompts]
        return [why_private(p, language, guards) or why_private(s, language, guards) for p, s in zip(prompts, split, strict=True)]

    def _decide(self, sending: Sending, items: Sequence[Item]) -> Decision:
        """Who may take these texts.

        Raises:
            BudgetExceeded: only models that cost more than is left.
            ModelUnavailable: nobody.
        """
        want = Want(
            sending.language, sending.private, sending.task, self._tool, max(i.tokens for i in items),
            min(most_tokens(i.messages) for i in items), sending.call.max_tokens, sending.check is not None, self._ledger.left, self._brand,
        )  # fmt: skip
        decision = self._router.decide(want)
        if decision.choices:
            if want.checked and len(decision.choices) > 1:
                for c in decision.choices:
                    self._router.outcomes.decided(c.spec.name, want.task, want.language, c.rank.threshold, c.rank.passed_over)
            return decision
        Meter(self._ledger, self._emit, self._run_id, self._step_id, want.task).routed("no model may take the call", decision.refused)
        if decision.unaffordable is not None:
            raise self._ledger.refusal(self._step_id, decision.unaffordable)
        raise ModelUnavailable(
            f"No model may write {want.language!r} for step {self._step_id!r} ({'; '.join(decision.refused) or 'none is configured'}).",
            hint="Name one in kolony.toml under [[models]]; `kolony models list` shows what there is.",
        )

    async def _settle(self, sending: Sending, items: Sequence[Item], decision: Decision) -> KolonyError | None:
        """Ask one model after the other until each text has an answer that passes. Returns why where one has none at all."""
        after = ""
        passed_over: Sequence[str] = decision.refused
        samples = [
            c._replace(rank=c.rank._replace(sample=0)) for c in decision.choices if c.rank.sample
        ]  # where nobody else can, it takes the rest too
        choices = [*decision.choices, *samples]
        for n, choice in enumerate(choices):
            mine = [i for i in items if i.may_go_to(choice)]
            mine = mine[: choice.rank.sample] if choice.rank.sample else mine
            if not mine:
                continue
            sending.meter(choice.spec).routed(choice.reason + (f", after {after}" if after else ""), passed_over)
            passed_over = ()
            results = await sending.ask(choice.spec, mine, choices[n + 1 :])
            faults: Counter[str] = Counter()
            for item, result in zip(mine, results, strict=True):
                item.asked.add(choice.spec.name)
                if isinstance(result, Generation):
                    item.settled = not result.check
                    if item.settled or choice.rank.model.quality > item.quality:
                        item.best, item.quality = result, choice.rank.model.quality
                    if result.check:
                        faults[result.check] += 1
                else:
                    item.errors.append(result)
                    faults[result.message] += 1
                    if isinstance(result, ContextTooLong):
                        item.longer_than = max(item.longer_than, choice.spec.context)
            if faults:
                count = "" if len(mine) == 1 else f" for {faults.total()} of {len(mine)} texts"
                after = f"{choice.spec.name} failed{count}: " + "; ".join(f for f, _ in faults.most_common(2))
        failures = {e.message: e for i in items if i.best is None for e in i.errors}
        if all(i.best for i in items):
            return None
        return next(iter(failures.values())) if len(failures) == 1 else _all_failed(list(failures.values()))

    def _meter(self, spec: ModelSpec, task: str) -> Meter:
        return Meter(
            self._ledger, self._emit, self._run_id, self._step_id, task, spec.name, spec.usd_per_mtok_in, spec.usd_per_mtok_out,
            self._router.breaker, spec.endpoint,
        )  # fmt: skip


def _conversation(system: str | None, examples: Sequence[tuple[str, str]], prompt: str) -> list[ChatMessage]:
    turns: list[ChatMessage] = [{"role": "system", "content": system}] if system else []
    for asked, answered in examples:
        turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*turns, {"role": "user", "content": prompt}]


def _all_failed(failures: list[KolonyError]) -> ModelError:
    kind = ModelUnavailable if all(isinstance(f, ModelUnavailable) for f in failures) else ModelError
    return kind("Every model that may take this call failed: " + " Then: ".join(f.message for f in failures), hint=failures[0].hint)
