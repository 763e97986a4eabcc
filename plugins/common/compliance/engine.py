"""Reviews drafts by rule packs: data files in ``rules/``, each rule with the law, guideline or platform limit behind it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agent import Brief, ContentReview, Draft, DraftReview, DraftSet, Finding
from plugins.common import load_data, say

from .claims import contacts, ungrounded_numbers

RULES = Path(__file__).parent / "rules"
Severity = Literal["block", "warn", "info"]
PENALTY: dict[Severity, float] = {"block": 0.5, "warn": 0.15, "info": 0.03}
"""What a finding takes off a draft's score of one."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LINK = re.compile(r"https?://\S+")


@cache
def _pack(name: str) -> Any:
    return load_data(RULES / f"{name}.yaml")


def review(brief: Brief, drafts: DraftSet, guards: Sequence[Callable[[str, str], Any]] = ()) -> ContentReview:
    """See ``review_content``."""
    language = brief.language
    if not drafts.drafts:
        return ContentReview(notes=[say(language, en="There is no draft to review.", zh="没有可审核的文案。")])
    result = ContentReview(rules_checked=_rule_ids())
    copies = _near_copies(drafts.drafts, [*brief.facts, *brief.must_say])
    for draft in drafts.drafts:
        findings = [
            *_limits(draft, language), *_disclosure(draft, language), *_words(draft, brief), *_brief_words(draft, brief),
            *ungrounded_numbers(_readable(draft), brief), *contacts(_readable(draft), brief), *_guarded(draft, brief, guards),
        ]  # fmt: skip
        if draft.id in copies:
            findings.append(
                Finding(
                    rule="originality.duplicate", severity="warn", span=draft.title or draft.body[:20],
                    message=say(language, en=f"Nearly the same text as draft {copies[draft.id]}.", zh=f"与稿件 {copies[draft.id]} 几乎相同。"),
                    fix=say(language, en="Let each creator tell it in their own way.", zh="请按达人各自的语气与经历改写。"),
                    source=say(language, en="Platform rules on duplicated content", zh="平台关于同质化内容的规则"),
                )
            )  # fmt: skip
        findings = _distinct(findings)
        worst = {f.severity for f in findings}
        verdict: Literal["pass", "revise", "block"] = "block" if "block" in worst else "revise" if "warn" in worst else "pass"
        score = max(0.0, 1.0 - sum(PENALTY[f.severity] for f in findings))
        result.reviews.append(DraftReview(draft=draft.id, verdict=verdict, score=round(score, 2), findings=findings))
    blocked = sum(r.verdict == "block" for r in result.reviews)
    revise = sum(r.verdict == "revise" for r in result.reviews)
    total = len(result.reviews)
    result.notes.append(
        say(
            language,
            en=f"{total} drafts: {total - blocked - revise} pass, {revise} to revise, {blocked} blocked. Rules find what they know; this is no legal advice.",
            zh=f"共 {total} 篇：通过 {total - blocked - revise}，需修改 {revise}，不可发布 {blocked}。规则只能发现已知问题，不构成法律意见。",
        )
    )
    result.evidence = list(dict.fromkeys(i for d in drafts.drafts for i in ([d.creator] if d.creator else []) + d.grounded_on))
    return result


def _rule_ids() -> list[str]:
    fixed = [
        "limits.empty", "limits.title", "limits.title_missing", "limits.body", "limits.hashtags", "disclosure.missing", "disclosure.unclear",
        "disclosure.statutory", "disclosure.buried", "brief.must_not_say", "brief.must_say", "grounding.number", "privacy.phone",
        "privacy.email", "privacy.id_number", "privacy.card", "privacy.iban", "privacy.address", "privacy.account", "originality.duplicate",
    ]  # fmt: skip
    return [*fixed, *(str(rule["id"]) for rule in _pack("words"))]


