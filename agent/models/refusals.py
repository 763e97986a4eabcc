"""What a server's refusal means: one table for all of them, tried from the top.

Sources (read in November 2026; error bodies as users of the servers posted them, statuses and codes as documented):

- OpenAI: platform.openai.com/docs/guides/error-codes; ``context_length_exceeded``, ``insufficient_quota`` (429, not to be repeated:
  langchain-ai/langchainjs#1929), ``unsupported_parameter`` with ``param`` (decolua/9router#560).
- Azure OpenAI: ``content_filter`` and, inside, ``ResponsibleAIPolicyViolation`` (openai/openai-python#331, Gitlawb/openclaude#273).
- Gemini's compatible endpoint: the error within a list of one; a wrong key is 400 ``API key not valid`` (continuedev/continue#10290);
  ``The input token count (…) exceeds the maximum number of tokens allowed`` (google-gemini/gemini-cli#4231); a limit per minute is
  429 ``RESOURCE_EXHAUSTED``, the wait in ``RetryInfo.retryDelay``.
- DeepSeek: api-docs.deepseek.com/quick_start/error_codes (402 Insufficient Balance); 400 ``Content Exists Risk`` under the code
  ``invalid_request_error`` (deepseek-ai/DeepSeek-V2#30, 666ghj/BettaFish#108); ``This response_format type is unavailable now``
  (llm-exe/llm-exe#662); 400 ``Model Not Exist``.
- DashScope: help.aliyun.com/zh/model-studio/error-code; ``data_inspection_failed`` (camel-ai/owl#432), ``Range of input length should
  be [1, …]`` (QwenLM/qwen-code#98), 400 ``Arrearage``.
- vLLM: the error's fields without ``error`` around them, ``code`` a number (vllm-project/vllm#3485, #4667, #20409).
- llama.cpp: ``exceed_context_size_error`` (ggml-org/llama.cpp#15780), at times under 200 (oobabooga/textgen#7257); ``failed to parse
  grammar`` for a schema that it cannot compile.
- Ollama: ``model "…" not found, try pulling it first`` (netease-youdao/QAnything#555). A prompt that is too long it cuts without a
  word, so ``context`` in the settings must not be larger than the server's own.
- ``transformers serve`` 5.23, FastAPI: ``{"detail": …}``, read in its source and tried.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is to be done about it."""

    POLICY = "the provider's content policy refuses the text"
    CONTEXT = "the prompt does not fit into the model's context"
    QUOTA = "the account's quota or balance is used up"
    KEY = "the key is refused"
    MODEL = "the model does not exist, or the key may not use it"
    BUSY = "it may work the next time"
    REDIRECT = "the server sends the request elsewhere"
    OPTION = "an option of the request is not supported"
    FORM = "`response_format` or its schema is not supported"
    OTHER = "the request is refused"


@dataclass(frozen=True)
class Said:
    """An error as a server put it, whatever the form; ``wait`` in seconds, where the body names one."""

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""
    wait: float | None = None


@dataclass(frozen=True)
class Rule:
    """Fits where the status is one of ``statuses`` (none: any) and ``codes`` or ``words`` are met (neither given: always)."""

    kind: Kind
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    words: str = ""

    def fits(self, status: int, said: Said) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        if not self.codes and not self.words:
            return True
        if self.codes & {_plain(said.code), _plain(said.type)}:
            return True
        return bool(self.words and re.search(self.words, said.message, re.IGNORECASE))


def _plain(code: str) -> str:
    """``DataInspectionFailed`` and ``data_inspection_failed`` are one."""
    return re.sub(r"[^a-z0-9]", "", code.lower())


def _rule(kind: Kind, statuses: str = "", codes: str = "", words: str = "") -> Rule:
    return Rule(kind, frozenset(map(int, statuses.split())), frozenset(map(_plain, codes.split())), words)


