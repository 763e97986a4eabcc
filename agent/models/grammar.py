"""Constrained decoding: every structured answer is valid against its JSON schema, also one of a 135M-parameter model.

llguidance (a grammar compiled from the schema) says which tokens may follow; the others are masked out. When the token
limit is reached inside the JSON, the constraint goes over to closing: whatever ends a value is taken where it is allowed.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from typing import Any

import llguidance
import numpy as np
import torch
from llguidance.hf import from_tokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from transformers import LogitsProcessor

from ..errors import ModelError

CLOSING = 192
"""Tokens after the limit in which an answer may be brought to its end."""
_LAST_RESORT = 4_096
_FORM: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Grammars:
    """Compiled schemas for one tokenizer, kept, since compiling takes longer than a token."""

    def __init__(self, tokenizer: Any, vocabulary: int, eos: list[int]) -> None:
        self._tokenizer, self._vocabulary, self._eos = tokenizer, vocabulary, eos
        self._guide: Any = None
        self._compiled: dict[str, Any] = {}
        self._lock = threading.Lock()

    def constraint(self, schemas: Sequence[dict[str, Any] | None], width: int, limits: Sequence[int]) -> Constraint:
        """A mask for one batch, whose answers begin after ``width`` prompt tokens.

        Row ``i`` is held to ``schemas[i]`` and goes over to closing after ``limits[i]`` tokens; the scores of a row whose
        schema is ``None`` are left alone.

        Raises:
            ModelError: a schema uses something that the grammar cannot express.
        """
        matchers = [None if schema is None else self._matcher(schema).deep_copy() for schema in schemas]
        return Constraint(matchers, self._guide, self._vocabulary, self._eos, width, limits)

    def _matcher(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema, sort_keys=True)
        with self._lock:
            if self._guide is None:
                if not hasattr(self._tokenizer, "backend_tokenizer"):
                    raise ModelError("This model's tokenizer is not a fast one; structured answers need that.")
                self._guide = from_tokenizer(self._tokenizer, n_vocab=self._vocabulary, eos_token=self._eos)
            if key not in self._compiled:
                try:
                    grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, overrides=_FORM)
                except ValueError as e:
                    raise ModelError(f"The answer's schema is no JSON schema: {e}.") from e
                matcher = llguidance.LLMatcher(self._guide, grammar, log_level=0)
                if matcher.is_error():
                    fault = matcher.get_error().strip().splitlines()[0][:300]
                    raise ModelError(f"The answer's schema cannot be used for constrained decoding: {fault}.", hint="Simplify the schema.")
                self._compiled[key] = matcher
            return self._compiled[key]


class Constraint(LogitsProcessor):
    """Masks, row by row, every token that would make the answer invalid. Scores are changed in place."""

    def __init__(self, matchers: Sequence[Any], guide: Any, vocabulary: int, eos: list[int], width: int, limits: Sequence[int]) -> None:
        self.matchers, self.guide, self.eos, self.width, self.limits = matchers, guide, eos, width, limits
        self.constrained = [row for row, matcher in enumerate(matchers) if matcher is not None]
        self.seen = width
        self.bits = allocate_token_bitmask(len(matchers), vocabulary)  # one bit a token, 1: allowed; all ones at first
        self.closers = [*eos, *(guide.tokenize_str(c)[0] for c in '"}]')] if self.constrained else []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Mask ``scores`` (rows × vocabulary) for the next token after ``input_ids`` (rows × tokens, prompt included)."""
        written = input_ids[:, self.seen :].tolist()
        closing = input_ids.shape[1] - self.width
        self.seen = input_ids.shape[1]
        for row in self.constrained:
            matcher = self.matchers[row]
            for token in written[row]:
                if not matcher.is_stopped():
                    matcher.consume_token(token)
            if matcher.is_stopped():
                self._only(row, self.eos)
                continue
            fill_next_token_bitmask(matcher, self.bits, row)
            if closing >= self.limits[row] and (closer := self._closer(row)) is not None:
                self._only(row, [closer])
        if self.constrained:
            forbidden = np.unpackbits((~self.bits).view(np.uint8), axis=1, bitorder="little")[:, : scores.shape[1]].view(bool)
            scores.masked_fill_(torch.from_numpy(forbidden).to(scores.device), float("-inf"))
        return scores

    def _only(self, row: int, tokens: list[int]) -> None:
        self.bits[row] = 0
        for token in tokens:
            self.bits[row, token // 32] |= np.uint32(1 << (token % 32)).view(np.int32)

    def _closer(self, row: int) -> int | None:
        return next((c for c in self.closers if self.bits[row, c // 32] >> (c % 32) & 1), None)

    def finished_text(self, row: int, ids: list[int]) -> str:
        """The answer of a row, brought to its end by the grammar alone where even closing was cut off.

        Raises:
            ModelError: the grammar allows no end (an endless schema).
        """
        matcher = self.matchers[row]
        matcher.reset()
        taken = matcher.try_consume_tokens(ids)
        ids = ids[:taken]
        chance = random.Random(0)
        for _ in range(_LAST_RESORT):
            if matcher.is_accepting() or matcher.is_stopped():
                return str(self.guide.decode_str(ids))
            forced = matcher.compute_ff_tokens()
            if not forced:
                mask = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
                closer = next((c for c in self.closers if mask[c]), None)
                forced = [closer if closer is not None else int(chance.choice(np.flatnonzero(mask)))]
            if not matcher.consume_tokens(forced):
                break
            ids = ids + list(forced)
        raise ModelError(f"The answer could not be brought to an end under its schema. {matcher.get_error()[:200]}".strip())
