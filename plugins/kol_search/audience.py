"""How well a creator's fans, as the export tells them, are those that a brief wants.

Match = mean of the shares of fans that fulfil each wish the export tells something about:

- gender: share of fans of that gender;
- age: share of fans aged so, bands cut in proportion where a wish begins or ends inside one;
- regions, interests: share of fans in any of those wanted. Exports list the largest few only, so what is not among them is unknown
  unless the list covers ``NEARLY_ALL``.

A wish that the export tells nothing about does not count; a creator of whom it tells nothing counts as ``UNKNOWN``.
"""

from __future__ import annotations

from agent import AudienceStats, Brief
from plugins.common.places import place_of

UNKNOWN = 0.5
NEARLY_ALL = 0.8
_BANDS: dict[str, tuple[int, int]] = {"<18": (13, 17), "18-24": (18, 24), "25-34": (25, 34), "35-44": (35, 44), ">44": (45, 70)}


def audience_match(brief: Brief, stats: AudienceStats) -> list[tuple[str, str, float]]:
    """``(English, Chinese, share 0-1)`` for each thing that the brief asks of the audience and the export tells."""
    a, found = brief.audience, []
    if a.gender in ("female", "male") and stats.female is not None:
        share = stats.female if a.gender == "female" else 1 - stats.female
        found.append((f"{share:.0%} of fans are {a.gender}", f"粉丝中{'女' if a.gender == 'female' else '男'}性占 {share:.0%}", share))
    if (a.age_min is not None or a.age_max is not None) and stats.ages:
        low, high = a.age_min or 0, a.age_max or 120
        share = min(1.0, sum(part * _overlap(band, low, high) for band, part in stats.ages.items()))
        said = f"{a.age_min or ''}-{a.age_max or ''}"
        found.append((f"{share:.0%} of fans are aged {said}", f"{said} 岁粉丝占 {share:.0%}", share))
    for wanted, shares, en, zh in (
        (a.locations, stats.regions, "fans in", "粉丝地域："),
        (a.interests, stats.interests, "fans interested in", "粉丝兴趣："),
    ):
        hit = [part for name, part in shares.items() if any(_same(w, name) for w in wanted)]
        if wanted and (hit or sum(shares.values()) >= NEARLY_ALL):
            total = min(1.0, sum(hit))
            found.append((f"{en} {', '.join(wanted)}: {total:.0%}", f"{zh}{'、'.join(wanted)} {total:.0%}", total))
    return found


def _overlap(band: str, low: int, high: int) -> float:
    """Share of a band's years that lie from ``low`` to ``high``; 0 for a band that is none of the usual ones."""
    start, end = _BANDS.get(band, (0, -1))
    return max(0, min(high, end) - max(low, start) + 1) / max(1, end - start + 1)


def _same(wanted: str, name: str) -> bool:
    return wanted.lower() in name.lower() or name.lower() in wanted.lower() or place_of(wanted).inside.search(name) is not None
