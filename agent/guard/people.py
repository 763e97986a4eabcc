"""Names of people, only where a way to reach them stands beside: by itself a name is what campaigns are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .numbers import Span

_SURNAMES = (
    "欧阳|上官|司马|诸葛|司徒|皇甫|尉迟|东方|令狐|慕容|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
    "張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭葉蘇魏呂盧鍾譚陸賈鄒龍陶賀顧龔錢嚴湯]"
)
_ZH = re.compile(
    rf"(?:联系人|聯絡人|联络人|收件人|收货人|寄件人|负责人|经办人|经纪人|姓名|户名|户主|找|我是|我叫)[\s:为是]{{0,3}}"
    rf"(?P<n>(?:{_SURNAMES})(?:经理|老师|女士|先生|小姐|主管|店长|总|[\u4e00-\u9fff]{{1,2}}?))(?=[\s,，、:;/|(。电手座微薇QqVvWwTt+0-9]|$)"
)
_EN = re.compile(
    r"(?:(?i:contact(?: person| name)?|attn|attention|name|manager|agent|recipient|best|regards|sincerely|cheers|thanks)\s?[:,.\-]\s?|(?i:my name is|this is|ask for|i'm|i am) )"
    r"(?P<n>(?:(?:Mr|Mrs|Ms|Dr)\.? )?[A-Z][A-Za-z'\u00c0-\u024f-]{1,19}(?: [A-Z]\.)?(?: [A-Z][A-Za-z'\u00c0-\u024f-]{1,19}){1,2})(?![A-Za-z])"
)
_BETWEEN = re.compile(
    r"(?i)(?:[\s,;:|/()\[\]<>·•–+@-]|和|的|号|是|为|at|on|or|tel|phone|mobile|cell|ph|email|e-mail|mail|mailto|wechat|whats ?app|telegram|id|电话|電話|手机|手機|联系方式|微信|薇信|邮箱|座机|vx|wx|qq)*"
)
_REACH = 40
"""Characters from a name to what reaches the person, at most."""


def names(text: str, contacts: Sequence[Span]) -> Iterator[Span]:
    """Names that are said to be a contact's and are followed by one of ``contacts``, with nothing else between."""
    starts = [start for kind, start, _ in contacts if kind in ("email", "phone", "account")]
    if not starts:
        return
    for pattern in (_ZH, _EN):
        for m in pattern.finditer(text):
            end = m.end("n")
            if any(end <= s <= end + _REACH and _BETWEEN.fullmatch(text, end, s) for s in starts):
                yield "name", m.start("n"), end
