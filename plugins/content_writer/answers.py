"""The forms in which a model answers, and how they become a text by its parts."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agent import AdText, Brief, CommentReply, DraftForm, Generation, Section, Shot
from plugins.common.text import say
from plugins.content_writer.ads import KINDS, ad_text, fits, most
from plugins.content_writer.checks import faults
from plugins.content_writer.jobs import Job
from plugins.content_writer.material import Material
from plugins.content_writer.platforms import length, pictures, seconds_to_say, video_seconds
from plugins.content_writer.scripts import HOOK_SECONDS
from plugins.content_writer.written import Written, ad_body, article_body, brief_body, grammar, replies_body, script_body


class ShotSaid(BaseModel):
    seconds: float = Field(gt=0, le=60)
    picture: str
    spoken: str
    on_screen: str = ""


class ScriptSaid(BaseModel):
    """A video script."""

    title: str = ""
    shots: list[ShotSaid]


class PictureSaid(BaseModel):
    picture: str
    on_screen: str = ""


class BriefSaid(BaseModel):
    """A brief for pictures."""

    pictures: list[PictureSaid]
    must_show: list[str] = Field(default_factory=list)
    must_not_show: list[str] = Field(default_factory=list)


class AdSaid(BaseModel):
    """Texts of an ad."""

    headlines: list[str] = Field(default_factory=list)
    primary_texts: list[str] = Field(default_factory=list)
    descriptions: list[str] = Field(default_factory=list)


class SectionSaid(BaseModel):
    heading: str
    text: str


class ArticleSaid(BaseModel):
    """An article."""

    title: str
    sections: list[SectionSaid]


class RepliesSaid(BaseModel):
    """Replies, one for each numbered comment, in their order."""

    replies: list[str]


SCHEMAS: dict[DraftForm, type[BaseModel]] = {
    "script": ScriptSaid, "image_brief": BriefSaid, "ad": AdSaid, "article": ArticleSaid, "replies": RepliesSaid,
}  # fmt: skip
LONGEST = {"script": 1500, "image_brief": 2500, "ad": 3000, "article": 9000, "replies": 5000}


def read_answer(brief: Brief, m: Material, job: Job, answer: Generation, template: Written) -> Written:
    """The model's text by its parts, with its faults; what the model was not asked for comes from the template writer's draft."""
    said = answer.parsed
    if not isinstance(said, SCHEMAS[job.form]):
        return Written("", "", by=answer.model, faults=["no answer in the form asked for"])
    w = _READERS[job.form](brief, m, job, said, template)  # type: ignore[operator]
    w.by = answer.model
    w.facts_used = [f for f in m.facts if f.casefold() in w.body.casefold()]
    return w


def _found(m: Material, job: Job, prose: list[str], display: list[str], *, repeats: bool = True) -> list[str]:
    """Faults of the whole text, names looked for in sentences only: headlines and headings have capitals of their own."""
    whole = faults("\n".join(prose), m, longest=LONGEST[job.form], samples=job.voice.openings, repeats=repeats) if prose else []
    shown = faults("\n".join([*display, *prose]), m, longest=LONGEST[job.form] * 2, samples=job.voice.openings, repeats=False, names=False)
    return list(dict.fromkeys([*whole, *shown]))


def _script(brief: Brief, m: Material, job: Job, said: ScriptSaid, template: Written) -> Written:
    shots, at = [], 0.0
    for s in said.shots[:20]:
        shots.append(
            Shot(
                start=round(at, 1),
                end=round(at + s.seconds, 1),
                picture=s.picture.strip(),
                spoken=s.spoken.strip(),
                on_screen=s.on_screen.strip(),
            )
        )
        at += s.seconds
    missing = [t for t in m.must_say if not any(t.casefold() in s.spoken.casefold() for s in shots)]
    if missing and shots:
        shots[-1] = shots[-1].model_copy(update={"spoken": " ".join([shots[-1].spoken, *missing]).strip()})
    label = grammar(m.language)["script_label"]
    gap = "" if m.language == "zh" else " "
    opening = f"{job.disclosure}{gap}{label}" if job.disclosure and m.allowed(label) else job.disclosure
    w = Written(template.title, script_body(shots, opening, m.language), shots=shots)
    w.faults = _found(m, job, [s.spoken for s in shots if s.spoken], [t for s in shots for t in (s.picture, s.on_screen) if t])
    low, high = video_seconds(job.platform)
    if len(shots) < 3:
        w.faults.append("no script")
    elif seconds_to_say(shots[0].spoken, m.language) > HOOK_SECONDS + 0.5 or (shots[0].end or 0) > HOOK_SECONDS:
        w.faults.append("hook over three seconds")
    if shots and not low - 5 <= at <= high + 5:
        w.faults.append("video too long or too short")
    title = said.title.strip()
    if (
        title
        and job.shape.title
        and len(title) <= job.shape.title
        and not faults(f"{title} {w.body}", m, longest=10**5, names=False, repeats=False)
    ):
        w.title = title
    return w


def _image_brief(brief: Brief, m: Material, job: Job, said: BriefSaid, template: Written) -> Written:
    shots = [Shot(picture=p.picture.strip(), on_screen=p.on_screen.strip()) for p in said.pictures[:12]]
    w = Written(template.title, "", shots=shots)
    # What the law and the brief ask for stays, whatever a model leaves out.
    w.must_show = list(dict.fromkeys([*(t.strip() for t in said.must_show[:8]), *template.must_show]))
    w.must_not_show = list(dict.fromkeys([*(t.strip() for t in said.must_not_show[:8]), *template.must_not_show]))
    w.body = brief_body(w, job.disclosure, pictures(job.platform)[1], m.language)
    w.faults = _found(m, job, [], [t for s in shots for t in (s.picture, s.on_screen) if t], repeats=False)
    return w


def _ad(brief: Brief, m: Material, job: Job, said: AdSaid, template: Written) -> Written:
    ads: list[AdText] = []
    faulty: list[str] = []
    given = {"headline": said.headlines, "primary": said.primary_texts, "description": said.descriptions}
    for kind in KINDS:
        made = [a for t in given[kind] if (a := ad_text(kind, t.strip(), job.ad_manager)) is not None]
        kept = [a for a in made if fits(a)][: most(kind, job.ad_manager)]
        if len(kept) < len(made[: most(kind, job.ad_manager)]):
            faulty.append("ad text over its limit")
        ads += kept or [a for a in template.ads if a.kind == kind]
    missing = [t for t in m.must_say if not any(t.casefold() in a.text.casefold() for a in ads)]
    ads = [*(a for a in template.ads if any(t.casefold() in a.text.casefold() for t in missing)), *ads]
    w = Written(next((a.text for a in ads if a.kind == "headline"), "")[: job.shape.title or 60], ad_body(ads, m.language), ads=ads)
    w.faults = [
        *faulty,
        *_found(m, job, [a.text for a in ads if a.kind != "headline"], [a.text for a in ads if a.kind == "headline"], repeats=False),
    ]
    return w


def _article(brief: Brief, m: Material, job: Job, said: ArticleSaid, template: Written) -> Written:
    outline = [Section(heading=s.heading.strip(), text=s.text.strip()) for s in said.sections[:12]]
    missing = [t for t in m.must_say if not any(t.casefold() in s.text.casefold() for s in outline)]
    if missing and outline:
        outline[-1] = outline[-1].model_copy(update={"text": "\n\n".join([outline[-1].text, *missing])})
    title = said.title.strip()
    w = Written(title if 0 < len(title) <= job.shape.title else template.title, article_body(outline, job.disclosure), outline=outline)
    w.faults = _found(m, job, [s.text for s in outline], [title, *(s.heading for s in outline)])
    if len(outline) < 2:
        w.faults.append("no outline")
    return w


def _replies(brief: Brief, m: Material, job: Job, said: RepliesSaid, template: Written) -> Written:
    replies = [
        CommentReply(comment=t.comment, kind=t.kind, text=text.strip(), confirm=t.confirm)
        for t, text in zip(template.replies, said.replies, strict=False)
        if text.strip()
    ]
    w = Written("", replies_body(replies, m.language), replies=replies)
    w.faults = _found(m, job, [r.text for r in replies], [], repeats=False)
    if len(replies) < len(template.replies):
        w.faults.append("a comment without reply")
    return w


_READERS = {"script": _script, "image_brief": _image_brief, "ad": _ad, "article": _article, "replies": _replies}


def too_long(job: Job, body: str) -> bool:
    """Whether a post and its hashtags are more than the platform takes."""
    return length(body, job.platform) + sum(len(t) + 2 for t in job.tags) > job.shape.body


FAULTS = {
    "too short": ("It is too short.", "过短"),
    "too long": ("It is longer than allowed.", "超出篇幅"),
    "wrong language": ("It is not in the brief's language.", "语言不符"),
    "ungrounded number": ("It has a number that is not among the facts.", "数字无依据"),
    "link, mention or slot": ("It has a link, an @ or a slot to fill in.", "含链接、@或占位符"),
    "hashtag": ("It has a hashtag; those are added later.", "含话题标签"),
    "forbidden word": ("It has a word that must not be used.", "含禁用词"),
    "prompt leakage": ("It speaks of its instructions instead of the subject.", "泄露提示词"),
    "ungrounded claim": ("It claims or praises something that is not among the facts.", "说法无依据"),
    "ungrounded name": ("It has a name that is not among the facts.", "名称无依据"),
    "repetition": ("It repeats itself.", "内容重复"),
    "no script": ("It has fewer than three shots.", "不是脚本格式"),
    "copied": ("Eight words in a row come from somebody else's post.", "照抄他人帖子"),
    "no answer in the form asked for": ("The answer does not have the form asked for.", "回答格式不符"),
    "hook over three seconds": ("The first shot takes more than three seconds.", "开场超过3秒"),
    "video too long or too short": ("The shots together are too long or too short for the platform.", "总时长不合平台习惯"),
    "ad text over its limit": ("A text of the ad is longer than its limit.", "广告文案超出字数"),
    "no outline": ("It has fewer than two sections.", "缺少提纲"),
    "a comment without reply": ("A comment has no reply.", "有评论没有回复"),
}
"""What the checks of a model's text find, in English and Chinese."""


def in_words(fault: str, language: str) -> str:
    en, zh = FAULTS.get(fault, (fault, fault))
    return say(language, en, zh)
