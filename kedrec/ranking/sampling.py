"""Draws the sample of pairs that the models learn from, with features free of the hidden fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.clusters import cluster_by_similarity
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.ensemble import Member, member_fits, run_in_threads
from kedrec.ranking.features import FeatureMaker, at_pairs, features_of
from kedrec.ranking.folds import FOLDS, Regime, fold_of_drug, fold_of_group, fold_table
from kedrec.ranking.metapaths import metapath_text
from kedrec.ranking.xswap import compress_links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.features import Feature
    from kedrec.ranking.metapaths import Metapath
    from kedrec.ranking.pair_similarity import PairSimilarity

__all__ = [
    "BLOCK",
    "MAX_BLOCK_VALUES",
    "MAX_NEGATIVES",
    "TREATS",
    "CountedGraph",
    "Sample",
    "allowed_features",
    "draw_sample",
    "feature_blocks",
    "fit_models",
    "known_treatments",
    "model_fits",
    "pair_features",
    "treated_diseases",
    "treatments_only",
    "untreated_diseases",
]

BLOCK = 64
"""Maximum number of diseases whose features are computed at once."""

MAX_BLOCK_VALUES = 60_000_000
"""Maximum number of feature values computed at once: 240 MB."""

MAX_NEGATIVES = 25_000
"""Pairs without a known treatment that a sample has for each way of hiding."""


class Sample(NamedTuple):
    """Labelled pairs with their features.

    Attributes:
        labels: 1 for a known treatment, else 0; one per pair.
        rows: pairs x features.
        folds: the fold of each pair.
    """

    labels: NDArray[np.int8]
    rows: NDArray[np.float32]
    folds: NDArray[np.int64]


@dataclass(frozen=True)
class CountedGraph:
    """A graph with the metapaths to count and its similarities.

    Attributes:
        adjacency: the graph.
        paths: the metapaths to count.
        pair_similarity: similarities of its drugs and diseases.
    """

    adjacency: Adjacency
    paths: Sequence[Metapath]
    pair_similarity: PairSimilarity

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features of a pair, in order."""
        return features_of(self.paths, self.pair_similarity)

    def full_features(self) -> FeatureMaker:
        """Computes features of the unchanged graph."""
        return FeatureMaker(self.adjacency, self.paths, self.pair_similarity)

    def features_given(self, known: NDArray[np.bool_], diseases: NDArray[np.int64]) -> FeatureMaker:
        """Computes features of the graph with only these treatments, except `treatment_free_counts`.

        Args:
            known: mask of the treatments: drugs x these diseases.
            diseases: numbers of the diseases.
        """
        changing = [path for path in self.paths if path not in self._treatment_free_paths]
        masked = treatments_only(self.adjacency, known, diseases)
        return FeatureMaker(masked, changing, self.pair_similarity)

    def columns(self, features: Sequence[Feature]) -> list[int]:
        """The column indices of some features."""
        columns = {feature: column for column, feature in enumerate(self.features)}
        return [columns[feature] for feature in features]

    def treatment_free_counts(self) -> tuple[PathCounter, list[Feature]]:
        """A counter and the features of metapaths without treatments: the same whatever is hidden."""
        paths = list(self._treatment_free_paths)
        labels = {metapath_text(path) for path in paths}
        return PathCounter(self.adjacency, paths), [
            feature for feature in self.features if feature.group == "metapath" and feature.label in labels
        ]

    @cached_property
    def _treatment_free_paths(self) -> dict[Metapath, None]:
        return {path: None for path in self.paths if all(hop.relation != TREATS[0] for hop in path)}


