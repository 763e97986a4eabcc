"""Rule packs: what a market's law, guidelines and platforms say of a text, as data that are checked when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent import KolonyError

FOLDER = Path(__file__).parent / "packs"
MARKETS = ("cn", "us", "uk", "eu")
Severity = Literal["block", "warn", "info"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", ignored_types=(cached_property,))


class Words(_Data):
    """The same in both languages of the interface."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    def of(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class Source(_Data):
    """The law, guideline or platform rule behind a rule."""

    title: str = Field(min_length=1)
    url: str = ""
    dated: date | None = Field(None, description="of the text, or since when it holds")


class Exemption(_Data):
    """What makes a hit acceptable. The hit is still reported, with ``why``."""

    find: str
    where: Literal["span", "sentence"] = Field(
        "sentence", description="span: the match must cover the hit; sentence: it stands in its sentence"
    )
    unless: str = Field("", description="in the sentence, this undoes the exemption")
    needs: str = Field("", description="this must stand in the sentence or just behind it as well")
    silences: bool = Field(False, description="also keeps the classifier of claims from warning of these words (likely.py)")
    why: Words


class Rule(_Data):
    """Words that need care."""

    id: str = Field(pattern=r"^[a-z0-9_.\-]+$")
    family: str = Field(min_length=1)
    severity: Severity
    find: list[str] = Field(min_length=1, description="regular expressions over the text as read (see reading.py)")
    never: list[str] = Field(default_factory=list, description="a match of these that covers the hit makes it none")
    unless: str = Field("", description="no hit where this stands in the sentence")
    exempt: list[str] = Field(default_factory=list, description="ids of the pack's exemptions")
    facts: bool = Field(False, description="the same words among the given facts lift the hit")
    needs_support: bool = Field(
        False, description="a claim that may well be true: without facts to hold it against it is no more than a note"
    )
    sponsored: bool = Field(False, description="only of texts that are paid for")
    why: Words
    suggestion: Words
    sources: list[str] = Field(min_length=1, description="ids of the pack's sources")


class Disclosure(_Data):
    """How a paid partnership is made clear in a market."""

    clear: list[str]
    unclear: list[str]
    denied: list[str] = Field(default_factory=list, description="words that deny a partnership and hold words of `clear`")
    within: int = Field(description="characters within which it must stand")
    stacked: int = Field(4, description="a hashtag behind others in a row of this many or more is not seen")
    statutory: str = Field("", description="the word that must stand there once there is a way to buy")
    buying: list[str] = Field(default_factory=list)
    label: Words
    platforms: dict[str, Words] = Field(default_factory=dict)
    sources: list[str]


class RulePack(_Data):
    """Rules of one market (``all``: of every market)."""

    market: str = Field(pattern=r"^[a-z]{2,10}$")
    name: str
    dated: date = Field(description="when it was last checked against its sources")
    sources: dict[str, Source]
    words: dict[str, str] = Field(default_factory=dict, description="name to alternatives; `<name>` in an expression stands for them")
    substitutes: list[tuple[str, str]] = Field(default_factory=list, description="(expression, what it is written for)")
    exemptions: dict[str, Exemption] = Field(default_factory=dict)
    disclosure: Disclosure | None = None
    rules: list[Rule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> RulePack:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"two rules are called {rule.id!r}")
            seen.add(rule.id)
            if missing := [s for s in rule.sources if s not in self.sources]:
                raise ValueError(f"rule {rule.id!r} names the source {missing[0]!r}, which `sources` does not hold")
            if missing := [e for e in rule.exempt if e not in self.exemptions]:
                raise ValueError(f"rule {rule.id!r} names the exemption {missing[0]!r}, which `exemptions` does not hold")
            for pattern in (*rule.find, *rule.never, *filter(None, [rule.unless])):
                self.compiled(pattern, f"rule {rule.id!r}")
        for id, exemption in self.exemptions.items():
            for pattern in filter(None, (exemption.find, exemption.unless, exemption.needs)):
                self.compiled(pattern, f"exemption {id!r}")
        for old, _ in self.substitutes:
            self.compiled(old, "substitutes")
        if d := self.disclosure:
            for pattern in (*d.clear, *d.unclear, *d.denied, *d.buying):
                self.compiled(pattern, "disclosure")
            if missing := [s for s in d.sources if s not in self.sources]:
                raise ValueError(f"disclosure names the source {missing[0]!r}, which `sources` does not hold")
        return self

    def compiled(self, pattern: str, where: str = "") -> regex.Pattern[str]:
        """The expression with ``<name>`` filled in.

        Raises:
            ValueError: it is none, or matches nothing at all everywhere.
        """
        try:
            made = _compile(pattern, tuple(sorted(self.words.items())))
        except (regex.error, KeyError) as e:
            raise ValueError(f"{where}: {pattern!r} is no regular expression: {e}") from e
        if made.match(""):
            raise ValueError(f"{where}: {pattern!r} matches the empty text")
        return made

    def any_of(self, patterns: Sequence[str]) -> regex.Pattern[str]:
        return self.compiled("|".join(f"(?:{p})" for p in patterns))

    def source(self, ids: Sequence[str], language: str = "en") -> str:
        return "; ".join(self.sources[i].title for i in ids)


