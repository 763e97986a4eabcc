"""Passages that answer a question, from brand material and the brief's facts; or none, or more than one meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent import Brief, Context
from plugins.common.text import instructs, language_of, names_a_thing, words
from plugins.customer_service import answerable
from plugins.customer_service.concepts import Concept, asked, holds
from vectorstore.materials import sentences

CANDIDATES = 24
LOOSE, STRICT = 0.45, 0.67
"""Share of a question's own words that a passage must hold where it speaks of what is asked about, and where nothing tells that."""
NEAR = 0.80
"""Cosine below which a passage is about something else, whatever words they share."""

# Words of a question that say nothing of what it is about.
_IDLE = frozenset(
    """ask asking question questions please tell know wondering wonder hello guys really currently right anyone somebody something anything there thing things
    stuff actually maybe kind sort type possible able available love loved would-be gonna wanna gotta want wanted need needs buy buying bought order ordered ordering
    get gets got take takes work works working sell sells offer offers provide come comes came also just even still much many long live living friend friends sister
    brother mother father girlfriend boyfriend wife husband mum mom dad one ones today tonight tomorrow yesterday now soon later does doing done make made sure ton lot
    lots bit half guess say said think heard read saw seen people person item product products thanks thank cheers price cost use uses used using stated your yours
    customer customers support company brand shop's okay great nice good best bad better which phone's whole run runs compared else exactly
    请问 请教 麻烦 问问 想问 老板 你好 您好 谢谢 店里 你们 你家 贵店 什么 怎么 怎样 如何 哪里 哪儿 哪家 哪个 哪些 多少 多久 多大 是否 有吗 可以 能不能 可不可以 有没有 可否 怎么样
    知道 介绍 想要 打算 下单 购买 东西 产品 这个 那个 这款 那款 时候 大概 一般 现在 目前 时间 地方 朋友 周围 客服 亲亲 咨询 问一下 一下 起来 过去 过来 怎么办 好不好 需要 支持 提供 使用 还有 就是
    一个 一份 自己 老板娘 小姐姐 一起 里面 左右 需不需要""".split()
)
_VAGUE = re.compile(r"^(?:[^\w]*(?:this|that|it|them|they|these|those|one|这个|那个|它|这款|那款|这|那)[^\w]*)$", re.I)
_ALL = re.compile(
    r"\b(?:all|both|each|every|any|which|what flavou?rs|compare|difference|versus|vs|shops|stores)\b|哪些|都|分别|各|全部|两家|几种|区别|哪家|哪个",
    re.I,
)
_NO = re.compile(r"\b(?:no|not|never|none|without|cannot|can't|don't|doesn't|isn't|aren't|n't)\b|不|没有?|无|未|暂停", re.I)
_AMOUNT = re.compile(r"(\d+(?:[.,:]\d+)*)\s*(%|％|[a-z]+|[\u4e00-\u9fff])?", re.I)
_SPECIAL = re.compile(r"\d+(?:\.\d+)?\s?(?:毫升|升|克|千克|ml|oz|kg|lbs?|cm|mm)(?![a-z])", re.I)
_QUESTION_WORDS = frozenset(
    """where when what which who how why does morning noon afternoon evening night monday tuesday wednesday thursday friday saturday sunday
    mondays tuesdays wednesdays thursdays fridays saturdays sundays weekend weekends week 早上 中午 下午 晚上 周末 星期 礼拜""".split()
)


# Headings that name a subject, whatever the brand.
_SUBJECT = re.compile(
    r"(?:(?:about|the|our|your|us|general|other|more|frequently asked|common|faqs?|questions?|products?|drinks?|info(?:rmation)?|details?|policy|policies|orders?|ordering"
    r"|support|service|help|where|to|buy|working|with|and|&|care|connecting|returns?|shipping|delivery|payments?|stores?|contact|menu|ingredients|notes?|terms|overview)[\s:,]*)+"
    r"|(?:关于|我们|品牌|产品|商品|常见|问题|问答|购买|配送|与|和|及|售后|服务|支付|说明|政策|须知|其他|介绍|信息|联系|菜单|门店|客服|使用|指南|保养|保存|物流|订单|活动|会员|团购|场地|简介)+",
    re.I,
)

