"""Computes the features by which a pair's paths are scored, before their edges are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evidence.breadth import group_positions
from kedrec.pathlogic.disposition import is_disposition_gene, names_disposition, names_target
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.best_paths import HeavyPaths, path_tables
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from kedrec.evidence.breadth import Breadths
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores.base import Row
    from kedrec.stores.templates import PathTemplate

__all__ = ["COLUMN", "FEATURES", "GeneFacts", "PairContext", "gene_facts"]

FEATURES = (
    "weight",  # log of the path's weight in the DWPC
    "share",  # log of its share of its metapath's DWPC
    "count",  # -log of the number of paths of its metapath between the two
    "rank",  # -log(1 + its rank from 0, by weight, among them)
    "few drugs",  # -log of the first node's links along the first hop
    "few diseases",  # -log of the last node's links along the last hop
    "few between",  # minus the mean log of the inner nodes' links along the hops between; of groups, breadth
    "target",  # 1 where the drug's first gene is its target in DrugBank's words
    "passive",  # -1 where the first gene is only an enzyme, transporter or carrier of the drug
    "signed",  # 1 where the drug's action on the first gene has a sign (inhibits, activates...)
    "fellows",  # log(1 + other drugs that treat the disease and are linked with the first gene)
    "fellows share",  # their share among all drugs linked with the first gene
    "sources",  # log(1 + databases that associate the last gene with the disease)
    "disease gene",  # 1 where the drug's first gene is associated with the disease
    "curated hops",  # share of hops that are part of some curated mechanism
    "curated often",  # mean over the hops of log(1 + mechanisms that contain it)
    "shared first",  # log(1 + mechanisms that contain both of the first two hops)
    "shared last",  # the same for the last two hops
    "shared tail",  # the same for all hops but the first
    "chain mechanisms",  # log(1 + mechanisms that contain the chain's tail); chains alone
    "hops",  # number of hops
)
"""Names of the numeric features, in the order of their columns and as `path-weights.yaml` lists them."""

COLUMN = {name: column for column, name in enumerate(FEATURES)}
"""The number of each feature's column."""


@dataclass(frozen=True, slots=True)
class GeneFacts:
    """Facts from single edges on the drug's genes and the disease's, by gene id.

    Attributes:
        targets: of the drug's genes: whether some source calls it a target, whether each calls it only
            an enzyme, transporter or carrier of the drug or it is known as such, and whether the action has a
            sign.
        sources: of the disease's genes: number of databases behind the association.
    """

    targets: Mapping[str, tuple[bool, bool, bool]]
    sources: Mapping[str, int]


def gene_facts(target_rows: Iterable[Row], associated: Iterable[Row]) -> GeneFacts:
    """Extracts the facts from the drug's edges to its targets and the disease's to its genes.

    Args:
        target_rows: rows of `edges_between_with_role`, from the drug to genes.
        associated: the same from the disease to genes.
    """
    relations = load_schema().relations
    targets: dict[str, tuple[bool, bool, bool]] = {}
    for row in target_rows:
        edge = row["edge"]
        evidence = edge.get("evidence") or ""
        is_target = names_target(evidence)
        passive = not is_target and not edge.get("mechanisms") and names_disposition(evidence)
        signed = bool(relations[row["relation"]].wording_for(edge.get("action") or "").sign)
        passive |= is_disposition_gene(row.get("end_name", "")) and not (is_target and signed)
        previous = targets.get(row["end_id"], (False, True, False))
        targets[row["end_id"]] = (
            previous[0] or is_target,
            previous[1] and passive,
            previous[2] or signed,
        )
    sources: dict[str, int] = {}
    for row in associated:
        databases = len([part for part in (row["edge"].get("evidence") or "").split(",") if part.strip()])
        sources[row["end_id"]] = sources.get(row["end_id"], 0) + max(databases, 1)
    return GeneFacts(targets, sources)


