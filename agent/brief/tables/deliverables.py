"""How people ask for each deliverable.

A phrase is a row of slots; each slot is one of the words in it (``|`` between them), and between two slots there may be a few
other words of the same clause. ``~`` in front of a slot means that it must follow at once.
"""

CREATORS_EN = (
    "creators|creator|influencers|influencer|kols|kol|kocs|koc|bloggers|blogger|vloggers|vlogger|youtubers|tiktokers|streamers|streamer|uploaders"
    "|ambassadors|content partners|instagrammers|reviewers|talent|talents|foodies|micro-influencers|nano-influencers|livestreamers|podcasters|hosts"
)
CREATORS_ZH = "达人|博主|明星|红人|网红|kol|koc|up主|主播|创作者|大v|意见领袖|素人|种草官|体验官|推广人|代言人|主理人|自媒体|账号|合作人选|作者|答主|播主|号主"
_POSTS_EN = "posts|post|captions|caption|copy|scripts|script|texts|notes|note|content|drafts|draft|tweets|articles|threads|tiktoks|reels|stories|copywriting|scripted"
_POSTS_ZH = "文案|笔记|脚本|内容|推文|帖子|帖|稿子|稿件|文章|种草文|草稿|图文|推送|标题"

PHRASES: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "slate": {
        "en": (
            (
                "find|pick|choose|select|recommend|suggest|source|identify|shortlist|hire|book|line up|lining up|get me|give me|look for|looking for"
                "|need|needs|want|wants|scout|cast|recruit|team up with|partner with|work with|which|list of|who are the best|bring in|sign up",
                CREATORS_EN,
            ),
            ("slate|shortlist|short list|creator list|influencer list|kol list|roster|media list",),
            (CREATORS_EN, "to work with|should we hire|to hire|should we use|to push|fit|list|selection|only"),
            (
                "plan|run|organise|organize|set up|launch|build",
                "influencer|kol|creator|store-visit",
                "campaign|push|activation|programme|program",
            ),
            (
                "influencer|kol|creator|koc",
                "~campaign|~marketing|~marketing campaign|~activation|~partnership|~partnerships|~collab|~collabs",
            ),
            ("no", CREATORS_EN),
        ),
        "zh": (
            ("找|选|挑|推荐|筛|安排|邀请|请|对接|约|招募|合作|物色|配|要|投|用|匹配|需要|想要|哪些|哪几个|哪|不|无需", CREATORS_ZH),
            ("达人名单|博主名单|达人清单|名单|人选|达人矩阵|选号|达人推荐|候选达人",),
            ("策划|做|办|搞", "达人|博主|探店|种草|红人|kol", "~活动|~投放|~推广|~营销|~合作"),
        ),
    },
    "personas": {
        "en": (
            (
                "persona|personas|customer profile|customer profiles|audience profile|audience profiles|buyer profile|buyer profiles|customer segments"
                "|audience segments|customer segmentation|buyer types|customer types",
            ),
            ("who", "~are|~is", "they|our customers|our customer|our buyers|our audience|our users|buying|the customers|the buyers"),
            ("who", "buys|is buying|would buy|actually buys|uses|drinks|eats"),
            ("profile|segment|understand", "our customers|our buyers|our users|our audience|the audience"),
        ),
        "zh": (
            ("画像|人物角色|用户角色|客群分析|人群洞察|人群分析|用户洞察|受众分析|用户分层|人群细分",),
            ("客户|用户|顾客|消费者|买家|受众|粉丝", "~是谁|~都是谁|~是哪些人|~是什么人|~到底是谁|~长什么样"),
            ("谁", "~在买|~会买|~在用|~在喝|~在吃|~买单"),
            ("什么人|哪些人|哪类人", "买|用|喝|吃"),
        ),
    },
    "sentiment": {
        "en": (
            (
                "sentiment|social listening|public opinion|word of mouth|reputation check|brand perception|customer feedback analysis|online buzz report",
            ),
            (
                "what|how",
                "people|customers|users|they|buyers|consumers|fans|everyone|shoppers|market|audience|public",
                "say|says|saying|think|thinks|thinking|feel|feels|feeling|complain|complaining|talk|talking|dislike|like",
            ),
            (
                "what|listen to|analyse|analyze|summarise|summarize|read",
                "the complaints|complaints|the comments|the reviews|customer reviews|the chatter",
            ),
        ),
        "zh": (
            ("舆情|口碑分析|口碑|情感分析|情绪分析|舆论|声量分析|评论分析|评价分析|网友评价",),
            ("怎么|如何|什么", "评价|看待|讨论|吐槽|看|说", "|~的|~我们"),
            ("吐槽|抱怨|骂", "什么|哪些|啥"),
            ("大家|用户|网友|消费者|顾客|客户|人", "在说什么|怎么说|怎么看|怎么评价|说了什么|都在说"),
        ),
    },
    "drafts": {
        "en": (
            (
                "write|writes|writing|draft|drafts|drafting|create|produce|prepare|script|compose|no need for|no|need no|give me|get me",
                _POSTS_EN,
            ),
            ("need|want|including|include|plus|with", "captions|caption|copy|scripts|drafts|copywriting"),
            ("posts|post|captions|scripts|reels|videos|copy", "written|scripted|drafted|for each|for them|too"),
            ("captions|copywriting|ad copy|post copy|drafts for",),
            ("write|draft", "instagram|weibo|tiktok|xiaohongshu|facebook|linkedin"),
        ),
        "zh": (
            ("写|撰写|出|起草|拟|产出|创作|准备|生成|不用|无需", _POSTS_ZH),
            ("要|做|配|给", "文案|脚本|稿子|稿件|种草文|草稿"),
            ("种草文案|文案|脚本|草稿", "|~也|~都|~要"),
            ("笔记|脚本|内容|推文", "写好|写出来|都写|也写|也要"),
        ),
    },
    "review": {
        "en": (
            (
                "check|review|proofread|vet|audit|screen|look over|fact-check|go over|inspect|approve",
                "~this|~these|~the|~our|~my|~it|~them|~whether|~that|~each|~all|~if",
                "caption|captions|post|posts|draft|drafts|copy|content|text|script|ad|for compliance|compliance|compliant|allowed|them|rules|lines|line|legal",
            ),
            (
                "compliance|compliance check|compliance review|legal check|content review|content check|legally checked|brand safety check|ftc check",
            ),
            (
                "is|are",
                "this|these|it|the caption|the post",
                "allowed|compliant|legal|ok to post|okay to post|safe to post|fine to publish|against the rules",
            ),
        ),
        "zh": (
            ("审核|合规|违禁词|违规|质检|审稿|审查|校对",),
            ("检查|把关|审|看看|看下|看一下|核对", "文案|笔记|内容|脚本|帖子|这条|这段|这句|这篇|广告"),
            ("这条|这段|这句|这篇|文案|笔记", "能不能发|可以发吗|能发吗|违规吗|合规吗|有没有问题|行不行"),
        ),
    },
    "forecast": {
        "en": (
            (
                "forecast|forecasts|forecasting|prediction|predictions|projection|projections|roi|expected reach|expected results|expected sales|expected impact"
                "|expected return|estimated reach|estimated results|estimated impact|estimated roi|what it will bring|what it'll bring|what it would bring"
                "|what we'll get|what we will get|what to expect|what we can expect",
            ),
            (
                "predict|estimate|project|simulate|model|calculate",
                "results|result|reach|impact|performance|outcome|return|sales|engagement|engagements|views|effect|roi",
            ),
            (
                "estimate|predict|forecast|project|tell me|what|guess",
                "would|will|could|might|can",
                "bring|bring us|deliver|achieve|generate|get us|yield",
            ),
            (
                "how many|how much",
                "views|reach|sales|engagement|engagements|impressions|orders|buzz|likes",
                "get|expect|bring|buy|generate|will|would|can",
            ),
        ),
        "zh": (
            ("预估|预测|效果预估|预期效果|预计效果|预期销量|预计曝光|预计销量|预期曝光|投产比|投入产出|roi|回报率|测算",),
            ("能|会|可以|大概", "带来|有|换来|做到|达到", "多少|什么效果|怎样的效果|多大"),
        ),
    },
    "outcome": {
        "en": (
            (
                "how",
                "~did|~has|~have|~was|~were",
                "campaign|launch|push|activation|collab|collaboration|posts|promotion|creators|influencers",
                "do|perform|performed|go|done|work|pay off|land",
            ),
            (
                "post-mortem|postmortem|post mortem|wrap report|wrap-up report|wrap-up|campaign recap|recap|retrospective|campaign results|post-campaign report",
            ),
            ("what", "~did", "campaign|launch|push|activation|collab|promotion", "bring|achieve|deliver|get us|generate"),
            ("measure|evaluate|report on|assess", "results of|performance of|the campaign|our campaign|last campaign|our last|the last"),
        ),
        "zh": (
            ("复盘|结案|结案报告|投后分析|效果总结|投放总结|活动总结|投后",),
            (
                "上次|上个月|上月|上周|去年|刚结束|之前|这次|那次|上一波|那波|上一次",
                "活动|投放|推广|合作|campaign",
                "效果怎么样|怎么样|效果如何|表现如何|做得如何|结果如何|带来了什么|总结",
            ),
        ),
    },
    "reply": {
        "en": (
            (
                "customer|client|shopper|user|buyer|follower|someone|guest|she|he|they",
                "asks|asked|is asking|asking|wants to know|wrote|writes|messaged|dm'd us|commented|complains|complained|emailed",
            ),
            (
                "reply|respond|answer|response",
                "~to|~this|~the|~for|~a|~our",
                "customer|client|question|message|comment|complaint|shopper|dm|buyer|inquiry|enquiry",
            ),
        ),
        "zh": (
            (
                "客户|顾客|客人|买家|用户|粉丝|消费者|网友|有人",
                "~问|~询问|~留言|~私信|~在问|~来问|~投诉|~评论说|~评论问|~提问|~反馈说|~问到|~咨询|~想知道",
            ),
            ("回复|答复|回答|回应|回", "~客户|~顾客|~用户|~一下|~这位|~这条|~这个|~她|~他|~买家|~粉丝|~客人|~这名|~网友|~下"),
            ("怎么回|如何回复|怎么答复|怎么回复",),
        ),
    },
}

