"""The ranking of drugs for a disease: read from its cache, or made and cached."""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kedrec.errors import NotFoundError
from kedrec.ranking.adjacency import Adjacency, Progress, read_adjacency, tables_of
from kedrec.ranking.arrays import ArrayFile, Arrays, DamagedFileError, write_arrays
from kedrec.ranking.features import features
from kedrec.ranking.fit import Model, fit, transformed
from kedrec.stores.templates import PathTemplate, path_templates
from kedrec.types import ScorePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kedrec.stores.base import GraphStore

__all__ = ["PairScore", "Ranker"]

_LAYOUT = 3  # of the cached arrays; another number makes old caches unread
_KEPT = 6  # cached rankings, of the graphs asked last
_SEED = 20250220


@dataclass(frozen=True, slots=True)
class PairScore:
    """How well a drug fits a disease.

    Attributes:
        drug, disease: their ids.
        score: log-odds that the drug treats the disease; unfitted: the sum of the parts, in no unit.
        probability: None where the ranking isn't fitted.
        intercept: the score of a pair without any path; the parts add to it.
        known: sources in which the graph has the treatment, sorted; hidden while the score was made.
        informed: whether any counted path joins the two.
    """

    drug: str
    disease: str
    score: float
    probability: float | None
    intercept: float
    known: tuple[str, ...]
    informed: bool
    _templates: Sequence[PathTemplate] = field(repr=False, compare=False)
    _values: NDArray[np.float64] = field(repr=False, compare=False)
    _contributions: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def parts(self) -> tuple[ScorePart, ...]:
        """Each metapath's share but the empty ones, largest first; with `intercept` they sum to `score`."""
        places = np.flatnonzero(self._contributions)
        places = places[np.argsort(-self._contributions[places], kind="stable")]
        return tuple(
            ScorePart(
                metapath=self._templates[place].metapath,
                template=self._templates[place].name,
                value=float(self._values[place]),
                contribution=float(self._contributions[place]),
            )
            for place in places.tolist()
        )


