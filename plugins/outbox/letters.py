"""The wording of outreach e-mails, in the creator's language, from the brief and the slate alone."""

from __future__ import annotations

from typing import Any, Literal

from agent import Brief, Context, Draft, DraftSet, Pick, Slate, personal_data

from .artifacts import Letter, Outreach

_CHINESE = {"xiaohongshu", "douyin", "weibo", "bilibili", "kuaishou", "wechat", "zhihu"}
_PLATFORMS = {
    "xiaohongshu": ("Xiaohongshu", "小红书"), "douyin": ("Douyin", "抖音"), "weibo": ("Weibo", "微博"), "bilibili": ("Bilibili", "B站"),
    "kuaishou": ("Kuaishou", "快手"), "wechat": ("WeChat", "微信"), "zhihu": ("Zhihu", "知乎"), "tiktok": ("TikTok", "TikTok"),
    "youtube": ("YouTube", "YouTube"), "linkedin": ("LinkedIn", "领英"),
}  # fmt: skip
_SAY = {
    "en": {
        "subject": "Working together on {what}: {platform}", "subject_of_none": "Working together on {platform}", "hello": "Hello {name},",
        "idea": "We follow your work on {platform} and would like to work with you on {what}.",
        "idea_of_none": "We follow your work on {platform} and would like to work with you.",
        "terms": "What we have in mind: {posts} {form}.", "terms_at": "What we have in mind: {posts} {form}, {when}.",
        "fee": "The fee is as you quote it: {fee}.", "mention": "Please mention: {mention}.", "and": "; ",
        "label": "This is a paid partnership, and has to be labelled as one where you post.",
        "draft": "A draft to start from; please make it your own:",
        "answer": "If this is for you, just answer this e-mail with your dates and ideas.", "bye": "Best wishes,", "nobody": "The campaign team",
    },
    "zh": {
        "subject": "{what}合作邀约：{platform}", "subject_of_none": "合作邀约：{platform}", "hello": "{name}，您好！",
        "idea": "我们一直在关注您在{platform}上的内容，想邀请您合作推广「{what}」。",
        "idea_of_none": "我们一直在关注您在{platform}上的内容，想邀请您合作一次推广。",
        "terms": "合作形式：{posts} 篇{form}。", "terms_at": "合作形式：{posts} 篇{form}，{when}发布。",
        "fee": "费用按您的报价：{fee}。", "mention": "内容中请提到：{mention}。", "and": "；",
        "label": "这是付费合作，发布时请按平台规则标注。",
        "draft": "附上一份草稿供参考，欢迎按您自己的风格修改：",
        "answer": "如果感兴趣，请回复这封邮件，告诉我们您的档期和想法。", "bye": "祝好！", "nobody": "品牌合作团队",
    },
}  # fmt: skip
_FORMATS = {"image": ("photo post", "图文"), "video": ("video", "视频"), "text": ("text post", "文字帖")}


def write_letters(ctx: Context, brief: Brief, slate: Slate, drafts: DraftSet | None) -> Outreach:
    """One letter per pick, in the slate's order."""
    own = ctx.settings.tools.get("draft_outreach", {})
    sender, sender_name = str(own.get("sender", "")).strip(), str(own.get("sender_name", "")).strip()
    ids = [p.candidate.creator for p in slate.picks]
    known = {c.id: c for c in ctx.store.creators(ids=ids)} if ids else {}
    by_creator = {d.creator: d for d in drafts.drafts if d.creator} if drafts else {}
    letters: list[Letter] = []
    for pick in slate.picks:
        creator = known.get(pick.candidate.creator)
        language = _language(pick, creator, brief)
        subject, body = _text(brief, pick, by_creator.get(pick.candidate.creator), language, sender_name)
        address = _address(creator.bio) if creator else ""
        letters.append(
            Letter(creator=pick.candidate.creator, name=pick.candidate.name, address=address, language=language, subject=subject, body=body)
        )
    return Outreach(
        sender=sender, sender_name=sender_name or brief.brand or "", letters=letters, notes=_notes(brief, letters, sender), evidence=ids
    )


