"""A user's own tables as people and programs write them: each row is read as meant, or told."""

from __future__ import annotations

import math
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kedrec.errors import DataError
from kedrec.loading import load_graph

if TYPE_CHECKING:
    from loaded import Loaded

NODES = "kind\tid\tname\nDrug\tDRUGBANK:DB08911\tTrametinib\nDisease\tMONDO:0018997\tNoonan syndrome\n"
TREATS = "TREATS\tDRUGBANK:DB08911\tMONDO:0018997\tCC0-1.0"


def test_an_open_quote_costs_its_own_row(graph: Loaded) -> None:
    rows = ["1,ok", '2,"open', "3,c", '4,"d, e"', '5,"a ""b""\nc"', '6,"x', "7,g"]
    nodes = "kind,id,name\n" + "".join(f"Disease,MONDO:{row}\n" for row in rows)
    [report] = graph.load("kedrec", {"nodes.csv": nodes}).sources
    assert {node["id"]: node["name"] for node in graph.nodes("Disease").values()} == {
        "MONDO:1": "ok", "MONDO:3": "c", "MONDO:4": "d, e", "MONDO:5": 'a "b"\nc', "MONDO:7": "g",
    }  # fmt: skip
    assert report.reasons == {"quote that opens and does not close": 2}
    assert [line for line, _ in graph.rejects()] == ["3", "8"]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ('2,"5" pipe"', '5" pipe'),
        ("2,it's", "it's"),
        ('2,"a""b"', 'a"b'),
        ('2,say "hi"', 'say "hi"'),
        ('2,"a" b', None),
        ('2,"a\\"b"', None),
        ('2,"a" "b"", c"', None),
    ],
)
def test_a_name_with_quotes_is_read_or_refused_and_never_another(
    graph: Loaded, row: str, name: str | None
) -> None:
    graph.load("kedrec", {"nodes.csv": f"kind,id,name\nDisease,MONDO:1,one\nDisease,MONDO:{row}\n"})
    found = {node["id"]: node["name"] for node in graph.nodes("Disease").values()}
    assert found == {"MONDO:1": "one"} | ({"MONDO:2": name} if name else {})
    assert [line for line, _ in graph.rejects()] == ([] if name else ["3"])


def test_a_row_that_is_the_mark_of_an_unreadable_line_is_a_row(graph: Loaded) -> None:
    nodes = "kind,id,name\nDisease,MONDO:1,one\n\ufffd\n"
    [report] = graph.load("kedrec", {"nodes.csv": nodes}).sources
    assert (report.nodes.read, report.nodes.rejected) == (2, 1)


def test_an_id_may_be_spelled_as_one_asks_for_it(graph: Loaded) -> None:
    drugs = ("drugbank:DB08911", "DB:DB08911", "DrugBank:db08911", "DRUGBANK_DB08911")
    diseases = ("MONDO_0018997", "Mondo:0018997", "http://purl.obolibrary.org/obo/MONDO_0018997")
    pairs = [f"TREATS\t{drug}\t{disease}\tCC0-1.0\n" for drug in drugs for disease in diseases]
    edges = f"relation\tstart\tend\tlicence\n{TREATS}\n" + "".join(pairs)
    nodes = "kind\tid\tname\txrefs\n" + "".join(f"Drug\t{drug}\tTrametinib\t\n" for drug in drugs)
    nodes += "".join(f"Disease\t{disease}\tNoonan\torphanet_648\n" for disease in diseases)
    [report] = graph.load("kedrec", {"nodes.tsv": nodes, "edges.tsv": edges}).sources
    assert (report.edges.loaded, report.edges.merged) == (1, len(pairs))
    assert (report.nodes.loaded, report.nodes.merged) == (2, len(drugs) + len(diseases) - 2)
    assert graph.ends("TREATS") == [("DRUGBANK:DB08911", "MONDO:0018997")]
    assert graph.nodes("Disease")["MONDO:0018997"]["xrefs"] == ["ORPHANET:648"]


SPELLINGS = (
    "DRUGBANK:DB08911", "drugbank:db08911", "DrugBank_DB08911", "DB:DB08911", "DRUGBANK:DRUGBANK:DB08911",
    "db08911",
    "https://go.drugbank.com/drugs/DB08911", "https://www.drugbank.ca/drugs/DB08911/", "MONDO_0018997",
    "MONDO:MONDO:0018997", "obo:MONDO_0018997", "http://purl.obolibrary.org/obo/MONDO_0018997",
    "<http://purl.obolibrary.org/obo/MONDO_0018997>", "MIM:163950", "omim:163950.0",
    "https://www.omim.org/entry/163950", "SNOMEDCT_US:205824006", "Orphanet_648", "ORDO:648",
)  # fmt: skip


