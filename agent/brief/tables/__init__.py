"""The words the brief reader knows, as plain tables: one file per kind of thing."""


def words(text: str) -> tuple[str, ...]:
    """The words of a table that is written as running text."""
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """The phrases of a table that is written as running text with bars between them."""
    return tuple(p.strip() for line in text.splitlines() for p in line.split("|") if p.strip())
