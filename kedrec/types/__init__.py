"""Public data types of answers and reports, all frozen. `--json` prints exactly these objects."""

from __future__ import annotations

from kedrec.types.answer import (
    SMALLER,
    Answer,
    AsOf,
    Coverage,
    DiseaseAnswer,
    EdgesAsOf,
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
from kedrec.types.reports import (
    CachedFolder,
    ListedModel,
    ListedSet,
    ListedSource,
    Listing,
    NullReport,
    RankingFile,
    RankingFit,
)
from kedrec.types.safety import (
    Badge,
    ClinicalStatus,
    ListedContraindications,
    OpposedMechanism,
    PredictedSideEffect,
    Safety,
    SideEffect,
)
from kedrec.types.texts import BACKGROUNDS, Background, TextSource, TextsUsed, TrialRecord

__all__ = [
    "BACKGROUNDS",
    "SMALLER",
    "Answer",
    "AsOf",
    "Background",
    "Badge",
    "CachedFolder",
    "Citation",
    "Claim",
    "ClinicalStatus",
    "ComparedMetapath",
    "ComparedPart",
    "Comparison",
    "Coverage",
    "DiseaseAnswer",
    "Edge",
    "EdgesAsOf",
    "Entity",
    "Evidence",
    "Link",
    "ListedContraindications",
    "ListedModel",
    "ListedSet",
    "ListedSource",
    "Listing",
    "Manifest",
    "NameMatch",
    "Node",
    "NullReport",
    "OpposedMechanism",
    "PassedOver",
    "Path",
    "PathStep",
    "PathTypeChance",
    "PredictedSideEffect",
    "RankingFile",
    "RankingFit",
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
