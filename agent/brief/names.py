"""Names: brand, product, creators by handle; and the topics that posts should be about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..artifacts import Objective
from .claims import QUOTED
from .people import CREATOR
from .tables import platforms as platform_table
from .tables import words as table
from .text import GONE, Text

# --- creators by handle ----------------------------------------------------------------------------------------------

_HANDLE = re.compile(r"(?<![A-Za-z0-9._])[@＠](?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?|[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9_]{0,14})")
_EXCLUDE_BEFORE = re.compile(
    r"(?:\bnot|\bexcept(?: for)?|\bexclud(?:e|ing)|\bwithout|\bavoid|\bdrop|\bno|\banyone but|\bother than|\bskip|\bdon't (?:use|want|include)|\bbut not|\bnever"
    r"|排除|除了|不要|不找|别找|避开|剔除|去掉|别用|不用|不含|不包括|不想要)(?:[^,.;\n@]{0,12}|(?:[^.;\n]{0,12}@[\w.]+\s?(?:,|、|and|or|和|与|或)\s?)+)$"
)
_EXCLUDE_AFTER = re.compile(r"^\s?(?:[、,和与]\s?[@\x1f][\w.\x1f]*\s?)*(?:除外|不要|就算了|排除|先不要|别找)")


def read_handles(text: Text) -> tuple[list[str], list[str]]:
    """Creators named with @ to be included, and those ruled out; without the @."""
    wanted: list[str] = []
    out: list[str] = []
    for m in _HANDLE.finditer(text.raw):
        if text.s[m.start()] == GONE:
            continue
        start, end = text.sentence(m.start())
        ruled_out = _EXCLUDE_BEFORE.search(text.s[max(start, m.start() - 80) : m.start()]) or _EXCLUDE_AFTER.match(text.s[m.end() : end][:40])
        into = out if ruled_out else wanted
        if m["name"] not in into:
            into.append(m["name"])
    for m in _HANDLE.finditer(text.raw):
        text.take(m.start(), m.end())
    return [w for w in wanted if w not in out], out


# --- brand -----------------------------------------------------------------------------------------------------------

_CAPS = r"[A-Z][\w&'’+-]*(?: (?:(?:&|of|and|the) )?[A-Z][\w&'’+-]*){0,4}"
_BRAND = (
    re.compile(rf"\b[Bb]rand(?: name)?(?: is|:| called| named)? (?P<name>{_CAPS})"),
    re.compile(rf"\b(?:brand|company|startup|label|shop|store|restaurant|café|cafe|app|line|business|bakery|chain)(?:,)? (?:is )?(?:called|named) (?P<name>{_CAPS})"),
    re.compile(rf"\b(?:We are|We're|This is|I work for|I'm with|On behalf of) (?P<name>{_CAPS})(?=[ ,.;:]|$)"),
    re.compile(rf"\b(?:for|of|about|promote|launch|launching|market) (?P<name>{_CAPS}?)(?:'s|’s) (?=[a-z])"),
    re.compile(rf"^(?P<name>{_CAPS})(?:'s|’s) (?=[a-z])"),
    re.compile(rf"(?:^|[.!?\n] ?)(?P<name>{_CAPS}) (?:is launching|is opening|is releasing|launches|wants|needs|is a|is an|makes|sells)\b"),
    re.compile(rf"(?P<name>{_CAPS}),? (?:an?|our|the) (?:[a-z-]+ ){{0,3}}(?:brand|label|startup|company)\b"),
    re.compile(r"品牌(?:名称|名|叫做|叫|是|为)?\s?[:：]?\s?(?P<name>[A-Za-z][\w&' .-]{0,24}[\w]|[\u4e00-\u9fff]{2,6}(?=[,，。；;、\s]|$))"),
    re.compile(r"(?:名叫|名为|叫做|叫)\s?(?P<name>[A-Za-z][\w&'-]{1,24}|[\u4e00-\u9fff]{2,6}?)(?=的|,|，|。|；|$)"),
    re.compile(r"(?P<name>[A-Za-z][\w&'-]{1,24})\s?(?:这个|的)?品牌"),
    re.compile(r"我们是(?P<name>[A-Za-z][\w&'-]{1,24}|[\u4e00-\u9fff]{2,5})(?=[,，。；;])"),
)
_BRAND_QUOTED = re.compile(
    r"(?:[Bb]rand(?:,| is| called| named|:)?|\bcalled|\bnamed|品牌(?:叫|是|名|为|名为)?|名叫|名为|叫做|叫|我们是|我们家)\s?[:：]?\s?(?=[\"“「『'‘])|(?P<after>(?:这个|的)?品牌)"
)
_NOT_A_BRAND = frozenset(
    """i we you the a an our my find plan write check budget who what how which please need looking give tell help hey hi hello black friday double christmas
    chinese new year gen red rednote kol koc kols kocs ugc roi q1 q2 q3 q4 us uk usa eu china facts audience target goal awareness voice identity safety
    一家 一个 做 什么 曝光 知名度 认知 声量 方 商 推广 宣传 调性 大使 合作 自播 活动 营销""".split()
)
_PLATFORM_WORDS = frozenset(a for names in platform_table.NAMES.values() for a in names)


def read_brand(text: Text, places: list[str]) -> str | None:
    """The brand, where the request calls something a brand or names a maker; ``None`` rather than a guess."""
    for m in _BRAND_QUOTED.finditer(text.raw):
        if m["after"]:
            before = [q for q in QUOTED.finditer(text.raw, max(0, m.start() - 40), m.start()) if q.end() == m.start()]
            q = before[-1] if before else None
        else:
            q = QUOTED.match(text.raw, m.end())
        if q and text.s[q.start()] != GONE:
            text.take(q.start(), q.end())
            return q[q.lastindex or 1].strip()
    for pattern in _BRAND:
        for found in pattern.finditer(text.raw):
            name = found["name"].strip().rstrip(".,")
            low = name.lower()
            known = low in _NOT_A_BRAND or low.split()[0] in _NOT_A_BRAND or low in _PLATFORM_WORDS or name in places
            if not known and text.s[found.start("name")] != GONE and not re.fullmatch(CREATOR, low):
                text.take(found.start("name"), found.end("name"))
                return name
    return None


# --- product ---------------------------------------------------------------------------------------------------------

_STOP_EN = (
    r"(?=[,.;:!?\n()\x1f\"“]|$| - |\s(?:in|on|with|at|for|next|this|to|from|by|and|before|via|through|budget|is|are|do|does|did|who|that|which|over|during|than|about"
    r"|using|when|among|across|it|we|they|should|will|can|please|needs?|wants?|has|have|online|lately|now|launch|campaign|brand|opens?|gets?|or|so|please"
    r"|in front|up|people|as|but|fit|before|after|without|i)(?![a-z]))"
)
_NP_EN = r"(?P<np>[a-z0-9][\w'’é&-]*(?: [\w'’é&%-]+){0,4}?)"
_NEW_EN = r"(?:(?:brand[ -]new|new|newest|upcoming|latest|first|next|own|little|small|own-brand) )*"
_OUR = rf"(?:our|my|a|an|the|their|some) {_NEW_EN}"
_PRODUCT_EN = (
    re.compile(rf"\b(?:launch|debut|release|introduction|rollout|roll-out) of (?:{_OUR})?{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\b(?:promote|promoting|push|sell|selling|sells|launch|launching|market|advertise|introduce|introducing|try|test|review|make|makes) (?:more )?{_OUR}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\b(?:say|saying|says|think|thinks|feel|feels|talk|talking|sentiment|opinions?|buzz|chatter|complaints) (?:about|on|around|towards?|of) (?:{_OUR})?{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\b(?:get|put) our {_NEW_EN}{_NP_EN}(?= in front)"),
    re.compile(rf"\b(?:buys?|buying|uses?|using|drinks?|eats?|wears?) {_OUR}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\bfor {_OUR}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\b(?:we|that|who) (?:make|sell|offer|produce|build|design) {_NEW_EN}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\bsell(?:ing)? more {_NP_EN}{_STOP_EN}"),
    re.compile(rf"\bour {_NEW_EN}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\bour {_NEW_EN}{_NP_EN}(?= brand)"),
    re.compile(rf"(?:brand|for|of|called|named) \x1f+(?:'s|’s|, (?:our|an?|the)|,) {_NEW_EN}{_NP_EN}{_STOP_EN}"),
    re.compile(rf"\x1f,? (?:a|an|our|the) {_NEW_EN}{_NP_EN}{_STOP_EN}"),
)
_NOT_A_PRODUCT_EN = frozenset(
    """customers customer audience brand team campaign campaigns account page website budget people buyers users followers competitors goal target posts
    launch boss product products company caption captions reputation delivery delivery times industry market sales spring summer fall autumn winter month week
    year next last few lot list plan post influencers creators whole full total max couple dozen million thousand hundred fans following moment same agency
    social channels channel business friday push marketing influencer kol holiday holidays season them each it us me you reels videos content results following
    creator own best right most client clients name girls women men guys moms young person day""".split()
)
_END_ZH = (
    r"(?=[,.;:!?\n()“”「」\"\x1f、]|$|做|找|策划|写|在|投|上市|新品|种草|推广|品牌|拍|搞|办|准备|打|进行|请|造|的|对|开|要|最近|预算|达人|博主|kol|koc|上新|首发|发售|配|跑|想|和|与|及"
    r"|该|应该|需要|选|挑|有|是|卖|来|测评|试|出|到|怎么|如何|给|用|安排|设计|发|制定|定|招|匹配|筛|推荐|活动|带货|曝光|引流|将|起量|宣传|写|文案|面向|口碑|舆情|打造)"
)
_NP_ZH = r"(?P<np>[\u4e00-\u9fffA-Za-z0-9][\u4e00-\u9fffA-Za-z0-9+·-]{1,11}?)"
_NEW_ZH = r"(?:(?:我们|咱们|我司|本店|咱|我(?!们))(?:家|店|公司|品牌)?的?|一款|这款|一种|一个|新款|新出的|新推出的|新上市的|新品|全新的?|即将上市的|自己的|家的?|新的?(?=[\u4e00-\u9fff]{2}))"
_PRODUCT_ZH = (
    re.compile(rf"(?:推广|推出|推|卖|测评|评测|种草|宣传|安利|主打|试喝|试吃|试用|体验|带货|主推|上线|发布|销售|售卖)(?:一下)?{_NEW_ZH}+{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:给|为|替|帮|让){_NEW_ZH}+{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:怎么|如何)(?:评价|看待|看|说|讨论){_NEW_ZH}*的?{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:评价|看待|吐槽|讨论){_NEW_ZH}+{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:对|关于){_NEW_ZH}*{_NP_ZH}(?=的?(?:评价|看法|感受|口碑|态度|舆情|评论|讨论|反馈|怎么看|有什么))"),
    re.compile(rf"{_NEW_ZH}{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:为|给|帮)(?:[\u4e00-\u9fff]{{2,6}}的)?(?:一家|一间|一个){_NP_ZH}{_END_ZH}"),
    re.compile(rf"我们(?:是)?(?:做|卖|生产)(?P<np>[\u4e00-\u9fff]{{2,8}}?)(?:的|,|$)"),
    re.compile(rf"品牌\s?\x1f+[,、;]{_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:推广|推|卖|测评|评测|种草|宣传|主打|带货|主推|销售|多卖){_NP_ZH}{_END_ZH}"),
    re.compile(rf"(?:要做|推出)(?:一款|春节|新年|圣诞)?{_NP_ZH}{_END_ZH}"),
    re.compile(r"(?:^|[,.;\x1f])(?P<np>[\u4e00-\u9fff]{2,8}?)(?:新品)?(?:要)?(?:上市|首发|上新|发售)"),
)
_NOT_A_PRODUCT_ZH = re.compile(
    r"^(?:客户|用户|顾客|品牌|账号|活动|目标|预算|产品|新品|公司|团队|受众|人群|文案|笔记|粉丝|竞品|店铺|他们|她们|大家|一下|这次|上次|这个|那个|合作|达人|博主|东西|人|内容|方案|名单|网友"
    r"|口碑|配送|物流|服务|业务|客服|画像|全案|春季|夏季|秋季|冬季|老板|什么|哪些|谁|每|名单|视频|图文|一套|两|三|几|多少|一整|一波|出|广|上|下|到|送|点|买|看|想|能|可以|没|不|被)"
)


def read_product(text: Text, brand: str | None, places: list[str]) -> str | None:
    """What is sold, as the request names it."""
    s, known = text.s, {p.lower() for p in places}
    for pattern in (*_PRODUCT_EN, *_PRODUCT_ZH):
        for m in pattern.finditer(s):
            words = text.raw[m.start("np") : m.end("np")].strip(" -'’")
            if GONE in m["np"] or words.lower() in known or not _is_product(words, brand):
                continue
            return words
    return None


def _is_product(words: str, brand: str | None) -> bool:
    if len(words) < 2 or words == brand or re.fullmatch(r"[\d\W]+", words):
        return False
    if words.isascii() or re.match(r"[A-Za-z]", words):
        parts = words.lower().split()
        if len(parts) == 1 and parts[0] in ("shop", "store", "restaurant", "business", "place"):
            return False
        return not (parts[0] in _NOT_A_PRODUCT_EN or parts[-1] in _NOT_A_PRODUCT_EN or any(p in CREATOR_WORDS for p in parts))
    return not _NOT_A_PRODUCT_ZH.match(words) and not re.search(CREATOR, words)


CREATOR_WORDS = frozenset(w.replace("\\", "") for w in CREATOR.strip("(?:)").split("|") if w.isascii())

# --- topics and objective --------------------------------------------------------------------------------------------


def _alternatives(words: tuple[str, ...]) -> str:
    return "|".join(rf"(?<![a-z]){re.escape(w)}(?![a-z])" if w.isascii() else re.escape(w) for w in sorted(words, key=len, reverse=True))


_NICHE = re.compile(rf"(?P<niche>{_alternatives(table.NICHES)})(?P<more>(?:[、/&,]| and |和|与)\s?(?:{_alternatives(table.NICHES)}))?(?:类|领域|垂类|圈|赛道)?(?:的|[ -](?:[a-z]+ )?)?{CREATOR}")
_CONTENT = re.compile(_alternatives(table.CONTENT))
_ABOUT = re.compile(r"\b(?:posts|content|videos|captions|notes|stories) about (?P<en>[a-z][a-z' -]{2,40}?)(?=[,.;!?\n]| (?:on|in|for|with)\b|$)|关于(?P<zh>[\u4e00-\u9fff]{2,8}?)的(?:内容|笔记|视频|文案|图文)")
_OBJECTIVE = {objective: re.compile(_alternatives(words)) for objective, words in table.OBJECTIVES.items()}


@dataclass
class Subject:
    topics: list[str] = field(default_factory=list)
    objective: Objective | None = None


def read_subject(text: Text, creator_interests: list[str]) -> Subject:
    """Topics (niches of the creators, kinds of content) and the objective, where the request states one."""
    topics: list[str] = []
    for m in _NICHE.finditer(text.s):
        topics.append(text.raw[m.start("niche") : m.end("niche")])
        if m["more"]:
            topics.append(re.sub(r"^(?:[、/&,]| and |和|与)\s?", "", text.raw[m.start("more") : m.end("more")]))
    topics += [text.raw[m.start() : m.end()] for m in _CONTENT.finditer(text.s)]
    topics += [text.raw[m.start(g) : m.end(g)] for m in _ABOUT.finditer(text.s) for g in ("en", "zh") if m[g]]
    topics += creator_interests
    hits = [(m.start(), o) for o, p in _OBJECTIVE.items() for m in p.finditer(text.s) if _is_objective(text, m.start())]
    return Subject(list(dict.fromkeys(topics)), min(hits)[1] if hits else None)


def _is_objective(text: Text, start: int) -> bool:
    before = text.before(start, 16)
    return not any(w in before for w in table.NOT_AN_OBJECTIVE_BEFORE)
