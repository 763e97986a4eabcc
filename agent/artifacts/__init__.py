"""What tools exchange. Each artifact carries its evidence: ids of the posts and creators that it rests on.

Money is in the unit of its ``currency`` (yuan, dollars), never in cents. Shares and rates are fractions of one.
"""

from __future__ import annotations

from .base import Artifact, DraftForm, Interval, Model, Money, PostFormat, QuoteOf, Reference, Share
from .brief import Audience, Brief, Flight, Gender, Objective, Question
from .content import AdText, Citation, CommentReply, ContentReview, Draft, DraftReview, DraftSet, Finding, Reply, Section, Shot
from .creators import Authenticity, Candidate, Conflict, SafetyFlag, ScorePart, Shortlist, Signal, SponsoredWork
from .forecast import CreatorForecast, Forecast
from .outcome import Attribution, ChannelShare, CreatorOutcome, Effect, EffectPoint, Outcome, PlaceboTest, Range90
from .people import AspectSentiment, EmotionShare, Persona, PersonaSet, Polarity, SentimentPoint, SentimentReport, Voiced, VoiceShare
from .slate import CurvePoint, Pick, Replacement, Slate
from .steps import RunStatus, StepCost, StepResult, StepStatus

__all__ = [
    "AdText",
    "Artifact",
    "AspectSentiment",
    "Attribution",
    "Audience",
    "Authenticity",
    "Brief",
    "Candidate",
    "ChannelShare",
    "Citation",
    "CommentReply",
    "Conflict",
    "ContentReview",
    "CreatorForecast",
    "CreatorOutcome",
    "CurvePoint",
    "Draft",
    "DraftForm",
    "DraftReview",
    "DraftSet",
    "Effect",
    "EffectPoint",
    "EmotionShare",
    "Finding",
    "Flight",
    "Forecast",
    "Gender",
    "Interval",
    "Model",
    "Money",
    "Objective",
    "Outcome",
    "Persona",
    "PersonaSet",
    "Pick",
    "PlaceboTest",
    "Polarity",
    "PostFormat",
    "Question",
    "QuoteOf",
    "Range90",
    "Reference",
    "Replacement",
    "Reply",
    "RunStatus",
    "SafetyFlag",
    "ScorePart",
    "Section",
    "SentimentPoint",
    "SentimentReport",
    "Share",
    "Shortlist",
    "Shot",
    "Signal",
    "Slate",
    "SponsoredWork",
    "StepCost",
    "StepResult",
    "StepStatus",
    "VoiceShare",
    "Voiced",
]
