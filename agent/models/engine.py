"""Runs a Transformer: loads it once per process, and answers whoever asks at the same time as one batch, on its own thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch
from transformers import LogitsProcessorList, StoppingCriteriaList

from ..errors import ContextTooLong, ModelError
from . import loading
from .grammar import Constraint, Grammars
from .paged import PagedWriter, takes
from .prefixes import Prefixes
from .rows import Row, Sampler, Stop, answer
from .spec import Answer, Call, ChatMessage

BATCH = 16
"""Prompts run at once; more are run in turns, so that memory stays bounded."""
MOST_TOKENS = 32_768
"""Tokens of one batch at most, padding and answers included (one prompt alone may be longer)."""
GATHER = 0.008
"""Seconds that an idle engine waits for others who ask at the same moment: a fraction of one token's time."""


class _Job:
    """One request: some prompts under one call, and the future of their answers."""

    def __init__(self, conversations: Sequence[Sequence[ChatMessage]], call: Call, on_text: Callable[[str], None] | None) -> None:
        self.conversations, self.call, self.on_text = conversations, call, on_text
        self.future: Future[list[Answer]] = Future()
        self._answers: dict[int, Answer] = {}

    @property
    def wanted(self) -> bool:
        return not self.future.done() and not self.call.cancelled.is_set()

    def give(self, row: Row, said: Answer) -> None:
        self._answers[row.index] = said
        if self.future.done():  # one of its other prompts failed
            return
        if len(self._answers) == len(self.conversations):
            self.future.set_result([self._answers[i] for i in range(len(self.conversations))])

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Engine:
    """A loaded model and its tokenizer. All work happens on one thread of its own: torch already uses every core."""

    def __init__(self, path: str, device: str = "auto", dtype: str = "auto", adapter: str = "") -> None:
        """Load it. See :func:`load`, which shares engines between callers."""
        loaded = loading.read(path, device, dtype, adapter)
        self.path, self.device, self.dtype = path, loaded.device, loaded.dtype
        self.model, self.tokenizer = loaded.model, loaded.tokenizer
        self.context = int(getattr(self.model.config, "max_position_embeddings", 0) or 8_192)
        eos = self.model.generation_config.eos_token_id
        self.eos: list[int] = list(eos) if isinstance(eos, list) else [eos if eos is not None else self.tokenizer.eos_token_id]
        self.grammars = Grammars(self.tokenizer, max(self.model.config.vocab_size, len(self.tokenizer)), self.eos)
        self.prefixes = Prefixes(self.model, self.dtype == "int8")
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="transformers")
        self._jobs: deque[_Job] = deque()
        self.continuous = self.device == "cuda"
        """Whether free text goes through continuous batching."""
        self._paged: PagedWriter | None = None

    # --- prompts ------------------------------------------------------------------------------------------------------

    def prompt(self, messages: Sequence[ChatMessage]) -> str:
        """The conversation as the model was trained to read it; plain turns for a base model without a chat template.

        Control tokens inside a turn's text are broken up: a post that holds ``<|im_end|>`` cannot end its turn and begin another.
        """
        messages = [{"role": m["role"], "content": self._harmless(m["content"])} for m in messages]
        if self.tokenizer.chat_template:
            try:
                text: str = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
                return text
            except Exception as e:  # templates raise TemplateError, TypeError, …, e.g. for a system turn they do not know
                merged = _merge_system(messages)
                if merged == list(messages):
                    raise ModelError(f"The chat template of {self.path} does not take this conversation: {e}.") from e
                return str(self.tokenizer.apply_chat_template(merged, tokenize=False, add_generation_prompt=True))
        turns = [m["content"] if m["role"] == "system" else f"{m['role'].title()}: {m['content']}" for m in messages]
        return "\n\n".join([*turns, "Assistant:"])

    def _harmless(self, text: str) -> str:
        for token in self.tokenizer.added_tokens_decoder.values():
            if token.special and token.content in text:
                text = text.replace(token.content, f"{token.content[:1]} {token.content[1:]}")
        return text

    def count(self, text: str) -> int:
        """Tokens of ``text``, without special ones."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    # --- answers ------------------------------------------------------------------------------------------------------

    def submit(
        self, conversations: Sequence[Sequence[ChatMessage]], call: Call, on_text: Callable[[str], None] | None = None
    ) -> Future[list[Answer]]:
        """Have every conversation answered, in order; with whatever else waits at the time, as few padded batches as possible.

        The future fails with ModelError: the schema cannot be expressed as a grammar, or the model failed; with ContextTooLong:
        a prompt and its answer do not fit into the context. ``call.cancelled`` ends it at the next token.
        """
        job = _Job(conversations, call, on_text)
        if not conversations:
            job.future.set_result([])
        else:
            self._jobs.append(job)
            self.thread.submit(self._work)
        return job.future

    def _work(self) -> None:
        """Answer all that waits. Whoever asks meanwhile joins the next batch."""
        if not self._jobs:  # taken along by the turn before
            return
        time.sleep(GATHER)
        waiting: deque[tuple[_Job, Row]] = deque()
        while self._jobs or waiting:
            while self._jobs:
                waiting.extend(self._rows(self._jobs.popleft()))
            batch: list[tuple[_Job, Row]] = []
            while waiting and len(batch) < BATCH and (not batch or _padded([r for _, r in [*batch, waiting[0]]]) <= MOST_TOKENS):
                job, row = waiting.popleft()
                if job.wanted:
                    batch.append((job, row))
                else:
                    job.fail(ModelError("The call was cancelled."))
            if batch:
                self._answer(batch)

    def _rows(self, job: _Job) -> list[tuple[_Job, Row]]:
        try:
            if job.call.schema:
                self.grammars.constraint([job.call.schema], 0, [1])  # a schema that cannot be used is its own request's fault alone
            rows = [Row(self._ids(c), job.call, i, job.on_text, lambda: job.wanted) for i, c in enumerate(job.conversations)]
            for row in rows:
                self._check_length(row)
        except Exception as e:
            job.fail(self._told(e))
            return []
        if self.continuous and takes(job.call) and self._page(job, rows):
            return []
        return [(job, row) for row in rows]

    def _page(self, job: _Job, rows: Sequence[Row]) -> bool:
        """Hand a request to continuous batching, where it joins what is being written. False: it has no room for it."""
        try:
            if self._paged is None:
                self._paged = PagedWriter(self.model, self.tokenizer, self.eos)
        except Exception:  # too little memory, or a kind of attention that it does not know: batches serve
            self.continuous = False
            return False
        if max(len(r.ids) + r.limit for r in rows) > self._paged.capacity:
            return False

        def settle(row: Row, done: Future[Answer]) -> None:
            if error := done.exception():
                job.fail(self._told(error))
            else:
                job.give(row, done.result())

        for row in rows:
            try:
                self._paged.submit(row.ids, row.call, row.on_text).add_done_callback(partial(settle, row))
            except ModelError as e:
                job.fail(e)
                break
        return True

    def _ids(self, messages: Sequence[ChatMessage]) -> list[int]:
        ids: list[int] = self.tokenizer(self.prompt(messages), add_special_tokens=not self.tokenizer.chat_template)["input_ids"]
        return ids

    def _check_length(self, row: Row) -> None:
        if len(row.ids) + row.limit > self.context:
            raise ContextTooLong(
                f"The prompt has {len(row.ids)} tokens and up to {row.limit} may follow; {Path(self.path).name} takes {self.context} together.",
                hint="Shorten the prompt, or use a model with a longer context.",
            )

    def _answer(self, batch: list[tuple[_Job, Row]]) -> None:
        """Run one batch; halve it when memory does not suffice."""
        try:
            with torch.inference_mode():
                constraint = self._generate([row for _, row in batch])
        except torch.OutOfMemoryError as e:
            if len(batch) == 1:
                batch[0][0].fail(self._told(e))
                return
            torch.cuda.empty_cache()
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                for _, row in half:
                    row.written, row.logprobs = [], []
                self._answer(half)
        except Exception as e:
            for job, _ in batch:
                job.fail(self._told(e))
        else:
            for place, (job, row) in enumerate(batch):
                if not job.wanted:
                    job.fail(ModelError("The call was cancelled."))
                    continue
                try:
                    job.give(row, answer(row, self.tokenizer, self.eos, constraint, place))
                except Exception as e:
                    job.fail(self._told(e))

    def _generate(self, rows: list[Row]) -> Constraint:
        """Have ``rows`` written, as one batch: the beginning they share, padding, then what is each row's own."""
        width, limit = max(len(r.ids) for r in rows), max(r.limit for r in rows)
        constraint = self.grammars.constraint([r.call.schema for r in rows], width, [r.call.max_tokens for r in rows])
        cache, shared = self.prefixes.open([r.ids for r in rows], width + limit)
        gaps = [width - len(r.ids) for r in rows]
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([r.ids[:shared] + [pad] * g + r.ids[shared:] for r, g in zip(rows, gaps, strict=True)], device=self.device)
        mask = torch.ones_like(ids)
        for i, gap in enumerate(gaps):
            mask[i, shared : shared + gap] = 0
        sampler = Sampler(rows, width, constraint)
        stop = Stop(rows, self.tokenizer, self.eos)
        written = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=cache,
            do_sample=False,  # the sampler draws, row by row
            repetition_penalty=1.0,
            max_new_tokens=limit,
            eos_token_id=self.eos,
            pad_token_id=pad,
            logits_processor=LogitsProcessorList([sampler]),
            stopping_criteria=StoppingCriteriaList([stop]),
        )
        sampler.note(written)
        stop.finish()
        if len(rows) == 1 and cache is not None:
            self.prefixes.keep(rows[0].ids, cache)
        return constraint

    def score(self, text: str) -> list[tuple[str, float]]:
        """``(token, natural log of its probability)`` for each token of ``text`` after the first, given those before it.

        Longer texts than the context are read in windows that overlap by half. Blocks; call it on :attr:`thread`.
        """
        begin = [self.tokenizer.bos_token_id] if self.tokenizer.bos_token_id is not None else []
        ids = [*begin, *self.tokenizer(text, add_special_tokens=False)["input_ids"]]
        found: list[tuple[str, float]] = []
        start = 0
        with torch.inference_mode():
            while len(found) < len(ids) - 1:
                window = ids[start : start + self.context]
                tokens = torch.tensor([window], device=self.device)
                logprobs = self.model(input_ids=tokens, use_cache=False).logits[0, :-1].float().log_softmax(dim=-1)
                taken = logprobs.gather(1, tokens[0, 1:, None])[:, 0].tolist()
                fresh = len(found) - start
                found += [(str(self.tokenizer.decode([t])), p) for t, p in zip(window[1 + fresh :], taken[fresh:], strict=True)]
                start += self.context // 2
        return found

    def _told(self, error: BaseException) -> ModelError:
        if isinstance(error, ModelError):
            return error
        name = Path(self.path).name
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
            return ModelError(f"{name} ran out of memory on this prompt.", hint="Shorten the prompt, or use a smaller model.")
        first = (str(error).strip().splitlines() or [""])[0][:200]
        return ModelError(f"{name} failed ({type(error).__name__}: {first}).")


def _padded(rows: Sequence[Row]) -> int:
    """Tokens of a batch at its longest, padding included."""
    return len(rows) * (max(len(r.ids) for r in rows) + max(r.limit for r in rows))


def _merge_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Templates without a system turn get it at the head of the first user turn."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    rest: list[ChatMessage] = [m for m in messages if m["role"] != "system"]
    if system and rest:
        rest[0] = {"role": rest[0]["role"], "content": f"{system}\n\n{rest[0]['content']}"}
    return rest


_engines: dict[tuple[str, str, str, str], Engine] = {}
_lock = threading.Lock()


def load(path: str, device: str = "auto", dtype: str = "auto", adapter: str = "") -> Engine:
    """The engine of ``path`` (folder, hub id or GGUF file), with a LoRA ``adapter`` merged into it if given, loaded once per process.

    Raises:
        ModelUnavailable: saying what is missing or broken and what to do.
    """
    key = (path, device, dtype, adapter)
    with _lock:
        if key not in _engines:
            _engines[key] = Engine(path, device, dtype, adapter)
        return _engines[key]
