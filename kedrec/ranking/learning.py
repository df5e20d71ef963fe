"""Learns what treats what: samples pairs, fits the models fold by fold, scores pairs they have not seen.

Two regimes: `treated` for pairs of a disease with other known treatments, which may use them; `unseen` for
diseases without, learned with every disease's own treatments hidden from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from kedrec.ranking.adjacency import Incidence
from kedrec.ranking.ensemble import Member, fit_members
from kedrec.ranking.features import FeatureMaker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.features import Feature
    from kedrec.ranking.metapaths import Metapath
    from kedrec.ranking.similarity import Alike

__all__ = [
    "BLOCK",
    "FOLDS",
    "REGIMES",
    "TREATS",
    "Counted",
    "Regime",
    "Sample",
    "allowed",
    "blocks",
    "draw",
    "draw_for",
    "fold_of_disease",
    "fold_of_pair",
    "fold_table",
    "known_treatments",
    "learn",
    "links_of",
]

Regime = Literal["treated", "unseen"]
TREATS = ("TREATS", "Drug", "Disease")
REGIMES: tuple[Regime, ...] = ("treated", "unseen")
FOLDS = 5
BLOCK = 64
"""Diseases whose features are made at once: 150 MB on Hetionet."""

_NEGATIVES = 25_000  # pairs without a known treatment in a sample


class Sample(NamedTuple):
    """Some labelled pairs with their features.

    Attributes:
        labels: 1 for a known treatment, else 0; one a pair.
        rows: pairs x features.
        folds: the fold of each pair.
    """

    labels: NDArray[np.int8]
    rows: NDArray[np.float32]
    folds: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counted:
    """A graph and what is counted in it.

    Attributes:
        adjacency: the graph.
        paths: the metapaths counted.
        alike: how alike its drugs and diseases are.
    """

    adjacency: Adjacency
    paths: Sequence[Metapath]
    alike: Alike

    def without(self, known: NDArray[np.bool_]) -> FeatureMaker:
        """The features of the graph with these treatments and no others."""
        return FeatureMaker(self.adjacency.replaced({TREATS: links_of(known)}), self.paths, self.alike)

    def whole(self) -> FeatureMaker:
        """The features of the graph as it is."""
        return FeatureMaker(self.adjacency, self.paths, self.alike)


def known_treatments(adjacency: Adjacency) -> NDArray[np.bool_]:
    """Which pairs the graph states as treatments: drugs x diseases."""
    known = np.zeros((len(adjacency.ids("Drug")), len(adjacency.ids("Disease"))), bool)
    if adjacency.has(TREATS):
        links = adjacency.incidence(TREATS)
        known[np.repeat(np.arange(len(links.degrees)), links.degrees), links.indices] = True
    return known


def fold_of_pair(drugs: NDArray[Any], diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each pair, drawn by its numbers: the same wherever it is asked for."""
    mixed = drugs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (diseases.astype(np.uint64) + np.uint64(seed))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    return ((mixed >> np.uint64(33)) % np.uint64(FOLDS)).astype(np.int64)


def fold_table(shape: tuple[int, int], regime: Regime, seed: int) -> NDArray[np.int64]:
    """The fold of every pair in a regime: drugs x diseases."""
    if regime == "unseen":
        return np.repeat(fold_of_disease(np.arange(shape[1]), seed)[None, :], shape[0], axis=0)
    drugs, diseases = np.indices(shape)
    return fold_of_pair(drugs, diseases, seed)


