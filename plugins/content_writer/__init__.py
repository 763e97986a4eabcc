"""Drafts: a post per creator and platform, from what the brief allows to be said."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent import Brief, Context, Draft, DraftSet, Persona, PersonaSet, Slate, Tool, hookimpl, tool
from plugins.common.text import say
from plugins.content_writer.material import Material, material_of
from plugins.content_writer.model import words_facts_only, write_pitches, write_with_model
from plugins.content_writer.pitch import facts_in
from plugins.content_writer.platforms import Shape, disclosures, length, shape_of
from plugins.content_writer.realiser import Realiser, Written, grammar
from plugins.content_writer.voice import Voice, hashtags, voice_of

MAX_DRAFTS = 60


@dataclass
class Job:
    """One draft to write."""

    id: str
    key: str
    creator: str | None
    name: str
    platform: str | None
    format: str | None
    shape: Shape
    voice: Voice = field(default_factory=Voice)
    persona: Persona | None = None
    disclosure: str = ""
    tags: list[str] = field(default_factory=list)
    topic: str = ""


@tool(
    effect="read",
    privacy="any",
    seconds=20.0,
    model_calls=1,
    asks=(
        "captions", "caption", "drafts", "draft posts", "copy", "copywriting", "post copy", "scripts", "video script", "write posts", "write the posts",
        "content", "文案", "种草文案", "推广文案", "笔记文案", "脚本", "口播稿", "写稿", "稿子", "内容创作", "笔记内容", "图文内容", "配文",
    ),
)  # fmt: skip
async def write_posts(ctx: Context, brief: Brief, slate: Slate | None = None, personas: PersonaSet | None = None) -> DraftSet:
    """A draft for every post ordered from the slate, or for the brand's own account when there is no slate."""
    language = brief.language
    material = material_of(brief)
    ctx.progress(say(language, "Reading the creators' best posts", "阅读达人的代表作"))
    jobs = await asyncio.to_thread(_jobs, ctx, brief, slate, personas, material)
    if not jobs:
        return DraftSet(notes=[say(language, "The slate is empty, so there is nothing to write.", "名单为空，没有需要撰写的内容。")])
    written = _realise(brief, material, jobs)
    ctx.progress(say(language, f"Writing {len(jobs)} drafts", f"撰写{len(jobs)}篇文案"))
    if words_facts_only(ctx, language):
        pitches, reasons = await write_pitches(ctx, material, jobs)
        written |= _realise(brief, material, jobs, pitches) if pitches else {}
    else:
        by_model, reasons = await write_with_model(ctx, brief, material, jobs, written)
        written |= by_model
    drafts = [_draft(brief, material, job, written[job.id]) for job in jobs]
    return DraftSet(
        drafts=drafts,
        evidence=list(dict.fromkeys(i for d in drafts for i in (*([d.creator] if d.creator else []), *d.grounded_on))),
        notes=_notes(ctx, brief, material, jobs, drafts, reasons),
    )


def _jobs(ctx: Context, brief: Brief, slate: Slate | None, personas: PersonaSet | None, material: Material) -> list[Job]:
    jobs: list[Job] = []
    if slate is None:
        for platform in brief.platforms or [None]:
            for format in brief.formats or [None]:
                jobs.append(
                    Job(
                        f"d{len(jobs) + 1}",
                        f"own:{platform}:{format}",
                        None,
                        brief.brand or "",
                        platform,
                        format,
                        shape_of(platform, format),
                    )
                )
    else:
        for pick in slate.picks:
            c = pick.candidate
            voice = voice_of(ctx, brief, c.creator, c.posts)
            format = pick.format or (brief.formats[0] if brief.formats else None)
            for n in range(pick.posts):
                if len(jobs) < MAX_DRAFTS:
                    job = Job(
                        f"d{len(jobs) + 1}",
                        f"{c.creator}:{n}",
                        c.creator,
                        c.name or c.handle,
                        c.platform,
                        format,
                        shape_of(c.platform, format),
                    )
                    job.voice = voice
                    job.disclosure = _disclosure(material, c.platform)
                    jobs.append(job)
    for job in jobs:
        job.persona = _closest(job, personas)
        job.tags = _tags(brief, material, job)
        job.topic = next((t for t in job.tags if t in job.voice.tags and t.casefold() != material.thing.casefold()), "")
    return jobs


def _disclosure(material: Material, platform: str | None) -> str:
    """The first disclosure with no forbidden word; the law asks for one, so there always is one."""
    options = disclosures(platform, material.language, material.brand or None)
    return next((d for d in options if material.allowed(d)), options[0])


def _closest(job: Job, personas: PersonaSet | None) -> Persona | None:
    """The persona that shares most quotes or words with the creator's posts; the biggest for the brand's own account."""
    if not personas or not personas.personas:
        return None
    own = set(job.voice.posts)
    tags = "".join(job.voice.tags)
    return max(
        personas.personas,
        key=lambda p: (sum(q.post in own for q in p.quotes) + sum(k in tags for k in p.keywords), p.share),
    )


