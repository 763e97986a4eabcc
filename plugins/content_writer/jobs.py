"""Which texts to write: one per creator or account, platform, kind of text, persona and version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent import Brief, Context, DraftForm, Persona, PersonaSet, SentimentReport, Slate
from plugins.common.text import say
from plugins.content_writer.comments import Comment, comments_of
from plugins.content_writer.material import Material
from plugins.content_writer.platforms import ARTICLE, SEARCH_ADS, Shape, ad_managers, disclosures, shape_of
from plugins.content_writer.voice import Voice, hashtags, voice_of
from plugins.content_writer.written import grammar

MAX_DRAFTS = 60
BY_CREATORS: tuple[DraftForm, ...] = ("post", "script", "image_brief")
"""Kinds that a creator makes; ads, articles and replies are the brand's own."""
ONE_FOR_ALL: tuple[DraftForm, ...] = ("image_brief", "article", "replies")
"""Kinds of which one text serves all personas."""


@dataclass
class Job:
    """One draft to write."""

    id: str
    key: str
    creator: str | None
    name: str
    platform: str | None
    format: str | None
    form: DraftForm
    shape: Shape
    voice: Voice = field(default_factory=Voice)
    persona: Persona | None = None
    variant: int = 1
    disclosure: str = ""
    tags: list[str] = field(default_factory=list)
    topic: str = ""
    ad_manager: str = ""
    comments: list[Comment] = field(default_factory=list)
    criteria: list[str] = field(default_factory=list)
    """What the persona judges by, in the brief's language; of the words the grammar knows, so that no post can slip in others."""


@dataclass
class Plan:
    jobs: list[Job]
    cut: int = 0
    """Drafts that were asked for beyond MAX_DRAFTS."""


def plan_jobs(
    ctx: Context, brief: Brief, slate: Slate | None, personas: PersonaSet | None, sentiment: SentimentReport | None, material: Material
) -> Plan:
    """Every text that the brief asks for, in the order of the slate."""
    forms: list[DraftForm] = list(brief.forms) or ["post"]
    jobs: list[Job] = []
    if slate is not None:
        for pick in slate.picks:
            c = pick.candidate
            voice = voice_of(ctx, brief, c.creator, c.posts)
            format = pick.format or (brief.formats[0] if brief.formats else None)
            for n in range(pick.posts):
                for form in (f for f in forms if f in BY_CREATORS):
                    kind = _caption_of_video(form, forms, format)
                    job = _job(f"{c.creator}:{n}", c.creator, c.name or c.handle, c.platform, kind, form)
                    job.voice, job.disclosure = voice, _disclosure(material, c.platform)
                    jobs.append(job)
    own = [f for f in forms if slate is None or f not in BY_CREATORS] if slate is None or slate.picks else []
    for form in own:
        jobs += _own(brief, form)
    every = [version for job in jobs for version in _versions(job, brief, personas)]
    plan = Plan(every, 0)
    if len(every) > MAX_DRAFTS:
        # First versions of all before second ones of any.
        plan = Plan([j for _, j in sorted(enumerate(every), key=lambda x: (x[1].variant, x[0]))][:MAX_DRAFTS], len(every) - MAX_DRAFTS)
        plan.jobs.sort(key=every.index)
    for n, job in enumerate(plan.jobs, 1):
        job.id = f"d{n}"
        job.criteria = _criteria(job.persona, material)
        job.tags = _tags(brief, material, job)
        job.topic = next(
            (t for t in job.tags if t in job.voice.tags and material.thing.casefold().replace(" ", "") not in t.casefold()), ""
        )
        if job.form == "replies":
            job.comments = comments_of(material, personas, sentiment, own=slate is None or not slate.picks)
    return plan


def _job(key: str, creator: str | None, name: str, platform: str | None, format: str | None, form: DraftForm) -> Job:
    shape = shape_of(platform, "video" if form == "script" else format)
    if form == "post" and shape.form == "script":
        form = "script"
    if form in ("script", "image_brief"):
        # What is spoken and what is told to a photographer is no caption: the platform's limit of those does not hold.
        shape = replace(shape, body=max(shape.body, 5000))
    return Job("", f"{key}:{form}", creator, name, platform, format, form, ARTICLE if form == "article" else shape)


def _caption_of_video(form: DraftForm, forms: Sequence[DraftForm], format: str | None) -> str | None:
    """The format of a text: where posts and scripts are both asked for, the post is the text under the video."""
    return "image" if form == "post" and "script" in forms else format


