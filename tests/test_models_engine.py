"""The engine: waiting calls as one batch, shared beginnings, number formats, probabilities. On small Transformers of random weights."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from pathlib import Path
from typing import Any

import pytest
import tiny_model
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    ContinuousBatchingConfig,
    GemmaConfig,
    GemmaForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.cache_utils import DynamicCache

from agent.errors import ContextTooLong, ModelError, ModelUnavailable
from agent.models import ChatTransformers, offline, probe
from agent.models.engine import BATCH, Engine
from agent.models.packed import Packed, room_for, unpackable
from agent.models.paged import PagedWriter
from agent.models.prefixes import Prefixes
from agent.models.spec import Call, ChatMessage

SIZE: dict[str, Any] = dict(
    vocab_size=300, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512
)  # fmt: skip
LLAMA3 = dict(
    rope_type="llama3", rope_theta=10_000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64
)


def user(text: str) -> list[ChatMessage]:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny(folder: Path) -> ChatTransformers:
    return ChatTransformers(path=str(folder), device="cpu")


@pytest.fixture
def batches(tiny: ChatTransformers, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each batch that ran."""
    engine, sizes = tiny.load(), []
    generate = engine._generate
    monkeypatch.setattr(engine, "_generate", lambda rows: (sizes.append(len(rows)), generate(rows))[1])
    return sizes


# --- one batch -------------------------------------------------------------------------------------------------------


def test_calls_that_wait_at_the_same_time_are_one_batch_and_answer_as_they_would_alone(tiny: ChatTransformers, batches: list[int]) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"], "additionalProperties": False}
    calls = [
        ("a", Call(max_tokens=12)),
        ("a rather longer prompt", Call(max_tokens=5, repetition_penalty=1.5)),
        ("b", Call(max_tokens=20, temperature=0.9, seed=3)),
        ("c", Call(max_tokens=9, schema=schema)),
        ("d", Call(max_tokens=20, temperature=1.3, top_p=0.5, seed=4, logprobs=True)),
    ]
    alone = [tiny.generate_batch([user(p)], c)[0] for p, c in calls]
    batches.clear()

    async def together() -> list[Any]:
        return [a for (a,) in await asyncio.gather(*[tiny.agenerate_batch([user(p)], c) for p, c in calls])]

    answers = asyncio.run(together())
    assert batches == [5]
    for a, b in zip(answers, alone, strict=True):
        assert (a.text, a.tokens_in, a.tokens_out, a.finish) == (b.text, b.tokens_in, b.tokens_out, b.finish)
    assert json.loads(answers[3].text)["n"] <= 9


def test_a_seeded_prompt_draws_the_same_whatever_else_is_in_the_batch(tiny: ChatTransformers) -> None:
    call = Call(max_tokens=16, temperature=1.0, seed=11)
    alone = tiny.generate_batch([user("a"), user("b")], call)
    others = threading.Thread(target=tiny.generate_batch, args=([user("x" * n) for n in range(1, 9)], Call(max_tokens=30, temperature=2.0)))
    others.start()
    assert tiny.generate_batch([user("a"), user("b")], call) == alone
    others.join()


def test_one_request_of_a_batch_can_fail_by_itself(tiny: ChatTransformers) -> None:
    async def together() -> list[Any]:
        good, long, odd = Call(max_tokens=4), Call(max_tokens=600), Call(schema={"type": "no such type"})
        work = [tiny.agenerate_batch([user("a")], c) for c in (good, long, odd)]
        return await asyncio.gather(*work, return_exceptions=True)

    good, long, odd = asyncio.run(together())
    assert good[0].tokens_out == 4
    assert isinstance(long, ContextTooLong)
    assert isinstance(odd, ModelError)


def test_a_cancelled_request_is_dropped_and_its_neighbours_go_on(tiny: ChatTransformers, batches: list[int]) -> None:
    async def main() -> tuple[Any, Any]:
        gone = asyncio.create_task(tiny.agenerate_batch([user("a")], Call(max_tokens=400)))
        stays = asyncio.create_task(tiny.agenerate_batch([user("a")], Call(max_tokens=30)))
        await asyncio.sleep(0.03)
        gone.cancel()
        return await asyncio.gather(gone, stays, return_exceptions=True)  # type: ignore[return-value]

    gone, stays = asyncio.run(main())
    assert isinstance(gone, asyncio.CancelledError)
    assert stays[0].tokens_out == 30


