"""Personal data in texts: what is found however it is written, what is none, and that no text makes the search slow."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from agent.guard import Found, holds_personal_data, personal_data, redact

# kind -> texts, each holding one item between «»; all are made up (reserved ranges, test cards, examples of standards).
POSITIVES: dict[str, str] = {
    "email": """
        Write to «jane.doe@example.com» please
        我的邮箱是«zhangsan@qq.com»，谢谢
        邮箱：«12345678@qq.com»
        «first.last+tag@sub.example.co.uk»
        mailto:«bob@example.org»?subject=hi
        ｍａｉｌ «ｎａｍｅ＠ｅｘａｍｐｌｅ．ｃｏｍ» 即可
        reach me: «jane (at) example (dot) com»
        «jane[at]example[dot]com»
        «jane {at} example {dot} org»
        It is «jane at example dot com», thanks
        «jane at gmail dot com»
        «jane.doe at gmail.com»
        «zhangsan艾特qq点com»
        «zhangsan#qq.com»（把#换成@）
        «jane @ gmail . com»
        «jane_doe(@)example.com»
        «bob&#64;example.com»
        «bob%40example.com»
        «bob&commat;example&period;com»
        "\\u90ae\\u7bb1 «bob\\u0040example.com»"
        «b​o​b@exa​mple.com»
        «𝐛𝐨𝐛@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦»
        «иван@пример.рф» по почте
        «张三@例子.中国»
        «josé@exámple.es»
        user «bob@[192.0.2.1]»
        联系人Jane<«jane@example.com»>
        «BOB@EXAMPLE.COM»!!!
        «jane@example。com»
        «jane小老鼠example点com»
        «jane -at- example -dot- com»
        «j a n e @ e x a m p l e . c o m»
        «%6A%61%6E%65%40example.com»
        «jane%2540example.com»
        "«jane\x40example.com»"
        data: «amFuZS5kb2VAZXhhbXBsZS5jb20=»
        «6a616e652e646f65406578616d706c652e636f6d»
    """,
    "phone": """
        电话«13812345678»
        «138 1234 5678»
        «138-1234-5678»
        «138.1234.5678»
        «1381234 5678»
        «138 12345678»
        «+86 138 1234 5678»
        «+8613812345678»
        «0086-138-1234-5678»
        «(+86) 138 1234 5678»
        «8613812345678»
        打«１３８１２３４５６７８»找我
        «一三八一二三四五六七八»
        «幺三八零零一三八零零零»
        «一三八 一二三四 五六七八»
        «138一二三四5678»
        «壹叁捌壹贰叁肆伍陆柒捌»
        «1 3 8 1 2 3 4 5 6 7 8»
        «1-3-8-1-2-3-4-5-6-7-8»
        «1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣»
        «①③⑧①②③④⑤⑥⑦⑧»
        «138🍎1234🍎5678»
        «138​1234​5678»
        «𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖»
        «١٣٨١٢٣٤٥٦٧٨»
        tel«13812345678»
        今天1月2日，«13812345678»，3件
        «010-65521234»
        «(010) 6552-1234»
        «0755-26712345»
        «021 6552 1234»
        电话 «85212345»
        手机号：«9876543210»
        «+1 415 555 2671»
        «+1 (415) 555-2671»
        «+14155552671»
        «(214) 555-0134»
        «214-555-0134»
        «214.555.0134»
        «1-214-555-0134»
        call me at «2145550134»
        text «2145550134» any time
        «+44 7700 900123»
        «+44 (20) 7946 0958»
        «020 7946 0958»
        «07911 123456»
        «+49 30 901820»
        «+33 6 12 34 56 78»
        «06 12 34 56 78»
        «+81 90-1234-5678»
        «090-1234-5678»
        «0912-345-678»
        «+852 9123 4567»
        «+65 9123 4567»
        «+91 98765 43210»
        «0049 30 901820»
        «+55 11 91234-5678»
        «+61 412 345 678»
        my phone number is «98765432»
        WhatsApp: «+1 415 555 2671»
        微信同号«13812345678»
        https://wa.me/«8613812345678»
        ☎ «6552 1234»
        «(138)1234-5678»
        **«138**1234**5678»**
        «138OO138OOO»
        «l3812345678»
        «一三八，一二三四，五六七八»
        «壹叄捌壹貳叄肆伍陸柒捌»
        «⓵⓷⓼⓵⓶⓷⓸⓹⓺⓻⓼»
        «⑴⑶⑻⑴⑵⑶⑷⑸⑹⑺⑻»
        «❶❸❽❶❷❸❹❺❻❼❽»
        «〡〣〨〡〢〣〤〥〦〧〨»
        ①«13812345678»
        1️⃣«13812345678» 2️⃣微信同号
        «MTM4MTIzNDU2Nzg=»
        有事打我手机 «138 1234 5678» 哈
        座机：«0571-87654321»转 802
    """,
    "id_number": """
        «11010519491231002X»
        «11010519491231002x»
        身份证号«440308199901010012»
        «110105 19491231 002X»
        身份证：«110105199003071234»
        身份证号码是«１１０１０５１９４９１２３１００２Ｘ»
        旧身份证 «110105491231002»
        护照号：«EA1234567»
        护照 «G12345678»
        passport no. «E12345678»
        My passport number is «533380006»
        SSN: «536-90-4399»
        «536 90 4399» is my social
        driver's license «D1234567»
        港澳通行证«C12345678»
        «A123456(3)»
        «A123456789» 台灣身分證
        NRIC «S1234567D»
    """,
    "card": """
        «4111 1111 1111 1111»
        «4111111111111111»
        «4111-1111-1111-1111»
        «5555 5555 5555 4444»
        «2223003122003222»
        «3782 822463 10005»
        «378282246310005»
        «6011111111111117»
        «3530111333300000»
        «30569309025904»
        «6222021234567890128»
        «6217 8577 0000 1234 569»
        银行卡号：«6217 0012 3456 7890 123»
        card number «4000 1234 5678 9010»
        «４１１１１１１１１１１１１１１１»
        Visa «4012 8888 8888 1881», exp 12/27
        12 «4111 1111 1111 1111»
    """,
    "iban": """
        «DE89 3704 0044 0532 0130 00»
        «DE89370400440532013000» danke
        «GB82 WEST 1234 5698 7654 32»
        «gb82west12345698765432»
        «FR14 2004 1010 0505 0001 3M02 606»
        IBAN:«NL91ABNA0417164300»
        «GR16 0110 1050 0000 1054 7023 795»
    """,
    "address": """
        «上海市浦东新区张江路88号3栋502室»
        «广东省深圳市南山区科技园南路15号2单元1201室»
        收货地址：«杭州市西湖区文三路100号»
        我家住«北京市海淀区中关村大街27号»
        请寄到«江苏省南京市鼓楼区汉口路22号3栋201»
        «阳光花园3栋2单元502»
        «翠苑小区12幢3单元601室»
        通讯地址：«西安市雁塔区长安南路199号院5号楼301室»
        住址：«成都市武侯区一环路南一段24号»
        Ship it to «123 Main Street, Springfield, IL 62704»
        «123 Main Street, Springfield, IL 62704»
        My address is «42 Oak Ave, Apt 3B, Portland, OR 97201»
        I live at «7 Elm Road»
        «10 Downing Street, London SW1A 2AA»
        Deliver to «1600 Pennsylvania Ave NW, Washington, DC 20500»
        «221B Baker Street, London NW1 6XE»
        home address: «500 W 2nd St, Austin, TX 78701»
    """,
    "account": """
        微信号：«zhangsan88»
        微信号 «zhang_san»
        我的微信是«zhangsan_2024»
        微信 «zhangsan88»
        加微信：«lisi-0412»
        加我微信 «zhangsan»
        加V «zhangsan»
        加vx «zhangsan»
        vx:«abc123456»
        VX：«xiaomei520»
        wx：«xiaomei520»
        V信 «xiaomei520»
        薇信：«xiaomei520»
        WeChat ID: «janedoe»
        add me on WeChat: «jane_doe»
        my wechat is «janedoe99»
        可加我薇信「«xiaomei520»」
        企鹅号：«987654321»
        Discord ID: «janedoe»
        Signal: @«janedoe»
        QQ：«123456789»
        QQ号«123456789»
        扣扣 «123456789»
        Telegram: @«janedoe»
        tg：«janedoe»
        t.me/«janedoe»
        LINE ID: «jane.doe»
        加LINE：«janedoe88»
        Skype ID is «live.jane»
        Kakao ID: «janedoe1»
        Snapchat: «janedoe»
        WhatsApp ID: «janedoe»
    """,
}
CASES = [(kind, line.strip()) for kind, lines in POSITIVES.items() for line in lines.splitlines() if line.strip()]

NEGATIVES = """
    预算20万，8位达人，18-25岁女性，每篇3000元左右
    Budget $9,000 for 6 creators, $1,500 each; ¥200,000 in total
    ¥199 / 2999 / 3999，原价4999
    2026-12-01 to 2026-12-31, 12.24-01.05, 2026/12/01 09:30:15
    播放1.2万，点赞3.4K，收藏12,345，转发1,234,567
    12,345,678 views and 1.2M followers, +12,500 likes, +100,000
    4 kcal per can, 330ml x 24, 0.5%, 3.14159265358979
    @jane.doe and @xiaomei_official posted #sugarfree #无糖汽水
    https://www.xiaohongshu.com/explore/65a1b13812345678c9d0e1f2?xsec=13a812345678b
    https://www.youtube.com/@brand.channel https://medium.com/@jane.doe/x
    订单号13812345678 什么时候发货？
    订单：4111111111111111 还没到
    order no. 4111 1111 1111 1111 has not arrived
    Order #114-1234567-1234567, tracking number 1Z999AA10123456784
    快递单号 75312345678901
    客服热线400-820-8820，95588，call 1-800-555-1234 for orders
    iPhone 15 Pro 128 256 512, RTX 4090, A7M4, SK-II 230ml
    ISBN 978-3-16-148410-0, EAN 4006381333931, SKU 6901234567892
    WeChat mini program, 微信公众号 zubbly_official, 微信支付, 微信群, 微信KOL, 微信10000人
    QQ音乐 QQ2024 QQ群 123456789
    Bottom line: amazing. In line with the brief. VX works, wx is fine
    find us at zubbly dot com or look at zubbly dot com
    I got it for 49.99 @ nokiausa.com, 3.50 at yahoo.com
    Meet me at 5, at home. at gmail they know
    📍2540 Old Denton Rd, Carrollton, TX 75006
    地址：上海市静安区南京西路1266号恒隆广场3楼301室 #探店
    南京西路1266号恒隆广场，中山北路3号楼开业，8栋写字楼
    In 2024 Street food sales grew; 5 Main Street brands, 12 Way to Go
    第一三八期，一二三四五六七，二零二四年十二月
    2024 2025 2026 2027, 1 2 3 4 5 6 7 8 9, 10 20 30 40 50
    08:00-20:00, 周一至周五, 5.1-5.7, 618 大促, 双11, 3·15
    坐标 31.23041612, 121.47370021；时间戳 1731234567 1731234567890
    手机3000000台，电话费 20000000 元, call for 2000000 views
    138****5678 j***@example 微信：***
    粉丝13812人，ROI 1:3.5，比例 30-45-25，18-24岁 46.2%
    小红书号 123456789，抖音号 zubbly88, Instagram: zubbly.drinks, weibo: zubbly
    签证 2026-12-01 办好，visa in 2026, social security is no topic
    Contact: Instagram DM. Text: 20 characters. Call to action: 2026-11-28
    Signal: strong demand. Messenger marketing, discord: loud. Telegram channel 12
