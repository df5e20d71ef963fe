"""Types of ranked pairs without evidence, and of the description of a graph."""

from __future__ import annotations

from typing import Any

from kedrec.types.base import Frozen, Probability
from kedrec.types.graph import Entity, TakenFor

__all__ = ["KindOfNode", "Metadata", "PathType", "RankedPair", "RankedPairs", "RelationOfGraph"]


class RankedPair(Frozen):
    """The score of one drug for one disease, without evidence.

    Attributes:
        rank: the drug's rank among all drugs for the disease, from 1.
        score, probability, low, high, prior, drug_percentile, disease_percentile, unseen, known: as of
            `Recommendation`.
    """

    rank: int
    drug: Entity
    disease: Entity
    score: float
    probability: Probability | None
    low: Probability | None = None
    high: Probability | None = None
    prior: Probability | None = None
    drug_percentile: float | None = None
    disease_percentile: float | None = None
    unseen: bool = False
    known: tuple[str, ...] = ()


class RankedPairs(Frozen):
    """The best drugs, or some drugs, for each of some diseases.

    Attributes:
        pairs: by disease in the order of the question, best first.
        candidates: number of drugs that were ranked for each disease.
        ranking: as in `Manifest`.
        fingerprint: fingerprint of the graph.
        taken_for: entities that queried names were resolved to under another name.
    """

    pairs: tuple[RankedPair, ...]
    candidates: int
    ranking: str
    fingerprint: str
    taken_for: tuple[TakenFor, ...] = ()


class KindOfNode(Frozen):
    """A kind of node: its noun, its id prefixes (preferred first), and its number of nodes."""

    name: str
    noun: str
    prefixes: tuple[str, ...]
    nodes: int


class RelationOfGraph(Frozen):
    """A relation between nodes.

    Attributes:
        phrase: "START phrase END" is a sentence.
        inverse: "END inverse START" is the same sentence.
        sign: direction of the effect of more START on END: +1, -1 or 0.
        pairs: kinds that it leads from and to.
        edges: number of edges by source.
    """

    name: str
    phrase: str
    inverse: str
    sign: int
    symmetric: bool
    actions: tuple[str, ...]
    role: str
    pairs: tuple[tuple[str, str], ...]
    edges: dict[str, int]


class PathType(Frozen):
    """A type of path that is searched for.

    Attributes:
        stance: `supports`, or `adverse` for a warning.
    """

    name: str
    metapath: str
    stance: str


class Metadata(Frozen):
    """The base of answers: a graph's content and schema, its path types, a model.

    Attributes:
        kedrec: version of KEDRec.
        engine: the graph database.
        fingerprint: fingerprint of the visible graph.
        sources: the loader's stored state of each loaded source: version, date, licence, counts.
        licences: number of edges by licence.
        overlays: visible private overlays.
        as_of: the last visible year; None: any year.
        lacks: the part that the graph lacks for a ranking, as a sentence; otherwise "".
        model: name of the language model.
        model_ready: True if it can be asked; an endpoint isn't tried.
    """

    kedrec: str
    engine: str
    fingerprint: str
    schema_version: int
    kinds: tuple[KindOfNode, ...]
    relations: tuple[RelationOfGraph, ...]
    path_types: tuple[PathType, ...]
    sources: dict[str, dict[str, Any]]
    licences: dict[str, int]
    overlays: tuple[str, ...] = ()
    as_of: int | None = None
    lacks: str = ""
    model: str
    model_ready: bool
