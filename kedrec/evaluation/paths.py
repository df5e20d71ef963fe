"""Whether the paths chosen for a pair are the mechanism that a curator drew.

Every indication that DrugMechDB explains is asked for with its own treatment hidden, and its mechanisms
with it; whoever ranks the pair's paths has not seen them. Two settings differ in what else is hidden:

- `all hidden`: no link is left that only curated mechanisms state.
- `own hidden`: other indications' mechanisms are knowledge that may be used.

A path matches the curated mechanism by one of three definitions:

- `exact`: between drug and disease it has the nodes of one curated path, all of them, in order.
- `nodes`: every node between is one of the mechanism's; at least two are, or one where the curated paths
  have no more.
- `3 hops`: the same, of paths of at most three hops, which compete among themselves: how KGML-xDTD counts
  (Ma et al., GigaScience 2023;12:giad057).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evaluation.mechanisms import Without, read_indications
from kedrec.evaluation.path_fit import fit
from kedrec.evaluation.path_tables import DEPTHS, Found, Quality, figure
from kedrec.evidence.chains import CHAIN, LONGEST, Mechanisms
from kedrec.evidence.path_features import NUMERIC, PairFacts, facts_of, pool_of
from kedrec.evidence.scoring import PathWeights, chosen, written
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import kinds_of, schema_tables
from kedrec.stores.templates import path_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.evaluation.mechanisms import Indication, Node
    from kedrec.evaluation.path_fit import Weights
    from kedrec.evidence.path_features import Pool
    from kedrec.ranking.adjacency import Progress, Table
    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import PathTemplate

__all__ = [
    "DEFINITIONS",
    "SETTINGS",
    "Case",
    "cases_of",
    "evaluate",
    "in_random_order",
    "learn",
    "ranks",
    "refit",
]

SETTINGS = ("all hidden", "own hidden")
DEFINITIONS = ("exact", "nodes", "3 hops")
SHOWN, LEARNED, SHARE, WEIGHT, SHORTEST, RANDOM = (
    "as shown: learned, made diverse",
    "learned on other diseases",
    "share of the DWPC",
    "weight in the DWPC",
    "shortest path",
    "random path",
)

_MOST = 200  # paths of a template that compete, the heaviest
_FOLDS = 5
_DRAWS = 1000  # of the bootstrap
_KGML_HOPS = 3
_HIDDEN_COUNTS = 5.0  # how often a pair without any curated knowledge counts: there are few of them
_ANALOGY = 2.0  # log-odds that an analogy loses
_FUNCTIONAL = frozenset(
    {
        "Gene",
        "GeneFamily",
        "Complex",
        "BiologicalProcess",
        "MolecularFunction",
        "Pathway",
        "CellularComponent",
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """One indication in one setting.

    Attributes:
        indication: what curators wrote down.
        setting: one of `SETTINGS`.
        pool: the paths that compete.
        matching: definition -> which of them match.
        reachable: definition -> whether any path of the graph matches, along whatever relations.
        sequences: the nodes between, of each path.
    """

    indication: Indication
    setting: str
    pool: Pool
    matching: dict[str, NDArray[np.bool_]]
    reachable: dict[str, bool]
    sequences: list[tuple[Node, ...]]

    @property
    def short(self) -> NDArray[np.bool_]:
        """Which paths have at most three hops."""
        return np.array([len(path) < _KGML_HOPS for path in self.sequences], bool)


def evaluate(
    cases: Sequence[Case], *, seed: int, progress: Progress | None = None
) -> tuple[list[Quality], list[Found]]:
    """Figures of every setting, definition and method.

    Learned scores are of weights fitted on other diseases, in five folds; random and shortest paths are
    given in expectation over all orders of equals, so no draw is lucky.

    Args:
        cases: as `cases_of` gives them.
        seed: of the folds and the bootstrap.
        progress: called as the work goes on.
    """
    generator = np.random.default_rng(seed)
    learned = _out_of_fold(cases, generator, progress)
    qualities, found = [], []
    for setting in SETTINGS:
        these = [
            (case, scores) for case, scores in zip(cases, learned, strict=True) if case.setting == setting
        ]
        if not these:
            continue
        draws = generator.integers(0, len(these), (_DRAWS, len(these)))
        methods: dict[str, Callable[[Case, NDArray[np.float64]], NDArray[np.float64]]] = {
            SHOWN: _as_shown,
            LEARNED: lambda _case, scores: scores,
            SHARE: lambda case, _scores: case.pool.values[:, NUMERIC.index("share")].astype(float),
            WEIGHT: lambda case, _scores: case.pool.values[:, NUMERIC.index("weight")].astype(float),
            SHORTEST: lambda case, _scores: -(case.pool.nodes >= 0).sum(axis=1).astype(float),
            RANDOM: lambda case, _scores: np.zeros(len(case.pool)),
        }
        for method, score in methods.items():
            scored = [(case, score(case, scores)) for case, scores in these]
            for definition in DEFINITIONS:
                competing = scored
                if definition == "3 hops":
                    competing = [(case, score(case, _of_short(case, scores))) for case, scores in these]
                outcomes = np.array(
                    [_outcome(case, scores, definition, method) for case, scores in competing]
                )
                reach = np.array([case.reachable[definition] for case, _ in scored])
                qualities.append(_quality((setting, definition, method), outcomes, reach, draws))
            if method not in (SHORTEST, RANDOM):
                found.append(_found(setting, method, scored, draws))
    return qualities, found


def cases_of(store: GraphStore, *, most: int = _MOST, progress: Progress | None = None) -> list[Case]:
    """Every indication in every setting where the graph, as far as it isn't hidden, knows both ends.

    Args:
        store: a graph that DrugMechDB was loaded into.
        most: paths of one template that compete, the heaviest.
        progress: called as the work goes on.
    """
    whole = Adjacency(read_adjacency(store, schema_tables(), progress))
    indications = read_indications(store, progress)
    templates = _supporting()
    facts, mechanisms = _facts(store), Mechanisms(whole)
    cases = []
    for setting in SETTINGS:
        for done, indication in enumerate(indications):
            if progress is not None:
                progress(f"Looking for paths, {setting}", done, len(indications))
            view = Without(whole, indication, every=setting == "all hidden")
            if not all(
                _linked(view, kind, number)
                for kind, number in zip(("Drug", "Disease"), view.pair, strict=True)
            ):
                continue
            pool = pool_of(view, mechanisms, templates, facts(indication), view.pair, most=most)
            cases.append(_case(indication, setting, view, pool))
    return cases


def _supporting() -> list[PathTemplate]:
    return [template for template in path_templates() if template.stance == "supports"]


def _facts(store: GraphStore) -> Callable[[Indication], PairFacts]:
    """The facts of a pair that other sources than curated mechanisms state."""
    rows: list[dict[str, list[dict[str, Any]]]] = []
    for relation, start in (("BINDS", "Drug"), ("ASSOCIATED_WITH", "Disease")):
        of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for batch in store.edges(
            relation, start, "Gene", ["start", "end", "evidence", "action", "mechanisms"]
        ):
            for edge in batch.to_pylist():
                if not edge["mechanisms"]:
                    of[edge["start"]].append({"end_id": edge["end"], "edge": edge})
        rows.append(of)
    binds, associated = rows
    return lambda one: facts_of(binds.get(one.drug, ()), associated.get(one.disease, ()))


@cache
def _tables_at(kind: str) -> list[Table]:
    return [table for table in schema_tables() if kind in table[1:]]


def _linked(view: Without, kind: str, number: int) -> bool:
    """Whether any link is left at a node."""
    for table in _tables_at(kind):
        if view.has(table):
            links = view.incidence(table)
            if table[1] == kind and links.indptr[number + 1] > links.indptr[number]:
                return True
            if table[2] == kind and links.back_indptr[number + 1] > links.back_indptr[number]:
                return True
    return False


def _case(indication: Indication, setting: str, view: Without, pool: Pool) -> Case:
    sequences = [
        tuple(zip(pool.shapes[pool.shape[path]], pool.ids(view, path), strict=True))
        for path in range(len(pool))
    ]
    nodes = np.array([indication.matches(path) for path in sequences], bool)
    short = np.array([len(path) < _KGML_HOPS for path in sequences], bool)
    return Case(
        indication,
        setting,
        pool,
        {
            "exact": np.array([path in indication.paths for path in sequences], bool),
            "nodes": nodes,
            "3 hops": nodes & short,
        },
        _reachable(indication, view),
        sequences,
    )


def _reachable(indication: Indication, view: Without) -> dict[str, bool]:
    """For which definitions any path of the graph matches."""
    drug, disease = ("Drug", indication.drug), ("Disease", indication.disease)
    joined: dict[tuple[Node, Node], bool] = {}

    def linked(first: Node, second: Node) -> bool:
        key = (first, second) if first < second else (second, first)
        if key not in joined:
            joined[key] = view.joined(*key)
        return joined[key]

    def whole(path: tuple[Node, ...]) -> bool:
        ends = (drug, *path, disease)
        return all(linked(one, other) for one, other in pairwise(ends))

    firsts = [node for node in indication.nodes if linked(drug, node)]
    lasts = {node for node in indication.nodes if linked(node, disease)}
    short = any(
        (indication.least == 1 and first in lasts)
        or any(last != first and linked(first, last) for last in lasts)
        for first in firsts
    )
    growing: list[tuple[Node, ...]] = [] if short else [(first,) for first in firsts]
    found = short
    while growing and not found:
        path = growing.pop()
        found = path[-1] in lasts and len(path) >= indication.least
        if len(path) < LONGEST - 1:
            growing += [
                (*path, node) for node in indication.nodes if node not in path and linked(path[-1], node)
            ]
    return {"exact": any(map(whole, indication.paths)), "nodes": found, "3 hops": short}


def _out_of_fold(
    cases: Sequence[Case], generator: np.random.Generator, progress: Progress | None
) -> list[NDArray[np.float64]]:
    """Scores of every case's paths, by weights that were fitted on other diseases."""
    diseases = sorted({case.indication.disease for case in cases})
    fold = dict(zip(diseases, (generator.permutation(len(diseases)) % _FOLDS).tolist(), strict=True))
    scores: list[NDArray[np.float64]] = [np.zeros(0)] * len(cases)
    for held in range(_FOLDS):
        if progress is not None:
            progress("Learning from curated mechanisms", held, _FOLDS)
        weights = learn([case for case in cases if fold[case.indication.disease] != held])
        for place, case in enumerate(cases):
            if fold[case.indication.disease] == held:
                scores[place] = case.pool.scores(weights.numeric, weights.templates)
    return scores


