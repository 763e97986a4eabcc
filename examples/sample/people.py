"""The creators of the sample. All invented.

A row: platform, name, handle, gender, place, followers band, topics (the main one first), bio, oddity.
Oddities: ``hollow`` (bought followers), ``spikes`` (sudden jumps in likes that no comments follow), ``unpriced``.
"""

PEOPLE = [
    # Xiaohongshu
    ("xiaohongshu", "阿拾不加糖", "ashi_nosugar", "female", "上海", "micro", "soda drinks snacks", "戒糖第三年｜便利店饮料测评，自己花钱自己喝", ""),
    ("xiaohongshu", "小满今天练腿", "xiaoman_legday", "female", "杭州", "micro", "fitness soda snacks", "产品经理，下班练铁。减脂不节食，偶尔喝汽水", ""),
    ("xiaohongshu", "工位生存指南", "gongwei_zhinan", "female", "北京", "mid", "office drinks snacks", "大厂六年，分享工位好物和摸鱼拉伸", ""),
    ("xiaohongshu", "团团妈的餐桌", "tuantuan_table", "female", "成都", "micro", "parenting snacks drinks", "五岁男孩的妈｜早餐和挑食斗争记录", ""),
    ("xiaohongshu", "桃子汽水铺", "taozi_soda", "female", "广州", "nano", "soda drinks", "收集汽水罐的人，一周一测", ""),
    ("xiaohongshu", "林深见路", "linshen_lu", "male", "昆明", "mid", "travel drinks", "一年走三十座小城，不打卡", ""),
    ("xiaohongshu", "敏感肌阿梨", "ali_skin", "female", "南京", "mid", "beauty office", "敏感肌十年，懒人护肤，合作会标注", ""),
    ("xiaohongshu", "周周吃零食", "zhouzhou_snack", "female", "长沙", "micro", "snacks soda drinks", "零食测评｜低卡高卡都吃，说真话", ""),
    ("xiaohongshu", "跑步的橘子", "orange_runs", "female", "厦门", "nano", "fitness travel soda", "从八分配速开始，慢慢跑", "unpriced"),
    ("xiaohongshu", "Momo爱分享", "momo_share88", "female", "深圳", "macro", "beauty snacks soda", "好物分享｜合作请私", "hollow"),
    ("xiaohongshu", "老许不上班", "laoxu_off", "male", "武汉", "micro", "office travel drinks", "前程序员，写点打工的笑话", ""),
    ("xiaohongshu", "柚子在减脂", "youzi_fit", "female", "重庆", "micro", "fitness snacks soda", "一百四到一百一，三年没反弹｜不卖课", ""),
    ("xiaohongshu", "半糖奶茶局", "bantang_tea", "female", "杭州", "mid", "drinks soda snacks", "江浙沪奶茶地图，三分糖党", "spikes"),
    ("xiaohongshu", "二宝妈妈慢慢来", "erbao_slow", "female", "苏州", "nano", "parenting travel", "两个孩子，一只猫，日子慢慢过", ""),
    # Douyin
    ("douyin", "大魁健身房", "dakui_gym", "male", "沈阳", "mid", "fitness soda", "东北健身教练，动作讲到你笑", ""),
    ("douyin", "饿梦零食铺", "emeng_snack", "female", "成都", "macro", "snacks soda drinks", "每天一包新零食，踩雷我来", ""),
    ("douyin", "打工人小邓", "xiaodeng_work", "male", "深圳", "mid", "office soda snacks", "演遍办公室的每一种人", ""),
    ("douyin", "豆豆爸带娃", "doudou_dad", "male", "郑州", "micro", "parenting snacks", "全职爸爸第二年，头发还在", ""),
    ("douyin", "汽水研究所", "soda_lab", "male", "上海", "micro", "soda drinks", "气泡、甜度、后味，三项打分", ""),
    ("douyin", "阿蓝在路上", "alan_road", "male", "西安", "micro", "travel drinks", "一辆旧车，跑遍县城", "unpriced"),
    ("douyin", "七分钟妆容", "seven_min_face", "female", "广州", "mid", "beauty office", "上班族快手妆，手残友好", ""),
    ("douyin", "全网好货推荐", "haohuo_tj", "", "义乌", "mega", "snacks beauty soda", "工厂直发，商务合作加微", "hollow"),
    ("douyin", "一口奶茶", "yikou_tea", "female", "长沙", "micro", "drinks soda", "长沙人喝遍长沙", ""),
    # Instagram
    ("instagram", "Nadia Lifts", "nadia.lifts", "female", "Austin, US", "micro", "fitness soda snacks", "Desk job, barbell hobby. Macros, not misery.", ""),
    ("instagram", "The Fizz Diaries", "fizzdiaries", "female", "Chicago, US", "micro", "soda drinks snacks", "I drink sugar-free soda so you can skip the bad ones.", ""),
    ("instagram", "Priya at Her Desk", "priya.at.her.desk", "female", "Toronto, CA", "micro", "office snacks soda", "Corporate by day, snack drawer by also day.", ""),
    ("instagram", "Slow Weekend Club", "slowweekendclub", "female", "Portland, US", "mid", "travel drinks", "Trains, small towns, long walks.", ""),
    ("instagram", "Tess & Two", "tessandtwo", "female", "Leeds, UK", "micro", "parenting snacks", "Two kids, one clean mug. Honest mum stuff.", ""),
    ("instagram", "Bare Minimum Beauty", "bareminbeauty", "female", "New York, US", "mid", "beauty office", "Three products, tops. Sensitive skin.", ""),
    ("instagram", "Coach Imani", "coach.imani", "female", "Atlanta, US", "mid", "fitness snacks soda", "Strength coach for beginners. PMs open for programs.", ""),
    ("instagram", "Glow Daily Official", "glowdaily.official", "female", "Los Angeles, US", "macro", "beauty snacks", "Collabs: DM. 100% real.", "hollow"),
    ("instagram", "小鹿在达拉斯", "xiaolu.dallas", "female", "Dallas, US", "nano", "drinks snacks soda", "达拉斯奶茶和零食，周末探店", "unpriced"),
    ("instagram", "Jules Eats Lunch", "jules.eats.lunch", "female", "Melbourne, AU", "micro", "office drinks soda", "Meal prep for people with meetings.", ""),
    # TikTok
    ("tiktok", "soda sommelier", "sodasommelier", "male", "Denver, US", "mid", "soda snacks drinks", "swirl, sniff, burp. not sponsored unless I say so", ""),
    ("tiktok", "maya moves", "mayamoves", "female", "San Diego, US", "micro", "fitness soda", "home workouts for tired people", ""),
    ("tiktok", "cubicle carla", "cubiclecarla", "female", "Columbus, US", "mid", "office soda snacks", "accounting. unhinged about snacks.", ""),
    ("tiktok", "snack court", "snackcourt", "female", "Manchester, UK", "micro", "snacks soda", "crisps on trial. verdicts are final", ""),
    ("tiktok", "dadlog", "dadlog", "male", "Dublin, IE", "micro", "parenting snacks", "raising a tiny lawyer", ""),
    ("tiktok", "run slow rosa", "runslowrosa", "female", "Madison, US", "nano", "fitness travel soda", "12 minute miles and proud", ""),
    ("tiktok", "lena tries it", "lenatriesit", "female", "London, UK", "mid", "beauty soda snacks", "I buy the viral thing", "spikes"),
    ("tiktok", "kettle & cold", "kettleandcold", "female", "Seattle, US", "micro", "drinks soda", "cold drinks, hot opinions", ""),
    ("tiktok", "viralfindz247", "viralfindz247", "", "Miami, US", "macro", "snacks beauty soda", "link in bio!! best findz", "hollow"),
    # YouTube
    ("youtube", "Plain Label", "plainlabel", "male", "Boston, US", "mid", "soda snacks drinks", "Long reviews of short ingredient lists.", ""),
    ("youtube", "Gym Late Bloomer", "gymlatebloomer", "female", "Edinburgh, UK", "micro", "fitness office", "Started lifting at 34. Documenting it badly.", ""),
    ("youtube", "Hannah Packs Light", "hannahpackslight", "female", "Vancouver, CA", "mid", "travel parenting", "Family travel with one backpack each.", ""),
    ("youtube", "Inbox Zero-ish", "inboxzeroish", "male", "Berlin, DE", "micro", "office drinks", "Work, desks, coffee, in that order.", "unpriced"),
    ("youtube", "阿May的加州厨房", "may_calikitchen", "female", "San Jose, US", "micro", "snacks parenting drinks", "湾区妈妈，中文频道，做饭带娃", ""),
    ("youtube", "慢慢喝频道", "manmanhe", "male", "台北", "micro", "drinks soda travel", "咖啡、茶、汽水，一集一杯", "unpriced"),
]  # fmt: skip

REGIONS = {
    "zh": ["上海", "北京", "广东", "浙江", "四川", "江苏", "湖南", "湖北", "福建", "陕西"],
    "en": ["United States", "United Kingdom", "Canada", "Australia", "Ireland", "Germany", "India", "Philippines"],
}
INTERESTS = {
    "zh": {
        "soda": ["美食", "零食"], "drinks": ["美食", "生活记录"], "snacks": ["美食", "娱乐"], "fitness": ["运动健身", "健康"],
        "office": ["职场", "生活记录"], "parenting": ["母婴", "教育"], "travel": ["旅游", "摄影"], "beauty": ["美妆", "时尚"],
    },
    "en": {
        "soda": ["food & drink", "snacks"], "drinks": ["food & drink", "lifestyle"], "snacks": ["food & drink", "entertainment"],
        "fitness": ["fitness", "health"], "office": ["career", "lifestyle"], "parenting": ["parenting", "education"],
        "travel": ["travel", "photography"], "beauty": ["beauty", "fashion"],
    },
}  # fmt: skip
# How many hours a place's clock is ahead of UTC; China's, where no country is given.
OFFSETS = {"US": -6, "CA": -6, "UK": 0, "IE": 0, "AU": 10, "DE": 1}
