"""A routed language model as a reader of whole posts; the embedded backend reads what no model may take or answers badly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from agent import Context, Generation, ModelError
from plugins.common import say
from plugins.sentiment.reading import Backend, Reading

MOST_CHARS = 1500
"""Of a longer post the first two thirds and the last third of this are sent."""
TOKENS = 80


class Judgement(BaseModel):
    """What a model says of one post."""

    negative: int = Field(ge=0, le=100)
    neutral: int = Field(ge=0, le=100)
    positive: int = Field(ge=0, le=100)
    emotion: Literal["anger", "joy", "optimism", "sadness", "fear", "surprise", "neutral"] = "neutral"
    ironic: bool = False


class Asked:
    """A backend that asks a language model of each text, and says in ``notes`` what it could not answer.

    Its probabilities are what the model says of itself: they are not calibrated. ``ironic`` holds the texts that it takes for ironic.
    """

    def __init__(self, ctx: Context, language: str, subject: str, fallback: Backend) -> None:
        self._ctx, self._language, self._subject, self._fallback = ctx, language, subject, fallback
        own = {m.name for m in ctx.settings.models}
        # The packaged model is too small to judge a post.
        writer = ctx.models.writes(language)
        self._model = writer if writer in own else None
        self.name = self._model or fallback.name
        self.notes: list[str] = []
        self.ironic: set[str] = set()

    def read(self, texts: Sequence[str], *, emotions: bool = False, aspects: bool = False) -> list[Reading]:
        """One reading per text; aspects are the fallback's."""
        readings = self._fallback.read(texts, emotions=emotions, aspects=aspects)
        if not self._model:
            return self._without(readings, say(self._language, en="no configured model writes this language", zh="没有配置可用的模型"))
        try:
            answers = _run(self._ctx, self._prompts(texts), self._language)
        except ModelError as e:
            return self._without(readings, e.message)
        used = 0
        for i, (text, answer) in enumerate(zip(texts, answers, strict=True)):
            judged = answer.parsed
            if isinstance(judged, Judgement) and (total := judged.negative + judged.neutral + judged.positive) and not answer.check:
                probs = (judged.negative / total, judged.neutral / total, judged.positive / total)
                readings[i] = replace(readings[i], probs=probs, emotions={judged.emotion: 1.0} if emotions else {})
                if judged.ironic:
                    self.ironic.add(text)
                used += 1
        if used < len(texts):
            self.notes.append(
                say(
                    self._language,
                    en=f"{self._model} gave a usable answer for {used} of {len(texts)} posts; the others were read by the {self._fallback.name} backend.",
                    zh=f"{self._model} 对{len(texts)}篇帖子中的{used}篇给出了可用的判断，其余由内置模型（{self._fallback.name}）判断。",
                )
            )
        return readings

    def _without(self, readings: list[Reading], why: str) -> list[Reading]:
        self.name = self._fallback.name
        note = say(
            self._language,
            en=f"No language model read the posts ({why}); the {self._fallback.name} backend did.",
            zh=f"未使用大模型判断（{why}），改由内置模型（{self._fallback.name}）判断。",
        )
        if note not in self.notes:
            self.notes.append(note)
        return readings

    def _prompts(self, texts: Sequence[str]) -> list[str]:
        template = self._ctx.prompts.get("read_sentiment", self._language)
        return [template.render(subject=self._subject[:120], text=_cut(t)) for t in texts]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS * 2 // 3]} … {text[-MOST_CHARS // 3 :]}"


def _usable(answer: Generation) -> str:
    judged = answer.parsed
    return "" if isinstance(judged, Judgement) and judged.negative + judged.neutral + judged.positive > 0 else "no label"


def _run(ctx: Context, prompts: list[str], language: str) -> list[Generation]:
    """The answers, from plain code, also where a loop already runs in this thread."""
    box: list[list[Generation]] = []
    fault: list[BaseException] = []

    async def ask() -> list[Generation]:
        return await ctx.models.generate_many(
            prompts, task="read_sentiment", language=language, schema=Judgement, max_tokens=TOKENS, check=_usable
        )

    def work() -> None:
        try:
            box.append(asyncio.run(ask()))
        except BaseException as e:
            fault.append(e)

    thread = threading.Thread(target=work, name="read-sentiment", daemon=True)
    thread.start()
    thread.join()
    if fault:
        raise fault[0]
    return box[0]
