"""Sources load into a real graph: merged, reported, repeatable, safe."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from small_sources import DRUGMECHDB

from kedrec.cli.load import graph as graph_command
from kedrec.errors import DataError, StoreError
from kedrec.loading import LoadReport, load_graph
from kedrec.settings import Settings, load_settings
from kedrec.stores import GraphStore, open_store

NODES = """id\tname\tkind
Compound::DB00472\tFluoxetine\tCompound
Compound::DB01175\tEscitalopram\tCompound
Disease::DOID:7148\trheumatoid arthritis\tDisease
Disease::DOID:2377\tmultiple sclerosis\tDisease
Gene::6532\tSLC6A4\tGene
Gene::1565\tCYP2D6\tGene
Anatomy::UBERON:0000955\tbrain\tAnatomy
Molecular Function::GO:0004016\tadenylate cyclase activity\tMolecular Function
Pathway::WP15_r83642\tSelenium Pathway\tPathway
Pathway::PC7_1234\tSignaling\tPathway
Pharmacologic Class::N0000175696\tSerotonin Reuptake Inhibitor\tPharmacologic Class
Side Effect::C0018681\tHeadache\tSide Effect
Symptom::D003371\tCough\tSymptom
"""
EDGES = """source\tmetaedge\ttarget
Compound::DB00472\tCbG\tGene::6532
Compound::DB00472\tCbG\tGene::1565
Compound::DB01175\tCrC\tCompound::DB00472
Compound::DB00472\tCcSE\tSide Effect::C0018681
Pharmacologic Class::N0000175696\tPCiC\tCompound::DB00472
Disease::DOID:2377\tDaG\tGene::6532
Anatomy::UBERON:0000955\tAeG\tGene::6532
Gene::6532\tGpPW\tPathway::WP15_r83642
Gene::6532\tGpPW\tPathway::PC7_1234
Gene::6532\tGpMF\tMolecular Function::GO:0004016
Gene::6532\tGiG\tGene::1565
"""
PATHS = (
    DRUGMECHDB
    + """- graph:
    _id: DB00472_MESH_D001172_2
    disease: Rheumatoid arthritis
    disease_mesh: MESH:D001172
    drug: fluoxetine
    drug_mesh: MESH:D005473
    drugbank: DB:DB00472
  nodes:
  - {id: MESH:D005473, label: Drug, name: fluoxetine}
  - {id: UniProt:P31645, label: Protein, name: Serotonin transporter}
  - {id: HP:0012735, label: PhenotypicFeature, name: Cough}
  - {id: MESH:D001172, label: Disease, name: Arthritis}
  links:
  - {source: MESH:D005473, key: decreases activity of, target: UniProt:P31645}
  - {source: HP:0012735, key: manifestation of, target: MESH:D001172}
  - {source: UniProt:P31645, key: frobnicates, target: MESH:D001172}
  reference: [https://go.drugbank.com/drugs/DB00472]
"""
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A few rows of Hetionet and DrugMechDB in the layouts that their sources publish."""
    folder = tmp_path / "data"
    hetionet = folder / "hetionet"
    (hetionet / "attributes").mkdir(parents=True)
    (hetionet / "hetionet-v1.0-nodes.tsv").write_text(NODES)
    (hetionet / "hetionet-v1.0-edges.sif.gz").write_bytes(gzip.compress(EDGES.encode()))
    attributes = {
        "uniprot-to-entrez.tsv": "uniprot_id\tentrez_gene_id\nP31645\t6532\n",
        "disease-xrefs-slim.tsv": "doid_code\tdoid_name\tresource\tresource_id\n"
        "DOID:7148\trheumatoid arthritis\tMSH\tD001172\n",
        "genes.tsv": "GeneID\tSymbol\tSynonyms\tchromosome\tdescription\n"
        "6532\tSLC6A4\t5-HTT|SERT\t17\tsolute carrier family 6 member 4\n",
        "CbG-binding.tsv": "drugbank_id\tentrez_gene_id\tsources\tpubmed_ids\tactions\taffinity_nM\tlicense\n"
        "DB00472\t6532\tDrugBank (target)\t10505536|10912644\tinhibitor\t0.8\tCC BY-NC 4.0\n"
        "DB00472\t1565\tDrugBank (enzyme)\t\tinhibitor|substrate\t\tCC BY-NC 4.0\n",
    }
    for name, text in attributes.items():
        (hetionet / "attributes" / name).write_text(text)
    (hetionet / "attributes" / "compound-aliases.json").write_text(json.dumps({"DB00472": ["Prozac"]}))
    (folder / "drugmechdb").mkdir()
    (folder / "drugmechdb" / "indication_paths.yaml").write_text(PATHS)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    with closing(opened(tmp_path / "graph")) as found:
        yield found


def opened(folder: Path) -> GraphStore:
    return open_store(str(folder), load_settings(home=folder.parent), read_only=False)


def load(store: GraphStore, *sources: str, data: Path | None = None, work: str = "work") -> LoadReport:
    where = Path(store.url) if store.engine == "ladybug" else data
    assert where is not None
    return load_graph(store, sources, data_dir=data, work_dir=where.parent / work)


def nodes(store: GraphStore, kind: str) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in store.nodes(kind).to_pylist()}