def learn(cases: Sequence[Case]) -> Weights:
    """The weights by which the curated paths of some cases come first.

    Wanted are whole curated paths; where the pool has none, those that match by their nodes; where it has
    none such, those with any curated node and no other. Of analogies, paths through another drug or another
    disease, curators draw none: they tell that a treatment is likely, not how it works.
    """
    templates = _supporting()
    wanted = []
    for case in cases:
        inside = np.array(
            [case.indication.nodes.issuperset(path) and bool(path) for path in case.sequences], bool
        )
        choices = (case.matching["exact"], case.matching["nodes"], inside)
        wanted.append(next((choice for choice in choices if choice.any()), inside))
    weights = fit(
        [
            (case.pool, these, _HIDDEN_COUNTS if case.setting == SETTINGS[0] else 1.0)
            for case, these in zip(cases, wanted, strict=True)
        ],
        len(templates) + 1,
    )
    for number, template in enumerate(templates):
        if {"Drug", "Disease"} & set(kinds_of(template)[1:-1]):
            weights.templates[number] = min(weights.templates[number], 0.0) - _ANALOGY
    return weights


def refit(cases: Sequence[Case], made: Mapping[str, Any]) -> str:
    """The text of `path-weights.yaml`, fitted on all cases.

    Args:
        cases: as `cases_of` gives them.
        made: what else is to be told of how the weights were made.
    """
    weights = learn(cases)
    names = [*(template.name for template in _supporting()), CHAIN]
    told = {
        "by": "kedrec evaluate paths --fit FILE",
        "how": "conditional logit on the paths of each indication of DrugMechDB, its own mechanisms hidden, "
        "and all mechanisms hidden",
        **made,
        "indications": sum(bool(case.matching["nodes"].any()) for case in cases),
    }
    return written(
        PathWeights(
            dict(zip(NUMERIC, weights.numeric.tolist(), strict=True)),
            dict(zip(names, weights.templates.tolist(), strict=True)),
        ),
        told,
    )


