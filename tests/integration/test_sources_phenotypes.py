"""Diseases' symptoms and how often they have them, in small files of their published layouts."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hpo_files import HEAD, OBO, files, gene, row
from loaded import Loaded, small_graph

from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.loading import SourceReport

KNOWN = (
    row(frequency="3/7", onset="HP:0003577", reference="PMID:11;OMIM:900001;ISBN-13:978")
    + row("ORPHA:77", "HP:0000902", frequency="HP:0040281", evidence="TAS", reference="ORPHA:77")
    + row(symptom="HP:0000902", frequency="16.7%", sex="MALE", modifier="HP:0012828")
    + row("OMIM:900002", evidence="IEA", reference="OMIM:900002")
)
SUCCEEDED = (
    row("OMIM:900011", "HP:0000990") + row("OMIM:900012", "HP:0000903") + row("OMIM:900013", "HP:0000902")
)
SAME = (
    row("OMIM:900021", frequency="2/4", reference="PMID:21")
    + row("OMIM:900021", frequency="1/9", reference="PMID:22")
    + row("OMIM:900021")
)
absent = partial(row, "OMIM:900031")
ABSENT = {
    "symptom that the disease is said not to have": absent(qualifier="NOT"),
    "symptom that no patient had": absent(frequency="0/9") + absent(frequency="HP:0040285")
    + absent(frequency="0%"),
    "annotation that is no phenotype": "".join(absent("HP:0000006", aspect=aspect) for aspect in "ICMH"),
    "disease of another vocabulary than OMIM and Orphanet": row("DECIPHER:14") + row("") + row("OMIM:x"),
    "frequency that can't be read": absent(frequency="7/5") + absent(frequency="150%")
    + absent(frequency="often") + absent(frequency="3/0") + absent(frequency="HP:0000901")
    + absent(frequency="-1/4"),
    "unknown qualifier": absent(qualifier="MAYBE"),
    "unknown id": absent("HP:7777777") + absent("HP:0000006") + absent(""),
    "wrong number of columns": "OMIM:900031\thalf a ro\n",
}  # fmt: skip
CAUSES = (
    gene() + gene(symptom="HP:0000902") + gene("7002") + gene("7001", "ORPHA:77")
    + gene("x1") + gene("7003", "DECIPHER:9") + gene("7004", "OMIM:999999")
)  # fmt: skip


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Loaded, SourceReport]]:
    """A graph of the rows above, which tests only read, and the report of its load."""
    rows = KNOWN, SUCCEEDED, SAME, *ABSENT.values()
    with small_graph(tmp_path_factory.mktemp("annotated")) as graph:
        [report] = graph.load("hpo", files(*rows, genes=CAUSES)).sources
        yield graph, report


def test_hpo_gives_symptoms_with_frequency_onset_and_reference(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    graph, _ = annotated
    found = {
        (one["start"], one["end"]): one
        for one in graph.edges("PRESENTS")
        if one["start"] in ("OMIM:900001", "ORPHANET:77", "OMIM:900002")
    }
    assert {ends: (one["evidence"], one["score"], one["references"]) for ends, one in found.items()} == {
        ("OMIM:900001", "HP:0000901"): (
            "HPO: 3/7, congenital onset, published clinical study", 0.429, ["OMIM:900001", "PMID:11"],
        ),
        ("ORPHANET:77", "HP:0000902"): (
            "HPO: very frequent (80-99%), traceable author statement", 0.895, ["ORPHANET:77"],
        ),
        ("OMIM:900001", "HP:0000902"): (
            "HPO: 16.7%, in males, severe, published clinical study", 0.167, ["PMID:11"],
        ),
        ("OMIM:900002", "HP:0000901"): (
            "HPO: frequency unknown, electronic annotation", None, ["OMIM:900002"],
        ),
    }  # fmt: skip
    assert {one["licence"] for one in graph.edges("PRESENTS")} == {"HPO licence"}
    assert graph.nodes("Disease")["ORPHANET:77"]["name"] == "Name of ORPHA:77"


def test_hpo_loaded_again_changes_nothing(annotated: tuple[Loaded, SourceReport], tmp_path: Path) -> None:
    with small_graph(tmp_path, annotated[0].folder) as graph:
        graph.again("hpo")


def test_only_what_is_below_phenotypic_abnormality_is_a_symptom(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    graph, report = annotated
    symptoms = graph.nodes("Symptom")
    assert set(symptoms) == {"HP:0000118", "HP:0000901", "HP:0000902"}
    assert symptoms["HP:0000901"]["synonyms"] == ["odd stride"]
    assert symptoms["HP:0000901"]["xrefs"] == ["UMLS:C0000901"]
    assert graph.ends("IS_A") == [("HP:0000901", "HP:0000118"), ("HP:0000902", "HP:0000901")]
    assert report.reasons["IS_A of a term that is no phenotypic abnormality"] == 5
    assert report.reasons["term that is no phenotypic abnormality"] == 5
    assert report.reasons["obsolete term"] == 1


def test_an_excerpt_of_the_ontology_is_taken_whole(graph: Loaded) -> None:
    head, *terms = OBO.split("[Term]")
    short = "[Term]".join([head, *(term for term in terms if "id: HP:0000118" not in term.split("is_a")[0])])
    [report] = graph.load("hpo", files(row(), obo=short)).sources
    assert {"HP:0000901", "HP:0000902", "HP:0000006"} <= set(graph.nodes("Symptom"))
    assert "term that is no phenotypic abnormality" not in report.reasons


def test_what_a_disease_does_not_present_with_is_no_edge_but_counted(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    graph, report = annotated
    assert graph.ends("PRESENTS") == [
        ("OMIM:900001", "HP:0000901"),
        ("OMIM:900001", "HP:0000902"),
        ("OMIM:900002", "HP:0000901"),
        ("OMIM:900011", "HP:0000902"),
        ("OMIM:900012", "HP:0000902"),
        ("OMIM:900013", "HP:0000902"),
        ("OMIM:900021", "HP:0000901"),
        ("ORPHANET:77", "HP:0000902"),
    ]
    expected = Counter({reason: rows.count("\n") for reason, rows in ABSENT.items()})
    expected += Counter(
        {
            "IS_A of a term that is no phenotypic abnormality": 5,
            "term that is no phenotypic abnormality": 5,
            "obsolete term": 1,
        }
    )
    expected += Counter(
        {
            "gene without NCBI's number": 1,
            "disease of another vocabulary than OMIM and Orphanet": 1,
            "unknown id": 1,
        }
    )
    assert report.reasons == expected
    assert report.nodes.rejected == 6  # terms that are no symptoms
    assert report.nodes.rejected + report.edges.rejected == expected.total()


def test_ids_that_were_merged_or_replaced_are_their_successors(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    diseases = "OMIM:900011", "OMIM:900012", "OMIM:900013"
    found = [ends for ends in annotated[0].ends("PRESENTS") if ends[0] in diseases]
    assert found == [(disease, "HP:0000902") for disease in diseases]


def test_rows_that_say_the_same_of_one_symptom_are_one_edge_with_each_reference(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    graph, report = annotated
    [found] = [one for one in graph.edges("PRESENTS") if one["start"] == "OMIM:900021"]
    assert found["references"] == ["PMID:11", "PMID:21", "PMID:22"]
    assert found["score"] == 0.5
    assert found["evidence"] == (
        "HPO: 1/9, published clinical study; HPO: 2/4, published clinical study; "
        "HPO: frequency unknown, published clinical study"
    )
    assert report.edges.merged == 3  # and a gene that is a disease's by two symptoms


def test_a_disease_and_its_gene_are_one_edge_however_many_symptoms(
    annotated: tuple[Loaded, SourceReport],
) -> None:
    graph, report = annotated
    assert graph.ends("ASSOCIATED_WITH") == [
        ("OMIM:900001", "NCBIGene:7001"), ("OMIM:900001", "NCBIGene:7002"), ("ORPHANET:77", "NCBIGene:7001"),
    ]  # fmt: skip
    assert {one["action"] for one in graph.edges("ASSOCIATED_WITH")} == {""}
    assert graph.nodes("Gene")["NCBIGene:7001"]["name"] == "GEN7001"
    assert report.reasons["gene without NCBI's number"] == 1


def test_a_symptom_of_the_same_name_is_met_and_one_of_two_names_is_not(graph: Loaded) -> None:
    nodes = "id\tname\tkind\nSymptom::D900901\tAbnormal Stride\tSymptom\nSymptom::D900902\tlimping\tSymptom\n"
    graph.load(
        "hetionet",
        {
            "hetionet-v1.0-nodes.tsv": nodes,
            "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
        },
    )
    graph.load("hpo", files(row()))
    symptoms = graph.nodes("Symptom")
    assert "MESH:D900901" in symptoms["HP:0000901"]["xrefs"]
    assert {"HP:0000902", "MESH:D900902"} <= set(symptoms)


def test_published_files_may_be_packed_and_comments_may_be_missing(graph: Loaded) -> None:
    packed = {f"{name}.gz": gzip.compress(str(text).encode()) for name, text in files(row()).items()}
    packed["phenotype.hpoa.gz"] = gzip.compress((HEAD.splitlines()[-1] + "\n" + row()).encode())
    graph.load("hpo", packed)
    assert graph.ends("PRESENTS") == [("OMIM:900001", "HP:0000901")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("phenotype.hpoa", HEAD.replace("frequency", "often") + row(), "no column frequency"),
        ("phenotype.hpoa", HEAD.splitlines()[0] + "\n", "no column database_id"),
        ("phenotype.hpoa.gz", gzip.compress((HEAD + row() * 300).encode())[:-20], "truncated"),
        ("genes_to_phenotype.txt", "gene\tsymptom\n", "no column ncbi_gene_id"),
        ("hp.obo", "<html>moved</html>", "no OBO file"),
        ("hp.obo", OBO.replace("HP:", "MP:"), "no term of HP"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_is_loaded(
    graph: Loaded, name: str, content: str | bytes, said: str
) -> None:
    written = files(row())
    written.pop(name.removesuffix(".gz"))
    with pytest.raises(DataError, match=said):
        graph.load("hpo", written | {name: content})
    assert not graph.store.fingerprint().nodes


def test_half_a_file_gives_what_is_in_it_and_counts_the_row_that_was_cut(graph: Loaded) -> None:
    whole = HEAD + row() + row("OMIM:900002") + row("OMIM:900003")
    [report] = graph.load("hpo", files() | {"phenotype.hpoa": whole[: -len(row()) // 2]}).sources
    assert len(graph.ends("PRESENTS")) == 2
    assert report.reasons["wrong number of columns"] == 1
    latin = (HEAD + row("OMIM:900004")).encode() + row("OMIM:900005").encode("latin-1").replace(
        b"Name", b"N\xe9me"
    )
    [report] = graph.load("hpo", files() | {"phenotype.hpoa": latin}).sources
    assert graph.ends("PRESENTS") == [("OMIM:900004", "HP:0000901")]
