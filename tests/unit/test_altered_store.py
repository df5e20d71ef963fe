"""A graph with one link altered, as a view of it shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_graph import edge, edge_file, node, node_file

from kedrec.pathlogic.signs import action_signs
from kedrec.schema import load_schema
from kedrec.stores.altered import Alteration, AlteredStore, opposite_action
from kedrec.stores.ladybug import LadybugStore

if TYPE_CHECKING:
    from kedrec.stores import GraphStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    folder = tmp_path_factory.mktemp("altered")
    with LadybugStore(folder / "graph", read_only=False) as writer:
        writer.prepare()
        with writer.writing():
            _fill(writer, folder)
    with closing(LadybugStore(folder / "graph")) as opened:
        yield opened


def _fill(writer: LadybugStore, folder: Path) -> None:
    drugs = node_file(folder, node("DRUGBANK:1", "blockerol"), node("DRUGBANK:2", "otherol"))
    genes = node_file(folder, node("NCBIGene:1", "GENE1"), node("NCBIGene:2", "GENE2"))
    writer.put_nodes("Drug", drugs, None)
    writer.put_nodes("Gene", genes, None)
    bound = edge_file(
        folder,
        edge("DRUGBANK:1", "NCBIGene:1", action="antagonist", source="first"),
        edge("DRUGBANK:1", "NCBIGene:1", action="", source="second"),
        edge("DRUGBANK:2", "NCBIGene:1", action="agonist", source="first"),
    )
    writer.put_edges("BINDS", "Drug", "Gene", bound, None)


def shown(store: GraphStore, alteration: Alteration, ends: Sequence[str]) -> list[tuple[str, str, str]]:
    rows = AlteredStore(store, alteration).edges_between(
        "BINDS", "Drug", "Gene", ["DRUGBANK:1", "DRUGBANK:2"], ends
    )
    return [(row["start_id"], row["end_name"], row["edge"]["action"]) for row in rows]


OTHER = ("DRUGBANK:2", "GENE1", "agonist")


def test_one_link_is_inverted_deleted_or_swapped_and_no_other(store: GraphStore) -> None:
    link, both = ("DRUGBANK:1", "NCBIGene:1"), ["NCBIGene:1", "NCBIGene:2"]
    inverted = shown(store, Alteration("inverted", *link), both)
    assert inverted[1:] == [("DRUGBANK:1", "GENE1", ""), OTHER]
    assert action_signs("BINDS", inverted[0][2]) == {1}
    for ends in (link, link[::-1]):
        assert shown(store, Alteration("deleted", *ends), both) == [OTHER]
    swapped = Alteration("swapped", *link, "NCBIGene:2", "GENE2")
    moved = [("DRUGBANK:1", "GENE2", "antagonist"), ("DRUGBANK:1", "GENE2", "")]
    assert shown(store, swapped, both) == [*moved, OTHER]
    assert shown(store, swapped, ["NCBIGene:1"]) == [OTHER]
    assert shown(store, swapped, ["NCBIGene:2"]) == moved
    start = Alteration("swapped", "NCBIGene:1", "DRUGBANK:1", "DRUGBANK:2", "otherol")
    assert shown(store, start, both) == [
        OTHER,
        *[("DRUGBANK:2", "GENE1", action) for action in ("antagonist", "")],
    ]


def test_every_signed_action_has_an_opposite_one() -> None:
    for name, relation in load_schema().relations.items():
        signs = {wording.sign for wording in relation.actions.values() if not wording.tone_dependent}
        for action, wording in relation.actions.items():
            other = relation.wording_for(opposite_action(name, action))
            if wording.sign and -wording.sign in signs:
                assert other.sign == -wording.sign
            else:
                assert other == wording
