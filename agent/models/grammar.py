"""Constrained decoding: every structured answer is valid against its JSON schema, also one of a 135M-parameter model.

llguidance (a grammar compiled from the schema) says which tokens may follow; the others are masked out. When the token
limit is reached inside the JSON, the constraint goes over to closing: whatever ends a value is taken where it is allowed.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Any

import llguidance
import numpy as np
import torch
from llguidance.hf import from_tokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from transformers import LogitsProcessor

from ..errors import ModelError
from . import dialect
from . import schema as schemas

CLOSING = 192
"""Tokens after the limit in which an answer may be brought to its end."""
KEPT = 32
"""Compiled schemas kept for one tokenizer."""
_LAST_RESORT = 2_048
_PATIENCE = 3.0
"""Tokens, and seconds of computing, within which the grammar alone must be able to end an answer."""
_FORM: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "coerce_one_of": True}
_LIMITS = llguidance.LLParserLimits(max_lexer_states=50_000, step_max_items=20_000, verbose_errors=False)
_INSIDE, _OUTSIDE = '"', '}]",n['
"""What ends a string, and what ends, else continues most shortly, everything else; the first that is allowed is taken."""


class Grammars:
    """Compiled schemas for one tokenizer, the last :data:`KEPT` of them kept. Safe to use from several threads."""

    def __init__(self, tokenizer: Any, vocabulary: int, eos: list[int]) -> None:
        self._tokenizer, self._vocabulary, self._eos = tokenizer, vocabulary, eos
        self._vocab: _Vocabulary | None = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def constraint(self, schemas: Sequence[dict[str, Any] | None], width: int, limits: Sequence[int]) -> Constraint:
        """A mask for one batch, whose answers begin after ``width`` prompt tokens.

        Row ``i`` is held to ``schemas[i]`` and goes over to closing after ``limits[i]`` tokens; the scores of a row whose
        schema is ``None`` are left alone.

        Raises:
            ModelError: a schema uses something that the grammar cannot express; it names the place.
        """
        rows = [None if s is None else _Row(self._matcher(s), s, self._words()) for s in schemas]
        return Constraint(rows, self._vocabulary, width, limits)

    def _words(self) -> _Vocabulary:
        assert self._vocab is not None
        return self._vocab

    def _matcher(self, schema: dict[str, Any]) -> Any:
        key = dialect.key(schema)
        with self._lock:
            if self._vocab is None:
                self._vocab = _Vocabulary(self._tokenizer, self._vocabulary, self._eos)
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
            matcher = self._compiled[key] = self._compile(schema, self._vocab)
            if len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
            return matcher

    def _compile(self, schema: dict[str, Any], words: _Vocabulary) -> Any:
        prepared = dialect.prepared(schema)
        matcher, fault = words.matcher(prepared)
        if fault:
            dialect.refuse(*dialect.blame(prepared, lambda part: words.matcher(part)[1]))
        try:
            _Row(matcher, schema, words).end()
        except ModelError:
            dialect.refuse((), f"no answer to it ends within {_LAST_RESORT:,} tokens, or it is too ambiguous to be followed")
        return matcher


class _Vocabulary:
    """The tokenizer as llguidance sees it, and the tokens with which answers are ended."""

    def __init__(self, tokenizer: Any, size: int, eos: list[int]) -> None:
        if not hasattr(tokenizer, "backend_tokenizer"):
            raise ModelError("This model's tokenizer is not a fast one; structured answers need that.")
        self.guide: Any = from_tokenizer(tokenizer, n_vocab=size, eos_token=eos, slices=llguidance.LLTokenizer.json_slices())
        self.eos = eos
        self.inside = [self._first(c) for c in _INSIDE]
        self.outside = [*eos, *(self._first(c) for c in _OUTSIDE)]
        self.single = sorted({self._first(chr(code)) for code in range(32, 127)})

    def _first(self, character: str) -> int:
        return int(self.guide.tokenize_str(character)[0])

    def matcher(self, schema: dict[str, Any]) -> tuple[Any, str]:
        """The compiled schema, or ``None`` and what llguidance says is wrong with it."""
        try:
            grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=_FORM)
        except ValueError as e:
            return None, str(e)[:200]
        matcher = llguidance.LLMatcher(self.guide, grammar, log_level=0, limits=_LIMITS)
        if not matcher.is_error():
            return matcher, ""
        lines = [line.strip() for line in matcher.get_error().splitlines() if line.strip(" ^") and "non-verbose" not in line]
        return None, " ".join(lines)[:200]


class _Row:
    """One answer as far as it is written."""

    def __init__(self, compiled: Any, schema: dict[str, Any], words: _Vocabulary) -> None:
        self.compiled, self.schema, self.words = compiled, schema, words
        self.matcher = compiled.deep_copy()
        self.in_string = self._escaped = False

    def take(self, token: int) -> bool:
        """Go on with ``token``; False when the answer is over, or ends before it."""
        if self.matcher.is_stopped() or not self.matcher.consume_token(token):
            return False
        for byte in self.words.guide.decode_bytes([token]):
            if self._escaped:
                self._escaped = False
            elif byte == 0x5C:
                self._escaped = self.in_string
            elif byte == 0x22:
                self.in_string = not self.in_string
        return True

    def closer(self, bits: Any) -> int | None:
        """The allowed token that brings the answer nearest to its end, where one is known."""
        closers = self.words.inside if self.in_string else self.words.outside
        return next((c for c in closers if bits[c // 32] >> (c % 32) & 1), None)

    def end(self, ids: Sequence[int] = ()) -> list[int]:
        """``ids`` as far as they are valid, and what the grammar needs to end the answer after them.

        Raises:
            ModelError: it allows no end, or none within reach.
        """
        row = _Row(self.compiled, self.schema, self.words)
        taken: list[int] = []
        for own in ids:
            if not row.take(own):
                break
            taken.append(own)
        chance, used, began = random.Random(0), Counter[int](), time.thread_time()
        bits = allocate_token_bitmask(1, self.words.guide.vocab_size)
        for _ in range(_LAST_RESORT):
            if row.matcher.is_error() or time.thread_time() - began > _PATIENCE:
                break
            if row.matcher.is_accepting() or row.matcher.is_stopped():
                return taken
            fill_next_token_bitmask(row.matcher, bits, 0)
            token: int | None = row.closer(bits[0])
            if token is None:
                # Single characters, the least used first: so the one that a pattern waits for has its turn soon.
                allowed = [t for t in self.words.single if bits[0, t // 32] >> (t % 32) & 1]
                allowed = allowed or np.flatnonzero(np.unpackbits(bits.view(np.uint8)[0], bitorder="little")).tolist()
                if not allowed:
                    break
                token = int(min(allowed, key=lambda t: (used[t], chance.random())))
                used[token] += 1
            if not row.take(token):
                break
            taken.append(token)
        raise ModelError("The answer could not be brought to an end under its schema.", hint="Allow more tokens, or simplify the schema.")


class Constraint(LogitsProcessor):
    """Masks, row by row, every token that would make the answer invalid. Scores are changed in place."""

    def __init__(self, rows: Sequence[_Row | None], vocabulary: int, width: int, limits: Sequence[int]) -> None:
        self._rows = rows
        self._constrained = [(i, row, limits[i]) for i, row in enumerate(rows) if row is not None]
        self._width = self._seen = width
        self._bits = allocate_token_bitmask(len(rows), vocabulary)  # one bit a token, 1: allowed; all ones at first

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Mask ``scores`` (rows × vocabulary) for the next token after ``input_ids`` (rows × tokens, prompt included)."""
        if not self._constrained:
            return scores
        written = input_ids[:, self._seen :].tolist()
        self._seen = input_ids.shape[1]
        for i, row, limit in self._constrained:
            for token in written[i]:
                row.take(token)
            if not row.matcher.is_stopped():
                fill_next_token_bitmask(row.matcher, self._bits, i)
            if row.matcher.is_stopped():  # also by an error: the end is then looked for once more by finished_text
                self._only(i, row.words.eos)
            elif self._seen - self._width >= limit and (closer := row.closer(self._bits[i])) is not None:
                self._only(i, [closer])
        forbidden = np.unpackbits((~self._bits).view(np.uint8), axis=1, count=scores.shape[1], bitorder="little").view(bool)
        if scores.device.type == "cpu" and scores.dtype == torch.float32:
            np.copyto(scores.numpy(), -np.inf, where=forbidden)  # four times as fast as torch, whose threads wait for one another
        else:
            scores.masked_fill_(torch.from_numpy(forbidden).to(scores.device), float("-inf"))
        return scores

    def _only(self, row: int, tokens: list[int]) -> None:
        self._bits[row] = 0
        for token in tokens:
            self._bits[row, token // 32] |= np.uint32(1 << (token % 32)).view(np.int32)

    def finished_text(self, row: int, ids: list[int]) -> str:
        """The answer of a row as JSON, brought to its end by the grammar alone where even closing was cut off.

        Raises:
            ModelError: the grammar allows no end, or follows a keyword only loosely and the answer is not valid against it.
        """
        held = self._rows[row]
        assert held is not None
        text = str(held.words.guide.decode_str(held.end(ids)))
        _, fault = schemas.read(text, held.schema)
        if fault:
            raise ModelError(
                f"The model's answer is not valid against its schema ({fault}).", hint="The grammar follows that keyword only in part."
            )
        return text


__all__ = ["CLOSING", "KEPT", "Constraint", "Grammars"]
