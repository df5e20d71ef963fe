"""DrugMechDB's YAML: what is wrong is one path, node or link, and nothing grows beyond what was written."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kedrec.errors import DataError
from kedrec.loading.readers import yaml_lines
from kedrec.loading.readers.drugmechdb import read_drugmechdb
from kedrec.loading.readers.yaml_lines import LineMapping, read_document, yaml_records
from kedrec.loading.sources import load_source
from kedrec.loading.staging import Staging

if TYPE_CHECKING:
    from loaded import Loaded

PATH = """- directed: true
  graph: {{_id: "P_{0}", disease: gout, disease_mesh: "MESH:D00000{0}", drug: b,
    drug_mesh: "MESH:C00000{0}", drugbank: "DB:DB0000{0}"}}
  links:
  - {{key: treats, source: "MESH:C00000{0}", target: "MESH:D00000{0}"}}
  - {{key: increases activity of, source: "MESH:C00000{0}", target: "UniProt:P{0}"}}
  nodes:
  - {{id: "MESH:C00000{0}", label: Drug, name: "drug {0}"}}
  - {{id: "UniProt:P{0}", label: Protein, name: "protein {0}"}}
  - {{id: "MESH:D00000{0}", label: Disease, name: "disease {0}"}}
  reference: [https://pubmed.ncbi.nlm.nih.gov/1{0}/]
"""


def three(old: str, new: str) -> str:
    """Three paths, the second with something else in a place."""
    second = PATH.format(2)
    assert old in second
    return PATH.format(1) + second.replace(old, new, 1) + PATH.format(3)


def test_a_drug_that_is_like_a_protein_stands_in_for_it(graph: Loaded) -> None:
    graph.load(
        "drugmechdb", {"indication_paths.yaml": three("increases activity of", "chemically similar to")}
    )
    [edge] = graph.edges("BINDS")
    assert (edge["start"], edge["end"], edge["action"]) == ("DRUGBANK:DB00002", "UNIPROT:P2", "replacement")


def test_a_function_that_is_part_of_a_protein_is_one_that_the_protein_has(graph: Loaded) -> None:
    text = three(
        "  nodes:",
        '  - {key: part of, source: "GO:0000002", target: "UniProt:P2"}\n  nodes:\n'
        '  - {id: "GO:0000002", label: MolecularActivity, name: "activity 2"}',
    )
    graph.load("drugmechdb", {"indication_paths.yaml": text})
    assert graph.ends("PARTICIPATES_IN") == [("UNIPROT:P2", "GO:0000002")]


@pytest.mark.parametrize(("before", "after"), [("\\ufeff", "\\u200b "), ("\\u2003", "\\u3000")])
def test_invisible_characters_around_an_id_are_no_part_of_it(graph: Loaded, before: str, after: str) -> None:
    text = three('target: "UniProt:P2"', f'target: "{before}UniProt:P2{after}"')
    [report] = graph.load("drugmechdb", {"indication_paths.yaml": text}).sources
    assert not report.reasons
    assert ("DRUGBANK:DB00002", "UNIPROT:P2") in graph.ends("AFFECTS")


@pytest.mark.parametrize("label", ["obsolete protein 2", "Obsolete protein 2", "OBSOLETE protein 2"])
def test_a_term_that_is_obsolete_by_now_has_its_former_name(graph: Loaded, label: str) -> None:
    graph.load("drugmechdb", {"indication_paths.yaml": three("protein 2", label)})
    assert [node["name"] for node in graph.nodes("Gene").values()].count("protein 2") == 1


@pytest.mark.parametrize(
    ("old", "new", "reasons", "nodes"),
    [
        ('id: "MESH:C000002"', "id: [x]", {"not a node": 1, "unknown id": 2, "path without": 1}, 2),
        ('id: "UniProt:P2"', "id: {a: b}", {"not a node": 1, "unknown id": 1}, 2),
        ('name: "drug 2"', "name: [drug, 2]", {"not a node": 1, "unknown id": 2, "path without": 1}, 2),
        ("label: Protein", "label: [Protein]", {"not a node": 1, "unknown id": 1}, 2),
        (': "drug 2"', ': "drug 2", alt_names: x', {"something": 1, "unknown id": 2, "path without": 1}, 2),
        (': "drug 2"', ': "drug 2", alt_ids: [[x]]', {"something": 1, "unknown id": 2, "path without": 1}, 2),
        ("key: treats", "key: [treats]", {"not a link": 1}, 3),
        ("key: treats, ", "", {"not a link": 1}, 3),
        ('- {key: treats, source: "MESH:C000002", target: "MESH:D000002"}', "- treats", {"not a link": 1}, 3),
        ('drug_mesh: "MESH:C000002"', "drug_mesh: [x]", {"something else where the path's": 1}, 0),
        ('_id: "P_2"', "_id: {a: b}", {"something else where the path's": 1}, 0),
        ('_id: "P_2"', '_id: "P\\0"', {"something else where the path's": 1}, 0),
        ("drug: b", "drug: [b]", {"something else where the path's": 1}, 0),
        ("nodes:\n", "nodes:\n  other:\n", {"not a path": 1}, 0),
        ("  nodes:", "  knots:", {"not a path": 1}, 0),
        ("directed: true", "directed: &a true\n  again: *a", {"an alias": 1}, 0),
        ("directed: true", "directed: {<<: *a}", {"an alias": 1}, 0),
        ("directed: true", "? [a, b]\n  : c", {"a key that is no text": 1}, 0),
        ("directed: true", "directed: true\n  directed: false", {"the key 'directed' twice": 1}, 0),
        ("directed: true", "directed: " + "[" * 50_000 + "]" * 50_000, {"nested too deeply": 1}, 0),
        ("directed: true", "directed: " + "{a: " * 50_000 + "}" * 50_000, {"nested too deeply": 1}, 0),
        ("directed: true", "directed: [", {"not YAML": 1}, 0),
        ("directed: true", "directed: 'true", {"not YAML": 1}, 0),
        ("directed: true", 'directed: "\\ud800"', {"not YAML": 1}, 0),
        ("directed: true", "directed: true\n---", {"a second document": 1}, 0),
        ("drug: b", "drug: \x01b", {"control character": 1}, 0),
        ("reference: [", "reference: [{a: b}, [c], ", {}, 3),
        ("[https://pubmed.ncbi.nlm.nih.gov/12/]", "https://pubmed.ncbi.nlm.nih.gov/12/", {}, 3),
        ("directed: true", "directed: !!python/object/apply:os.system [x]", {}, 3),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_path_node_or_link(
    tmp_path: Path, old: str, new: str, reasons: dict[str, int], nodes: int
) -> None:
    (tmp_path / "indication_paths.yaml").write_text(three(old, new))
    source = load_source("drugmechdb")
    with Staging(tmp_path / "staging") as staging:
        read_drugmechdb(staging, source, tmp_path, lambda *_: None)
        told = staging.reasons()
        found = {word: count for said, count in told.items() for word in reasons if said.startswith(word)}
        assert (found, sum(told.values())) == (reasons, sum(reasons.values()))
        # The paths before and after are whole.
        assert staging.count("node_rows") == 6 + nodes
        assert staging.count("edge_rows", "mechanisms <> ['P_2']") == 6
        assert all(10 < line < 25 for (line,) in staging.sql.execute("SELECT line FROM rejects").fetchall())


def test_links_of_a_node_that_was_refused_are_refused(graph: Loaded) -> None:
    text = three('id: "UniProt:P2"', "id: {a: b}")
    [report] = graph.load("drugmechdb", {"indication_paths.yaml": text}).sources
    assert report.reasons == {"not a node with an id, a label and a name": 1, "unknown id": 1}
    assert set(graph.nodes("Drug")) == {f"DRUGBANK:DB0000{n}" for n in (1, 2, 3)}
    graph.again("drugmechdb")


@pytest.mark.parametrize("levels", [9, 30])
def test_a_text_that_would_grow_by_copies_is_refused_at_once(tmp_path: Path, levels: int) -> None:
    text = "- a: &a0 [x, x]\n" + "".join(
        f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, levels)
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match=r"x\.yaml, line 2: an alias"):
        read_document(text, tmp_path / "x.yaml")
    [record] = yaml_records(text.splitlines(keepends=True), tmp_path, {})
    assert (record.line, record.problem[:8]) == (2, "an alias")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_list_is_read_however_it_is_written(tmp_path: Path) -> None:
    def read(text: str) -> list[object]:
        return [
            (found.line, found.value) for found in yaml_records(text.splitlines(keepends=True), tmp_path, {})
        ]

    entries = [{"a": "1", "b": ["x", "- y"]}, {"a": "2"}]
    for text, lines in {
        '- a: 1\n  b: [x, "- y"]\n- a: 2\n': (1, 3),
        "# said\n---\n- a: 1\n  b:\n  - x\n  - '- y'\n\n-\n  a: 2\n": (3, 8),
        "%YAML 1.1\n---\n- a: 1\n  b:\n    - x\n    - |-\n      - y\n- a: 2\n...\n": (3, 8),
        '[{a: 1, b: [x, "- y"]}, {a: 2}]': (1, 1),
        '\n  - a: 1\n    b: [x, "- y"]\n  - a: 2\n': (2, 4),
    }.items():
        assert read(text) == list(zip(lines, entries, strict=True)), text
    for text in ("", "a: 1\n", "x", "---\n"):
        with pytest.raises(DataError, match="is not a list"):
            read(text)
    with pytest.raises(DataError, match="line 2: not YAML"):
        read("a: 1\n- b: 2\n")


def test_a_path_that_is_too_long_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_lines, "MAX_RECORD", 1000)
    lines = ["- a: 1\n", "- a: 2\n", *["  # said\n"] * 500, "- a: 3\n"]
    found = list(yaml_records(lines, tmp_path, {}))
    assert [(one.line, one.problem[:6]) for one in found] == [(1, ""), (2, "longer"), (503, "")]
    with pytest.raises(DataError, match="longer than"):
        list(yaml_records(["[\n", *["# said\n"] * 500, "]\n"], tmp_path, {}))


def test_mappings_know_their_lines(tmp_path: Path) -> None:
    document = read_document("a:\n  - {b: 1}\n  -\n    c: 2\n", tmp_path)
    assert isinstance(document, LineMapping)
    assert [entry.line for entry in document["a"]] == [2, 4]


@pytest.mark.parametrize("text", ["", "a: 1\n", "- x\n", "[]", "- directed: true\n"])
def test_what_has_no_path_is_refused(graph: Loaded, text: str) -> None:
    with pytest.raises(DataError, match=r"indication_paths\.yaml (is not a list|has no path)"):
        graph.load("drugmechdb", {"indication_paths.yaml": text})


@pytest.mark.parametrize(
    "comment",
    [
        "Contraindicated; steroids can cause it",
        "Contraindication",
        "contraindicated. As per the label",
    ],
)
def test_a_comment_that_says_contraindicated_makes_no_treatment(graph: Loaded, comment: str) -> None:
    graph.load("drugmechdb", {"indication_paths.yaml": three("directed: true", f"comment: '{comment}'")})
    assert ("DRUGBANK:DB00002", "MESH:D000002") not in graph.ends("TREATS")
    [edge] = graph.edges("CONTRAINDICATED_FOR")
    assert (edge["start"], edge["end"]) == ("DRUGBANK:DB00002", "MESH:D000002")
    assert edge["evidence"] == f"curators: {comment}"
    assert edge["references"] == ["PMID:12"]
    assert not edge["mechanisms"]
    assert ("DRUGBANK:DB00002", "UNIPROT:P2") not in graph.ends("AFFECTS")  # no mechanism of a treatment


@pytest.mark.parametrize(
    "comment",
    [
        "No evidence found to support treatment of gout with drug 2.",
        "No direct evidence available that supports it. However there is a hypothesis",
        "There appears to be no connection between gout and drug 2.",
        "There seems to be no evidence linking them",
        "It is indicated elsewhere, however no literature evidences found about the mechanism",
        "It is in pills. There has not been any evidence to support that it helps",
    ],
)
def test_a_path_that_its_curators_found_no_support_for_is_left_out(graph: Loaded, comment: str) -> None:
    text = three("directed: true", f"comment: >-\n    {comment}")
    [report] = graph.load("drugmechdb", {"indication_paths.yaml": text}).sources
    assert "DRUGBANK:DB00002" not in {start for start, _ in graph.ends("TREATS")}
    assert not graph.edges("CONTRAINDICATED_FOR")
    assert report.reasons == {"path without support, by its curators": 1}


@pytest.mark.parametrize(
    "comment",
    [
        "Withdrawn",
        "The exact mechanism of action is unknown",
        "It could modulate another target, which would be contraindicated in gout",
        "The original drug was its acid but there is no evidence for it unless it is this salt",
    ],
)
def test_other_comments_change_nothing(graph: Loaded, comment: str) -> None:
    graph.load("drugmechdb", {"indication_paths.yaml": three("directed: true", f"comment: '{comment}'")})
    assert ("DRUGBANK:DB00002", "MESH:D000002") in graph.ends("TREATS")
    assert not graph.edges("CONTRAINDICATED_FOR")