def test_a_question_and_a_table_read_the_same_spellings_of_an_id(graph: Loaded) -> None:
    nodes = (
        "kind\tid\tname\txrefs\nDrug\tDRUGBANK:DB08911\tTrametinib\t\n"
        "Disease\tMONDO:0018997\tNoonan\tORPHANET:648|OMIM:163950|SNOMEDCT:205824006\n"
    )
    rows = [
        f"{spelled}\tMONDO:0018997" if "08911" in spelled else f"DRUGBANK:DB08911\t{spelled}"
        for spelled in SPELLINGS
    ]
    edges = "relation\tstart\tend\tlicence\n" + "".join(f"TREATS\t{row}\tCC0-1.0\n" for row in rows)
    [report] = graph.load("kedrec", {"nodes.tsv": nodes, "edges.tsv": edges}).sources
    assert (report.edges.loaded, report.edges.merged, report.reasons) == (1, len(rows) - 1, {})
    with closing(graph.names()) as names:
        for spelled in SPELLINGS:
            assert names.resolve(spelled).name == ("Trametinib" if "08911" in spelled else "Noonan"), spelled


def test_an_id_with_a_decimal_point_that_pandas_wrote_is_no_second_entity(graph: Loaded) -> None:
    nodes = "kind\tid\tname\nGene\tNCBIGene:5743\tPTGS2\nGene\tNCBIGene:5743.0\tPTGS2\n"
    graph.load("kedrec", {"nodes.tsv": nodes})
    assert list(graph.nodes("Gene")) == ["NCBIGene:5743"]


def test_years_and_scores_as_pandas_writes_them(graph: Loaded) -> None:
    cells = [
        "2019.0\t0.5",
        "\tnan",
        "NA\tNaN",
        "2019.5\t",
        f"{'9' * 20}\t",
        "2020\tinf",
        "2020\t1e999",
        "2021\t-2",
    ]
    edges = "relation\tstart\tend\tlicence\tyear\tscore\tsource\n" + "".join(
        f"{TREATS}\t{cell}\ts{place}\n" for place, cell in enumerate(cells)
    )
    [report] = graph.load("kedrec", {"nodes.tsv": NODES, "edges.tsv": edges}).sources
    assert [(edge["source"], edge["year"], edge["score"]) for edge in graph.edges("TREATS")] == [
        ("s0", 2019, 0.5), ("s1", None, None), ("s2", None, None), ("s7", 2021, -2.0),
    ]  # fmt: skip
    assert report.reasons == {"score is not a number": 2, "year is not a number": 2}


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("nodes.csv", lambda text: text.replace("\t", ",").encode("utf-8-sig")),
        ("nodes.csv", lambda text: text.replace("\t", ";").encode()),
        ("nodes.csv", lambda text: text.encode()),
        ("nodes.tsv", lambda text: text.replace("\t", ",").encode()),
        ("nodes.csv", lambda text: "\r\n".join(text.replace("\t", ",").split("\n")).encode()),
        ("nodes.csv", lambda text: f"'{text.strip()}'".replace("\t", "','").replace("\n", "'\n'").encode()),
        ("nodes.tsv", lambda text: text.replace("kind\tid", " Kind \tid:string").encode()),
    ],
)  # fmt: skip
def test_a_table_written_another_way(graph: Loaded, name: str, encode: Any) -> None:
    graph.load("kedrec", {name: encode(NODES)})
    assert graph.nodes("Drug")["DRUGBANK:DB08911"]["name"] == "Trametinib"
    assert graph.nodes("Disease")["MONDO:0018997"]["name"] == "Noonan syndrome"


def test_short_and_long_rows_are_read_where_nothing_is_missing(graph: Loaded) -> None:
    nodes = (
        "kind\tid\tname\tsynonyms\tdescription\nDisease\tMONDO:1\tone\nDisease\tMONDO:2\ttwo\ta\tb\t\t\n"
        "Disease\tMONDO:3\nDisease\tMONDO:4\tfour\t\t\tmore\n"
    )
    [report] = graph.load("kedrec", {"nodes.tsv": nodes}).sources
    assert [*graph.nodes("Disease")] == ["MONDO:1", "MONDO:2"]
    assert report.reasons == {"wrong number of columns": 2}


