"""Review and revision: drafts that fail are written anew at most twice, then flagged; none is hidden."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent import Brief, Context, Draft, DraftSet
from plugins.common.compliance import review
from plugins.common.text import say
from plugins.content_writer.answers import in_words
from plugins.content_writer.jobs import Job
from plugins.content_writer.originality import copied, likeness, shingles
from plugins.content_writer.picker import Sheet
from plugins.content_writer.written import Written

ROUNDS = 2
ALIKE = 0.5
"""Jaccard similarity from which two drafts are near-copies."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a draft, in words; ``span`` are the words it is about."""

    text: str
    span: str = ""
    alike: bool = False
    hard: bool = False
    """Whether a model's text with it may not be shown: it says what nobody may say."""


@dataclass
class Settled:
    """Drafts by job id, with how often each was revised and what is still wrong with it."""

    written: dict[str, Written]
    revisions: dict[str, int] = field(default_factory=dict)
    flags: dict[str, list[str]] = field(default_factory=dict)
    failed_first: int = 0
    """Drafts that did not pass at first writing."""


Rewrite = Callable[[Sequence[Job], Mapping[str, Sequence[Problem]], int], Awaitable[dict[str, Written]]]
MakeDraft = Callable[[Job, Written], Draft]


async def settle(
    ctx: Context, brief: Brief, sheet: Sheet, jobs: Sequence[Job], written: dict[str, Written], templates: Mapping[str, Written],
    draft: MakeDraft, rewrite: Rewrite,
) -> Settled:  # fmt: skip
    """Review all drafts together, have those that fail rewritten, keep the better version of each, flag what remains.

    A model's text that still says what it may not gives way to the template writer's, and the flag says so.
    """
    result = Settled(dict(written))
    found = _problems(ctx, brief, sheet, jobs, result.written, draft)
    result.failed_first = sum(bool(found[job.id]) for job in jobs)
    for attempt in range(1, ROUNDS + 1):
        failing = [job for job in jobs if found[job.id]]
        if not failing:
            break
        made = await rewrite(failing, found, attempt)
        trial = result.written | made
        after = _problems(ctx, brief, sheet, jobs, trial, draft)
        for job in failing:
            if job.id in made:
                result.revisions[job.id] = attempt
                if _weight(after[job.id]) <= _weight(found[job.id]):
                    result.written[job.id] = made[job.id]
        found = _problems(ctx, brief, sheet, jobs, result.written, draft)
    unusable = [job for job in jobs if result.written[job.id].by != "template" and any(p.hard for p in found[job.id])]
    for job in unusable:
        why = say(brief.language, "; ", "；").join(dict.fromkeys(p.text.rstrip(".。") for p in found[job.id]))
        n = result.revisions.get(job.id, 0)
        flag = say(
            brief.language,
            f"The model's text was not used, {n} revisions notwithstanding: {why}. The template writer's stands here.",
            f"模型的文案修改{n}次后仍未通过，未予采用：{why}。此处为模板文案。",
        )
        result.flags[job.id] = [flag]
        result.written[job.id] = templates[job.id]
    if unusable:
        found = _problems(ctx, brief, sheet, jobs, result.written, draft)
    for job in jobs:
        if found[job.id]:
            result.flags.setdefault(job.id, []).extend(dict.fromkeys(p.text for p in found[job.id]))
    return result


def _weight(problems: Sequence[Problem]) -> tuple[int, int]:
    return sum(p.hard for p in problems), len(problems)


def _problems(
    ctx: Context, brief: Brief, sheet: Sheet, jobs: Sequence[Job], written: Mapping[str, Written], draft: MakeDraft
) -> dict[str, list[Problem]]:
    language = brief.language
    drafts = [draft(job, written[job.id]) for job in jobs]
    found: dict[str, list[Problem]] = {job.id: [] for job in jobs}
    forms = {job.id: job.form for job in jobs}
    for r in review(brief, DraftSet(drafts=drafts), ctx.guards, packs=ctx.rule_packs).reviews if drafts else []:
        for f in r.findings:
            if f.severity != "info" and not f.exempt:
                alike = f.rule == "originality.duplicate"
                if alike and forms[r.draft] in _ALIKE_BY_NATURE:
                    continue
                found[r.draft].append(Problem(f"{f.message} {f.fix}".strip(), "" if alike else f.span, alike, f.severity == "block"))
    for job in jobs:
        w = written[job.id]
        found[job.id] += [Problem(in_words(name, language), hard=name not in _SOFT) for name in w.faults]
        if run := copied(w.body, sheet.others, sheet.free):
            text = say(language, f"“{run}” stands word for word in a creator's post.", f"“{run}”与达人原帖逐字相同。")
            found[job.id].append(Problem(text, run, hard=True))
    for id, other in _near_copies(jobs, written, sheet).items():
        if not any(p.alike for p in found[id]):
            text = say(language, f"Nearly the same text as draft {other}.", f"与稿件{other}几乎相同。")
            found[id].append(Problem(text, alike=True))
    return found


_SOFT = frozenset(
    (
        "too short",
        "too long",
        "repetition",
        "hook over three seconds",
        "video too long or too short",
        "ad text over its limit",
        "a comment without reply",
        "no outline",
    )
)


_ALIKE_BY_NATURE = ("image_brief", "replies")
"""Lists of what to photograph and of answers to the same questions: alike they do no harm."""


def _near_copies(jobs: Sequence[Job], written: Mapping[str, Written], sheet: Sheet) -> dict[str, str]:
    """Job id to an earlier one of the same kind whose own words, facts and fixed phrases aside, are nearly the same."""
    own: dict[str, frozenset[str]] = {}
    copies: dict[str, str] = {}
    for n, job in enumerate(jobs):
        if job.form in _ALIKE_BY_NATURE:
            continue
        w = written[job.id]
        body = "".join(s.spoken for s in w.shots) if w.shots else w.body.removeprefix(job.disclosure)
        for text in (*sheet.m.facts, *sheet.m.must_say):
            body = body.replace(text, "")
        own[job.id] = shingles(body)
        for earlier in (j for j in jobs[:n] if j.form == job.form and j.ad_manager == job.ad_manager):
            if likeness(own[earlier.id], own[job.id]) >= ALIKE:
                copies[job.id] = earlier.id
                break
    return copies
