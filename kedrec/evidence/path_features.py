"""What can be told of a path before its edges are read: the features by which paths are scored.

All paths of a pair are looked at together, along every supporting template. The same nodes found along
several templates are one path: it has the highest of each feature, and every template it was found along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evidence.chains import LONGEST, chain_template, chains_of
from kedrec.ranking.best_paths import HeavyPaths, heaviest_paths, path_tables
from kedrec.ranking.dwpc import DAMPING
from kedrec.ranking.metapaths import kinds_of
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.chains import Chain, Mechanisms
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores.base import Row
    from kedrec.stores.templates import Hop, PathTemplate

__all__ = ["NUMERIC", "PairFacts", "Pool", "facts_of", "pool_of"]

NUMERIC = (
    "weight",  # logarithm of the path's weight in the DWPC
    "share",  # of its metapath's DWPC, logarithm
    "count",  # paths of its metapath between the two, logarithm, turned so that few is more
    "rank",  # among them, by weight, logarithm, turned so that first is most
    "few drugs",  # links of the first node along the first hop, logarithm, turned
    "few diseases",  # links of the last node along the last hop, logarithm, turned
    "few between",  # links of the nodes along the hops between, mean logarithm, turned
    "target",  # the drug's first gene is its target in DrugBank's words
    "passive",  # or only what breaks it down or carries it (turned: -1)
    "signed",  # the drug inhibits, activates...
    "fellows",  # other drugs that treat the disease and are linked with the first gene, logarithm
    "fellows share",  # among all drugs linked with it
    "sources",  # that associate the last gene with the disease, logarithm
    "disease gene",  # the drug's first gene is associated with the disease
    "curated hops",  # share of hops that are part of some curated mechanism
    "curated often",  # mean logarithm of 1 + the mechanisms each hop is part of
    "shared first",  # mechanisms that have both of the first two hops, logarithm
    "shared last",  # both of the last two hops
    "shared tail",  # all hops but the first
    "told",  # mechanisms that have the end of the chain as it stands, logarithm
    "hops",
)

_SHARE, _RANK, _TOLD = (NUMERIC.index(name) for name in ("share", "rank", "told"))
_PASSIVE = re.compile(r"\((?:enzyme|transporter|carrier)\)")  # DrugBank's words: not a target


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What single edges say of the drug's genes and the disease's, by gene id.

    Attributes:
        targets: the drug's genes: whether some source calls it a target, whether every one only says that
            it breaks the drug down or carries it, and whether the action has a sign.
        sources: the disease's genes: how many databases stand behind the association.
    """

    targets: Mapping[str, tuple[bool, bool, bool]]
    sources: Mapping[str, int]


def facts_of(binds: Iterable[Row], associated: Iterable[Row]) -> PairFacts:
    """The facts that the drug's `BINDS` and the disease's `ASSOCIATED_WITH` edges hold.

    Args:
        binds: rows of `GraphStore.edges_between`, from the drug to genes.
        associated: the same from the disease to genes.
    """
    actions = load_schema().relations["BINDS"]
    targets: dict[str, tuple[bool, bool, bool]] = {}
    for row in binds:
        edge = row["edge"]
        evidence = edge.get("evidence") or ""
        passive = bool(_PASSIVE.search(evidence)) and "(target)" not in evidence
        signed = bool(actions.worded(edge.get("action") or "").sign)
        had = targets.get(row["end_id"], (False, True, False))
        targets[row["end_id"]] = (had[0] or "(target)" in evidence, had[1] and passive, had[2] or signed)
    sources: dict[str, int] = {}
    for row in associated:
        stated = len([part for part in (row["edge"].get("evidence") or "").split(",") if part.strip()])
        sources[row["end_id"]] = sources.get(row["end_id"], 0) + max(stated, 1)
    return PairFacts(targets, sources)


