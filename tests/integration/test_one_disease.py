"""One disease once, by its best name: mapping sets, MeSH's headings, and whose wording names a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loaded import Loaded, small_graph

from kedrec.errors import AmbiguousNameError, DataError, UnknownNameError
from kedrec.loading import remove_sources
from kedrec.loading.audit import audit
from kedrec.naming.substitution import substitutions

if TYPE_CHECKING:
    from kedrec.loading.report import SourceReport

HEAD = "#curie_map:\n#  lab: http://purl.obolibrary.org/obo/MONDO_\n#license: none\n"
COLUMNS = "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\n"
SETS = {
    "mondo-mappings": "mondo_exactmatch_x.sssom.tsv",
    "biomappings": "positive.sssom.tsv",
    "biomappings-predicted": "predictions.sssom.tsv",
}
LUNG = "the illness of the lung"


def term(id_: str, name: str, *clauses: str) -> str:
    return "\n".join(["[Term]", f"id: {id_}", f"name: {name}", *clauses, "", ""])


def mondo(*terms: str) -> dict[str, str]:
    return {"mondo.obo": "ontology: mondo\n\n" + "".join(terms)}


def mapping(subject: str, target: str, label: str = "", predicate: str = "skos:exactMatch") -> str:
    return f"{subject}\tname of {subject}\t{predicate}\t{target}\t{label}\tsemapv:ManualMappingCuration\n"


def mappings(source: str, *rows: str, columns: str = COLUMNS) -> dict[str, str]:
    return {SETS[source]: HEAD + columns + "".join(rows)}


def own(*nodes: tuple[str, str]) -> dict[str, str]:
    rows = ["kind\tid\tname", *(f"Disease\t{id_}\t{name}" for id_, name in nodes)]
    return {"nodes.tsv": "\n".join(rows) + "\n"}


def load(graph: Loaded, source: str, files: dict[str, str]) -> SourceReport:
    [report] = graph.load(source, files).sources
    return report


FILES = {
    "kedrec": own(("MESH:D000001", LUNG)),
    "mesh": {
        "mesh_id_label_mappings.tsv": "D000001\tIllness, Heading\tThe Illness|Illness of DO\tC08.381\t\n"
    },
    "doid": {"doid.obo": term("DOID:1", "illness of DO", "xref: MESH:D000001")},
    "mondo": mondo(term("MONDO:1", "illness", 'xref: MESH:D000001 {source="MONDO:equivalentTo"}')),
    "mondo-mappings": mappings(
        "mondo-mappings", mapping("MONDO:1", "mesh:D000001"), mapping("MONDO:1", "DOID:1", "DO's own words")
    ),
}


@pytest.mark.parametrize(
    ("sources", "id_", "name"),
    [
        (("kedrec",), "MESH:D000001", LUNG),
        (("kedrec", "mesh"), "MESH:D000001", "Illness, Heading"),
        (("kedrec", "doid"), "DOID:1", "illness of DO"),
        (("kedrec", "mesh", "doid"), "DOID:1", "illness of DO"),
        (("kedrec", "mondo-mappings"), "DOID:1", "name of MONDO:1"),
        (("kedrec", "mesh", "mondo"), "MONDO:1", "illness"),
    ],
)
def test_the_best_vocabulary_names_a_node_whatever_the_order(
    tmp_path: Path, sources: tuple[str, ...], id_: str, name: str
) -> None:
    for number, order in enumerate(dict.fromkeys((sources, sources[::-1]))):
        with small_graph(tmp_path / str(number)) as graph:
            for source in order:
                load(graph, source, FILES[source])
            [node] = graph.nodes("Disease").values()
            assert (node["id"], node["name"]) == (id_, name), order
            assert LUNG in {node["name"], *node["synonyms"]}
            graph.again(order[0])


def test_names_of_mondo_and_do_come_before_all_others(graph: Loaded) -> None:
    for source, files in FILES.items():
        load(graph, source, files)
    [node] = graph.nodes("Disease").values()
    assert node["name"] == "illness"
    assert {LUNG, "illness of DO", "Illness, Heading", "The Illness", "DO's own words"} <= {*node["synonyms"]}
    assert {"MESH:D000001", "MONDO:1"} <= {*node["xrefs"]}
    names = graph.names()
    assert names.resolve_match(LUNG, "Disease").why == "other source's name"


def test_an_obsolete_term_of_a_mapping_set_lends_its_name_without_that_word(graph: Loaded) -> None:
    load(graph, "doid", {"doid.obo": term("DOID:1", "hernia")})
    row = mapping("MONDO:1", "DOID:1", "obsolete hernias").replace(
        "name of MONDO:1", "obsolete obsolete inguinal hernia"
    )
    load(graph, "mondo-mappings", mappings("mondo-mappings", row))
    [node] = graph.nodes("Disease").values()
    assert node["name"] == "inguinal hernia"
    assert not any("obsolete" in name for name in node["synonyms"])


def test_mapping_sets_and_mesh_bring_no_node_of_their_own(graph: Loaded) -> None:
    load(graph, "kedrec", own(("MESH:D000009", "other")))
    for source in ("mesh", "mondo-mappings"):
        report = load(graph, source, FILES[source])
        assert report.nodes.waiting > 0
        assert report.nodes.loaded == 0
    assert set(graph.nodes("Disease")) == {"MESH:D000009"}
    load(graph, "kedrec", FILES["kedrec"])
    [node] = graph.nodes("Disease").values()
    assert node["name"] == "name of MONDO:1"
    assert "Illness, Heading" in node["synonyms"]
    graph.again("mesh")


def test_without_the_mapping_set_its_diseases_are_apart_again(graph: Loaded) -> None:
    load(graph, "kedrec", own(("MESH:D000001", "a"), ("ORPHANET:1", "b")))
    before = str(graph.store.fingerprint())
    rows = [mapping("MONDO:1", "MESH:D000001"), mapping("MONDO:1", "Orphanet:1")]
    load(graph, "mondo-mappings", mappings("mondo-mappings", *rows))
    assert set(graph.nodes("Disease")) == {"MONDO:1"}
    remove_sources(graph.store, ["mondo-mappings"], work_dir=graph.folder / "work")
    assert str(graph.store.fingerprint()) == before


@pytest.mark.parametrize("source", SETS)
def test_what_is_broader_narrower_or_like_is_never_equal(graph: Loaded, source: str) -> None:
    load(graph, "kedrec", own(("MONDO:1", "gaucher disease"), ("MESH:D000001", "gaucher disease type 1")))
    columns = COLUMNS.rstrip("\n") + "\tconfidence\n"
    words = (
        "skos:broadMatch",
        "skos:narrowMatch",
        "skos:closeMatch",
        "skos:relatedMatch",
        "oboInOwl:hasDbXref",
    )
    rows = [mapping("MONDO:1", "MESH:D000001", predicate=word).rstrip("\n") + "\t0.99\n" for word in words]
    rows.append(mapping("MONDO:1", "UMLS:C1").rstrip("\n") + "\t0.99\n")
    report = load(graph, source, mappings(source, *rows, columns=columns))
    assert report.reasons == {"no equivalence": len(words)}
    assert set(graph.nodes("Disease")) == {"MONDO:1", "MESH:D000001"}


def test_a_denied_or_doubtful_match_is_none(graph: Loaded) -> None:
    load(graph, "kedrec", own(*((f"MESH:D00000{n}", f"d{n}") for n in range(1, 5))))
    columns = COLUMNS.rstrip("\n") + "\tpredicate_modifier\tconfidence\n"
    rows = [
        mapping(f"MONDO:{n}", f"MESH:D00000{n}").rstrip("\n") + f"\t{modifier}\t{confidence}\n"
        for n, modifier, confidence in [(1, "Not", "1.0"), (2, "", "0.89"), (3, "", "none"), (4, "", "0.9")]
    ]
    report = load(graph, "biomappings-predicted", mappings("biomappings-predicted", *rows, columns=columns))
    assert report.reasons == {"confidence below 0.9": 2, "no equivalence": 1}
    assert set(graph.nodes("Disease")) == {"MESH:D000001", "MESH:D000002", "MESH:D000003", "MONDO:4"}


def test_a_set_that_joins_two_diseases_of_one_ontology_joins_neither_and_says_so(graph: Loaded) -> None:
    load(graph, "mondo", mondo(term("MONDO:1", "one"), term("MONDO:2", "two"), term("MONDO:3", "three")))
    load(graph, "kedrec", own(("MESH:D000001", "a"), ("MESH:D000002", "b"), ("MESH:D000003", "c")))
    rows = [
        mapping("MONDO:1", "MESH:D000001"),
        mapping("MONDO:2", "MESH:D000001"),
        mapping("MONDO:3", "MESH:D000002"),
        mapping("MONDO:3", "MESH:D000003"),
        mapping("MONDO:1", "MONDO:2"),
    ]
    report = load(graph, "mondo-mappings", mappings("mondo-mappings", *rows))
    assert len(graph.nodes("Disease")) == 6
    assert report.reasons == {"two ids of one vocabulary": 1}
    assert [(c.id, c.claimed_by) for c in report.conflicts] == [
        ("MESH:D000001", ("MONDO:1", "MONDO:2")),
        ("MONDO:3", ("MESH:D000002", "MESH:D000003")),
    ]
    assert [(shared.id, shared.listed_by) for shared in audit(graph.store).conflicts] == [
        ("MESH:D000001", ("MONDO:1", "MONDO:2")),
        ("MESH:D000002", ("MONDO:3",)),
        ("MESH:D000003", ("MONDO:3",)),
    ]


def test_an_odd_row_costs_itself(graph: Loaded) -> None:
    load(graph, "kedrec", own(("MESH:D000001", "a")))
    rows = [
        "MONDO:1\n",
        "\tx\tskos:exactMatch\t\t\t\n",
        mapping("FOO:1", "BAR:2"),
        mapping("lab:7", "http://id.nlm.nih.gov/mesh/D000001"),
        "MONDO:2\ta\tskos:exactMatch\tMESH:D000002\tb\tc\td\te\n",
    ]
    report = load(graph, "mondo-mappings", mappings("mondo-mappings", *rows))
    assert sum(report.reasons.values()) == 4
    assert set(graph.nodes("Disease")) == {"MONDO:7"}


@pytest.mark.parametrize("text", ["", "# only comments\n", "subject_id\tobject_id\n1\t2\n"])
def test_what_is_no_mapping_set_is_refused(graph: Loaded, text: str) -> None:
    with pytest.raises(DataError, match="has no column"):
        load(graph, "mondo-mappings", {SETS["mondo-mappings"]: text})


def test_a_mesh_chemical_stays_the_drug_that_others_say_it_is(graph: Loaded) -> None:
    nodes = "kind\tid\tname\nDrug\tMESH:D000002\tx\nChemical\tMESH:D000003\ty\n"
    load(graph, "kedrec", {"nodes.tsv": nodes})
    rows = "D000002\tDrug, Heading\t\tD03.1\t\nD000003\tIron, Heading\t\tD01.1\t\nD000004\tPlaces\t\tZ01\t\n"
    report = load(graph, "mesh", {"mesh_id_label_mappings.tsv": rows})
    assert set(graph.nodes("Drug")) == {"MESH:D000002"}
    assert set(graph.nodes("Chemical")) == {"MESH:D000003"}
    assert report.reasons == {"branch of the tree that is no kind": 1}


def test_rare_diseases_are_linked_and_what_is_unknown_is_counted(graph: Loaded) -> None:
    one = term("MONDO:1", "one", 'xref: DOID:5 {source="MONDO:equivalentTo"}')
    load(graph, "mondo", mondo(one, term("MONDO:2", "two")))
    rows = [
        ("MONDO:2", "biolink:subclass_of", "MONDO:1"),
        ("MONDO:2", "biolink:related_to", "MONDO:1"),
        ("MONDO:9", "biolink:subclass_of", "MONDO:1"),
        ("MONDO:1", "biolink:subclass_of", "MONDO:1"),
    ]
    text = "id\tsubject\tpredicate\tobject\n" + "".join(f"u\t{a}\t{p}\t{b}\n" for a, p, b in rows)
    report = load(graph, "mondo-rare", {"mondo-rare_edges.tsv": text})
    assert graph.ends("IS_A") == [("MONDO:2", "DOID:5")]
    assert report.reasons == {
        "start and end are one entity": 1, "the mapping has no place for the row": 1, "unknown id": 1
    }  # fmt: skip


def test_a_narrower_wording_of_another_source_yields_to_the_disease_that_it_names(graph: Loaded) -> None:
    load(graph, "mesh", FILES["mesh"])
    load(
        graph, "kedrec", own(("MESH:D000001", "Gaucher disease type 1"), ("MESH:D000002", "pox of the hand"))
    )
    exact = '{source="MONDO:equivalentTo"}'
    terms = (
        term("MONDO:1", "Gaucher disease", f"xref: MESH:D000001 {exact}"),
        term("MONDO:2", "Gaucher disease type I", "is_a: MONDO:1"),
        term("MONDO:3", "pox", f"xref: MESH:D000002 {exact}"),
        term("MONDO:4", "maturity-onset thing", 'synonym: "Thing type 2" EXACT []'),
        term("MONDO:5", "type 2 thing"),
    )
    load(graph, "mondo", mondo(*terms))
    names = graph.names()
    assert names.resolve("gaucher disease", "Disease").id == "MONDO:1"
    assert names.resolve("Gaucher disease type 1", "Disease").id == "MONDO:2"
    assert names.resolve("Illness, Heading", "Disease").id == "MONDO:1"
    assert names.resolve("thing, type 2", "Disease").id == "MONDO:5"
    match = names.resolve_match("pox of the hand", "Disease")
    assert (match.entity.id, match.why) == ("MONDO:3", "other source's name")
    [taken] = substitutions([("pox of the hand", match)])
    assert taken.text.endswith("(asked: pox of the hand, other source's name; it may be narrower or broader)")


def test_an_abbreviation_offers_its_usual_meaning_first(graph: Loaded) -> None:
    terms = (
        term("MONDO:1", "multiple sclerosis"),
        term("MONDO:2", "myeloid sarcoma", 'synonym: "MS" EXACT []'),
        term("MONDO:3", "type 2 diabetes mellitus"),
        term("MONDO:4", "Alzheimer disease", 'synonym: "Alzheimer\'s disease" EXACT []'),
        term("MONDO:5", "lung disease"),
        term("MONDO:6", "Diaper rash"),
        term("MONDO:7", "wasting disease type 1", 'synonym: "WD" EXACT []'),
        term("MONDO:8", "wasting-disease", 'synonym: "WD" EXACT []'),
    )
    load(graph, "mondo", mondo(*terms))
    names = graph.names()
    with pytest.raises(AmbiguousNameError) as caught:
        names.resolve("MS", "Disease")
    assert [match.entity.id for match in caught.value.candidates] == ["MONDO:1", "MONDO:2"]
    with pytest.raises(AmbiguousNameError) as caught:
        names.resolve("WD", "Disease")
    assert [match.entity.id for match in caught.value.candidates] == ["MONDO:8", "MONDO:7"]
    assert names.resolve_match("T2D", "Disease").why == "other name"
    for text in ("alzheimers", "Alzheimer's"):
        assert names.resolve(text, "Disease").id == "MONDO:4"
    for text in ("lungs", "RA"):
        with pytest.raises(UnknownNameError) as unknown:
            names.resolve(text, "Disease")
        assert "MONDO:6" not in {match.entity.id for match in unknown.value.candidates}


def test_what_another_source_calls_an_id_decides_nothing_where_its_vocabulary_names_it(graph: Loaded) -> None:
    """Mondo's sickle cell disease equals two of DO's; a list calls it by the other one's name."""
    load(
        graph,
        "doid",
        {"doid.obo": term("DOID:1", "sickle cell disease") + term("DOID:2", "sickle cell anemia")},
    )
    load(graph, "mondo", mondo(term("MONDO:1", "sickle cell disease")))
    load(
        graph,
        "mondo-mappings",
        mappings("mondo-mappings", mapping("MONDO:1", "DOID:1"), mapping("MONDO:1", "DOID:2")),
    )
    load(graph, "kedrec", own(("MONDO:1", "sickle cell anemia")))
    assert set(graph.nodes("Disease")) == {"DOID:1", "DOID:2"}
    assert "MONDO:1" in graph.nodes("Disease")["DOID:1"]["xrefs"]
    graph.again("mondo")