def edges(store: GraphStore, relation: str, start: str, end: str) -> list[dict[str, object]]:
    rows = [row for batch in store.edges(relation, start, end) for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (row["start"], row["end"], row["source"]))


def contents(store: GraphStore) -> object:
    held = store.fingerprint()
    pairs = [
        ("AFFECTS", "Drug", "Gene"),
        ("AFFECTS", "Gene", "MolecularFunction"),
        ("TREATS", "Drug", "Disease"),
        ("PRESENTS", "Disease", "Symptom"),
        ("BINDS", "Drug", "Gene"),
    ]
    return (
        str(held),
        {kind: nodes(store, kind) for kind in held.nodes},
        [edges(store, *pair) for pair in pairs],
    )


def test_hetionet_becomes_kinds_and_relations_of_the_schema(store: GraphStore, data: Path) -> None:
    [report] = load(store, "hetionet", data=data).sources
    assert (report.nodes.read, report.nodes.loaded, report.nodes.rejected) == (13, 13, 0)
    assert (report.edges.read, report.edges.loaded, report.edges.rejected) == (11, 11, 0)
    fluoxetine = nodes(store, "Drug")["DRUGBANK:DB00472"]
    assert (fluoxetine["name"], fluoxetine["synonyms"], fluoxetine["sources"]) == (
        "Fluoxetine",
        ["Prozac"],
        ["hetionet"],
    )
    serotonin_transporter = nodes(store, "Gene")["NCBIGene:6532"]
    assert serotonin_transporter["synonyms"] == ["5-HTT", "SERT", "solute carrier family 6 member 4"]
    assert serotonin_transporter["xrefs"] == ["UNIPROT:P31645"]
    assert set(nodes(store, "Pathway")) == {"WIKIPATHWAYS:WP15", "PC7:1234"}
    enzyme, transporter = edges(store, "BINDS", "Drug", "Gene")
    assert transporter["action"] == "inhibitor"
    assert transporter["references"] == ["PMID:10505536", "PMID:10912644"]
    assert transporter["licence"] == "CC-BY-NC-4.0"
    assert transporter["evidence"] == "DrugBank (target); inhibitor; affinity 0.8 nM"
    assert (enzyme["action"], enzyme["evidence"]) == ("inhibitor", "DrugBank (enzyme); inhibitor, substrate")
    # A symmetric edge runs from the smaller id; some run against the metaedge.
    assert [(e["start"], e["end"]) for e in edges(store, "RESEMBLES", "Drug", "Drug")] == [
        ("DRUGBANK:DB00472", "DRUGBANK:DB01175")
    ]
    assert edges(store, "EXPRESSED_IN", "Gene", "Anatomy")[0]["end"] == "UBERON:0000955"
    assert edges(store, "MEMBER_OF", "Drug", "PharmacologicClass")[0]["end"] == "NDFRT:N0000175696"
    assert edges(store, "CAUSES", "Drug", "SideEffect")[0]["licence"] == "CC-BY-NC-SA-4.0"