def known_treatments(adjacency: Adjacency, diseases: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mask of the pairs that the graph states as treatments: drugs x some diseases (ascending numbers)."""
    known = np.zeros((len(adjacency.ids("Drug")), len(diseases)), bool)
    if adjacency.has_table(TREATS) and len(diseases):
        links = adjacency.incidence(TREATS)
        drugs = np.repeat(np.arange(len(links.degrees)), links.degrees)
        columns = np.minimum(np.searchsorted(diseases, links.indices), len(diseases) - 1)
        inside = diseases[columns] == links.indices
        known[drugs[inside], columns[inside]] = True
    return known


def treated_diseases(adjacency: Adjacency) -> NDArray[np.int64]:
    """Numbers of the diseases with a known treatment, ascending."""
    return np.flatnonzero(~untreated_diseases(adjacency))


def treatments_only(adjacency: Adjacency, known: NDArray[np.bool_], diseases: NDArray[np.int64]) -> Adjacency:
    """The graph with only some treatments: a mask, drugs x the given diseases (their numbers)."""
    drugs, columns = np.nonzero(known)
    shape = (known.shape[0], len(adjacency.ids("Disease")))
    return adjacency.with_links({TREATS: compress_links(drugs, diseases[columns], shape)})


def untreated_diseases(adjacency: Adjacency) -> NDArray[np.bool_]:
    """Mask of the diseases without a known treatment: one value per disease."""
    if not adjacency.has_table(TREATS):
        return np.ones(len(adjacency.ids("Disease")), bool)
    return np.asarray(adjacency.incidence(TREATS).back_degrees == 0)


def allowed_features(features: Sequence[Feature], regime: Regime) -> NDArray[np.bool_]:
    """Mask of the features that a regime may use."""
    return np.array([regime == "treated" or not feature.of_disease for feature in features])


def feature_blocks(
    maker: FeatureMaker, diseases: NDArray[np.int64], progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yields the features of all drugs and some diseases, block by block.

    Yields:
        The diseases, and diseases x drugs x features.
    """
    parts = _disease_blocks(diseases, len(maker.features), maker.drugs)

    def compute(part: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.ascontiguousarray(maker.block(part).transpose(2, 1, 0))

    with ThreadPoolExecutor(1) as pool:  # the next block is computed while one is used
        next_table = pool.submit(compute, parts[0]) if parts else None
        for done, part in enumerate(parts, 1):
            if progress is not None:
                progress(sum(map(len, parts[: done - 1])), len(diseases))
            assert next_table is not None  # noqa: S101  # there is a part
            table = next_table.result()
            next_table = pool.submit(compute, parts[done]) if done < len(parts) else None
            yield part, table


def pair_features(
    maker: FeatureMaker,
    drugs: NDArray[np.int64],
    diseases: NDArray[np.int64],
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Computes the features of some pairs: pairs x features."""
    rows = np.empty((len(drugs), len(maker.features)), np.float32)

    def write(part: NDArray[np.int64]) -> None:
        selected, columns = _pairs_within(part, diseases)
        rows[selected] = maker.pairs(part, drugs[selected], columns)

    parts = _disease_blocks(np.unique(diseases), len(maker.features), maker.drugs)
    run_in_threads([partial(write, part) for part in parts], threads, progress)
    return rows


def _disease_blocks(diseases: NDArray[np.int64], features: int, drugs: int) -> list[NDArray[np.int64]]:
    """Splits diseases into blocks whose features fit in memory."""
    size = min(max(MAX_BLOCK_VALUES // max(features * drugs, 1), 1), BLOCK)
    return [diseases[begin : begin + size] for begin in range(0, len(diseases), size)]


def _pairs_within(
    part: NDArray[np.int64], diseases: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the pairs whose diseases are in an ascending part, and the indices of these within it."""
    positions = np.minimum(np.searchsorted(part, diseases), len(part) - 1)
    selected = np.flatnonzero(part[positions] == diseases)
    return selected, positions[selected]


def draw_sample(
    regime: Regime,
    graph: CountedGraph,
    known: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    diseases: NDArray[np.int64],
    *,
    seed: int,
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> Sample:
    """Draws the sample that a regime is learned from; its folds are those of `fold_table`.

    It has every known treatment among the candidates twice, and twice 25,000 of their other pairs. A fold's
    pairs have the features of the graph without any of the fold's treatments. Were each pair's own treatment
    alone hidden, a treated pair's counts would be one less than its neighbours', and models would learn that
    difference.

    `treated` has pairs hidden with their fold of pairs, and with their fold of drugs as those of a drug that
    treats nothing, so that drugs without a known treatment are scored by what was learned from such. It
    excludes the pairs of a disease whose every treatment is hidden with the fold: a candidate that seems to
    have none must have one in the fold, and models would learn that, too.

    `unseen` has pairs hidden with their fold of diseases, and with a fold of whole groups of similar
    diseases: once the treatments of most relatives are in sight, and once none are, as for a disease of a
    branch of medicine in which nothing is treated.

    Args:
        regime: the regime.
        graph: the graph with what to count.
        known: the labels, drugs x diseases; the graph has no other treatments.
        candidates: mask of the pairs that may be drawn, drugs x diseases.
        diseases: numbers of the diseases, ascending.
        seed: of the draw.
        threads: maximum number of passes over the graph at once.
        progress: called with the number of passes over the graph done and of all.
    """
    folds = fold_table(known.shape[0], diseases, regime, seed)
    second = (
        fold_of_drug(np.arange(known.shape[0]), seed)[:, None]
        if regime == "treated"
        else fold_of_group(cluster_by_similarity(graph.pair_similarity.diseases, diseases), FOLDS)[None, :]
    )
    tables = [folds, np.broadcast_to(second.astype(np.int8), known.shape)]
    hidden: list[tuple[NDArray[np.int8], int]] = []
    pairs = []
    for index, table in enumerate(tables):
        of_disease, of_drug = np.nonzero(_sample_mask(known, candidates, seed + index).T)  # by disease
        of_pair = table[of_drug, of_disease]
        for fold in range(FOLDS):
            inside = of_pair == fold
            if regime == "treated":
                inside &= (known & (table != fold)).any(axis=0)[of_disease]
            hidden.append((table, fold))
            pairs.append(np.column_stack([of_disease[inside], of_drug[inside]]))
    ends = np.cumsum([0, *(len(group) for group in pairs)]).tolist()
    columns_of_pairs, drugs = np.concatenate(pairs).T
    disease_numbers = diseases[columns_of_pairs]
    rows = np.zeros((len(drugs), len(graph.features)), np.float32)

    def write_treatment_free() -> None:
        counter, features = graph.treatment_free_counts()
        columns = np.array(graph.columns(features), np.int64)
        for part in _disease_blocks(np.unique(disease_numbers), len(features), known.shape[0]):
            selected, positions = _pairs_within(part, disease_numbers)
            counts = counter.counts(part)
            values = at_pairs(np.sqrt(counts, out=counts), drugs[selected], positions)
            rows[selected[:, None], columns] = np.concatenate(values).T

    def write_changing(index: int) -> None:
        inside = slice(ends[index], ends[index + 1])
        table, fold = hidden[index]
        maker = graph.features_given(known & (table != fold), diseases)
        columns = np.array(graph.columns(maker.features), np.int64)
        for part in _disease_blocks(np.unique(disease_numbers[inside]), len(columns), known.shape[0]):
            selected, positions = _pairs_within(part, disease_numbers[inside])
            rows[inside][selected[:, None], columns] = maker.pairs(part, drugs[inside][selected], positions)

    calls: list[Callable[[], None]] = [write_treatment_free]
    calls += [partial(write_changing, index) for index in range(len(pairs))]
    run_in_threads(calls, threads, progress)
    labels = known[drugs, columns_of_pairs].astype(np.int8)
    return Sample(labels, rows, folds[drugs, columns_of_pairs].astype(np.int64))


def _sample_mask(known: NDArray[np.bool_], candidates: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Mask of the pairs of a sample: drugs x diseases."""
    negatives = np.flatnonzero((~known & candidates).ravel())
    chosen = np.random.default_rng(seed).choice(negatives, min(MAX_NEGATIVES, len(negatives)), replace=False)
    mask = known & candidates
    mask.ravel()[chosen] = True
    return mask


def fit_models(
    sample: Sample,
    features: Sequence[Feature],
    chosen: NDArray[np.bool_],
    excluded_mask: NDArray[np.bool_],
    *,
    seed: int,
    threads: int,
) -> list[Member]:
    """Fits the models to a sample without the pairs of `excluded_mask`; arguments as for `model_fits`."""
    return run_in_threads(model_fits(sample, features, chosen, excluded_mask, seed=seed), threads)


def model_fits(
    sample: Sample,
    features: Sequence[Feature],
    chosen: NDArray[np.bool_],
    excluded_mask: NDArray[np.bool_],
    *,
    seed: int,
) -> list[Callable[[], Member]]:
    """Calls that fit each model to a sample without the pairs of `excluded_mask`.

    Args:
        sample: the pairs.
        features: the features of the columns.
        chosen: mask of the columns that may be used.
        excluded_mask: mask of the pairs of the sample to exclude.
        seed: of the trees.
    """
    included = ~excluded_mask
    return member_fits(lambda: sample.rows[included], sample.labels[included], features, chosen, seed=seed)