def _own(brief: Brief, form: DraftForm) -> list[Job]:
    """Texts for the brand's own account, page or ads."""
    name = brief.brand or ""
    if form in ONE_FOR_ALL:
        platform = (
            brief.platforms[0] if form == "article" and brief.platforms and brief.platforms[0] in ("wechat", "zhihu", "linkedin") else None
        )
        return [_job(f"own:{form}", None, name, platform, "text", form)]
    if form == "ad":
        booked: dict[str, str | None] = {}
        for platform in brief.platforms:
            for manager in ad_managers(platform, brief.language, brief.request):
                booked.setdefault(manager, platform)
        if re.search(SEARCH_ADS, brief.request, re.IGNORECASE) or not booked:
            for manager in ad_managers(None, brief.language, brief.request):
                booked.setdefault(manager, None)
        jobs = [_job(f"own:{manager}", None, name, platform, None, form) for manager, platform in booked.items()]
        for job, manager in zip(jobs, booked, strict=True):
            job.ad_manager = manager
        return jobs
    return [
        _job(f"own:{platform}:{format}", None, name, platform, _caption_of_video(form, brief.forms, format), form)
        for platform in brief.platforms or [None]
        for format in (brief.formats or [None] if form == "post" else [None])
    ]


def _versions(job: Job, brief: Brief, personas: PersonaSet | None) -> list[Job]:
    """The job once per persona and version wanted."""
    known: Sequence[Persona | None] = sorted(personas.personas, key=lambda p: -p.share) if personas else []
    count = brief.variants or 1
    if job.form in ONE_FOR_ALL:
        known = known[:1] if job.form == "article" else [None]
        # "Two versions each" of posts and a set of replies asks for one set.
        count = count if set(brief.forms) <= set(ONE_FOR_ALL) else 1
    out = []
    for _ in range(count):
        for persona in known or [None]:
            number = len(out) + 1
            out.append(
                Job(
                    "", f"{job.key}:{number}" if number > 1 else job.key, job.creator, job.name, job.platform, job.format, job.form, job.shape,
                    voice=job.voice, persona=persona, variant=number, disclosure=job.disclosure, ad_manager=job.ad_manager,
                )
            )  # fmt: skip
    return out


def _disclosure(material: Material, platform: str | None) -> str:
    """The first disclosure with no forbidden word; the law asks for one, so there always is one."""
    options = disclosures(platform, material.language, material.brand or None)
    return next((d for d in options if material.allowed(d)), options[0])


_TASTE = ("味道", "口味", "口感", "taste", "flavour", "flavor")


def _criteria(persona: Persona | None, material: Material) -> list[str]:
    if persona is None:
        return []
    said = " ".join([persona.name, *persona.keywords, *persona.vocabulary, *persona.needs, *persona.objections]).casefold()
    words = grammar(material.language)["criteria_words"]
    found = [w for w in words if (w in said if material.language == "zh" else re.search(rf"\b{re.escape(w)}\b", said))]
    found = [w for w in sorted(found, key=said.index) if material.allowed(w)]
    # "味道和口味" is one thing said twice.
    return [w for i, w in enumerate(found) if not (w in _TASTE and any(v in _TASTE for v in found[:i]))]


def _tags(brief: Brief, m: Material, job: Job) -> list[str]:
    if job.form not in BY_CREATORS or job.form == "image_brief":
        return []
    joined = "" if m.language == "zh" else " "
    suffix = say(m.language, " finds", "探店") if m.venue else ""
    own = [f"{m.place}{joined}{m.thing}" if m.place else m.thing, m.product, *([m.place + suffix] if m.place else []), *brief.topics]
    own += [f"{m.place}{joined}{t}" for t in brief.topics if m.place and t != m.thing] + [m.thing, *brief.audience.interests]
    own = [re.sub(r"[^\w]", "", t) if m.language == "zh" else re.sub(r"[^\w]", "", t).lower() for t in own]
    forced = [t.lstrip("#") for t in m.must_say if t.startswith("#") and " " not in t]
    terms = [m.place, m.thing, m.product, m.brand, *brief.topics, *m.thing.split()]
    found = hashtags(brief, job.voice, [*forced, *own], [t for t in terms if t], *job.shape.tags)
    return [t for t in found if m.allowed(t) and (len(t) <= 24)]