def test_drugmechdb_paths_meet_hetionet_and_remember_their_path(store: GraphStore, data: Path) -> None:
    report = load(store, "hetionet", "drugmechdb", data=data).sources[1]
    assert set(nodes(store, "Disease")) == {"DOID:7148", "DOID:2377"}
    arthritis = nodes(store, "Disease")["DOID:7148"]
    assert arthritis["name"] == "rheumatoid arthritis"
    assert arthritis["synonyms"] == ["Arthritis", "Rheumatoid arthritis"]
    assert arthritis["sources"] == ["drugmechdb", "hetionet"]
    [affects] = edges(store, "AFFECTS", "Drug", "Gene")
    assert (affects["start"], affects["end"]) == ("DRUGBANK:DB00472", "NCBIGene:6532")
    assert affects["action"] == "decreases activity of"
    assert affects["mechanisms"] == ["DB00472_MESH_D001172_1", "DB00472_MESH_D001172_2"]
    assert affects["references"] == ["PMID:15774254", "https://go.drugbank.com/drugs/DB00472"]
    assert [(e["start"], e["end"]) for e in edges(store, "PRESENTS", "Disease", "Symptom")] == [
        ("DOID:7148", "HP:0012735")
    ]
    assert [(e["source"], e["mechanisms"]) for e in edges(store, "TREATS", "Drug", "Disease")] == [
        ("drugmechdb", affects["mechanisms"])
    ]
    # Hetionet knows that the term is a function, not a process.
    assert not nodes(store, "BiologicalProcess")
    assert (report.edges.read, report.edges.loaded, report.edges.merged, report.edges.rejected) == (
        8,
        5,
        2,
        1,
    )
    assert report.reasons == {"unknown predicate": 1}


def test_the_order_of_sources_and_loading_again_change_nothing(tmp_path: Path, data: Path) -> None:
    with closing(opened(tmp_path / "a")) as first, closing(opened(tmp_path / "b")) as second:
        load(first, "hetionet", data=data)
        load(first, "drugmechdb", data=data)
        turned = [load(second, name, data=data).sources[0] for name in ("drugmechdb", "hetionet")]
        assert turned[1].moved == 3  # disease, gene, function; the drug has its DrugBank id from the start
        assert contents(first) == contents(second)
        before = contents(first)
        again = load(first, "hetionet", "drugmechdb", data=data)
        assert [(s.nodes.new, s.nodes.changed, s.edges.new, s.edges.changed) for s in again.sources] == [
            (0,) * 4
        ] * 2
        assert contents(first) == before


def test_only_what_changed_is_written(store: GraphStore, data: Path) -> None:
    load(store, "hetionet", data=data)
    path = data / "hetionet" / "hetionet-v1.0-nodes.tsv"
    path.write_text(NODES.replace("multiple sclerosis", "disseminated sclerosis") + "Gene::1\tA1BG\tGene\n")
    [report] = load(store, "hetionet", data=data).sources
    assert (report.nodes.new, report.nodes.changed, report.edges.new, report.edges.changed) == (1, 1, 0, 0)
    changed = nodes(store, "Disease")["DOID:2377"]
    assert (changed["name"], changed["synonyms"]) == ("disseminated sclerosis", [])