@dataclass(frozen=True, slots=True)
class Pool:
    """The paths of a pair that compete.

    Attributes:
        templates: the supporting templates, in the order of their numbers below; the number after the last
            stands for chains of curated mechanisms.
        chains: the hops of each path that was found as such a chain.
        own: whether a curated mechanism of the very pair has the path.
        shapes: kinds of the nodes between drug and disease, for each path's `shape`.
        shape: number of each path's kinds.
        nodes: numbers of the nodes between (paths x 6, -1 where a path is shorter).
        values: the features (paths x `NUMERIC`).
        member_path, member_template: which paths were found along which templates.
        count: paths of the pair along all templates, also those that don't compete.
        metapaths: templates with a path.
    """

    templates: Sequence[PathTemplate]
    chains: Mapping[int, tuple[Hop, ...]]
    own: NDArray[np.bool_]
    shapes: tuple[tuple[str, ...], ...]
    shape: NDArray[np.int64]
    nodes: NDArray[np.int64]
    values: NDArray[np.float32]
    member_path: NDArray[np.int64]
    member_template: NDArray[np.int64]
    count: int
    metapaths: int

    def __len__(self) -> int:
        return len(self.shape)

    def scores(self, numeric: NDArray[np.float64], by_template: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each path's score: its features' weights, and the weights of the templates it was found along."""
        scores: NDArray[np.float64] = self.values.astype(np.float64) @ numeric
        return scores + np.bincount(self.member_path, by_template[self.member_template], minlength=len(self))

    def ids(self, adjacency: Adjacency, path: int) -> tuple[str, ...]:
        """The ids of the nodes between drug and disease of one path."""
        kinds = self.shapes[self.shape[path]]
        return tuple(
            adjacency.name(kind, number)
            for kind, number in zip(kinds, self.nodes[path].tolist(), strict=False)
        )


def pool_of(
    adjacency: Adjacency,
    mechanisms: Mechanisms,
    templates: Sequence[PathTemplate],
    facts: PairFacts,
    pair: tuple[int, int],
    *,
    most: int,
) -> Pool:
    """The paths of a pair that compete: the `most` heaviest of every template, and chains.

    The pair's own treatment is no step of any: such a path would come to the drug or the disease twice.

    Args:
        adjacency: the graph.
        mechanisms: its curated mechanisms, of which chains are made.
        templates: along which to look, all supporting.
        facts: as `facts_of` makes them.
        pair: numbers of the drug and the disease.
        most: paths of one template.
    """
    view = _View(adjacency, facts, *pair)
    gathered = _Gathered()
    count = 0
    for number, template in enumerate(templates):
        heavy = heaviest_paths(adjacency, template, *pair, most)
        if heavy is not None:
            count += heavy.count
            gathered.add(kinds_of(template), heavy.nodes, view.values(template, heavy), number)
    metapaths = len(gathered.keys)
    chains = chains_of(adjacency, mechanisms, *pair, most)
    for hops, these in _by_hops(chains).items():
        template, nodes = chain_template(hops), np.array([chain.nodes for chain in these], np.int64)
        heavy = HeavyPaths(len(chains), 1.0, nodes, _weights(adjacency, template, nodes))
        values = view.values(template, heavy)
        values[:, _SHARE], values[:, _RANK] = -np.log(len(chains)), 0.0
        values[:, _TOLD] = np.log1p([chain.told for chain in these])
        gathered.add(kinds_of(template), nodes, values, len(templates))
        gathered.mark(hops, [chain.own for chain in these])
    return gathered.pool(templates, count, metapaths)


def _by_hops(chains: Iterable[Chain]) -> dict[tuple[Hop, ...], list[Chain]]:
    """Chains with the same steps together, so that their features are made at once."""
    found: dict[tuple[Hop, ...], list[Chain]] = {}
    for chain in chains:
        found.setdefault(chain.hops, []).append(chain)
    return found


def _weights(adjacency: Adjacency, template: PathTemplate, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The paths' weights, as a DWPC would sum them."""
    weights = np.ones(len(nodes))
    for place, (hop, kind) in enumerate(zip(template.hops, kinds_of(template), strict=False)):
        links = adjacency.along(hop, kind)
        start, end = nodes[:, place], nodes[:, place + 1]
        into = links.back_indptr[end + 1] - links.back_indptr[end]
        weights *= ((links.indptr[start + 1] - links.indptr[start]).astype(float) * into) ** -DAMPING
    return weights


class _Gathered:
    """Paths as they come along templates, until they are put together by their nodes."""

    def __init__(self) -> None:
        self.keys: list[NDArray[np.int64]] = []
        self._values: list[NDArray[np.float32]] = []
        self._members: list[NDArray[np.int64]] = []
        self._shapes: dict[tuple[str, ...], int] = {}
        self._chains: list[tuple[int, tuple[Hop, ...], bool]] = []

    def add(
        self,
        kinds: tuple[str, ...],
        nodes: NDArray[np.int64],
        values: NDArray[np.float32],
        number: int,
    ) -> None:
        keys = np.full((len(nodes), LONGEST), -1, np.int64)
        keys[:, 0] = self._shapes.setdefault(kinds[1:-1], len(self._shapes))
        keys[:, 1 : nodes.shape[1] - 1] = nodes[:, 1:-1]
        self.keys.append(keys)
        self._values.append(values)
        self._members.append(np.full(len(keys), number, np.int64))

    def mark(self, hops: tuple[Hop, ...], own: Sequence[bool]) -> None:
        """Says of the paths added last that they are chains, and whether the pair's own."""
        begin = sum(map(len, self.keys)) - len(own)
        self._chains += [(begin + place, hops, one) for place, one in enumerate(own)]

    def pool(self, templates: Sequence[PathTemplate], count: int, metapaths: int) -> Pool:
        keys = np.concatenate([np.zeros((0, LONGEST), np.int64), *self.keys])
        values = np.concatenate([np.zeros((0, len(NUMERIC)), np.float32), *self._values])
        members = np.concatenate([np.zeros(0, np.int64), *self._members])
        order = np.lexsort(keys.T[::-1])
        keys = keys[order]
        new = np.r_[np.ones(min(len(keys), 1), bool), (keys[1:] != keys[:-1]).any(axis=1)]
        begins, path = np.flatnonzero(new), np.cumsum(new) - 1
        place = np.empty(len(order), np.int64)
        place[order] = path
        own = np.zeros(len(begins), bool)
        own[[int(place[row]) for row, _, one in self._chains if one]] = True
        return Pool(
            templates=templates,
            chains={int(place[row]): hops for row, hops, _ in self._chains},
            own=own,
            shapes=tuple(self._shapes),
            shape=keys[begins, 0],
            nodes=keys[begins, 1:],
            values=np.maximum.reduceat(values[order], begins, axis=0) if len(begins) else values,
            member_path=path,
            member_template=members[order],
            count=count,
            metapaths=metapaths,
        )


class _View:
    """A pair's surroundings, looked up once for all of its paths."""

    def __init__(self, adjacency: Adjacency, facts: PairFacts, drug: int, disease: int) -> None:
        self._adjacency = adjacency
        genes = len(adjacency.ids("Gene"))
        self._targets = np.zeros((3, genes), np.float32)
        for id_, flags in facts.targets.items():
            number = adjacency.number("Gene", id_)
            if number is not None:
                self._targets[:, number] = flags
        self._sources = np.zeros(genes, np.float32)
        for id_, sources in facts.sources.items():
            number = adjacency.number("Gene", id_)
            if number is not None:
                self._sources[number] = np.log1p(sources)
        self._fellows, self._share = self._of_fellows(drug, disease, genes)
        self._links: dict[Table, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}
        self._shared: dict[tuple[tuple[Table, tuple[int, int]], ...], int] = {}

    def _of_fellows(
        self, drug: int, disease: int, genes: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Other drugs that treat the disease and are linked with each gene: logarithm, and share."""
        treats = self._adjacency.incidence(("TREATS", "Drug", "Disease"))
        fellows = treats.back_indices[treats.back_indptr[disease] : treats.back_indptr[disease + 1]]
        counts, linked = np.zeros(genes), np.zeros(genes)
        for relation in ("BINDS", "AFFECTS"):
            table = (relation, "Drug", "Gene")
            if not self._adjacency.has(table):
                continue
            links = self._adjacency.incidence(table)
            linked += links.back_degrees
            theirs = [
                links.indices[links.indptr[fellow] : links.indptr[fellow + 1]]
                for fellow in fellows[fellows != drug].tolist()
            ]
            if theirs:
                counts += np.bincount(np.concatenate(theirs), minlength=genes)
        share = np.where(linked > 0, counts / np.maximum(linked, 1), 0.0)
        return np.log1p(counts).astype(np.float32), share.astype(np.float32)

    def values(self, template: PathTemplate, heavy: HeavyPaths) -> NDArray[np.float32]:
        """The features of a template's paths (paths x `NUMERIC`)."""
        kinds, nodes = kinds_of(template), heavy.nodes
        found = np.zeros((len(nodes), len(NUMERIC)), np.float32)
        logs = np.log(np.maximum(heavy.weights, 1e-300))
        found[:, 0] = logs
        found[:, 1] = logs - np.log(max(heavy.total, 1e-300))
        found[:, 2] = -np.log(heavy.count)
        found[:, 3] = -np.log1p(np.arange(len(nodes)))
        hops = [self._adjacency.along(hop, kind) for hop, kind in zip(template.hops, kinds, strict=False)]
        found[:, 4] = -np.log(np.diff(hops[0].back_indptr)[nodes[:, 1]])
        found[:, 5] = -np.log(np.diff(hops[-1].indptr)[nodes[:, -2]])
        between = [
            np.log(np.diff(hop.indptr)[nodes[:, place]])
            + np.log(np.diff(hop.back_indptr)[nodes[:, place + 1]])
            for place, hop in enumerate(hops)
            if 0 < place < len(hops) - 1
        ]
        if between:
            found[:, 6] = -np.mean(between, axis=0) / 2
        if kinds[1] == "Gene":
            first = nodes[:, 1]
            found[:, 7:10] = self._targets[:, first].T * (1, -1, 1)
            found[:, 10], found[:, 11] = self._fellows[first], self._share[first]
            found[:, 13] = self._sources[first] > 0
        if kinds[-2] == "Gene" and len(kinds) > 2:
            found[:, 12] = self._sources[nodes[:, -2]]
        found[:, NUMERIC.index("hops")] = len(hops)
        self._curated(template, nodes, found)
        return found

    def _curated(self, template: PathTemplate, nodes: NDArray[np.int64], found: NDArray[np.float32]) -> None:
        """How much of the paths is part of curated mechanisms, and of the same ones."""
        tables = path_tables(template)
        begins = np.zeros((len(nodes), len(tables)), np.int64)
        counts = np.zeros((len(nodes), len(tables)), np.int64)
        for place, (table, forward) in enumerate(tables):
            if not self._adjacency.has_mechanisms(table):
                continue
            links, _ = self._curated_links(table)
            start, end = (place, place + 1) if forward else (place + 1, place)
            keys = nodes[:, start] * max(len(self._adjacency.ids(table[2])), 1) + nodes[:, end]
            begins[:, place] = links.searchsorted(keys, "left")
            counts[:, place] = links.searchsorted(keys, "right") - begins[:, place]
        stated = counts > 0
        found[:, 14] = stated.mean(axis=1)
        found[:, 15] = np.log1p(counts).mean(axis=1)
        names = [table for table, _ in tables]
        spans = {16: (0, 2), 17: (len(tables) - 2, len(tables)), 18: (1, len(tables))}
        for column, (begin, end) in spans.items():
            if begin < 0 or end - begin < 2 or end > len(tables):
                continue
            for row in np.flatnonzero(stated[:, begin:end].all(axis=1)).tolist():
                places = zip(begins[row, begin:end].tolist(), counts[row, begin:end].tolist(), strict=True)
                span = tuple(zip(names[begin:end], places, strict=True))
                found[row, column] = np.log1p(self._in_common(span))

    def _curated_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        if table not in self._links:
            self._links[table] = self._adjacency.mechanism_links(table)
        return self._links[table]

    def _in_common(self, span: tuple[tuple[Table, tuple[int, int]], ...]) -> int:
        """How many curated mechanisms have all of some links, each by the place and number of its own."""
        known = self._shared.get(span)
        if known is None:
            common: set[int] | None = None
            for table, (begin, count) in span:
                these = set(self._curated_links(table)[1][begin : begin + count].tolist())
                common = these if common is None else common & these
            known = self._shared[span] = len(common or ())
        return known
