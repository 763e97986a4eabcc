"""Reviews drafts: the rules of their market, the brief's words, grounding, limits of the platform, copies, plugins' guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from agent import Brief, ContentReview, Draft, DraftReview, DraftSet, Finding
from plugins.common import say

from .grounding import ground_of, ungrounded
from .limits import limits, platforms
from .packs import RulePack, Severity, packs_for
from .plain import check, market_of, verdict_of
from .reading import read
from .style import brief_words, near_copies, readability

PENALTY: dict[Severity, float] = {"block": 0.5, "warn": 0.15, "info": 0.03}
"""What a finding takes off a draft's score of one."""
_FIXED = (
    "limits.empty", "limits.title", "limits.title_missing", "limits.body", "limits.hashtags", "disclosure.missing", "disclosure.unclear",
    "disclosure.statutory", "disclosure.buried", "brief.must_not_say", "brief.must_say", "grounding.number", "grounding.*", "privacy.*", "likely.*",
    "style.readability", "originality.duplicate",
)  # fmt: skip


def review(
    brief: Brief, drafts: DraftSet, guards: Sequence[Callable[[str, str], Any]] = (), *, packs: Sequence[Any] = (), market: str | None = None,
    sponsored: bool | None = None,
) -> ContentReview:  # fmt: skip
    """Every draft with its findings, verdict and score.

    Args:
        guards: plugins' guards over text; what one finds counts, and one that fails is reported.
        packs: further rule packs (`RulePack`, its data, or a path).
        market: whose rules hold; default: that of the draft's platform, else of its language.
        sponsored: whether a disclosure is due; default: for creators' drafts, and with a warning for texts that came with the request.

    Raises:
        KolonyError: there are no rules for the market, or a pack cannot be used.
    """
    language = brief.language
    if not drafts.drafts:
        return ContentReview(notes=[say(language, en="There is no draft to review.", zh="没有可审核的文案。")])
    result = ContentReview()
    copies = near_copies(drafts.drafts, [*brief.facts, *brief.must_say])
    checked: dict[str, list[str]] = {}
    for draft in drafts.drafts:
        whose = market or market_of(draft.body or draft.title, draft.platform)
        rules = packs_for(whose, packs)
        checked[whose] = [rule.id for pack in rules for rule in pack.rules]
        findings = [*limits(draft, language), *_text(draft, brief, whose, packs, sponsored), *_guarded(draft, brief, guards)]
        findings += readability(draft.body, draft.language, language)
        if draft.id in copies:
            findings.append(_copy(draft, copies[draft.id], language))
        findings = _distinct(findings)
        counting = [f for f in findings if not f.exempt]
        verdict: Literal["pass", "revise", "block"] = {"pass": "pass", "warn": "revise", "block": "block"}[verdict_of(findings)]  # type: ignore[assignment]
        score = max(0.0, 1.0 - sum(PENALTY[f.severity] for f in counting))
        result.reviews.append(DraftReview(draft=draft.id, verdict=verdict, score=round(score, 2), findings=findings))
    result.rules_checked = list(dict.fromkeys([*_FIXED, *(rule for rules in checked.values() for rule in rules)]))
    result.markets = sorted(checked)
    result.notes.append(_summary(result, language))
    result.evidence = list(dict.fromkeys(i for d in drafts.drafts for i in ([d.creator] if d.creator else []) + d.grounded_on))
    return result


def _summary(result: ContentReview, language: str) -> str:
    verdicts = [r.verdict for r in result.reviews]
    total, blocked, revise = len(verdicts), verdicts.count("block"), verdicts.count("revise")
    return say(
        language,
        en=f"{total} drafts: {total - blocked - revise} pass, {revise} to revise, {blocked} blocked. Rules find what they know; this is no legal advice.",
        zh=f"共 {total} 篇：通过 {total - blocked - revise}，需修改 {revise}，不可发布 {blocked}。规则只能发现已知问题，不构成法律意见。",
    )