# Heads and feet of pages: they answer nothing.
_TITLE = re.compile(
    r"\bpage \d+ of \d+\b|\blast updated\b|\bproduct sheet\b|第\s*\d+\s*页|(?:最后|最近)更新|版权所有|all rights reserved", re.I
)


@dataclass(frozen=True)
class Source:
    """Something that may answer: a passage of brand material, or a fact of the brief (``source`` is then ``brief``)."""

    text: str
    source: str
    heading: tuple[str, ...] = ()
    question: str = ""
    line: int | None = None
    cosine: float | None = None
    """Of the question with it or with its closest sentence; None where the question was not embedded."""

    @property
    def above(self) -> str:
        return " › ".join(h for h in (*self.heading, self.question) if h)

    @property
    def whole(self) -> str:
        return f"{self.above}\n{self.text}".casefold()

    @property
    def entity(self) -> str:
        """What it is about, where its heading is the name of a thing rather than of a subject."""
        last = self.heading[-1] if self.heading else ""
        named = (
            last
            and last != self.question
            and not last.endswith(("?", "？"))
            and not last.startswith("p. ")
            and len(self.heading) + self.is_row > 1
        )
        return last if named and not _SUBJECT.fullmatch(last) and not any(c.key != "app" for c in asked(last)) else ""

    @property
    def is_row(self) -> bool:
        return not self.question and bool(re.match(r"[^:：;；]{1,40}[:：].+[;；]", self.text))


@dataclass(frozen=True)
class Used:
    """The words of a source that answer."""

    text: str
    source: Source


@dataclass
class Answer:
    """``used``: what answers, best first. ``options``: what could be meant, where that is open. ``against``: sources that disagree."""

    used: list[Used] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    against: list[Used] = field(default_factory=list)
    about: list[Concept] = field(default_factory=list)
    unclear: bool = False


@dataclass(frozen=True)
class _Scored:
    source: Source
    told: int
    """How many of the things asked about it speaks of."""
    covered: float
    score: float
    exact: bool
    """Whether it holds the very amounts that the question names, such as `500 ml`."""
    chance: float = 1.0
    """Probability that it answers."""


def find(ctx: Context, question: str, brief: Brief | None = None, context: str = "") -> Answer:
    """What answers one question. ``context``: the rest of the message, whose words may name what it is about."""
    language = "zh" if language_of(question) == "zh" else "en"
    sources = _sources(ctx, f"{context} {question}".strip() if context else question, brief)
    about = _telling(asked(question), sources)
    terms = _terms(question, about, brief)
    answer = Answer(about=about)
    every = _entities(sources)
    names = frozenset(t for t in terms if any(holds(e.casefold(), t) for e in every))
    amounts = [re.sub(r"\s", "", m.group()).casefold().replace("毫升", "ml") for m in _SPECIAL.finditer(question)]
    scored = [_score(x, about, terms, language, names, amounts) for x in sources]
    scored = _rated(question, scored, about, terms, language)
    fitting = [s for s in scored if _fits(s, about, terms)]
    fitting.sort(key=lambda s: (-s.chance, -s.score, s.source.source, s.source.line or 0))
    if not about and not terms and not fitting:
        answer.unclear = True
        return answer
    named = [e for e in every if _names(e, every, f"{context} {question}")]
    if not about and named and len(terms) <= 2 and all(any(holds(e.casefold(), t) for e in named) for t in terms):
        answer.unclear, answer.options = True, []
        return answer
    if about and not _ALL.search(question) and not named:
        options = _meanings(scored, about, language)
        if len(options) > 1 and (_open(terms) or all(s.source.entity for s in fitting[:2])):
            answer.options = options
            return answer
    if (
        not terms
        and not named
        and {c.key for c in about} & _OF_A_THING
        and sum(s.told == len(about) for s in scored) > 2
        and len(every) > 1
    ):
        answer.unclear = True  # `How much is it?`, where there are several things.
        return answer
    if not fitting:
        return answer
    fitting = _of_named(fitting, named, every)
    if not fitting:
        return answer
    best = fitting[0]
    chosen = [
        best,
        *(
            s
            for s in fitting[1:]
            if s.source.entity
            and best.source.entity
            and s.told == best.told
            and s.covered == best.covered
            and s.source.source == best.source.source
        ),
    ]
    answer.used = [Used(_words_of(s.source, about, terms), s.source) for s in chosen[:4]]
    answer.against = _against(answer.used[0], [Used(_words_of(s.source, about, terms), s.source) for s in fitting[1:4]], about)
    return answer