_THING = "campaign|launch|push|activation|collab|collaboration|promotion|partnership"
_CUSTOMER = "customer|customers|buyer|buyers|audience|shopper|shoppers|user|users|clientele"

MORE: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "slate": {
        "en": (("who", "~are|~is|~should|~would", "right|best|good|ideal", CREATORS_EN),),
        "zh": (("有没有|有什么|有哪些|求|适合|合适", CREATORS_ZH),),
    },
    "personas": {
        "en": (
            ("describe|profile|define|sketch|segment|picture of|portrait of|get to know", _CUSTOMER + "|people who"),
            ("who", "~is|~are|~'s", "~our|~the|~my|~your|~a", "target|typical|ideal|core|main", _CUSTOMER),
            ("what kind of|what sort of|what type of|which", "~people|~person|~customers|~consumers|~shoppers|~buyers", "buy|buys|use|uses|drink|eat|wear|choose|order"),
        ),
        "zh": (
            ("分析|描绘|勾画|刻画|描述|细分|梳理", "客群|目标人群|目标用户|目标客户|典型用户|典型客户|用户群|受众|粉丝群体"),
            ("是|都是", "~些什么人|~什么样的人|~什么人|~哪些人|~什么人群"),
            ("消费者洞察|用户洞察|典型用户|典型客户|客户画像",),
        ),
    },
    "sentiment": {
        "en": (
            ("is|how is|what's|what is|check|measure|how's", "buzz|word on the street|chatter"),
            ("summarise|summarize|analyse|analyze|read|collect|mine|go through|monitor|track|watch", "reviews|comments|feedback|reputation|mentions|complaints|opinions|ratings"),
            ("are|is", "~customers|~people|~users|~buyers|~everyone|~guests|~our customers|~our users|~our guests", "happy|unhappy|satisfied|angry|upset|annoyed|disappointed"),
            ("public|brand|customer|consumer", "~perception|~opinion|~mood|~feedback"),
        ),
        "zh": (
            ("评价|反馈|口碑|风评|反响", "怎么样|如何|好不好|好吗|好还是坏"),
            ("喜不喜欢|喜欢不喜欢|满不满意|买不买账",),
            ("评论区|网上|网友|大家|用户|消费者", "~都在|~在|~都", "聊|说|讨论|吐槽|骂|夸"),
            ("监测|监控|盯", "口碑|舆情|评论|评价|声量"),
        ),
    },
    "drafts": {
        "en": (
            ("do|handle|take care of|need|supply|provide|deliver", "~the|~our|~some|~all", "copy|captions|scripts|drafts|copywriting"),
            ("script|write|draft", "reel|reels|video|videos|story|shorts|vlog|ad|ads"),
        ),
        "zh": (
            ("来|想|整|弄|编", "~几|~一|~两|~三|~五|~个|~点", "推文|文案|笔记|脚本|广告语|标题|slogan|标语|段子"),
            ("写|出|拟|撰写", "口播稿|口播|广告语|软文|标语|短文|朋友圈"),
        ),
    },
    "review": {
        "en": (
            ("does|do|is|are|would|will", "~this|~these|~the caption|~the post|~the copy|~our caption|~our copy|~our post", "ok|okay|fine|allowed|compliant|legal|safe|break|violate|breach|misleading|against"),
            ("can|could|may|should", "~we|~i", "~publish|~post|~run|~say|~use", "~this|~these|~the following"),
            ("flag|spot|highlight|point out|find", "risky|risks|illegal|problematic|banned|forbidden|misleading|violations"),
        ),
        "zh": (
            ("审|校对", "~一下|~下|~一遍"),
            ("能不能|可不可以|是否可以|能否|会不会", "~这么发|~这样发|~发出去|~发布|~这样写|~这么写|~违规|~踩线"),
            ("这么|这样", "~写|~发|~说", "违规|可以吗|行不行|行吗|合规|踩线"),
        ),
    },
    "forecast": {
        "en": (
            ("how many|how much", "people|customers|clicks|eyeballs|followers|installs", "reach|get|expect|bring|generate"),
            ("what", "results|result|roi|return|reach|impact|sales|engagement", "expect|anticipate|count on|hope for"),
            ("projected|expected|estimated|likely|potential", "~reach|~engagement|~engagements|~sales|~roi|~views|~results|~impressions|~impact|~orders|~performance"),
            ("how well|how|what", "~would|~will|~might|~could", "perform|bring|achieve|generate"),
            ("is|would", "enough", "~to get|~to reach|~to sell|~to hit|~to bring"),
        ),
        "zh": (
            ("能|会|可以|大概|大约", "~卖|~触达|~带来|~覆盖|~涨|~转化|~产生|~到", "多少|多大|几个|几万"),
            ("效果|roi|投产|回报", "~大概|~大约|~能|~会|~预计"),
            ("估算|估计|预计|测算|推算|估一下", "投产|效果|曝光|销量|播放|转化|触达|roi|收益|回报|互动"),
        ),
    },
    "outcome": {
        "en": (
            ("did|was|were", "~our|~the|~that|~this", _THING, "work|worth|succeed|successful|pay off|a success|do well"),
            ("results|performance|numbers|metrics", "~of|~from", "last|previous|past|recent|finished|month's|week's|year's|quarter's", _THING),
            ("what", "~did", "get out|gain|achieve|earn", _THING),
            ("report|tell me|tell us|show|show me", "how", _THING, "performed|did|went|worked"),
        ),
        "zh": (
            ("活动|投放|推广|合作|直播", "~结束了|~做完了|~跑完了|~收官了|~结果怎么样|~结果如何|~值不值|~数据怎么样|~数据如何|~表现怎么样"),
            ("总结|回顾|盘点", "上次|上个月|上月|去年|刚结束"),
        ),
    },
    "reply": {
        "en": (
            ("help me answer|help us answer|how do i answer|how do we answer|how should we respond|how should i respond|how do i respond|how do we respond"
             "|what should we reply|how should we reply|how should i reply",),
        ),
        "zh": (
            ("粉丝|顾客|客户|用户|买家|客人|网友", "~评论:|~说:|~留言:|~在评论区问|~在群里问|~来信"),
            ("帮我|帮忙|请|麻烦", "~答复|~回答|~回复|~回应|~回一下"),
        ),
    },
}  # fmt: skip
"""Further, freer ways to ask."""

