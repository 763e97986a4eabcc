"""The words of a reply: fixed sentences around what the material says, or a model's, checked against it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent import Context, Generation, ModelError
from plugins.common.text import instructs, language_of, say, words
from plugins.customer_service.retrieval import Used

_TO_PERSON = {
    "safety": (
        "Thank you for writing to us. A colleague will read your message personally. If you or somebody else is in danger now, please call your local emergency number.",
        "谢谢您的留言，同事会亲自查看。如果您或身边的人正处于危险之中，请立即拨打当地急救或报警电话。",
    ),
    "medical": (
        "Thank you for asking. Because this is about health, a colleague will check it and answer you personally. If you feel unwell, please see a doctor.",
        "谢谢您的留言。这个问题关系到健康，需要同事核实后亲自回复您。如果身体不适，请及时就医。",
    ),
    "complaint": (
        "Thank you for telling us, and we are sorry for the trouble. A colleague will read your message and answer you personally.",
        "谢谢您告诉我们，给您带来不便非常抱歉。您的留言会由同事亲自查看并回复您。",
    ),
    "unsupported": (
        "Thank you for your question. We have no confirmed information on this yet, so a colleague will check and get back to you.",
        "谢谢您的提问。这个问题我们手头暂时没有确认过的信息，同事核实后会回复您。",
    ),
    "conflict": (
        "Thank you for your question. We want to be sure before we answer, so a colleague will check and get back to you.",
        "谢谢您的提问。为了给您准确的答复，同事核实后会回复您。",
    ),
    "language": (
        "Thank you for your message. We answer in English and Chinese here; a colleague will look at your message and get back to you.",
        "谢谢您的留言。这里用中文和英文回复，您的留言会由同事查看后答复您。",
    ),
}
_PERSON = ("Thank you for your message. A colleague will answer you personally.", "谢谢您的留言，会由同事亲自回复您。")


def to_person(language: str, reasons: Sequence[str]) -> str:
    """What the customer reads when a person takes over; nothing of the message is repeated."""
    order = ["safety", "medical", "complaint", "conflict", "unsupported", "language"]
    first = next((r for r in order if r in reasons), "")
    return say(language, *_TO_PERSON.get(first, _PERSON))


def greeting(language: str, thanks: bool) -> str:
    if thanks:
        return say(language, "You are very welcome! Write to us any time.", "不客气，有需要随时留言给我们。")
    return say(language, "Hello! How can we help you?", "您好！请问有什么可以帮您？")


def ask_back(language: str, options: Sequence[str], about: Sequence[str]) -> str:
    """A concrete question in return. ``options`` are names out of the material, ``about`` what the customer wants to know."""
    subject = about[0] if about else ""
    if options:
        listed = listing(options[:6], language, last=say(language, " or ", "还是"))
        head = say(
            language,
            f"To give you {subject}, we need to know which one you mean" if subject.startswith("the ") else "Which one do you mean",
            f"请问您想了解的是哪一个的{subject}" if subject else "请问您说的是哪一个",
        )
        return say(language, f"{head}: {listed}?", f"{head}：{listed}？")
    if subject:
        return say(language, "Could you tell us which product or shop you mean?", "请问您说的是哪一款产品或哪一家门店？")
    return say(
        language,
        "Could you tell us a little more: which product or shop is it about, and what would you like to know?",
        "可以再具体一点吗：您想了解哪款产品或哪家门店，想知道什么？",
    )


def listing(names: Sequence[str], language: str, last: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return say(language, ", ", "、").join(names[:-1]) + last + names[-1]


def extractive(language: str, used: Sequence[Used]) -> str:
    """The material's own words, each with its number."""
    told = [f"{_ended(told_as(u), language)} [{n}]" for n, u in enumerate(used, 1)]
    return say(language, "Thanks for asking! " + " ".join(told), "您好，" + " ".join(told))


def told_as(used: Used) -> str:
    """A row's first cell names the thing: `product: Yuzu; price: $21` is told as `Yuzu: price $21`."""
    if not used.source.is_row:
        return used.text
    cells = [re.split(r"[:：]\s*", c, maxsplit=1) for c in re.split(r"[;；]\s*", used.text)]
    rest = [c for c in cells[1:] if len(c) == 2]
    if not rest or len(cells[0]) != 2:
        return used.text
    zh = language_of(used.text) == "zh"
    return cells[0][1] + ("：" if zh else ": ") + ("，" if zh else ", ").join(f"{k}{'' if zh else ' '}{v}" for k, v in rest)


def missing(language: str, places: Sequence[int], labels: Sequence[str]) -> str:
    """That some of several questions stay open. ``places`` counts from 1; ``labels`` are our own words for the subjects."""
    if labels:
        what = listing(labels, language, last=say(language, " and ", "和"))
        return say(
            language,
            f"On {what} we have no confirmed information yet; a colleague will get back to you.",
            f"关于{what}，我们暂时没有确认过的信息，同事核实后会回复您。",
        )
    which = ", ".join(map(str, places))
    return say(
        language,
        f"To your question no. {which} we have no confirmed answer yet; a colleague will get back to you.",
        f"您的第 {which} 个问题，我们暂时没有确认过的信息，同事核实后会回复您。",
    )


def _ended(text: str, language: str) -> str:
    text = " ".join(text.split("\n"))
    return text if text.endswith((".", "!", "?", "。", "！", "？", "；", ";")) else text + ("。" if language == "zh" else ".")


async def phrase(ctx: Context, language: str, question: str, used: Sequence[Used]) -> tuple[str, str]:
    """The same in a model's words and the model's name, when one writes the language and says nothing but what the material says."""
    name = ctx.models.writes(language)
    if name is None:
        return "", ""
    facts = [told_as(u) for u in used]
    prompt = ctx.prompts.get("answer_customer", language).render(question=question, passages=facts)

    def check(answer: Generation) -> str:
        return "" if grounded(_clean(answer.text), facts, question, language) else "it says something else than the material"

    try:
        answer = await ctx.models.generate(
            prompt, task="answer_customer", language=language, max_tokens=160, temperature=0.0, seed=7, check=check
        )
    except ModelError:
        return "", ""
    return (_clean(answer.text), answer.model or name) if not check(answer) else ("", "")


def _clean(text: str) -> str:
    return text.strip().strip('“”"')


_PLAIN = frozenset("yes hello hi thanks thank asking open are our located welcome today daily every sure offer price address hours".split())
_PLAIN_ZH = frozenset("您好 你好 我们 欢迎 光临 地址 营业 时间 价格 谢谢 感谢 咨询 店里".split())


def grounded(text: str, facts: Sequence[str], question: str, language: str) -> bool:
    """Whether every content word and number of an answer stands in the facts, it denies no more than they do, and adds no link."""
    known = " ".join(facts).casefold()
    told = known + " " + question.casefold()
    if not 8 <= len(text) <= 600 or language_of(text) != language or instructs(text):
        return False
    if set(re.findall(r"\d+(?:[.:]\d+)?", text)) - set(re.findall(r"\d+(?:[.:]\d+)?", known)):
        return False
    if re.search(r"https?://|@\w|#\w", text):
        return False
    denies = re.compile(r"\b(?:no|not|never|none|without|cannot)\b|n't\b|不|没|无(?!糖)|未")
    if bool(denies.search(text.casefold())) != bool(denies.search(known)):
        return False
    content = words(text)
    plain = _PLAIN_ZH if language == "zh" else _PLAIN
    return any(w in known for w in content) and all(w in told or w in plain for w in content)