def _tags(brief: Brief, m: Material, job: Job) -> list[str]:
    joined = "" if m.language == "zh" else " "
    suffix = say(m.language, " finds", "探店") if m.venue else ""
    own = [f"{m.place}{joined}{m.thing}" if m.place else m.thing, m.product, *([m.place + suffix] if m.place else []), *brief.topics]
    own += [f"{m.place}{joined}{t}" for t in brief.topics if m.place and t != m.thing] + [m.thing, *brief.audience.interests]
    own = [re.sub(r"[^\w]", "", t) if m.language == "zh" else re.sub(r"[^\w]", "", t).lower() for t in own]
    forced = [t.lstrip("#") for t in m.must_say if t.startswith("#") and " " not in t]
    terms = [m.place, m.thing, m.product, m.brand, *brief.topics, *m.thing.split()]
    found = hashtags(brief, job.voice, [*forced, *own], [t for t in terms if t], *job.shape.tags)
    return [t for t in found if m.allowed(t) and (len(t) <= 24)]


def _realise(brief: Brief, material: Material, jobs: list[Job], pitches: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Written]:
    """The template writer's drafts, with the facts in a model's words where ``pitches`` (job id to text and model) has any."""
    seed = hashlib.sha256("|".join([material.known, brief.request]).encode()).hexdigest()
    realiser = Realiser(material, seed)
    criteria_words = grammar(material.language)["criteria_words"]
    written = {}
    for job in jobs:
        words = [*job.persona.keywords, *job.persona.vocabulary] if job.persona else []
        pitch, model = (pitches or {}).get(job.id, ("", "template"))
        written[job.id] = realiser.write(
            job.key,
            job.shape,
            job.platform,
            job.disclosure,
            job.voice,
            job.topic,
            [w for w in words if w in criteria_words],
            creator=job.creator is not None,
            room=length(_tag_line(job), job.platform) + 1,
            pitch=pitch,
        )
        if pitch and pitch in written[job.id].body:
            written[job.id].by = f"{model} + template"
    return written


def _tag_line(job: Job) -> str:
    return " ".join(f"#{t}#" if job.platform == "weibo" else f"#{t}" for t in job.tags)


def _draft(brief: Brief, material: Material, job: Job, text: Written) -> Draft:
    whole = f"{text.title}\n{text.body}"
    used = [f for f in (*material.facts, *material.must_say) if f in whole or facts_in(whole, [f])]
    return Draft(
        id=job.id, creator=job.creator, creator_name=job.name, platform=job.platform, format=job.format, language=brief.language,
        title=text.title, body=text.body, hashtags=job.tags, disclosure=job.disclosure, written_by=text.by,
        grounded_on=job.voice.posts[:6], facts_used=used,
        persona=job.persona.name if job.persona and (text.used_criteria or text.by != "template") else None,
    )  # fmt: skip


def _notes(ctx: Context, brief: Brief, material: Material, jobs: list[Job], drafts: list[Draft], reasons: list[str]) -> list[str]:
    language = brief.language
    templates = [d for d in drafts if d.written_by == "template"]
    notes = list(reasons)
    if templates:
        notes.append(
            say(
                language,
                f"{len(templates)} of {len(drafts)} drafts come from the template writer: it names, asks and invites, states the given facts, and takes "
                "titles, length, emoji and hashtags from each creator's own posts.",
                f"{len(drafts)}篇文案中有{len(templates)}篇由模板生成：只点明主题、提问、邀请，只陈述已给定的事实；标题形式、篇幅、表情和话题参考达人自己的帖子。",
            )
        )
    if not material.facts and not material.must_say:
        notes.append(
            say(
                language,
                "The brief gives no facts, so the drafts claim nothing about the product. Give what may be claimed (name, address, hours, prices, what is on "
                "offer) and write them again.",
                "需求里没有给出可用的事实，因此文案没有对产品作任何描述。请补充可以写的内容（店名、地址、营业时间、价格、主打产品等）后重新生成。",
            )
        )
    if material.left_out:
        shown = say(language, ", ", "、").join(f"“{t}”" for t in material.left_out)
        notes.append(say(language, f"Left out because they hold words to avoid: {shown}.", f"以下内容因包含禁用词未写入：{shown}。"))
    if any(job.disclosure and not material.allowed(job.disclosure) for job in jobs):
        notes.append(
            say(
                language,
                "The disclosure stays although its words are on the list to avoid: a paid post has to be recognisable as one.",
                "广告标识虽含禁用词但予以保留：付费内容必须可识别为广告。",
            )
        )
    if any(job.creator for job in jobs):
        notes.append(
            say(
                language,
                "Besides the words in the text, switch on the platform's own paid-partnership label when publishing.",
                "发布时除文字标注外，请同时使用平台自带的合作声明或广告标识。",
            )
        )
    unread = [job.name for job in jobs if job.creator and not job.voice.posts]
    if unread:
        names = say(language, ", ", "、").join(dict.fromkeys(unread))
        notes.append(say(language, f"No indexed posts to learn the style from: {names}.", f"库中没有以下达人的帖子可供参考文风：{names}。"))
    return notes


@hookimpl
def register_tools() -> list[Tool]:
    return [write_posts]
