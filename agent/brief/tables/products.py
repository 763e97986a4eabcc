"""Where a request names its product: the words in front of it, and the words at which its name ends."""

from . import words

_OUR = r"(?:our|my|a|an|the|their|some|more|his|her) "
_PUSH = (
    "promote|promoting|push|pushing|sell|selling|sells|launch|launching|market|marketing|advertise|advertising|introduce|introducing|try|test|review"
    "|reviewing|feature|featuring|showcase|around|release|releasing"
)
BEFORE_EN: tuple[str, ...] = (
    r"\b(?:product|what we sell)(?: is| name)?: ",
    r"\b(?:launch|debut|release|introduction|rollout) of (?:(?:our|my|a|an|the|their) )?",
    r"(?:^|[.;\n] ?)launch(?:ing)?: ",
    rf"\b(?:{_PUSH}) {_OUR}",
    r"\b(?:say|saying|says|think|thinks|feel|feels|talk|talking|sentiment|opinions?|buzz|chatter|complaints?|word of mouth) (?:about|on|around|towards?|of) (?:our |the |a )?",
    rf"\b(?:buys?|buying|uses?|using|drinks?|eats?|wears?) {_OUR}",
    r"\b(?:people|those|women|men|anyone|customers) who (?:buy|use|drink|wear|eat|own) (?:our )?",
    r"\b(?:brand|for|about|promote|launch) \x1f+(?:'s|’s) (?:new )?",
    r"\b(?:brand|for|of|called|named) \x1f+,? ?(?:our |an? |the )?",
    r"\bfor (?:our|my|a|an|the|their) ",
    r"\b(?:we|that|who) (?:make|sell|offer|produce|build|design) ",
    r"\bsell(?:ing)? more ",
    r"\b(?:creators|influencers|kols|kocs|bloggers|posts|captions|campaign|reels|videos|content|youtubers|streamers) for ",
    r"\bour ",
    r"\x1f,? (?:a|an|our|the) ",
)
"""Patterns that end where the name begins, the surest first. ``\\x1f`` stands where the brand has been read."""

SKIPPED_EN: frozenset[str] = frozenset(words("brand-new new newest upcoming latest first next own little small own-brand brand"))
"""Words before the name that are no part of it."""

STOPS_EN: frozenset[str] = frozenset(
    words("""in on with at for next this to from by and before via through budget is are do does did who that which over during than about using when among across it
    we they should will can please need needs want wants has have online lately now launch campaign brand open opens get gets or so front up people as but fit after
    without i you he she was were be been of out off if then around per not no only just right until under""")
)

NOT_A_PRODUCT_EN: frozenset[str] = frozenset(
    words("""customers customer audience brand team campaign campaigns account page website budget people buyers users followers competitors goal target posts
    launch boss product products company caption captions reputation delivery times industry market sales spring summer fall autumn winter month week
    year next last few lot list plan post influencers creators whole full total max couple dozen million thousand hundred fans following moment same agency
    social channels channel business friday push marketing influencer kol holiday holidays season them each it us me you reels videos content results
    creator own best right most client clients name girls women men guys moms young person day end start beginning record first one us way other
    copy posts feed profile story stories script scripts drafts draft note notes""")
)

