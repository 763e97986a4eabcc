"""The rows of one batch, each with its own call: sampling, limits, stop sequences and streaming, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from transformers import LogitsProcessor, StoppingCriteria, TopPLogitsWarper

from .grammar import CLOSING
from .spec import Answer, Call

if TYPE_CHECKING:
    from .grammar import Constraint

REPETITION_PENALTY = 1.1
"""Default for free text, on tokens the model wrote itself: small models loop without one, and stray from the facts above it."""


@dataclass
class Row:
    """One prompt on its way through a batch."""

    ids: list[int]
    call: Call
    index: int = 0
    """Which prompt of its call it is: prompts of one seeded call draw differently."""
    on_text: Callable[[str], None] | None = None
    waiting: Callable[[], bool] = lambda: True
    """Whether anybody still wants the answer."""
    written: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    sent: int = 0

    @property
    def limit(self) -> int:
        """Tokens it may write at most; a structured answer gets some more to come to its end."""
        return self.call.max_tokens + (CLOSING if self.call.schema else 0)

    def generator(self) -> torch.Generator:
        draw = torch.Generator()
        if self.call.seed is None:
            draw.seed()
        else:
            draw.manual_seed((self.call.seed * 2_654_435_761 + self.index) % 2**63)  # Knuth's multiplier: seeds 1 and 2 share no draws
        return draw


class Sampler(LogitsProcessor):
    """Turns each row's logits into scores whose largest is the row's next token.

    Sampling adds Gumbel noise from the row's own generator (argmax of logits + Gumbel noise is a draw from their softmax;
    Gumbel 1954), so that a seeded row draws the same whatever else is in its batch.
    """

    def __init__(self, rows: Sequence[Row], width: int, constraint: Constraint) -> None:
        self.rows, self.width, self.constraint = rows, width, constraint
        self.draws = {i: r.generator() for i, r in enumerate(rows) if r.call.temperature > 0}
        self._before: dict[int, Any] = {}

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.note(input_ids)
        for i, row in enumerate(self.rows):
            if row.call.logprobs:
                self._before[i] = scores[i].log_softmax(dim=-1)
            penalty = row.call.repetition_penalty or (1.0 if row.call.schema else REPETITION_PENALTY)
            if penalty != 1.0:
                # On what it writes only: a penalty on the prompt's tokens would drive it away from the facts it was given.
                own = input_ids[i, self.width :]
                s = scores[i, own]
                scores[i, own] = torch.where(s < 0, s * penalty, s / penalty)
        scores = self.constraint(input_ids, scores)
        for i, draw in self.draws.items():
            call = self.rows[i].call
            s = scores[i : i + 1] / call.temperature
            if call.top_p < 1:
                s = TopPLogitsWarper(top_p=call.top_p)(input_ids, s)
            noise = -torch.empty(s.shape).exponential_(generator=draw).log()
            scores[i : i + 1] = s + noise.to(s.device)
        return scores

    def note(self, input_ids: Any) -> None:
        """Write down how probable the tokens taken last were."""
        for i, before in self._before.items():
            self.rows[i].logprobs.append(float(before[input_ids[i, -1]]))
        self._before = {}


class Stop(StoppingCriteria):
    """Ends a row at its end token, its limit or its stop sequence, or when nobody waits for it; streams what it writes."""

    def __init__(self, rows: Sequence[Row], tokenizer: Any, eos: Sequence[int]) -> None:
        self.rows, self.tokenizer, self.eos = rows, tokenizer, frozenset(eos)
        self.done = [False] * len(rows)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        for i, token in enumerate(input_ids[:, -1].tolist()):
            if not self.done[i]:
                self.done[i] = self._ended(self.rows[i], token)
        return torch.tensor(self.done, device=input_ids.device)

    def _ended(self, row: Row, token: int) -> bool:
        row.written.append(token)
        if token in self.eos or not row.waiting():
            return True
        self._stream(row, last=False)
        if row.call.stop:
            # A stop sequence of n characters spans at most n tokens; a few more make the decoded tail whole.
            tail = row.written[-(max(map(len, row.call.stop)) + 4) :]
            text = self.tokenizer.decode(tail, skip_special_tokens=True)
            if any(s in text for s in row.call.stop if s):
                return True
        return len(row.written) >= row.limit

    def finish(self) -> None:
        """Hand on what was withheld."""
        for row in self.rows:
            self._stream(row, last=True)

    def _stream(self, row: Row, last: bool) -> None:
        """Hand on what is certain: not what may yet become a stop sequence, nor half a character."""
        if row.on_text is None:
            return
        text, stopped = cut(self.tokenizer.decode(row.written, skip_special_tokens=True), row.call.stop)
        if not last:
            held = max(map(len, row.call.stop), default=1) - 1
            text = text if stopped else text.rstrip("\ufffd")
            text = text if stopped else text[: max(0, len(text) - held)]
        if len(text) > row.sent:
            row.on_text(text[row.sent :])
            row.sent = len(text)


def answer(row: Row, tokenizer: Any, eos: Sequence[int], constraint: Constraint, place: int) -> Answer:
    """What a finished row says. ``place`` is its row of ``constraint``."""
    ended = bool(row.written) and row.written[-1] in eos
    own = row.written[:-1] if ended else row.written
    logprobs: tuple[tuple[str, float], ...] = ()
    if row.call.logprobs:
        logprobs = tuple((str(tokenizer.decode([t])), p) for t, p in zip(own, row.logprobs, strict=False))
    if row.call.schema:
        text, stopped = constraint.finished_text(place, own), False
    else:
        text, stopped = cut(str(tokenizer.decode(own, skip_special_tokens=True)), row.call.stop)
    return Answer(text.strip(), len(row.ids), len(row.written), "stop" if stopped or ended else "length", logprobs)


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """``text`` up to the first stop sequence, and whether there was one."""
    places = [p for s in stop if s and (p := text.find(s)) >= 0]
    return (text[: min(places)], True) if places else (text, False)
