"""Public data types of questions' results, all frozen. `--json` prints exactly these objects."""

from __future__ import annotations

from kedrec.types.answer import (
    SMALLER,
    Answer,
    AsOf,
    Coverage,
    DiseaseAnswer,
    Manifest,
    PassedOver,
    PathTypeChance,
    Recommendation,
    ScorePart,
    Texts,
)
from kedrec.types.base import Stance
from kedrec.types.comparison import ComparedMetapath, ComparedPart, Comparison
from kedrec.types.graph import Edge, Entity, Evidence, Link, NameMatch, Node, Path, PathStep, Status, TakenFor
from kedrec.types.rationale import Citation, Claim, Rationale
from kedrec.types.safety import Badge, PredictedSideEffect, Safety, SideEffect
from kedrec.types.texts import BACKGROUNDS, Background, TextSource, TextsUsed, TrialRecord

__all__ = [
    "BACKGROUNDS",
    "SMALLER",
    "Answer",
    "AsOf",
    "Background",
    "Badge",
    "Citation",
    "Claim",
    "ComparedMetapath",
    "ComparedPart",
    "Comparison",
    "Coverage",
    "DiseaseAnswer",
    "Edge",
    "Entity",
    "Evidence",
    "Link",
    "Manifest",
    "NameMatch",
    "Node",
    "PassedOver",
    "Path",
    "PathStep",
    "PathTypeChance",
    "PredictedSideEffect",
    "Rationale",
    "Recommendation",
    "Safety",
    "ScorePart",
    "SideEffect",
    "Stance",
    "Status",
    "TakenFor",
    "TextSource",
    "Texts",
    "TextsUsed",
    "TrialRecord",
]
