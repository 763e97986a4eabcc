"""Measurements. A module here with ``run() -> list[str]`` (Markdown lines) is one; ``python -m bench`` runs them all."""
