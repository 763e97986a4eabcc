"""Where the audience's clocks stand, if the data or the request say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from agent import AudienceStats, Brief
from plugins.common import load_data
from plugins.common.places import place_of


@cache
def _zones() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    table = load_data(Path(__file__).parent / "zones.yaml")
    return tuple((zone, tuple(place_of(str(name)).inside for name in names)) for zone, names in table.items())


def _zone_of(place: str) -> str | None:
    found = {zone for zone, patterns in _zones() if any(p.search(place) for p in patterns)}
    return found.pop() if len(found) == 1 else None


def zone_of(brief: Brief, fans: Iterable[AudienceStats]) -> str | None:
    """The time zone of the audience: the one the request names, else the one that more than half of the fans live in.

    Creators' places count only where the request speaks of no audience and no fan statistics are known: local creators, local fans.
    """
    asked = {_zone_of(place) for place in brief.audience.locations}
    if asked:
        return asked.pop() if len(asked) == 1 else None
    shares: Counter[str | None] = Counter()
    known = 0
    for stats in fans:
        if stats.regions:
            known += 1
            for place, share in stats.regions.items():
                shares[_zone_of(place)] += share  # type: ignore[assignment]
    if known:
        return next((zone for zone, total in sorted(shares.items(), key=lambda i: -i[1]) if zone and total > known / 2), None)
    local = {_zone_of(place) for place in brief.creator_locations}
    return local.pop() if len(local) == 1 else None