EVERYTHING: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("full|whole|complete|entire|all-in-one|turnkey|comprehensive|360", "~campaign|~plan|~campaign plan|~influencer plan|~kol plan|~content plan|~social plan|~influencer marketing plan|~influencer marketing campaign|~marketing campaign|~launch campaign|~package|~influencer campaign|~kol campaign|~marketing plan|~works|~launch plan"),
        ("end to end|end-to-end|soup to nuts|from start to finish|from a to z|the full package|the whole package|everything you can do|the works|top to bottom",),
        ("all|every one", "~of it|~deliverables|~of the deliverables"),
    ),
    "zh": (
        ("全案|整套|全套|一条龙|全流程|端到端|一站式|一揽子|完整方案|完整的方案|整体方案|全方案|完整策划|完整的营销方案|从头到尾",),
        ("完整|整个|全部", "~方案|~策划|~计划|~流程|~的方案|~的策划|~的计划|~的营销方案|~的推广方案|~投放方案|~的投放方案|~campaign"),
    ),
}  # fmt: skip
EVERYTHING_MEANS: tuple[str, ...] = ("slate", "personas", "sentiment", "drafts", "review", "forecast")

LISTED: dict[str, str] = {
    **dict.fromkeys(("creator list", "influencer list", "kol list", "creators", "influencers", "kols", "shortlist", "达人", "博主", "名单", "达人名单", "kol"), "slate"),
    **dict.fromkeys(("scripts", "script", "posts", "copy", "content", "captions", "drafts", "文案", "脚本", "内容", "笔记", "推文"), "drafts"),
    **dict.fromkeys(("review", "compliance", "审核", "合规"), "review"),
    **dict.fromkeys(("personas", "audience insights", "人群", "画像"), "personas"),
}  # fmt: skip
"""Bare nouns that ask for a deliverable where a request lists its deliverables behind a label."""
LIST_LABEL = r"(?:(?<![a-z])(?:deliverables|outputs?|scope)|交付物?|交付内容|产出|输出)\s?:"

ORDER: tuple[str, ...] = ("slate", "personas", "sentiment", "drafts", "review", "forecast", "outcome", "reply")