"""


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{k}-{i}" for i, (k, _) in enumerate(CASES)])
def test_personal_data_is_found_as_written(kind: str, case: str) -> None:
    start, end = case.index("«"), case.index("»") - 1
    text = case.replace("«", "").replace("»", "")
    found = [f for f in personal_data(text) if f.start < end and start < f.end]
    # An account that is a telephone number may be called either.
    assert [f.kind for f in found] == [kind], f"{text!r}: {personal_data(text)}"
    assert found[0].start <= start, text
    assert found[0].end >= end, f"only {text[found[0].start : found[0].end]!r} of {text!r}"
    assert holds_personal_data(text)


def test_the_table_is_large_and_bilingual() -> None:
    assert len(CASES) >= 120
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in case) for _, case in CASES) >= 50


@pytest.mark.parametrize("text", [line.strip() for line in NEGATIVES.splitlines() if line.strip()])
def test_what_campaigns_are_made_of_is_none(text: str) -> None:
    assert [(f.kind, text[f.start : f.end]) for f in personal_data(text)] == []


# --- real text


def test_requests_and_the_sample_hold_none(sample_dir: Path) -> None:
    lines = (Path(__file__).parent / "data" / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [r[k] for r in map(json.loads, lines) for k in ("en", "zh") if r.get(k)]
    texts += [json.loads(line)["text"] for line in (sample_dir / "posts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(texts) > 600
    assert [t for t in texts if holds_personal_data(t)] == []


def test_real_posts_are_rarely_taken_for_personal(data_dir: Path) -> None:
    """4,966 real notes, many with restaurants' addresses, prices and telephone numbers of shops; contacts are masked in them."""
    with gzip.open(data_dir / "xhs_koc" / "contents.json.gz") as f:
        notes = json.load(f)
    texts = [f"{n['title']}\n{n['desc']}\n{n['tag_list']}" for n in notes[::4]]
    flagged = [t for t in texts if holds_personal_data(t)]
    assert len(flagged) <= 0.005 * len(texts), flagged