def fold_of_drug(drugs: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each drug."""
    return fold_of_pair(drugs, np.zeros_like(drugs), seed + 2)


def fold_of_disease(diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each disease."""
    return fold_of_pair(np.zeros_like(diseases), diseases, seed + 1)


def allowed(features: Sequence[Feature], regime: Regime) -> NDArray[np.bool_]:
    """Which features a regime may use."""
    return np.array([regime == "treated" or not one.of_disease for one in features])


def blocks(
    maker: FeatureMaker, diseases: NDArray[np.int64], told: Callable[[int], None] | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """The features of all drugs and some diseases, block by block.

    Yields:
        The diseases, and diseases x drugs x features.
    """
    for begin in range(0, len(diseases), BLOCK):
        if told is not None:
            told(begin)
        part = diseases[begin : begin + BLOCK]
        yield part, np.ascontiguousarray(maker.block(part).transpose(2, 1, 0))


def links_of(known: NDArray[np.bool_]) -> Incidence:
    """Pairs as links, seen from both ends."""
    from scipy.sparse import csr_array

    ahead, back = csr_array(known), csr_array(known.T)
    return Incidence(
        ahead.indptr.astype(np.int64),
        ahead.indices.astype(np.int32),
        back.indptr.astype(np.int64),
        back.indices.astype(np.int32),
    )


def draw_for(
    regime: Regime,
    graph: Counted,
    known: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    *,
    seed: int,
    told: Callable[[int], None] | None = None,
) -> Sample:
    """The sample that a regime is learned from; its folds are those of `fold_table`.

    `treated` has every pair twice: as a pair hidden among others, and as one of a drug that treats nothing,
    so that drugs without a known treatment are scored by what was learned of such.
    """
    folds = fold_table(known.shape, regime, seed)
    first = draw(graph, known, candidates, folds, folds, seed=seed, told=told)
    if regime == "unseen":
        return first
    by_drug = np.repeat(fold_of_drug(np.arange(known.shape[0]), seed)[:, None], known.shape[1], axis=1)
    second = draw(graph, known, candidates, by_drug, folds, seed=seed + 1, told=told)
    return _joined([first, second])


def draw(
    graph: Counted,
    known: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    hidden_by: NDArray[np.int64],
    folds: NDArray[np.int64],
    *,
    seed: int,
    told: Callable[[int], None] | None = None,
) -> Sample:
    """Every known treatment among the candidates and 25,000 of their other pairs, as if they were not known.

    A fold's pairs have the features of the graph without any of the fold's treatments. Were each pair's own
    treatment alone hidden, a treated pair's counts would be one less than its neighbours', and models would
    learn to tell that.

    Args:
        graph: what is counted.
        known: the labels, drugs x diseases; the graph has no other treatments.
        candidates: which pairs may be drawn.
        hidden_by: which pairs are hidden together, drugs x diseases, 0 to 4.
        folds: the fold that each pair is marked with, drugs x diseases.
        seed: of the draw.
        told: called with the folds done.
    """
    others = np.flatnonzero((~known & candidates).ravel())
    chosen = np.random.default_rng(seed).choice(others, min(_NEGATIVES, len(others)), replace=False)
    drawn = known & candidates
    drawn.ravel()[chosen] = True
    parts = []
    for fold in range(FOLDS):
        if told is not None:
            told(fold)
        hidden = hidden_by == fold
        pairs = np.argwhere((drawn & hidden).T)  # by disease
        maker = graph.without(known & ~hidden)
        rows = np.zeros((len(pairs), len(maker.features)), np.float32)
        wanted = np.unique(pairs[:, 0])
        for begin in range(0, len(wanted), BLOCK):
            part = wanted[begin : begin + BLOCK]
            first, last = np.searchsorted(pairs[:, 0], [part[0], part[-1] + 1])
            places = np.searchsorted(part, pairs[first:last, 0])
            rows[first:last] = maker.block(part)[:, pairs[first:last, 1], places].T
        labels = known[pairs[:, 1], pairs[:, 0]].astype(np.int8)
        parts.append(Sample(labels, rows, folds[pairs[:, 1], pairs[:, 0]]))
    return _joined(parts)


def _joined(parts: Sequence[Sample]) -> Sample:
    return Sample(
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.folds for part in parts]),
    )


def learn(
    sample: Sample,
    features: Sequence[Feature],
    chosen: NDArray[np.bool_],
    left_out: NDArray[np.bool_],
    *,
    seed: int,
) -> list[Member]:
    """The models learned from a sample but for what is left out of it.

    Args:
        sample: the pairs.
        features: what the columns are.
        chosen: which columns may be used.
        left_out: which pairs of the sample to leave out.
        seed: of the trees.
    """
    kept = ~left_out
    return fit_members(sample.rows[kept], sample.labels[kept], features, chosen, seed=seed)