_PER_MINUTE = "429"
RULES = (
    _rule(
        Kind.POLICY, "200 400 403 422 451 500",
        "content_filter content_policy_violation ResponsibleAIPolicyViolation data_inspection_failed InternalError.Algo.DataInspectionFailed "
        "CustomRoleBlocked FaqRuleBlocked IPInfringementSuspect moderation_blocked prohibited_content",
        r"content exists risk|inappropriate content|content management policy|content[ _]polic|usage polic|datainspectionfailed|"
        r"flagged (by|as)|moderation|suspected of being involved in ip|for safety reasons|prohibited[ _]content|"
        r"违规|敏感内容|内容安全|不合规|风险内容",
    ),
    _rule(Kind.CONTEXT, "413"),
    _rule(
        Kind.CONTEXT, "200 400 422 500",
        "context_length_exceeded exceed_context_size_error context_window_exceeded model_context_window_exceeded prompt_too_long",
        r"maximum context|context (length|window|size)|input token count .* exceeds|range of input length|"
        r"(prompt|input|request) (\([^)]*\) )?(is|was|are) too (long|large)|prompt too long|maximum (prompt|model|input) length|"
        r"reduce the length of the (messages|prompt|input)|max_tokens must be at least 1, got -|"
        r"longer than the model'?s? (maximum|context)|exceeds? the (model'?s )?(maximum|max) (number of )?(input )?tokens|上下文长度|输入(长度|过长)",
    ),
    _rule(Kind.CONTEXT, _PER_MINUTE, "", r"request too large for"),  # larger than a whole minute's allowance
    _rule(Kind.QUOTA, "402"),
    _rule(
        Kind.QUOTA, "400 403 429",
        "insufficient_quota Arrearage billing_hard_limit_reached AllocationQuota.FreeTierOnly insufficient_balance",
        r"insufficient balance|good standing|free tier of the model has been exhausted|credit balance|余额不足|欠费",
    ),
    _rule(
        Kind.MODEL, "400 401 403 404 422 500",
        "model_not_found ModelNotFound AccessDenied.Unpurchased Model.AccessDenied model_access_denied",
        r"model not exist|model\b.{0,120}\b(does not exist|not found|is not found|unknown|no longer available|is not supported$)|unknown model|"
        r"models/\S+ is not found|try pulling it first|server is pinned to|no endpoints found|not a valid model|access to model|模型不存在",
    ),
    _rule(Kind.KEY, "401 407"),
    _rule(Kind.KEY, "400 403 422", "invalid_api_key InvalidApiKey authentication_error", r"api[ _-]?key (is )?(not valid|invalid|expired)|(invalid|incorrect) api[ _-]?key"),
    _rule(Kind.KEY, "403"),
    _rule(Kind.MODEL, "404 410"),
    _rule(Kind.BUSY, "408 409 425 429"),
    _rule(Kind.REDIRECT, "300 301 302 303 307 308"),
    _rule(
        Kind.FORM, "400 422 501", "",
        r"response_format|json[ _]schema|structured[ _]output|guided|grammar|invalid schema|for schema|schema is too",
    ),
    _rule(
        Kind.OPTION, "400 422", "unsupported_parameter unsupported_value unknown_parameter",
        r"unsupported|not support|unknown|unrecognized|unexpected|extra (fields|inputs)|not permitted",
    ),
)  # fmt: skip
"""The order matters: a text about the context that names ``max_tokens`` is no unsupported option, and a refusal of the text under
403 is no wrong key."""


def classify(status: int, said: Said) -> Kind:
    """What it means; for want of a rule, 5xx is busy and all else refused."""
    for rule in RULES:
        if rule.fits(status, said):
            return rule.kind
    return Kind.BUSY if status >= 500 else Kind.OTHER


def read_error(body: bytes | str | dict[str, Any]) -> Said:
    """The error in a body, whatever form its server gives it; an HTML page or noise has no message."""
    data: Any = body
    if not isinstance(body, dict):
        try:
            data = json.loads(body)
        except ValueError:
            text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
            return Said() if text.lstrip().startswith("<") else Said(message=text.strip()[:2_000])
    if isinstance(data, list) and data:  # Gemini; also FastAPI's list of faults
        data = data[0]
    if not isinstance(data, dict):
        return Said()
    inner = data.get("error", data)
    if isinstance(inner, str):
        return Said(message=inner)
    if not isinstance(inner, dict):
        return Said()
    code = inner.get("code")
    nested = inner.get("innererror")
    if isinstance(nested, dict) and nested.get("code"):
        code = nested["code"]
    return Said(
        message=_words(inner.get("message") or inner.get("detail") or inner.get("msg") or ""),
        code=code if isinstance(code, str) else "",  # a number only repeats the status
        type=str(inner.get("type") or inner.get("status") or ""),
        param=str(inner.get("param") or ""),
        wait=_wait(inner.get("details")),
    )


def _words(message: Any) -> str:
    if isinstance(message, list):  # FastAPI: where and what
        return "; ".join(f"{'.'.join(map(str, m.get('loc', ())))}: {m.get('msg', '')}" for m in message if isinstance(m, dict))
    return str(message)


def _wait(details: Any) -> float | None:
    """Google's ``{"@type": "…RetryInfo", "retryDelay": "29s"}``, seconds."""
    for d in details if isinstance(details, list) else ():
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(d.get("retryDelay", ""))) if isinstance(d, dict) else None
        if found:
            return float(found[1])
    return None


def option_of(said: Said, options: list[str]) -> str | None:
    """The one of ``options`` that the server does not take, where it names one."""
    for o in options:
        if said.param == o or re.search(rf"(?<![a-z_]){re.escape(o)}(?![a-z_])", said.message):
            return o
    return None