# --- invariants

anything = st.text(max_size=120) | st.text("0123456789 +-()@.一二三号室路市St#加微信vxQ:\u200b\n", max_size=120)
ITEMS = [case[case.index("«") + 1 : case.index("»")] for kind, case in CASES if kind in ("email", "card", "iban", "id_number", "phone")]
LONE = [item for item in ITEMS if holds_personal_data(item)]


@settings(deadline=None)
@given(anything)
@example("call [phone] 13812345678")
@example("\U000e0031\U000e0033" * 20)
def test_places_are_valid_and_in_order(text: str) -> None:
    at = 0
    for f in personal_data(text):
        assert at <= f.start < f.end <= len(text)
        at = f.end


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*ITEMS, "微信号：", "电话", "call ", "\n", "，", "[phone]", "[account]"]) | anything, max_size=6).map("".join)
)
def test_redaction_removes_all_and_is_idempotent(text: str) -> None:
    clean = redact(text)
    assert personal_data(clean) == []
    assert redact(clean) == clean
    if not personal_data(text):
        assert clean == text


def test_redaction_says_what_was_there() -> None:
    assert redact("给张三 13812345678 或 a@example.com 写信") == "给张三 [phone] 或 [email] 写信"
    assert redact("Nothing here") == "Nothing here"
    assert redact("") == ""


