"""What servers answer when they refuse, and what each means. The bodies are those that the servers send (see ``refusals.py``)."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from loopback import Received, Reply, refuses, says, serving
from pydantic import BaseModel

from agent.errors import ContentRefused, ContextTooLong, ModelError, ModelUnavailable
from agent.models import ChatOpenAI, foreign
from agent.models.meter import Meter
from agent.models.refusals import Kind, classify, read_error
from agent.models.schema import strict
from agent.models.spec import Call


def openai_error(message: str, code: str | None = None, type: str = "invalid_request_error", param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def gemini_error(code: int, message: str, status: str, *details: Any) -> list[Any]:
    return [{"error": {"code": code, "message": message, "status": status, "details": list(details)}}]


DEEPSEEK = "invalid_request_error"
CASES: list[tuple[str, int, Any, Kind]] = [
    # too long
    ("openai", 400, openai_error("This model's maximum context length is 8192 tokens. However, you requested 8213 tokens (6683 in the messages, "
     "730 in the functions, and 800 in the completion).", "context_length_exceeded", param="messages"), Kind.CONTEXT),
    ("openai tpm", 429, openai_error("Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 41000.",
     "rate_limit_exceeded", "tokens"), Kind.CONTEXT),
    ("gemini", 400, gemini_error(400, "The input token count (3475108) exceeds the maximum number of tokens allowed (1048576).",
     "INVALID_ARGUMENT"), Kind.CONTEXT),
    ("deepseek", 400, openai_error("This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the "
     "messages, 8192 in the completion). Please reduce the length of the messages or completion.", DEEPSEEK), Kind.CONTEXT),
    ("dashscope", 400, {"error": {"code": "invalid_parameter_error", "message": "<400> InternalError.Algo.InvalidParameter: Range of input length "
     "should be [1, 983616]", "param": None, "type": "invalid_request_error"}, "request_id": "81a373d6"}, Kind.CONTEXT),
    ("vllm", 400, {"object": "error", "message": "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens.",
     "type": "BadRequestError", "param": None, "code": 400}, Kind.CONTEXT),
    ("vllm, max_tokens", 400, openai_error("'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 8192 "
     "tokens and your request has 1210 input tokens (8192 > 8192 - 1210).", type="BadRequestError", param="max_tokens"), Kind.CONTEXT),
    ("vllm, old", 400, {"object": "error", "message": "max_tokens must be at least 1, got -186.", "type": "BadRequestError", "code": 400}, Kind.CONTEXT),
    ("llama.cpp", 400, {"error": {"code": 400, "message": "the request exceeds the available context size. try increasing the context size or enable "
     "context shift", "type": "exceed_context_size_error", "n_prompt_tokens": 14429, "n_ctx": 8192}}, Kind.CONTEXT),
    ("llama.cpp, older", 500, {"error": {"code": 500, "message": "the request exceeds the available context size", "type": "server_error"}}, Kind.CONTEXT),
    ("a proxy", 413, "<html>Request Entity Too Large</html>", Kind.CONTEXT),
    # content policies
    ("openai", 400, openai_error("Your request was rejected as a result of our safety system.", "content_policy_violation"), Kind.POLICY),
    ("openai, reasoning", 400, openai_error("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"), Kind.POLICY),
    ("azure", 400, {"error": {"message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", "type": None,
     "param": "prompt", "code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}}}},
     Kind.POLICY),
    ("deepseek", 400, openai_error("Content Exists Risk", DEEPSEEK), Kind.POLICY),
    ("deepseek, older", 400, {"detail": "Content Exists Risk"}, Kind.POLICY),
    ("dashscope", 400, {"error": {"code": "data_inspection_failed", "param": None, "message": "Input data may contain inappropriate content.",
     "type": "data_inspection_failed"}, "id": "chatcmpl-x"}, Kind.POLICY),
    ("dashscope, native", 400, {"code": "DataInspectionFailed", "message": "Output data may be refused.", "request_id": "x"}, Kind.POLICY),
    ("gateway in China", 400, {"error": {"message": "抱歉，您所输入的内容含有违规信息"}}, Kind.POLICY),
    # keys
    ("openai", 401, openai_error("Incorrect API key provided: sk-***.", "invalid_api_key"), Kind.KEY),
    ("gemini", 400, gemini_error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT",
     {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}), Kind.KEY),
    ("deepseek", 401, openai_error("Authentication Fails (no such user)", type="authentication_error"), Kind.KEY),
    ("dashscope", 401, {"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "code": "invalid_api_key"}}, Kind.KEY),
    ("vllm", 401, {"error": "Unauthorized"}, Kind.KEY),
    ("llama.cpp", 401, {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}, Kind.KEY),
    ("a proxy", 403, "<html>Forbidden</html>", Kind.KEY),
    # models
    ("openai", 404, openai_error("The model `gpt-x` does not exist or you do not have access to it.", "model_not_found"), Kind.MODEL),
    ("gemini", 404, gemini_error(404, "models/no-such is not found for API version v1main, or is not supported for generateContent.", "NOT_FOUND"), Kind.MODEL),
    ("deepseek", 400, openai_error("Model Not Exist", DEEPSEEK), Kind.MODEL),
    ("vllm", 404, {"object": "error", "message": "The model `Qwen` does not exist.", "type": "NotFoundError", "param": None, "code": 404}, Kind.MODEL),
    ("ollama", 404, openai_error('model "qwen9" not found, try pulling it first', type="api_error"), Kind.MODEL),
    ("transformers serve", 400, {"detail": "Server is pinned to 'SmolLM2'; requested 'other'."}, Kind.MODEL),
    ("wrong path", 404, "404 page not found", Kind.MODEL),
    # money
    ("openai", 429, openai_error("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota"), Kind.QUOTA),
    ("deepseek", 402, openai_error("Insufficient Balance", DEEPSEEK, "unknown_error"), Kind.QUOTA),
    ("dashscope", 400, {"error": {"code": "Arrearage", "message": "Access denied, please make sure your account is in good standing."}}, Kind.QUOTA),
    # to be tried again
    ("openai", 429, openai_error("Rate limit reached for gpt-4o on tokens per min (TPM). Please try again in 1.2s.", "rate_limit_exceeded", "tokens"), Kind.BUSY),
    ("gemini", 429, gemini_error(429, "You exceeded your current quota, please check your plan and billing details.", "RESOURCE_EXHAUSTED",
     {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "29s"}), Kind.BUSY),
    ("dashscope", 429, {"error": {"code": "limit_requests", "message": "You exceeded your current requests list."}}, Kind.BUSY),
    ("deepseek", 503, openai_error("Service is too busy."), Kind.BUSY),
    ("llama.cpp", 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, Kind.BUSY),
    ("transformers serve", 500, "Internal Server Error", Kind.BUSY),
    # response_format and other options
    ("deepseek", 400, openai_error("This response_format type is unavailable now", DEEPSEEK), Kind.FORM),
    ("deepseek, older", 422, "Failed to deserialize the JSON body into the target type: response_format: response_format.type `json_schema` is unavailable now", Kind.FORM),
    ("openai", 400, openai_error("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", param="response_format"), Kind.FORM),
    ("llama.cpp", 400, {"error": {"code": 400, "message": "Failed to initialize samplers: failed to parse grammar", "type": "invalid_request_error"}}, Kind.FORM),
    ("openai", 400, openai_error("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
     "unsupported_parameter", param="max_tokens"), Kind.OPTION),
    ("openai, value", 400, openai_error("Unsupported value: 'temperature' does not support 0.16 with this model. Only the default (1)",
     "unsupported_value", param="temperature"), Kind.OPTION),
    ("transformers serve", 422, {"detail": "Unexpected fields in the request: {'frob'}"}, Kind.OPTION),
    # anything else
    ("openai", 400, openai_error("Invalid value: 'sytem'. Supported values are: 'system', 'assistant', 'user'.", param="messages[0].role"), Kind.OTHER),
    ("a list of faults", 422, {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "missing", "input": "the prompt"}]}, Kind.OTHER),
    ("moved", 307, "", Kind.REDIRECT),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), [pytest.param(s, b, k, id=f"{k.name}-{who}") for who, s, b, k in CASES])
def test_each_servers_refusal_is_told_apart(status: int, body: Any, kind: Kind) -> None:
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    assert classify(status, read_error(raw)) is kind


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[]", b"[1]", b"null", b'"x"', b'{"error": 3}', b'{"error": {"message": {"a": 1}, "details": [3]}}']
)
@pytest.mark.parametrize("status", [400, 418, 500])
def test_a_refusal_in_no_known_form_is_read_all_the_same(status: int, body: bytes) -> None:
    assert classify(status, read_error(body)) is (Kind.BUSY if status == 500 else Kind.OTHER)


ERRORS = {Kind.CONTEXT: ContextTooLong, Kind.POLICY: ContentRefused, Kind.KEY: ModelUnavailable, Kind.MODEL: ModelUnavailable,
          Kind.QUOTA: ModelUnavailable, Kind.BUSY: ModelUnavailable, Kind.OTHER: ModelError, Kind.OPTION: ModelError}  # fmt: skip


def ask(server: Any, call: Call | None = None, **options: Any) -> Any:
    model = ChatOpenAI(**{"model": "m1", "base_url": server.url, "timeout": 5.0, "first_wait": 0.01, "attempts": 1, **options})
    return asyncio.run(model.aanswer([{"role": "user", "content": "hello"}], call or Call(max_tokens=20)))


@pytest.mark.parametrize("kind", ERRORS)
def test_each_kind_has_its_error(kind: Kind) -> None:
    _, status, body, _ = next(c for c in CASES if c[3] is kind)
    reply = Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if kind is Kind.OPTION:  # one that we do not send
        reply = refuses(422, "Unexpected fields in the request: {'frob'}")
    with serving(reply) as server, pytest.raises(ERRORS[kind]) as error:
        ask(server)
    assert type(error.value) is ERRORS[kind] or ERRORS[kind] is ModelError
    assert len(server.received) == 1
    assert "127.0.0.1" in str(error.value)  # where


def test_an_error_under_status_200_is_told_apart_too() -> None:
    body = {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}
    with serving(Reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})) as server, pytest.raises(ContextTooLong):
        ask(server, attempts=3)
    assert len(server.received) == 1


def test_googles_wish_to_wait_is_read_from_the_body() -> None:
    body = gemini_error(429, "Quota exceeded.", "RESOURCE_EXHAUSTED", {"@type": "RetryInfo", "retryDelay": "2900s"})
    with serving(Reply(429, json.dumps(body).encode())) as server, pytest.raises(ModelUnavailable, match="wait 2900 s"):
        ask(server, attempts=3)
    assert len(server.received) == 1


def test_a_refusal_of_the_text_is_not_taken_for_one_of_response_format() -> None:
    class Caption(BaseModel):
        text: str

    for body, kind in ((openai_error("Content Exists Risk", DEEPSEEK), ContentRefused), (CASES[3][2], ContextTooLong)):
        with serving(Reply(400, json.dumps(body).encode())) as server, pytest.raises(kind):
            ask(server, Call(schema=strict(Caption)))
        assert len(server.received) == 1


def test_a_schema_that_the_server_cannot_take_goes_into_the_prompt_and_others_still_as_response_format() -> None:
    class Caption(BaseModel):
        text: str

    class Mood(BaseModel):
        mood: str

    def script(request: Received) -> Reply:
        form = request.body.get("response_format")
        if form and "text" in form["json_schema"]["schema"]["properties"]:
            return refuses(
                400, "Invalid schema for response_format 'answer': In context=(), 'maxLength' is not permitted.", param="response_format"
            )
        return says('{"mood": "calm"}' if form else '{"text": "Peach"}')

    with serving(script) as server:
        model = ChatOpenAI(model="m1", base_url=server.url)

        async def main() -> list[str]:
            schemas = (Caption, Mood)
            return [(await model.aanswer([{"role": "user", "content": "x"}], Call(schema=strict(s)))).text for s in schemas]

        assert asyncio.run(main()) == ['{"text": "Peach"}', '{"mood": "calm"}']
    assert ["response_format" in r.body for r in server.received] == [True, False, True]


class Provided(FakeListChatModel):
    """Another provider's model, whose SDK raises its own errors, as those of OpenAI and Anthropic do."""

    error: Any = None

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error


class SdkError(Exception):
    def __init__(self, message: str, status_code: int | None = None, body: Any = None) -> None:
        super().__init__(message)
        if status_code:
            self.status_code, self.body = status_code, body


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SdkError("sk-secret", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 215000 tokens > 200000 maximum"}}), ContextTooLong),
        (SdkError("Error code: 400 - Content Exists Risk sk-secret", 400), ContentRefused),
        (SdkError("sk-secret", 401), ModelUnavailable),
        (SdkError("sk-secret", 529), ModelUnavailable),
        (SdkError("sk-secret", 400), ModelError),
        (RuntimeError("sk-secret"), ModelError),
    ],
)  # fmt: skip
def test_other_providers_errors_are_told_apart_and_not_repeated(error: Exception, kind: type[ModelError]) -> None:
    with pytest.raises(kind) as raised:
        asyncio.run(
            foreign.aanswer(Provided(responses=["x"], error=error), [{"role": "user", "content": "x"}], Call(), Meter(model="other"))
        )
    assert type(raised.value) is kind
    assert "sk-secret" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None
