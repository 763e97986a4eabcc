"""Places that campaigns are made for: countries, regions and cities, in English and Chinese."""

from . import phrases, words

COUNTRIES: tuple[str, ...] = phrases(
    """
    China|Mainland China|Hong Kong|Macau|Macao|Taiwan|Japan|South Korea|Korea|Singapore|Malaysia|Thailand|Vietnam|Indonesia|Philippines|India|Pakistan
    Australia|New Zealand|USA|US|U.S.|United States|America|Canada|Mexico|Brazil|Argentina|Chile|Colombia|Peru|UK|U.K.|United Kingdom|Britain|England|Scotland
    Wales|Ireland|France|Germany|Italy|Spain|Portugal|Netherlands|Belgium|Switzerland|Austria|Sweden|Norway|Denmark|Finland|Iceland|Poland|Greece|Turkey
    Russia|Ukraine|Czech Republic|Hungary|Romania|UAE|United Arab Emirates|Saudi Arabia|Qatar|Kuwait|Israel|Egypt|South Africa|Nigeria|Kenya|Morocco
    Europe|EU|Asia|Southeast Asia|North America|Latin America|Middle East|Africa|Scandinavia|DACH|Benelux|LATAM|APAC|MENA|GCC|Nordics
    """
)
REGIONS: tuple[str, ...] = phrases(
    """
    California|Texas|Florida|New York|Washington|Illinois|Georgia|Ohio|Michigan|Arizona|Colorado|Oregon|Nevada|Utah|Massachusetts|Pennsylvania|Virginia
    North Carolina|South Carolina|Tennessee|Minnesota|Wisconsin|Louisiana|Hawaii|Alaska|Midwest|Bay Area|Silicon Valley|SoCal|NorCal|West Coast|East Coast
    New England|DFW|Ontario|Quebec|British Columbia|Alberta|Victoria|Queensland|Bavaria|Catalonia|Tuscany|Guangdong|Zhejiang|Jiangsu|Sichuan|Fujian
    Shandong|Hunan|Hubei|Henan|Yunnan|Hainan|Greater Bay Area|Yangtze River Delta
    """
)
CITIES: tuple[str, ...] = phrases(
    """
    New York City|NYC|Los Angeles|LA|Chicago|Houston|Dallas|Austin|San Antonio|Fort Worth|Plano|Frisco|Philadelphia|Phoenix|San Diego|San Jose|San Francisco
    Seattle|Portland|Denver|Boston|Miami|Orlando|Tampa|Atlanta|Nashville|Charlotte|Las Vegas|Salt Lake City|Minneapolis|Detroit|Cleveland|Columbus|Pittsburgh
    Baltimore|Washington DC|Washington D.C.|New Orleans|Kansas City|St. Louis|Sacramento|Oakland|Honolulu|Brooklyn|Manhattan|Queens|Irvine|Toronto|Vancouver|Montreal
    Calgary|Ottawa|London|Manchester|Birmingham|Leeds|Liverpool|Bristol|Edinburgh|Glasgow|Dublin|Paris|Lyon|Marseille|Berlin|Munich|Hamburg|Frankfurt|Cologne|Rome
    Milan|Florence|Venice|Madrid|Barcelona|Lisbon|Amsterdam|Rotterdam|Brussels|Zurich|Geneva|Vienna|Stockholm|Oslo|Copenhagen|Helsinki|Warsaw|Prague|Budapest
    Athens|Istanbul|Moscow|Dubai|Abu Dhabi|Riyadh|Doha|Tel Aviv|Cairo|Cape Town|Johannesburg|Lagos|Nairobi|Sydney|Melbourne|Brisbane|Perth|Adelaide|Auckland
    Wellington|Tokyo|Osaka|Kyoto|Nagoya|Fukuoka|Sapporo|Seoul|Busan|Taipei|Kaohsiung|Taichung|Bangkok|Chiang Mai|Phuket|Kuala Lumpur|Penang|Jakarta|Bali|Manila|Cebu
    Hanoi|Ho Chi Minh City|Saigon|Mumbai|Delhi|New Delhi|Bangalore|Bengaluru|Hyderabad|Chennai|Mexico City|Guadalajara|Sao Paulo|São Paulo|Rio de Janeiro|Buenos Aires
    Santiago|Bogota|Lima|Shanghai|Beijing|Guangzhou|Shenzhen|Hangzhou|Chengdu|Chongqing|Nanjing|Suzhou|Wuhan|Xi'an|Xian|Tianjin|Qingdao|Xiamen|Changsha|Zhengzhou|Kunming
    Ningbo|Hefei|Fuzhou|Dalian|Shenyang|Harbin|Jinan|Foshan|Dongguan|Wuxi|Zhuhai|Sanya|Haikou|Guiyang|Nanning|Lhasa|Urumqi|Lanzhou|Dali|Lijiang|Quanzhou|Wenzhou
    """
)
CHINESE: tuple[str, ...] = words(
    """
    中国大陆 中国 内地 香港 澳门 台湾 日本 韩国 新加坡 马来西亚 泰国 越南 印度尼西亚 印尼 菲律宾 印度 巴基斯坦 澳大利亚 澳洲 新西兰 美国 加拿大 墨西哥 巴西 阿根廷 智利
    英国 英格兰 苏格兰 爱尔兰 法国 德国 意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 奥地利 瑞典 挪威 丹麦 芬兰 冰岛 波兰 希腊 土耳其 俄罗斯 乌克兰 捷克 匈牙利 阿联酋 沙特阿拉伯 沙特
    卡塔尔 科威特 以色列 埃及 南非 尼日利亚 肯尼亚 摩洛哥 欧洲 欧盟 亚洲 东南亚 北美 拉美 南美 中东 非洲 北欧 海外
    加州 加利福尼亚 德克萨斯 得州 德州 佛罗里达 佛州 夏威夷 湾区 大湾区 粤港澳 长三角 珠三角 京津冀 江浙沪 川渝 安大略 魁北克
    纽约 洛杉矶 芝加哥 休斯顿 休斯敦 达拉斯 奥斯汀 圣安东尼奥 费城 凤凰城 圣地亚哥 圣何塞 旧金山 西雅图 波特兰 丹佛 波士顿 迈阿密 奥兰多 亚特兰大 纳什维尔 拉斯维加斯 盐湖城
    底特律 华盛顿 新奥尔良 布鲁克林 曼哈顿 尔湾 多伦多 温哥华 蒙特利尔 卡尔加里 渥太华 伦敦 曼彻斯特 伯明翰 利物浦 爱丁堡 都柏林 巴黎 里昂 马赛 柏林 慕尼黑 汉堡 法兰克福 科隆 罗马
    米兰 佛罗伦萨 威尼斯 马德里 巴塞罗那 里斯本 阿姆斯特丹 鹿特丹 布鲁塞尔 苏黎世 日内瓦 维也纳 斯德哥尔摩 奥斯陆 哥本哈根 赫尔辛基 华沙 布拉格 布达佩斯 雅典 伊斯坦布尔 莫斯科
    迪拜 阿布扎比 利雅得 多哈 特拉维夫 开罗 开普敦 悉尼 墨尔本 布里斯班 珀斯 阿德莱德 奥克兰 惠灵顿 东京 大阪 京都 名古屋 福冈 札幌 北海道 冲绳 首尔 釜山 济州岛 台北 高雄 台中 台南
    曼谷 清迈 普吉岛 吉隆坡 槟城 雅加达 巴厘岛 马尼拉 宿务 河内 胡志明市 孟买 新德里 班加罗尔 墨西哥城 圣保罗 里约热内卢 布宜诺斯艾利斯
    上海 北京 广州 深圳 杭州 成都 重庆 南京 苏州 武汉 西安 天津 青岛 厦门 长沙 郑州 昆明 宁波 合肥 福州 大连 沈阳 哈尔滨 济南 佛山 东莞 无锡 珠海 三亚 海口 贵阳 南宁 拉萨 乌鲁木齐 兰州
    大理 丽江 泉州 温州 石家庄 太原 长春 南昌 银川 西宁 呼和浩特 烟台 常州 嘉兴 绍兴 金华 台州 南通 徐州 扬州 镇江 惠州 中山 江门 汕头 潮州 湛江 桂林 洛阳 开封 景德镇 威海 潍坊 临沂
    保定 唐山 秦皇岛 义乌 昆山 芜湖 绵阳 乐山 宜昌 襄阳 岳阳 株洲 湖州 舟山 莆田 漳州 遵义 西双版纳 香格里拉 敦煌
    广东 浙江 江苏 四川 福建 山东 湖南 湖北 河南 河北 云南 海南 安徽 江西 陕西 山西 辽宁 吉林 黑龙江 广西 贵州 甘肃 青海 宁夏 新疆 西藏 内蒙古
    一线城市 新一线城市 二线城市 三线城市 下沉市场 一二线城市 三四线城市
    """
)

NOT_A_PLACE_BEFORE_ZH: tuple[str, ...] = (
    "面", "料理", "菜", "烤鸭", "火锅", "拉面", "小面", "米粉", "红酒", "风味", "风格", "风", "口味", "制造", "产", "进口", "品牌", "扒鸡", "咖喱", "泡菜", "奶粉",
    "文艺", "版", "元", "币", "话", "语", "啤酒", "葡萄酒", "黑松露", "酱", "人参", "巧克力",
)  # fmt: skip
"""What makes a place name part of a product's name when it follows: 意大利面, 日本料理."""

LOCAL_EN: tuple[str, ...] = ("local", "locally based", "neighborhood", "neighbourhood", "hometown")
LOCAL_ZH: tuple[str, ...] = ("本地", "当地", "同城", "本土", "附近")
