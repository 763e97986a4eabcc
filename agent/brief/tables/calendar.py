"""Months, and the seasons that campaigns are made for.

A season's rule is one of: ``fixed`` (first and last day, ``MM-DD``), ``lunar`` (a row of ``LUNAR`` and days before and after it),
``nth`` (month, weekday 0 = Monday, which one; days before and after) or ``easter`` (days before and after). Gift days start two
weeks ahead, sales when the shops start them.
"""

from . import words

MONTHS_EN: dict[str, int] = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10,
    "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
    "nov": 11, "dec": 12,
}  # fmt: skip
MONTHS_ZH: dict[str, int] = {m: i for i, m in enumerate(words("一 二 三 四 五 六 七 八 九 十 十一 十二"), 1)} | {"腊": 12}

# Gregorian days of lunar festivals, 2024 to 2040 (computed with the lunardate package).
_YEARS = range(2024, 2041)
_LUNAR_ROWS = {
    "spring_festival": "02-10 01-29 02-17 02-06 01-26 02-13 02-03 01-23 02-11 01-31 02-19 02-08 01-28 02-15 02-04 01-24 02-12",
    "lantern": "02-24 02-12 03-03 02-20 02-09 02-27 02-17 02-06 02-25 02-14 03-05 02-22 02-11 03-01 02-18 02-07 02-26",
    "dragon_boat": "06-10 05-31 06-19 06-09 05-28 06-16 06-05 06-24 06-12 06-01 06-20 06-10 05-30 06-18 06-07 05-27 06-14",
    "qixi": "08-10 08-29 08-19 08-08 08-26 08-16 08-05 08-24 08-12 08-01 08-20 08-10 08-28 08-17 08-07 08-26 08-14",
    "mid_autumn": "09-17 10-06 09-25 09-15 10-03 09-22 09-12 10-01 09-19 09-08 09-27 09-16 10-04 09-24 09-13 10-02 09-20",
    "double_ninth": "10-11 10-29 10-18 10-08 10-26 10-16 10-05 10-24 10-12 10-01 10-20 10-09 10-27 10-17 10-07 10-26 10-14",
}
LUNAR: dict[str, dict[int, str]] = {name: dict(zip(_YEARS, row.split(), strict=True)) for name, row in _LUNAR_ROWS.items()}

# First days of Ramadan (Umm al-Qura calendar); the sighting of the moon may shift them by a day.
LUNAR["ramadan"] = {2024: "03-11", 2025: "03-01", 2026: "02-18", 2027: "02-08", 2028: "01-28", 2029: "01-16", 2030: "01-06"}

Rule = tuple[str, *tuple[str | int, ...]]

SEASONS: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("618", "6.18", "6·18", "六一八", "年中大促"), ("fixed", "06-01", "06-18")),
    (("双十一", "双11", "双 11", "双十1", "11.11", "double 11", "double eleven", "singles' day", "singles day"), ("fixed", "11-01", "11-11")),
    (("双十二", "双12", "12.12", "double 12", "double twelve"), ("fixed", "12-08", "12-12")),
    (("99大促", "99划算节"), ("fixed", "09-01", "09-09")),
    (("520",), ("fixed", "05-07", "05-20")),
    (("38节", "三八节", "3.8节", "38大促", "女神节", "妇女节", "international women's day", "women's day"), ("fixed", "03-01", "03-08")),
    (("黑五", "黑色星期五", "black friday", "bfcm"), ("nth", 11, 3, 4, 1, 4)),
    (("网络星期一", "网一", "cyber monday"), ("nth", 11, 3, 4, 4, 4)),
    (("cyber week",), ("nth", 11, 3, 4, 1, 8)),
    (("感恩节", "thanksgiving"), ("nth", 11, 3, 4, -14, 0)),
    (("春节", "农历新年", "过年", "新春", "chinese new year", "lunar new year", "spring festival", "cny campaign"), ("lunar", "spring_festival", -7, 6)),
    (("年货节",), ("lunar", "spring_festival", -28, -4)),
    (("元宵节", "元宵", "lantern festival"), ("lunar", "lantern", -3, 0)),
    (("端午节", "端午", "dragon boat festival", "dragon boat"), ("lunar", "dragon_boat", -14, 0)),
    (("七夕节", "七夕", "qixi"), ("lunar", "qixi", -14, 0)),
    (("中秋节", "中秋", "mid-autumn festival", "mid autumn festival", "mid-autumn", "moon festival"), ("lunar", "mid_autumn", -14, 0)),
    (("重阳节", "重阳"), ("lunar", "double_ninth", -7, 0)),
    (("情人节", "valentine's day", "valentines day", "valentine's", "valentines"), ("fixed", "01-31", "02-14")),
    (("母亲节", "mother's day", "mothers' day", "mothers day"), ("nth", 5, 6, 2, -14, 0)),
    (("父亲节", "father's day", "fathers' day", "fathers day"), ("nth", 6, 6, 3, -14, 0)),
    (("儿童节", "六一节", "六一儿童节", "children's day"), ("fixed", "05-18", "06-01")),
    (("五一黄金周", "五一假期", "五一", "劳动节", "may day"), ("fixed", "05-01", "05-05")),
    (("国庆黄金周", "国庆节", "国庆", "十一黄金周", "十一假期", "十一长假", "national day golden week", "golden week"), ("fixed", "10-01", "10-07")),
    (("元旦", "new year's day", "new year's eve", "new year's", "new year"), ("fixed", "12-25", "01-01")),
    (("圣诞节", "圣诞季", "圣诞", "christmas", "xmas"), ("fixed", "12-11", "12-25")),
    (("holiday season",), ("fixed", "11-24", "12-31")),
    (("万圣节", "halloween"), ("fixed", "10-17", "10-31")),
    (("复活节", "easter"), ("easter", -14, 0)),
    (("清明节", "清明"), ("fixed", "04-03", "04-06")),
    (("ramadan", "斋月"), ("lunar", "ramadan", 0, 29)),
    (("开学季", "返校季", "back to school", "back-to-school"), ("fixed", "08-15", "09-10")),
    (("毕业季", "graduation season"), ("fixed", "06-01", "06-30")),
    (("暑假", "暑期", "summer break", "summer holidays"), ("fixed", "07-01", "08-31")),
    (("寒假",), ("fixed", "01-15", "02-20")),
    (("this spring", "next spring", "in spring", "in the spring", "for spring", "今年春天", "这个春天", "今春", "春天"), ("fixed", "03-01", "05-31")),
    (("this summer", "next summer", "in summer", "in the summer", "for summer", "over the summer", "今年夏天", "这个夏天", "今夏", "夏天"),
     ("fixed", "06-01", "08-31")),
    (("this autumn", "next autumn", "in autumn", "in the autumn", "this fall", "next fall", "in the fall", "for fall", "今年秋天", "这个秋天", "今秋", "秋天"),
     ("fixed", "09-01", "11-30")),
    (("this winter", "next winter", "in winter", "in the winter", "for winter", "今年冬天", "这个冬天", "今冬", "冬天"), ("fixed", "12-01", "02-28")),
)  # fmt: skip
