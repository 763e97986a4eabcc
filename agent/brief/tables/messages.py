"""What the reader tells the marketer, in both languages. Keys are stable; ``{…}`` are filled in."""

from typing import Literal

Language = Literal["en", "zh"]

PROBLEMS: dict[str, dict[Language, str]] = {
    "empty": {
        "en": 'The request is empty. Say what you want, for example: "Find 8 creators on Instagram for our cold brew, budget $5,000".',
        "zh": "需求是空的。请说明想要什么，例如：“在小红书找8位达人推广我们的冷萃咖啡，预算3万元”。",
    },
    "too_long": {
        "en": "The request has {length:,} characters; only the first {limit:,} were read. Shorten it, or put long material into files.",
        "zh": "需求共{length:,}个字符，只读取了前{limit:,}个。请精简，或把长材料放进文件。",
    },
    "unknown_platform": {
        "en": 'Kolony does not know the platform "{name}". It knows: {known}.',
        "zh": "Kolony不认识平台“{name}”。支持的平台有：{known}。",
    },
    "two_budgets": {
        "en": "The request names different budgets: {amounts}. {used} was used; say which one holds.",
        "zh": "需求里有不同的预算：{amounts}。目前按{used}处理，请确认以哪个为准。",
    },
    "budget_zero": {
        "en": "A budget of 0 cannot pay any creator. Give an amount, or leave the budget out.",
        "zh": "预算为0，无法支付任何达人。请给出金额，或不填预算。",
    },
    "budget_negative": {"en": "A budget cannot be negative.", "zh": "预算不能是负数。"},
    "budget_inverted": {
        "en": "The budget's lower end is above its upper end; the larger amount was used.",
        "zh": "预算范围的下限高于上限；目前按较大的金额处理。",
    },
    "count_inverted": {
        "en": "The number of creators runs from {low} down to {high}; it was read as {high} to {low}.",
        "zh": "达人数量写成了从{low}到{high}；按{high}到{low}位处理。",
    },
    "two_counts": {
        "en": "The request names different numbers of creators: {counts}. The first was used; say which one holds.",
        "zh": "需求里有不同的达人数量：{counts}。目前按第一个处理，请确认以哪个为准。",
    },
    "zero_creators": {
        "en": 'Zero creators cannot make a slate. Say how many you want, or say "no creators".',
        "zh": "达人数量为0，无法选人。请说明需要几位，或说明“不找达人”。",
    },
    "creators_refused": {
        "en": "The request says both {count} creators and that no creators are wanted. No creators are looked for; say which one holds.",
        "zh": "需求里既要{count}位达人，又说不找达人。目前不找达人，请确认以哪个为准。",
    },
    "asked_and_refused": {
        "en": 'The request both asks for "{deliverable}" and rules it out. It was kept; say which one holds.',
        "zh": "需求里既要“{deliverable}”又说不要。目前保留，请确认以哪个为准。",
    },
    "age_inverted": {
        "en": "The age range runs from {low} down to {high}; it was read as {high} to {low}.",
        "zh": "年龄范围写成了从{low}到{high}岁；按{high}到{low}岁处理。",
    },
    "age_empty": {
        "en": "No age is both {low} or older and {high} or younger. Say which age range holds.",
        "zh": "没有年龄同时满足{low}岁以上和{high}岁以下，请确认年龄范围。",
    },
    "flight_inverted": {
        "en": "The campaign ends ({end}) before it starts ({start}). Give the dates again.",
        "zh": "活动的结束日期（{end}）早于开始日期（{start}），请重新给出日期。",
    },
    "flight_past": {"en": "The campaign's dates ({days}) are past.", "zh": "活动日期（{days}）已经过去。"},
    "no_such_date": {"en": 'There is no such date as "{words}".', "zh": "没有“{words}”这个日期。"},
    "platform_both": {
        "en": "The request both asks for {name} and rules it out. It is left out; say which one holds.",
        "zh": "需求里既要{name}又说不要，目前不用，请确认以哪个为准。",
    },
}