def _sources(ctx: Context, query: str, brief: Brief | None) -> list[Source]:
    found = [Source(fact, "brief") for fact in dict.fromkeys([*brief.facts, *brief.must_say])] if brief else []
    for hit in ctx.store.materials.search(query, CANDIDATES):
        p = hit.passage
        found.append(Source(p.text, p.source, tuple(h for h in p.heading if h != p.question), p.question, p.line, hit.closest))
    return [s for s in (_without_orders(s) for s in found) if s.text and not (_TITLE.search(s.text) and len(s.text) < 120)]


def _without_orders(source: Source) -> Source:
    """A document may hold what tries to instruct a reader; those sentences are left out."""
    if not instructs(source.whole):
        return source
    kept = [s for s in sentences(source.text) if not instructs(s)]
    heading = tuple(h for h in source.heading if not instructs(h))
    question = "" if instructs(source.question) else source.question
    return Source("".join(kept), source.source, heading, question, source.line, source.cosine)


def _terms(question: str, about: Sequence[Concept], brief: Brief | None) -> list[str]:
    """The question's own words: what it says beyond what it asks about."""
    left = question
    for c in about:
        left = c.ask.sub(" ", left)
    names = f"{brief.brand or ''} {brief.product or ''}".casefold() if brief else ""
    found = [w.removesuffix("'s").strip("'") for w in words(_SPECIAL.sub(" ", left))]
    found += re.findall(r"\b[a-z]+\d\w*\b", left.lower())
    return [
        w
        for w in dict.fromkeys(found)
        if w and w not in _IDLE and w not in _QUESTION_WORDS and w[0] not in "我你您他她" and (not names or w not in names)
    ]


def _weight(term: str) -> float:
    """Names of things tell what a question is about; Chinese verbs and judgements tell less."""
    return 1.0 if term.isascii() or names_a_thing(term) else 0.4


def _score(
    source: Source,
    about: Sequence[Concept],
    terms: Sequence[str],
    language: str,
    names: frozenset[str] = frozenset(),
    amounts: Sequence[str] = (),
) -> _Scored:
    whole = source.whole
    told = sum(c.said(whole) or bool(source.question and c.ask.search(source.question)) or _priced(c, source, terms) for c in about)
    # What every passage is about need not be said in each: a name that stands in headings counts where a passage has none.
    due = [t for t in terms if source.entity or t not in names]
    weights = {t: _weight(t) for t in due}
    total = sum(weights.values())
    covered = sum(w for t, w in weights.items() if holds(whole, t)) / total if total else 1.0
    exact = all(a in re.sub(r"\s", "", whole).replace("毫升", "ml") for a in amounts)
    own = language_of(source.text) == language
    near = source.cosine if source.cosine is not None else NEAR + 0.06
    asked_so = sum(bool(c.ask.search(source.above)) for c in about)
    return _Scored(
        source,
        told,
        covered,
        2 * told + 1.2 * covered + 6 * (near - NEAR) + 0.8 * own + 0.5 * asked_so + 0.3 * (source.source == "brief"),
        exact,
    )


def _priced(concept: Concept, source: Source, terms: Sequence[str]) -> bool:
    """Whether an amount of money stands beside the thing asked about: `Yuzu soda, $3` tells a price without the word."""
    if concept.key != "price" or concept.form is None:
        return False
    return any(concept.form.search(x) and any(holds(x.casefold(), t) for t in terms) for x in sentences(source.text))


def _telling(about: list[Concept], sources: Sequence[Source]) -> list[Concept]:
    """Without what most passages speak of: `cat` tells nothing about a question to a maker of cat food."""
    if len(sources) < 8 or len(about) < 1:
        return about
    return [c for c in about if c.form or sum(c.said(s.whole) for s in sources) < 0.5 * len(sources)]