class PairContext:
    """Data on a pair and its genes, looked up once for all of its paths."""

    def __init__(
        self, adjacency: Adjacency, breadths: Breadths, facts: GeneFacts, drug: int, disease: int
    ) -> None:
        self._adjacency, self._breadths = adjacency, breadths
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
        self._fellows, self._share = self._fellow_counts(drug, disease, genes)
        self._links: dict[Table, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}
        self._shared: dict[tuple[tuple[Table, tuple[int, int]], ...], int] = {}

    def _fellow_counts(
        self, drug: int, disease: int, genes: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each gene, the other drugs that treat the disease and are linked with it.

        Returns:
            log(1 + their number), and their share among all drugs linked with the gene, 0 to 1.
        """
        treats = self._adjacency.incidence(TREATS)
        fellows = treats.back_row(disease)
        counts, linked = np.zeros(genes), np.zeros(genes)
        for relation in load_schema().with_role("target", "effect"):
            table = (relation, "Drug", "Gene")
            if not self._adjacency.has_table(table):
                continue
            links = self._adjacency.incidence(table)
            linked += links.back_degrees
            gene_rows = [links.row(fellow) for fellow in fellows[fellows != drug].tolist()]
            if gene_rows:
                counts += np.bincount(np.concatenate(gene_rows), minlength=genes)
        share = np.where(linked > 0, counts / np.maximum(linked, 1), 0.0)
        return np.log1p(counts).astype(np.float32), share.astype(np.float32)

    def values(self, template: PathTemplate, heavy: HeavyPaths) -> NDArray[np.float32]:
        """The features of a template's paths (paths x `FEATURES`)."""
        kinds, nodes = template.kinds, heavy.nodes
        features = np.zeros((len(nodes), len(FEATURES)), np.float32)
        log_weights = np.log(np.maximum(heavy.weights, 1e-300))
        features[:, COLUMN["weight"]] = log_weights
        features[:, COLUMN["share"]] = log_weights - np.log(max(heavy.total, 1e-300))
        features[:, COLUMN["count"]] = -np.log(heavy.count)
        features[:, COLUMN["rank"]] = -np.log1p(np.arange(len(nodes)))
        hops = [
            self._adjacency.hop_incidence(hop, kind) for hop, kind in zip(template.hops, kinds, strict=False)
        ]
        features[:, COLUMN["few drugs"]] = -np.log(hops[0].back_degree(nodes[:, 1]))
        features[:, COLUMN["few diseases"]] = -np.log(hops[-1].degree(nodes[:, -2]))
        grouped = {
            position: self._breadths.of(kind, nodes[:, position])
            for position, kind in group_positions(template.hops, kinds).items()
        }
        between = []
        for index, hop in enumerate(hops[1:-1], 1):
            starts, ends = hop.degree(nodes[:, index]), hop.back_degree(nodes[:, index + 1])
            if template.hops[index].forward:
                ends = grouped.get(index + 1, ends)
            else:
                starts = grouped.get(index, starts)
            between.append(np.log(starts) + np.log(ends))
        if between:
            features[:, COLUMN["few between"]] = -np.mean(between, axis=0) / 2
        if kinds[1] == "Gene":
            first_gene = nodes[:, 1]
            target, passive, signed = self._targets[:, first_gene]
            features[:, COLUMN["target"]] = target
            features[:, COLUMN["passive"]] = -passive
            features[:, COLUMN["signed"]] = signed
            features[:, COLUMN["fellows"]] = self._fellows[first_gene]
            features[:, COLUMN["fellows share"]] = self._share[first_gene]
            features[:, COLUMN["disease gene"]] = self._sources[first_gene] > 0
        if kinds[-2] == "Gene" and len(kinds) > 2:
            features[:, COLUMN["sources"]] = self._sources[nodes[:, -2]]
        features[:, COLUMN["hops"]] = len(hops)
        self._curated(template, nodes, features)
        return features

    def _curated(
        self, template: PathTemplate, nodes: NDArray[np.int64], features: NDArray[np.float32]
    ) -> None:
        """Fills in the features on curated mechanisms: the share of hops in any, and the number in common."""
        tables = path_tables(template)
        starts = np.zeros((len(nodes), len(tables)), np.int64)
        counts = np.zeros((len(nodes), len(tables)), np.int64)
        for index, (table, forward) in enumerate(tables):
            if not self._adjacency.has_mechanisms(table):
                continue
            links, _ = self._curated_links(table)
            start, end = (index, index + 1) if forward else (index + 1, index)
            keys = nodes[:, start] * max(len(self._adjacency.ids(table[2])), 1) + nodes[:, end]
            starts[:, index] = links.searchsorted(keys, "left")
            counts[:, index] = links.searchsorted(keys, "right") - starts[:, index]
        is_curated = counts > 0
        features[:, COLUMN["curated hops"]] = is_curated.mean(axis=1)
        features[:, COLUMN["curated often"]] = np.log1p(counts).mean(axis=1)
        step_tables = [table for table, _ in tables]
        spans = {
            "shared first": (0, 2),
            "shared last": (len(tables) - 2, len(tables)),
            "shared tail": (1, len(tables)),
        }
        for name, (first, stop) in spans.items():
            if first < 0 or stop - first < 2 or stop > len(tables):
                continue
            for row in np.flatnonzero(is_curated[:, first:stop].all(axis=1)).tolist():
                ranges = zip(starts[row, first:stop].tolist(), counts[row, first:stop].tolist(), strict=True)
                span = tuple(zip(step_tables[first:stop], ranges, strict=True))
                features[row, COLUMN[name]] = np.log1p(self._in_common(span))

    def _curated_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        if table not in self._links:
            self._links[table] = self._adjacency.mechanism_links(table)
        return self._links[table]

    def _in_common(self, span: tuple[tuple[Table, tuple[int, int]], ...]) -> int:
        """The number of curated mechanisms that contain all of some links.

        Args:
            span: for each link its table, and the range (start, length) of its mechanisms there.
        """
        total = self._shared.get(span)
        if total is None:
            common: set[int] | None = None
            for table, (first, count) in span:
                mechanisms = set(self._curated_links(table)[1][first : first + count].tolist())
                common = mechanisms if common is None else common & mechanisms
            total = self._shared[span] = len(common or ())
        return total