QUESTIONS: dict[str, dict[Language, str]] = {
    "deliverables": {
        "en": "What should be made: creators, personas, sentiment, drafts, a review, a forecast, or the whole campaign?",
        "zh": "需要产出什么：达人名单、人群画像、舆情分析、文案、内容审核、效果预估，还是整套方案？",
    },
    "platforms": {"en": "Which platforms?", "zh": "投放哪些平台？"},
    "budget": {"en": "What is the budget, and in which currency?", "zh": "预算是多少，用什么货币？"},
    "currency": {"en": "Which currency is the budget in? It was read as US dollars.", "zh": "预算用什么货币？目前按人民币处理。"},
    "creator_count": {"en": "How many creators?", "zh": "需要几位达人？"},
    "audience": {"en": "Who should be reached (age, gender, interests)?", "zh": "想触达什么人群（年龄、性别、兴趣）？"},
    "flight": {"en": "When does the campaign run?", "zh": "活动什么时候进行？"},
    "product": {"en": "Which product or service is it about?", "zh": "推广的是什么产品或服务？"},
    "facts": {"en": "Which facts may the drafts claim?", "zh": "文案可以使用哪些卖点和事实？"},
    "objective": {
        "en": "What is the campaign for: awareness, engagement, sales, a launch?",
        "zh": "活动的目标是什么：曝光、互动、转化，还是新品上市？",
    },
    "caption": {
        "en": "Which caption should be checked? Put it after a colon or in quotation marks.",
        "zh": "要检查哪条文案？请写在冒号后面或引号里。",
    },
    "question": {
        "en": "What did the customer ask? Put it after a colon or in quotation marks.",
        "zh": "客户问了什么？请写在冒号后面或引号里。",
    },
    "local": {"en": "Local to which place should the creators be?", "zh": "“本地”达人指哪个城市？"},
    "campaign": {
        "en": "Which campaign is meant: whose posts, and from when to when?",
        "zh": "指的是哪次活动：哪些达人的内容、从什么时候到什么时候？",
    },
}

NOTES: dict[str, dict[Language, str]] = {
    "season": {"en": "\"{season}\" was read as {days}.", "zh": "“{season}”按{days}处理。"},
    "each": {"en": "{amount} was read as a price per creator or post, not as the budget.", "zh": "{amount}按每位达人（或每条内容）的价格理解，不算总预算。"},
    "budget_low": {"en": "The budget was given as a range; its upper end is used (lower end: {low:,.0f} {currency}).",
                   "zh": "预算给的是范围，按上限处理（下限：{low:,.0f} {currency}）。"},
    "rough": {"en": "The number of creators was given roughly (about {count}).", "zh": "达人数量是约数（{count}位左右）。"},
    "summed": {"en": "The number of creators was added up: {parts} = {count}.", "zh": "达人数量为合计：{parts} = {count}。"},
    "creator_ages": {"en": "{ages} was read as the creators' age, not the audience's.", "zh": "{ages}岁按达人的年龄理解，不算目标人群。"},
    "creator_gender": {"en": "The creators should be {gender}.", "zh": "达人应为{gender}。"},
}  # fmt: skip

GENDERS: dict[str, dict[Language, str]] = {
    "female": {"en": "female", "zh": "女性"},
    "male": {"en": "male", "zh": "男性"},
    "any": {"en": "of any gender", "zh": "性别不限"},
}

DELIVERABLES: dict[str, dict[Language, str]] = {
    "slate": {"en": "creators", "zh": "达人名单"}, "personas": {"en": "personas", "zh": "人群画像"}, "sentiment": {"en": "sentiment", "zh": "舆情分析"},
    "drafts": {"en": "drafts", "zh": "文案"}, "review": {"en": "a review", "zh": "内容审核"}, "forecast": {"en": "a forecast", "zh": "效果预估"},
    "outcome": {"en": "an evaluation", "zh": "效果复盘"}, "reply": {"en": "a reply", "zh": "客户回复"},
}  # fmt: skip