def test_missing_values_and_lists_by_other_signs(graph: Loaded) -> None:
    nodes = (
        "kind\tid\tname\tsynonyms\txrefs\tdescription\n"
        "Disease\tMONDO:1\tone\tuno;eins\tDOID:1;MESH_D1\tNA\n"
        "Disease\tMONDO:2\ttwo\t['due', 'zwei']\tNULL\tnan\nDisease\tMONDO:3\tNA\t\t\t\n"
    )
    [report] = graph.load("kedrec", {"nodes.tsv": nodes}).sources
    one, two = graph.nodes("Disease").values()
    assert (one["id"], one["synonyms"], one["description"]) == ("DOID:1", ["eins", "uno"], "")
    assert (two["synonyms"], two["xrefs"], two["description"]) == (["due", "zwei"], [], "")
    assert report.reasons == {"no name": 1}


def test_a_column_and_a_file_that_are_not_read_are_told(graph: Loaded) -> None:
    nodes = NODES.replace("\n", "\tx\n").replace("name\tx", "name\tcolour")
    files = {"nodes.tsv": nodes, "edges.xlsx": b"PK", "README.md": "x"}
    [report] = graph.load("kedrec", files).sources
    assert report.unread == ("README.md", "edges.xlsx", "nodes.tsv: column colour")


@pytest.mark.parametrize("odd", ["pipe", "folder", "device"])
def test_what_is_no_regular_file_is_passed_over_and_told(graph: Loaded, odd: str) -> None:
    place = graph.folder / "data" / "kedrec" / "edges.tsv"
    place.parent.mkdir(parents=True)
    if odd == "pipe":
        os.mkfifo(place)
    elif odd == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero")
    [report] = graph.load("kedrec", {"nodes.tsv": NODES}).sources
    assert report.unread == ("edges.tsv (no regular file)",)
    (place.parent / "nodes.tsv").unlink()
    with pytest.raises(DataError, match="no regular file"):
        graph.load("kedrec")


def test_a_load_that_brings_nothing_fails_and_leaves_the_graph(graph: Loaded) -> None:
    graph.load("kedrec", {"nodes.tsv": NODES, "edges.tsv": f"relation\tstart\tend\tlicence\n{TREATS}\n"})
    before = str(graph.store.fingerprint())
    (graph.folder / "data" / "kedrec" / "edges.tsv").unlink()
    for nodes, why in (
        ("kind\tid\tname\n", "no rows"),
        ("kind\tid\tname\nPlanet\tMARS:4\tMars\n", r"unknown kind: 1.*line 2 of nodes\.tsv"),
    ):
        with pytest.raises(DataError, match=why):
            graph.load("kedrec", {"nodes.tsv": nodes})
        assert str(graph.store.fingerprint()) == before
    [report] = load_graph(
        graph.store, ["kedrec"], data_dir=graph.folder / "data", work_dir=graph.folder / "work", dry_run=True
    ).sources
    assert [note.partition(":")[0] for note in report.notes] == ["the load would fail"]


def test_a_graph_without_drugs_or_diseases_says_so(graph: Loaded) -> None:
    genes = graph.load("kedrec", {"nodes.tsv": "kind\tid\tname\nGene\tNCBIGene:1\tA1BG\n"})
    assert [sentence.split(":")[0] for sentence in genes.lacking] == [
        "The graph has no drug",
        "The graph has no disease",
    ]
    assert graph.load("kedrec", {"nodes.tsv": NODES}).lacking == ()


def test_a_header_that_is_not_text_is_named(graph: Loaded) -> None:
    with pytest.raises(DataError, match=r"first line of .*nodes\.csv can't be read: not UTF-8"):
        graph.load("kedrec", {"nodes.csv": "kind,id,name,caf\xe9\n".encode("latin-1")})
    with pytest.raises(DataError, match=r"has the column name twice"):
        graph.load("kedrec", {"nodes.csv": "kind,id,name,name\nDisease,MONDO:1,a,b\n"})