def _rated(question: str, scored: Sequence[_Scored], about: Sequence[Concept], terms: Sequence[str], language: str) -> list[_Scored]:
    """With the chance that each answers; 0 for what answers something else than what is asked."""
    found = _signs(question, scored, about, terms, language)
    return [replace(s, chance=answerable.probability(x) if x else 0.0) for s, x in zip(scored, found, strict=True)]


def rated(ctx: Context, question: str) -> list[tuple[_Scored, answerable.Signs | None]]:
    """What the rule of ``answerable`` is fitted on: each passage with its signs, None where a veto removes it."""
    sources = _sources(ctx, question, None)
    about = _telling(asked(question), sources)
    terms = _terms(question, about, None)
    language = "zh" if language_of(question) == "zh" else "en"
    scored = [_score(s, about, terms, language) for s in sources]
    return list(zip(scored, _signs(question, scored, about, terms, language), strict=True))


def _signs(
    question: str, scored: Sequence[_Scored], about: Sequence[Concept], terms: Sequence[str], language: str
) -> list[answerable.Signs | None]:
    material = "\n".join(s.source.whole for s in scored)
    strangers = [] if any(c.key == "origin" for c in about) else answerable.strangers(question, material)
    shared = answerable.shared(question, [s.source.whole for s in scored])
    cosines = sorted((s.source.cosine or 0.0 for s in scored), reverse=True)
    return [
        None if _other(question, s, about, terms, strangers, material) else _signs_of(question, s, about, terms, words_, cosines, language)
        for s, words_ in zip(scored, shared, strict=True)
    ]


def _signs_of(
    question: str, s: _Scored, about: Sequence[Concept], terms: Sequence[str], words_: float, cosines: Sequence[float], language: str
) -> answerable.Signs:
    """What speaks for a passage. ``cosines``: all passages', largest first."""
    near = s.source.cosine or 0.0
    next_ = cosines[1] if len(cosines) > 1 and near >= cosines[0] else cosines[0]
    told = s.told / len(about) if about else 0.0
    return answerable.Signs(
        near=20 * (near - 0.85), apart=20 * min(0.04, near - next_ if len(cosines) > 1 else 0.0), words=words_, covered=s.covered if terms else 0.5, told=told,
        partly_told=float(bool(about) and told < 1), unnumbered=float(answerable.unnumbered(question, s.source.text)), zh=float(language == "zh"),
    )  # fmt: skip


_NO_PRICE = re.compile(
    r"(?:满|抵|立?减|返|省|运费|不满)\S{0,2}\d+(?:\.\d+)?\s*(?:美元|元|块)|(?:\b(?:orders? over|from|off|save|credit of|over|above)\s+)[$£€]\d+(?:\.\d+)?|[$£€]\d+ (?:off|credit)",
    re.I,
)
"""Amounts of money that are no price."""
_OF_A_THING = frozenset({"price", "weight", "colour", "size", "calories", "material", "length"})


def _other(question: str, s: _Scored, about: Sequence[Concept], terms: Sequence[str], strangers: Sequence[str], material: str) -> bool:
    """Whether a passage speaks of something else: another attribute, another thing's, or one of a kind where another was named."""
    if about and s.told == 0:
        return True
    if strangers and not answerable.speaks_for_all(s.source.text):
        return True
    things = [t for t in terms if _weight(t) >= 1]
    named = bool({c.key for c in about} & _OF_A_THING) or answerable.asks_for_sale(question)
    if any(c.key == "price" and c.form and not c.form.search(_NO_PRICE.sub(" ", s.source.text)) for c in about):
        return True
    # The last thing that a question names is what it is about: `running jacket`.
    return named and bool(things) and (not holds(material, things[-1]) or not any(holds(s.source.whole, t) for t in things))


def _fits(s: _Scored, about: Sequence[Concept], terms: Sequence[str]) -> bool:
    if not s.exact:
        return False
    if s.source.cosine is not None:
        return s.chance >= answerable.threshold()
    if about:
        soft = all(_weight(t) < 1 for t in terms)
        return s.told == len(about) and (s.covered >= LOOSE or soft)
    return bool(terms) and s.covered >= STRICT


def _entities(sources: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(s.entity for s in sources if s.entity))


