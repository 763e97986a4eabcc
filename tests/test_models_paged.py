"""Continuous batching, run for real on the CPU with a tiny Llama of random weights; on a GPU where there is one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_model
import torch
from transformers import ContinuousBatchingConfig

from agent.errors import ContextTooLong, ModelError
from agent.models.engine import Engine
from agent.models.paged import PagedWriter, takes
from agent.models.spec import Call

PROMPTS = ["a", "a much longer prompt than the others have", "你好", "th"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(str(tiny_model.folder(tmp_path_factory.mktemp("tiny"))), "cpu", "float32")


@pytest.fixture(scope="module")
def writer(engine: Engine) -> Iterator[PagedWriter]:
    config = ContinuousBatchingConfig(num_blocks=24, page_size=32, max_batch_tokens=128)
    writer = PagedWriter(engine.model, engine.tokenizer, engine.eos, config)
    yield writer
    writer.close()


def ids(engine: Engine, text: str) -> list[int]:
    return list(engine.tokenizer(text)["input_ids"])


def plain(**options: Any) -> Call:
    return Call(repetition_penalty=1.0, **options)


def test_it_writes_what_generate_writes_whoever_else_is_under_way(engine: Engine, writer: PagedWriter) -> None:
    call = plain(max_tokens=24)
    alone = [engine.submit([[{"role": "user", "content": p}]], call).result() for p in PROMPTS]
    asked = [ids(engine, engine.prompt([{"role": "user", "content": p}])) for p in PROMPTS]
    together = [writer.submit(a, call) for a in asked * 3]
    assert [f.result(60) for f in together] == [a for (a,) in alone] * 3


def test_each_request_samples_by_its_own_options(engine: Engine, writer: PagedWriter) -> None:
    prompt = ids(engine, "a")
    greedy = [writer.submit(prompt, plain(max_tokens=16)) for _ in range(3)]
    hot = [writer.submit(prompt, plain(max_tokens=16, temperature=2.0, top_p=1.0)) for _ in range(6)]
    narrow = [writer.submit(prompt, plain(max_tokens=16, temperature=2.0, top_p=1e-6)) for _ in range(3)]
    texts = {f.result(60).text for f in greedy}
    assert len(texts) == 1
    assert len({f.result(60).text for f in hot}) == 6
    assert {f.result(60).text for f in narrow} == texts  # a nucleus of one token is greedy


def test_stop_sequences_and_streaming(engine: Engine, writer: PagedWriter) -> None:
    prompt = ids(engine, "stream")
    free = writer.submit(prompt, plain(max_tokens=60)).result(60)
    stop = next(c for c in free.text[5:] if c.isascii() and c.strip())
    pieces: list[str] = []
    stopped = writer.submit(prompt, plain(max_tokens=60, stop=(stop,)), pieces.append).result(60)
    assert stopped.text == free.text[: free.text.index(stop)].strip()
    assert stopped.finish == "stop"
    assert "".join(pieces).strip() == stopped.text
    assert len(pieces) > 1


def test_one_requests_fault_is_its_own(engine: Engine, writer: PagedWriter) -> None:
    def broken(_: str) -> None:
        raise KeyError("mine")

    prompt = ids(engine, "a")
    fine = writer.submit(prompt, plain(max_tokens=60))
    faulty = writer.submit(prompt, plain(max_tokens=60), broken)
    with pytest.raises(ModelError, match="KeyError"):
        faulty.result(60)
    assert fine.result(60).tokens_out == 60


@pytest.mark.parametrize(
    ("prompt", "call", "error", "words"),
    [
        ([1], plain(schema={"type": "object"}), ModelError, "neither schemas"),
        ([1] * 10_000, plain(), ContextTooLong, "10000 tokens and up to 256 may follow; the cache holds 768"),
        ([99_999], plain(), ModelError, "not of the model's vocabulary"),
        ([], plain(), ModelError, "empty"),
    ],
)
def test_what_would_end_the_loop_is_refused_beforehand(
    engine: Engine, writer: PagedWriter, prompt: list[int], call: Call, error: type[ModelError], words: str
) -> None:
    under_way = writer.submit(ids(engine, "a"), plain(max_tokens=40))
    with pytest.raises(error, match=words):
        writer.submit(prompt, call)
    assert under_way.result(60).tokens_out == 40


def test_a_cancelled_call_ends_and_others_go_on(engine: Engine, writer: PagedWriter) -> None:
    async def main() -> int:
        gone, stays = plain(max_tokens=440), plain(max_tokens=50)
        first, second = writer.submit(ids(engine, "a"), gone), writer.submit(ids(engine, "b"), stays)
        gone.cancelled.set()
        with pytest.raises(ModelError, match="cancelled"):
            await asyncio.wrap_future(first)
        return (await asyncio.wrap_future(second)).tokens_out

    assert asyncio.run(main()) == 50


def test_more_than_the_cache_holds_takes_turns(engine: Engine, writer: PagedWriter) -> None:
    call = plain(max_tokens=200)
    answers = [f.result(120) for f in [writer.submit(ids(engine, "a"), call) for _ in range(6)]]
    assert {a.text for a in answers} == {answers[0].text}
    assert sum(a.tokens_in + a.tokens_out for a in answers) > writer.capacity


def test_a_loop_that_broke_fails_its_requests_and_the_next_ones_get_a_new_one(
    engine: Engine, writer: PagedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("no memory left")

    with monkeypatch.context() as patch:
        patch.setattr(writer._model, "forward", no_memory)
        with pytest.raises(ModelError, match="no answer: no memory left"):
            writer.submit(ids(engine, "a"), plain(max_tokens=4)).result(60)
    assert writer.submit(ids(engine, "a"), plain(max_tokens=4)).result(60).tokens_out == 4


def test_closing_fails_what_is_under_way(engine: Engine) -> None:
    writer = PagedWriter(
        engine.model, engine.tokenizer, engine.eos, ContinuousBatchingConfig(num_blocks=24, page_size=32, max_batch_tokens=64)
    )
    late = writer.submit(ids(engine, "a"), plain(max_tokens=440))
    writer.close()
    with pytest.raises(ModelError):
        late.result(60)
    with pytest.raises(ModelError, match="closed"):
        writer.submit(ids(engine, "a"), plain())


def test_a_program_that_forgets_to_close_still_ends(engine: Engine, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from agent.models.engine import Engine\n"
        "from agent.models.paged import PagedWriter\n"
        "from agent.models.spec import Call\n"
        "from transformers import ContinuousBatchingConfig\n"
        "e = Engine(sys.argv[1], 'cpu', 'float32')\n"
        "w = PagedWriter(e.model, e.tokenizer, e.eos, ContinuousBatchingConfig(num_blocks=24, page_size=32, max_batch_tokens=64))\n"
        "w.submit([1, 2], Call(max_tokens=440))\n"
        "print(w.submit([1, 2], Call(max_tokens=3)).result(60).tokens_out)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, engine.path], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "3", done.stderr
    assert done.returncode == 0


def test_it_takes_only_what_it_can_do_as_generate_does() -> None:
    assert takes(Call())
    assert takes(Call(temperature=0.5))
    assert takes(Call(seed=1))  # greedy: a seed has no say
    assert takes(plain())
    assert not takes(Call(temperature=0.5, seed=1))
    assert not takes(Call(repetition_penalty=1.3))
    assert not takes(Call(logprobs=True))
    assert not takes(Call(schema={}))


def test_on_a_gpu(engine: Engine) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU is at hand: continuous batching was run on the CPU only")
    own = Engine(engine.path, "cuda", "bfloat16")
    writer = PagedWriter(own.model, own.tokenizer, own.eos)
    try:
        answers = [f.result(120) for f in [writer.submit(ids(own, p), plain(max_tokens=32)) for p in PROMPTS * 16]]
        assert all(a.tokens_out == 32 or a.finish == "stop" for a in answers)
    finally:
        writer.close()
