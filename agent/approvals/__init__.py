"""A person's word before anything is spent, published or sent: what was asked, what was decided, and what then happened.

``content`` says what a decision is about, down to its SHA-256. ``book`` is the run's append-only record. ``gate`` is the one
way by which a run calls a tool with such an effect. ``desk`` is where people decide.
"""

from __future__ import annotations

from .records import Approval, Decision

__all__ = ["Approval", "Decision"]
