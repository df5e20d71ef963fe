"""Permuted graphs keep every degree, and p-values on them are what chance makes of them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from listed_graph import Link, ListedGraph, random_graph
from scipy.stats import chisquare, gamma

from kedrec.errors import NotFoundError
from kedrec.evaluation.chance import calibration, markdown
from kedrec.ranking.adjacency import PLAIN, Adjacency, Incidence, Table, read_adjacency
from kedrec.ranking.degree_groups import transform_dwpc
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import Metapath, metapath_text, schema_tables
from kedrec.ranking.permutation_null import MIN_P_VALUE, NullModel, PermutationSettings, path_chances
from kedrec.ranking.xswap import compress_links, permute_incidence, permuted_graphs

GENES = "Drug BINDS Gene < ASSOCIATED_WITH Disease"
TREATED = "Drug TREATS Disease RESEMBLES Disease"


def linked(incidence: Incidence) -> set[tuple[int, int]]:
    starts = np.repeat(np.arange(len(incidence.degrees)), incidence.degrees)
    return set(zip(starts.tolist(), incidence.indices.tolist(), strict=True))


def of(links: set[tuple[int, int]], shape: tuple[int, int]) -> Incidence:
    starts, ends = np.array(sorted(links), np.int64).reshape(-1, 2).T
    return compress_links(starts, ends, shape)


@pytest.mark.parametrize("kind", ["between two kinds", "within one kind", "undirected"])
def test_a_permuted_relation_keeps_every_degree_and_has_no_link_twice(kind: str) -> None:
    draw = np.random.default_rng(5)
    shape = (60, 90) if kind == "between two kinds" else (80, 80)
    chances = np.outer(draw.beta(0.5, 2, shape[0]), draw.beta(0.5, 2, shape[1]))
    found = draw.random(shape) < chances
    if kind != "between two kinds":
        np.fill_diagonal(found, val=False)
    if kind == "undirected":
        found = found | found.T
    before = of(set(zip(*(axis.tolist() for axis in np.nonzero(found)), strict=True)), shape)
    after = permute_incidence(
        before, draw, same_kind=kind != "between two kinds", undirected=kind == "undirected"
    )
    assert after.degrees.tolist() == before.degrees.tolist()
    assert after.back_degrees.tolist() == before.back_degrees.tolist()
    links = linked(after)
    assert len(links) == len(after.indices) == len(before.indices)
    assert links == {(start, end) for end, start in linked(after.transposed)}
    assert len(links & linked(before)) < 0.6 * len(links)
    if kind != "between two kinds":
        assert all(start != end for start, end in links)
    if kind == "undirected":
        assert links == {(end, start) for start, end in links}


def test_every_graph_of_the_same_degrees_is_as_likely() -> None:
    first = {(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (3, 0)}
    cells = list(product(range(4), range(3)))
    wanted = of(first, (4, 3))
    alike = [
        frozenset(cells[place] for place in range(12) if bits >> place & 1)
        for bits in range(1 << 12)
        if bits.bit_count() == len(first)
    ]
    alike = [
        links
        for links in alike
        if (other := of(set(links), (4, 3))).degrees.tolist() == wanted.degrees.tolist()
        and other.back_degrees.tolist() == wanted.back_degrees.tolist()
    ]
    draw = np.random.default_rng(11)
    seen: Counter[frozenset[tuple[int, int]]] = Counter()
    for _ in range(600):
        seen[frozenset(linked(permute_incidence(wanted, draw, attempts=60)))] += 1
    assert set(seen) == set(alike)
    assert len(alike) > 10
    assert chisquare([seen[links] for links in alike]).pvalue > 0.001


def test_links_that_cannot_be_swapped_stay() -> None:
    draw = np.random.default_rng(1)
    full = of(set(product(range(3), range(4))), (3, 4))
    assert linked(permute_incidence(full, draw)) == linked(full)
    for few in (set(), {(1, 2)}):
        assert linked(permute_incidence(of(few, (3, 4)), draw)) == few
    two = {frozenset(linked(permute_incidence(of({(0, 0), (1, 1)}, (2, 2)), draw))) for _ in range(30)}
    assert len(two) == 2  # both ways round, however even the rounds are


def test_a_whole_graph_is_permuted_table_by_table_and_the_same_with_the_same_seed() -> None:
    adjacency = Adjacency(read_adjacency(random_graph(2), schema_tables()))  # type: ignore[arg-type]
    tables = [table for table in schema_tables() if len(adjacency.incidence(table, PLAIN).indices)]
    first, again = (permuted_graphs(adjacency, tables, 3) for _ in range(2))
    other = permuted_graphs(adjacency, tables, 4)
    one, two, three = next(first), next(first), next(other)
    assert links_of(one, tables) == links_of(next(again), tables)
    assert links_of(two, tables) == links_of(next(again), tables)
    assert links_of(one, tables) != links_of(two, tables) != links_of(three, tables)
    for table in tables:
        assert one.incidence(table).degrees.tolist() == adjacency.incidence(table, PLAIN).degrees.tolist()
    alone = next(permuted_graphs(adjacency, tables[:1], 3))
    assert linked(alone.incidence(tables[0])) == linked(one.incidence(tables[0]))
    assert linked(alone.incidence(tables[-1])) == linked(adjacency.incidence(tables[-1]))


def links_of(adjacency: Adjacency, tables: list[Table]) -> list[set[tuple[int, int]]]:
    return [linked(adjacency.incidence(table)) for table in tables]


def chance_graph(seed: int, drugs: int = 150, diseases: int = 60) -> Adjacency:
    """Links by chance alone, of nodes as unlike in degree as in life."""
    draw = np.random.default_rng(seed)
    sizes = {"Drug": drugs, "Gene": 200, "Disease": diseases}
    tables = {
        ("BINDS", "Drug", "Gene"): 0.15,
        ("ASSOCIATED_WITH", "Disease", "Gene"): 0.3,
        ("TREATS", "Drug", "Disease"): 0.1,
        ("RESEMBLES", "Disease", "Disease"): 0.2,
    }
    links: list[Link] = []
    for (relation, start, end), density in tables.items():
        liked = draw.beta(0.6, 2, sizes[start]), draw.beta(0.6, 2, sizes[end])
        chance = np.outer(*liked) * density / (liked[0].mean() * liked[1].mean())
        for a, b in zip(
            *(axis.tolist() for axis in np.nonzero(draw.random(chance.shape) < chance)), strict=True
        ):
            if start != end or a < b:
                links.append((relation, start, end, f"{start}:{a}", f"{end}:{b}", "one", ()))
    return Adjacency(read_adjacency(ListedGraph(links, sizes), schema_tables()))  # type: ignore[arg-type]


def paths_of(null: NullModel) -> dict[str, Metapath]:
    return {metapath_text(path): path for path in null.paths}


def test_on_a_graph_of_chance_small_p_values_are_as_rare_as_they_say(tmp_path: Path) -> None:
    adjacency = chance_graph(1)
    null = NullModel.open(adjacency, tmp_path, PermutationSettings(longest=2, permutations=25))
    assert {GENES, TREATED} <= set(paths_of(null))
    rows = {row.limit: row for row in calibration(adjacency, null, seed=99)}
    assert rows[0.05].joined > 5000
    assert 0.7 < rows[0.05].fresh / rows[0.05].expected < 1.2
    assert 0.5 < rows[0.01].fresh / rows[0.01].expected < 1.5
    assert rows[0.001].fresh < 0.004
    assert rows[0.05].real < 0.1  # this graph is of chance itself
    assert "| 0.05 | 0.0" in markdown(list(rows.values()))
    path = paths_of(null)[GENES]
    assert null.p_value(path, 0, 0, 0.0) == 1.0


def test_a_pair_that_shares_more_genes_than_its_degrees_bring_stands_out(tmp_path: Path) -> None:
    draw = np.random.default_rng(8)
    links: list[Link] = []
    for drug in range(80):
        genes = range(12) if drug == 0 else draw.choice(150, 12, replace=False).tolist()
        links += [("BINDS", "Drug", "Gene", f"Drug:{drug}", f"Gene:{gene}", "one", ()) for gene in genes]
    for disease in range(40):
        genes = range(15) if disease == 0 else draw.choice(150, 15, replace=False).tolist()
        links += [
            ("ASSOCIATED_WITH", "Disease", "Gene", f"Disease:{disease}", f"Gene:{gene}", "one", ())
            for gene in genes
        ]
    graph = ListedGraph(links, {"Drug": 80, "Gene": 150, "Disease": 40})
    adjacency = Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]
    null = NullModel.open(adjacency, tmp_path, PermutationSettings(longest=2, permutations=10))
    (pair,) = null.pair_chances(number(adjacency, "Drug", 0), number(adjacency, "Disease", 0))
    assert path_chances(adjacency, tmp_path, "Drug:0", "Disease:0") is None  # made for two hops alone
    NullModel.open(adjacency, tmp_path)
    assert [
        found.abbreviation for found in path_chances(adjacency, tmp_path, "Drug:0", "Disease:0") or ()
    ] == ["CbG<aD"]
    with pytest.raises(NotFoundError, match="Disease:99"):
        path_chances(adjacency, tmp_path, "Drug:0", "Disease:99")
    assert pair.metapath == GENES
    assert pair.abbreviation == "CbG<aD"
    assert pair.p_value < 1e-3
    assert pair.adjusted == pair.p_value  # one metapath
    assert pair.dwpc > 5 * pair.expected
    others = [
        null.pair_chances(number(adjacency, "Drug", drug), number(adjacency, "Disease", 3))
        for drug in range(1, 40)
    ]
    assert min(found[0].p_value for found in others if found) > 1e-3


def number(adjacency: Adjacency, kind: str, at: int) -> int:
    found = adjacency.number(kind, f"{kind}:{at}")
    assert found is not None
    return found


def test_the_p_value_is_the_gamma_hurdle_of_pairs_of_the_same_degrees(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    links: list[Link] = []
    for kind, relation, size, least in (("Drug", "BINDS", 40, 3), ("Disease", "ASSOCIATED_WITH", 30, 5)):
        for node in range(size):  # two degrees a kind, far enough apart that no window spans both
            genes = draw.choice(60, least if node % 2 else 8 * least, replace=False).tolist()
            links += [(relation, kind, "Gene", f"{kind}:{node}", f"Gene:{gene}", "one", ()) for gene in genes]
    graph = ListedGraph(links, {"Drug": 40, "Gene": 60, "Disease": 30})
    adjacency = Adjacency(read_adjacency(graph, schema_tables()))  # type: ignore[arg-type]
    null = NullModel.open(adjacency, tmp_path, PermutationSettings(longest=2, permutations=6, seed=5))
    path = paths_of(null)[GENES]
    drug, disease = number(adjacency, "Drug", 1), number(adjacency, "Disease", 1)
    at = null.paths.index(path)
    real = PathCounter(adjacency, null.paths).counts(np.arange(30))[at].astype(float)
    scale = 10 * real.mean()
    same = (
        adjacency.incidence(("BINDS", "Drug", "Gene")).degrees == 3,
        adjacency.incidence(("ASSOCIATED_WITH", "Disease", "Gene")).degrees == 5,
    )
    tables = [("BINDS", "Drug", "Gene"), ("ASSOCIATED_WITH", "Disease", "Gene")]
    graphs = permuted_graphs(adjacency, tables, seed=5)
    values = np.concatenate(
        [
            PathCounter(next(graphs), null.paths).counts(np.arange(30))[at][np.ix_(*same)].ravel()
            for _ in range(6)
        ]
    ).astype(float)
    assert len(values) == 6 * 20 * 15
    y = transform_dwpc(values[values > 0], scale)
    alpha, beta = y.mean() ** 2 / y.var(ddof=1), y.mean() / y.var(ddof=1)
    for dwpc in (0.02 * scale, 0.05 * scale, 0.1 * scale):
        expected = (values > 0).mean() * gamma.sf(
            transform_dwpc(np.array(dwpc), scale), alpha, scale=1 / beta
        )
        assert null.p_value(path, drug, disease, dwpc) == pytest.approx(expected, rel=1e-5)
    assert null.p_value(path, drug, disease, scale) == MIN_P_VALUE
    assert null.p_value(path, drug, disease, 0.0) == 1.0


def test_a_pairs_own_treatment_counts_for_neither_its_degree_nor_its_paths(tmp_path: Path) -> None:
    adjacency = chance_graph(4, 60, 30)
    null = NullModel.open(adjacency, tmp_path, PermutationSettings(longest=2, permutations=5))
    path = paths_of(null)[TREATED]
    degrees = adjacency.incidence(("TREATS", "Drug", "Disease")).degrees
    treats = linked(adjacency.incidence(("TREATS", "Drug", "Disease")))
    resembling = adjacency.incidence(("RESEMBLES", "Disease", "Disease")).degrees
    fewer = {
        (int(degrees[drug]), int(resembling[disease])): (drug, disease)
        for drug, disease in product(range(60), range(30))
        if (drug, disease) not in treats
    }
    compared = 0
    for drug, disease in treats:
        like = fewer.get((int(degrees[drug]) - 1, int(resembling[disease])))
        if like is not None:
            p = null.p_value(path, drug, disease, 0.1)
            assert p == null.p_value(path, *like, 0.1)
            compared += 1
    assert compared > 50


def test_the_null_is_kept_for_its_own_graph_and_made_again_where_damaged(tmp_path: Path) -> None:
    calls: list[int] = []
    adjacency = chance_graph(6, 30, 20)

    def made(graph: Adjacency) -> NullModel:
        calls.clear()
        return NullModel.open(
            graph,
            tmp_path,
            PermutationSettings(longest=2, permutations=3),
            progress=lambda _, done, __: calls.append(done),
        )

    assert NullModel.open_cached(adjacency, tmp_path, PermutationSettings(longest=2, permutations=3)) is None
    first = made(adjacency)
    assert calls == [0, 1, 2]
    assert (
        NullModel.open_cached(adjacency, tmp_path, PermutationSettings(longest=2, permutations=3)) is not None
    )
    assert NullModel.open_cached(adjacency, tmp_path, PermutationSettings(longest=2, permutations=4)) is None
    assert first.permutations == 3
    path = paths_of(first)[GENES]
    second = made(adjacency)
    assert calls == []
    assert second.p_value(path, 1, 1, 0.2) == first.p_value(path, 1, 1, 0.2)
    made(chance_graph(7, 30, 20))
    assert calls == [0, 1, 2]  # other links, another null
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    third = made(adjacency)
    assert calls == [0, 1, 2]
    assert third.p_value(path, 1, 1, 0.2) == first.p_value(path, 1, 1, 0.2)


def test_a_graph_without_paths_and_a_node_without_links_are_answered(tmp_path: Path) -> None:
    nothing = ListedGraph([], {"Drug": 2, "Disease": 2})
    empty = NullModel.open(
        Adjacency(read_adjacency(nothing, schema_tables())),  # type: ignore[arg-type]
        tmp_path,
        PermutationSettings(permutations=2),
    )
    assert empty.paths == []
    assert empty.pair_chances(0, 0) == []
    links: list[Link] = [
        ("BINDS", "Drug", "Gene", "Drug:0", "Gene:0", "one", ()),
        ("ASSOCIATED_WITH", "Disease", "Gene", "Disease:0", "Gene:0", "one", ()),
    ]
    graph = ListedGraph(links, {"Drug": 2, "Gene": 2, "Disease": 2})
    null = NullModel.open(
        Adjacency(read_adjacency(graph, schema_tables())),  # type: ignore[arg-type]
        tmp_path,
        PermutationSettings(longest=2, permutations=2),
    )
    assert null.pair_chances(1, 0) == []
    (only,) = null.pair_chances(0, 0)
    assert only.p_value == 1.0  # no other graph has these degrees
    assert null.p_value(null.paths[0], 1, 1, 0.5) == 1.0  # nothing to compare with
