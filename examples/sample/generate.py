"""Makes the sample: ``posts.jsonl`` and ``creators.csv``, the same bytes each time.

    python examples/sample/generate.py [FOLDER]

Everything is invented: creators, brands, opinions and numbers. What was copied from life is the shape: engagement grows a
little slower than followers and is heavy-tailed (log-normal), it depends on the creator, the topic and the format; paid posts
do worse; people post at lunch and in the evening of their own clock; some creators bought their followers or their likes.
"""

from __future__ import annotations

import csv
import json
import math
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import voice_en
import voice_zh
from people import INTERESTS, OFFSETS, PEOPLE, REGIONS
from voice_shared import Voice, in_month

SEED = 20261031
FIRST, LAST = datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
ZUBBLY_SINCE = datetime(2026, 2, 10, tzinfo=UTC)
"""When the brand of the sample request came out: nobody speaks of it before."""

BANDS = {
    "nano": (2_000, 10_000),
    "micro": (12_000, 95_000),
    "mid": (110_000, 480_000),
    "macro": (520_000, 950_000),
    "mega": (1_100_000, 2_400_000),
}
LIKE_RATE = {"xiaohongshu": 0.030, "douyin": 0.026, "instagram": 0.022, "tiktok": 0.040, "youtube": 0.020}
"""Likes per follower of a usual post of a creator with 50,000 followers."""
TOPIC_LIFT = {"soda": 1.10, "drinks": 0.95, "snacks": 1.05, "fitness": 1.0, "office": 1.25, "parenting": 0.9, "travel": 1.0, "beauty": 1.15}
SAVES = {"soda": 0.30, "drinks": 0.55, "snacks": 0.40, "fitness": 0.60, "office": 0.25, "parenting": 0.50, "travel": 0.85, "beauty": 0.65}
"""Saves per like on Xiaohongshu; the other platforms that count saves have a third of that."""
RHYTHM = {7: 2, 8: 4, 9: 3, 11: 3, 12: 7, 13: 5, 16: 2, 17: 3, 18: 5, 19: 7, 20: 9, 21: 10, 22: 7, 23: 3, 0: 1}
"""Local hour to how often people post in it."""
STANCES = {"good": 42, "mixed": 33, "bad": 25}
SPOKEN_OF = {"aftertaste": 3, "taste": 2, "sweet": 2, "price": 2, "gym": 1.5}
"""How much more often than the others an aspect comes up in a soda review."""
TURNS = {
    "zh": {"bad": ["不过，", "缺点也有：", "扣分的地方：", "但是，"], "good": ["优点也说一下：", "唯一的优点：", "公平地说，"]},
    "en": {
        "bad": ["Now the gripes. ", "My issue? ", "But. ", "Less great: "],
        "good": ["In fairness: ", "The good bit: ", "Credit where it's due: "],
    },
}
POST_COLUMNS = ["id", "platform", "creator_id", "title", "text", "hashtags", "created_at", "likes", "collects", "comments", "shares", "views",
                "format", "url"]  # fmt: skip
CREATOR_COLUMNS = ["id", "platform", "handle", "name", "bio", "gender", "location", "language", "followers", "following", "categories",
                   "price_image", "price_video", "currency", "female_share", "age_lt18", "age_18_24", "age_25_34", "age_35_44", "age_gt44",
                   "top_regions", "top_interests", "active_share"]  # fmt: skip


class Person:
    """A creator with what the generator knows beyond the export: how good, how odd, and on which clock."""

    def __init__(self, number: int, row: tuple[str, ...], rng: random.Random) -> None:
        self.platform, self.name, self.handle, self.gender, self.place, band, topics, self.bio, self.oddity = row
        self.id = f"{self.platform}:s{number:03d}"
        self.topics = topics.split()
        self.language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in self.bio) else "en"
        low, high = BANDS[band]
        self.followers = int(math.exp(rng.uniform(math.log(low), math.log(high))))
        self.quality = rng.lognormvariate(0, 0.45)
        self.offset = OFFSETS.get(self.place.split(", ")[-1], 8)
        self.likes_soda = rng.uniform(0.6, 1.6)
        self.rng = rng

    def expected_likes(self, topic: str, video: bool, paid: bool, when: datetime) -> float:
        grown = 0.7 + 0.3 * (when - FIRST) / (LAST - FIRST)
        rate = LIKE_RATE[self.platform] * (self.followers / 50_000) ** -0.18
        likes = self.followers * grown * rate * self.quality * TOPIC_LIFT[topic]
        likes *= (1.2, 1.0, 0.85)[min(self.topics.index(topic), 2)] if topic in self.topics else 0.7
        return likes * (1.15 if video else 1.0) * (0.65 if paid else 1.0) * (0.03 if self.oddity == "hollow" else 1.0)


