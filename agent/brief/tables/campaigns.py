"""Words about the campaign itself: objectives, niches of creators, kinds of content."""

from ...artifacts import Objective

OBJECTIVES: dict[Objective, tuple[str, ...]] = {
    "launch": ("product launch", "launch campaign", "launch event", "the launch", "launch plan", "for the launch", "launch of", "launching", "soft launch", "launches", "to launch our", "launch our", "launch a new", "debut",
               "grand opening", "new release", "上市", "首发", "新品发布", "新品推广", "上新", "新店开业", "开业", "首发推广", "推出新"),
    "awareness": ("awareness", "brand visibility", "visibility", "exposure", "get known", "buzz", "put us on the map", "曝光", "知名度", "品牌认知", "声量", "造势",
                  "出圈", "破圈", "打响"),
    "engagement": ("drive engagement", "boost engagement", "more engagement", "engagement campaign", "community engagement", "提升互动", "互动率", "涨粉", "促活"),
    "conversion": ("conversion", "conversions", "drive sales", "boost sales", "sell more", "more sales", "increase sales", "sign-ups", "signups", "downloads",
                   "drive orders", "app installs", "转化", "带货", "卖货", "多卖", "冲销量", "提升销量", "拉新", "下单", "引流", "获客", "清库存", "促销"),
    "reputation": ("rebuild trust", "restore trust", "repair our reputation", "reputation repair", "crisis", "win back trust", "口碑修复", "修复口碑", "挽回口碑",
                   "危机公关", "重建信任", "公关危机"),
    "research": ("market research", "research", "consumer insight", "consumer insights", "调研", "市场研究", "摸底", "用户洞察", "消费者洞察"),
}  # fmt: skip
"""Words that say what a campaign is for."""

NOT_AN_OBJECTIVE_BEFORE: tuple[str, ...] = ("expected ", "estimate ", "estimated ", "how much ", "how many ", "forecast ", "多少", "预计", "预期", "预估", "什么", "how did our ",
                                            "how did the ", "last ", "上次", "多大")  # fmt: skip

NICHES: tuple[str, ...] = (
    "food", "beauty", "makeup", "skincare", "skin-care", "hair-care", "haircare", "fashion", "style", "tech", "gadget", "travel", "fitness", "yoga", "wellness",
    "health", "parenting", "family", "mom", "home decor", "home-decor", "interior", "diy", "gaming", "game", "pet", "dog", "cat", "outdoor", "hiking", "camping",
    "running", "sports", "cycling", "car", "automotive", "finance", "education", "book", "photography", "music", "art", "comedy", "lifestyle", "luxury",
    "jewelry", "coffee", "tea", "wine", "baking", "cooking", "recipe", "vegan", "plant", "gardening", "anime", "nail", "wedding", "science", "business",
    "dance", "sustainability", "eco", "minimalist", "streetwear", "sneaker", "golf", "ski", "surf", "nutrition",
    "美食", "美妆", "护肤", "彩妆", "穿搭", "时尚", "科技", "数码", "旅行", "旅游", "健身", "瑜伽", "健康", "养生", "母婴", "亲子", "育儿", "家居", "家装", "手工", "游戏", "宠物",
    "萌宠", "户外", "徒步", "露营", "跑步", "运动", "骑行", "汽车", "财经", "理财", "教育", "读书", "童书", "摄影", "音乐", "艺术", "搞笑", "剧情", "生活", "生活方式", "奢侈品", "珠宝",
    "咖啡", "茶", "红酒", "烘焙", "料理", "做饭", "素食", "园艺", "二次元", "动漫", "美甲", "婚礼", "科普", "职场", "知识", "情感", "星座", "探店", "吃播", "颜值", "美发", "护发", "家电",
)  # fmt: skip
"""Niches that creators work in; read where they stand beside a word for creators."""

CONTENT: tuple[str, ...] = (
    "store visit", "store-visit", "unboxing", "tutorial", "tutorials", "haul", "get ready with me", "grwm", "taste test", "hands-on", "before and after",
    "day in the life", "recipe videos", "探店", "开箱", "测评", "教程", "好物分享", "合集", "试吃", "试用", "试喝", "打卡", "安利", "攻略", "沉浸式", "改造", "仿妆", "对比测评",
)  # fmt: skip
"""Kinds of content; they are words to search posts by, wherever the request has them."""
