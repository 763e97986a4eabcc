"""How currencies are written. Symbols and codes stand before or after an amount, words after it."""

BEFORE: dict[str, str] = {
    "us$": "USD", "hk$": "HKD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "s$": "SGD", "nt$": "TWD", "nz$": "NZD", "r$": "BRL",
    "mx$": "MXN", "$": "USD", "£": "GBP", "€": "EUR", "₩": "KRW", "₹": "INR", "฿": "THB", "₫": "VND", "₱": "PHP", "rm": "MYR", "rmb": "CNY",
    "人民币": "CNY", "美元": "USD", "美金": "USD", "港币": "HKD", "日元": "JPY", "cn¥": "CNY", "jp¥": "JPY",
}  # fmt: skip

CODES: tuple[str, ...] = (
    "USD", "EUR", "GBP", "CNY", "JPY", "HKD", "TWD", "SGD", "AUD", "NZD", "CAD", "CHF", "KRW", "THB", "VND", "MYR", "IDR", "PHP", "INR", "AED",
    "SAR", "BRL", "MXN", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "ZAR", "MOP",
)  # fmt: skip

AFTER: dict[str, str] = {
    "us dollars": "USD", "us dollar": "USD", "u.s. dollars": "USD", "american dollars": "USD", "dollars": "USD", "dollar": "USD", "bucks": "USD",
    "hong kong dollars": "HKD", "canadian dollars": "CAD", "australian dollars": "AUD", "singapore dollars": "SGD",
    "euros": "EUR", "euro": "EUR", "pounds": "GBP", "pounds sterling": "GBP", "quid": "GBP", "sterling": "GBP",
    "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "kuai": "CNY", "yen": "JPY", "won": "KRW", "baht": "THB", "rupees": "INR", "ringgit": "MYR",
    "dirhams": "AED", "swiss francs": "CHF", "$": "USD", "us$": "USD", "hk$": "HKD", "a$": "AUD", "c$": "CAD", "s$": "SGD", "nt$": "TWD", "€": "EUR", "£": "GBP", "¥": "¥",
    "美元": "USD", "美金": "USD", "美刀": "USD", "刀": "USD", "欧元": "EUR", "英镑": "GBP", "镑": "GBP", "人民币": "CNY", "元人民币": "CNY",
    "块钱": "CNY", "块": "CNY", "元": "CNY", "圆": "CNY", "rmb元": "CNY",
    "日元": "JPY", "日圆": "JPY", "円": "JPY", "港币": "HKD", "港元": "HKD", "港纸": "HKD", "澳币": "AUD", "澳元": "AUD", "加元": "CAD", "加币": "CAD",
    "新加坡元": "SGD", "新加坡币": "SGD", "新币": "SGD", "坡币": "SGD", "新台币": "TWD", "台币": "TWD", "韩元": "KRW", "韩币": "KRW", "泰铢": "THB",
    "马币": "MYR", "林吉特": "MYR", "越南盾": "VND", "卢比": "INR", "瑞士法郎": "CHF", "瑞郎": "CHF", "澳门元": "MOP", "纽币": "NZD", "迪拉姆": "AED",
}  # fmt: skip

BUDGET_WORDS: tuple[str, ...] = (
    "budget", "all in", "all-in", "in total", "total", "altogether", "overall", "spend", "ceiling", "cap", "max", "tops", "up to", "we've got",
    "we have", "i have", "at most", "under", "to spend", "available",
    "预算", "经费", "总共", "总计", "总额", "一共", "合计", "上限", "以内", "花费", "费用", "投入", "资金", "手里", "手头", "控制在", "不超过", "封顶", "拿出",
)  # fmt: skip
STRONG_BUDGET_WORDS: tuple[str, ...] = (
    "budget",
    "all in",
    "all-in",
    "in total",
    "total",
    "ceiling",
    "预算",
    "经费",
    "总共",
    "总计",
    "总额",
    "合计",
)

EACH_WORDS: tuple[str, ...] = (
    "per creator", "per influencer", "per kol", "per koc", "per person", "per head", "per post", "per video", "per piece", "per note", "per reel",
    "each", "apiece", "a head", "a post", "a piece", "a pop", "/creator", "/post", "per blogger", "a creator",
    "每人", "每位", "每个", "人均", "单人", "单个", "每篇", "每条", "每支", "单篇", "单条", "/人", "/位", "/篇", "/条", "一人", "一篇", "一位", "一条",
)  # fmt: skip

OTHER_MONEY_BEFORE: tuple[str, ...] = (
    "priced at", "price", "costs", "cost of", "retail", "retails at", "sells for", "selling for", "worth", "revenue", "gmv", "sales of",
    "save", "aov", "order value", "last year", "target of",
    "售价", "定价", "单价", "客单价", "原价", "卖价", "到手价", "价格", "年销", "营收", "销售额", "年入", "满", "立减", "减", "优惠", "去年", "目标",
)  # fmt: skip
OTHER_MONEY_AFTER: tuple[str, ...] = (
    "-a-year", "a year", "per year", "a month", "off", "discount", "in revenue", "in sales", "of revenue", "of sales", "voucher", "coupon", "gmv",
    "gift card", "is too much", "too much", "is too high", "-an-hour", "brand", "company",
    "太多", "太高", "太贵", "的产品", "优惠", "折扣", "一年", "的销售", "营收", "销售额", "的套餐", "一件", "一瓶", "一盒", "一杯", "的礼盒", "的公司", "代金券", "优惠券", "的客单价",
)  # fmt: skip
EACH_BUDGET = r"(?:单人|人均|每人|每位|每个|单个|单篇|单条|单个达人|每位达人)的?(?:预算|费用|报价|价格|成本)[^,;]{0,8}$"
"""A budget that is said to be one creator's or one post's."""
TOTAL_WORDS: tuple[str, ...] = ("总", "合计", "一共", "共", "total", "all in", "altogether", "in all", "budget", "预算")
