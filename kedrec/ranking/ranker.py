"""The ranking of drugs and diseases: read from its cache, or made and cached."""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kedrec.common.array_file import ArrayFile, Arrays, DamagedFileError, write_arrays
from kedrec.common.cpus import usable_threads
from kedrec.errors import EmptyGraphError, NotFoundError
from kedrec.ranking.adjacency import TREATS, Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.stored_ranking import SEED, Standing, Stored, made
from kedrec.schema import load_schema
from kedrec.stores.templates import path_templates
from kedrec.types import ScorePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.stores.base import GraphStore

__all__ = ["PairScore", "Ranker"]

_LAYOUT = 8  # of the cached arrays and facts; another number makes old caches unread
_FILES = 6  # cached rankings, of the graphs asked last
_EXPLAINED = 256  # pairs whose parts are held: 20 to 100 kB each


@dataclass(frozen=True, slots=True)
class PairScore:
    """How well a drug fits a disease.

    Attributes:
        drug, disease: their ids.
        score: log-odds that the drug treats the disease; unfitted: the sum of the parts, in no unit.
        probability: None where the ranking isn't fitted.
        low, high: 95 % interval of the probability: how often pairs of this score are treatments, in diseases
            drawn anew. None where not fitted.
        prior: the probability from degrees alone: how often the drug treats and the disease is treated.
            None where not fitted.
        drug_percentile, disease_percentile: percentile of the drug's mean score over all diseases among all
            drugs, and the disease's among all diseases, 0 to 100; high is a frequent flyer.
        unseen: whether the disease has no known treatment, so that the score leans on the graph around it
            alone, and the probability is what it would be if the disease had one.
        known: sources in which the graph has the treatment, sorted; hidden while the score was made.
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
    _place: tuple[int, int] = field(repr=False, compare=False)

    @property
    def intercept(self) -> float:
        """The log-odds before any part; the parts add to it."""
        return self._ranker.parts(*self._place)[0]

    @property
    def parts(self) -> tuple[ScorePart, ...]:
        """Each thing's share but the empty ones, largest first; with `intercept` they sum to `score`."""
        return self._ranker.parts(*self._place)[1]


