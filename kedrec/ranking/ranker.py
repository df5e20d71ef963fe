"""Ranks the drugs of a graph for a disease, and its diseases for a drug; fitted once and cached."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kedrec.common.cpus import usable_threads
from kedrec.errors import EmptyGraphError, NotFoundError
from kedrec.ranking.added_disease import arrays_with_disease
from kedrec.ranking.adjacency import TREATS, Adjacency, read_adjacency
from kedrec.ranking.linked_nodes import LinkedNodes
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.ranking_cache import cache_path, read_cache, write_cache
from kedrec.ranking.stored_ranking import PairScores, StoredRanking, fit_to_arrays
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_with_role
from kedrec.stores.templates import path_templates
from kedrec.types import ScorePart

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Table
    from kedrec.stores.base import GraphStore

__all__ = ["PairScore", "Ranker"]

_LIKELY = 64  # diseases without stored scores that are ranked for a drug
_MAX_EXPLAINED = 256  # pairs whose parts stay in memory: 20 to 100 kB each


@dataclass(frozen=True, slots=True)
class PairScore:
    """The score of a drug for a disease.

    Attributes:
        drug, disease: their ids.
        score: log-odds that the drug treats the disease; unfitted: the sum of the parts, without a unit.
        probability: that the drug treats the disease; None where the ranking isn't fitted.
        low, high: 95 % interval of the share of treatments among pairs of this score, over new diseases;
            None where not fitted.
        prior: the probability from degrees alone: the numbers of the drug's and the disease's treatments.
            None where not fitted.
        drug_percentile, disease_percentile: percentile of the drug's mean score among all drugs, and of the
            disease's among diseases, 0 to 100; high for a frequent flyer. Over and among the diseases whose
            scores are stored: all, or the treated ones and a sample of the others.
        unseen: whether the disease has no known treatment; then the score depends on the graph around it
            alone, and the probability assumes that the disease has a treatment.
        known: sources in which the graph has the treatment, sorted; it was hidden from the score.
        informed: whether any counted path joins the two.
    """

    drug: str
    disease: str
    score: float
    probability: float | None
    low: float | None
    high: float | None
    prior: float | None
    drug_percentile: float
    disease_percentile: float
    unseen: bool
    known: tuple[str, ...]
    informed: bool
    _ranker: Ranker = field(repr=False, compare=False)
    _position: tuple[int, int] = field(repr=False, compare=False)

    @property
    def intercept(self) -> float:
        """The log-odds before any part; the parts add to it."""
        return self._ranker.parts(*self._position)[0]

    @property
    def parts(self) -> tuple[ScorePart, ...]:
        """The nonzero contributions, largest first; with `intercept` they sum to `score`."""
        return self._ranker.parts(*self._position)[1]


class Ranker:
    """Ranks the drugs of a graph for a disease, and its diseases for a drug; created by `open`.

    Args:
        arrays, facts: the cached ranking.
        threads: maximum number of models that explain scores at once.

    Attributes:
        adjacency: the graph's links.
        treated: number of treated pairs learned from.
        fitted: whether scores were learned; otherwise every metapath has the same weight.
        metrics: by regime, the quality of the ranking of pairs whose label the models had not seen: `auroc`,
            `auprc`, `brier_skill`. Each pair's own treatment was hidden, in `unseen` all of the disease's.
    """

    def __init__(self, arrays: Arrays, facts: Mapping[str, Any], *, threads: int = 1) -> None:
        self.adjacency = Adjacency(arrays)
        self._drugs = LinkedNodes.of(self.adjacency, "Drug")
        self._stored = StoredRanking(self._drugs.adjacency, arrays, facts, threads=threads)
        self._arrays, self._facts, self._threads = arrays, facts, threads
        self._known: dict[str, list[str]] = facts["known"]
        self._templates = {
            template.metapath: template.name for template in path_templates() if template.stance == "supports"
        }
        self._parts_cache: OrderedDict[tuple[int, int], tuple[float, tuple[ScorePart, ...]]] = OrderedDict()
        self.treated: int = facts["treated"]
        self.fitted = bool(facts["scales"])
        self.metrics = {regime: scale.metrics for regime, scale in self._stored.scales.items()}

    @classmethod
    def open(
        cls,
        store: GraphStore,
        cache_dir: Path,
        *,
        fit: bool = True,
        threads: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Reads the ranking of a graph from the cache, or fits and caches it.

        Args:
            store: the graph.
            cache_dir: where rankings are cached, by the graph's fingerprint. A damaged file is replaced; in a
                folder that can't be written nothing is cached.
            fit: False: give every metapath the same weight.
            threads: to fit with, as for `usable_threads`; doesn't change the scores.
            progress: called while the ranking is fitted.

        Raises:
            EmptyGraphError: the graph has no drug or no disease.
            KedrecError: the graph is too wide for this machine's memory.
        """
        path = cache_path(store, cache_dir, fit=fit)
        threads = usable_threads(threads)
        cached = read_cache(path)
        if cached is not None:
            return cls(cached, cached.facts, threads=threads)
        _check_kinds(store)
        arrays = read_adjacency(store, schema_tables(), progress)
        linked = LinkedNodes.of(Adjacency(arrays), "Drug").adjacency
        fitted_arrays, facts = fit_to_arrays(linked, learn=fit, threads=threads, progress=progress)
        arrays |= fitted_arrays
        facts |= {"known": _known_treatments(store)}
        write_cache(path, arrays, facts)
        return cls(arrays, facts, threads=threads)

    @staticmethod
    def is_cached(store: GraphStore, cache_dir: Path, *, fit: bool = True) -> bool:
        """True if the ranking is in the cache; otherwise `open` takes minutes to fit it."""
        return read_cache(cache_path(store, cache_dir, fit=fit)) is not None

    def with_disease(self, id: str, genes: Sequence[str]) -> Ranker:  # noqa: A002  # the field's own name
        """The same ranking of a graph with one more disease, which is scored on demand; nothing is cached.

        Args:
            id: of the disease; sorts after all others.
            genes: ids of its genes.

        Raises:
            EmptyGraphError: no disease of the graph has a gene, so that the ranking learned nothing of genes.
            NotFoundError: the graph has none of these genes.
        """
        numbers = [self._number("Gene", gene) for gene in genes]
        return Ranker(arrays_with_disease(self._arrays, id, numbers), self._facts, threads=self._threads)

    @property
    def description(self) -> str:
        """Description of the ranking for an answer's manifest."""
        if not self.fitted:
            return f"unfitted: {self.treated} known treatments; all metapaths weigh the same"
        figures = "; ".join(
            f"{hidden} hidden AUROC {self.metrics[regime]['auroc']:.3f}, "
            f"AUPRC {self.metrics[regime]['auprc']:.3f}"
            for regime, hidden in (("treated", "own pair"), ("unseen", "all of the disease's"))
            if regime in self.metrics
        )
        return (
            f"fitted: boosted trees and logistic regression on degree-weighted path counts, similarities and "
            f"degrees, {self.treated} known treatments, cross-fitted and calibrated; known treatments among "
            f"other pairs, {figures}"
        )

    @cached_property
    def base_rate(self) -> float:
        """The share of treatments among all pairs of a drug and a treated disease."""
        if not self.adjacency.has_table(TREATS):
            return 0.0
        links = self._drugs.adjacency.incidence(TREATS)
        pairs = len(links.degrees) * int((links.back_degrees > 0).sum())
        return len(links.indices) / max(pairs, 1)

    def is_above_base_rate(self, scores: Sequence[PairScore]) -> bool:
        """True if at least one pair's 95 % lower bound exceeds the base rate of treatments.

        Where none does, the graph has too little about the disease (or the drug) to single out a drug. Always
        true for an unfitted ranking, which has no bounds.
        """
        lows = [score.low for score in scores if score.low is not None]
        return not lows or max(lows) > self.base_rate

    def rank(
        self, disease_id: str, *, beyond_prior: bool = False, including: Collection[str] = ()
    ) -> list[PairScore]:
        """Every drug that has a link in the graph for a disease, best first; equal scores by drug id.

        Args:
            disease_id: the disease.
            including: drugs to rank even if they have no link.
            beyond_prior: order by the score minus most of the mean score of drugs that treat as many other
                diseases, so that drugs with many uses don't crowd out the others.

        Raises:
            NotFoundError: the graph has no such disease, or none of these drugs.
        """
        column = self._number("Disease", disease_id)
        asked = [self._number("Drug", drug) for drug in including]
        numbers = np.union1d(self._drugs.linked, np.array(asked, np.int64))
        pairs = self._stored.pair_scores(self._drugs.rows(numbers), np.full(len(numbers), column))
        sort_keys = self._stored.above_degree_line(pairs) if beyond_prior else pairs.scores
        return [
            self._pair_score(pairs, position, int(numbers[position]))
            for position in np.argsort(-sort_keys, kind="stable").tolist()
        ]

    def rank_diseases(self, drug_id: str) -> list[PairScore]:
        """The diseases for a drug, best first; equal scores by disease id.

        All diseases where the graph has up to a thousand. Of a larger one: those with a known treatment, a
        sample of the others, and of the rest the 64 that are most like what the drug and similar drugs treat.

        Raises:
            NotFoundError: the graph has no such drug.
        """
        number = self._number("Drug", drug_id)
        row = int(self._drugs.rows(np.array([number]))[0])
        likely = self._stored.likeliest_diseases(row, _LIKELY)
        diseases = np.union1d(self._stored.stored_diseases, likely)
        pairs = self._stored.pair_scores(np.full(len(diseases), row), diseases)
        return [
            self._pair_score(pairs, position, number)
            for position in np.argsort(-pairs.scores, kind="stable").tolist()
        ]

    def pair(self, drug_id: str, disease_id: str) -> PairScore:
        """One drug for one disease.

        Raises:
            NotFoundError: the graph has no such drug or disease.
        """
        number, column = self._number("Drug", drug_id), self._number("Disease", disease_id)
        pairs = self._stored.pair_scores(self._drugs.rows(np.array([number])), np.array([column]))
        return self._pair_score(pairs, 0, number)

    def parts(self, drug: int, disease: int) -> tuple[float, tuple[ScorePart, ...]]:
        """The base of a pair's score and its parts, by the numbers of the two."""
        parts = self._parts_cache.pop((drug, disease), None)
        if parts is None:
            base, contributions, values = self._stored.parts(drug, disease)
            nonzero = np.flatnonzero(np.abs(contributions) > 1e-6)  # float32's own noise
            order = nonzero[np.argsort(-contributions[nonzero], kind="stable")]
            parts = (
                base + float(contributions.sum() - contributions[order].sum()),
                tuple(self._part(index, contributions, values) for index in order.tolist()),
            )
            while len(self._parts_cache) >= _MAX_EXPLAINED:
                self._parts_cache.popitem(last=False)  # the least recently used
        self._parts_cache[drug, disease] = parts
        return parts

    def link_count(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        """The number of a node's links over all relations; parallel edges of several sources count once.

        Raises:
            NotFoundError: the graph has no such node.
        """
        number, total = self._number(kind, id), 0
        relations = load_schema().relations
        for table in self._tables:
            incidence = self.adjacency.incidence(table)
            if table[1] == kind:
                total += int(incidence.degree(number))
            if table[2] == kind and not relations[table[0]].symmetric:  # those have a row for either end
                total += int(incidence.back_degree(number))
        return total

    def treatment_count(self, disease_id: str) -> int:
        """The number of drugs that treat a disease, according to the graph.

        Raises:
            NotFoundError: the graph has no such disease.
        """
        number = self._number("Disease", disease_id)
        if not self.adjacency.has_table(TREATS):
            return 0
        back = self.adjacency.incidence(TREATS).back_indptr
        return int(back[number + 1] - back[number])

    @cached_property
    def _tables(self) -> list[Table]:
        """The tables of links that the graph has."""
        return [table for table in schema_tables() if self.adjacency.has_table(table)]

    def _number(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        number = self.adjacency.number(kind, id)
        if number is None:
            raise NotFoundError(f"The graph has no {kind} '{id}'.", "Search for its name to find its id.")
        return number

    def _part(self, index: int, contributions: NDArray[Any], values: NDArray[Any]) -> ScorePart:
        group, label = self._stored.labels[index]
        return ScorePart(
            group=group,
            metapath=label,
            template=self._templates.get(label, "") if group == "metapath" else "",
            value=float(values[index]),
            contribution=float(contributions[index]),
        )

    def _pair_score(self, pairs: PairScores, position: int, number: int) -> PairScore:
        """The score at a position of some pairs, of the drug with a number in the graph."""
        row, column = int(pairs.drugs[position]), int(pairs.diseases[position])
        drug, disease = self.adjacency.node_id("Drug", number), self.adjacency.node_id("Disease", column)

        def if_fitted(values: NDArray[Any]) -> float | None:
            return float(values[position]) if self.fitted else None

        return PairScore(
            drug=drug,
            disease=disease,
            score=float(pairs.scores[position]),
            probability=if_fitted(pairs.probabilities),
            low=if_fitted(pairs.low),
            high=if_fitted(pairs.high),
            prior=if_fitted(pairs.priors),
            drug_percentile=float(pairs.drug_percentiles[position]),
            disease_percentile=float(pairs.disease_percentiles[position]),
            unseen=bool(pairs.unseen[position]),
            known=tuple(self._known.get(f"{drug} {disease}", ())),
            informed=bool(pairs.informed[position]),
            _ranker=self,
            _position=(row, column),
        )


def _check_kinds(store: GraphStore) -> None:
    """Raises `EmptyGraphError` where there are no drugs or no diseases to rank."""
    counts = store.fingerprint().nodes
    missing = [name for kind, name in (("Drug", "drug"), ("Disease", "disease")) if not counts.get(kind)]
    if missing:
        raise EmptyGraphError(
            f"The graph has no {' and no '.join(missing)}, so that there is nothing to rank.",
            "Load a source that has drugs and diseases: `kedrec-load sources` lists them.",
        )


def _known_treatments(store: GraphStore) -> dict[str, list[str]]:
    """The sources of each known treatment, by "drug disease"."""
    known: dict[str, set[str]] = {}
    for batch in edges_with_role(store, "treatment", ("Drug", "Disease"), ["start", "end", "source"]):
        for drug, disease, source in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            known.setdefault(f"{drug} {disease}", set()).add(source)
    return {pair: sorted(sources) for pair, sources in sorted(known.items())}