def test_no_batch_is_larger_than_memory_allows(tiny: ChatTransformers, batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.generate_batch([user("x" * n) for n in range(1, BATCH + 4)], Call(max_tokens=2))
    assert batches == [BATCH, 3]
    batches.clear()
    monkeypatch.setattr("agent.models.engine.MOST_TOKENS", 200)
    tiny.generate_batch([user("x" * 60)] * 4, Call(max_tokens=10))
    assert batches == [2, 2]


def test_a_batch_that_does_not_fit_into_memory_is_halved(tiny: ChatTransformers, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.load()
    whole = tiny.generate_batch([user(c) for c in "abcde"], Call(max_tokens=6))
    generate = engine.model.generate

    def short_of_memory(**inputs: Any) -> Any:
        if inputs["input_ids"].shape[0] > 2:
            raise torch.OutOfMemoryError("out of memory")
        return generate(**inputs)

    monkeypatch.setattr(engine.model, "generate", short_of_memory)
    assert tiny.generate_batch([user(c) for c in "abcde"], Call(max_tokens=6)) == whole
    monkeypatch.setattr(engine.model, "generate", lambda **_: (_ for _ in ()).throw(torch.OutOfMemoryError("out of memory")))
    with pytest.raises(ModelError, match=r"ran out of memory.*smaller model"):
        tiny.generate_batch([user("a"), user("b")], Call(max_tokens=2))


def test_on_a_gpu_free_text_joins_continuous_batching_while_other_calls_run_as_batches(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run on the CPU, which transformers' continuous batching also knows: the way is the same, only the device differs."""
    engine = Engine(str(folder), "cpu", "float32")
    call, schema = Call(max_tokens=12, repetition_penalty=1.0), {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"]}
    plain = engine.submit([user("a"), user("bb")], call).result()
    engine.continuous = True
    config = ContinuousBatchingConfig(num_blocks=24, page_size=32, max_batch_tokens=128)
    engine._paged = PagedWriter(engine.model, engine.tokenizer, engine.eos, config)
    ran: list[int] = []
    generate = engine._generate
    monkeypatch.setattr(engine, "_generate", lambda rows: (ran.append(len(rows)), generate(rows))[1])
    try:
        free = engine.submit([user("a"), user("bb")], call)
        held = engine.submit([user("a")], Call(max_tokens=12, schema=schema))
        assert json.loads(held.result(60)[0].text)["n"] in (1, 2)
        assert free.result(60) == plain
        assert ran == [1]  # the one with a schema
    finally:
        engine._paged.close()


# --- shared beginnings -----------------------------------------------------------------------------------------------


@given(st.lists(st.text("abc", min_size=1, max_size=20), min_size=1, max_size=4), st.text("xyz", max_size=60))
@settings(max_examples=12, deadline=None)
def test_a_beginning_read_before_changes_no_answer(tiny: ChatTransformers, ends: list[str], begin: str) -> None:
    engine, call = tiny.load(), Call(max_tokens=8)
    prompts = [user(begin + e) for e in ends]
    engine.prefixes = Prefixes(engine.model, packed=False)
    first = tiny.generate_batch(prompts, call)
    again = tiny.generate_batch(prompts, call)
    engine.prefixes._usable = False
    without = tiny.generate_batch(prompts, call)
    assert first == again == without


def test_a_shared_beginning_is_read_once(tiny: ChatTransformers, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, read = tiny.load(), []
    forward = engine.model.forward

    def counting(*args: Any, **inputs: Any) -> Any:
        if inputs["input_ids"].shape[1] > 1:
            read.append(tuple(inputs["input_ids"].shape))
        return forward(*args, **inputs)

    monkeypatch.setattr(engine.model, "forward", counting)
    engine.prefixes = Prefixes(engine.model, packed=False)
    system: ChatMessage = {"role": "system", "content": "s" * 90}
    prompts = [[system, *user(c * 9)] for c in "abc"]
    tiny.generate_batch(prompts, Call(max_tokens=1))
    assert read[0][0] == 1  # the beginning, once
    assert read[0][1] >= 90
    assert read[1][0] == 3  # then what is each prompt's own
    assert read[1][1] < 40
    read.clear()
    tiny.generate_batch([[system, *user("dd")]], Call(max_tokens=1))
    assert [r for r in read if r[1] >= 90] == []


def test_what_is_kept_of_beginnings_is_bounded(tiny: ChatTransformers, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.load()
    engine.prefixes = Prefixes(engine.model, packed=False)
    monkeypatch.setattr("agent.models.prefixes.MOST_BYTES", 200_000)
    for c in "abcdefghij":
        tiny.generate_batch([user(c * 200)], Call(max_tokens=1))
    assert 0 < sum(k.bytes for k in engine.prefixes._kept.values()) <= 200_000


# --- probabilities ---------------------------------------------------------------------------------------------------


def test_log_probabilities_are_those_of_the_model(tiny: ChatTransformers) -> None:
    engine = tiny.load()
    (a,) = tiny.generate_batch([user("a")], Call(max_tokens=6, logprobs=True))
    ids = engine._ids(user("a"))
    assert len(a.logprobs) == a.tokens_out
    with torch.inference_mode():
        for token, p in a.logprobs:
            said = engine.model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
            taken = next(i for i in said.argsort(descending=True).tolist() if engine.tokenizer.decode([i]) == token)
            assert p == pytest.approx(float(said[taken]), abs=1e-4)
            ids.append(taken)
    assert a.confidence == pytest.approx(math.exp(sum(p for _, p in a.logprobs) / len(a.logprobs)))


def test_perplexity_is_that_of_transformers_loss_also_beyond_the_context(tiny: ChatTransformers) -> None:
    engine = tiny.load()
    text = "the cat sat on the mat"
    ids = torch.tensor([[engine.tokenizer.bos_token_id, *engine.tokenizer(text, add_special_tokens=False)["input_ids"]]])
    with torch.inference_mode():
        loss = engine.model(ids, labels=ids).loss
    assert tiny.perplexity(text) == pytest.approx(float(loss.exp()), rel=1e-4)
    long = "a cat " * 200
    assert len(tiny.score(long)) == len(engine.tokenizer(long, add_special_tokens=False)["input_ids"]) > engine.context
    with pytest.raises(ValueError, match="at least two tokens"):
        tiny.perplexity("")


def test_langchain_users_get_log_probabilities_as_openai_gives_them(tiny: ChatTransformers) -> None:
    message = tiny.invoke("a", max_tokens=3, logprobs=True)
    assert [set(c) for c in message.response_metadata["logprobs"]["content"]] == [{"token", "logprob"}] * 3


# --- number formats --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "model"),
    [
        (LlamaConfig(**SIZE), LlamaForCausalLM),
        (LlamaConfig(**SIZE, attention_bias=True, mlp_bias=True, rope_parameters=LLAMA3), LlamaForCausalLM),
        (MistralConfig(**SIZE, sliding_window=None), MistralForCausalLM),
        (Qwen2Config(**SIZE), Qwen2ForCausalLM),
        (Qwen3Config(**SIZE, head_dim=32), Qwen3ForCausalLM),
    ],
    ids=["llama", "llama3-biases", "mistral", "qwen2", "qwen3"],
)
def test_int8_decoding_predicts_what_the_model_itself_does(config: Any, model: Any) -> None:
    torch.manual_seed(0)
    m = model(config).eval()
    with torch.inference_mode():
        for p in m.parameters():  # far from the small, even weights of initialisation, so that slips show
            p.mul_(3) if p.ndim > 1 else p.add_(torch.randn_like(p) * 0.2)
        ids = torch.randint(0, 300, (3, 40))
        mask = torch.ones_like(ids)
        mask[1, :5] = 0  # padding at the left, and after a shared beginning
        mask[2, 10:14] = 0
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        truth = m(input_ids=ids, attention_mask=mask, position_ids=positions).logits[:, 20:].log_softmax(-1)
        assert not unpackable(m)
        packed, cache = Packed(m), room_for(3, 40)
        m(input_ids=ids[:, :20], attention_mask=mask[:, :20], position_ids=positions[:, :20], past_key_values=cache, use_cache=True)
        steps = [packed.step(ids[:, t], cache, mask[:, : t + 1], positions[:, t : t + 1]) for t in range(20, 40)]
    said = torch.stack(steps, 1).log_softmax(-1)
    divergence = (truth.exp() * (truth - said)).sum(-1).mean()
    shuffled = (truth.exp() * (truth - said.roll(1, dims=1))).sum(-1).mean()
    assert divergence < 1e-3 < shuffled


def test_int8_is_refused_where_it_would_be_wrong(tmp_path: Path) -> None:
    gemma = GemmaForCausalLM(GemmaConfig(**SIZE, head_dim=16))
    assert "Gemma" in unpackable(gemma)
    assert "multiple of 16" in unpackable(LlamaForCausalLM(LlamaConfig(**{**SIZE, "hidden_size": 40})))
    assert "sliding" in unpackable(MistralForCausalLM(MistralConfig(**SIZE, sliding_window=8)))
    assert "SiLU" in unpackable(LlamaForCausalLM(LlamaConfig(**SIZE, hidden_act="gelu")))
    tiny_model.folder(tmp_path)
    gemma.save_pretrained(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"cannot be decoded in int8.*Gemma.*dtype"):
        Engine(str(tmp_path), "cpu", "int8")
    assert Engine(str(tmp_path), "cpu", "auto").dtype == "float32"


def test_an_int8_engine_batches_and_reuses_as_any_other(folder: Path) -> None:
    model = ChatTransformers(path=str(folder), device="cpu", dtype="int8")
    prompts = [user("s" * 60 + c) for c in ("a", "bbbbbb", "你好")]
    together = model.generate_batch(prompts, Call(max_tokens=10))
    assert together == model.generate_batch(prompts, Call(max_tokens=10))
    assert [a.text for a in together] == [model.generate_batch([p], Call(max_tokens=10))[0].text for p in prompts]
    assert model.load().dtype == "int8"


def test_the_probe_measures_once_and_remembers(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONY_CACHE", str(tmp_path))
    monkeypatch.setattr(probe, "SMALL", 0)
    engine = Engine(str(folder), "cpu", "float32")
    found = probe.measure(engine.model, engine.tokenizer)
    assert set(found["formats"]) == {"float32", "bfloat16", "int8"}
    assert all(f["step_ms"] > 0 and f.get("divergence", 0) < probe.CLOSE for f in found["formats"].values())
    assert type(engine.model).forward is engine.model.forward.__func__  # measuring left the model as it was

    def wrong(*_: Any) -> Any:
        raise AssertionError("measured again")

    _, choice = probe.fastest(engine.model, engine.tokenizer)
    fresh = Engine(str(folder), "cpu", "float32")  # the first model is another one now where bfloat16 won
    with monkeypatch.context() as m:
        m.setattr(probe, "measure", wrong)
        assert probe.fastest(fresh.model, fresh.tokenizer)[1] == choice
    (file,) = (offline.cache_folder() / "probes").iterdir()
    file.write_text("{")
    probe.fastest(Engine(str(folder), "cpu", "float32").model, engine.tokenizer)
    assert json.loads(file.read_text())["choice"] in ("float32", "bfloat16", "int8")


def test_a_format_that_predicts_something_else_is_not_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(str(folder), "cpu", "float32")
    tried = iter(
        [(torch.zeros(6, 4).log_softmax(-1), 9.0), (torch.eye(6, 4).log_softmax(-1), 1.0), (torch.eye(6, 4).mul(9).log_softmax(-1), 0.1)]
    )

    def pretend(*_: Any) -> Any:
        said, ms = next(tried)
        return said, {"read_ms": ms, "step_ms": ms}

    monkeypatch.setattr(probe, "_try", pretend)
    assert probe.measure(engine.model, engine.tokenizer)["choice"] == "float32"


def test_what_cannot_be_loaded_names_the_way_out(tmp_path: Path) -> None:
    tiny_model.folder(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "from-the-future", "architectures": ["FutureForCausalLM"]}))
    with pytest.raises(ModelUnavailable, match="does not know this architecture"):
        Engine(str(tmp_path), "cpu")
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded.*weights \(\*\.safetensors\)"):
        Engine(str(tmp_path), "cpu")


def test_the_model_keeps_the_cache_of_a_plain_transformers_call(folder: Path) -> None:
    """Whoever calls the packed model with transformers' own cache gets transformers' own decoding."""
    plain, packed = Engine(str(folder), "cpu", "float32").model, Engine(str(folder), "cpu", "int8").model
    ids = torch.tensor([[5, 6, 7]])
    with torch.inference_mode():
        results = []
        for m in (plain, packed):
            cache = DynamicCache(config=m.config)
            m(input_ids=ids, past_key_values=cache, use_cache=True)
            results.append(m(input_ids=ids[:, :1], past_key_values=cache, use_cache=True).logits)
    assert torch.equal(*results)
