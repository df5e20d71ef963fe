"""Learns what treats what: samples pairs, fits the models fold by fold, scores pairs they have not seen.

Two regimes: `treated` for pairs of a disease with other known treatments, which may use them; `unseen` for
diseases without, learned with every disease's own treatments hidden from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kedrec.ranking.ensemble import Member, fit_members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.features import Feature, FeatureMaker

__all__ = [
    "BLOCK",
    "FOLDS",
    "REGIMES",
    "Regime",
    "Sample",
    "allowed",
    "blocks",
    "draw",
    "fold_of_disease",
    "fold_of_pair",
    "known_treatments",
    "learn",
]

Regime = Literal["treated", "unseen"]
REGIMES: tuple[Regime, ...] = ("treated", "unseen")
FOLDS = 5
BLOCK = 64
"""Diseases whose features are made at once: 150 MB on Hetionet."""

_NEGATIVES = 25_000  # pairs without a known treatment in a sample


class Sample:
    """Some labelled pairs with their features.

    Attributes:
        drugs, diseases: numbers, one a pair.
        labels: 1 for a known treatment, else 0.
        rows: pairs x features.
    """

    def __init__(
        self,
        drugs: NDArray[np.int64],
        diseases: NDArray[np.int64],
        labels: NDArray[np.int8],
        rows: NDArray[np.float32],
    ) -> None:
        self.drugs, self.diseases, self.labels, self.rows = drugs, diseases, labels, rows


def known_treatments(adjacency: Adjacency) -> NDArray[np.bool_]:
    """Which pairs the graph states as treatments: drugs x diseases."""
    known = np.zeros((len(adjacency.ids("Drug")), len(adjacency.ids("Disease"))), bool)
    table = ("TREATS", "Drug", "Disease")
    if adjacency.has(table):
        links = adjacency.incidence(table)
        known[np.repeat(np.arange(len(links.degrees)), links.degrees), links.indices] = True
    return known


def fold_of_pair(drugs: NDArray[Any], diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each pair, drawn by its numbers: the same wherever it is asked for."""
    mixed = drugs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (diseases.astype(np.uint64) + np.uint64(seed))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    return ((mixed >> np.uint64(33)) % np.uint64(FOLDS)).astype(np.int64)


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


def draw(
    maker: FeatureMaker,
    known: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    seed: int,
    told: Callable[[int], None] | None = None,
) -> Sample:
    """Every known treatment among the candidates, and 25,000 of their other pairs.

    Args:
        maker: of the features.
        known: the labels, drugs x diseases.
        candidates: which pairs may be drawn.
        seed: of the draw.
        told: called with the diseases done.
    """
    treated = np.argwhere((known & candidates).T)
    others = np.flatnonzero((~known & candidates).T.ravel())
    chosen = np.sort(np.random.default_rng(seed).choice(others, min(_NEGATIVES, len(others)), replace=False))
    pairs = np.concatenate([treated, np.column_stack(np.divmod(chosen, known.shape[0]))])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    rows = np.zeros((len(pairs), len(maker.features)), np.float32)
    for part, table in blocks(maker, np.unique(pairs[:, 0]), told):
        begin, end = np.searchsorted(pairs[:, 0], [part[0], part[-1] + 1])
        places = np.searchsorted(part, pairs[begin:end, 0])
        rows[begin:end] = table[places, pairs[begin:end, 1]]
    labels = known[pairs[:, 1], pairs[:, 0]].astype(np.int8)
    return Sample(pairs[:, 1], pairs[:, 0], labels, rows)


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