class Ranker:
    """Ranks the drugs of a graph for a disease, and its diseases for a drug; made by `open`.

    Attributes:
        adjacency: the graph's links, for whoever needs paths.
        treated: treated pairs learned from.
        fitted: whether scores were learned; otherwise every metapath weighs the same.
        metrics: by regime, how well pairs whose label the models had not seen were ranked: `auroc`, `auprc`,
            `brier_skill`. Each pair's own treatment was hidden, in `unseen` all of the disease's.
        threads: models that explain scores at once, at most.
    """

    def __init__(self, arrays: Arrays, facts: Mapping[str, Any], *, threads: int = 1) -> None:
        self.adjacency = Adjacency(arrays)
        self._stored = Stored(self.adjacency, arrays, facts, threads=threads)
        self._known: dict[str, list[str]] = facts["known"]
        self._templates = {
            template.metapath: template.name for template in path_templates() if template.stance == "supports"
        }
        self._explained: OrderedDict[tuple[int, int], tuple[float, tuple[ScorePart, ...]]] = OrderedDict()
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
        """The ranking of a graph: from the cache, or counted, fitted and cached.

        Args:
            store: the graph.
            cache_dir: where rankings are kept, by the graph's fingerprint. A damaged file is made again; a
                folder that can't be written is done without.
            fit: False: weigh every metapath the same.
            threads: to fit with, as of `usable_threads`; the scores are the same with any number.
            progress: called as the work goes on, where there is any.

        Raises:
            EmptyGraphError: the graph has no drug or no disease.
            KedrecError: it is too wide for this machine's memory.
        """
        path = _path(store, cache_dir, fit=fit)
        threads = usable_threads(threads)
        cached = _cached(path)
        if cached is not None:
            return cls(cached, cached.facts, threads=threads)
        _check_kinds(store)
        arrays = read_adjacency(store, schema_tables(), progress)
        added, facts = made(Adjacency(arrays), learn=fit, threads=threads, progress=progress)
        arrays |= added
        facts |= {"layout": _LAYOUT, "known": _known(store)}
        with suppress(OSError):
            write_arrays(path, arrays, facts)
            _forget(cache_dir)
        return cls(arrays, facts, threads=threads)

    @staticmethod
    def is_cached(store: GraphStore, cache_dir: Path, *, fit: bool = True) -> bool:
        """Whether `open` would find the ranking in the cache, rather than take minutes to fit it."""
        return _cached(_path(store, cache_dir, fit=fit)) is not None

    @property
    def description(self) -> str:
        """What the ranking is, for an answer's manifest."""
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
        """The share of treatments among all pairs of a drug and a disease that is treated at all."""
        if not self.adjacency.has(TREATS):
            return 0.0
        links = self.adjacency.incidence(TREATS)
        pairs = len(links.degrees) * int((links.back_degrees > 0).sum())
        return len(links.indices) / max(pairs, 1)

    def tells(self, scores: Sequence[PairScore]) -> bool:
        """Whether any of some pairs is surely likelier to be a treatment than any pair is.

        The lower end of its interval is above the base rate. Where none is, what the graph knows of the
        disease (or the drug) picks no drug out. An unfitted ranking can't tell, and is not asked.
        """
        lows = [score.low for score in scores if score.low is not None]
        return not lows or max(lows) > self.base_rate

    def rank(self, disease_id: str, *, beyond_prior: bool = False) -> list[PairScore]:
        """Every drug of the graph for a disease, best first; equal scores by drug id.

        Args:
            disease_id: the disease.
            beyond_prior: order by what the score has beyond most of what is usual for a drug that treats as
                many other diseases, so that drugs used for much don't crowd out the others.

        Raises:
            NotFoundError: the graph has no such disease.
        """
        column = self._number("Disease", disease_id)
        drugs = np.arange(len(self.adjacency.ids("Drug")))
        found = self._stored.standing(drugs, np.full(len(drugs), column))
        keys = self._stored.beyond(found) if beyond_prior else found.scores
        return [self._pair(found, place) for place in np.argsort(-keys, kind="stable").tolist()]

    def rank_diseases(self, drug_id: str) -> list[PairScore]:
        """Every disease of the graph for a drug, best first; equal scores by disease id.

        Raises:
            NotFoundError: the graph has no such drug.
        """
        row = self._number("Drug", drug_id)
        diseases = np.arange(len(self.adjacency.ids("Disease")))
        found = self._stored.standing(np.full(len(diseases), row), diseases)
        return [self._pair(found, place) for place in np.argsort(-found.scores, kind="stable").tolist()]

    def pair(self, drug_id: str, disease_id: str) -> PairScore:
        """One drug for one disease.

        Raises:
            NotFoundError: the graph has no such drug or disease.
        """
        places = self._number("Drug", drug_id), self._number("Disease", disease_id)
        return self._pair(self._stored.standing(*(np.array([place]) for place in places)), 0)

    def parts(self, drug: int, disease: int) -> tuple[float, tuple[ScorePart, ...]]:
        """The base of a pair's score and its parts, by the numbers of the two."""
        parts = self._explained.pop((drug, disease), None)
        if parts is None:
            base, contributions, values = self._stored.parts(drug, disease)
            places = np.flatnonzero(np.abs(contributions) > 1e-6)  # float32's own noise
            places = places[np.argsort(-contributions[places], kind="stable")]
            parts = (
                base + float(contributions.sum() - contributions[places].sum()),
                tuple(self._part(place, contributions, values) for place in places.tolist()),
            )
            while len(self._explained) >= _EXPLAINED:
                self._explained.popitem(last=False)  # the one asked for longest ago
        self._explained[drug, disease] = parts
        return parts

    def links(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        """A node's links over all relations; parallel edges of several sources count once.

        Raises:
            NotFoundError: the graph has no such node.
        """
        number, total = self._number(kind, id), 0
        relations = load_schema().relations
        for table in schema_tables():
            if not self.adjacency.has(table):
                continue
            incidence = self.adjacency.incidence(table)
            if table[1] == kind:
                total += int(incidence.indptr[number + 1] - incidence.indptr[number])
            if table[2] == kind and not relations[table[0]].symmetric:  # those are rows of either end
                total += int(incidence.back_indptr[number + 1] - incidence.back_indptr[number])
        return total

    def treatments(self, disease_id: str) -> int:
        """How many drugs the graph knows to treat a disease.

        Raises:
            NotFoundError: the graph has no such disease.
        """
        number = self._number("Disease", disease_id)
        if not self.adjacency.has(TREATS):
            return 0
        back = self.adjacency.incidence(TREATS).back_indptr
        return int(back[number + 1] - back[number])

    def _number(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        number = self.adjacency.number(kind, id)
        if number is None:
            raise NotFoundError(f"The graph has no {kind} '{id}'.", "Search for its name to find its id.")
        return number

    def _part(self, place: int, contributions: NDArray[Any], values: NDArray[Any]) -> ScorePart:
        group, label = self._stored.labels[place]
        return ScorePart(
            group=group,
            metapath=label,
            template=self._templates.get(label, "") if group == "metapath" else "",
            value=float(values[place]),
            contribution=float(contributions[place]),
        )

    def _pair(self, found: Standing, place: int) -> PairScore:
        row, column = int(found.drugs[place]), int(found.diseases[place])
        drug, disease = self.adjacency.name("Drug", row), self.adjacency.name("Disease", column)

        def told(values: NDArray[Any]) -> float | None:
            return float(values[place]) if self.fitted else None

        return PairScore(
            drug=drug,
            disease=disease,
            score=float(found.scores[place]),
            probability=told(found.probabilities),
            low=told(found.low),
            high=told(found.high),
            prior=told(found.priors),
            drug_percentile=float(found.drug_percentiles[place]),
            disease_percentile=float(found.disease_percentiles[place]),
            unseen=bool(found.unseen[place]),
            known=tuple(self._known.get(f"{drug} {disease}", ())),
            informed=bool(found.informed[place]),
            _ranker=self,
            _place=(row, column),
        )


def _path(store: GraphStore, cache_dir: Path, *, fit: bool) -> Path:
    return cache_dir / f"ranking-{_key(store, fit=fit)}.bin"


def _cached(path: Path) -> ArrayFile | None:
    """Opens a cached ranking and marks it as just asked for; None unless it is whole and of this layout."""
    try:
        cached = ArrayFile(path)
    except (OSError, DamagedFileError):
        return None
    if cached.facts.get("layout") != _LAYOUT:
        return None
    with suppress(OSError):  # a folder that can't be written keeps no order
        os.utime(path)
    return cached


def _check_kinds(store: GraphStore) -> None:
    """Sees that there are drugs and diseases to rank."""
    counts = store.fingerprint().nodes
    missing = [name for kind, name in (("Drug", "drug"), ("Disease", "disease")) if not counts.get(kind)]
    if missing:
        raise EmptyGraphError(
            f"The graph has no {' and no '.join(missing)}, so that there is nothing to rank.",
            "Load a source that has drugs and diseases: `kedrec-load sources` lists them.",
        )


def _key(store: GraphStore, *, fit: bool) -> str:
    """What a cached ranking depends on, as 16 hexadecimal digits."""
    tables = ["/".join(table) for table in schema_tables()]  # a relation more is one more to read
    content = json.dumps([_LAYOUT, SEED, fit, str(store.fingerprint()), tables])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _known(store: GraphStore) -> dict[str, list[str]]:
    """Sources of each known treatment, by "drug disease"."""
    known: dict[str, set[str]] = {}
    for batch in store.edges(*TREATS, ["start", "end", "source"]):
        for drug, disease, source in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            known.setdefault(f"{drug} {disease}", set()).add(source)
    return {pair: sorted(sources) for pair, sources in sorted(known.items())}


def _forget(cache_dir: Path) -> None:
    """Removes all but the newest cached rankings."""
    files = sorted(cache_dir.glob("ranking-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_FILES:]:
        file.unlink(missing_ok=True)
