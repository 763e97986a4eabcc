"""Words that tell of something, and ask for nothing: "creators who publish reels", "can we publish this caption?", 能不能发布."""

from __future__ import annotations

import re

from .text import Text

_BEFORE_EN = re.compile(
    r"\b(?:(?:who|that|which|whether|creators|influencers|bloggers|kols|they|competitors|brands|others)(?: (?!(?:and|then|or|to)\b)\w+){0,2}"
    r"|(?:can|could|may|should|shall|will|must|if|before|when|until|once|after|as) (?:we|you|i|they|he|she|it)(?: \w+)?"
    r"|how (?:often|much|many)(?: \w+){0,2}"
    r"|(?:ok|okay|safe|ready|fine|allowed|able|about|time|times|how|when|where|what|plan|plans|planning|hope|intend|going|supposed|used) to"
    r"(?: \w+)?|never|already|usually|often|we will|we'll|i'll|they'll|to be|have been)\s+$"
)
_IN_EN = re.compile(r"(?:contact|publish|email|e-mail|outreach) (?:details?|info|information|lists?|person|date|dates|time|rates?)\b")
_BEFORE_ZH = re.compile(
    r"(?:能不能|能否|可否|可不可以|可以|是否|怎么|如何|何时|什么时候|之前|计划|打算|准备|擅长|经常|常常|曾|近期|最近|已经|正在|将|将要|自己"
    r"|达人|博主|他们|她们|我们会|新品|产品|新款|新书|系列|活动|官宣|每天|每周)[^,;并再后]{0,2}$"
)
_IN_ZH = re.compile(
    r"发布(?:会|过|了|的|时|日|前|后|当天|渠道|平台|频|计划)|发表(?:过|了|的)|联系(?:方式|人|电话|邮箱|过|了|的)"
    r"|(?:文案|笔记|内容|帖子)[^,;]{0,4}发布(?:会|过|了|时|日|前|平台|频|计划)"
)


def only_mentioned(text: Text, start: int, end: int) -> bool:
    """Whether the words at this place are a mention: told by those before them in the clause, or by what they are part of."""
    before, words = text.before(start, 60), text.s[start : end + 2]
    return bool(_BEFORE_EN.search(before) or _BEFORE_ZH.search(before) or _IN_EN.match(words) or _IN_ZH.match(words))
