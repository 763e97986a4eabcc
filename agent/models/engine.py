"""Runs a Transformer: loads it once per process, answers prompts as one left-padded batch on its own thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.generation.streamers import BaseStreamer

from ..errors import ModelError, ModelUnavailable
from . import offline
from .grammar import CLOSING, Constraint, Grammars
from .spec import Answer, Call, ChatMessage

BATCH = 16
"""Prompts run at once; more are run in turns, so that memory stays bounded."""
REPETITION_PENALTY = 1.1
"""Default for free text, on tokens the model wrote itself: small models loop without one, and stray from the facts above it."""


class Engine:
    """A loaded model and its tokenizer. All work happens on one thread of its own: torch already uses every core."""

    def __init__(self, path: str, device: str = "auto", dtype: str = "auto") -> None:
        """Load it. See :func:`load`, which shares engines between callers."""
        self.path = path
        self.device = _device(device, path)
        self.dtype = _dtype(dtype, self.device)
        self.tokenizer, self.model = _read(path, self.device, self.dtype)
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.tokenizer.padding_side = "left"
        self.context = int(getattr(self.model.config, "max_position_embeddings", 0) or 8_192)
        eos = self.model.generation_config.eos_token_id
        self.eos: list[int] = list(eos) if isinstance(eos, list) else [eos if eos is not None else self.tokenizer.eos_token_id]
        self.grammars = Grammars(self.tokenizer, max(self.model.config.vocab_size, len(self.tokenizer)), self.eos)
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="transformers")

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

    def answer(
        self, conversations: Sequence[Sequence[ChatMessage]], call: Call, on_text: Callable[[str], None] | None = None
    ) -> list[Answer]:
        """Answer every conversation, as few padded batches as memory allows. Blocks; call it on :attr:`thread`.

        Raises:
            ModelError: a prompt does not fit into the context, or the schema cannot be expressed as a grammar.
        """
        prompts = [self.prompt(c) for c in conversations]
        answers: list[Answer] = []
        for start in range(0, len(prompts), BATCH):
            if call.cancelled.is_set():
                raise ModelError("The call was cancelled.")
            answers += self._batch(prompts[start : start + BATCH], call, start, on_text)
        return answers

    def _batch(self, prompts: list[str], call: Call, start: int, on_text: Callable[[str], None] | None) -> list[Answer]:
        templated = bool(self.tokenizer.chat_template)
        inputs = self.tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=not templated).to(self.device)
        width = int(inputs["input_ids"].shape[1])
        longest = width + call.max_tokens + (CLOSING if call.schema else 0)
        if longest > self.context:
            raise ModelError(
                f"The prompt has {width} tokens and up to {longest - width} may follow; {Path(self.path).name} takes {self.context} together.",
                hint="Shorten the prompt, or use a model with a longer context.",
            )
        constraint = (
            self.grammars.constraint([call.schema] * len(prompts), width, [call.max_tokens] * len(prompts)) if call.schema else None
        )
        stopping = _Stop(call, self.tokenizer, width)
        penalty = call.repetition_penalty or (1.0 if call.schema else REPETITION_PENALTY)
        # On what it writes only: a penalty on the prompt's tokens would drive it away from the facts it was given.
        processors = [RepetitionPenaltyLogitsProcessor(penalty, prompt_ignore_length=width)] if penalty != 1.0 else []
        sampling: dict[str, Any] = {"do_sample": False}
        if call.temperature > 0:
            sampling = {"do_sample": True, "temperature": call.temperature, "top_p": call.top_p, "top_k": 0}
        with torch.inference_mode(), torch.random.fork_rng(devices=[] if self.device == "cpu" else None):
            if call.seed is not None:
                torch.manual_seed(call.seed + start)
            else:
                torch.seed()
            output = self.model.generate(
                **inputs,
                **sampling,
                max_new_tokens=longest - width,
                eos_token_id=self.eos,
                pad_token_id=self.tokenizer.pad_token_id,
                logits_processor=LogitsProcessorList([*processors, *([constraint] if constraint else [])]),
                stopping_criteria=StoppingCriteriaList([stopping]),
                streamer=_Streamer(self.tokenizer, call.stop, on_text) if on_text else None,
            )
        inside = inputs["attention_mask"].sum(dim=1).tolist()
        return [self._answer(output[i, width:].tolist(), int(inside[i]), call, constraint, i) for i in range(len(prompts))]

    def _answer(self, ids: list[int], tokens_in: int, call: Call, constraint: Constraint | None, row: int) -> Answer:
        end = next((i for i, token in enumerate(ids) if token in self.eos), None)
        own = ids if end is None else ids[:end]
        tokens_out = len(own) + (end is not None)
        if constraint is not None:
            return Answer(constraint.finished_text(row, own), tokens_in, tokens_out, "stop" if end is not None else "length")
        text, stopped = cut(str(self.tokenizer.decode(own, skip_special_tokens=True)), call.stop)
        return Answer(text.strip(), tokens_in, tokens_out, "stop" if stopped or end is not None else "length")


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """``text`` up to the first stop sequence, and whether there was one."""
    places = [p for s in stop if s and (p := text.find(s)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


class _Stop(StoppingCriteria):
    """Ends a row at its stop sequence, and everything when nobody waits for the answer any more."""

    def __init__(self, call: Call, tokenizer: Any, width: int) -> None:
        self.call, self.tokenizer, self.width = call, tokenizer, width

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        rows = input_ids.shape[0]
        if self.call.cancelled.is_set():
            return torch.ones(rows, dtype=torch.bool, device=input_ids.device)
        done = torch.zeros(rows, dtype=torch.bool, device=input_ids.device)
        if self.call.stop:
            # A stop sequence of n characters spans at most n tokens; a few more make the decoded tail whole.
            tail = max(map(len, self.call.stop)) + 4
            texts = self.tokenizer.batch_decode(input_ids[:, max(self.width, input_ids.shape[1] - tail) :], skip_special_tokens=True)
            for i, text in enumerate(texts):
                done[i] = any(s in text for s in self.call.stop if s)
        return done


class _Streamer(BaseStreamer):
    """Hands on text as it is written, withholding what may yet become a stop sequence or half a character."""

    def __init__(self, tokenizer: Any, stop: Sequence[str], on_text: Callable[[str], None]) -> None:
        self.tokenizer, self.stop, self.on_text = tokenizer, stop, on_text
        self.ids: list[int] | None = None
        self.sent = 0
        self.held = max(map(len, stop), default=1) - 1

    def put(self, value: Any) -> None:
        if self.ids is None:  # the first call carries the prompt
            self.ids = []
            return
        self.ids += value.reshape(-1).tolist()
        self._send(self.held)

    def end(self) -> None:
        self._send(0)

    def _send(self, held: int) -> None:
        text, stopped = cut(self.tokenizer.decode(self.ids or [], skip_special_tokens=True), self.stop)
        whole = text.rstrip("\ufffd") if held or not stopped else text
        end = len(whole) if stopped else len(whole) - held
        if end > self.sent:
            self.on_text(whole[self.sent : end])
            self.sent = end


def _merge_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Templates without a system turn get it at the head of the first user turn."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    rest: list[ChatMessage] = [m for m in messages if m["role"] != "system"]
    if system and rest:
        rest[0] = {"role": rest[0]["role"], "content": f"{system}\n\n{rest[0]['content']}"}
    return rest


def _device(device: str, path: str) -> Literal["cpu", "cuda"]:
    has = torch.cuda.is_available()
    if device == "cuda" and not has:
        raise ModelUnavailable(f'The model {path} is set to `device = "cuda"`, and torch finds no GPU.', hint='Set `device = "auto"`.')
    return "cuda" if has and device != "cpu" else "cpu"


def _dtype(dtype: str, device: str) -> torch.dtype:
    """bf16 on a GPU. On a CPU float32: measured with SmolLM2 without AMX, bf16 decodes no faster and reads prompts 2.7 times
    slower, and dynamic int8 multiplies the perplexity by four (its activations have outliers)."""
    if dtype == "auto":
        return torch.bfloat16 if device == "cuda" else torch.float32
    return torch.bfloat16 if dtype == "bfloat16" else torch.float32


def _read(path: str, device: str, dtype: torch.dtype) -> tuple[Any, Any]:
    file = Path(path).expanduser()
    source = str(file)
    if file.suffix.lower() == ".gguf":
        source = str(offline.converted(file))
    elif not file.is_dir():
        if file.exists() or path.startswith((".", "/", "~")):
            raise ModelUnavailable(f"There is no model folder at {path}.", hint="Correct `path` in kolony.toml.")
        source = path
    local_only = Path(source).is_dir() or os.environ.get("HF_HUB_OFFLINE", "") in ("1", "true", "yes")
    loader: Any = AutoModelForCausalLM
    try:
        with offline.quiet():
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_only)
            model = loader.from_pretrained(source, dtype=dtype, local_files_only=local_only).to(device).eval()
    except (torch.OutOfMemoryError, MemoryError) as e:
        raise ModelUnavailable(f"{path} does not fit into memory.", hint='Use a smaller model, or `dtype = "bfloat16"`.') from e
    except Exception as e:  # transformers raises OSError, ValueError, SafetensorError, KeyError, … for a bad folder
        first = (str(e).strip().splitlines() or [""])[0][:300]
        way = "Check the folder." if Path(source).is_dir() else "Without network, name a folder or a GGUF file that is on this machine."
        raise ModelUnavailable(f"The model {path} cannot be loaded ({type(e).__name__}: {first}).", hint=way) from e
    return tokenizer, model


_engines: dict[tuple[str, str, str], Engine] = {}
_lock = threading.Lock()


def load(path: str, device: str = "auto", dtype: str = "auto") -> Engine:
    """The engine of ``path`` (folder, hub id or GGUF file), loaded once per process.

    Raises:
        ModelUnavailable: saying what is missing or broken and what to do.
    """
    key = (path, device, dtype)
    with _lock:
        if key not in _engines:
            _engines[key] = Engine(path, device, dtype)
        return _engines[key]


__all__ = ["BATCH", "REPETITION_PENALTY", "Engine", "cut", "load"]
