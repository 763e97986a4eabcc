"""Platforms and what people call them. ``careful`` names are read only where the words around them speak of a platform."""

NAMES: dict[str, tuple[str, ...]] = {
    "xiaohongshu": ("小红书", "小红薯", "红书", "xiaohongshu", "xhs", "little red book", "littleredbook", "rednote", "red note"),
    "douyin": ("抖音", "douyin"),
    "weibo": ("新浪微博", "微博", "sina weibo", "weibo"),
    "bilibili": ("哔哩哔哩", "b站", "b 站", "小破站", "bilibili", "b-site"),
    "kuaishou": ("快手", "kuaishou", "kwai"),
    "wechat": ("微信视频号", "微信公众号", "视频号", "公众号", "微信", "朋友圈", "wechat channels", "wechat", "weixin"),
    "zhihu": ("知乎", "zhihu"),
    "instagram": ("instagram", "insta", "ig", "ins", "照片墙"),
    "tiktok": ("抖音国际版", "海外抖音", "国际版抖音", "tiktok", "tik tok", "tk"),
    "youtube": ("youtube", "you tube", "油管", "yt"),
    "x": ("twitter", "推特"),
    "facebook": ("facebook", "脸书", "脸谱", "fb"),
    "linkedin": ("linkedin", "linked in", "领英"),
    "twitch": ("twitch",),
    "pinterest": ("pinterest",),
    "reddit": ("reddit", "红迪"),
}
IMPLIED: dict[str, tuple[str, ...]] = {
    "youtube": ("youtubers", "youtuber"),
    "tiktok": ("tiktokers", "tiktoker"),
    "instagram": ("instagrammers", "instagrammer", "igers"),
    "bilibili": ("up主",),
}
"""Words for creators that name their platform too; read only where the request names no platform otherwise."""

UNKNOWN: tuple[str, ...] = (
    "snapchat", "tmall live", "taobao live", "天猫直播", "京东直播", "小宇宙", "lemon8", "discord", "substack", "telegram", "tumblr", "bluesky", "mastodon", "clubhouse", "kakaotalk", "spotify",
    "patreon", "vk", "naver", "得物", "豆瓣", "淘宝直播", "什么值得买", "大众点评", "今日头条", "西瓜视频", "拼多多", "闲鱼", "即刻",
    "bereal", "quora", "onlyfans", "vimeo", "triller", "likee",
)  # fmt: skip
"""Places to post that Kolony has no slug for."""

NOT_AFTER: dict[str, tuple[str, ...]] = {"ins": ("风",), "tk": ("maxx",), "微信": ("支付", "号", "群", "客服")}
"""What may not follow a name, for then it is another word."""