def clean(text: str) -> str:
    """The text as a reader sees it: one width of letters, nothing invisible between them."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _readable(draft: Draft) -> str:
    tags = " ".join(f"#{t}" for t in draft.hashtags)
    return clean(f"{draft.title}\n{draft.body}\n{tags}")


def length(text: str, count: str) -> int:
    """Characters as a platform counts them: ``plain`` code points, ``half`` (ASCII half), ``weighted`` (X: 280 scale)."""
    if count == "half":
        return -(-sum(1 if ord(c) < 128 else 2 for c in text) // 2)
    if count == "weighted":
        links = len(_LINK.findall(text))
        rest = _LINK.sub("", text)
        light = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
        return 23 * links + sum(1 if any(low <= ord(c) <= high for low, high in light) else 2 for c in rest)
    return len(text)


def _limits(draft: Draft, language: str) -> list[Finding]:
    if not draft.body.strip():
        message = say(language, en="The draft is empty.", zh="正文为空。")
        fix = say(language, en="Write it, or leave it out.", zh="补写正文，或删除此稿。")
        return [Finding(rule="limits.empty", severity="block", message=message, fix=fix)]
    # Only a post is published as it stands: what is spoken, shown to a photographer or booked as an ad has limits of its own.
    rules = _pack("platforms").get(draft.platform or "", {}) if draft.form in ("post", "script") else {}
    if not rules:
        return []
    if draft.form == "script":
        rules = {k: v for k, v in rules.items() if k != "body"}
    found = []
    source = str(rules["source"])
    tags = "".join(f" #{t}" for t in draft.hashtags if f"#{t}" not in draft.body)
    measured = (
        ("title", draft.title, rules.get("title_count", "plain"), en_zh("title", "标题")),
        ("body", draft.body + tags, rules.get("count", "plain"), en_zh("text with hashtags", "正文（含话题）")),
    )
    for name, text, count, (en, zh) in measured:
        limit = rules.get(name)
        if limit and (size := length(text, str(count))) > limit:
            found.append(
                Finding(
                    rule=f"limits.{name}", severity="block", span=text[-20:], source=source,
                    message=say(language, en=f"The {en} has {size} characters, {limit} are allowed.", zh=f"{zh} {size} 字，上限 {limit} 字。"),
                    fix=say(language, en=f"Cut {size - limit} characters.", zh=f"删减 {size - limit} 字。"),
                )
            )  # fmt: skip
    if rules.get("title_needed") and not draft.title.strip():
        message = say(language, en="The platform wants a title.", zh="该平台需要标题。")
        found.append(
            Finding(
                rule="limits.title_missing",
                severity="warn",
                message=message,
                fix=say(language, en="Add one.", zh="补上标题。"),
                source=source,
            )
        )
    most = rules.get("hashtags")
    used = len(draft.hashtags)
    if most and used > most:
        found.append(
            Finding(
                rule="limits.hashtags", severity="warn", span=" ".join(f"#{t}" for t in draft.hashtags[most:]), source=source,
                message=say(language, en=f"{used} hashtags, {most} are allowed.", zh=f"话题 {used} 个，上限 {most} 个。"),
                fix=say(language, en=f"Keep the best {most}.", zh=f"保留最相关的 {most} 个。"),
            )
        )  # fmt: skip
    return found


def en_zh(en: str, zh: str) -> tuple[str, str]:
    return en, zh


def _any_of(patterns: Sequence[str], text: str) -> re.Match[str] | None:
    made = [p if any(c in p for c in ".?(") else re.escape(p) for p in patterns]
    joined = "|".join(rf"{p}(?![A-Za-z0-9])" if p[-1].isalnum() and p[-1].isascii() else p for p in made)
    return re.search(rf"(?i)(?<![A-Za-z0-9])(?:{joined})", text)


def _disclosure(draft: Draft, language: str) -> list[Finding]:
    pack = _pack("disclosure")
    rules = pack["zh" if draft.language == "zh" else "en"]
    label, source = str(rules["label"]), str(rules["source"])
    text = f"{clean(draft.disclosure)}\n{_readable(draft)}"
    if not draft.body.strip():
        return []
    extra = pack["platforms"].get(draft.platform or "", {}).get(language, "")
    clear = _any_of(rules["clear"], text)
    found = []
    if clear is None:
        # Nobody needs to be told that a brand's own account is the brand; a text that came with the request may be either.
        if draft.creator is None and draft.written_by != "request":
            return []
        vague = _any_of(rules["unclear"], text)
        severity: Severity = "block" if draft.creator is not None else "warn"
        if vague is not None:
            rule = "disclosure.unclear"
            message = say(
                language, en=f"“{vague.group()}” does not make the paid partnership clear.", zh=f"“{vague.group()}”不足以说明这是付费合作。"
            )
        else:
            rule = "disclosure.missing"
            message = say(language, en="Nothing discloses the paid partnership.", zh="没有标明这是付费合作。")
            if draft.creator is None:
                message += say(language, en=" Needed if the post is paid for or gifted.", zh="如为付费或赠品合作则必须标明。")
        fix = say(language, en=f"Put “{label}” where readers see it first. {extra}", zh=f"在显著位置标明“{label}”。{extra}").strip()
        found.append(Finding(rule=rule, severity=severity, message=message, span=vague.group() if vague else "", fix=fix, source=source))
        return found
    statutory = rules.get("statutory")
    if statutory and statutory not in text and (way := _any_of(rules["buying"], text)):
        found.append(
            Finding(
                rule="disclosure.statutory", severity="block", span=way.group(), source=source,
                message=say(language, en=f"A way to buy (“{way.group()}”) needs the word “{statutory}”.", zh=f"附有购买方式（“{way.group()}”），必须显著标明“{statutory}”。"),
                fix=say(language, en=f"Put “{statutory}” at the top.", zh=f"在开头标明“{statutory}”。"),
            )
        )  # fmt: skip
    fold = _pack("platforms").get(draft.platform or "", {}).get("fold")
    if fold and not _any_of(rules["clear"], clean(f"{draft.title}\n{draft.body}"[: int(fold)])) and not draft.disclosure:
        found.append(
            Finding(
                rule="disclosure.buried", severity="warn", span=clear.group(), source=source,
                message=say(language, en=f"The disclosure stands after the first {fold} characters, behind “more”.", zh=f"披露位于前 {fold} 个字符之后，会被“更多”折叠。"),
                fix=say(language, en="Move it to the beginning.", zh="移到开头。"),
            )
        )  # fmt: skip
    return found


def _words(draft: Draft, brief: Brief) -> list[Finding]:
    text = _readable(draft)
    ground = clean(" ".join([*brief.facts, *brief.must_say])).lower()
    found = []
    for rule in _pack("words"):
        if rule["language"] == "zh" and not re.search("[\u4e00-\u9fff]", text):
            continue
        spared = [m.span() for m in re.finditer(rule["except"], text, re.IGNORECASE)] if "except" in rule else []
        for match in re.finditer(rule["find"], text, re.IGNORECASE):
            if any(start <= match.start() and match.end() <= end for start, end in spared):
                continue
            if rule.get("facts") and match.group().lower() in ground:
                continue
            language = brief.language
            found.append(
                Finding(
                    rule=rule["id"], severity=rule["severity"], span=match.group(), message=rule["message"][language],
                    fix=rule["fix"][language], source=rule["source"],
                )
            )  # fmt: skip
    return found


def _brief_words(draft: Draft, brief: Brief) -> list[Finding]:
    language, text = brief.language, _readable(draft)
    squeezed = re.sub(r"[\s\W_]+", "", text).lower()
    found = []
    for word in brief.must_not_say:
        wanted = clean(word).strip()
        if not wanted:
            continue
        pattern = rf"(?<![A-Za-z]){re.escape(wanted)}(?:s|es)?(?![A-Za-z])" if wanted.isascii() else re.escape(wanted)
        hit = re.search(pattern, text, re.IGNORECASE)
        # Chinese words are also found when punctuation is put between their characters.
        if hit or (not wanted.isascii() and re.sub(r"[\s\W_]+", "", wanted).lower() in squeezed):
            message = say(language, en=f"The brief forbids “{wanted}”.", zh=f"需求要求避免“{wanted}”。")
            fix = say(language, en="Remove it.", zh="删除。")
            source = say(language, en="The request", zh="需求原文")
            found.append(
                Finding(
                    rule="brief.must_not_say",
                    severity="block",
                    span=hit.group() if hit else wanted,
                    message=message,
                    fix=fix,
                    source=source,
                )
            )
    for word in brief.must_say if draft.form != "replies" else ():
        if re.sub(r"[\s\W_]+", "", clean(word)).lower() not in squeezed:
            message = say(language, en=f"The brief wants “{word}” said.", zh=f"需求要求提到“{word}”，文案中没有。")
            fix = say(language, en="Work it in.", zh="补充到文案中。")
            source = say(language, en="The request", zh="需求原文")
            found.append(Finding(rule="brief.must_say", severity="warn", message=message, fix=fix, source=source))
    return found


def _guarded(draft: Draft, brief: Brief, guards: Sequence[Callable[[str, str], Any]]) -> list[Finding]:
    found: list[Finding] = []
    for guard in guards:
        name = getattr(guard, "__name__", type(guard).__name__)
        try:
            found += [
                Finding.model_validate(f if isinstance(f, dict) else f.model_dump()) for f in guard(_readable(draft), draft.language) or ()
            ]
        except Exception as e:  # a plugin's guard may fail in any way; the review must say so and go on
            language = brief.language
            message = say(language, en=f"The guard {name} failed: {e}.", zh=f"文本检查插件 {name} 出错：{e}。")
            fix = say(language, en="Check by hand what it would have checked.", zh="请人工检查该项。")
            found.append(Finding(rule="guard.failed", severity="warn", message=message, fix=fix, source=name))
    return found


def _near_copies(drafts: Sequence[Draft], given: Sequence[str] = (), threshold: float = 0.5) -> dict[str, str]:
    """Draft id to the id of an earlier draft whose own words are nearly the same (Jaccard of five-character shingles).

    Facts and phrases that the brief gives are nobody's own words; lists of pictures and of replies may well be alike.
    """
    own = [(d, _own_words(d, given)) for d in drafts if d.form not in ("image_brief", "replies")]
    shingles = {d.id: {t[i : i + 5] for i in range(max(1, len(t) - 4))} for d, t in own if t}
    copies: dict[str, str] = {}
    ids = list(shingles)
    for i, later in enumerate(ids):
        for earlier in ids[:i]:
            a, b = shingles[later], shingles[earlier]
            if len(a & b) / len(a | b) >= threshold:
                copies[later] = earlier
                break
    return copies


def _own_words(draft: Draft, given: Sequence[str]) -> str:
    text = " ".join(s.spoken for s in draft.shots) if draft.form == "script" and draft.shots else draft.body
    for words in (draft.disclosure, *given):
        text = text.replace(words, " ") if words else text
    return re.sub(r"\W+", "", text)


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    kept = {(f.rule, f.span.lower()): f for f in reversed(findings)}
    order: dict[str, int] = {"block": 0, "warn": 1, "info": 2}
    return sorted(reversed(list(kept.values())), key=lambda f: order[f.severity])
