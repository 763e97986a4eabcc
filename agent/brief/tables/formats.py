"""Words for sizes of creators and formats of posts."""

from vectorstore.records import Tier

from ...artifacts import PostFormat

TIERS: dict[str, tuple[Tier, ...]] = {
    "nano": ("nano",), "koc": ("nano",), "kocs": ("nano",), "素人": ("nano",), "everyday people": ("nano",), "路人": ("nano",),
    "micro": ("micro",), "尾部": ("micro",), "长尾": ("micro",), "微型": ("micro",), "小型": ("micro",), "初级达人": ("micro",),
    "small creators": ("nano", "micro"), "smaller creators": ("nano", "micro"), "small influencers": ("nano", "micro"), "小博主": ("nano", "micro"),
    "小达人": ("nano", "micro"), "小v": ("nano", "micro"), "小红人": ("nano", "micro"), "中小博主": ("nano", "micro", "mid"), "中腰部": ("mid",),
    "mid-tier": ("mid",), "mid tier": ("mid",), "midtier": ("mid",), "mid-size": ("mid",), "mid-sized": ("mid",), "medium-sized": ("mid",), "腰部": ("mid",),
    "中型": ("mid",), "中部达人": ("mid",), "macro": ("macro",), "肩部": ("macro",), "准头部": ("macro",),
    "mega": ("mega",), "top-tier": ("mega",), "top tier": ("mega",), "celebrity": ("mega",), "celebrities": ("mega",), "a-list": ("mega",),
    "big names": ("mega",), "big-name": ("mega",), "superstars": ("mega",), "头部": ("mega",), "超头部": ("mega",), "超头": ("mega",), "明星": ("mega",),
    "大v": ("mega",), "顶流": ("mega",), "大咖": ("mega",),
}  # fmt: skip
"""Chinese agencies' 头部, 腰部, 尾部 and KOC/素人, laid over the follower bands of ``vectorstore.records.TIER_BOUNDS``."""

FORMATS: dict[str, PostFormat] = {
    **dict.fromkeys(
        ("video", "videos", "reel", "reels", "shorts", "short-form", "vlog", "vlogs", "livestream", "livestreams", "live stream", "tiktoks", "视频", "短视频",
         "长视频", "直播", "短片", "口播"), "video"),
    **dict.fromkeys(
        ("image", "images", "photo", "photos", "carousel", "carousels", "photo post", "picture posts", "pictures", "static posts", "图文", "图片", "照片",
         "美图", "轮播图", "组图"), "image"),
    **dict.fromkeys(("article", "articles", "blog post", "blog posts", "text posts", "text post", "长文", "纯文字", "软文", "文章"), "text"),
}  # fmt: skip

PIECES_EN = (
    "post|posts|video|videos|reel|reels|story|stories|short|shorts|article|articles|note|notes|vlog|vlogs|tweet|tweets|carousel|carousels|photo|photos"
    "|piece|pieces|clip|clips|tiktok|tiktoks|livestream|livestreams|thread|threads"
)
