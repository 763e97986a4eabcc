"""Words for kinds of text, and for how many versions of each are wanted."""

from ...artifacts import DraftForm

NAMES: dict[str, DraftForm] = {
    **dict.fromkeys(
        ("video script", "video scripts", "shooting script", "shooting scripts", "script", "scripts", "screenplay", "storyboard", "storyboards", "voiceover",
         "voice-over", "视频脚本", "拍摄脚本", "分镜脚本", "分镜头脚本", "口播脚本", "直播脚本", "短视频脚本", "口播稿", "口播文案", "分镜", "脚本"), "script"),
    **dict.fromkeys(
        ("image brief", "image briefs", "photo brief", "photo briefs", "picture brief", "visual brief", "shoot brief", "photo shoot brief", "creative brief for images",
         "shot list", "shot lists", "图片brief", "拍图brief", "图片 brief", "拍摄brief", "图片需求", "配图需求", "拍图需求", "图片拍摄要求", "拍图要求", "配图说明", "拍摄清单", "拍图清单", "图片方案",
         "配图方案", "图片说明"), "image_brief"),
    **dict.fromkeys(
        ("ad copy", "ad copies", "ad text", "ad texts", "ad headlines", "ad headline", "ad creative", "ad creatives", "advert copy", "adverts", "advertising copy", "search ads",
         "search ad", "responsive search ads", "paid social copy", "广告文案", "广告语", "广告词", "广告标题", "信息流文案", "信息流广告文案", "信息流素材文案", "投放文案", "投流文案", "搜索广告文案",
         "竞价文案"), "ad"),
    **dict.fromkeys(
        ("blog article", "blog articles", "blog post", "blog posts", "blog", "article", "articles", "long-form post", "long-form piece", "advertorial", "长文", "软文", "文章",
         "博客", "博文", "推广稿", "深度稿"), "article"),
    **dict.fromkeys(
        ("comment replies", "comment reply", "comment responses", "replies to comments", "replies to the comments", "reply templates", "reply template", "canned replies",
         "canned responses", "response templates", "saved replies", "community replies", "评论回复话术", "评论回复", "回复话术", "回评话术", "回评", "评论区话术", "评论话术", "客服话术", "控评话术",
         "互动话术", "答疑话术", "回复模板"), "replies"),
    **dict.fromkeys(
        ("caption", "captions", "social posts", "post copy", "notes", "tweets", "笔记", "种草文案", "笔记文案", "推文", "帖子", "图文文案", "配文"), "post"),
}  # fmt: skip
"""Names that say of themselves which kind of text is meant."""

PLAIN: tuple[str, ...] = ("posts", "post", "copy", "content", "texts", "drafts", "文案", "内容", "稿子", "稿件", "图文")
"""Names of texts at large: what each platform takes."""

AD_PLACES_EN = r"(?:meta|facebook|fb|instagram|google|tiktok|search|linkedin|youtube|display|pinterest|feed|paid social)"
ADS = (
    rf"\b(?:write|draft|create|produce|prepare|need|want|make|give|come up with|headlines?|texts?|options|lines)\b[^.;\n]{{0,60}}?\b(?P<en>{AD_PLACES_EN} ads?)\b"
    r"|(?:写|出|拟|撰写|准备|要|来)[^,;。\n]{0,12}(?P<zh>信息流广告|搜索广告|信息流|朋友圈广告)(?!投放)"
)
"""Ads named by where they run, beside a word for writing."""

ORDER: tuple[DraftForm, ...] = ("post", "script", "image_brief", "ad", "article", "replies")

VARIANTS_EN = (
    r"^ (?:(?:different|alternative|distinct|possible|creative|new|draft|copy|script|caption|text|full|separate) ){0,2}"
    r"(?:variants?|variations?|versions?|options?|alternatives?|alternates?|takes)(?![a-z])"
    r"(?! of (?:our|the|this|my) (?!post|caption|cop|script|text|draft|ad|note|repl|article|brief|each))"
)
VARIANTS_ZH = r"^(?:个|种|套|条|份|则|组|款)?(?:不同的?)?(?:版本|版(?!本?号|权|面|式)|变体|备选|(?:文案|脚本|广告语|话术|稿子|笔记)(?:备选|方案|版本)?(?<!条文案)(?<!份脚本)(?<!条笔记))"
SETS_ZH = r"^(?:个|种|套)(?:不同的?)?(?:方案|思路|写法|角度)"
"""Counted where a text stands in the same clause ("脚本写两个方案"): plans and angles are otherwise of the campaign."""
A_B = r"\ba/b\b|\bab (?:test|version|variant)|ab版|a/b版|ab两版"
