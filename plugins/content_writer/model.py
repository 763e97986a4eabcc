"""Drafts from the routed model: one call for all of them, each answer checked, none used that fails."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agent import Brief, BudgetExceeded, Context, Generation, ModelError
from plugins.common import platform_name
from plugins.common.text import say
from plugins.content_writer import pitch
from plugins.content_writer.checks import faults
from plugins.content_writer.material import Material, rotated
from plugins.content_writer.platforms import length
from plugins.content_writer.realiser import Written

if TYPE_CHECKING:
    from plugins.content_writer import Job

_FORMS = {
    "en": {"note": "post", "caption": "caption", "short": "post", "script": "video script"},
    "zh": {"note": "图文笔记", "caption": "配文", "short": "短文", "script": "视频脚本"},
}


async def write_with_model(
    ctx: Context, brief: Brief, material: Material, jobs: Sequence[Job], templates: Mapping[str, Written]
) -> tuple[dict[str, Written], list[str]]:
    """Texts that passed their checks, by job id, and what the reader should know about the rest.

    Args:
        templates: the template writer's draft of each job; its title is kept where the model's does not fit.
    """
    language = brief.language
    name = ctx.models.writes(language)
    if name is None:
        return {}, [
            say(
                language,
                "No configured model writes English, so the drafts come from the template writer. Configure one in kolony.toml for freer texts.",
                "当前没有配置能写中文的模型，因此文案由模板生成。如需更自由的文案，请在kolony.toml中配置模型。",
            )
        ]
    prompts = [_prompt(ctx, brief, material, job) for job in jobs]
    longest = max(_longest(job) for job in jobs)

    def check(answer: Generation) -> str:
        return ", ".join(_read(brief, material, jobs[answer.index], answer.text)[2])

    try:
        answers = await ctx.models.generate_many(
            prompts, task="write_posts", language=language, max_tokens=min(700, longest), temperature=0.7, seed=7, check=check
        )
    except BudgetExceeded:
        return {}, [
            say(
                language,
                "The run's model budget does not cover the drafts; the template writer wrote them.",
                "本次运行的模型预算不足以撰写文案，改由模板生成。",
            )
        ]
    except ModelError as e:
        return {}, [say(language, f"The model could not write ({e}); the template writer did.", f"模型未能撰写（{e}），改由模板生成。")]
    accepted: dict[str, Written] = {}
    refused: Counter[str] = Counter()
    for job, answer in zip(jobs, answers, strict=True):
        title, body, problems = _read(brief, material, job, answer.text)
        if problems:
            refused.update(dict.fromkeys(problems, 1))
            continue
        said = [f for f in material.facts if f.casefold() in body.casefold()]
        accepted[job.id] = Written(title or templates[job.id].title, body, said, by=answer.model or name)
    notes = []
    if refused:
        why = say(language, ", ", "、").join(_FAULTS_ZH.get(f, f) if language == "zh" else f for f, _ in refused.most_common(4))
        notes.append(
            say(
                language,
                f"{name} wrote {len(jobs)} texts; {len(jobs) - len(accepted)} did not pass the checks ({why}) and were replaced by the template writer's.",
                f"模型{name}写了{len(jobs)}篇，其中{len(jobs) - len(accepted)}篇未通过检查（{why}），已改用模板文案。",
            )
        )
    return accepted, notes


def _read(brief: Brief, material: Material, job: Job, answer: str) -> tuple[str, str, list[str]]:
    """Title (empty where it does not fit), the post with its disclosure, and its faults."""
    title, text = _split(answer, job)
    text = _with_must_say(text, material)
    problems = faults(text, material, longest=_longest(job) * 2, script=job.shape.form == "script", samples=job.voice.openings)
    body = "\n\n".join(p for p in (job.disclosure, text) if p) if job.shape.form != "short" else f"{job.disclosure} {text}".strip()
    if length(body, job.platform) + sum(len(t) + 2 for t in job.tags) > job.shape.body:
        problems.append("too long")
    stop = "。" if brief.language == "zh" else "."
    if title and (len(title) > job.shape.title or faults(f"{title}{stop} {text}", material, longest=10_000)):
        title = ""
    return title, body, problems


def words_facts_only(ctx: Context, language: str) -> bool:
    """Whether the model asked first is one that the user has not configured: the small packaged one, which can word facts at best."""
    name = ctx.models.writes(language)
    return name is not None and not any(language in m.languages and m.name == name for m in ctx.settings.models)


async def write_pitches(ctx: Context, material: Material, jobs: Sequence[Job]) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """For each job, the facts in one or two sentences of a model, with its name; only those grounded word by word.

    The packaged model is asked; where others may be, they take what it gets wrong.
    """
    language = material.language
    if not material.facts:
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


_FAULTS_ZH = {
    "too short": "过短", "too long": "过长", "wrong language": "语言不符", "ungrounded number": "数字无依据", "link, mention or slot": "含链接、@或占位符",
    "hashtag": "含话题标签", "forbidden word": "含禁用词", "prompt leakage": "泄露提示词", "ungrounded claim": "说法无依据", "ungrounded name": "名称无依据",
    "repetition": "重复", "no script": "不是脚本格式", "copied": "照抄他人",
}  # fmt: skip


def _longest(job: Job) -> int:
    """Characters to ask for: what the creator usually writes, within the platform's limit."""
    if job.shape.form == "short":
        return 180 if job.platform == "x" else min(200, job.shape.body)
    usual = job.voice.length or 300
    return int(min(max(usual, 150), 500, job.shape.body * 0.7))


def _prompt(ctx: Context, brief: Brief, m: Material, job: Job) -> str:
    return ctx.prompts.get("write_posts", brief.language).render(
        platform=platform_name(job.platform, brief.language) if job.platform else say(brief.language, en="social media", zh="社交平台"),
        form=_FORMS[brief.language][job.shape.form],
        subject=m.one,
        place=m.place,
        facts=m.facts,
        must_say=m.must_say,
        must_not_say=m.banned,
        audience=_audience(brief),
        persona=say(brief.language, ", ", "、").join(job.persona.keywords[:5]) if job.persona else "",
        style=_style(brief, job),
        openings=job.voice.openings,
        longest=_longest(job),
        title_longest=job.shape.title,
    )


def _audience(brief: Brief) -> str:
    a = brief.audience
    ages = f"{a.age_min or ''}–{a.age_max or ''}" if a.age_min or a.age_max else ""
    gender = {"female": say(brief.language, "women", "女性"), "male": say(brief.language, "men", "男性")}.get(a.gender or "", "")
    return say(brief.language, ", ", "、").join(p for p in (ages, gender, *a.locations, *a.interests) if p)


def _style(brief: Brief, job: Job) -> str:
    v = job.voice
    if not v.posts:
        return ""
    emoji = " ".join(v.emoji)
    parts = [say(brief.language, f"about {v.length:.0f} characters", f"篇幅约{v.length:.0f}字")] if v.length else []
    if emoji:
        parts.append(say(brief.language, f"emoji such as {emoji}", f"常用表情{emoji}"))
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