_PUSH_ZH = (
    "推广|推出|测评|评测|种草|宣传|安利|主打|试喝|试吃|试用|体验|带货|主推|上线|发布|销售|售卖|多卖|推(?![荐送文广特出])|(?<!售)卖(?!点)"
)
OURS_ZH = r"(?:(?:我们|咱们|我司|本店|我家|自家)(?:家|店|公司|品牌)?的?|一款|这款|一种|新款|新出的|新推出的|新上市的|新品|全新的?|即将上市的|新的)"
BEFORE_ZH: tuple[str, ...] = (
    r"(?:产品|推广产品|推广品类|品类|商品)(?:名称|名)?\s?(?::|是|为|叫)\s?",
    r"(?:新品|上新|上市)\s?:\s?",
    rf"(?:{_PUSH_ZH})(?:一下)?{OURS_ZH}+(?:一款)?",
    rf"(?:给|为|替|帮|让){OURS_ZH}+",
    rf"(?:怎么|如何)(?:评价|看待|看|说|讨论)(?:{OURS_ZH})*",
    rf"(?:评价|看待|吐槽|讨论){OURS_ZH}+",
    OURS_ZH,
    r"(?:为|给|帮)(?:[\u4e00-\u9fff]{2,6}的)?(?:一家|一间|一个)",
    r"我们(?:是)?(?:一家|一个)?(?:专门)?(?:做|卖|生产)",
    r"新(?:开业?|装修)的",
    r"品牌\s?\x1f+[,、;]",
    rf"(?:{_PUSH_ZH})(?:一下)?",
    r"(?:要做|推出)(?:一款|春节|新年|圣诞)?",
)

NAMED_EN: tuple[str, ...] = (
    r"(?:\bour|\ban?|\bthe) (?:new )?(?P<np>[a-z][\w-]*(?: [a-z][\w-]*){0,2}) brand(?: called| named|,)? ?\x1f",
    r"(?:^|[.;\n] ?)(?P<np>[a-z][\w-]*(?: [a-z][\w-]*){0,2}) launch(?=[.,;\n]|$)",
    r"\babout [“\"'](?P<np>[^”\"'\n]{2,40})[”\"']",
)
NAMED_ZH: tuple[str, ...] = (
    r"(?:对|关于)(?P<np>[\u4e00-\u9fffA-Za-z0-9]{2,12}?)(?=的?(?:评价|看法|感受|口碑|态度|舆情|评论|讨论|反馈|怎么看|有什么))",
    r"(?:对|关于)[“「\"](?P<np>[^”」\"\n]{2,20})[”」\"]的?(?:评价|看法|感受|口碑|态度|舆情|评论|讨论|反馈)",
    r"(?:^|[,;、\s]|的)(?P<np>[\u4e00-\u9fff]{2,5}?)品牌(?:叫|是|名为)?\x1f",
    r"(?:^|[,;\x1f])(?P<np>[\u4e00-\u9fff]{2,8}?)(?:新品)?(?:要)?(?:上市|首发|上新|发售)",
    r"(?:^|[,;\s\x1f的家间为给帮替])(?P<np>(?:(?!的)[\u4e00-\u9fff]){2,8}?(?:店|馆|铺|坊|餐厅|工作室))\x1f",
)
"""Patterns that hold the name as ``np``."""

STOPS_ZH: tuple[str, ...] = (
    words("""做 找 策划 写 在 投 上市 新品 种草 推广 品牌 拍 搞 办 准备 打 进行 请 造 的 对 开 要 最近 预算 达人 博主 kol koc 上新 首发 发售 配 跑 想 和 与 及 该 应该 需要 选 挑 有 是
    卖 来 测评 试 出 到 怎么 如何 给 用 安排 设计 发 制定 定 招 匹配 筛 推荐 活动 带货 曝光 引流 将 起量 宣传 写 文案 面向 口碑 舆情 打造 今年 明年 下个月 下月 预计 计划 考虑""")
)

NOT_A_PRODUCT_ZH: tuple[str, ...] = (
    words("""客户 用户 顾客 品牌 账号 活动 目标 预算 产品 新品 公司 团队 受众 人群 文案 笔记 粉丝 竞品 店铺 他们 她们 大家 一下 这次 上次 这个 那个 合作 达人 博主 东西 人 内容 方案 名单
    网友 口碑 配送 物流 服务 业务 客服 画像 全案 春季 夏季 秋季 冬季 老板 什么 哪些 谁 每 视频 图文 一套 两 三 几 多少 一整 一波 出 广 上 下 到 送 点 买 看 想 能 可以 没 不 被 做 策划
    办 搞 一场 一个 一份 完整 写 找 选 在 是 介绍 挑 消费者 买家 推广 投放 朋友 效果 销量 回复 分析 预估 一条 一篇 审核 检查 评估""")
)
