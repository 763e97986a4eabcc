"""Ways to reach a person that are no numbers: e-mail addresses, also disguised ones, and messenger accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .numbers import Span

_PROVIDERS = tuple(
    "gmail googlemail yahoo ymail hotmail outlook live msn icloud me aol protonmail proton gmx mail yandex qq foxmail 163 126 yeah sina sohu 139 189 naver daum hanmail".split()
)
_LETTER = r"A-Za-z0-9\u00c0-\u024f\u0370-\u04ff"  # Latin, Greek, Cyrillic
_LOCAL = re.compile(rf"[{_LETTER}_+](?:[{_LETTER}_%+'~.-]{{0,62}}[{_LETTER}_+~-])?$")
_HOST = re.compile(
    rf"(?:[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?\.){{1,8}}[{_LETTER}][{_LETTER}-]{{1,23}}|\[[0-9A-Fa-f:.]{{3,39}}\]|\d{{1,3}}(?:\.\d{{1,3}}){{3}}"
)
_HAN_LOCAL = re.compile(r"[\u4e00-\u9fff]{1,8}$")
_HAN_HOST = re.compile(r"[\w-]{1,30}\.(?:中国|中國|公司|网络|網絡|香港|台灣|台湾)")
_AT = r"(?: ?(?:[(\[{<]\s?(?:at|@|艾特|爱特)\s?[)\]}>]|艾特|爱特|小老鼠|-at-|\*at\*|\(a\)|\[a\]|_at_| @ )\s?)"
_DOT = r"(?: ?(?:[(\[{<]\s?(?:dot|\.|点|點|d0t)\s?[)\]}>]|点|點|_dot_|-dot-|\*dot\*| dot | \. )\s?)"
_NAME = r"(?P<name>(?<![A-Za-z0-9._+-])[A-Za-z0-9_+-](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-])?)"
_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TLD = r"[A-Za-z]{2,12}(?![A-Za-z0-9])"
_AT_PROVIDER = re.compile(
    rf"{_NAME}(?: ?@ ?| at |#| ?\(at\) ?)(?:{'|'.join(_PROVIDERS)})(?: dot |{_DOT}| ?\. ?)(?:com|net|cn|org|me|de|fr|co\.uk|co\.jp)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DISGUISED = (
    (("at)", "at ]", "at]", "at )", "at}", "at>", "@)", "@]", "@ ", "艾特", "爱特", "小老鼠", "-at-", "*at*", "(a)", "[a]", "_at_"),
     re.compile(rf"{_NAME}{_AT}{_WORD}(?:(?:{_DOT}|\.){_WORD}){{0,3}}(?:{_DOT}|\.){_TLD}", re.IGNORECASE)),
    # jane@example。com and j a n e @ e x a m p l e . c o m
    (("。", "｡"), re.compile(rf"{_NAME}@{_WORD}(?:[.。｡]{_WORD}){{0,2}}[。｡](?:com|cn|net|org)(?![A-Za-z0-9])", re.IGNORECASE)),
    ((" @ ",), re.compile(r"(?P<name>(?<![A-Za-z0-9])(?:[A-Za-z0-9._+-] ){2,40})@(?: [A-Za-z0-9-]){1,40} \.(?: [A-Za-z]){2,10}(?![A-Za-z0-9])")),
    ((" dot ",), re.compile(rf"{_NAME} at {_WORD}(?: dot {_WORD}){{0,3}} dot {_TLD}", re.IGNORECASE)),
    ((" at ", "#", "@", "(at)"),
     _AT_PROVIDER),
)  # fmt: skip
"""What must stand in a text for the pattern to be tried, and the pattern."""
# "Find us at zubbly dot com" names a page, no mailbox.
_NO_NAME = frozenset(
    "us me him her them it you look find shop buy order available online visit now here there more info live sale store only also and or is are was out up on back"
    " one all stay check meet join follow details website site page code off free".split()
)
_QUIET = r"[\s:：=\"'\-~>)（(→\U0001f449\U0001f447_]{0,5}"
_ID = r"(?P<id>[A-Za-z][A-Za-z0-9_\-]{5,19}|\d{5,12})(?![A-Za-z0-9_]|\.[A-Za-z])"
_MARKED = rf"(?:{_QUIET}(?:号码?|號|ID|id|Id|账号|帳號|是|为|is|me|@|:|：|=)){{1,3}}{_QUIET}@?"
_PERSONAL_CUE = r"(?:[微薇威徽]信|[vV]信|[vVwW]❤|(?<![A-Za-z])(?:[Ww]e ?[Cc]hat|WECHAT|[Ww]ei[Xx]in|[Vv][Xx]|[Ww][Xx]|V[Xx]))(?!公众|小程序|视频号|支付|群)"
_WECHAT = ("信", "wechat", "we chat", "weixin", "vx", "wx", "❤")
_ACCOUNTS = (
    # 微信号：zhang_88 · WeChat ID: zhang88 · vx:abc123
    (_WECHAT, re.compile(rf"{_PERSONAL_CUE}{_MARKED}{_ID}")),
    # 微信 zhang88: without a mark, only what has a digit or an underscore and so is no word
    (_WECHAT, re.compile(rf"{_PERSONAL_CUE}[\s\-~➕+「【\[\U0001f449]{{0,3}}(?=[A-Za-z_\-]{{0,19}}[\d_]){_ID}(?!\s?[万千亿人粉元块个次位条份%])")),
    # 加V zhangsan · 加我微信 zhangsan · ➕v: zhangsan
    (("加", "➕", "+"), re.compile(rf"(?:加|➕|\+)(?:我|个|下|一下)?(?:[vV微薇威]信?|[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat)(?![A-Za-z]){_QUIET}{_ID}")),
    (("qq", "q号", "扣扣", "企鹅"), re.compile(r"(?:(?<![A-Za-z])[Qq][Qq]|扣扣|企鹅号?|[Qq]号)(?:号码?|號|是|为|:|：|\s){0,3}(?P<id>[1-9]\d{4,10})(?!\d|@)")),
    (("line",), re.compile(r"(?:(?<![A-Za-z])LINE(?: ?ID|号|账号|帳號)?\s?(?:is|是)?[:：=]\s?|(?<![A-Za-z])(?:LINE|Line|line) ?(?:ID|Id|id)\s?(?:is|是|[:：=])?\s?|加(?:我)?(?:LINE|Line|line)[\s:：]{1,3})@?(?P<id>[A-Za-z0-9][A-Za-z0-9._\-]{3,19})(?![A-Za-z0-9])")),
    (("telegram", "tg", "whats", "skype", "kakao", "snapchat"), re.compile(rf"(?<![A-Za-z])(?:telegram|tg|whats ?app|skype|kakao(?: ?talk)?|snapchat)(?: (?:handle|user ?name|account|nick)|账号|号)?{_MARKED}(?P<id>[A-Za-z][A-Za-z0-9_.]{{3,31}})(?![A-Za-z0-9])", re.IGNORECASE)),
    # These are words as well, so only "Signal: @jane" and "Discord ID jane" name an account.
    (("signal", "discord", "viber", "messenger"), re.compile(rf"(?<![A-Za-z])(?:signal|discord|viber|messenger)(?: ?(?:handle|user ?name|account|nick|id|账号|号){_QUIET}(?:is|是|为)?{_QUIET}@?|{_QUIET}@)(?P<id>[A-Za-z][A-Za-z0-9_.]{{3,31}})(?![A-Za-z0-9])", re.IGNORECASE)),
    ((".me/", "u.wechat.com"), re.compile(r"(?<![A-Za-z0-9.])(?:t\.me|wa\.me|line\.me/ti/p|u\.wechat\.com|telegram\.me|m\.me)/(?P<id>[~+@]?[A-Za-z0-9_\-]{4,40})", re.IGNORECASE)),
)  # fmt: skip
# What follows "WeChat: …" in a list of channels is no account.
_NO_ID = re.compile(
    r"(?i)^(?:moments|official|public|channels?|account|program|mini|group|video|wechat|xiaohongshu|douyin|weibo|instagram|tiktok|youtube|follow\w{0,5}|posts?|content|marketing|creators?|budget|campaign|service|contact|customer|number|please|message)$"
)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses: plain ones, and those that a reader mends: ``name (at) example dot com``, ``name艾特qq点com``."""
    at = text.find("@")
    while at != -1:
        before, after = text[max(0, at - 64) : at].rstrip('"'), text[at + 1 : at + 256]
        name, host = _LOCAL.search(before), _HOST.match(after)
        if name is None or host is None:
            name, host = _HAN_LOCAL.search(before), _HAN_HOST.match(after)
        if name and host:
            yield "email", max(0, at - 64) + name.start(), at + 1 + host.end()
        at = text.find("@", at + 1)
    lowered = text.lower()
    for needles, pattern in _DISGUISED:
        if any(n in lowered for n in needles):
            if pattern is _AT_PROVIDER and not any(p in lowered for p in _PROVIDERS):
                continue
            for m in pattern.finditer(text):
                said = m["name"].lower()
                if said not in _NO_NAME and not ("." in said and said.replace(".", "").isdigit()):  # a price at a shop
                    yield "email", *m.span()


def accounts(text: str) -> Iterator[Span]:
    """Messenger accounts that a word names as such: 微信号, VX, QQ, WhatsApp, Telegram, LINE and the like."""
    lowered = text.lower()
    for needles, pattern in _ACCOUNTS:
        if any(n in lowered for n in needles):
            for m in pattern.finditer(text):
                if not _NO_ID.match(m["id"]):
                    yield "account", *m.span("id")