def _language(pick: Pick, creator: Any, brief: Brief) -> Literal["en", "zh"]:
    said = creator.language if creator else None
    if said in ("en", "zh"):
        return "zh" if said == "zh" else "en"
    return "zh" if pick.candidate.platform in _CHINESE else brief.language


def _address(bio: str) -> str:
    """The one e-mail address of a profile; with several nobody can say which is for work."""
    found = {bio[f.start : f.end].strip() for f in personal_data(bio) if f.kind == "email"}
    return found.pop() if len(found) == 1 else ""


def _text(brief: Brief, pick: Pick, draft: Draft | None, language: Literal["en", "zh"], sender_name: str) -> tuple[str, str]:
    zh = language == "zh"
    c = pick.candidate
    platform = _PLATFORMS.get(c.platform, (c.platform.title(), c.platform.title()))[zh]
    form = _FORMATS[pick.format][zh] if pick.format else ("帖子" if zh else "post")
    what = brief.product or brief.brand or ""
    if brief.brand and brief.product and brief.brand.lower() not in brief.product.lower():
        what = f"{brief.brand}{'' if zh and not (brief.brand + brief.product).isascii() else ' '}{brief.product}"
    when = _when(brief, zh)
    say = _SAY[language]
    lines = [say["hello"], "", say["idea" if what else "idea_of_none"], say["terms_at" if when else "terms"]]
    fee = f"{pick.cost.currency} {pick.cost.amount:,.0f}" if c.price_basis == "quoted" and pick.cost is not None else ""
    if fee:
        lines.append(say["fee"])
    if brief.must_say:
        lines.append(say["mention"])
    lines.append(say["label"])
    known = {
        "name": c.name, "platform": platform, "what": what, "posts": pick.posts, "when": when, "fee": fee,
        "mention": say["and"].join(brief.must_say), "form": form if zh or pick.posts == 1 else f"{form}s",
    }  # fmt: skip
    parts = [line.format(**known) for line in lines]
    if draft:
        parts += ["", say["draft"], "", _draft(draft)]
    parts += ["", say["answer"], "", say["bye"], sender_name or brief.brand or say["nobody"]]
    return say["subject" if what else "subject_of_none"].format(**known), "\n".join(parts) + "\n"


def _draft(draft: Draft) -> str:
    tags = " ".join(f"#{h}" for h in draft.hashtags if f"#{h}" not in draft.body)
    title = draft.title if draft.title and draft.title not in draft.body else ""
    return "\n".join(x for x in (title, draft.body.strip(), tags) if x)


def _when(brief: Brief, zh: bool) -> str:
    start, end = brief.flight.start, brief.flight.end
    if start and end:
        return f"{start} 至 {end}" if zh else f"between {start} and {end}"
    if start or end:
        return (f"{start} 之后" if zh else f"from {start}") if start else (f"{end} 之前" if zh else f"by {end}")
    return ""


def _notes(brief: Brief, letters: list[Letter], sender: str) -> list[str]:
    zh = brief.language == "zh"
    notes: list[str] = []
    unknown = [x.name for x in letters if not x.address]
    if unknown:
        names = ("、" if zh else ", ").join(unknown)
        notes.append(
            f"{names}：公开资料中没有唯一的邮箱，收件人留空，请自行补上。" if zh
            else f"No single e-mail address in the profile of {names}: the recipient is left empty, to be filled in by you."
        )  # fmt: skip
    if letters and not sender:
        notes.append(
            "未设置发件地址：请在 kolony.toml 的 [tools.draft_outreach] 中填写 sender。" if zh
            else "No sender is set: name one in kolony.toml, `sender` under [tools.draft_outreach]."
        )  # fmt: skip
    return notes
