"""Ids that an ontology has given up: each is its successor, in every source and in search."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from obo_terms import HEAD, term

from kedrec.errors import AmbiguousNameError, UnknownNameError
from kedrec.loading import remove_sources

if TYPE_CHECKING:
    from loaded import Loaded

GIVEN_UP = (
    HEAD
    + term("DOID:101", "alt_id: DOID:199", name="gout")
    + term("DOID:102", name="tophus")
    + term("DOID:200", "is_obsolete: true", "replaced_by: DOID:101", name="obsolete podagra")
    + term("DOID:201", "is_obsolete: true", "replaced_by: DOID:200", name="obsolete chiragra")
    + term(
        "DOID:300", "is_obsolete: true", "consider: DOID:101", "consider: DOID:102", name="obsolete arthritis"
    )
    + term("DOID:301", name="obsolete thing")  # marked by its name alone
    + term(
        "DOID:302",
        "is_obsolete: true",
        "replaced_by: DOID:101",
        "replaced_by: DOID:102",
        name="obsolete both",
    )
    + term("DOID:303", "is_obsolete: true", "replaced_by: DOID:304", name="obsolete circle")
    + term("DOID:304", "is_obsolete: true", "replaced_by: DOID:303", name="obsolete round")
    + term("DOID:305", "is_obsolete: true", "replaced_by: MONDO:9", name="obsolete elsewhere")
    + term("DOID:103", "is_a: DOID:200 ! podagra", "is_a: DOID:300", "alt_id: DOID:198", name="acute gout")
    + term("DOID:104", "alt_id: DOID:198", name="chronic gout")
)


def test_an_id_that_was_given_up_is_its_successor(graph: Loaded) -> None:
    [report] = graph.load("doid", {"doid.obo": GIVEN_UP}).sources
    index = graph.names()
    for old in ("DOID:199", "DOID:200", "DOID:201", "doid_200"):
        assert index.resolve(old).id == "DOID:101"
    # Its parent was replaced; of the other nobody knows by what.
    assert graph.ends("IS_A") == [("DOID:103", "DOID:101")]
    assert report.reasons == {"obsolete term": 8, "unknown id": 1}
    graph.again("doid")


@pytest.mark.parametrize(
    ("old", "said", "considered"),
    [
        ("DOID:300", "obsolete in Human Disease Ontology: it was 'arthritis'", ["DOID:101", "DOID:102"]),
        ("doid:300", "obsolete in Human Disease Ontology: it was 'arthritis'", ["DOID:101", "DOID:102"]),
        ("DOID:301", "names no other in its stead", []),
        ("DOID:302", "consider DOID:101 or DOID:102", ["DOID:101", "DOID:102"]),
        ("DOID:303", "consider DOID:304", []),
        ("DOID:305", "consider MONDO:9", []),
        ("DOID:198", "consider DOID:103 or DOID:104", ["DOID:103", "DOID:104"]),
    ],
)
def test_an_id_without_a_successor_is_told_to_be_obsolete(
    graph: Loaded, old: str, said: str, considered: list[str]
) -> None:
    graph.load("doid", {"doid.obo": GIVEN_UP})
    with pytest.raises(UnknownNameError) as error:
        graph.names().resolve(old, "Disease")
    assert said in str(error.value)
    assert [match.entity.id for match in error.value.candidates] == considered
    remove_sources(graph.store, ["doid"], work_dir=graph.folder / "work")
    assert graph.store.blob("retired:doid") is None


def hetnet(*diseases: str) -> str:
    nodes = [{"kind": "Disease", "identifier": one, "name": f"name of {one}"} for one in diseases]
    nodes.append({"kind": "Gene", "identifier": 1, "name": "A1BG"})
    edges = [
        {
            "kind": "associates",
            "source_id": ["Disease", one],
            "target_id": ["Gene", 1],
            "data": {"license": "CC0 1.0"},
        }
        for one in diseases
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


@pytest.mark.parametrize("first", ["doid", "hetionet-json"])
def test_other_sources_nodes_under_an_old_id_are_the_new_one(graph: Loaded, first: str) -> None:
    files = {
        "doid": {"doid.obo": GIVEN_UP},
        "hetionet-json": {"hetionet-v1.0.json": hetnet("DOID:200", "DOID:300", "DOID:198")},
    }
    for source in sorted(files, key=lambda name: name != first):
        graph.load(source, files[source])
    diseases = graph.nodes("Disease")
    assert "DOID:200" not in diseases
    assert diseases["DOID:101"]["name"] == "gout"
    assert {"name of DOID:200"} <= set(diseases["DOID:101"]["synonyms"])
    # What has no successor, or two, stays what its source says.
    assert {"DOID:300", "DOID:198"} <= diseases.keys()
    assert sorted(start for start, _ in graph.ends("ASSOCIATED_WITH")) == ["DOID:101", "DOID:198", "DOID:300"]
    for source in files:
        graph.again(source)
    # Without the ontology it is as its source has it again.
    remove_sources(graph.store, ["doid"], work_dir=graph.folder / "work")
    assert set(graph.nodes("Disease")) == {"DOID:198", "DOID:200", "DOID:300"}
    assert len(graph.ends("ASSOCIATED_WITH")) == 3


def test_a_cross_reference_to_an_old_id_leads_to_the_new_one(graph: Loaded) -> None:
    graph.load("doid", {"doid.obo": GIVEN_UP})
    mondo = '[Term]\nid: MONDO:5\nname: podagra\nxref: DOID:201 {source="MONDO:equivalentTo"}\n'
    graph.load("mondo", {"mondo.obo": mondo})
    assert "MONDO:5" not in graph.nodes("Disease")
    assert graph.names().resolve("MONDO:5").id == "DOID:101"


@pytest.mark.parametrize("prefix", ["DOID", "UMLS"])
def test_nodes_are_joined_by_a_name_that_one_node_on_each_side_has(graph: Loaded, prefix: str) -> None:
    """Whichever side has the better vocabulary."""
    words = {f"{prefix}:1": "asthma", f"{prefix}:2": "gout", f"{prefix}:3": "Gout", f"{prefix}:4": "measles"}
    nodes = "kind\tid\tname\n" + "".join(f"Disease\t{id_}\t{name}\n" for id_, name in words.items())
    graph.load("kedrec", {"nodes.tsv": nodes})
    mondo = {"MONDO:1": "Asthma", "MONDO:2": "gout", "MONDO:3": "measles", "MONDO:4": "Measles"}
    graph.load("mondo", {"mondo.obo": HEAD + "".join(term(id_, name=name) for id_, name in mondo.items())})
    better, worse = (f"{prefix}:1", "MONDO:1") if prefix == "DOID" else ("MONDO:1", f"{prefix}:1")
    assert set(graph.nodes("Disease")) == {*words, *mondo} - {worse}
    assert graph.names().resolve(worse).id == better


def test_an_id_that_is_a_term_still_is_that_term(graph: Loaded) -> None:
    text = HEAD + term("DOID:1", "alt_id: DOID:2") + term("DOID:2")
    graph.load("doid", {"doid.obo": text})
    assert set(graph.nodes("Disease")) == {"DOID:1", "DOID:2"}
    assert graph.names().resolve("DOID:2").id == "DOID:2"


def test_search_learns_of_what_the_next_release_gives_up(graph: Loaded) -> None:
    text = HEAD + term("DOID:1") + term("DOID:2")
    graph.load("doid", {"doid.obo": text + term("DOID:3", "is_obsolete: true", "consider: DOID:1")})
    assert "consider DOID:1" in str(_problem(graph, "DOID:3"))
    graph.load("doid", {"doid.obo": text + term("DOID:3", "is_obsolete: true", "consider: DOID:2")})
    assert "consider DOID:2" in str(_problem(graph, "DOID:3"))


def _problem(graph: Loaded, old: str) -> UnknownNameError | AmbiguousNameError:
    with pytest.raises(UnknownNameError) as error:
        graph.names().entity(old)
    return error.value
