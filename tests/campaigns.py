"""Campaigns as runs give them, for tests of what is made of them: English and Chinese, full, partial, empty, single steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import campaign_proofs as proofs

from agent.artifacts import (
    AdText,
    Artifact,
    AspectSentiment,
    Audience,
    Brief,
    Candidate,
    Citation,
    CommentReply,
    ContentReview,
    CreatorForecast,
    CreatorOutcome,
    Draft,
    DraftReview,
    DraftSet,
    EmotionShare,
    Finding,
    Flight,
    Forecast,
    Interval,
    Money,
    Outcome,
    Persona,
    PersonaSet,
    Pick,
    Polarity,
    Question,
    QuoteOf,
    Reply,
    ScorePart,
    Section,
    SentimentPoint,
    SentimentReport,
    Shortlist,
    Shot,
    Slate,
    StepCost,
    StepResult,
    Voiced,
    VoiceShare,
)  # fmt: skip
from agent.campaign import Campaign
from agent.plan import Estimate, Plan, Problem, Step
from vectorstore.records import AudienceStats, Creator, Post, Quote, tier_of

START = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
Language = Literal["en", "zh"]

REQUEST = {
    "zh": "为达拉斯的一家台式甜品店策划小红书探店活动，预算3000元，找6位本地美食达人，每人一篇图文，要写种草文案，并预估效果",
    "en": "Plan an Instagram and TikTok launch for Alder & Rye cold brew in Austin: $18k, 5 micro creators, women 25-34 into coffee and running. "
    "Drafts and a forecast please. Don't call it healthy.",
}
# name, handle, place, followers, price, basis, engagement rate
PEOPLE: dict[Language, list[tuple[str, str, str, int, float | None, Literal["quoted", "estimated", "unknown"], float]]] = {
    "zh": [
        ("达拉斯吃货小林", "dallas_lin", "美国 达拉斯", 3024, 350, "quoted", 0.081),
        ("Momo在德州", "momotx", "美国 普莱诺", 1653, 400, "quoted", 0.124),
        ("一只甜豆花🍮", "tofuflower", "美国", 12_480, 800, "quoted", 0.042),
        ("北美探店日记", "", "美国 达拉斯", 5210, 520, "estimated", 0.066),
        ("周末去哪儿吃呀这个名字真的特别特别长", "weekend_eats", "美国 弗里斯科", 884, 300, "quoted", 0.153),
        ("阿May的奶茶杯", "maymay", "美国 欧文", 2290, None, "unknown", 0.058),
    ],
    "en": [
        ("Priya Runs Austin", "priyaruns", "Austin, TX", 48_200, 3200, "quoted", 0.046),
        ("The Slow Pour", "slowpour", "Austin, TX", 31_900, 2800, "estimated", 0.058),
        ("Hannah Oduya", "hannahoduya", "Round Rock, TX", 87_400, 4600, "quoted", 0.031),
        ("Miles Before Coffee", "milesbeforecoffee", "Austin, TX", 22_750, 2100, "estimated", 0.072),
        ("Café con Vale", "cafeconvale", "San Marcos, TX", 64_310, 3900, "quoted", 0.039),
    ],
}  # fmt: skip
SAYINGS: dict[Language, list[tuple[str, str]]] = {
    "zh": [
        ("达拉斯宝藏台式甜品｜芋圆真的Q弹", "周末和姐妹去打卡，芋圆是现煮的，不会太甜，豆花也很嫩。停车方便，就是排队有点久。"),
        ("Plano 新开的甜品店值得去吗？", "点了招牌烧仙草和杨枝甘露，份量很足，人均 $12 左右，服务态度特别好。"),
        ("德州也能吃到的台湾味", "老板是台中人，红豆汤熬得很浓。价格比奶茶店贵一点，但料是真的多！"),
        ("避雷？这家甜品我有话说", "上菜慢，等了四十分钟，芒果还不太熟。环境倒是很出片。"),
    ],
    "en": [
        ("Long run, then this", "Twelve easy miles around Lady Bird Lake and a cold brew that does not taste like battery acid. Smooth, a bit chocolatey."),
        ("5 cold brews in Austin, ranked", "Number two surprised me: low acid, good body, but $6.50 for a can is a lot."),
        ("My 5am routine | no filter", "Shoes, water, coffee, out the door. The can is recyclable and fits in the vest pocket."),
        ("Honest take on canned coffee", "Most are too sweet. This one lists three ingredients. Hard to find in stores south of the river though."),
    ],
}  # fmt: skip


def _platform(language: Language, n: int) -> Any:
    return "xiaohongshu" if language == "zh" else ("instagram", "tiktok")[n % 2]


def records(language: Language) -> dict[str, Any]:
    """Posts and creators as a run keeps them: id to JSON."""
    found: dict[str, Any] = {}
    for n, (name, handle, place, followers, price, basis, rate) in enumerate(PEOPLE[language]):
        platform = _platform(language, n)
        quotes = (
            (Quote(format="image", amount=price, currency="CNY" if language == "zh" else "USD", source="quotes.csv, line 7"),)
            if price and basis == "quoted"
            else ()
        )
        creator = Creator(
            id=f"{platform}:c{n}", platform=platform, handle=handle, name=name, followers=followers, location=place, language=language,
            bio="吃喝玩乐，随心分享" if language == "zh" else "Coffee, miles and the occasional dog.", source="creators.json",
            quotes=quotes, url=f"https://www.example.com/{platform}/user/c{n}",
        )  # fmt: skip
        found[creator.id] = creator.model_dump(mode="json")
        for k in range(2):
            title, text = SAYINGS[language][(n + k) % 4]
            likes = round(followers * rate * (0.6 + 0.2 * k))
            post = Post(
                id=f"{platform}:p{n}{k}", platform=platform, creator_id=creator.id, title=title, text=text, language=language, format="image",
                created_at=START - timedelta(days=9 * n + 30 * k + 3), likes=likes, collects=likes // 3, comments=likes // 12,
                shares=None if language == "zh" else likes // 20, url=f"https://www.example.com/{platform}/p{n}{k}?a=1&b=2", source="contents.json",
            )  # fmt: skip
            found[post.id] = post.model_dump(mode="json")
    return found


def brief(language: Language, **changes: Any) -> Brief:
    values: dict[str, Any]
    if language == "zh":
        values = {
            "product": "台式甜品店", "objective": "awareness", "platforms": ["xiaohongshu"], "budget": Money(amount=3000, currency="CNY"),
            "creator_count": 6, "creator_locations": ["达拉斯"], "posts_per_creator": 1, "formats": ["image"], "topics": ["探店", "甜品", "美食"],
            "deliverables": ["slate", "drafts", "forecast"], "must_not_say": ["最好吃"], "facts": ["芋圆每日现煮"],
            "open_questions": ["品牌名称是什么？文案中将以“台式甜品店”代称。", "活动什么时候开始和结束？"],
        }  # fmt: skip
    else:
        values = {
            "brand": "Alder & Rye", "product": "cold brew", "objective": "launch", "platforms": ["instagram", "tiktok"],
            "budget": Money(amount=18_000, currency="USD"), "creator_count": 5, "creator_tiers": ["micro"], "creator_locations": ["Austin"],
            "audience": Audience(age_min=25, age_max=34, gender="female", interests=["coffee", "running"]),
            "flight": Flight(start=date(2026, 5, 4), end=date(2026, 5, 31)), "topics": ["cold brew", "coffee"],
            "deliverables": ["slate", "drafts", "forecast"], "must_not_say": ["healthy"], "similar_to": ["@texasrunclub"], "competitors": ["LaCroix"], "facts": ["Three ingredients", "Recyclable can"],
            "open_questions": ["How many posts should each creator make? One is assumed."],
            "problems": ["“micro” and “$18k for 5” pull apart: micro creators usually cost less than $3,600 a post."],
            "sources": {"brand": "rules", "objective": "model"},
        }  # fmt: skip
    return Brief(request=REQUEST[language], language=language, **{**values, **changes})


def candidates(language: Language) -> list[Candidate]:
    zh = language == "zh"
    found: list[Candidate] = []
    for n, (name, handle, place, followers, price, basis, rate) in enumerate(PEOPLE[language]):
        platform = _platform(language, n)
        own = [f"{platform}:p{n}0", f"{platform}:p{n}1"]
        raws = (0.92 - 0.07 * n, 0.55 + 0.05 * n, 0.8 - 0.04 * n, 0.7)
        readings = (
            (
                "48 篇中 21 篇与主题相关，其中 9 篇直接写到核心品类。",
                "单篇预期互动约 245，高于 71% 的候选人；相关内容比其自身其他内容高 18%。",
                "粉丝中 18–34 岁占 57%，女性占 71%。",
                "最近一篇发于 3 天前，近 90 天发帖 11 篇。",
            )
            if zh
            else (
                "21 of 48 posts are on the topic, 9 of them on its core.",
                "About 2,217 engagements are to be expected of a post, more than for 71% of the candidates; posts on the topic do 18% better than their others.",
                "57% of the fans are 25 to 34, 71% are women.",
                "The last post is 3 days old; 11 posts in 90 days.",
            )
        )
        parts = [
            ScorePart(name=part, raw=raw, weight=weight, value=raw * weight, reading=reading, evidence=[f"{platform}:p{n}0"])
            for part, raw, weight, reading in zip(
                ("topic", "performance", "audience", "recency"), raws, (0.4, 0.3, 0.2, 0.1), readings, strict=True
            )
        ]
        money = Money(amount=price, currency="CNY" if zh else "USD") if price else None
        found.append(
            Candidate(
                creator=f"{platform}:c{n}",
                name=name,
                platform=platform,
                handle=handle,
                url=f"https://www.example.com/{platform}/user/c{n}",
                followers=followers,
                tier=tier_of(followers),
                location=place,
                score=sum(p.value for p in parts),
                parts=parts,
                posts=own,
                audience=None if n else AudienceStats(female=0.71, ages={"25-34": 0.57}, interests={"美食" if zh else "coffee": 0.4}),
                authenticity=proofs.authenticity(zh, n, own),
                safety=proofs.safety(zh, n, own),
                sponsored=proofs.sponsored(zh, n, own),
                conflicts=proofs.conflicts(zh, n, own),
                on_topic_posts=14 - 2 * n,
                median_engagement=followers * rate,
                engagement_rate=rate,
                price=money,
                price_basis=basis,
                price_low=price * 0.7 if price and basis == "estimated" else None,
                price_high=price * 1.5 if price and basis == "estimated" else None,
                price_note={
                    "quoted": "quotes.csv, line 7",
                    "estimated": "由同量级12位达人的报价估算" if zh else "From 12 quotes of creators of like size",
                }.get(basis, ""),
                warnings=(
                    [("粉丝中活跃者占比偏低（31%）" if zh else "Followers grew 40% in one week without a post that explains it")]
                    if n == 2
                    else []
                ),
            )
        )
    return found


def slate(language: Language) -> tuple[Shortlist, Slate]:
    zh = language == "zh"
    people = candidates(language)
    currency = "CNY" if zh else "USD"
    picks = [
        Pick(
            candidate=c, posts=1, format="image" if zh else ("image", "video")[n % 2], cost=c.price, value=c.median_engagement or 0,
            why="本地探店内容多，互动稳定，报价在预算内。" if zh else "Writes about coffee and running already, and her readers answer.",
        )
        for n, c in enumerate(people)
    ]  # fmt: skip
    spares = [
        c.model_copy(update={"creator": f"{c.platform}:a{n}", "name": f"{c.name} 2", "warnings": []}) for n, c in enumerate(people[1:3])
    ]
    shortlist = Shortlist(
        candidates=people + spares, considered=36 if zh else 412, scored=36 if zh else 120, rejected={"place": 14, "price": 9, "topic": 3} if zh else {"tier": 280, "place": 96, "inactive": 12},
        advice=["若接受德州其他城市的达人，可多选 5 位。"] if zh else ["Accepting creators from all of Texas would add 31 candidates."], evidence=[c.creator for c in people],
    )  # fmt: skip
    chosen = Slate(
        picks=picks, alternates=spares, total=Money(amount=sum(p.cost.amount for p in picks if p.cost), currency=currency),
        budget=Money(amount=3000 if zh else 18_000, currency=currency), estimated_prices=sum(p.candidate.price_basis == "estimated" for p in picks),
        unpriced=sum(p.cost is None for p in picks), method="预算内预计互动最大化（0/1 背包）" if zh else "Most expected engagements within the budget (0/1 knapsack)",
        evidence=[p.candidate.creator for p in picks], **proofs.with_worth(picks, currency),
    )  # fmt: skip
    return shortlist, chosen


def personas(language: Language) -> PersonaSet:
    zh = language == "zh"
    platform, ids = _platform(language, 0), [k for k in records(language) if ":p" in k]
    rows = (
        [
            ("周末约会的甜品党", "甜品 环境 拍照 约会"),
            ("想念家乡味的留学生", "台湾味 豆花 红豆 家乡"),
            ("精打细算的家庭", "人均 份量 停车 亲子"),
        ]
        if zh
        else [
            ("Runners who need it early", "5am long run race cold brew"),
            ("Careful label readers", "ingredients sugar acid price"),
            ("Weekend café goers", "patio friends latte dog"),
        ]
    )
    made = [
        Persona(
            name=name, share=(0.46, 0.31, 0.23)[n], authors=18 - 4 * n, posts=90 - 20 * n, keywords=words.split(), needs=["好吃不腻", "停车方便"] if zh else ["Something ready at five", "Low acid"],
            objections=["排队太久", "价格偏高"] if zh else ["Six dollars a can", "Hard to find in stores"], vocabulary=["绝绝子", "Q弹", "出片"] if zh else ["smooth", "no crash", "grab-and-go"],
            active_hours=[13 - n, 2, 3, 14, 20], content_that_works=["九宫格实拍", "人均与停车信息"] if zh else ["Morning routines", "Honest rankings"],
            demographics=AudienceStats(female=0.71 - 0.1 * n, ages={"18-24": 0.21, "25-34": 0.52}, regions={"德州" if zh else "Texas": 0.6}),
            quotes=[QuoteOf(text=SAYINGS[language][n][1], post=ids[n])], share_low=0.2, share_high=0.5, stability=0.8,
            voiced_needs=[Voiced(label="想吃不腻的" if zh else "Something ready at five", authors=7, quote=QuoteOf(text=SAYINGS[language][n][1], post=ids[n]))],
            voiced_objections=[Voiced(label="嫌排队久" if zh else "Six dollars a can", authors=5, quote=QuoteOf(text=SAYINGS[language][n][1], post=ids[n]))],
        )
        for n, (name, words) in enumerate(rows)
    ]  # fmt: skip
    return PersonaSet(
        personas=made,
        posts_used=214,
        evidence=ids[:6],
        notes=["时段按帖子发布时间统计。" if zh else f"Hours are those of publishing on {platform}."],
    )


def sentiment(language: Language) -> SentimentReport:
    zh = language == "zh"
    ids = [k for k in records(language) if ":p" in k]
    aspects = (
        ("taste", "口味", "Taste"),
        ("service", "服务", "Service"),
        ("price", "价格", "Price"),
        ("environment", "环境", "Packaging"),
        ("waiting", "等位", "Availability"),
    )
    shares = ((0.06, 0.2, 0.74), (0.16, 0.3, 0.54), (0.34, 0.36, 0.3), (0.05, 0.4, 0.55), (0.58, 0.3, 0.12))
    return SentimentReport(
        subject="达拉斯甜品" if zh else "cold brew in Austin", posts_used=1286, overall=Polarity(negative=0.14, neutral=0.28, positive=0.58),
        aspects=[
            AspectSentiment(aspect=key, label=a if zh else b, mentions=420 - 70 * n, polarity=Polarity(negative=s[0], neutral=s[1], positive=s[2]),
                            quotes=[QuoteOf(text=SAYINGS[language][n % 4][1], post=ids[n])] if n < 3 else [])
            for n, ((key, a, b), s) in enumerate(zip(aspects, shares, strict=True))
        ],
        trend=[SentimentPoint(period=f"{2025 + (6 + m) // 12}-{(6 + m) % 12 + 1:02d}", posts=80 + 7 * m, net=0.2 + 0.05 * m - 0.3 * (m == 4), low=0.05 + 0.05 * m - 0.3 * (m == 4), high=0.35 + 0.05 * m - 0.3 * (m == 4)) for m in range(9)],
        quotes={"positive": [QuoteOf(text=SAYINGS[language][0][1], post=ids[0])], "negative": [QuoteOf(text=SAYINGS[language][3][1], post=ids[3])]},
        method="SnowNLP，按句打分" if zh else "VADER, sentence by sentence", evidence=ids[:8], posts_found=5120, authors=412,
        weighted=Polarity(negative=0.2, neutral=0.3, positive=0.5), organic=Polarity(negative=0.16, neutral=0.3, positive=0.54), sponsored=64, uncertain=23,
        uncertain_quotes=[QuoteOf(text=SAYINGS[language][1][1], post=ids[1])],
        emotions=[
            EmotionShare(emotion=key, label=a if zh else key, posts=n, share=n / 1286, quotes=[QuoteOf(text=SAYINGS[language][2][1], post=ids[2])])
            for key, a, n in (("joy", "喜悦", 512), ("anger", "愤怒", 77), ("sadness", "难过", 41))
        ],
        voice=[
            VoiceShare(name=name, own=n == 0, posts=posts, share=posts / 900, engagement=40 * posts, engagement_share=posts / 900, read=100, net=net,
                       quotes=[QuoteOf(text=SAYINGS[language][3][1], post=ids[3])])
            for n, (name, posts, net) in enumerate(((("芋小满" if zh else "Zubbly"), 480, 0.44), (("鲜芋仙" if zh else "Coldfoot"), 320, 0.21), (("糖水铺" if zh else "Drip & Co"), 100, None)))
        ],
    )  # fmt: skip


def drafts(language: Language) -> tuple[DraftSet, ContentReview]:
    zh = language == "zh"
    people = candidates(language)[:3]
    ids = [k for k in records(language) if ":p" in k]
    made = [
        Draft(
            id=f"d{n}", creator=c.creator, creator_name=c.name, platform=c.platform, format="image", language=language,
            title="达拉斯这家台式甜品，芋圆每日现煮" if zh else "",
            body=(
                "周末想吃点甜的，来这家台式甜品店坐坐。\n芋圆每日现煮，口感Q弹，配豆花刚刚好。\n📍达拉斯，停车方便，姐妹约起来！"
                if zh else "Twelve miles done, Alder & Rye cold brew next.\n\nThree ingredients, one recyclable can, zero ceremony. Austin runners: where do we meet on Saturday?"
            ),
            hashtags=["达拉斯美食", "台式甜品", "探店"] if zh else ["ad", "coldbrew", "austinrunners"], disclosure="品牌合作" if zh else "#ad, paid partnership label",
            written_by="template" if zh else ("SmolLM2-135M-Instruct", "template", "SmolLM2-135M-Instruct")[n], grounded_on=ids[2 * n : 2 * n + 2],
            facts_used=["芋圆每日现煮"] if zh else ["Three ingredients", "Recyclable can"], persona=personas(language).personas[n].name,
        )
        for n, c in enumerate(people)
    ]  # fmt: skip
    late = Finding(
        rule="claim.ungrounded", severity="warn", message="“停车方便”没有资料支持。" if zh else "“zero ceremony” is fine; “Saturday” promises an event nobody confirmed.",
        span="停车方便" if zh else "where do we meet on Saturday", fix="删去，或由商家确认。" if zh else "Ask a question that promises nothing.", source="广告法第二十八条" if zh else "FTC 16 CFR Part 255",
    )  # fmt: skip
    banned = Finding(rule="word.banned", severity="block", message="使用了绝对化用语。" if zh else "Uses a word the brief rules out.", span="最" if zh else "healthy",
                     fix="改用具体描述。" if zh else "Name the ingredients.", source="广告法第九条" if zh else "Brief")  # fmt: skip
    review = ContentReview(
        reviews=[
            DraftReview(draft="d0", verdict="pass", score=0.96), DraftReview(draft="d1", verdict="revise", score=0.74, findings=[late]),
            DraftReview(draft="d2", verdict="block", score=0.31, findings=[banned, late]),
        ],
        rules_checked=["platform.length", "disclosure.missing", "word.banned", "claim.ungrounded"],
    )  # fmt: skip
    made += [
        Draft(
            id="d3", platform="douyin" if zh else "tiktok", format="video", form="script", language=language, body="一镜到底。" if zh else "One take.",
            shots=[Shot(start=0, end=3, picture="芋圆下锅" if zh else "A can opens", spoken="听，咕嘟咕嘟。" if zh else "Hear that?", on_screen="每日现煮" if zh else "Three ingredients")],
        ),
        Draft(
            id="d4", form="ad", ad_manager="meta", language=language, body="芋圆每日现煮" if zh else "Three ingredients.",
            ads=[AdText(kind="headline", text="芋圆每日现煮" if zh else "Three ingredients", limit=40, length=6 if zh else 17)],
        ),
        Draft(
            id="d5", form="article", language=language, title="达拉斯的甜品" if zh else "Cold brew, plainly", body="从一碗芋圆说起。" if zh else "It starts with coffee.",
            outline=[Section(heading="从芋圆说起" if zh else "What is in it", text="每日现煮。" if zh else "Three ingredients.")],
        ),
        Draft(
            id="d6", form="replies", language=language, body="多谢留言。" if zh else "Thanks for asking.",
            replies=[CommentReply(comment="问排队" if zh else "asks about sugar", kind="question", text="下午人多。" if zh else "No added sugar.", confirm=True)],
        ),
    ]  # fmt: skip
    notes = ["没有配置能写中文的模型，文案由模板生成。"] if zh else ["The packaged model is small; have a person polish the drafts."]
    return DraftSet(drafts=made, notes=notes, evidence=ids[:6]), review


def _kinds(middle: float) -> dict[str, Interval]:
    shares = {"likes": 0.7, "collects": 0.22, "comments": 0.08}
    return {k: Interval(p10=middle * s * 0.5, p50=middle * s, p90=middle * s * 1.9) for k, s in shares.items()}


def forecast(language: Language) -> Forecast:
    zh = language == "zh"
    rows = [
        CreatorForecast(
            creator=c.creator, name=c.name, posts=1, cost=c.price, history=46 - 6 * n,
            engagements=Interval(p10=(m := c.median_engagement or 0) * 0.45, p50=m, p90=m * 2.1), reach=Interval(p10=m * 6, p50=m * 11, p90=m * 19),
            by_kind={"likes": m * 0.7, "collects": m * 0.22, "comments": m * 0.08}, kinds=_kinds(m), cpe=Interval(p10=0.4, p50=1.1, p90=2.7),
            emv=Interval(p10=m * 0.3, p50=m * 0.8, p90=m * 1.4), roi=None if zh else Interval(p10=-0.5, p50=0.1, p90=0.7),
        )
        for n, c in enumerate(candidates(language))
    ]  # fmt: skip
    middle = sum(r.engagements.p50 for r in rows)
    cost = sum(r.cost.amount for r in rows if r.cost)
    return Forecast(
        creators=rows, engagements=Interval(p10=middle * 0.68, p50=middle, p90=middle * 1.5), kinds=_kinds(middle), reach=Interval(p10=middle * 8, p50=middle * 11, p90=middle * 15),
        cost=Money(amount=cost, currency="CNY" if zh else "USD"), cpe=Interval(p10=cost / middle / 1.5, p50=cost / middle, p90=cost / middle / 0.68),
        cpm=Interval(p10=cost / middle * 66, p50=cost / middle * 90, p90=cost / middle * 125), emv=Interval(p10=cost * 0.6, p50=cost * 1.1, p90=cost * 1.9),
        roi=None if zh else Interval(p10=-0.32, p50=0.18, p90=0.9), method="负二项分层模型" if zh else "Hierarchical negative binomial over past posts",
        assumptions=["触达按互动的 6–19 倍推算，平台未提供曝光数据。", "EMV 按每次互动 ¥1.2 计。"] if zh else ["Reach is 6 to 19 times engagements: no impressions were exported.", "Posts go out within the flight."],
        evidence=[r.creator for r in rows],
    )  # fmt: skip


def outcome(language: Language) -> Outcome:
    people = candidates(language)[:4]
    rows = []
    for n, c in enumerate(people):
        m = c.median_engagement or 0
        span = Interval(p10=m * 0.45, p50=m, p90=m * 2.1)
        actual = round(m * (1.2, 0.3, 1.9, 2.6)[n])
        rows.append(
            CreatorOutcome(
                creator=c.creator,
                name=c.name,
                posts=c.posts[:1],
                engagements=actual,
                forecast=span,
                inside_interval=span.p10 <= actual <= span.p90,
            )
        )
    total = sum(r.engagements for r in rows)
    return Outcome(
        creators=rows,
        engagements=total,
        baseline=total / 1.27,
        lift=0.27,
        cost=forecast(language).cost,
        evidence=[p for r in rows for p in r.posts],
        effects=proofs.effects(language == "zh", [p for r in rows for p in r.posts]),
        attribution=proofs.attribution(language == "zh"),
    )


def reply(language: Language, **changes: Any) -> tuple[Question, Reply]:
    zh = language == "zh"
    post = next(k for k in records(language) if ":p" in k)
    question = Question(
        text="你们家芋圆是现做的吗？周末要排多久？" if zh else "Is there sugar in the cold brew? And where can I buy it?", language=language
    )
    answer = Reply(text="您好，芋圆每日现煮。周末下午人较多，建议错开两点到四点。" if zh else "Hello, the cold brew lists three ingredients and no added sugar.", language=language,
                   grounded=True, quotes=[QuoteOf(text=SAYINGS[language][0][1], post=post)], evidence=[post],
                   citations=[Citation(n=1, source="faq.md", heading="Ingredients", line=12, text="Three ingredients, no added sugar.")])  # fmt: skip
    return question, answer.model_copy(update=changes)


BRIEF = {"$ref": "brief"}
STEPS = [
    Step(id="personas", tool="build_personas", args={"brief": BRIEF}),
    Step(id="sentiment", tool="analyze_sentiment", args={"brief": BRIEF}),
    Step(id="shortlist", tool="search_creators", args={"brief": BRIEF, "personas": {"$ref": "personas"}}),
    Step(id="slate", tool="select_slate", args={"brief": BRIEF, "shortlist": {"$ref": "shortlist"}}),
    Step(id="drafts", tool="write_posts", args={"brief": BRIEF, "slate": {"$ref": "slate"}, "personas": {"$ref": "personas"}}),
    Step(id="forecast", tool="forecast_campaign", args={"brief": BRIEF, "slate": {"$ref": "slate"}}),
    Step(id="review", tool="review_content", args={"brief": BRIEF, "drafts": {"$ref": "drafts"}}),
    Step(id="outcome", tool="measure_campaign", args={"brief": BRIEF, "slate": {"$ref": "slate"}, "forecast": {"$ref": "forecast"}}),
]
_TIMES = {"personas": (0.0, 1.9), "sentiment": (0.01, 3.4), "shortlist": (1.9, 0.8), "slate": (2.7, 0.05), "drafts": (2.76, 6.2), "forecast": (2.77, 0.4),
          "review": (8.97, 0.3), "outcome": (3.2, 0.2)}  # fmt: skip


def result(step: Step, **changes: Any) -> StepResult:
    begin, took = _TIMES.get(step.id, (0.0, 0.5))
    cost = StepCost(calls=3, tokens_in=1840, tokens_out=412, usd=0.0031, model_seconds=5.7) if step.id == "drafts" else StepCost()
    values: dict[str, Any] = {"status": "done", "started": START + timedelta(seconds=begin), "seconds": took, "attempts": 1, "cost": cost}
    return StepResult(id=step.id, tool=step.tool, produces="", **{**values, **changes})


def _campaign(language: Language, plan: list[Step], artifacts: dict[str, Artifact], **changes: Any) -> Campaign:
    asked = changes.pop("brief", None) or brief(language)
    values: dict[str, Any] = {
        "run_id": "20260420-093000-7f3a", "request": asked.request, "brief": asked, "plan": Plan(steps=plan),
        "planning_note": "没有配置用于规划的模型。" if language == "zh" else "No model is configured for planning.",
        "estimate": Estimate(model_calls=3, tokens=2400, usd=0.004, seconds=11), "started": START, "seconds": 9.3, "critical_path": 9.25,
        "steps": [result(s) for s in plan], "artifacts": {"brief": asked, **artifacts}, "sources": records(language),
    }  # fmt: skip
    return Campaign(**{**values, **changes})


def full(language: Language) -> Campaign:
    """Every built-in step, all of them done."""
    shortlist, chosen = slate(language)
    made, review = drafts(language)
    question, answer = reply(language)
    steps = [*STEPS, Step(id="reply", tool="answer_customer", args={"question": {"$ref": "question"}, "brief": BRIEF})]
    artifacts: dict[str, Artifact] = {
        "question": question, "personas": personas(language), "sentiment": sentiment(language), "shortlist": shortlist, "slate": chosen, "drafts": made,
        "forecast": forecast(language), "review": review, "outcome": outcome(language), "reply": answer,
    }  # fmt: skip
    return _campaign(language, steps, artifacts)


def partial(language: Language) -> Campaign:
    """Drafts failed, their review was skipped, and the person stopped it before the forecast."""
    zh = language == "zh"
    shortlist, chosen = slate(language)
    fates: dict[str, dict[str, Any]] = {
        "drafts": {"status": "failed", "attempts": 3, "error": "模型 qwen-plus 在 60 秒内没有回应。" if zh else "The model gpt-4o-mini did not answer within 60 s.",
                   "hint": "稍后执行 kolony resume，或在 kolony.toml 中换一个模型。" if zh else "Run `kolony resume` later, or name another model in kolony.toml."},
        "review": {"status": "skipped", "started": None, "seconds": 0.0, "attempts": 0, "error": "依赖的步骤 drafts 失败。" if zh else "It needs drafts, which failed."},
        "forecast": {"status": "interrupted"},
        "outcome": {"status": "skipped", "started": None, "seconds": 0.0, "attempts": 0, "error": "依赖的步骤 forecast 被中断。" if zh else "It needs forecast, which was interrupted."},
    }  # fmt: skip
    artifacts: dict[str, Artifact] = {
        "personas": personas(language),
        "sentiment": sentiment(language),
        "shortlist": shortlist,
        "slate": chosen,
    }
    problem = Problem(
        where="budget",
        message="预算可能不够 6 位达人。" if zh else "The budget may not hold 5 creators.",
        mend="减少人数。" if zh else "Ask for fewer.",
        severity="warning",
    )
    return _campaign(
        language, STEPS, artifacts, status="partial", steps=[result(s, **fates.get(s.id, {})) for s in STEPS], problems=[problem]
    )


def empty(language: Language) -> Campaign:
    """Nobody fits the brief."""
    zh = language == "zh"
    shortlist = Shortlist(
        considered=36,
        rejected={"place": 30, "price": 6},
        advice=["放宽地区可多得 30 位。"] if zh else ["Dropping the place would bring 30."],
    )
    return _campaign(language, STEPS[2:4], {"shortlist": shortlist, "slate": Slate(budget=brief(language).budget)}, sources={})


def one_step(language: Language) -> Campaign:
    """A request for personas alone."""
    asked = brief(language, budget=None, creator_count=None, deliverables=["personas"], objective=None, problems=[], open_questions=[])
    return _campaign(language, STEPS[:1], {"personas": personas(language)}, brief=asked)


def customer(language: Language, **changes: Any) -> Campaign:
    question, answer = reply(language, **changes)
    asked = Brief(request=question.text, language=language, deliverables=["reply"])
    return _campaign(
        language,
        [Step(id="reply", tool="answer_customer", args={"question": {"$ref": "question"}})],
        {"question": question, "reply": answer},
        brief=asked,
    )
