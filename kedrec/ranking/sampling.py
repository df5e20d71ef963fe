"""Learns what treats what: samples pairs and fits the models fold by fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kedrec.ranking.adjacency import TREATS, Incidence
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.ensemble import Member, member_fits, side_by_side
from kedrec.ranking.features import FeatureMaker, at_pairs, features_of
from kedrec.ranking.folds import FOLDS, Regime, fold_of_drug, fold_table
from kedrec.ranking.metapaths import written

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.features import Feature
    from kedrec.ranking.metapaths import Metapath
    from kedrec.ranking.pair_similarity import Alike

__all__ = [
    "BLOCK",
    "TREATS",
    "Counted",
    "Sample",
    "allowed",
    "blocks",
    "draw_for",
    "fits",
    "known_treatments",
    "learn",
    "links_of",
    "of_pairs",
    "unseen",
]

BLOCK = 64
"""Diseases whose features are made at once, at most."""

_VALUES = 60_000_000  # made at once, at most: 240 MB

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


@dataclass(frozen=True)
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

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What each value of a pair is."""
        return features_of(self.paths, self.alike)

    def whole(self) -> FeatureMaker:
        """The features of the graph as it is."""
        return FeatureMaker(self.adjacency, self.paths, self.alike)

    def without(self, known: NDArray[np.bool_]) -> FeatureMaker:
        """The features of the graph with these treatments and no others, but for those that stay the same."""
        moving = [path for path in self.paths if path not in self._steady]
        return FeatureMaker(self.adjacency.replaced({TREATS: links_of(known)}), moving, self.alike)

    def places(self, features: Sequence[Feature]) -> list[int]:
        """The columns of some features."""
        places = {feature: place for place, feature in enumerate(self.features)}
        return [places[feature] for feature in features]

    def steady(self) -> tuple[PathCounter, list[Feature]]:
        """The metapaths that no treatment is part of: their counts are the same whatever is hidden."""
        paths = list(self._steady)
        names = {written(path) for path in paths}
        return PathCounter(self.adjacency, paths), [
            one for one in self.features if one.group == "metapath" and one.label in names
        ]

    @cached_property
    def _steady(self) -> dict[Metapath, None]:
        return {path: None for path in self.paths if all(hop.relation != TREATS[0] for hop in path)}


def known_treatments(adjacency: Adjacency) -> NDArray[np.bool_]:
    """Which pairs the graph states as treatments: drugs x diseases."""
    known = np.zeros((len(adjacency.ids("Drug")), len(adjacency.ids("Disease"))), bool)
    if adjacency.has(TREATS):
        links = adjacency.incidence(TREATS)
        known[np.repeat(np.arange(len(links.degrees)), links.degrees), links.indices] = True
    return known


def unseen(adjacency: Adjacency) -> NDArray[np.bool_]:
    """The diseases without a known treatment: one value a disease."""
    if not adjacency.has(TREATS):
        return np.ones(len(adjacency.ids("Disease")), bool)
    return np.asarray(adjacency.incidence(TREATS).back_degrees == 0)


def allowed(features: Sequence[Feature], regime: Regime) -> NDArray[np.bool_]:
    """Which features a regime may use."""
    return np.array([regime == "treated" or not one.of_disease for one in features])


