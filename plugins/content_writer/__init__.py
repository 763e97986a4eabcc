"""Drafts: posts, scripts, picture briefs, ads, articles and comment replies, from what the brief allows to be said."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

from agent import Brief, Context, Draft, DraftSet, PersonaSet, SentimentReport, Slate, Tool, hookimpl, tool
from plugins.common.text import say
from plugins.content_writer.ads import write_ads
from plugins.content_writer.articles import write_article, write_replies
from plugins.content_writer.jobs import MAX_DRAFTS, Job, plan_jobs
from plugins.content_writer.material import Material, material_of
from plugins.content_writer.model import Writer, words_facts_only, write_pitches
from plugins.content_writer.originality import runs_of
from plugins.content_writer.picker import Sheet
from plugins.content_writer.pitch import facts_in
from plugins.content_writer.platforms import length
from plugins.content_writer.realiser import write_post
from plugins.content_writer.revise import Problem, Settled, settle
from plugins.content_writer.scripts import write_image_brief, write_script
from plugins.content_writer.written import Written


@tool(
    effect="read",
    privacy="any",
    seconds=20.0,
    model_calls=1,
    asks=(
        "captions", "caption", "drafts", "draft posts", "copy", "copywriting", "post copy", "scripts", "video script", "write posts", "write the posts",
        "content", "ad copy", "image brief", "blog article", "comment replies", "storyboard", "文案", "种草文案", "推广文案", "笔记文案", "脚本", "口播稿", "写稿", "稿子", "内容创作",
        "笔记内容", "图文内容", "配文", "广告文案", "拍摄脚本", "分镜", "评论回复话术",
    ),
)  # fmt: skip
async def write_posts(
    ctx: Context, brief: Brief, slate: Slate | None = None, personas: PersonaSet | None = None, sentiment: SentimentReport | None = None
) -> DraftSet:
    """A draft for every text the brief asks for: per creator of the slate, or for the brand's own account; per persona and version.

    Drafts that fail their review are revised at most twice; what still fails is flagged.
    """
    language = brief.language
    material = material_of(brief)
    ctx.progress(say(language, "Reading the creators' best posts", "阅读达人的代表作"))
    plan = await asyncio.to_thread(plan_jobs, ctx, brief, slate, personas, sentiment, material)
    jobs = plan.jobs
    if not jobs:
        return DraftSet(notes=[say(language, "The slate is empty, so there is nothing to write.", "名单为空，没有需要撰写的内容。")])
    seed = hashlib.sha256("|".join([material.known, brief.request]).encode()).hexdigest()
    sheet = Sheet(material, seed, others=runs_of({t for job in jobs for t in job.voice.texts}))
    templates = {job.id: _by_template(sheet, job) for job in jobs}
    ctx.progress(say(language, f"Writing {len(jobs)} drafts", f"撰写{len(jobs)}篇文案"))
    written, reasons, writer = dict(templates), list[str](), None
    pitches: Mapping[str, tuple[str, str]] = {}
    if ctx.models.writes(language) is None:
        reasons = [_no_model(language)]
    elif words_facts_only(ctx, language):
        pitches, reasons = await write_pitches(ctx, material, [job for job in jobs if job.form in ("post", "script")])
        if pitches:
            fresh = Sheet(material, seed, others=sheet.others)
            templates = {job.id: _by_template(fresh, job, pitch=pitches.get(job.id)) for job in jobs}
            written = dict(templates)
    else:
        writer = Writer(ctx, brief, material, templates)
        written |= await writer.write(jobs)
        reasons = writer.reasons

    async def rewrite(failing: Sequence[Job], found: Mapping[str, Sequence[Problem]], attempt: int) -> dict[str, Written]:
        ctx.progress(say(language, f"Revising {len(failing)} drafts", f"修改{len(failing)}篇文案"))
        by_model = [job for job in failing if writer is not None and written[job.id].by not in ("template", "")]
        made = await writer.revise(by_model, {id: [p.text for p in ps] for id, ps in found.items()}) if writer and by_model else {}
        for job in failing:
            if job not in by_model:
                avoid = [p.span for p in found[job.id] if p.span and p.span not in material.subject]
                made[job.id] = _by_template(
                    sheet, job, pitch=pitches.get(job.id), avoid=avoid, attempt=attempt, thin=any(p.alike for p in found[job.id])
                )
        return made

    def draft(job: Job, text: Written) -> Draft:
        return _draft(brief, material, job, text)

    settled = await settle(ctx, brief, sheet, jobs, written, templates, draft, rewrite)
    drafts = [
        draft(job, settled.written[job.id]).model_copy(
            update={"revisions": settled.revisions.get(job.id, 0), "flags": settled.flags.get(job.id, [])}
        )
        for job in jobs
    ]
    return DraftSet(
        drafts=drafts,
        evidence=list(dict.fromkeys(i for d in drafts for i in (*([d.creator] if d.creator else []), *d.grounded_on))),
        notes=[*dict.fromkeys(reasons), *_notes(brief, material, jobs, drafts, settled, plan.cut)],
    )


def _by_template(
    sheet: Sheet, job: Job, *, pitch: tuple[str, str] | None = None, avoid: Sequence[str] = (), attempt: int = 0, thin: bool = False
) -> Written:
    """The template writer's text, with the facts in a model's words where there is a ``pitch`` (text and model)."""
    room = length(_tag_line(job), job.platform) + 1
    if thin and len(sheet.m.facts) > 2 and job.form == "post":
        # Texts of which most are the same facts stay alike, whatever is said around them.
        avoid = [*avoid, *sheet.m.facts[(job.variant + attempt) % len(sheet.m.facts) :][:1]]
    words = pitch[0] if pitch and not avoid else ""
    if job.form == "script":
        w = write_script(sheet, job, room=room, pitch=words, avoid=avoid, attempt=attempt)
    elif job.form == "image_brief":
        w = write_image_brief(sheet, job, avoid=avoid, attempt=attempt)
    elif job.form == "ad":
        w = write_ads(sheet, job, avoid=avoid, attempt=attempt)
    elif job.form == "article":
        w = write_article(sheet, job, avoid=avoid, attempt=attempt)
    elif job.form == "replies":
        w = write_replies(sheet, job, avoid=avoid, attempt=attempt)
    else:
        w = write_post(sheet, job, room=room, pitch=words, avoid=avoid, attempt=attempt)
    if words and pitch and all(line.rstrip(".") in w.body for line in words.split("\n") if line.strip()):
        w.by = f"{pitch[1]} + template"
    return w


def _tag_line(job: Job) -> str:
    return " ".join(f"#{t}#" if job.platform == "weibo" else f"#{t}" for t in job.tags)


def _draft(brief: Brief, material: Material, job: Job, text: Written) -> Draft:
    whole = f"{text.title}\n{text.body}"
    used = [f for f in (*material.facts, *material.must_say) if f in whole or facts_in(whole, [f])]
    return Draft(
        id=job.id, creator=job.creator, creator_name=job.name, platform=job.platform, format=job.format, form=job.form, language=brief.language,
        title=text.title, body=text.body, hashtags=job.tags, shots=text.shots, must_show=text.must_show, must_not_show=text.must_not_show,
        ad_manager=job.ad_manager, ads=text.ads, outline=text.outline, replies=text.replies, disclosure=job.disclosure, written_by=text.by,
        grounded_on=job.voice.posts[:6], facts_used=used, variant=job.variant,
        persona=job.persona.name if job.persona and (text.used_criteria or text.by not in ("template", "")) else None,
    )  # fmt: skip


def _no_model(language: str) -> str:
    return say(
        language,
        "No configured model writes English, so the drafts come from the template writer. Configure one in kolony.toml for freer texts.",
        "当前没有配置能写中文的模型，因此文案由模板生成。如需更自由的文案，请在kolony.toml中配置模型。",
    )


def _notes(brief: Brief, material: Material, jobs: Sequence[Job], drafts: Sequence[Draft], settled: Settled, cut: int) -> list[str]:
    language = brief.language
    notes = []

    def tell(en: str, zh: str) -> None:
        notes.append(say(language, en, zh))

    templates = sum(d.written_by == "template" for d in drafts)
    if templates:
        tell(
            f"{templates} of {len(drafts)} drafts come from the template writer: it names, asks and invites, states the given facts, and takes "
            "titles, length, spacing, lists, emoji and hashtags from each creator's own posts. No run of eight words is copied from a post.",
            f"{len(drafts)}篇文案中有{templates}篇由模板生成：只点明主题、提问、邀请，只陈述已给定的事实；标题形式、篇幅、分段、列表、表情和话题参考达人自己的帖子，与原帖没有连续8字相同。",
        )
    if cut:
        tell(
            f"{cut} more drafts were asked for than the {MAX_DRAFTS} that are written at once; ask for fewer versions, or for part of the creators at a time.",
            f"一次最多撰写{MAX_DRAFTS}篇，另有{cut}篇未写；请减少版本数，或分批选择达人。",
        )
    if settled.failed_first:
        flagged = sum(bool(d.flags) for d in drafts)
        tell(
            f"{settled.failed_first} drafts did not pass their review at first and were written again; {flagged} are flagged for a person to look at.",
            f"初稿有{settled.failed_first}篇未通过审核，已修改；仍有{flagged}篇需人工处理，已标注。",
        )
    if not material.facts and not material.must_say:
        tell(
            "The brief gives no facts, so the drafts claim nothing about the product. Give what may be claimed (name, address, hours, prices, what is on "
            "offer) and write them again.",
            "需求里没有给出可用的事实，因此文案没有对产品作任何描述。请补充可以写的内容（店名、地址、营业时间、价格、主打产品等）后重新生成。",
        )
    if material.left_out:
        shown = say(language, ", ", "、").join(f"“{t}”" for t in material.left_out)
        tell(f"Left out because they hold words to avoid: {shown}.", f"以下内容因包含禁用词未写入：{shown}。")
    if any(job.disclosure and not material.allowed(job.disclosure) for job in jobs):
        tell(
            "The disclosure stays although its words are on the list to avoid: a paid post has to be recognisable as one.",
            "广告标识虽含禁用词但予以保留：付费内容必须可识别为广告。",
        )
    if any(job.creator for job in jobs):
        tell(
            "Besides the words in the text, switch on the platform's own paid-partnership label when publishing.",
            "发布时除文字标注外，请同时使用平台自带的合作声明或广告标识。",
        )
    unread = [job.name for job in jobs if job.creator and not job.voice.posts]
    if unread:
        names = say(language, ", ", "、").join(dict.fromkeys(unread))
        tell(f"No indexed posts to learn the style from: {names}.", f"库中没有以下达人的帖子可供参考文风：{names}。")
    return notes


@hookimpl
def register_tools() -> list[Tool]:
    return [write_posts]