def test_bad_rows_are_rejected_with_their_line_and_reason(store: GraphStore, data: Path) -> None:
    folder = data / "hetionet"
    with (folder / "hetionet-v1.0-nodes.tsv").open("ab") as out:
        out.write(b"Gene::1\tTwo\nPlanet::1\tMars\tPlanet\nGene::2\t\xff\tGene\nGene::6532\tSLC6A4\tGene\n")
    rows = "Gene::6532\tGpBP\tBiological Process::GO:0000001\nGene::6532\tXyZ\tGene::1565\n"
    rows += "Gene::6532\tCtD\tDisease::DOID:2377\nGene::1565\tGiG\tGene::6532\nx\n"
    (folder / "hetionet-v1.0-edges.sif.gz").write_bytes(gzip.compress((EDGES + rows).encode()))
    whole = load(store, "hetionet", data=data)
    [report] = whole.sources
    assert (report.nodes.read, report.nodes.loaded, report.nodes.merged, report.nodes.rejected) == (
        17,
        13,
        1,
        3,
    )
    assert (report.edges.read, report.edges.loaded, report.edges.merged, report.edges.rejected) == (
        16,
        11,
        1,
        4,
    )
    written = [line.split("\t")[:4] for line in Path(whole.rejects).read_text().splitlines()[1:]]
    assert [(Path(file).name, int(line), reason) for _, file, line, reason in written] == [
        ("hetionet-v1.0-nodes.tsv", 15, "wrong number of columns: 2 instead of 3"),
        ("hetionet-v1.0-nodes.tsv", 16, "unknown kind: Planet"),
        ("hetionet-v1.0-nodes.tsv", 17, "not UTF-8 text"),
        ("hetionet-v1.0-edges.sif.gz", 13, "unknown id: Biological Process::GO:0000001"),
        ("hetionet-v1.0-edges.sif.gz", 14, "unknown relation: XyZ"),
        ("hetionet-v1.0-edges.sif.gz", 15, "relation not allowed between these kinds: Gene TREATS Disease"),
        ("hetionet-v1.0-edges.sif.gz", 17, "wrong number of columns: 1 instead of 3"),
    ]


def test_a_truncated_archive_stops_before_anything_is_written(store: GraphStore, data: Path) -> None:
    load(store, "drugmechdb", data=data)
    before = contents(store)
    path = data / "hetionet" / "hetionet-v1.0-edges.sif.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"hetionet-v1\.0-edges\.sif\.gz ends in the middle"):
        load(store, "hetionet", data=data)
    assert contents(store) == before


def test_hetionet_loads_without_its_attribute_tables(store: GraphStore, data: Path) -> None:
    for path in (data / "hetionet" / "attributes").iterdir():
        path.unlink()
    [report] = load(store, "hetionet", data=data).sources
    assert (report.nodes.loaded, report.edges.loaded, report.attributes.read) == (13, 11, 0)
    assert edges(store, "BINDS", "Drug", "Gene")[0]["licence"] == "CC-BY-NC-4.0"


def test_a_load_that_failed_half_way_goes_on(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened(tmp_path / "whole")) as whole, closing(opened(tmp_path / "graph")) as store:
        load(whole, "hetionet", "drugmechdb", data=data)
        load(store, "drugmechdb", data=data)
        put, calls = store.put_edges, []

        def failing(*arguments: object) -> None:
            calls.append(arguments)
            if len(calls) == 4:
                raise StoreError("The disk is full.")
            put(*arguments)  # type: ignore[arg-type]  # passed on

        monkeypatch.setattr(store, "put_edges", failing)
        with pytest.raises(StoreError, match="disk is full"):
            load(store, "hetionet", data=data)
        monkeypatch.undo()
        load(store, "hetionet", data=data)
        assert contents(store) == contents(whole)