def times(person: Person, count: int, rng: random.Random) -> list[datetime]:
    """When a person posts, UTC, oldest first: more at weekends, at the hours of ``RHYTHM`` on their own clock."""
    days = (LAST - FIRST).days
    found: list[datetime] = []
    while len(found) < count:
        day = FIRST + timedelta(days=rng.randrange(days))
        if day.weekday() in (1, 2) and rng.random() < 0.3:
            continue
        hour = rng.choices(list(RHYTHM), list(RHYTHM.values()))[0]
        when = day.replace(hour=hour) + timedelta(minutes=rng.randrange(60), seconds=rng.randrange(60), hours=-person.offset)
        if FIRST <= when <= LAST:
            found.append(when)
    return sorted(found)


def soda(voice: Voice, person: Person, month: int, slots: dict[str, str]) -> tuple[str, list[str]]:
    """A review put together from aspects; its title, turns and close agree with what it thinks."""
    rng, words = voice.rng, voice.module
    weights = [STANCES["good"] * person.likes_soda, STANCES["mixed"], STANCES["bad"] / person.likes_soda]
    stance = rng.choices(list(STANCES), weights)[0]
    goods, bads = {"good": (2, rng.choice((0, 0, 1))), "mixed": (rng.choice((1, 2)), 1), "bad": (rng.choice((0, 0, 1)), 2)}[stance]
    # What people speak of most comes up most: a weighted draw without putting back (Efraimidis and Spirakis 2006).
    drawn = sorted(sorted(words.SODA_ASPECTS), key=lambda a: rng.random() ** (1 / SPOKEN_OF.get(a, 1)), reverse=True)
    aspects = drawn[: goods + bads]
    praise = [voice.pick(f"+{a}", words.SODA_ASPECTS[a][0]) for a in aspects[:goods]]
    blame = [voice.pick(f"-{a}", words.SODA_ASPECTS[a][1]) for a in aspects[goods:]]
    first, second, turn = (blame, praise, "good") if stance == "bad" else (praise, blame, "bad")
    if first and second:
        second[0] = voice.pick(f"turn {turn}", TURNS[person.language][turn]) + second[0]
    lines = [voice.pick_in_month("open", words.SODA_OPEN, month), *first, *second]
    if rng.random() < 0.75:
        lines.append(voice.pick(f"close {stance}", words.SODA_CLOSE[stance]))
    return voice.pick(f"title {stance}", words.SODA_TITLES[stance]), [voice.say(line, slots) for line in lines]


def scenario(
    voice: Voice, key: str, options: list[tuple[str, str]], month: int, used: set[str], slots: dict[str, str]
) -> tuple[str, list[str]]:
    """A scenario that fits the month, one that this person has not told yet if there is any."""
    fitting = {title: body for title, body in options if in_month(title, month)}
    title = voice.pick_in_month(key, [t for t, _ in options], month)
    if title in used and set(fitting) - used:
        title = voice.rng.choice(sorted(set(fitting) - used))
    used.add(title)
    return title, [voice.say(line, slots) for line in fitting[title].split("\n")]


def write(voice: Voice, person: Person, topic: str, paid: bool, when: datetime, used: set[str]) -> tuple[str, str]:
    """Title and text of one post, in the form that the platform has."""
    rng, words = voice.rng, voice.module
    slots = voice.slots()
    while when < ZUBBLY_SINCE and slots["brand"].startswith(("Zubbly", "滋啵")):
        slots["brand"] = voice.pick("<brand>", words.SLOTS["brand"])
    month = when.month
    if paid:
        title, lines = scenario(voice, f"paid {topic}", words.SPONSORED[topic], month, set(), slots)
    elif topic == "soda" and rng.random() < 0.82:
        title, lines = soda(voice, person, month, slots)
    else:
        title, lines = scenario(voice, topic, words.SODA_SCENARIOS if topic == "soda" else words.TOPICS[topic], month, used, slots)
    title = voice.say(title, slots)
    if rng.random() < 0.3:
        lines[-1] += ("" if person.language == "zh" else " ") + voice.pick("emoji", words.EMOJI)
    titled = person.platform in ("xiaohongshu", "youtube")
    if not titled and topic != "soda" and len(lines) > 3 and rng.random() < 0.4:
        lines.pop(rng.choice((1, 2)))
    joint = "\n" if person.platform == "xiaohongshu" and rng.random() < 0.5 else "" if person.language == "zh" else " "
    text = joint.join(lines)
    if not titled and (paid or rng.random() < 0.6):  # the hook goes first where there is no field for it
        end = "" if title[-1] in "?!？！" else "。" if person.language == "zh" else "."
        title, text = "", f"{title}{end}{joint or ''}{text}"
    return (title if titled else ""), text