def blocks(
    maker: FeatureMaker, diseases: NDArray[np.int64], progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """The features of all drugs and some diseases, block by block.

    Yields:
        The diseases, and diseases x drugs x features.
    """
    parts = _parted(diseases, len(maker.features), maker.drugs)

    def made(part: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.ascontiguousarray(maker.block(part).transpose(2, 1, 0))

    with ThreadPoolExecutor(1) as pool:  # the next block is made while one is used
        coming = pool.submit(made, parts[0]) if parts else None
        for done, part in enumerate(parts, 1):
            if progress is not None:
                progress(sum(map(len, parts[: done - 1])), len(diseases))
            assert coming is not None  # noqa: S101  # there is a part
            table = coming.result()
            coming = pool.submit(made, parts[done]) if done < len(parts) else None
            yield part, table


def of_pairs(
    maker: FeatureMaker,
    drugs: NDArray[np.int64],
    diseases: NDArray[np.int64],
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """The features of some pairs: pairs x features."""
    rows = np.empty((len(drugs), len(maker.features)), np.float32)

    def write(part: NDArray[np.int64]) -> None:
        at, places = _among(part, diseases)
        rows[at] = maker.pairs(part, drugs[at], places)

    parts = _parted(np.unique(diseases), len(maker.features), maker.drugs)
    side_by_side([partial(write, part) for part in parts], threads, progress)
    return rows


def _parted(diseases: NDArray[np.int64], features: int, drugs: int) -> list[NDArray[np.int64]]:
    """Diseases block by block."""
    size = min(max(_VALUES // max(features * drugs, 1), 1), BLOCK)
    return [diseases[begin : begin + size] for begin in range(0, len(diseases), size)]


def _among(
    part: NDArray[np.int64], diseases: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which pairs' diseases are in an ascending part, and where in it."""
    places = np.minimum(np.searchsorted(part, diseases), len(part) - 1)
    at = np.flatnonzero(part[places] == diseases)
    return at, places[at]


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
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> Sample:
    """The sample that a regime is learned from; its folds are those of `fold_table`.

    Every known treatment among the candidates and 25,000 of their other pairs, as if they were not known. A
    fold's pairs have the features of the graph without any of the fold's treatments. Were each pair's own
    treatment alone hidden, a treated pair's counts would be one less than its neighbours', and models would
    learn to tell that.

    `treated` has every pair twice: as a pair hidden among others, and as one of a drug that treats nothing,
    so that drugs without a known treatment are scored by what was learned of such. It leaves out the
    pairs of a disease whose every treatment is hidden with the fold: a candidate that seems to have none must
    have one in the fold, and models would learn to tell that, too.

    Args:
        regime: what is learned.
        graph: what is counted.
        known: the labels, drugs x diseases; the graph has no other treatments.
        candidates: which pairs may be drawn.
        seed: of the draw.
        threads: passes over the graph that run at once, at most.
        progress: called with the passes over the graph done, and how many there are.
    """
    folds = fold_table(known.shape, regime, seed)
    tables = [folds]
    if regime == "treated":
        by_drug = fold_of_drug(np.arange(known.shape[0]), seed).astype(np.int8)
        tables.append(np.broadcast_to(by_drug[:, None], known.shape))
    hidden: list[tuple[NDArray[np.int8], int]] = []
    pairs = []
    for place, table in enumerate(tables):
        of_disease, of_drug = np.nonzero(_drawn(known, candidates, seed + place).T)  # by disease
        of_pair = table[of_drug, of_disease]
        for fold in range(FOLDS):
            inside = of_pair == fold
            if regime == "treated":
                inside &= (known & (table != fold)).any(axis=0)[of_disease]
            hidden.append((table, fold))
            pairs.append(np.column_stack([of_disease[inside], of_drug[inside]]))
    ends = np.cumsum([0, *(len(some) for some in pairs)]).tolist()
    diseases, drugs = np.concatenate(pairs).T
    rows = np.zeros((len(drugs), len(graph.features)), np.float32)

    def write_steady() -> None:
        counter, features = graph.steady()
        columns = np.array(graph.places(features), np.int64)
        for part in _parted(np.unique(diseases), len(features), known.shape[0]):
            at, places = _among(part, diseases)
            counts = counter.counts(part)
            values = at_pairs(np.sqrt(counts, out=counts), drugs[at], places)
            rows[at[:, None], columns] = np.concatenate(values).T

    def write_moving(place: int) -> None:
        inside = slice(ends[place], ends[place + 1])
        table, fold = hidden[place]
        maker = graph.without(known & (table != fold))
        columns = np.array(graph.places(maker.features), np.int64)
        for part in _parted(np.unique(diseases[inside]), len(columns), known.shape[0]):
            at, places = _among(part, diseases[inside])
            rows[inside][at[:, None], columns] = maker.pairs(part, drugs[inside][at], places)

    calls: list[Callable[[], None]] = [write_steady]
    calls += [partial(write_moving, place) for place in range(len(pairs))]
    side_by_side(calls, threads, progress)
    labels = known[drugs, diseases].astype(np.int8)
    return Sample(labels, rows, folds[drugs, diseases].astype(np.int64))


def _drawn(known: NDArray[np.bool_], candidates: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """The pairs of a sample: drugs x diseases."""
    others = np.flatnonzero((~known & candidates).ravel())
    chosen = np.random.default_rng(seed).choice(others, min(_NEGATIVES, len(others)), replace=False)
    drawn = known & candidates
    drawn.ravel()[chosen] = True
    return drawn


def learn(
    sample: Sample,
    features: Sequence[Feature],
    chosen: NDArray[np.bool_],
    left_out: NDArray[np.bool_],
    *,
    seed: int,
    threads: int,
) -> list[Member]:
    """The models learned from a sample but for what is left out of it; arguments as of `fits`."""
    return side_by_side(fits(sample, features, chosen, left_out, seed=seed), threads)


def fits(
    sample: Sample,
    features: Sequence[Feature],
    chosen: NDArray[np.bool_],
    left_out: NDArray[np.bool_],
    *,
    seed: int,
) -> list[Callable[[], Member]]:
    """What learns each model from a sample but for what is left out of it.

    Args:
        sample: the pairs.
        features: what the columns are.
        chosen: which columns may be used.
        left_out: which pairs of the sample to leave out.
        seed: of the trees.
    """
    kept = ~left_out
    return member_fits(lambda: sample.rows[kept], sample.labels[kept], features, chosen, seed=seed)
