"""Whether a paid partnership is made clear, early, and not buried."""

from __future__ import annotations

import regex

from agent import Finding
from plugins.common import say

from .matching import SECONDS, Setting
from .packs import Disclosure, RulePack, Severity
from .reading import Reading, read

_TAGS = regex.compile(r"#[^\s#]+(?:[\s,]*#[^\s#]+)+")


def disclosed(text: str, pack: RulePack, setting: Setting, *, platform: str | None = None, fold: int | None = None, labelled: str = "") -> list[Finding]:  # fmt: skip
    """What is wrong with the disclosure of a paid text.

    Args:
        fold: characters that the platform shows before "more".
        labelled: the disclosure that goes with the text apart from it (a label), seen first.
    """
    rules = pack.disclosure
    if rules is None or not text.strip():
        return []
    made = read(text)
    shown = made.text
    if rules.denied:
        shown = pack.any_of(rules.denied).sub(lambda m: " " * len(m.group()), shown, timeout=SECONDS)
    clear = pack.any_of(rules.clear)
    hit = clear.search(shown, timeout=SECONDS)
    above = clear.search(read(labelled).text, timeout=SECONDS) if labelled else None
    if hit is None and above is None:
        return [_missing(text, made, shown, pack, rules, setting, platform)]
    found = []
    whole = f"{read(labelled).text}\n{shown}"
    if rules.statutory and rules.statutory not in whole and (way := pack.any_of(rules.buying).search(shown, timeout=SECONDS)):
        found.append(_statutory(text, made, way.span(), pack, rules, setting))
    if above is None and hit is not None and (why := _buried(shown, hit.span(), rules, setting, fold)):
        fix = say(setting.language, en="Move it to the beginning.", zh="移到开头。")
        found.append(_finding("disclosure.buried", "warn", why, fix, text, made, hit.span(), pack, rules, setting))
    return found


def _missing(
    text: str, made: Reading, shown: str, pack: RulePack, rules: Disclosure, setting: Setting, platform: str | None
) -> Finding:  # fmt: skip
    label, extra = rules.label.of(setting.language), rules.platforms.get(platform or "")
    more = extra.of(setting.language) if extra else ""
    fix = say(setting.language, en=f"Put “{label}” where readers see it first. {more}", zh=f"在显著位置标明“{label}”。{more}").strip()
    vague = pack.any_of(rules.unclear).search(shown, timeout=SECONDS)
    if vague is None:
        why = say(setting.language, en="Nothing discloses the paid partnership.", zh="没有标明这是付费合作。")
        return _finding("disclosure.missing", "block", why, fix, text, made, (0, 0), pack, rules, setting)
    words = vague.group().strip()
    why = say(setting.language, en=f"“{words}” does not make the paid partnership clear.", zh=f"“{words}”不足以说明这是付费合作。")
    return _finding("disclosure.unclear", "block", why, fix, text, made, vague.span(), pack, rules, setting)


def _statutory(text: str, made: Reading, span: tuple[int, int], pack: RulePack, rules: Disclosure, setting: Setting) -> Finding:
    word, way = rules.statutory, made.text[slice(*span)]
    why = say(
        setting.language, en=f"A way to buy (“{way}”) needs the word “{word}”.", zh=f"附有购买方式（“{way}”），必须显著标明“{word}”。"
    )
    fix = say(setting.language, en=f"Put “{word}” at the top.", zh=f"在开头标明“{word}”。")
    return _finding("disclosure.statutory", "block", why, fix, text, made, span, pack, rules, setting)


def _buried(shown: str, span: tuple[int, int], rules: Disclosure, setting: Setting, fold: int | None) -> str:
    row = next((m for m in _TAGS.finditer(shown) if m.start() <= span[0] < m.end()), None)
    if row is not None and row.group().count("#") >= rules.stacked and shown[row.start() : span[0]].count("#") > 0:
        return say(setting.language, en="The disclosure is lost in a row of hashtags.", zh="披露夹在一串话题标签中，不易看见。")
    most = min(fold or rules.within, rules.within)
    if span[0] >= most:
        return say(
            setting.language,
            en=f"The disclosure stands after the first {most} characters, where it is easily missed or folded behind “more”.",
            zh=f"披露位于前 {most} 个字符之后，容易被忽略或被“更多”折叠。",
        )
    return ""


def _finding(
    rule: str, severity: Severity, why: str, fix: str, text: str, made: Reading, span: tuple[int, int], pack: RulePack, rules: Disclosure,
    setting: Setting,
) -> Finding:  # fmt: skip
    start, end = made.span(*span)
    return Finding(
        rule=rule, family="disclosure", severity=severity, market=setting.market, span=text[start:end],
        start=start if end > start else None, end=end if end > start else None, why=why, message=why, fix=fix, source=pack.source(rules.sources),
    )  # fmt: skip