@settings(max_examples=200, deadline=None)
@given(anything, st.sampled_from(LONE), anything)
def test_planted_data_is_found_in_any_surrounding(before: str, item: str, after: str) -> None:
    # Beside other letters and digits it would be another thing; a name of an order before it would make it an order's.
    before, after = before.rstrip("0123456789٠١٢٣٤٥٦٧٨٩") + "，请看：\n", "\n。" + after
    assume(item not in before)
    text = before + item + after
    assert any(f.start < len(before) + len(item) and len(before) < f.end for f in personal_data(text)), text
    assert item not in redact(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(LONE), min_size=2, max_size=8))
def test_many_are_all_found(items: list[str]) -> None:
    assert len(personal_data("\n".join(items))) >= len(items)


def test_findings_hold_places_and_no_text() -> None:
    assert {f.name for f in fields(Found)} == {"kind", "start", "end"}
    assert "example" not in repr(personal_data("bob@example.com"))


@pytest.mark.parametrize(
    "unit",
    ["1", "1 ", "1-", "+1", "+12345678 ", "@", "a@", "a.", "a@a.", "路1号", "市", "我住省市区", " dot at", "一", "微信:", "1栋", "1 A St, ", "AA11", "%41", "&#64;",
     "\u200b", "(", "身份证1", "电话", "call ", "138 1234 567", "4111 ", "加v", "花园1", "\U000e0041"],
)  # fmt: skip
def test_the_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Counted in steps of the interpreter, where a pattern's own steps are bounded by the length of what it can match."""
    short, long = steps(unit * (1000 // len(unit))), steps(unit * (8000 // len(unit)))
    assert long <= 9 * short + 500


def steps(text: str) -> int:
    personal_data(text)  # what is cached is cached
    count = 0

    def tick(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(tick)
    try:
        personal_data(text)
    finally:
        sys.setprofile(None)
    return count


def repeats() -> Iterator[tuple[str, re.Pattern[str]]]:
    from agent.guard import addresses, contacts, encoded, folding, numbers, papers, payment, phones

    def patterns(value: object) -> Iterator[re.Pattern[str]]:
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, tuple):
            for v in value:
                yield from patterns(v)

    for module in (addresses, contacts, encoded, folding, numbers, papers, payment, phones):
        for name, value in vars(module).items():
            for i, pattern in enumerate(patterns(value)):
                yield f"{module.__name__}.{name}.{i}", pattern


def test_no_pattern_is_unbounded() -> None:
    """No match can be longer than a few hundred characters, so the work at each place has a limit."""
    from re import _parser  # type: ignore[attr-defined]

    looked_at = 0
    for name, pattern in repeats():
        longest = _parser.parse(pattern.pattern, pattern.flags).getwidth()[1]
        assert longest < 5000, f"{name} may match {longest} characters"
        looked_at += 1
    assert looked_at > 30


def test_the_guard_costs_the_help_page_nothing() -> None:
    code = "import sys, agent.guard as g; g.personal_data('plain words, 20万'); print([m for m in ('phonenumbers', 'stdnum', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
