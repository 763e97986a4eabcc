"""Drafts from the routed model: one batch for each kind of text, each answer checked, revised with what its review found."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

from agent import Brief, BudgetExceeded, Context, DraftForm, Generation, ModelError, adapter_names
from plugins.common import platform_name
from plugins.common.text import say
from plugins.content_writer import pitch
from plugins.content_writer.ads import KINDS, most
from plugins.content_writer.answers import SCHEMAS, read_answer, too_long
from plugins.content_writer.checks import faults
from plugins.content_writer.jobs import Job
from plugins.content_writer.material import Material, rotated
from plugins.content_writer.platforms import limits, pictures, video_seconds
from plugins.content_writer.written import Written

_KINDS = {
    "en": {"note": "post", "caption": "caption", "short": "post", "script": "caption"},
    "zh": {"note": "图文笔记", "caption": "配文", "short": "短文", "script": "配文"},
}
_PROMPTS: dict[DraftForm, str] = {
    "post": "write_posts", "script": "write_script", "image_brief": "write_image_brief", "ad": "write_ads", "article": "write_article",
    "replies": "write_replies",
}  # fmt: skip
_TOKENS: dict[DraftForm, int] = {"post": 700, "script": 900, "image_brief": 800, "ad": 1200, "article": 2000, "replies": 1200}


class Writer:
    """Writes with the routed model. ``reasons`` is what the reader should know where it could not."""

    def __init__(self, ctx: Context, brief: Brief, material: Material, templates: Mapping[str, Written]) -> None:
        self.ctx, self.brief, self.m, self.templates = ctx, brief, material, templates
        self.name = ctx.models.writes(brief.language) or ""
        self.reasons: list[str] = []
        self._prompts: dict[str, str] = {}
        self._answers: dict[str, str] = {}

    async def write(self, jobs: Sequence[Job]) -> dict[str, Written]:
        """Texts by job id, with their faults; none for jobs whose model failed."""
        self._prompts |= {job.id: self._prompt(job) for job in jobs}
        return await self._ask(jobs, self._prompts)

    async def revise(self, jobs: Sequence[Job], findings: Mapping[str, Sequence[str]]) -> dict[str, Written]:
        """Texts written anew with what was found in them as instructions."""
        template = self.ctx.prompts.get("revise_posts", self.brief.language)
        prompts = {
            job.id: template.render(task=self._prompts[job.id], draft=self._answers.get(job.id, ""), findings=list(findings[job.id]))
            for job in jobs
        }
        return await self._ask(jobs, prompts)

    async def _ask(self, jobs: Sequence[Job], prompts: Mapping[str, str]) -> dict[str, Written]:
        groups: dict[DraftForm, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.form, []).append(job)
        answered = await asyncio.gather(*(self._batch(form, group, prompts) for form, group in groups.items()))
        return {id: w for some in answered for id, w in some.items()}

    async def _batch(self, form: DraftForm, jobs: Sequence[Job], prompts: Mapping[str, str]) -> dict[str, Written]:
        def check(answer: Generation) -> str:
            return ", ".join(self._read(jobs[answer.index], answer).faults)

        language = self.brief.language
        most_tokens = min(_TOKENS[form], max(_longest(job) for job in jobs)) if form == "post" else _TOKENS[form]
        try:
            answers = await self.ctx.models.generate_many(
                [prompts[job.id] for job in jobs], task="write_posts", language=language, schema=SCHEMAS.get(form), max_tokens=most_tokens,
                temperature=0.7, seed=7, check=check,
            )  # fmt: skip
        except BudgetExceeded:
            self.reasons.append(
                say(
                    language,
                    "The run's model budget does not cover the drafts; the template writer wrote them.",
                    "本次运行的模型预算不足以撰写文案，改由模板生成。",
                )
            )
            return {}
        except ModelError as e:
            self.reasons.append(
                say(language, f"The model could not write ({e}); the template writer did.", f"模型未能撰写（{e}），改由模板生成。")
            )
            return {}
        self._answers |= {job.id: a.text for job, a in zip(jobs, answers, strict=True)}
        return {job.id: self._read(job, a) for job, a in zip(jobs, answers, strict=True)}

    def _read(self, job: Job, answer: Generation) -> Written:
        template = self.templates[job.id]
        w = read_answer(self.brief, self.m, job, answer, template) if job.form != "post" else self._post(job, answer, template)
        w.by = answer.model or self.name
        return w

    def _post(self, job: Job, answer: Generation, template: Written) -> Written:
        title, text = _split(answer.text, job)
        text = _with_must_say(text, self.m)
        problems = faults(text, self.m, longest=_longest(job) * 2, samples=job.voice.openings)
        body = "\n\n".join(p for p in (job.disclosure, text) if p) if job.shape.form != "short" else f"{job.disclosure} {text}".strip()
        if too_long(job, body):
            problems.append("too long")
        stop = "。" if self.brief.language == "zh" else "."
        if title and (len(title) > job.shape.title or faults(f"{title}{stop} {text}", self.m, longest=10_000, names=False)):
            title = ""
        said = [f for f in self.m.facts if f.casefold() in body.casefold()]
        return Written(title or template.title, body, said, faults=problems)

    def _prompt(self, job: Job) -> str:
        brief, m, language = self.brief, self.m, self.brief.language
        known = {
            "platform": platform_name(job.platform, language) if job.platform else say(language, en="social media", zh="社交平台"),
            "subject": m.one, "place": m.place, "facts": m.facts, "must_say": m.must_say, "must_not_say": m.banned, "audience": _audience(brief),
            "persona": say(language, ", ", "、").join(dict.fromkeys([*job.criteria[:3], *(job.persona.keywords[:5] if job.persona else [])])),
            "style": _style(brief, job), "openings": job.voice.openings, "form": _KINDS[language][job.shape.form], "longest": _longest(job),
            "title_longest": job.shape.title, "comments": [c.text for c in job.comments],
        }  # fmt: skip
        if job.form == "script":
            known |= dict(zip(("seconds_least", "seconds_most"), video_seconds(job.platform), strict=True))
        elif job.form == "image_brief":
            known |= dict(zip(("count", "ratio"), pictures(job.platform), strict=True))
        elif job.form == "ad":
            rules = limits()["ads"][job.ad_manager]
            known |= {
                "manager": rules["name"][language],
                "fields": [(k, most(k, job.ad_manager), rules[k]["limit"]) for k in KINDS if k in rules],
            }
        prompt = self.ctx.prompts.get(_PROMPTS[job.form], language)
        return prompt.render(**{name: known[name] for name in prompt.takes})


def words_facts_only(ctx: Context, language: str) -> bool:
    """Whether the model asked first is one that the user has neither configured nor trained: the small packaged one, which can word
    facts at best. An adapter was trained on requests for whole posts.
    """
    name = ctx.models.writes(language)
    if name is None or name in adapter_names(ctx.settings.home):
        return False
    return not any(language in m.languages and m.name == name for m in ctx.settings.models)


async def write_pitches(ctx: Context, material: Material, jobs: Sequence[Job]) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """For each job, the facts in one or two sentences of a model, with its name; only those grounded word by word.

    The packaged model is asked; where others may be, they take what it gets wrong.
    """
    language = material.language
    if not material.facts or not jobs:
        return {}, []
    name = ctx.models.writes(language) or ""
    template = ctx.prompts.get("write_pitch", language)
    prompts = [template.render(subject=material.brand or material.product, facts=rotated(material.facts, n)) for n in range(len(jobs))]

    def check(answer: Generation) -> str:
        return "" if pitch.grounded_pitch(answer.text, material) else "it says something else than the facts"

    try:
        answers = await ctx.models.generate_many(
            prompts, task="write_pitch", language=language, system=pitch.SYSTEM, examples=pitch.EXAMPLES, max_tokens=pitch.most_tokens(material.facts),
            temperature=0.6, seed=7, stop=("\n",), check=check,
        )  # fmt: skip
    except ModelError as e:
        return {}, [say(language, f"The model could not write ({e}); the template writer did.", f"模型未能撰写（{e}），改由模板生成。")]
    good = {
        job.id: (text, a.model or name) for job, a in zip(jobs, answers, strict=True) if (text := pitch.grounded_pitch(a.text, material))
    }
    lost = len(jobs) - len(good)
    if not lost:
        return good, []
    return good, [
        say(
            language,
            f"{name} put the facts in its own words for {len(jobs)} drafts; in {lost} of them it said something the brief does not, so those list the facts as given.",
            f"模型{name}为{len(jobs)}篇文案改写事实，其中{lost}篇出现了需求之外的说法，已改为原样列出事实。",
        )
    ]


def _longest(job: Job) -> int:
    """Characters to ask for: what the creator usually writes, within the platform's limit."""
    if job.shape.form == "short":
        return 180 if job.platform == "x" else min(200, job.shape.body)
    usual = job.voice.length or 300
    return int(min(max(usual, 150), 500, job.shape.body * 0.7))


