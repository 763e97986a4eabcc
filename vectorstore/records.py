"""What the store keeps: posts and creators, as read from an export.

Unknown stays ``None``: a count the export does not give is not zero.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Platform = Literal[
    "xiaohongshu",
    "douyin",
    "weibo",
    "bilibili",
    "kuaishou",
    "wechat",
    "zhihu",
    "instagram",
    "tiktok",
    "youtube",
    "x",
    "facebook",
    "linkedin",
    "twitch",
    "pinterest",
    "reddit",
]
PLATFORMS: tuple[str, ...] = get_args(Platform)

Tier = Literal["nano", "micro", "mid", "macro", "mega"]
# Upper bounds in followers, the bands most rate cards use
# (Influencer Marketing Hub, "Influencer tiers": nano 1-10K, micro 10-100K, mid 100-500K, macro 0.5-1M, mega 1M+).
TIER_BOUNDS: tuple[tuple[Tier, int], ...] = (("nano", 10_000), ("micro", 100_000), ("mid", 500_000), ("macro", 1_000_000))


def tier_of(followers: int | None) -> Tier | None:
    """The follower band of a creator, or ``None`` when the follower count is unknown."""
    if followers is None:
        return None
    for tier, bound in TIER_BOUNDS:
        if followers < bound:
            return tier
    return "mega"


class Record(BaseModel):
    """Base of what the store keeps: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Post(Record):
    """One published post. Counts are lifetime totals at the time of the export."""

    id: str = Field(description="`<platform>:<native id>`, unique over all platforms")
    platform: Platform
    creator_id: str = Field(description="`<platform>:<native id>` of the creator")
    title: str = ""
    text: str = ""
    hashtags: tuple[str, ...] = ()
    language: str | None = Field(None, description="`en`, `zh`, … as detected from the text")
    format: Literal["image", "video", "text"] | None = None
    created_at: datetime | None = Field(None, description="UTC, timezone-aware")
    likes: int | None = None
    collects: int | None = Field(None, description="saves, favourites, 收藏")
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    location: str | None = None
    url: str | None = None
    source: str = Field("", description="the file it was read from")

    @property
    def engagement(self) -> int | None:
        """Likes + collects + comments + shares, over those that are known; ``None`` if none is."""
        known = [n for n in (self.likes, self.collects, self.comments, self.shares) if n is not None]
        return sum(known) if known else None

    @property
    def body(self) -> str:
        """Title and text as one string, as a reader would see them."""
        return f"{self.title}\n{self.text}".strip() if self.title not in self.text[: len(self.title) + 1] else self.text


class Quote(Record):
    """What a creator asks for one deliverable."""

    format: Literal["image", "video", "text", "any"] = "any"
    amount: float = Field(ge=0)
    currency: str = Field(description="ISO 4217")
    verified: bool | None = Field(None, description="whether the export marks the price as confirmed; None: it does not say")
    source: str = Field("", description="file and line of the quote")


class AudienceStats(Record):
    """Who follows a creator. Shares are fractions of one (0-1)."""

    female: float | None = None
    ages: dict[str, float] = Field(default_factory=dict, description="band (`<18`, `18-24`, `25-34`, `35-44`, `>44`) to share")
    regions: dict[str, float] = Field(default_factory=dict)
    interests: dict[str, float] = Field(default_factory=dict)
    active: float | None = Field(None, description="share of followers seen active lately, as the platform reports it")


class Creator(Record):
    """One account on one platform."""

    id: str = Field(description="`<platform>:<native id>`")
    platform: Platform
    handle: str = ""
    name: str = ""
    bio: str = ""
    gender: Literal["female", "male"] | None = None
    location: str | None = None
    language: str | None = None
    followers: int | None = None
    following: int | None = None
    interactions: int | None = Field(None, description="lifetime likes + collects as the profile shows them")
    categories: tuple[str, ...] = ()
    averages: dict[str, float] = Field(
        default_factory=dict, description="per-post averages an export states (`likes`, `comments`, `shares`, `views`, `engagement`)"
    )
    quotes: tuple[Quote, ...] = ()
    audience: AudienceStats | None = None
    grade: str | None = Field(None, description="the platform's own health or rank label")
    url: str | None = None
    source: str = ""

    @property
    def tier(self) -> Tier | None:
        return tier_of(self.followers)
