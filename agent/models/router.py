"""The router: which model takes a call, and why. Privacy is a wall, not a preference."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import ModelUnavailable
from ..events import Event
from ..settings import Policy, Settings
from .breaker import COOLDOWN, Breaker
from .ledger import Ledger
from .outcomes import Outcomes
from .policy import Candidate, Ranked, rank
from .spec import ModelInfo, ModelSpec
from .specs import specs_of
from .wall import STEP

if TYPE_CHECKING:
    from ..host import Host
    from .calls import BoundModels
    from .responses import Responses

REMEMBERED = 1.0
"""Seconds for which a model's availability (its key, its file) is not looked up again. The wall never rests on it."""
_START = {True: 1.0, False: 0.2}
_PER_SECOND = {True: 60.0, False: 20.0}
"""Seconds before a remote (True) or local model begins to answer and tokens it writes per second, until they are measured."""


class Want(NamedTuple):
    """What a call needs. Tokens are those of one text."""

    language: str
    private: str = ""
    """Why its text must stay on this machine; ``""`` only where it may leave."""
    task: str = ""
    tool: str = ""
    tokens_in: int = 0
    """Expected."""
    most_in: int = 0
    """At the worst, in the shortest text."""
    tokens_out: int = 256
    checked: bool = False
    left: float = float("inf")
    """US dollars left of the run's cap."""
    brand: str = ""
    """Whose drafts are written; ``""``: it is no draft, or the brand is not known."""


class Choice(NamedTuple):
    """One model that may take a call, and its place in the order."""

    spec: ModelSpec
    rank: Ranked
    private: str = ""

    @property
    def reason(self) -> str:
        """In words."""
        return f"{self.rank.reason}; {self.private}" if self.private else self.rank.reason


class Decision(NamedTuple):
    """Who may take a call, best first; why the others may not; and the dollars that one of those would have needed at least."""

    choices: list[Choice]
    refused: list[str]
    unaffordable: float | None = None