def test_parquet_of_other_types_is_read_where_it_can_be(graph: Loaded) -> None:
    folder = graph.folder / "data" / "kedrec"
    folder.mkdir(parents=True)
    nodes = pa.table({
        "kind": ["Disease", "Disease", "Disease"],
        "id": ["MONDO:1", "MONDO:2", "MONDO:3"],
        "name": ["one", "two\0", "three"],
        "synonyms": [["a|b"], [], None],
        "extra": [{"x": 1}] * 3,
    })  # fmt: skip
    pq.write_table(nodes, folder / "nodes.parquet")
    edges = pa.table({
        "relation": ["RESEMBLES"] * 3, "start": ["mondo_1"] * 3, "end": ["MONDO:3"] * 3,
        "licence": ["CC0-1.0", "CC0-1.0", None], "year": [2019.0, math.nan, 2019.5],
        "score": [math.nan, 0.5, math.inf], "source": ["a", "b", "c"],
    })  # fmt: skip
    pq.write_table(edges, folder / "edges.parquet")
    [report] = graph.load("kedrec").sources
    assert {node["id"]: node["synonyms"] for node in graph.nodes("Disease").values()} == {
        "MONDO:1": ["a|b"], "MONDO:3": [],
    }  # fmt: skip
    assert [(edge["year"], edge["score"]) for edge in graph.edges("RESEMBLES")] == [(2019, None), (None, 0.5)]
    assert sum(report.reasons.values()) == 2
    assert report.unread == ("nodes.parquet: column extra",)


def test_a_field_of_a_quarter_megabyte(graph: Loaded) -> None:
    many = "|".join(f"PMID:{number}" for number in range(1, 20_001))
    edges = f"relation\tstart\tend\tlicence\treferences\n{TREATS}\t{many}\n"
    graph.load("kedrec", {"nodes.tsv": NODES, "edges.tsv": edges})
    assert len(graph.edges("TREATS")[0]["references"]) == 20_000


def test_an_overlay_reads_ids_as_other_tables_do(graph: Loaded) -> None:
    graph.load("kedrec", {"nodes.tsv": NODES})
    files = {
        "nodes.tsv": "kind\tid\tname\nDisease\tmondo_0018997\tmy name for it\nDrug\tdb:db99999\tsecret\n",
        "edges.tsv": "relation\tstart\tend\nTREATS\tdrugbank:DB99999\tMondo:0018997\n",
    }
    [report] = graph.load("overlay:lab", files).sources
    assert report.reasons == {"entity that the graph has already": 1}
    assert graph.ends("TREATS") == [("DRUGBANK:DB99999", "MONDO:0018997")]


@pytest.mark.parametrize("odd", ["\x1b[2J1", "1\x9b", "1\u202e2", "1\u200b"])
def test_an_id_with_a_character_that_nobody_sees_is_none(graph: Loaded, odd: str) -> None:
    nodes = f"{NODES}Drug\tDRUGBANK:{odd}\tx\n"
    [report] = graph.load("kedrec", {"nodes.tsv": nodes}).sources
    assert report.reasons == {"not an id (PREFIX:LOCAL)": 1}
    assert list(graph.nodes("Drug")) == ["DRUGBANK:DB08911"]


def test_rows_that_disagree_on_the_direction_of_an_action_leave_it_open(graph: Loaded) -> None:
    """Unless one direction has at least twice as many rows; the most frequent action of it is the edge's."""
    cases = (
        (["inhibitor", "activator"], ""),
        (["inhibitor", "activator", "activator", "inhibitor", "inhibitor"], ""),
        (["inhibitor", "activator", "inhibitor"], "inhibitor"),
        (["antagonist", "activator", "activator", "activator", "inhibitor"], ""),
        (["antagonist", "activator", "inhibitor", "inhibitor"], "inhibitor"),
        (["ligand", "activator", "ligand"], "activator"),
        (["ligand", "cofactor", "cofactor"], "cofactor"),
    )
    numbered = list(enumerate(cases, 1))
    nodes = "kind\tid\tname\nGene\tNCBIGene:1\tGENE1\n"
    nodes += "".join(f"Drug\tDRUGBANK:DB{n}\tdrug {n}\n" for n, _ in numbered)
    edges = "relation\tstart\tend\tlicence\taction\n" + "".join(
        f"BINDS\tDRUGBANK:DB{n}\tNCBIGene:1\tCC0-1.0\t{one}\n" for n, (rows, _) in numbered for one in rows
    )
    graph.load("kedrec", {"nodes.tsv": nodes, "edges.tsv": edges})
    actions = sorted((edge["start"], edge["action"]) for edge in graph.edges("BINDS"))
    assert actions == [(f"DRUGBANK:DB{n}", action) for n, (_, action) in numbered]
