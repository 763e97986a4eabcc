"""Free text on a GPU: transformers' continuous batching, where a new request joins the next step instead of waiting for a batch.

The paged key-value cache (Kwon et al. 2023, arXiv:2309.06180) lets requests of any length share the memory, so dozens run at
once. What it cannot do goes through ``generate``: schemas, a seed of one request's own, repetition penalties, log-probabilities.
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import torch
from transformers import ContinuousBatchingConfig, GenerationConfig
from transformers.utils.import_utils import is_flash_attn_2_available

from ..errors import ContextTooLong, ModelError
from .rows import Row, Stop, answer
from .spec import Answer, Call

MEMORY_SHARE = 0.6
"""Of the GPU memory that is free once the model is loaded; the rest is for ``generate``."""
_POLL = 0.05
"""Seconds between looks for calls that were cancelled."""


def takes(call: Call) -> bool:
    """Whether a :class:`PagedWriter` can answer ``call`` as ``generate`` would."""
    seeded = call.temperature > 0 and call.seed is not None
    return call.schema is None and not seeded and call.repetition_penalty in (None, 1.0) and not call.logprobs


@dataclass
class _Job:
    manager: Any
    row: Row
    stop: Stop
    future: Future[Answer]


class PagedWriter:
    """Answers prompts of one model, as many at once as the cache holds. Works on threads of its own; close it after use.

    Args:
        model: a causal language model of transformers, whose attention is ``sdpa`` or flash. Its weights are shared, not copied.
        tokenizer: of that model.
        eos: ids that end an answer.
        config: transformers' settings; by default :data:`MEMORY_SHARE` of the free memory.

    Raises:
        ModelError: the memory does not suffice for a cache.
    """

    def __init__(self, model: Any, tokenizer: Any, eos: Sequence[int], config: ContinuousBatchingConfig | None = None) -> None:
        self._model, self._tokenizer, self._eos = _twin(model), tokenizer, list(eos)
        self._config = config or ContinuousBatchingConfig(max_memory_percent=MEMORY_SHARE)
        self._config.per_request_processors = True
        # Without the package, transformers would fetch a kernel from the hub.
        self._config.auto_switch_to_flash = bool(is_flash_attn_2_available())
        self._jobs: dict[str, _Job] = {}
        self._names = (f"kolony-{n}" for n in itertools.count())
        self._lock = threading.Lock()
        self._manager: Any = None
        self._closed = False
        self._no_constraint: Any = None
        manager = self._running()
        while manager.batch_processor is None and manager.is_running():
            time.sleep(0.01)
        if manager.batch_processor is None:
            raise ModelError(f"Continuous batching cannot start: {manager.background_thread_status.fatal_error}.")
        self.capacity = int(manager.batch_processor.cache.max_tokens_read)
        """Tokens of prompt and answer that one request may have; all share as many."""

    def submit(self, token_ids: Sequence[int], call: Call, on_text: Callable[[str], None] | None = None) -> Future[Answer]:
        """Have one prompt answered; ``on_text`` gets the text as it is written, on another thread.

        The future fails with ModelError, for this request alone. ``call.cancelled`` ends it at the next token.

        Raises:
            ContextTooLong: prompt and answer do not fit into the cache.
            ModelError: ``call`` is none that :func:`takes` takes, an id is not of the vocabulary, or the writer is closed.
        """
        if not takes(call):
            raise ModelError("Continuous batching takes neither schemas nor seeds, penalties or log-probabilities.")
        # Either would end the loop, and every other request with it.
        if len(token_ids) + call.max_tokens > self.capacity:
            raise ContextTooLong(
                f"The prompt has {len(token_ids)} tokens and up to {call.max_tokens} may follow; the cache holds {self.capacity}.",
                hint="Shorten the prompt, or free GPU memory.",
            )
        if not token_ids or not 0 <= min(token_ids) <= max(token_ids) < self._model.config.vocab_size:
            raise ModelError("The prompt is empty, or holds ids that are not of the model's vocabulary.")
        row = Row(list(token_ids), call, 0, on_text, lambda: not call.cancelled.is_set())
        with self._lock:
            if self._closed:
                raise ModelError("The model was closed.")
            manager = self._running()
            name = next(self._names)
            job = self._jobs[name] = _Job(manager, row, Stop([row], self._tokenizer, self._eos), Future())
        taken = manager.add_request(
            row.ids,
            request_id=name,
            max_new_tokens=call.max_tokens,
            streaming=on_text is not None or bool(call.stop),
            eos_token_id=self._eos,
            # top_k 1 is greedy, whatever the temperature.
            **({"temperature": float(call.temperature), "top_p": float(call.top_p)} if call.temperature > 0 else {"top_k": 1}),
        )
        if taken is None:
            self._fail(name, "it takes no more requests")
        return job.future

    def close(self) -> None:
        """End what is under way, and free the cache."""
        with self._lock:
            self._closed = True
            manager, self._manager = self._manager, None
        if manager is not None:
            manager.stop(block=True, timeout=30, hard_stop=True)
        for name in list(self._jobs):
            self._fail(name, "the model was closed")

    def _running(self) -> Any:
        if self._manager is None or not self._manager.is_running():
            form: Any = GenerationConfig
            generation = form(
                do_sample=True,
                # Values other than transformers' neutral ones, or no processor is made and no request could ask for its own.
                temperature=0.9,
                top_p=0.95,
                top_k=self._model.config.vocab_size,
                eos_token_id=self._eos,
                pad_token_id=self._tokenizer.pad_token_id,
            )
            manager = self._model.init_continuous_batching(generation_config=generation, continuous_batching_config=self._config)
            manager.start()
            self._manager = manager
            threading.Thread(target=self._listen, args=(manager,), daemon=True, name="paged-writer").start()
        return self._manager

    def _listen(self, manager: Any) -> None:
        """Hand results to those who wait. Ends with the manager, whose thread must not outlive the program."""
        while manager.is_running() and threading.main_thread().is_alive():
            output = manager.get_result(timeout=_POLL)
            if output is not None:
                self._hear(manager, output)
            for name, job in list(self._jobs.items()):
                if job.manager is manager and job.row.call.cancelled.is_set():
                    manager.cancel_request(name)
                    self._fail(name, "the call was cancelled")
        if manager.is_running():
            manager.stop(block=False, hard_stop=True)
        while (output := manager.get_result(timeout=0)) is not None:
            self._hear(manager, output)
        with self._lock:
            left = [name for name, job in self._jobs.items() if job.manager is manager]
        for name in left:
            self._fail(name, "continuous batching broke off")

    def _hear(self, manager: Any, output: Any) -> None:
        job = self._jobs.get(output.request_id)
        if job is None:  # ended by a stop sequence or cancelled; a last step was under way
            return
        if output.error is not None:
            self._fail(output.request_id, str(output.error).strip().splitlines()[0][:200])
            return
        try:
            done = output.is_finished()
            for token in output.generated_tokens[len(job.row.written) :]:
                if bool(job.stop(torch.tensor([[token]]), None)[0]):
                    done = True
                    break
            if not done:
                return
            if not output.is_finished():
                manager.cancel_request(output.request_id)
            job.stop.finish()
            said = answer(job.row, self._tokenizer, self._eos, self._no_constraint, 0)
        except Exception as e:  # on_text is the caller's
            manager.cancel_request(output.request_id)
            self._fail(output.request_id, f"{type(e).__name__}: {e}")
            return
        self._jobs.pop(output.request_id, None)
        job.future.set_result(said)

    def _fail(self, name: str, why: str) -> None:
        job = self._jobs.pop(name, None)
        if job is not None and not job.future.done():
            job.future.set_exception(ModelError(f"The model gave no answer: {why}."))


def _twin(model: Any) -> Any:
    """The same weights in a model of its own: continuous batching changes a model's attention, which ``generate`` uses meanwhile."""
    with torch.device("meta"):
        twin = type(model)(copy.deepcopy(model.config))
    twin.load_state_dict(model.state_dict(), assign=True)
    for name, buffer in model.named_buffers():  # those that are no part of the saved weights, such as rotary frequencies
        place, _, own = name.rpartition(".")
        setattr(twin.get_submodule(place), own, buffer)
    twin.generation_config = copy.deepcopy(model.generation_config)
    return twin.eval()


__all__ = ["MEMORY_SHARE", "PagedWriter", "takes"]
