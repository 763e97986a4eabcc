"""Whether a text may be published: rule packs as data, disclosure, grounding, personal data, limits of the platforms.

``review`` looks at drafts with their brief; ``check`` at one text by itself.
"""

from .engine import review
from .packs import RulePack, load_pack, packs_for
from .plain import check, market_of, verdict_of

__all__ = ["RulePack", "check", "load_pack", "market_of", "packs_for", "review", "verdict_of"]
