"""A user's own genes as a disease: found, scored and explained like any other, and written nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from test_answer_reasons import run

from kedrec.answers.listed_genes import ListedGenes
from kedrec.api import Kedrec
from kedrec.errors import EmptyGraphError, NotFoundError, UsageError
from kedrec.naming.gene_list import MAX_USED, GeneName, find_genes
from kedrec.ranking.adjacency import read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.settings import load_settings
from kedrec.stores import path_templates

if TYPE_CHECKING:
    from kedrec.types import Answer

DISEASE = "rheumatoid arthritis"


@pytest.fixture(scope="module")
def kr(starter_home: Path) -> Iterator[Kedrec]:
    settings = load_settings(home=starter_home, graph=str(starter_home / "graph"))
    with Kedrec(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def disease_genes(kr: Kedrec) -> list[str]:
    """The genes of a disease that the graph knows."""
    id_ = kr.names.resolve(DISEASE, "Disease").id
    rows = [
        row
        for batch in kr.store.edges("ASSOCIATED_WITH", "Disease", "Gene", ["start", "end"])
        for row in batch.to_pylist()
    ]
    return sorted({row["end"] for row in rows if row["start"] == id_})


@pytest.fixture(scope="module")
def listed(kr: Kedrec, disease_genes: list[str]) -> ListedGenes:
    genes = find_genes(kr.names, [GeneName(gene) for gene in disease_genes])
    return ListedGenes.of(kr.store, kr.names, kr.ranker, genes)


def files(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_a_list_has_the_paths_of_a_disease_with_the_same_genes(kr: Kedrec, listed: ListedGenes) -> None:
    disease = kr.names.resolve(DISEASE, "Disease").id
    drugs = [kr.names.resolve(name, "Drug").id for name in ("adalimumab", "tofacitinib", "methotrexate")]
    compared = 0
    for template in path_templates():
        if template.hops[-1].relation != "ASSOCIATED_WITH":
            continue
        for drug in drugs:
            of_disease, of_list = (
                [
                    tuple(value for column, value in row.items() if column != "disease_id")
                    for row in kr_or_list.run(
                        f"paths/{template.name}", {"drug": drug, "disease": id_, "via": via, "limit": 10_000}
                    )
                ]
                for kr_or_list, id_, via in (
                    (kr.store, disease, []),
                    (listed.store, listed.disease.id, all_ids(kr)),
                )
            )
            assert [one for one in of_list if disease not in one] == of_disease, (template.name, drug)
            compared += len(of_disease)
    assert compared > 10


def all_ids(kr: Kedrec) -> list[str]:
    kinds = ("Gene", "Drug", "Disease", "Pathway", "BiologicalProcess", "Chemical", "Symptom")
    return sorted({id_ for kind in kinds for id_ in kr.store.nodes(kind, ["id"])["id"].to_pylist()})


def test_the_links_of_a_list_are_what_a_graph_with_it_would_give(listed: ListedGenes) -> None:
    read = read_adjacency(listed.store, schema_tables())
    extended = listed.ranker.adjacency.arrays
    assert read.keys() <= set(extended)
    parts = listed.ranker.adjacency.name_parts("Disease")
    assert parts is None or len(parts[0]) == len(extended["ids/Disease"]) + 1
    for name, values in read.items():
        if name.startswith("names/"):  # the list's name says nothing of it
            continue
        assert np.array_equal(np.asarray(values), np.asarray(extended[name])), name


def test_the_scores_of_known_diseases_stay_as_they_are(kr: Kedrec, listed: ListedGenes) -> None:
    disease = kr.names.resolve(DISEASE, "Disease").id
    before, after = (
        [(one.drug, one.score) for one in ranker.rank(disease)] for ranker in (kr.ranker, listed.ranker)
    )
    assert before == after


def test_nothing_is_written_and_a_real_disease_is_not_touched(kr: Kedrec, starter_home: Path) -> None:
    kr.recommend(DISEASE, llm=False)  # what any question caches is there
    before, fingerprint = files(starter_home), str(kr.fingerprint)
    answer = kr.recommend_for_genes(["TNF", "IL6"], llm=False)
    assert files(starter_home) == before
    assert answer.manifest.fingerprint == fingerprint == str(kr.store.fingerprint())
    with pytest.raises(NotFoundError):
        kr.names.resolve(answer.disease.id, "Disease")
    with pytest.raises(NotFoundError):
        kr.ranker.rank(answer.disease.id)


def leading(answer: Answer) -> dict[str, tuple[str, str]]:
    """Target and action of the first path of each drug that is shown."""
    return {
        one.drug.name: (one.evidence[0].path.nodes[1].name, one.evidence[0].path.steps[0].action)
        for one in answer
        if one.evidence and one.evidence[0].path is not None
    }


def test_paths_end_at_the_list_and_say_so(kr: Kedrec) -> None:
    answer = kr.recommend_for_genes(["TNF"], llm=False)
    assert len(answer)
    first = answer[0]
    assert first.disease.name == "your list"
    assert first.evidence[0].sentence.endswith("TNF, which is on your list")
    assert first.evidence[0].private
    assert "for your list" in first.verdict
    assert "is a known treatment" not in first.verdict
    assert answer.manifest.overlays == ("your-list",)


def test_what_is_raised_is_met_by_what_lowers_it_and_the_reverse(kr: Kedrec) -> None:
    raised = kr.recommend_for_genes(raised=["TNF"], llm=False, top=3)
    target, action = leading(raised)[raised[0].drug.name]
    assert (target, action in {"inhibitor", "antagonist", "antibody"}) == ("TNF", True)
    assert raised[0].coverage.basis == "stated mechanism"
    assert "TNF, which is raised in your list" in raised[0].evidence[0].sentence
    lowered = kr.recommend_for_genes(lowered=["TNF"], drugs=[raised[0].drug.id], llm=False)[0]
    assert lowered.evidence == () or lowered.evidence[0].role != "mechanism"
    assert any("TNF, which is lowered in your list" in item.sentence for item in lowered.adverse)
    assert "may-worsen" in lowered.flags


def test_an_agonist_meets_what_is_lowered_and_not_what_is_raised(kr: Kedrec) -> None:
    agonist = next(
        (row["start"], row["end"])
        for batch in kr.store.edges("BINDS", "Drug", "Gene", ["start", "end", "action"])
        for row in batch.to_pylist()
        if row["action"] == "agonist"
    )
    drug, gene = agonist
    for_lowered = kr.recommend_for_genes(lowered=[gene], drugs=[drug], llm=False)[0]
    assert for_lowered.coverage.basis == "stated mechanism"
    for_raised = kr.recommend_for_genes(raised=[gene], drugs=[drug], llm=False)[0]
    assert for_raised.coverage.basis != "stated mechanism"
    assert any(item.role == "opposed" for item in for_raised.adverse)


def test_drugs_that_act_on_a_listed_gene_come_first(kr: Kedrec) -> None:
    answer = kr.recommend_for_genes(["JAK1", "JAK2"], llm=False, top=3)
    assert next(iter(leading(answer).values()))[0] in {"JAK1", "JAK2"}
    acting = {
        row["start"]
        for batch in kr.store.edges("BINDS", "Drug", "Gene", ["start", "end"])
        for row in batch.to_pylist()
        if row["end"] in {kr.names.resolve(name, "Gene").id for name in ("JAK1", "JAK2")}
    }
    order = [one.drug.id in acting for one in answer]
    assert order == sorted(order, reverse=True)
    assert order[0]
    assert [one.rank for one in answer] == sorted(one.rank for one in answer)


FOUND: list[tuple[str, dict[str, Any]]] = [
    ("TNF", {"gene": "TNF"}),
    ("tnf", {"gene": "TNF"}),
    ("7124", {"gene": "TNF"}),
    ("NCBIGene:7124", {"gene": "TNF"}),
    ("entrez:7124", {"gene": "TNF"}),
    ("NOSUCH1", {"unknown": ("NOSUCH1",)}),
    ("TNFs", {"unknown": ("TNFs",)}),  # a name may be in the plural, a symbol never is
    ("ENSG00000000000.3", {"unknown": ("ENSG00000000000.3",)}),
    ("A" * 1200, {"unknown": ("A" * 1200,)}),
]


@pytest.mark.parametrize(("name", "expected"), FOUND)
def test_names_of_genes_are_found_or_told(kr: Kedrec, name: str, expected: dict[str, Any]) -> None:
    genes = find_genes(kr.names, [GeneName("IL6"), GeneName(name)])
    if "gene" in expected:
        assert [one.gene.name for one in genes.genes] == ["IL6", expected["gene"]]
    else:
        assert [one.gene.name for one in genes.genes] == ["IL6"]
        assert genes.unknown == expected["unknown"]


def test_repeats_and_contradictions_are_counted(kr: Kedrec) -> None:
    names = [GeneName("TNF", direction="raised"), GeneName("7124", direction="lowered"), GeneName("TNF")]
    genes = find_genes(kr.names, [*names, GeneName("IL6"), GeneName("IL6", direction="lowered")])
    assert [(one.gene.name, one.direction) for one in genes.genes] == [("TNF", ""), ("IL6", "lowered")]
    assert (genes.names, genes.duplicates, genes.contradictory) == (5, 3, ("TNF",))


def test_a_symbol_of_several_genes_is_told_and_not_taken(kr: Kedrec, tmp_path: Path) -> None:
    from kedrec.loading import load_graph
    from kedrec.stores import open_store

    (tmp_path / "nodes.tsv").write_text(
        "kind\tid\tname\tsynonyms\n"
        "Gene\tNCBIGene:1\tFIRST\tTWIN|OLD1\nGene\tNCBIGene:2\tSECOND\tTWIN|THIRD\nGene\tNCBIGene:3\tTHIRD\t\n"
        "Drug\tDRUGBANK:D1\taldrug\t\nDisease\tDOID:1\twheezing\t\n",
        encoding="utf-8",
    )
    (tmp_path / "edges.tsv").write_text(
        "relation\tstart\tend\tlicence\nBINDS\tDRUGBANK:D1\tNCBIGene:1\tCC0-1.0\n"
        "TREATS\tDRUGBANK:D1\tDOID:1\tCC0-1.0\n",
        encoding="utf-8",
    )
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tmp_path, work_dir=tmp_path / "work", progress=lambda *_: None)
    with Kedrec(settings) as own:
        genes = find_genes(own.names, [GeneName(name) for name in ("TWIN", "OLD1", "THIRD")])
        assert [(one.gene.name, one.why) for one in genes.genes] == [("FIRST", "synonym"), ("THIRD", "name")]
        assert [entity.name for entity in genes.genes[1].also] == ["SECOND"]
        assert [(one.asked, len(one.genes)) for one in genes.ambiguous] == [("TWIN", 2)]
        with pytest.raises(NotFoundError, match="TWIN") as none:
            find_genes(own.names, [GeneName("TWIN")])
        assert "NCBIGene:2" in none.value.hint
        with pytest.raises(EmptyGraphError, match="No disease of the graph has a gene"):
            own.recommend_for_genes(["FIRST"], llm=False)
    assert kr.names


def test_the_heaviest_genes_of_a_long_list_are_used(kr: Kedrec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kedrec.naming.gene_list.MAX_USED", MAX_USED // 5)
    symbols = sorted(kr.store.nodes("Gene", ["id"])["id"].to_pylist())
    names = [GeneName(id_, float(index)) for index, id_ in enumerate(symbols)]
    genes = find_genes(kr.names, names)
    assert len(genes.genes) == MAX_USED // 5
    assert genes.left_out == len(symbols) - MAX_USED // 5 > 0
    assert genes.genes[-1].gene.id == symbols[-1]
    assert symbols[0] not in {one.gene.id for one in genes.genes}


def test_an_empty_list_and_one_of_unknown_genes_say_what_to_do(kr: Kedrec) -> None:
    with pytest.raises(UsageError, match="empty"):
        kr.recommend_for_genes([], llm=False)
    with pytest.raises(NotFoundError, match="NOSUCH1") as unknown:
        kr.recommend_for_genes(["NOSUCH1", "NOSUCH2"], llm=False)
    assert "ENSG" in unknown.value.hint
    with pytest.raises(NotFoundError) as dates:
        kr.recommend_for_genes(["2-Sep", "1-Mar"], llm=False)
    assert "spreadsheet" in dates.value.hint


@pytest.fixture
def _home(starter_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(starter_home))
    monkeypatch.setenv("KEDREC_GRAPH", str(starter_home / "graph"))


@pytest.mark.usefixtures("_home")
def test_the_command_takes_a_list_and_a_signature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine, up, down = tmp_path / "mine.txt", tmp_path / "up.txt", tmp_path / "down.txt"
    mine.write_text("JAK1\nNOSUCH1\n", encoding="utf-8")
    up.write_bytes("TNF\r\nIL6\r\n".encode("utf-16"))
    down.write_text("INSR\n", encoding="utf-8")
    code, out, err = run(capsys, "ask", "--genes", str(mine), "--no-llm", "--top", "2")
    assert (code, "Traceback" in err) == (0, False)
    assert "1 of 2 listed names are used" in out
    assert "Not known in the graph (1): NOSUCH1" in out
    assert "which is on your list  private" in " ".join(out.split(" ")).replace("\n", " ")
    words = ("ask", "--genes", str(mine), "--signature", str(up), str(down), "--no-llm", "--json")
    code, out, err = run(capsys, *words)
    answer = json.loads(out)
    assert code == 0
    directions = {one["gene"]["name"]: one["direction"] for one in answer["gene_list"]["genes"]}
    assert directions == {"JAK1": "", "TNF": "raised", "IL6": "raised", "INSR": "lowered"}
    assert answer["disease"]["id"].startswith("your-list:")


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    ("words", "says", "status"),
    [
        (("--genes", "{folder}"), "is a folder", 1),
        (("--genes", "{folder}/absent.txt"), "can't be read", 1),
        (("--genes", "{folder}/empty.txt"), "has no gene", 1),
        (("--genes", "{folder}/empty.txt", "--disease", "gout"), "both given", 2),
        (("--genes", "{folder}/empty.txt", "--new"), "--new", 2),
        (("--signature", "{folder}/empty.txt", "{folder}/empty.txt"), "has no gene", 1),
    ],
)
def test_a_wrong_call_ends_in_a_sentence(
    words: tuple[str, ...], says: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    filled = [word.format(folder=tmp_path) for word in words]
    code, out, err = run(capsys, "ask", *filled, "--no-llm")
    assert (code, out) == (status, "")
    assert says in err
    assert "Traceback" not in err
