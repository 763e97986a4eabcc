"""Which column holds what: header names, English and Chinese, to fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

from ..records import PLATFORMS
from .base import Mapping

_POSTS = {
    "id": "id post_id note_id aweme_id video_id content_id tweet_id media_id status_id shortcode 帖子id 笔记id 作品id 视频id 内容id",
    "platform": "platform network channel source_platform site 平台 渠道",
    "creator_id": "creator_id user_id author_id owner_id account_id influencer_id channel_id uid 作者id 用户id 达人id 博主id",
    "handle": "handle username user_name author_handle screen_name owner_username account author creator influencer 账号 作者账号",
    "creator_name": "nickname author_name creator_name display_name user_nickname full_name 昵称 作者 作者昵称 博主 达人 达人昵称",
    "title": "title headline subject 标题 笔记标题 作品标题",
    "text": "text content desc description caption body message full_text post_text content_text review comment_text tweet 正文 内容 文案 文本"
    " 描述 笔记内容 评论 评论内容 review_text",
    "hashtags": "hashtags tags tag_list topics 话题 标签 话题标签",
    "created_at": "created_at create_time created_time published_at publish_time posted_at timestamp time date datetime taken_at created post_date"
    " create_date_time pub_date 发布时间 时间 日期 发布日期 创建时间",
    "likes": "likes like_count liked_count likes_count digg_count favorite_count voteup_count num_likes 点赞 点赞数 点赞量 获赞数 赞",
    "collects": "collects collected_count saves save_count collect_count favorites bookmarks bookmark_count video_favorite_count 收藏 收藏数 收藏量",
    "comments": "comments comment_count comments_count replies reply_count num_comments video_comment 评论数 评论量",
    "shares": "shares share_count shared_count shares_count retweets retweet_count reposts repost_count video_share_count forwards 分享 分享数 转发"
    " 转发数 分享量",
    "views": "views view_count viewd_count play_count plays impressions video_play_count video_view_count reads read_count 播放 播放量 浏览量 阅读量 阅读数"
    " 曝光量 观看量",
    "format": "format type media_type post_type content_type video_type note_type 类型 笔记类型 内容形式 形式",
    "language": "language lang 语言",
    "location": "location place ip_location region_name city country ip属地 地点 位置 ip地址",
    "url": "url link permalink post_url note_url aweme_url video_url content_url 链接 笔记链接 作品链接",
    "as_of": "last_modify_ts exported_at crawled_at scraped_at fetched_at 采集时间 抓取时间",
}
_CREATORS = {
    "id": "id user_id creator_id author_id account_id influencer_id channel_id uid mid 用户id 达人id 博主id 账号id",
    "platform": _POSTS["platform"],
    "handle": "handle username user_name screen_name account instagram_name tiktoker_name channel_handle 账号 小红书号 抖音号",
    "name": "name nickname display_name full_name creator_name influencer_name channel_name tiktok_name user_nickname 昵称 名称 姓名 达人 博主 达人昵称"
    " 博主昵称 达人名称",
    "bio": "bio bio_text description desc signature about sign biography introduction 简介 个人简介 签名 个性签名",
    "gender": "gender sex 性别",
    "location": "location country city region ip_location 地区 所在地 ip属地 城市 国家",
    "language": "language lang 语言",
    "followers": "followers follower_count followers_count fans fans_count subscribers subscriber_count total_fans 粉丝 粉丝数 粉丝量",
    "following": "following following_count follows follow_count 关注 关注数",
    "interactions": "interactions interaction liked_n_collected likes_and_collects total_likes total_liked 获赞与收藏 赞藏 赞藏数 获赞数 总获赞",
    "categories": "categories category category_1 topics niche niches tags interests tag_list content_tags 类目 领域 标签 内容标签 分类 赛道",
    "quote_image": "price_image image_price price_per_image price_photo price_post post_price price_per_post 图文报价 图文价格 图文一口价 图文笔记报价",
    "quote_video": "price_video video_price price_per_video price_reel 视频报价 视频价格 视频一口价 视频笔记报价",
    "quote_text": "price_text text_price price_tweet 文字报价",
    "verified_image": "price_image_verified image_price_verified 图文报价有对号 图文报价已确认 图文报价已核实",
    "verified_video": "price_video_verified video_price_verified 视频报价有对号 视频报价已确认 视频报价已核实",
    "verified_text": "price_text_verified text_price_verified 文字报价有对号",
    "verified_any": "price_verified verified_price quote_verified 报价有对号 报价已确认 报价已核实",
    "quote_any": "price rate quote fee cost 报价 价格 费用 一口价",
    "currency": "currency price_currency 币种 货币",
    "female": "female_share female share_female female_percent audience_female 粉丝女性比例 女粉占比 女性占比 女性粉丝占比",
    "male": "male_share male share_male audience_male 粉丝男性比例 男粉占比 男性占比",
    "active": "active_share active_followers active_fans 活跃粉丝占比 活跃粉丝比例",
    "fan_interests": "top_interests audience_interests follower_interests 粉丝兴趣标签 粉丝兴趣",
    "fan_regions": "top_regions audience_regions audience_countries follower_regions audience_locations 粉丝地域分布 粉丝地域",
    "grade": "grade health rank_label 红人健康等级 健康等级 达人等级",
    "url": "url link profile_url homepage channel_url 主页 主页链接 链接",
    "avg_likes": "avg_likes average_likes likes_avg mean_likes 平均点赞 平均点赞数",
    "avg_comments": "avg_comments average_comments comments_avg 平均评论 平均评论数",
    "avg_shares": "avg_shares average_shares shares_avg 平均分享 平均转发",
    "avg_views": "avg_views average_views views_avg 平均播放 平均播放量 平均阅读",
    "avg_engagement": "avg_engagement engagement_average average_engagement engagement_avg 平均互动 平均互动量",
    "as_of": _POSTS["as_of"],
}
SYNONYMS = {kind: {field: names.split() for field, names in table.items()} for kind, table in (("posts", _POSTS), ("creators", _CREATORS))}
# Columns that only one of the two kinds has: they decide what a file is.
_TELLING = {
    "posts": ("text", "title", "created_at", "likes", "comments", "shares", "views", "collects", "hashtags", "creator_id"),
    "creators": ("followers", "following", "bio", "quote_image", "quote_video", "quote_any", "female", "name", "interactions", "categories",
                 "avg_likes", "avg_engagement", "gender"),
}  # fmt: skip
_AGE = re.compile(r"(?:age|aged|ages|年龄)")
PLATFORM_NAMES = {
    "xiaohongshu": "xiaohongshu xhs red rednote 小红书 little_red_book", "douyin": "douyin dy 抖音", "weibo": "weibo wb 微博",
    "bilibili": "bilibili bili b站 哔哩哔哩", "kuaishou": "kuaishou ks 快手", "wechat": "wechat weixin 微信 视频号 公众号", "zhihu": "zhihu 知乎",
    "instagram": "instagram ig insta", "tiktok": "tiktok tiktoker tt", "youtube": "youtube yt", "x": "x twitter 推特", "facebook": "facebook fb",
    "linkedin": "linkedin", "twitch": "twitch", "pinterest": "pinterest", "reddit": "reddit",
}  # fmt: skip
_ALIASES = {alias: slug for slug, names in PLATFORM_NAMES.items() for alias in names.split()}
_HOSTS = {"xhslink.com": "xiaohongshu", "twitter.com": "x", "t.co": "x", "youtu.be": "youtube", "b23.tv": "bilibili", "fb.com": "facebook",
          "mp.weixin.qq.com": "wechat", "iesdouyin.com": "douyin", "gifshow.com": "kuaishou"}  # fmt: skip


def normalise(header: str) -> str:
    """``Price per post (USD)`` → ``price_per_post``, ``图文报价(RMB)`` → ``图文报价``, ``userName`` → ``user_name``."""
    name = unicodedata.normalize("NFKC", header)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    stem = re.sub(r"[(\[【].*?[)\]】]", " ", name)
    return re.sub(r"[\W_]+", "_", stem if stem.strip() else name).strip("_")


def guess(columns: Sequence[str], path: Path | None = None) -> Mapping | None:
    """The mapping that fits the columns best, or ``None`` when they hold neither posts nor creators."""
    found = {kind: _assign(columns, kind) for kind in SYNONYMS}
    scores = {kind: sum(f in mapping for f in _TELLING[kind]) for kind, mapping in found.items()}
    scores["creators"] += any(f.startswith("age:") for f in found["creators"])
    usable = {
        "posts": "text" in found["posts"] or "title" in found["posts"],
        "creators": any(f in found["creators"] for f in ("id", "handle", "name")) and scores["creators"] >= 2,
    }
    kinds = [kind for kind in ("posts", "creators") if usable[kind]]
    if not kinds:
        return None
    kind = max(kinds, key=lambda k: scores[k])
    return Mapping("posts" if kind == "posts" else "creators", found[kind], platform=platform_of(path, columns))


def _assign(columns: Sequence[str], kind: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in columns:
        names.setdefault(normalise(column), column)
    taken: dict[str, str] = {}
    for field, synonyms in SYNONYMS[kind].items():
        free = [names[s] for s in synonyms if s in names and names[s] not in taken.values()]
        if free:
            taken[field] = free[0]
    if kind == "creators":
        for column in columns:
            band = age_band(column)
            if band:
                taken.setdefault(f"age:{band}", column)
        if "category_2" in names:
            taken["categories_2"] = names["category_2"]
    return taken


def age_band(header: str) -> str | None:
    """``age_18_24``, ``粉丝年龄18-24`` → ``18-24``; ``age <18`` → ``<18``; ``age_45_plus``, ``粉丝年龄>44`` → ``>44``."""
    name = unicodedata.normalize("NFKC", header).lower()
    if not _AGE.search(name):
        return None
    two = re.search(r"(\d{1,2})\s*(?:-|_|–|~|to|至|到)\s*(\d{1,2})", name)
    if two:
        return f"{int(two[1])}-{int(two[2])}"
    under = re.search(r"(?:<|under|below|lt|以下)\D{0,3}(\d{1,2})|(\d{1,2})\s*岁?以下", name)
    if under:
        return f"<{int(under[1] or under[2])}"
    over = re.search(r"(?:>|over|above|gt)\D{0,3}(\d{1,2})", name)
    if over:
        return f">{int(over[1])}"
    least = re.search(r"(\d{1,2})\s*(?:\+|_?plus|岁?以上)", name)
    return f">{int(least[1]) - 1}" if least else None


def platform(name: str) -> str | None:
    """A platform's slug from any of its names."""
    key = re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", name).strip().lower())
    return _ALIASES.get(key) or _ALIASES.get(key.replace("_", ""))


def platform_of_url(url: str) -> str | None:
    host = (urlparse(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.").removeprefix("m.")
    for known, slug in _HOSTS.items():
        if host == known or host.endswith(f".{known}"):
            return slug
    return next((p for p in PLATFORMS if host == f"{p}.com" or host.endswith(f".{p}.com")), None)


def platform_of(path: Path | None, columns: Sequence[str] = ()) -> str | None:
    """The platform that the columns' names, the file's name or its folders' names speak of; ``None`` if none or two do."""
    places = [" ".join(columns), *([path.name, path.parent.name, path.parent.parent.name] if path else [])]
    for place in places:
        words = re.split(r"[\W_\d]+", place.lower())
        found = {slug for w in words if (slug := _ALIASES.get(w)) and len(w) > 1 and w not in ("red", "tt", "x")}
        found |= {slug for alias, slug in _ALIASES.items() if not alias.isascii() and alias in place.lower()}
        if len(found) == 1:
            return found.pop()
    return None