def _audience(brief: Brief) -> str:
    a = brief.audience
    ages = f"{a.age_min or ''}–{a.age_max or ''}" if a.age_min or a.age_max else ""
    gender = {"female": say(brief.language, "women", "女性"), "male": say(brief.language, "men", "男性")}.get(a.gender or "", "")
    return say(brief.language, ", ", "、").join(p for p in (ages, gender, *a.locations, *a.interests) if p)


def _style(brief: Brief, job: Job) -> str:
    v = job.voice
    if not v.posts:
        return ""
    parts = [say(brief.language, f"about {v.length:.0f} characters", f"篇幅约{v.length:.0f}字")] if v.length else []
    if v.emoji:
        emoji = " ".join(v.emoji)
        parts.append(say(brief.language, f"emoji such as {emoji}", f"常用表情{emoji}"))
    if v.asks_first:
        parts.append(say(brief.language, "opens with a question", "常以提问开头"))
    if v.bullet:
        parts.append(say(brief.language, f"lists begin with {v.bullet.strip()}", f"列表以{v.bullet.strip()}开头"))
    return say(brief.language, "; ", "；").join(parts)


def _split(text: str, job: Job) -> tuple[str, str]:
    """``(title, text)`` of an answer; the title is empty where the platform has none or the answer gives none."""
    text = re.sub(r"^```\w*\n|\n```$", "", text.strip()).strip().strip('"“”').strip()
    head, _, rest = text.partition("\n")
    if job.shape.title and rest.strip() and len(head) <= max(40, job.shape.title):
        return re.sub(r"^(?:title|标题)\s*[:：]\s*", "", head.strip(' *#"“”'), flags=re.IGNORECASE), rest.strip()
    return "", text


def _with_must_say(text: str, material: Material) -> str:
    missing = [t for t in material.must_say if t.casefold() not in text.casefold() and not t.startswith("#")]
    return "\n\n".join([text, *missing]) if missing else text