class Router:
    """Knows every model there is and picks one per call. Nothing is loaded before the first call.

    Args:
        host: plugins, whose ``register_models`` adds models and whose ``register_guards`` add to the privacy wall.
        emit: takes the events ``ModelRouted`` and ``ModelCalled`` where a step brings no taker of its own.
        outcomes: what became of earlier answers; by default those of this router alone.
        responses: earlier answers, to be given again; none by default.
        clock: seconds, monotonic.

    Raises:
        SettingsError: a tool is to use a model that there is not.
    """

    def __init__(
        self,
        settings: Settings,
        host: Host | None = None,
        emit: Callable[[Event], None] = lambda event: None,
        *,
        outcomes: Outcomes | None = None,
        responses: Responses | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.emit = emit
        self.outcomes = outcomes or Outcomes()
        self.responses = responses
        self.breaker = Breaker(clock)
        self.guards: Sequence[Callable[[str, str], Any]] = tuple(host.collect("register_guards")) if host else ()
        self._clock = clock
        self._specs = specs_of(settings, host)
        self._languages = [frozenset(s.languages) for s in self._specs]
        self._models: dict[str, Any] = {}
        self._resting: dict[str, tuple[float, str]] = {}
        self._usable: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        for s in self._specs:
            self.outcomes.prior(s.name, s.quality)

    def bind(
        self,
        run_id: str,
        step_id: str,
        privacy: Literal["local", "any"],
        ledger: Ledger,
        tool: str = "",
        emit: Callable[[Event], None] | None = None,
        brand: str = "",
    ) -> BoundModels:
        """The models as one step sees them. ``brand``: whose drafts the step makes. ``tool`` is whose settings (``policy``, ``model``) hold; ``emit`` takes the run's events."""
        from .calls import BoundModels

        return BoundModels(self, run_id, step_id, privacy, ledger, tool, emit or self.emit, brand)

    @property
    def reaches_out(self) -> bool:
        """Whether any model is remote, so that a text could leave this machine."""
        return any(s.remote for s in self._specs)

    def models(self) -> list[ModelInfo]:
        """Every model known, in the order of preference, with why it can or cannot be used now. Loads none."""
        self._usable.clear()
        infos = []
        for s in self._specs:
            why = self._unusable(s, self._clock()) or _against(s, self.settings.policy)
            infos.append(
                ModelInfo(
                    s.name, "remote" if s.remote else "local", s.languages, not why, why or "ready", s.where, s.usd_per_mtok_in,
                    s.usd_per_mtok_out, s.context, s.base, s.brand, s.about,
                )
            )  # fmt: skip
        return infos

    def local_models(self) -> list[ModelSpec]:
        """Models on this machine that can be used now and trained on: no adapters, and none that a server holds."""
        found = [s for s in self._specs if not s.remote and not s.base and not s.endpoint]
        return [s for s in found if not self._unusable(s, self._clock())]

    def decide(self, want: Want) -> Decision:
        """Which models may take a call, in which order, and why; it loads and sends nothing."""
        policy, only = self._rules(want.tool)
        sealed = self.settings.policy == "local-only"  # for all: a tool's own settings do not open it
        candidates: list[Candidate] = []
        refused: list[str] = []
        unaffordable: float | None = None
        language, private, left, now = want.language, want.private, want.left, self._clock()
        typical = min(want.tokens_out, self.outcomes.typical(want.task, want.language) or want.tokens_out)
        stand_in = self._stand_ins(want, now)
        for place, s in enumerate(self._specs):
            why = ""
            if s.base and s.name not in stand_in.values():
                why = self._unusable(s, now) or f"writes drafts for {s.brand} only"
            elif s.name in stand_in:
                why = f"{stand_in[s.name]}, trained on this brand's posts, takes its place"
            elif private and s.remote:
                why = private
            elif only and s.name != only:
                why = f"the tool is set to use {only}"
            elif language not in self._languages[place]:
                why = f"does not write {language}"
            elif want.tokens_in + want.tokens_out > s.context:
                why = f"its context of {s.context} tokens is too short for about {want.tokens_in} and {want.tokens_out} for the answer"
            else:
                worst = (want.most_in * s.usd_per_mtok_in + want.tokens_out * s.usd_per_mtok_out) / 1e6
                if worst > left:
                    unaffordable = min(worst, unaffordable or worst)
                    why = f"may cost up to ${worst:.4f}, and ${left:.4f} of the run's budget is left"
                else:
                    why = _against(s, policy) or (_against(s, "local-only") if sealed else "") or self._unusable(s, now)
            if why:
                refused.append(f"{s.name}: {why}")
            else:
                candidates.append(self._candidate(s, want, place, typical))
        ranked = rank(policy, candidates, checked=want.checked, usd_per_second=self.settings.usd_per_second)
        return Decision([Choice(self._specs[r.model.place], r, private) for r in ranked], refused, unaffordable)

    def _stand_ins(self, want: Want, now: float) -> dict[str, str]:
        """Base model to the adapter that takes its place: one of the brand and language that beats it and can be used."""
        found: dict[str, str] = {}
        for s in self._specs if want.brand else ():
            if s.base and s.brand.casefold() == want.brand.casefold() and want.language in s.languages and not self._unusable(s, now):
                found.setdefault(s.base, s.name)
        return found

    def model(self, spec: ModelSpec) -> Any:
        """The chat model of ``spec``, made once.

        Raises:
            ModelUnavailable: it cannot be made.
        """
        with self._lock:
            if spec.name not in self._models:
                try:
                    self._models[spec.name] = spec.factory()
                except ModelUnavailable:
                    raise
                except Exception as e:  # a plugin's own code; its text may quote a key
                    raise ModelUnavailable(f"{spec.name} cannot be made ({type(e).__name__}).", hint="Look into its plugin.") from e
            return self._models[spec.name]

    def warm(self, language: str) -> None:
        """Begin to load the local model that would write ``language``, beside whatever runs until it is asked."""
        spec = next((c.spec for c in self.decide(Want(language)).choices), None)
        if spec is None or spec.remote:
            return

        def load() -> None:
            with suppress(Exception):  # the first call loads it again and says what is wrong
                getattr(self.model(spec), "load", lambda: None)()

        threading.Thread(target=load, daemon=True, name="load-model").start()

    def failed(self, spec: ModelSpec, error: ModelUnavailable) -> None:
        """Leave a model alone for a while. Where its whole endpoint is down, the breaker does that already."""
        if not (spec.endpoint and self.breaker.blocked(spec.endpoint)):
            with self._lock:
                self._resting[spec.name] = (self._clock() + (getattr(error, "after", None) or COOLDOWN), error.message)

    def close(self) -> None:
        """Close the files; the next use opens them again."""
        self.outcomes.close()
        if self.responses is not None:
            self.responses.close()

    def _rules(self, tool: str) -> tuple[Policy, str]:
        """Policy and, where the tool is bound to one, the model's name."""
        own = self.settings.tools.get(tool) if tool else None
        if not own:
            return self.settings.policy, ""
        return own.get("policy", self.settings.policy), own.get("model", "")

    def _candidate(self, s: ModelSpec, want: Want, place: int, typical: float) -> Candidate:
        """``typical``: tokens of an answer to such a call, whoever wrote it."""
        row = self.outcomes.row(s.name, want.task, want.language)
        usd = (want.tokens_in * s.usd_per_mtok_in + typical * s.usd_per_mtok_out) / 1e6
        guess = _START[s.remote] + typical / _PER_SECOND[s.remote]
        if row is None:
            return Candidate(s.name, s.remote, usd, guess, s.quality, 0, 0, place)
        seconds = row.seconds if row.answers else guess
        return Candidate(s.name, s.remote, usd, seconds, row.pass_rate, row.passed + row.failed, row.passed_over, place)

    def _unusable(self, s: ModelSpec, now: float) -> str:
        if s.name in self._resting:
            until, why = self._resting[s.name]
            if now < until:
                return f"failed a moment ago: {why}"
        if s.endpoint and (why := self.breaker.blocked(s.endpoint)):
            return why
        until, why = self._usable.get(s.name, (float("-inf"), ""))
        if now >= until:
            try:
                why = s.unavailable()
            except Exception as e:  # a plugin's own code
                why = f"{type(e).__name__}: {e}"
            self._usable[s.name] = (now + REMEMBERED, why)
        return why


def _against(spec: ModelSpec, policy: Policy) -> str:
    if policy == "local-only" and spec.remote:
        return "the policy is local-only"
    if policy == "remote-only" and not spec.remote:
        return "the policy is remote-only"
    return ""


def privacy_of(step: str) -> str:
    """Why a step's text must stay on this machine, or ``""``: anything but an explicit ``any`` is private."""
    return "" if step == "any" else STEP