def test_a_heading_of_mesh_meets_a_disease_of_its_name(graph: Loaded) -> None:
    """DrugMechDB calls MeSH's back pain a backache; DisGeNET has UMLS's back pain."""
    load(graph, "kedrec", own(("MESH:D001416", "backache")))
    load(graph, "mesh", {"mesh_id_label_mappings.tsv": "D001416\tBack Pain\t\tC23.888\t\n"})
    columns = "geneId\tgeneSymbol\tdiseaseId\tdiseaseName\tscore\tsource\n"
    files = {
        "curated_gene_disease_associations.tsv": columns
        + "1\tA1BG\tumls:C0004604\tBack Pain\t0.2\tCTD_human\n"
    }
    load(graph, "disgenet", files)
    assert set(graph.nodes("Disease")) == {"MESH:D001416"}


def test_ids_decide_before_a_name_which_of_two_terms_is_a_disease(graph: Loaded) -> None:
    """Mondo maps its inherited porphyria to DO's porphyria, and has a porphyria besides."""
    load(graph, "doid", {"doid.obo": term("DOID:1", "porphyria")})
    load(graph, "mondo", mondo(term("MONDO:1", "inherited porphyria"), term("MONDO:2", "porphyria")))
    load(graph, "mondo-mappings", mappings("mondo-mappings", mapping("MONDO:1", "DOID:1")))
    found = graph.nodes("Disease")
    assert {id_: disease["name"] for id_, disease in found.items()} == {
        "DOID:1": "inherited porphyria",
        "MONDO:2": "porphyria",
    }
    report = load(graph, "mondo", mondo(term("MONDO:1", "inherited porphyria"), term("MONDO:2", "porphyria")))
    assert not report.conflicts