def count(person: Person, topic: str, video: bool, paid: bool, when: datetime, spike: bool, rng: random.Random) -> dict[str, int | None]:
    """The post's numbers. ``None`` is what the platform does not show."""
    likes = person.expected_likes(topic, video, paid, when) * rng.lognormvariate(-0.25, 0.75)
    if person.oddity != "hollow" and rng.random() < 0.025:
        likes *= rng.uniform(4, 12)  # the feed liked it
    saves = SAVES[topic] * rng.lognormvariate(0, 0.3) * (1.0 if person.platform == "xiaohongshu" else 0.33)
    talk = {"xiaohongshu": 0.11, "douyin": 0.05, "instagram": 0.035, "tiktok": 0.018, "youtube": 0.09}[
        person.platform
    ] * rng.lognormvariate(0, 0.4)
    share = {"xiaohongshu": 0.08, "douyin": 0.11, "tiktok": 0.05}.get(person.platform, 0.0) * rng.lognormvariate(0, 0.5)
    comments = likes * talk * (0.3 if person.oddity == "hollow" else 1.0)
    views = likes / (0.07 if person.platform == "tiktok" else 0.045) * rng.lognormvariate(0, 0.25) if video else None
    shown = {
        "collects": round(likes * saves) if person.platform in ("xiaohongshu", "douyin", "tiktok") else None,
        "comments": round(comments),
        "shares": round(likes * share) if share else None,
        "views": round(views) if views is not None and person.platform not in ("xiaohongshu", "douyin") else None,
    }
    return {"likes": round(likes * (rng.uniform(25, 60) if spike else 1.0)), **shown}


def posts_of(person: Person, voice: Voice, start: int, seen: set[str], rng: random.Random) -> list[dict[str, object]]:
    """All posts of one person, oldest first."""
    number = rng.randint(9, 16)
    spikes = set(rng.sample(range(number), 2)) if person.oddity == "spikes" else set()
    used: set[str] = set()
    rows: list[dict[str, object]] = []
    for i, when in enumerate(times(person, number, rng)):
        others = [t for t in TOPIC_LIFT if t not in person.topics]
        warm = 1.5 if when.month in (5, 6, 7, 8, 9) else 1.0
        weights = [(5.0, 3.0, 2.2)[k] * (1.5 * warm if t == "soda" else 1.0) for k, t in enumerate(person.topics)]
        topic = rng.choices([*person.topics, rng.choice(others)], [*weights, 0.8])[0]
        paid = topic in voice.module.SPONSORED and rng.random() < 0.09 and (topic != "soda" or when >= ZUBBLY_SINCE)
        for _ in range(30):
            title, text = write(voice, person, topic, paid, when, used)
            if text not in seen:
                break
        seen.add(text)
        chance = {"xiaohongshu": 0.3, "instagram": 0.7}.get(person.platform, 1.0)
        video = rng.random() < chance
        tags = rng.sample(voice.module.HASHTAGS[topic][1:], 2)
        tags = [*(voice.module.SPONSOR_TAGS[:1] if paid else []), voice.module.HASHTAGS[topic][0], *tags[: rng.randint(0, 2)]]
        native = f"p{start + i:04d}"
        rows.append({
            "id": f"{person.platform}:{native}", "platform": person.platform, "creator_id": person.id, "title": title, "text": text,
            "hashtags": tags, "created_at": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **count(person, topic, video, paid, when, i in spikes, rng),
            "format": "video" if video else "image", "url": f"https://example.com/{person.platform}/{native}",
        })  # fmt: skip
    return rows


