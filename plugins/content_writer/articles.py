"""Articles and comment replies without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent import CommentReply, Section
from plugins.content_writer.comments import answer
from plugins.content_writer.picker import Picker, Sheet, holds, sentence
from plugins.content_writer.written import Written, article_body, replies_body

if TYPE_CHECKING:
    from plugins.content_writer.jobs import Job


def write_article(sheet: Sheet, job: Job, *, avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """Sections with headings: the subject, the facts, what this group of readers asks, questions worth asking, the end."""
    m = sheet.m
    pick = Picker(sheet, f"{job.key}#{attempt}" if attempt else job.key, holds(m, "", False), "", avoid)
    text = pick.forms["article"]
    facts = [f for f in m.facts if pick.allowed_fact(f)]
    bullet = "- "
    hook = pick.line("hook")
    about = [(t, pick.fill(t, hook=hook).strip()) for t in _holding(pick, text["about_text"])]
    listing = "\n".join(bullet + sentence(f, m.language) for f in facts)
    known = f"{pick.some('facts_text', text['facts_text'])}\n\n{listing}" if facts else pick.fill(text["no_facts"])
    outline = [
        Section(heading=pick.some("about", text["about"]), text=pick.seldom("about_text", [o for o in about if pick.allowed(o[1])])),
        Section(heading=pick.some("facts", text["facts"]), text=known),
    ]
    two = [c for c in job.criteria if pick.allowed(c)][:2]
    if len(two) == 2:
        heading = pick.some("criteria", text["criteria"], a=two[0], b=two[1])
        outline.append(Section(heading=heading, text=pick.some("criteria_text", text["criteria_text"], a=two[0], b=two[1])))
    asks = [pick.line("ask") for _ in range(3)]
    questions = "\n".join(bullet + q for q in dict.fromkeys(asks) if q)
    outline.append(Section(heading=pick.some("questions", text["questions"]), text=f"{pick.fill(text['questions_text'])}\n\n{questions}"))
    last = [*(sentence(t, m.language) for t in m.must_say), pick.some("last_text", text["last_text"])]
    outline.append(Section(heading=pick.some("last", text["last"]), text="\n\n".join(p for p in last if p)))
    outline = [s for s in outline if s.heading or s.text]
    body = article_body(outline, job.disclosure)
    return Written(
        pick.title(60, "plain"), body, [f for f in facts if f.casefold() in body.casefold()], outline=outline, used_criteria=len(two) == 2
    )


def _holding(pick: Picker, entries: Sequence[dict[str, object]]) -> list[str]:
    return [str(e["text"]) for e in entries if set(e.get("if", ())) <= pick.holds]  # type: ignore[call-overload]


def write_replies(sheet: Sheet, job: Job, *, avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """A reply to each kind of comment: the fact that answers it, or that somebody will look it up."""
    m = sheet.m
    pick = Picker(sheet, f"{job.key}#{attempt}" if attempt else job.key, holds(m, "", False), "", avoid)
    text = pick.forms["replies"]
    replies = []
    for n, c in enumerate(job.comments):
        values = {"a": c.topic, "fact": sentence(c.fact, m.language), "own": m.brand, "with_brand": ""}
        if c.topic == "ad":
            made, unknown = pick.fill(text["ad_own"] if m.brand else text["ad_own_nobrand"], **values), False
        elif c.kind == "question":
            fact = c.fact or answer(c.topic, m)
            unknown = not fact or not pick.allowed_fact(fact)
            options = text["unknown" if unknown else "known"]
            made = pick.fill(options[(n + job.variant + attempt) % len(options)], **values)
            # A comment in English reads oddly with a double space where the fact ends a sentence.
            made = made.replace("  ", " ")
        else:
            options = text[c.kind]
            made, unknown = pick.fill(options[(n + job.variant + attempt) % len(options)], **values), c.kind in ("complaint", "objection")
        if pick.m.allowed(made):
            replies.append(CommentReply(comment=c.text, kind=c.kind, text=made, confirm=unknown))
    body = replies_body(replies, m.language)
    return Written("", body, [f for f in m.facts if f.casefold() in body.casefold()], replies=replies)
