"""The declarations in `loaders/` agree with the schema, and say where files are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kedrec.common.assets import asset_text
from kedrec.errors import AssetError, DataError, UsageError
from kedrec.loading import list_sources, sources
from kedrec.loading.kind_families import FAMILIES
from kedrec.loading.readers.drugmechdb import reference_curie
from kedrec.loading.readers.predicate_rules import read_rules
from kedrec.loading.readers.registry import READERS
from kedrec.loading.sources import find_files, load_source, source_folder
from kedrec.schema import load_schema
from kedrec.stores.key_sums import add_digests


def test_the_sources_are_listed_by_rank_with_their_licence() -> None:
    names = [source.name for source in list_sources()]
    assert names[:3] == ["starter", "hetionet", "drugmechdb"]
    assert names[-1] == "kedrec"
    assert len(names) == len(set(names))
    assert all(
        source.licence and source.title and source.version and source.brings for source in list_sources()
    )
    assert len({source.rank for source in list_sources()}) == len(list_sources())


def test_an_unknown_source_is_a_wrong_call_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="hetionet"):
        load_source("nope")


def test_a_declaration_that_gives_a_key_twice_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "doid.yaml"
    path.write_text(asset_text("loaders/doid.yaml") + "\nrank: 1\n")
    with pytest.raises(AssetError, match=r"loaders/doid\.yaml is damaged: .*the key 'rank' of line"):
        sources._parse(path)


def test_every_predicate_of_drugmechdb_leads_to_relations_and_actions_of_the_schema() -> None:
    schema, mapping = load_schema(), load_source("drugmechdb").mapping
    for predicate, rules in mapping["predicates"].items():
        for rule in rules:
            relation = schema.relations[rule["relation"]]
            assert rule.get("action", "") in {"", *relation.actions}, predicate
            assert {*rule.get("start", ()), *rule.get("end", ())} <= schema.kinds.keys(), predicate
    assert set(mapping["labels"].values()) <= schema.kinds.keys()
    assert set(mapping["prefixes"].values()) <= schema.prefixes.keys()


def test_hetionets_mapping_names_relations_kinds_and_actions_of_the_schema() -> None:
    schema, text = load_schema(), asset_text("loaders/hetionet.sql")
    metaedges = re.findall(r"\('[A-Za-z>]+', '([A-Z_]+)', (?:true|false)", text)
    actions = re.findall(r"\('[^']+', '([a-z ]+)', -?\d, \d+\)", text)
    kinds = re.findall(r"\('[A-Za-z ]+', '([A-Za-z]+)', '[A-Za-z]*:?'\)", text)
    assert len(metaedges) == 25
    assert set(metaedges) <= schema.relations.keys()
    assert len(actions) > 20
    assert set(actions) <= schema.relations["BINDS"].actions.keys()
    assert len(kinds) == 11
    assert set(kinds) <= schema.kinds.keys()


def allowed(relation: str, start: str, end: str) -> bool:
    found = load_schema().relations[relation]
    return (start, end) in found.pairs or (found.symmetric and (end, start) in found.pairs)


def test_every_relation_of_drkg_may_join_the_kinds_that_it_joins() -> None:
    text = asset_text("loaders/drkg.sql")
    kinds = dict(re.findall(r"\('([A-Z][A-Za-z ]+)', '([A-Z][A-Za-z]+)'\)", text))
    rows = re.findall(
        r"\('([^']+::[^']+)', '([^':]+):([^']+)', '([A-Z_]+)', '([a-z ]*)', (true|false)\)", text
    )
    assert len(rows) == 106  # its 107, less two without a place; and the slim DRKG has transporters
    for word, head, tail, relation, action, turned in rows:
        start, end = (kinds[tail], kinds[head]) if turned == "true" else (kinds[head], kinds[tail])
        assert allowed(relation, start, end), word
        assert action in {"", *load_schema().relations[relation].actions}, word


def test_every_relation_of_primekg_may_start_from_the_type_that_it_starts_from() -> None:
    text = asset_text("loaders/primekg.sql")
    kinds = dict(re.findall(r"\('([a-z_/]+)', '([A-Z][A-Za-z]+)'\)", text))
    rows = re.findall(r"\('([a-z_ -]+)', '([A-Z_]+)', '([a-z_/]+)', '", text)
    assert len(kinds) == 10
    assert len(rows) == 19
    for word, relation, first in rows:
        assert kinds[first] in {start for start, _ in load_schema().relations[relation].pairs}, word


def test_words_of_other_graphs_are_relations_kinds_and_actions_of_the_schema() -> None:
    schema = load_schema()
    mapping = load_source("kgx").mapping
    for word, rules in read_rules(load_source("kgx"), schema).items():
        for rule in rules:
            assert rule.action in {"", *schema.relations[rule.relation].actions}, word
    assert set(mapping["classes"].values()) <= schema.kinds.keys()
    assert set(mapping["prefixes"].values()) <= schema.prefixes.keys()
    assert set(mapping["drugs"]["prefixes"]) <= schema.prefixes.keys()
    assert set(mapping["qualified"].values()) <= schema.relations["AFFECTS"].actions.keys()
    hetnet = load_source("hetionet-json").mapping
    assert {rule["relation"] for rule in hetnet["edges"].values()} <= schema.relations.keys()
    assert {entry["kind"] for entry in hetnet["kinds"].values()} <= schema.kinds.keys()
    assert set(hetnet["actions"].values()) <= schema.relations["BINDS"].actions.keys()
    trials = load_source("clinicaltrials").mapping
    assert set(trials["actions"].values()) <= schema.relations["STUDIED_IN"].actions.keys()
    for name in ("doid", "mondo"):
        assert set(load_source(name).mapping["prefixes"].values()) <= schema.prefixes.keys()


def test_every_source_has_a_reader_and_a_mapping() -> None:
    for source in list_sources():
        assert source.reader in READERS, source.name
        if source.reader == "tables":
            assert asset_text(f"loaders/{source.name}.sql")
        for download in source.downloads:
            assert download.url.startswith(("https://", "http://sideeffects.embl.de/"))
            assert re.fullmatch(r"([0-9a-f]{64})?", download.sha256)
            assert re.fullmatch(r"\w[\w.-]*", download.path)


def test_families_name_kinds_of_the_schema_once() -> None:
    kinds = [kind for family in FAMILIES for kind in family]
    assert set(kinds) <= load_schema().kinds.keys()
    assert len(set(kinds)) == len(kinds)


def test_missing_files_are_named_with_where_to_get_them(tmp_path: Path) -> None:
    hetionet = load_source("hetionet")
    with pytest.raises(DataError, match=r"--from DIR"):
        source_folder(hetionet, None)
    with pytest.raises(DataError, match=r"no folder .*none"):
        source_folder(hetionet, tmp_path / "none")
    with pytest.raises(DataError, match=r"hetionet-v1\.0-nodes\.tsv .*github"):
        find_files(hetionet, hetionet.files[0], tmp_path)


def test_a_source_has_its_own_folder_or_the_folder_itself(tmp_path: Path) -> None:
    hetionet = load_source("hetionet")
    assert source_folder(hetionet, tmp_path) == tmp_path
    (tmp_path / "hetionet").mkdir()
    assert source_folder(hetionet, tmp_path) == tmp_path / "hetionet"


def test_the_official_edge_file_comes_before_split_ones(tmp_path: Path) -> None:
    hetionet = load_source("hetionet")
    edges = next(spec for spec in hetionet.files if spec.name == "edges")
    (tmp_path / "edges").mkdir()
    for name in ("edges/CtD.tsv.gz", "edges/CbG.tsv.gz", "edges-5k-official-sample.sif.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in find_files(hetionet, edges, tmp_path)] == ["CbG.tsv.gz", "CtD.tsv.gz"]
    (tmp_path / "hetionet-v1.0-edges.sif.gz").touch()
    assert [path.name for path in find_files(hetionet, edges, tmp_path)] == ["hetionet-v1.0-edges.sif.gz"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/15774254/", "PMID:15774254"),
        ("https://www.ncbi.nlm.nih.gov/pubmed/8931866", "PMID:8931866"),
        ("http://europepmc.org/article/MED/1951574", "PMID:1951574"),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3065197/", "PMCID:PMC3065197"),
        ("DOI:https://doi.org/10.1016/j.rmed.2016.06.015", "DOI:10.1016/j.rmed.2016.06.015"),
        ("DOI:10.2217/fmb.10.125", "DOI:10.2217/fmb.10.125"),
        ("https://go.drugbank.com/drugs/DB00484#mechanism-of-action", "https://go.drugbank.com/drugs/DB00484#mechanism-of-action"),
        ("mhttps://go.drugbank.com/drugs/DB00484", "https://go.drugbank.com/drugs/DB00484"),
        ("http://pathwaymedicine.org/Epinephrine", "https://pathwaymedicine.org/Epinephrine"),
        ("my notes", ""),
    ],
)  # fmt: skip
def test_references_become_curies_or_https(text: str, expected: str) -> None:
    assert reference_curie(text) == expected


def test_digests_add_and_subtract() -> None:
    one, two = "f" * 32, "0" * 15 + "2" + "0" * 15 + "3"
    assert add_digests("", two) == two
    assert add_digests(one, two) == add_digests(two, one)
    assert add_digests(add_digests(one, two), two, -1) == one
