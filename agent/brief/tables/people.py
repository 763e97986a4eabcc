"""Words for groups of people: generations by years of birth, genders, and walks of life."""

from . import words

GENERATIONS: dict[str, tuple[int, int]] = {
    "gen alpha": (2013, 2024), "generation alpha": (2013, 2024),
    "gen z": (1997, 2012), "gen-z": (1997, 2012), "genz": (1997, 2012), "generation z": (1997, 2012), "gen zers": (1997, 2012), "zoomers": (1997, 2012),
    "z世代": (1997, 2012), "z 世代": (1997, 2012),
    "millennials": (1981, 1996), "millennial": (1981, 1996), "gen y": (1981, 1996), "generation y": (1981, 1996), "千禧一代": (1981, 1996), "y世代": (1981, 1996),
    "gen x": (1965, 1980), "gen xers": (1965, 1980), "generation x": (1965, 1980), "x世代": (1965, 1980),
    "baby boomers": (1946, 1964), "boomers": (1946, 1964), "婴儿潮一代": (1946, 1964),
}  # fmt: skip
"""Years of birth, first and last (Pew Research Center, "Defining generations", 2019; Gen Alpha after McCrindle)."""

LIFE_STAGES: dict[str, tuple[int | None, int | None]] = {
    "teenagers": (13, 19), "teenager": (13, 19), "teens": (13, 19), "teenage": (13, 19), "青少年": (13, 19),
    "seniors": (60, None), "senior citizens": (60, None), "elderly": (60, None), "retirees": (60, None),
    "老年人": (60, None), "银发族": (60, None), "中老年": (45, None), "老人": (60, None),
}  # fmt: skip

FEMALE: tuple[str, ...] = (
    "women", "woman", "female", "females", "girls", "ladies", "moms", "mums", "mothers", "mom", "mum", "moms-to-be", "she", "girlfriends", "young women",
    "女性", "女生", "女孩", "女孩子", "女士", "女人", "妈妈", "宝妈", "辣妈", "孕妈", "姐妹", "小姐姐", "女大学生", "女学生", "女白领", "少女", "女青年", "职场妈妈", "女",
)  # fmt: skip
MALE: tuple[str, ...] = (
    "men", "man", "male", "males", "boys", "guys", "dads", "fathers", "dad", "gentlemen", "bros", "lads",
    "男性", "男生", "男孩", "男孩子", "男士", "男人", "爸爸", "宝爸", "奶爸", "直男", "兄弟", "小哥哥", "男大学生", "男学生", "男青年", "少年", "男",
)  # fmt: skip
ANY: tuple[str, ...] = (
    "men and women", "women and men", "any gender", "all genders", "both genders", "both sexes", "everyone", "unisex", "gender-neutral",
    "男女不限", "不限性别", "性别不限", "男女皆可", "男女都可以", "男女都行", "男女老少", "男女均可", "男女",
)  # fmt: skip

PEOPLE: tuple[str, ...] = (
    *FEMALE, *MALE, "people", "adults", "consumers", "users", "customers", "audience", "shoppers", "professionals", "folks", "parents", "drivers",
    "residents", "buyers", "students", "homeowners", "young people", "target", "those", "anyone", "fans", "kids", "couples", "travellers", "travelers",
    "commuters", "runners", "gamers", "workers", "singles", "人群", "用户", "受众", "年轻人", "消费者", "客户", "面向", "针对", "目标",
)  # fmt: skip

SEGMENTS: tuple[str, ...] = (
    "moms-to-be", "expectant moms", "new moms", "working moms", "stay-at-home moms", "moms", "mums", "mothers", "dads", "new parents", "young parents",
    "parents", "college students", "university students", "students", "office workers", "white-collar workers", "commuters", "gamers",
    "foodies", "pet owners", "cat owners", "dog owners", "homeowners", "newlyweds", "brides", "runners", "hikers", "cyclists", "gym-goers", "gym goers",
    "travellers", "travelers", "freelancers", "small business owners", "young professionals", "vegans", "campers", "photographers",
    "golfers", "car owners", "first-time buyers", "retirees", "bookworms", "skiers", "surfers", "beauty junkies", "audiophiles", "sneakerheads",
    "宝妈", "孕妈", "辣妈", "职场妈妈", "新手妈妈", "新手父母", "奶爸", "宝爸", "大学生", "女大学生", "学生党", "学生", "上班族", "打工人", "白领", "养猫人",
    "养宠人", "铲屎官", "租房党", "新婚夫妇", "备婚新人", "通勤族", "健身党", "露营党", "自由职业者", "车主", "小镇青年", "都市白领", "精致妈妈",
    "资深中产", "单身青年", "二次元", "考研党", "跑者", "驴友", "家长", "素食者", "老饕", "吃货", "数码控",
)  # fmt: skip
"""Walks of life that a brief names as its audience; they serve as interests, for they are words to search by."""

DEMONYMS: tuple[str, ...] = (
    words("""american canadian mexican british english scottish irish french german italian spanish portuguese dutch belgian swiss austrian swedish norwegian danish
    finnish polish greek turkish russian chinese japanese korean taiwanese thai vietnamese indonesian malaysian singaporean filipino indian australian
    brazilian asian european african latin hispanic latina arab gen gen-z millennial b2b diy ai vip""")
)
"""Capitalised words that say where people are from, and so are no brands."""