def ranks(pool: Pool, scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> float:
    """Rank of the best match, from 1; infinite without one. Equal scores go by the nodes."""
    if not matching.any():
        return float("inf")
    order = np.lexsort((*pool.nodes.T[::-1], pool.shape, -np.round(scores, 9)))
    return 1.0 + float(np.flatnonzero(matching[order])[0])


def in_random_order(scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance that the best match has rank 1, 2, ... where paths of equal score stand in random order."""
    chances = np.zeros(len(scores))
    if not matching.any():
        return chances
    best = scores[matching].max()
    before, equal = int((scores > best).sum()), int((scores == best).sum())
    wanted = int((matching & (scores == best)).sum())
    left = 1.0
    for place in range(equal - wanted + 1):
        here = left * wanted / (equal - place)
        chances[before + place] = here
        left -= here
    return chances


def _of_short(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of the paths of at most three hops; the others don't compete."""
    return np.where(case.short, scores, -np.inf)


def _as_shown(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores that put the paths in the order in which an answer shows them."""
    order = np.argsort(-scores, kind="stable")
    shown = np.empty(len(scores))
    shown[order] = -max(DEPTHS) - np.arange(len(order), dtype=float)
    first = [path for path in chosen(case.pool, scores, max(DEPTHS)) if np.isfinite(scores[path])]
    shown[first] = -np.arange(len(first), dtype=float)
    return shown


def _outcome(case: Case, scores: NDArray[np.float64], definition: str, method: str) -> list[float]:
    """Hit at each depth, and the reciprocal rank."""
    matching = case.matching[definition]
    if definition == "3 hops":
        scores = _of_short(case, scores)
    if method in (SHORTEST, RANDOM):
        chances = in_random_order(scores, matching)
        return [
            *(float(chances[:depth].sum()) for depth in DEPTHS),
            float((chances / np.arange(1, len(chances) + 1)).sum()),
        ]
    rank = ranks(case.pool, scores, matching)
    return [*(float(rank <= depth) for depth in DEPTHS), 1 / rank]


def _quality(
    what: tuple[str, str, str],
    outcomes: NDArray[np.float64],
    reach: NDArray[np.bool_],
    draws: NDArray[np.int64],
) -> Quality:
    of_reachable = [figure(outcomes[:, column], reach, draws) for column in range(outcomes.shape[1])]
    everyone = np.ones(len(reach), bool)
    return Quality(
        *what,
        indications=len(reach),
        reachable=int(reach.sum()),
        hits=dict(zip(DEPTHS, of_reachable, strict=False)),
        mrr=of_reachable[-1],
        hits_of_all={
            depth: figure(outcomes[:, column], everyone, draws) for column, depth in enumerate(DEPTHS)
        },
    )


def _found(
    setting: str, method: str, scored: Sequence[tuple[Case, NDArray[np.float64]]], draws: NDArray[np.int64]
) -> Found:
    hit, parts, acted, functional = [], [], [], []
    for case, scores in scored:
        order = np.lexsort((*case.pool.nodes.T[::-1], case.pool.shape, -np.round(scores, 9)))[:10]
        seen = {node for path in order.tolist() for node in case.sequences[path]}
        curated = {node for node in case.indication.nodes if node[0] in _FUNCTIONAL}
        hit.append(bool(case.indication.targets & seen))
        acted.append(bool(case.indication.targets))
        parts.append(len(curated & seen) / max(len(curated), 1))
        functional.append(bool(curated))
    return Found(
        setting, method,
        figure(np.array(hit, float), np.array(acted), draws), sum(acted),
        figure(np.array(parts), np.array(functional), draws), sum(functional),
    )  # fmt: skip