def _tokens(entity: str) -> list[str]:
    return [t for t in dict.fromkeys([*words(entity), *re.findall(r"[a-z]{3,}", entity.casefold())]) if t]


def _names(entity: str, every: Sequence[str], text: str) -> bool:
    """Whether ``text`` names an entity by a word that the others' names lack."""
    text = text.casefold()
    others = [e.casefold() for e in every if e != entity]
    own = [t for t in _tokens(entity) if not all(t in o for o in others)] if others else _tokens(entity)
    return any(holds(text, t) and sum(t in o for o in others) < max(1, len(others) / 2) for t in own)


def _of_named(fitting: list[_Scored], named: Sequence[str], every: Sequence[str]) -> list[_Scored]:
    """Where the question names one of several things, passages about another of them do not answer it."""
    if not named:
        return fitting
    return [s for s in fitting if not s.source.entity or s.source.entity in named or any(_names(e, every, s.source.text) for e in named)]


def _meanings(scored: Sequence[_Scored], about: Sequence[Concept], language: str) -> list[str]:
    """The things of which the material says, each for itself, what is asked about, where that differs between them."""
    said: dict[str, str] = {}
    for s in sorted(scored, key=lambda s: s.source.line or 0):
        own = language_of(s.source.text) == language or s.source.is_row
        if s.source.entity and own and s.told == len(about) and (s.source.cosine is None or s.source.cosine >= NEAR - 0.02):
            said.setdefault(s.source.entity, _words_of(s.source, about, []).replace(s.source.entity, ""))
    return list(said) if len(set(said.values())) > 1 else []


def _open(terms: Sequence[str]) -> bool:
    return not terms or all(_VAGUE.match(t) for t in terms)


def _words_of(source: Source, about: Sequence[Concept], terms: Sequence[str]) -> str:
    """The part of a source that answers, word for word."""
    if source.is_row:
        return _cells(source.text, about)
    parts = sentences(source.text)
    width = sum(1 if c.isascii() else 2 for c in source.text)
    if len(parts) < 2 or width <= (260 if source.question or source.text.isascii() else 220):
        return source.text.strip()
    points = []
    for p in parts:
        low = p.casefold()
        told = sum(c.said(low) for c in about)
        points.append(2.0 * told + sum(holds(low, t) for t in terms))
    top = max(points)
    if top <= 0:
        return " ".join(p.strip() for p in parts[:2])
    kept = [p.strip() for p, n in zip(parts, points, strict=True) if n >= max(1.0, 0.6 * top)]
    return ("" if language_of(kept[0]) == "zh" else " ").join(kept[:3])


def _cells(row: str, about: Sequence[Concept]) -> str:
    mark = "；" if "；" in row else "; "
    cells = row.split(mark)
    kept = [c for c in cells[1:] if any(a.ask.search(c) or a.said(c) for a in about)]
    return mark.join([cells[0], *kept]) if kept else row


def _against(best: Used, others: Sequence[Used], about: Sequence[Concept]) -> list[Used]:
    """Sources that say otherwise of the same thing: another amount of the same unit, or yes where the other says no."""
    mine = set(words(best.text))
    found = []
    for other in others:
        theirs = set(words(other.text))
        alike = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
        same_thing = best.source.entity == other.source.entity and language_of(best.text) == language_of(other.text)
        # Rows of one table and sections of one document speak of different things.
        apart = best.source.source == other.source.source and (best.source.is_row or best.source.heading != other.source.heading)
        if not same_thing or apart or alike < 0.5 or best.text == other.text:
            continue
        a, b = _amounts(best.text), _amounts(other.text)
        differ = any(a[u] and b[u] and not a[u] & b[u] for u in a.keys() & b.keys())
        if differ or (alike >= 0.7 and not (a or b) and bool(_NO.search(best.text)) != bool(_NO.search(other.text))):
            found.append(other)
    return [best, *found] if found else []


def _amounts(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for m in _AMOUNT.finditer(text):
        before = text[m.start() - 1 : m.start()] if m.start() else ""
        unit = before if before in "$€£¥￥" and before else (m[2] or "").casefold().rstrip("s")
        found.setdefault(unit, set()).add(m[1])
    found.pop("", None)
    return found