def _text(draft: Draft, brief: Brief, market: str, packs: Sequence[RulePack], sponsored: bool | None) -> list[Finding]:
    if not draft.body.strip():
        return []
    parts = _Parts(draft)
    # Nobody needs to be told that a brand's own account is the brand; a text that came with the request may be either.
    due = sponsored if sponsored is not None else draft.creator is not None or draft.written_by == "request"
    fold = platforms().get(draft.platform or "", {}).get("fold")
    ground = ground_of(brief)
    found = check(
        parts.text, market, sponsored=due, packs=packs, platform=draft.platform, language=brief.language, fold=fold, labelled=draft.disclosure,
    )  # fmt: skip
    known = "".join(read(" ".join(ground)).text.lower().split())
    found = [f for f in found if not (f.rule.startswith("privacy.") and _given(f, known))]
    claims = ungrounded(parts.text, ground, brief.language, market)
    # Words that a rule forbids need no second finding for want of proof; words that the facts hold need no note.
    taken = [(f.start, f.end) for f in found if f.start is not None and f.severity != "info" and not f.exempt]
    found += [c for c in claims if not any(s < (c.end or 0) and (c.start or 0) < (e or 0) for s, e in taken if s is not None)]
    supported = [f for f in found if f.severity == "info" and not f.exempt and "".join(f.span.lower().split()) in known]
    found = [f for f in found if f not in supported]
    if sponsored is None and draft.creator is None:
        for f in (f for f in found if f.rule in ("disclosure.missing", "disclosure.unclear")):
            f.severity = "warn"
            f.message += say(brief.language, en=" Needed if the post is paid for or gifted.", zh="如为付费或赠品合作则必须标明。")
    wanted = brief.must_say if draft.form != "replies" else []  # answers to what others say, one by one
    return [parts.place(f) for f in [*found, *brief_words(parts.text, brief, wanted)]]


def _given(finding: Finding, known: str) -> bool:
    return (
        finding.rule in ("privacy.phone", "privacy.email", "privacy.address", "privacy.account")
        and "".join(finding.span.lower().split()) in known
    )


class _Parts:
    """Title, body and hashtags as one text, with the way back to each."""

    def __init__(self, draft: Draft) -> None:
        tags = " ".join(f"#{t}" for t in draft.hashtags)
        self.parts: list[tuple[Literal["title", "body", "hashtags"], int, int]] = []
        pieces: list[str] = []
        at = 0
        for name, piece in (("title", draft.title), ("body", draft.body), ("hashtags", tags)):
            if piece:
                self.parts.append((name, at, at + len(piece)))  # type: ignore[arg-type]
                pieces.append(piece)
                at += len(piece) + 1
        self.text = "\n".join(pieces)

    def place(self, finding: Finding) -> Finding:
        """The finding with offsets in the part that it lies in; without any where it lies in two."""
        if finding.start is None or finding.end is None:
            return finding
        for name, first, last in self.parts:
            if first <= finding.start and finding.end <= last:
                return finding.model_copy(update={"part": name, "start": finding.start - first, "end": finding.end - first})
        return finding.model_copy(update={"start": None, "end": None})


def _copy(draft: Draft, earlier: str, language: str) -> Finding:
    why = say(language, en=f"Nearly the same text as draft {earlier}.", zh=f"与稿件 {earlier} 几乎相同。")
    return Finding(
        rule="originality.duplicate", family="originality", severity="warn", span=draft.title or draft.body[:20], message=why, why=why,
        fix=say(language, en="Let each creator tell it in their own way.", zh="请按达人各自的语气与经历改写。"),
        source=say(language, en="Platform rules on duplicated content", zh="平台关于同质化内容的规则"),
    )  # fmt: skip


def _guarded(draft: Draft, brief: Brief, guards: Sequence[Callable[[str, str], Any]]) -> list[Finding]:
    text = read(_Parts(draft).text).text
    found: list[Finding] = []
    for guard in guards:
        name = getattr(guard, "__name__", type(guard).__name__)
        try:
            found += [Finding.model_validate(f if isinstance(f, dict) else f.model_dump()) for f in guard(text, draft.language) or ()]
        except Exception as e:  # a plugin's guard may fail in any way; the review must say so and go on
            language = brief.language
            message = say(language, en=f"The guard {name} failed: {e}.", zh=f"文本检查插件 {name} 出错：{e}。")
            fix = say(language, en="Check by hand what it would have checked.", zh="请人工检查该项。")
            found.append(Finding(rule="guard.failed", severity="warn", message=message, fix=fix, source=name))
    return found


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Each rule and its words once, what counts before what is exempt, the gravest first."""
    kept = {(f.rule, f.span.lower(), f.exempt): f for f in reversed(findings)}
    order: dict[str, int] = {"block": 0, "warn": 1, "info": 2}
    return sorted(reversed(list(kept.values())), key=lambda f: (f.exempt, order[f.severity]))