def shares(weights: list[float]) -> list[float]:
    """Fractions of one to three places, summing to one."""
    parts = [round(w / sum(weights), 3) for w in weights]
    parts[parts.index(max(parts))] += 1 - sum(parts)
    return [round(p, 3) for p in parts]


def profile(person: Person, rng: random.Random) -> dict[str, object]:
    """One row of ``creators.csv``. Prices grow a little slower than followers; empty cells are unknown."""
    scale = (60 if person.language == "zh" and not person.place.endswith("US") else 8.5) * rng.lognormvariate(0, 0.3)
    base = scale * (person.followers / 1000) ** 0.93
    step = 50 if scale > 20 else 10
    image, video = (max(step, round(base * k / step) * step) for k in (1.0, rng.uniform(1.3, 1.8)))
    priced = person.oddity != "unpriced"
    lead = person.topics[0]
    female = {"beauty": 0.88, "parenting": 0.80, "fitness": 0.62, "office": 0.58, "travel": 0.57}.get(lead, 0.66)
    female = min(0.96, max(0.18, female + rng.gauss(0, 0.07) - (0.22 if person.gender == "male" else 0)))
    older = {"parenting": 1.0, "travel": 0.5, "office": 0.3}.get(lead, 0.0)
    ages = shares(
        [
            w * rng.lognormvariate(0, 0.2)
            for w in (0.06 - 0.04 * older, 0.36 - 0.22 * older, 0.38 + 0.1 * older, 0.14 + 0.1 * older, 0.06 + 0.04 * older)
        ]
    )
    names = REGIONS["zh" if person.language == "zh" else "en"]
    home = person.place if person.place in names else names[0]
    regions = [home, *rng.sample([r for r in names if r != home], 3)]
    region_shares = sorted((rng.uniform(0.04, 0.11) for _ in regions), reverse=True)
    region_shares[0] += 0.38 if person.language == "en" else 0.06
    interests = list(dict.fromkeys(i for t in person.topics for i in INTERESTS[person.language][t]))[:4]
    interest_shares = sorted((rng.uniform(0.05, 0.16) for _ in interests), reverse=True)
    known = rng.random() > 0.15  # some never showed their audience
    active = rng.uniform(0.09, 0.14) if person.oddity == "hollow" else rng.uniform(0.42, 0.83)
    return {
        "id": person.id, "platform": person.platform, "handle": person.handle, "name": person.name, "bio": person.bio,
        "gender": person.gender, "location": person.place, "language": person.language, "followers": person.followers,
        "following": rng.randint(3_800, 7_400) if person.oddity == "hollow" else rng.randint(60, 900),
        "categories": ";".join(person.topics),
        "price_image": image if priced and person.platform in ("xiaohongshu", "instagram") else "",
        "price_video": video if priced else "", "currency": ("CNY" if scale > 20 else "USD") if priced else "",
        "female_share": round(female, 3) if known else "",
        **{c: (a if known else "") for c, a in zip(("age_lt18", "age_18_24", "age_25_34", "age_35_44", "age_gt44"), ages, strict=True)},
        "top_regions": ";".join(f"{r}:{s:.3f}" for r, s in zip(regions, region_shares, strict=True)) if known else "",
        "top_interests": ";".join(f"{r}:{s:.3f}" for r, s in zip(interests, interest_shares, strict=True)) if known else "",
        "active_share": round(active, 3) if known or person.oddity == "hollow" else "",
    }  # fmt: skip


def generate(folder: Path) -> tuple[Path, Path]:
    """Write both files into ``folder`` and give their paths."""
    rng = random.Random(SEED)
    voices = {"zh": Voice(voice_zh, rng), "en": Voice(voice_en, rng)}
    people = [Person(n, row, rng) for n, row in enumerate(PEOPLE, 1)]
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for person in people:
        rows += posts_of(person, voices[person.language], len(rows) + 1, seen, rng)
    folder.mkdir(parents=True, exist_ok=True)
    posts, creators = folder / "posts.jsonl", folder / "creators.csv"
    with posts.open("w", encoding="utf-8", newline="\n") as f:
        f.writelines(json.dumps({c: row[c] for c in POST_COLUMNS}, ensure_ascii=False) + "\n" for row in rows)
    with creators.open("w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, CREATOR_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(profile(person, rng) for person in people)
    return posts, creators


if __name__ == "__main__":
    for path in generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent):
        print(path)
