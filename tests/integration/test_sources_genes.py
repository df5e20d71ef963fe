"""Ontologies, genes and their diseases, in small files of their published layouts."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kedrec.errors import DataError
from kedrec.loading.readers.delimited import read_parquet
from kedrec.loading.sources import load_source
from kedrec.loading.staging import Staging

if TYPE_CHECKING:
    from loaded import Loaded

DOID = """format-version: 1.2
data-version: doid/releases/2024-05-29/doid-non-classified.obo
ontology: doid

[Term]
id: DOID:4
name: disease
def: "A disease is a disposition." [url:http\\://ontology.buffalo.edu/medo/Disease.pdf]

[Term]
id: DOID:7148
name: rheumatoid arthritis
alt_id: DOID:13000
def: "An arthritis that is \\"autoimmune\\"." [url:https\\://en.wikipedia.org/wiki/Rheumatoid_arthritis]
synonym: "RA" EXACT []
synonym: "joint trouble" BROAD []
xref: ICD10CM:M06.9
xref: MESH:D001172
xref: MIM:180300
xref: SNOMEDCT_US_2023_03_01:69896004
xref: UMLS_CUI:C0003873
xref: GARD:5695
is_a: DOID:848 ! arthritis

[Term]
id: DOID:848
name: arthritis
xref: MESH:D001168
is_a: DOID:4 ! disease

[Term]
id: DOID:9999
name: obsolete whatever
is_obsolete: true

[Term]
id: UBERON:0000955
name: brain

[Typedef]
id: has_symptom
name: has_symptom
"""
MONDO = """format-version: 1.2
ontology: mondo

[Term]
id: MONDO:0000001
name: disease
xref: DOID:4 {source="MONDO:equivalentTo"}

[Term]
id: MONDO:0008383
name: rheumatoid arthritis
xref: DOID:7148 {source="MONDO:equivalentTo", source="EFO:0000685"}
xref: MESH:D001168 {source="MONDO:relatedTo"}
xref: EFO:0000685 {source="MONDO:equivalentTo"}
is_a: MONDO:0000001 {source="x"} ! disease
"""


HGNC = (
    "hgnc_id\tsymbol\tname\tlocus_group\tstatus\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\tuniprot_ids\n"
    'HGNC:3236\tEGFR\t"epidermal growth factor receptor"\tx\tApproved\t"ERBB1|ERRP"\tERBB\t1956\t'
    "ENSG00000146648\tP00533\n"
    "HGNC:99999\tOLD\told\tx\tEntry Withdrawn\t\t\t\t\t\n"
    "HGNC:5\tA1BG\talpha-1-B glycoprotein\tx\tApproved\t\t\t\tENSG00000121410\t\n"
)


def test_the_disease_ontology_gives_kinds_synonyms_and_other_ids(graph: Loaded) -> None:
    [report] = graph.load("doid", {"doid.obo": DOID}).sources
    assert graph.ends("IS_A") == [("DOID:7148", "DOID:848"), ("DOID:848", "DOID:4")]
    arthritis = graph.nodes("Disease")["DOID:7148"]
    assert arthritis["synonyms"] == ["RA"]
    assert arthritis["xrefs"] == [
        "DOID:13000", "ICD10:M06.9", "MESH:D001172", "OMIM:180300", "SNOMEDCT:69896004", "UMLS:C0003873",
    ]  # fmt: skip
    assert arthritis["description"] == 'An arthritis that is "autoimmune".'
    assert report.reasons == {"obsolete term": 1, "term of another ontology": 1}
    assert ("32", "obsolete term: DOID:9999") in graph.rejects()
    graph.again("doid")


def test_only_what_mondo_calls_equivalent_is_one_disease(graph: Loaded) -> None:
    graph.load("doid", {"doid.obo": DOID})
    [report] = graph.load("mondo", {"mondo.obo": MONDO}).sources
    diseases = graph.nodes("Disease")
    assert set(diseases) == {"DOID:4", "DOID:7148", "DOID:848"}
    assert {"MONDO:0008383", "EFO:0000685"} <= set(diseases["DOID:7148"]["xrefs"])
    assert "MESH:D001168" not in diseases["DOID:7148"]["xrefs"]
    assert {(row["start"], row["end"], row["source"]) for row in graph.edges("IS_A")} >= {
        ("DOID:7148", "DOID:4", "mondo")
    }
    assert report.nodes.new == 0
    graph.again("mondo")


@pytest.mark.parametrize(
    ("text", "said"),
    [("<html>not found</html>", "no OBO file"), (MONDO, "no term of DOID"), ("", "no OBO file")],
)
def test_what_is_no_such_ontology_is_refused(graph: Loaded, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        graph.load("doid", {"doid.obo": text})


def parquet(rows: list[dict[str, object]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


@pytest.mark.parametrize("recent", [True, False])
def test_open_targets_meets_genes_and_diseases_by_their_ids(graph: Loaded, recent: bool) -> None:
    [genes] = graph.load("hgnc", {"hgnc_complete_set.txt": HGNC}).sources
    assert genes.reasons == {"withdrawn symbol": 1}
    assert graph.nodes("Gene")["NCBIGene:1956"]["synonyms"] == [
        "ERBB", "ERBB1", "ERRP", "epidermal growth factor receptor",
    ]  # fmt: skip
    graph.load("doid", {"doid.obo": DOID})
    series = [
        {"year": 2012, "associationScore": 0.2, "novelty": 0.1, "yearlyEvidenceCount": 1},
        {"year": 2003, "associationScore": 0.1, "novelty": 0.1, "yearlyEvidenceCount": 1},
    ]
    pairs = [("ENSG00000146648", "EFO_0000685", 0.61), ("ENSG00000999999", "Orphanet_93", 0.02)]
    if recent:
        rows = [
            {"targetId": t, "diseaseId": d, "associationScore": s, "evidenceCount": 3, "timeseries": series}
            for t, d, s in pairs
        ]
        files = {
            "association_overall_direct/part-0.parquet": parquet(rows[:1]),
            "association_overall_direct/part-1.parquet": parquet(rows[1:]),
        }
    else:
        rows = [{"diseaseId": d, "targetId": t, "score": s, "evidenceCount": 3} for t, d, s in pairs]
        files = {"associationByOverallDirect/part-0.snappy.parquet": parquet(rows)}
    target = {
        "id": "ENSG00000146648", "approvedSymbol": "EGFR", "approvedName": "epidermal growth factor receptor",
        "dbXrefs": [{"id": "3236", "source": "HGNC"}, {"id": "x", "source": "Ensembl"}],
        "proteinIds": [{"id": "P00533", "source": "uniprot_swissprot"}],
    }  # fmt: skip
    disease = {"id": "EFO_0000685", "name": "rheumatoid arthritis", "dbXRefs": ["DOID:7148", "NCIt:C2884"]}
    folder = "target" if recent else "targets"
    files |= {f"{folder}/a.parquet": parquet([target]), "disease/a.parquet": parquet([disease])}
    graph.load("opentargets", files)
    first, second = graph.edges("ASSOCIATED_WITH")
    assert (first["start"], first["end"], first["score"]) == ("DOID:7148", "NCBIGene:1956", 0.61)
    assert first["year"] == (2003 if recent else None)
    assert first["evidence"] == "Open Targets overall, 3 pieces of evidence"
    assert (second["start"], second["end"]) == ("ORPHANET:93", "ENSEMBL:ENSG00000999999")
    assert graph.nodes("Disease")["ORPHANET:93"]["name"] == "ORPHANET:93"
    graph.again("opentargets")


@pytest.mark.parametrize("place", range(4, 600, 12))
def test_parquet_that_lost_some_bytes_is_refused_or_read(tmp_path: Path, place: int) -> None:
    row = {"targetId": "ENSG1", "diseaseId": "EFO_1", "associationScore": 0.5}
    content = parquet([row, row])
    folder = tmp_path / "association_overall_direct"
    folder.mkdir()
    (folder / "a.parquet").write_bytes(content[:place] + content[place + 9 :])
    with Staging(tmp_path / "staging") as staging:
        [spec] = [spec for spec in load_source("opentargets").files if spec.name == "associations"]
        with contextlib.suppress(DataError):
            read_parquet(staging, spec, folder / "a.parquet")


def test_what_is_no_parquet_is_refused(graph: Loaded) -> None:
    with pytest.raises(DataError, match="not a Parquet file"):
        graph.load("opentargets", {"association_overall_direct/part-0.parquet": b"PAR1 no"})
    with pytest.raises(DataError, match="no column diseaseId"):
        graph.load("opentargets", {"association_overall_direct/part-0.parquet": parquet([{"targetId": "x"}])})


@pytest.mark.parametrize("value", [7, 0.5, ["x"], {"a": "b"}, b"\xff\0", True, "a\0", None], ids=repr)
def test_ids_of_another_type_than_text_lose_their_rows_alone(graph: Loaded, value: object) -> None:
    """The type of a column is the file's: whole numbers for ids, or a list."""
    row = {"targetId": "ENSG1", "diseaseId": "EFO_1", "associationScore": 0.5}
    sound = {"association_overall_direct/part-0.parquet": parquet([row])}
    for column in ("targetId", "diseaseId", "associationScore"):
        odd = parquet([row | {"targetId": "ENSG2", column: value}])
        with contextlib.suppress(DataError):
            graph.load("opentargets", sound | {"association_overall_direct/part-1.parquet": odd})
            assert ("EFO:1", "ENSEMBL:ENSG1") in graph.ends("ASSOCIATED_WITH")


@pytest.mark.parametrize("score", [float("inf"), float("-inf"), float("nan"), None])
def test_a_score_that_is_no_number_is_none(graph: Loaded, score: float | None) -> None:
    row = {"targetId": "ENSG1", "diseaseId": "EFO_1", "associationScore": 0.5}
    rows = [row, row | {"targetId": "ENSG2", "associationScore": score}]
    graph.load("opentargets", {"association_overall_direct/part-0.parquet": parquet(rows)})
    assert [edge["score"] for edge in graph.edges("ASSOCIATED_WITH")] == [0.5, None]


def test_an_id_of_a_vocabulary_that_the_kind_lacks_is_rejected(graph: Loaded) -> None:
    rows = [
        {"targetId": "ENSG1", "diseaseId": id_, "associationScore": 0.5}
        for id_ in ("EFO_1", "FOO_1", "UNIPROT_P1", "DRUGBANK_DB00001")
    ]
    report = graph.load("opentargets", {"association_overall_direct/part-0.parquet": parquet(rows)})
    assert set(graph.nodes("Disease")) == {"EFO:1"}
    assert report.sources[0].reasons["id of another vocabulary than the kind's"] == 3
