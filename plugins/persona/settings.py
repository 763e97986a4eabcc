"""Bounds of the personas, in one place."""

SEED = 20250315
MIN_AUTHORS = 5
"""Fewer authors are no persona: it would describe single people."""
