"""What goes out, after a person said yes: outreach e-mails into an outbox, and drafts to one address of the user's own."""

from __future__ import annotations

from collections.abc import Iterable

from agent import Brief, ContentReview, Context, DraftSet, Slate, hookimpl, tool

from . import mail, webhook
from .artifacts import Letter, Outbox, OutboxFile, Outreach, Publication

__all__ = ["Letter", "Outbox", "OutboxFile", "Outreach", "Publication", "draft_outreach", "publish_drafts", "write_outreach"]

_THEM = "creators|creator|influencers|influencer|bloggers|kols|kocs|picks|people"
_THEM_ZH = "达人|博主|网红|红人|创作者|他们|她们|kol|koc|up主"
_TEXTS = "posts|post|drafts|draft|captions|caption|notes|content|copy|texts|text|articles|scripts|it|them|everything|result"
_TEXTS_ZH = "文案|笔记|内容|草稿|帖子|推文|稿件|稿子|脚本|文章"
_MAIL_ZH = "邀约邮件|邀请邮件|合作邮件|外联邮件|建联邮件|邀请函|邀约信|合作邀请|合作邀约|邮件邀约|开发信"


@tool(
    asks=[
        "draft|drafts|write|prepare|compose|create … outreach|invitation e-mails|invitation emails|invitation letters|pitch e-mails|pitch emails",
        "outreach e-mails|outreach emails|outreach mails|outreach letters|outreach messages",
        f"写|撰写|起草|拟|准备|拟定 … {_MAIL_ZH}",
    ],
    privacy="local",
)  # fmt: skip
def draft_outreach(ctx: Context, brief: Brief, slate: Slate, drafts: DraftSet | None = None) -> Outreach:
    """One e-mail to each chosen creator, from the brief, with the draft where there is one. Nothing is sent.

    An address is filled in only where the creator's own profile gives exactly one. Settings (``[tools.draft_outreach]``): ``sender``
    (the address that answers go to) and ``sender_name``.
    """
    from .letters import write_letters

    return write_letters(ctx, brief, slate, drafts)


@tool(
    effect="contact",
    asks=[
        "send|send out|mail out … outreach|invitations|invitation|invites|e-mails to the creators|emails to the creators|the e-mails|the emails|pitches",
        f"contact the|contact these|contact all|contact each|contact our|email the|e-mail the|email each|e-mail each|message the … {_THEM}",
        f"reach out to the|reach out to these|reach out to each|reach out to all|write to the|invite the … {_THEM}",
        "contact them|email them|e-mail them|reach out to them|message them|invite them by email|invite them by e-mail",
        f"发送|发出|寄出|群发|发 … {_MAIL_ZH}|邮件给达人|邮件给博主",
        f"联系|联络 … {_THEM_ZH}",
        f"给|向 … {_THEM_ZH} … 发邮件|发邀约|发邀请|发合作|发出邀|发送邮件|发送邀|发私信",
    ],
    privacy="local",
    preview=mail.preview,
)  # fmt: skip
def write_outreach(ctx: Context, outreach: Outreach) -> Outbox:
    """The e-mails as RFC 5322 files in the run's outbox, ready for any mail program."""
    return mail.write_outbox(ctx, outreach)


@tool(
    effect="publish",
    asks=[
        f"publish|publishes … {_TEXTS}",
        "post|push|upload|send … to our webhook|to the webhook|to our cms|to the cms|to our blog|to our website|to our site",
        f"发布|发表 … {_TEXTS_ZH}",
        f"{_TEXTS_ZH} … 发布出去|直接发布|自动发布|一键发布|也发布|都发布|并发布|发布到|推送到",
        "并发布|然后发布|写好后发布|写完后发布|写完就发布|审核后发布|通过后发布|最后发布",
    ],
    timeout=120,
    preview=webhook.preview,
)  # fmt: skip
async def publish_drafts(ctx: Context, drafts: DraftSet, review: ContentReview | None = None) -> Publication:
    """The drafts, as JSON, to the one address that the settings name; those that review blocks are held back.

    Settings (``[tools.publish_drafts]``): ``url``, ``token_env`` (the variable that holds a bearer token) and ``timeout`` (seconds).
    """
    return await webhook.publish(ctx, drafts, review)


@hookimpl
def register_tools() -> Iterable[object]:
    return [draft_outreach, write_outreach, publish_drafts]