class Ranker:
    """Ranks the drugs of a graph for a disease; made by `open`.

    Attributes:
        adjacency: the graph's links, for whoever needs paths.
        model: the weights, and how they were checked.
    """

    def __init__(self, arrays: Arrays, facts: Mapping[str, Any]) -> None:
        self._arrays = arrays
        by_name = {template.name: template for template in path_templates()}
        self._templates = [by_name[name] for name in facts["templates"]]
        self._places = {name: place for place, name in enumerate(facts["templates"])}
        self._known: dict[str, list[str]] = facts["known"]
        self.adjacency = Adjacency(arrays)
        self.model = Model(**facts["model"])

    @classmethod
    def open(
        cls,
        store: GraphStore,
        cache_dir: Path,
        *,
        fit: bool = True,
        progress: Progress | None = None,
    ) -> Self:
        """The ranking of a graph: from the cache, or counted, fitted and cached.

        Args:
            store: the graph.
            cache_dir: where rankings are kept, by the graph's fingerprint and the templates' text. A
                damaged file is made again; a folder that can't be written is done without.
            fit: False: weigh every metapath the same.
            progress: called as the work goes on, where there is any.
        """
        path = cache_dir / f"ranking-{_key(store, fit=fit)}.bin"
        with suppress(OSError, DamagedFileError, KeyError, TypeError):
            cached = ArrayFile(path)
            return cls(cached, cached.facts)
        arrays, facts = _make(store, learn=fit, progress=progress)
        with suppress(OSError):
            write_arrays(path, arrays, facts)
            _forget(cache_dir)
        return cls(arrays, facts)

    @property
    def description(self) -> str:
        """What the ranking is, for an answer's manifest."""
        model = self.model
        if not model.fitted:
            return (
                f"unfitted: {model.treated} known treatments; {len(self._templates)} metapaths weigh the same"
            )
        return (
            f"fitted: non-negative logistic regression on the degree-weighted path counts of "
            f"{len(self._templates)} metapaths, {model.treated} known treatments, calibrated; out of fold by "
            f"disease AUROC {model.metrics['auroc']:.3f}, AUPRC {model.metrics['auprc']:.3f}"
        )

    def rank(self, disease_id: str) -> list[PairScore]:
        """Every drug of the graph for a disease, best first; equal scores by drug id.

        Raises:
            NotFoundError: the graph has no such disease.
        """
        values, contributions = self._columns(self._number("Disease", disease_id))
        scores = contributions.sum(axis=1) + self.model.intercept
        order = np.argsort(-scores, kind="stable")
        return [self._pair(row, disease_id, values[row], contributions[row]) for row in order.tolist()]

    def rank_diseases(self, drug_id: str) -> list[PairScore]:
        """Every disease of the graph for a drug, best first; equal scores by disease id.

        Raises:
            NotFoundError: the graph has no such drug.
        """
        self._number("Drug", drug_id)
        ids = [disease.decode() for disease in self.adjacency.ids("Disease").tolist()]
        return sorted((self.pair(drug_id, disease) for disease in ids), key=lambda pair: -pair.score)

    def pair(self, drug_id: str, disease_id: str) -> PairScore:
        """One drug for one disease.

        Raises:
            NotFoundError: the graph has no such drug or disease.
        """
        row = self._number("Drug", drug_id)
        values, contributions = self._columns(self._number("Disease", disease_id))
        return self._pair(row, disease_id, values[row], contributions[row])

    def links(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        """A node's links over the relations of all templates; parallel edges of several sources count once.

        Raises:
            NotFoundError: the graph has no such node.
        """
        number, total = self._number(kind, id), 0
        for table in tables_of(path_templates()):
            incidence = self.adjacency.incidence(table)
            if table[1] == kind:
                total += int(incidence.indptr[number + 1] - incidence.indptr[number])
            if table[2] == kind:
                total += int(incidence.back_indptr[number + 1] - incidence.back_indptr[number])
        return total

    def treatments(self, disease_id: str) -> int:
        """How many drugs the graph knows to treat a disease.

        Raises:
            NotFoundError: the graph has no such disease.
        """
        number = self._number("Disease", disease_id)
        back = self.adjacency.incidence(("TREATS", "Drug", "Disease")).back_indptr
        return int(back[number + 1] - back[number])

    def weight(self, template: str) -> float:
        """Log-odds that one standard deviation of a template's metapath adds; 0 where it isn't counted."""
        place = self._places.get(template)
        return 0.0 if place is None else self.model.weights[place]

    def _number(self, kind: str, id: str) -> int:  # noqa: A002  # the field's own name
        number = self.adjacency.number(kind, id)
        if number is None:
            raise NotFoundError(f"The graph has no {kind} '{id}'.", "Search for its name to find its id.")
        return number

    def _columns(self, disease: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Path counts and contributions of one disease: drugs x metapaths each."""
        shape = (len(self.adjacency.ids("Drug")), len(self._templates))
        values, contributions = np.zeros(shape), np.zeros(shape)
        for place, (scale, weight) in enumerate(zip(self.model.scales, self.model.weights, strict=True)):
            key = f"features/{place}"
            begin, end = self._arrays[f"{key}/indptr"][disease : disease + 2]
            drugs, found = self._arrays[f"{key}/drugs"][begin:end], self._arrays[f"{key}/values"][begin:end]
            values[drugs, place] = found
            contributions[drugs, place] = weight * transformed(found, scale)
        return values, contributions

    def _pair(
        self, row: int, disease: str, values: NDArray[np.float64], contributions: NDArray[np.float64]
    ) -> PairScore:
        drug = self.adjacency.name("Drug", row)
        score = float(contributions.sum() + self.model.intercept)
        return PairScore(
            drug=drug,
            disease=disease,
            score=score,
            probability=0.5 * (1 + math.tanh(0.5 * score)) if self.model.fitted else None,
            intercept=self.model.intercept,
            known=tuple(self._known.get(f"{drug} {disease}", ())),
            informed=bool(values.any()),
            _templates=self._templates,
            _values=values,
            _contributions=contributions,
        )


def _key(store: GraphStore, *, fit: bool) -> str:
    """What a cached ranking depends on, as 16 hexadecimal digits."""
    texts = [(template.name, template.text) for template in path_templates()]
    content = json.dumps([_LAYOUT, _SEED, fit, str(store.fingerprint()), texts])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _make(
    store: GraphStore, *, learn: bool, progress: Progress | None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    templates = path_templates()
    arrays = read_adjacency(store, tables_of(templates), progress)
    adjacency = Adjacency(arrays)
    counted = [template for template in templates if template.stance == "supports"]
    counts = features(adjacency, counted, progress)
    arrays |= counts
    model = fit(adjacency, counts, len(counted), seed=_SEED, learn=learn, progress=progress)
    facts = {
        "templates": [template.name for template in counted],
        "known": _known(store),
        "model": model.facts(),
    }
    return arrays, facts


def _known(store: GraphStore) -> dict[str, list[str]]:
    """Sources of each known treatment, by "drug disease"."""
    known: dict[str, set[str]] = {}
    for batch in store.edges("TREATS", "Drug", "Disease", ["start", "end", "source"]):
        for drug, disease, source in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            known.setdefault(f"{drug} {disease}", set()).add(source)
    return {pair: sorted(sources) for pair, sources in sorted(known.items())}


def _forget(cache_dir: Path) -> None:
    """Removes all but the newest cached rankings."""
    files = sorted(cache_dir.glob("ranking-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_KEPT:]:
        file.unlink(missing_ok=True)