@cache
def _compile(pattern: str, words: tuple[tuple[str, str], ...]) -> regex.Pattern[str]:
    named = dict(words)
    for _ in range(3):
        pattern = regex.sub(r"(?<![?P(])<([a-z_]+)>", lambda m: f"(?:{named[m[1]]})", pattern)
    return regex.compile(pattern, regex.IGNORECASE)


def _with_likes(data: Any) -> Any:
    """``data`` with every rule that is `like` a built-in one completed from it; what the rule says itself holds."""
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        return data
    data = {**data, "words": dict(data.get("words") or {}), "exemptions": dict(data.get("exemptions") or {})}
    rules = []
    for rule in data["rules"]:
        if isinstance(rule, dict) and "like" in rule:
            rule = dict(rule)
            wanted, more = str(rule.pop("like")), rule.pop("add_exempt", [])
            base = next((b for b in _raw() if any(r["id"] == wanted for r in b["rules"])), None)
            if base is None:
                raise KolonyError(f"A rule is to be like {wanted!r}, which no built-in pack holds.", hint=HINT)
            model = next(r for r in base["rules"] if r["id"] == wanted)
            rule = {**model, **rule, "exempt": [*model.get("exempt", []), *more]}
            data["words"] = {**base.get("words", {}), **data["words"]}
            data["exemptions"] = {**{e: base["exemptions"][e] for e in model.get("exempt", [])}, **data["exemptions"]}
        rules.append(rule)
    return {**data, "rules": rules}


@cache
def _raw() -> tuple[dict[str, Any], ...]:
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml")))
    return tuple(f for f in files if not any("like" in r for r in f["rules"]))


def load_pack(given: RulePack | dict[str, Any] | str | Path, origin: str = "") -> RulePack:
    """A pack from itself, its data, or a YAML file.

    Raises:
        KolonyError: it cannot be used; says what is wrong with which rule.
    """
    if isinstance(given, RulePack):
        return given
    name = origin or (str(given) if isinstance(given, str | Path) else "a rule pack")
    try:
        data = yaml.safe_load(Path(given).read_text(encoding="utf-8")) if isinstance(given, str | Path) else given
        return RulePack.model_validate(_with_likes(data))
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise KolonyError(f"The rule pack {name} cannot be used: {where + ': ' if where else ''}{first['msg']}.", hint=HINT) from e
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise KolonyError(f"The rule pack {name} cannot be read: {' '.join(str(e).split())}.", hint=HINT) from e


HINT = "docs/plugins.md shows a whole pack under register_rule_packs."


@cache
def _built_in() -> tuple[RulePack, ...]:
    return tuple(load_pack(path) for path in sorted(FOLDER.glob("*.yaml")))


def packs_for(market: str, extra: Iterable[Any] = ()) -> list[RulePack]:
    """The packs that hold in a market: those of all markets, the built-in one, and those that plugins add.

    Raises:
        KolonyError: no pack is for that market, or one of ``extra`` cannot be used.
    """
    known = [*_built_in(), *(load_pack(p) for p in extra)]
    if market not in {p.market for p in known}:
        names = ", ".join(sorted({p.market for p in known} - {"all"}))
        raise KolonyError(f"There are no rules for the market {market!r}.", hint=f"Choose one of {names}.")
    return [p for p in known if p.market in (market, "all")]