def test_private_edges_join_what_the_graph_has(store: GraphStore, data: Path) -> None:
    load(store, "hetionet", data=data)
    mine = data / "kedrec"
    mine.mkdir()
    (mine / "nodes.csv").write_text('kind,id,name,xrefs\nDisease,MONDO:1,"my disease, rare",UMLS:C1|OMIM:2\n')
    (mine / "edges.tsv").write_text(
        "relation\tstart\tend\tsource\tlicence\treferences\tscore\tyear\n"
        "TREATS\tDRUGBANK:DB00472\tMONDO:1\tour-lab\tCC0-1.0\tPMID:1|PMID:2\t0.5\t2024\n"
        "TREATS\tDRUGBANK:DB00472\tMESH:D001172\t\tCC0-1.0\t\t\t\n"
        "TREATS\tDRUGBANK:DB00472\tMONDO:2\t\tCC0-1.0\t\t\t\n"
        "TREATS\tDRUGBANK:DB00472\tMONDO:1\thetionet\tCC0-1.0\t\t\t\n"
        "TREATS\tDRUGBANK:DB00472\tMONDO:1\tour-lab\tCC0-1.0\t\tbig\t\n"
    )
    [report] = load(store, "kedrec", data=data).sources
    own = [edge for edge in edges(store, "TREATS", "Drug", "Disease") if edge["source"] != "hetionet"]
    assert [(edge["end"], edge["source"]) for edge in own] == [
        ("DOID:7148", "kedrec"),
        ("MONDO:1", "our-lab"),
    ]
    assert (own[1]["references"], own[1]["score"], own[1]["year"]) == (["PMID:1", "PMID:2"], 0.5, 2024)
    assert nodes(store, "Disease")["MONDO:1"]["name"] == "my disease, rare"
    assert report.reasons == {"score is not a number": 1, "source of another loader": 1, "unknown id": 1}


def test_private_tables_may_be_parquet(store: GraphStore, data: Path) -> None:
    load(store, "hetionet", data=data)
    mine = data / "kedrec"
    mine.mkdir()
    columns = {
        "relation": ["BINDS"],
        "start": ["DRUGBANK:DB01175"],
        "end": ["NCBIGene:6532"],
        "licence": ["CC0-1.0"],
    }
    pq.write_table(pa.table({**columns, "action": ["inhibitor"]}), mine / "edges-1.parquet")
    [report] = load(store, "kedrec", data=data).sources
    assert (report.edges.loaded, report.edges.new) == (1, 1)
    (mine / "edges-1.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"edges-1\.parquet"):
        load(store, "kedrec", data=data)


def test_two_nodes_that_claim_one_id_are_reported_and_kept_apart(store: GraphStore, data: Path) -> None:
    path = data / "hetionet" / "attributes" / "disease-xrefs-slim.tsv"
    path.write_text(path.read_text() + "DOID:2377\tmultiple sclerosis\tMSH\tD001172\n")
    report = load(store, "hetionet", "drugmechdb", data=data).sources[1]
    assert [(c.id, c.claimed_by) for c in report.conflicts] == [("MESH:D001172", ("DOID:2377", "DOID:7148"))]
    assert "MESH:D001172" in nodes(store, "Disease")


def test_the_starter_graph_loads_without_a_reject(
    tmp_path: Path, kedrec_home: Path, built_starter: Path
) -> None:
    shutil.copytree(built_starter / "cache", kedrec_home / "cache")  # what is loaded needs no second fit
    result = CliRunner().invoke(
        graph_command, ["--graph", str(tmp_path / "graph"), "--json"], catch_exceptions=False
    )
    report = LoadReport.model_validate_json(result.stdout)
    assert [source.source for source in report.sources] == ["starter"]
    assert report.rejects == ""
    assert not report.sources[0].conflicts
    assert report.edges["TREATS"]["starter"] >= 100
    assert not list((kedrec_home / "loading").glob("run-*"))


@pytest.mark.neo4j
def test_both_engines_hold_the_same_graph(empty_neo4j: Settings, tmp_path: Path, data: Path) -> None:
    with (
        closing(opened(tmp_path / "graph")) as embedded,
        closing(open_store(empty_neo4j.graph_url, empty_neo4j, read_only=False)) as server,
    ):
        load(embedded, "drugmechdb", "hetionet", data=data)
        for source in ("drugmechdb", "hetionet"):  # the second moves nodes of the first
            load_graph(server, [source], data_dir=data, work_dir=tmp_path / "server")
        assert contents(server) == contents(embedded)
        again = load_graph(server, ["hetionet", "drugmechdb"], data_dir=data, work_dir=tmp_path / "server")
        assert [(s.nodes.new, s.nodes.changed, s.edges.new, s.edges.changed) for s in again.sources] == [
            (0,) * 4
        ] * 2
        assert contents(server) == contents(embedded)
