"""Ontologies in OBO: what breaks a rule is one clause, nothing is fetched, and ids given up lead on."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from obo_terms import HEAD, term

from kedrec.errors import DataError

if TYPE_CHECKING:
    from loaded import Loaded


@pytest.mark.parametrize("source", ["doid", "mondo"])
def test_a_parent_that_is_not_there_is_one_edge_with_its_line(graph: Loaded, source: str) -> None:
    p = {"doid": "DOID", "mondo": "MONDO"}[source]
    text = (
        HEAD
        + term(f"{p}:1")
        + term(f"{p}:2", f"is_a: {p}:1 ! disease", 'is_a: BFO:0000031 {source="x"} ! gone')
    )
    text += term(f"{p}:3", f"is_a: {p}:777", f"relationship: part_of {p}:888", f"intersection_of: {p}:999")
    [report] = graph.load(source, {f"{source}.obo": text}).sources
    assert set(graph.nodes("Disease")) == {f"{p}:1", f"{p}:2", f"{p}:3"}
    assert graph.ends("IS_A") == [(f"{p}:2", f"{p}:1")]
    assert report.reasons == {"unknown id": 2}
    assert graph.rejects() == [("12", "unknown id: BFO:0000031"), ("17", f"unknown id: {p}:777")]


UNREAD_CLAUSES = [
    ['synonym: "the pox" EXACT OMO:0003012 []'],
    ['synonym: "the pox" EXACT ABBREVIATION_NEVER_DECLARED [] {source="x"} ! shortened'],
    ['synonym: "the pox" EXACT'],
    ['exact_synonym: "the pox" []'],
    ['synonym: "the pox" exact OMO:0003012 []'],
    ['synonym: "the pox" EXACT []', "creation_date: 31st of Undecember", "created_by: "],
    ['synonym: "the pox" EXACT []', "subset: never_declared", "namespace: other"],
    ['synonym: "the pox" EXACT []', "relationship: no_such_relation DOID:1 DOID:2 DOID:3"],
    ['synonym: "the pox" EXACT []', "property_value: broken", "is_a_kind_of_nothing: x"],
    ['synonym: "the pox" EXACT []', "xref: http\\://a.example/x y z", "xref: Wikipedia", "xref: :"],
    ['synonym: "the pox" EXACT []', "disjoint_from: DOID:404", "union_of: DOID:404"],
]


def test_a_clause_that_is_not_read_may_break_any_rule(graph: Loaded) -> None:
    header = "format-version: \ndate: 99:99:9999 25:61\nsynonymtypedef: X\nidspace: \nimport_of: x\n"
    terms = [term(f"DOID:{number}", *clauses) for number, clauses in enumerate(UNREAD_CLAUSES, 1)]
    [report] = graph.load("doid", {"doid.obo": header + "\n" + "".join(terms)}).sources
    synonyms = {id_: row["synonyms"] for id_, row in graph.nodes("Disease").items()}
    assert synonyms == {f"DOID:{number}": ["the pox"] for number in range(1, len(UNREAD_CLAUSES) + 1)}
    assert report.reasons == {}


@pytest.mark.parametrize(
    "last",
    [
        "is_a: DOID:1",
        'synonym: "the po" EXACT []',
        "xref: MESH:D0001",
        "alt_id: DOID:99",
        "is_obsolete: true",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_clause_that_a_cut_file_ends_in_is_counted_and_not_read(
    graph: Loaded, last: str, encoding: str
) -> None:
    """What is before the cut may be another term's id."""
    text = HEAD + term("DOID:1") + term("DOID:14566") + "[Term]\nid: DOID:2\nname: gout\nis_a: DOID:14566\n"
    [report] = graph.load("doid", {"doid.obo": (text + last).encode(encoding)}).sources
    reason = "last line without an end, where the file may be cut"
    assert (report.reasons, report.attributes.rejected) == ({reason: 1}, 1)
    assert graph.rejects() == [("16", reason)]
    assert graph.ends("IS_A") == [("DOID:2", "DOID:14566")]
    gout = graph.nodes("Disease")["DOID:2"]
    assert (gout["synonyms"], gout["xrefs"]) == ([], [])
    # A file whose last line has an end is read as it is.
    [report] = graph.load("doid", {"doid.obo": (text + last + "\n").encode(encoding)}).sources
    assert report.reasons.keys() <= {"obsolete term"}


def test_a_cut_clause_is_cut_again_and_a_comment_is_no_clause(graph: Loaded) -> None:
    text = HEAD + term("DOID:1") + term("DOID:14566") + "[Term]\nid: DOID:2\nname: gout\nis_a: DOID:14566\n"
    graph.load("doid", {"doid.obo": text + "is_a: DOID:1"})
    graph.again("doid")
    [report] = graph.load("doid", {"doid.obo": text + "! end"}).sources
    assert report.reasons == {}


def test_a_file_that_lacks_parents_of_its_own_terms_is_said_to_be_a_part(graph: Loaded) -> None:
    """A file cut between two terms can be told from a whole one by this alone."""
    whole = (
        HEAD + term("DOID:2", "is_a: DOID:1") + term("DOID:3", "is_a: DOID:1", "is_a: HP:9") + term("DOID:1")
    )
    [report] = graph.load("doid", {"doid.obo": whole}).sources
    assert report.notes == ()
    cut = whole.replace(term("DOID:1"), "")
    [report] = graph.load("doid", {"doid.obo": cut}).sources
    assert report.notes == ("parents that aren't in the file, which is a part of the ontology or cut: 1",)


def test_a_heading_that_a_cut_file_ends_in_is_no_term(graph: Loaded) -> None:
    [report] = graph.load("doid", {"doid.obo": HEAD + term("DOID:1") + "[Ter"}).sources
    assert report.reasons == {"line that is no clause": 1}
    assert set(graph.nodes("Disease")) == {"DOID:1"}


def ontology(ids: list[str]) -> list[str]:
    """Terms by id as releases order them; each but the last is a kind of one that comes ten later."""
    return [
        term(id_, *([f"is_a: {ids[min(index + 10, len(ids) - 1)]}"] if index < len(ids) - 1 else []))
        for index, id_ in enumerate(ids)
    ]


ORDERS = {
    "text": sorted(f"DOID:{number}" for number in range(1, 400, 2)),
    "number": [f"DOID:{number}" for number in range(1, 400, 2)],
    "zeros": [f"DOID:{number:07}" for number in range(1, 400, 2)],
}


@pytest.mark.parametrize("order", ORDERS)
def test_an_update_by_a_file_cut_at_the_end_of_a_line_is_refused(graph: Loaded, order: str) -> None:
    terms = ontology(ORDERS[order])
    graph.load("doid", {"doid.obo": HEAD + "".join(terms)})
    before = str(graph.store.fingerprint())
    lengths = [int(share * len(terms)) for share in (0.97, 0.9, 0.55)]
    refusal = r"seems to be cut off: \d+ parents .* Nothing was written. Get doid"
    for length in lengths:
        with pytest.raises(DataError, match=refusal):
            graph.load("doid", {"doid.obo": HEAD + "".join(terms[:length])})
        assert str(graph.store.fingerprint()) == before
    for length in lengths:
        lines = (HEAD + "".join(terms[:length])).splitlines(keepends=True)
        graph.load("doid", {"doid.obo": "".join(line for line in lines if not line.startswith("is_a"))})
        assert len(graph.nodes("Disease")) == length


@pytest.mark.parametrize("order", ORDERS)
def test_a_slim_and_a_few_odd_parents_are_no_cut_file(graph: Loaded, order: str) -> None:
    ids = ORDERS[order]
    slim = HEAD + "".join(text for index, text in enumerate(ontology(ids)) if index % 7)
    [report] = graph.load("doid", {"doid.obo": slim}).sources
    assert report.reasons["unknown id"] > 20
    few = [term(f"DOID:999{number}", f"is_a: DOID:9999{number}") for number in range(3)]
    [report] = graph.load("doid", {"doid.obo": HEAD + "".join([*ontology(ids), *few])}).sources
    assert report.reasons == {"unknown id": 3}
    small = [term(f"DOID:{number}", f"is_a: DOID:9{number}") for number in range(1, 9)]
    [report] = graph.load("doid", {"doid.obo": HEAD + "".join(small)}).sources
    assert report.reasons == {"unknown id": 8}


def test_a_disease_that_an_update_merges_takes_its_treatments_along_and_brings_them_back(
    graph: Loaded,
) -> None:
    nodes = "kind\tid\tname\nDrug\tDRUGBANK:DB1\taldrug\nDisease\tDOID:2\tchronic gout\n"
    edges = "relation\tstart\tend\tlicence\nTREATS\tDRUGBANK:DB1\tDOID:2\tCC0-1.0\n"
    graph.load("kedrec", {"nodes.tsv": nodes, "edges.tsv": edges})
    before = HEAD + term("DOID:1", name="gout") + term("DOID:2", "is_a: DOID:1", name="chronic gout")
    graph.load("doid", {"doid.obo": before})
    apart = str(graph.store.fingerprint())
    for clauses in (["alt_id: DOID:2"], []):
        text = HEAD + term("DOID:1", *clauses, name="gout")
        if not clauses:
            text += term("DOID:2", "is_obsolete: true", "replaced_by: DOID:1", name="obsolete chronic gout")
        graph.load("doid", {"doid.obo": text})
        assert set(graph.nodes("Disease")) == {"DOID:1"}
        assert graph.ends("TREATS") == [("DRUGBANK:DB1", "DOID:1")]
        assert graph.ends("IS_A") == []
        with closing(graph.names()) as index:
            assert {index.resolve(asked).id for asked in ("DOID:2", "chronic gout")} == {"DOID:1"}
        graph.again("doid")
        graph.load("doid", {"doid.obo": before})
        assert str(graph.store.fingerprint()) == apart


def test_terms_in_a_circle_are_parents_of_each_other_and_none_is_its_own(graph: Loaded) -> None:
    text = HEAD + term("DOID:1", "is_a: DOID:3") + term("DOID:2", "is_a: DOID:1")
    [report] = graph.load("doid", {"doid.obo": text + term("DOID:3", "is_a: DOID:2", "is_a: DOID:3")}).sources
    assert graph.ends("IS_A") == [("DOID:1", "DOID:3"), ("DOID:2", "DOID:1"), ("DOID:3", "DOID:2")]
    assert report.reasons == {"start and end are one entity": 1}
    graph.again("doid")


UNREADABLE_CLAUSES = [
    ("synonym: the pox EXACT []", "clause that can't be read: {id} synonym"),
    ('synonym: "the pox EXACT []', "clause that can't be read: {id} synonym"),
    ("def: no quotes", "clause that can't be read: {id} def"),
    ("xref:", "clause that can't be read: {id} xref"),
    ("is_a: ! nothing", "clause that can't be read: {id} is_a"),
    ("alt_id: {x}", "clause that can't be read: {id} alt_id"),
    ("no colon here", "line that is no clause"),
    (": no tag", "line that is no clause"),
    ("name\x01: x", "control character in the line"),
    ("comment: " + "x" * 16_000_001, "longer than 16 MB"),
]


def test_a_clause_that_cannot_be_read_is_counted_with_its_line(graph: Loaded) -> None:
    text, expected = HEAD + term("DOID:1"), []
    for number, (clause, reason) in enumerate(UNREADABLE_CLAUSES, 2):
        line = text.count("\n") + 4  # after the stanza's heading, id and name
        expected.append((str(line), reason.replace("{id}", f"DOID:{number}")))
        text += term(f"DOID:{number}", clause, "is_a: DOID:1")
    [report] = graph.load("doid", {"doid.obo": text}).sources
    assert len(graph.ends("IS_A")) == len(expected)
    assert graph.rejects() == expected
    assert report.attributes.rejected == len(expected)
    graph.again("doid")


def test_terms_without_a_name_or_an_id_are_told_and_those_of_several_stanzas_add_up(graph: Loaded) -> None:
    text = (
        HEAD
        + "[Term]\nid: DOID:1\n\n[Term]\nname: lost\n\n[Term]\nid:\nname: x\n\n"
        + term("DOID:2", "is_a: DOID:1")
    )
    text += (
        term("DOID:3", 'synonym: "a" EXACT []') + '[Term]\nid: DOID:3\nsynonym: "b" EXACT []\nis_a: DOID:2\n'
    )
    text += "\n[Typedef]\nid: part_of\nname: part of\n\n[Instance]\nid: x\n\n[Odd]\nid: DOID:9\nname: y\n"
    [report] = graph.load("doid", {"doid.obo": text}).sources
    assert report.reasons == {"no id": 2, "no name": 1, "unknown id": 1}
    assert set(graph.nodes("Disease")) == {"DOID:2", "DOID:3"}
    assert graph.nodes("Disease")["DOID:3"]["synonyms"] == ["a", "b"]
    assert graph.ends("IS_A") == [("DOID:3", "DOID:2")]


def test_what_is_written_otherwise_is_read_the_same(graph: Loaded) -> None:
    iri = "http://purl.obolibrary.org/obo/DOID_2"
    text = (
        "\ufeff"
        + HEAD.replace("\n", "\r\n")
        + (
            '[ Term ] ! x\r\n! a comment\r\nid:DOID:1\r\nname:  Behcet\\\'s \\!disease {x="y"} ! said so\r\n'
            'def: "Two \\"words\\"\\n and {one}." [] {a="b"}\r\n'
            f'[Term]\r\nid: {iri}\r\nname: b\r\nis_a: DOID:1 {{a="b", c="d"}} ! x\r\nis_obsolete: FALSE\r\n'
        )
    )
    graph.load("doid", {"doid.obo": text})
    diseases = graph.nodes("Disease")
    assert diseases["DOID:1"]["name"] == "Behcet's !disease"
    assert diseases["DOID:1"]["description"] == 'Two "words"\n and {one}.'
    assert graph.ends("IS_A") == [("DOID:2", "DOID:1")]


SPELLINGS = ["DOID:1", "DOID_1", "doid:1", "obo:DOID_1", "http://purl.obolibrary.org/obo/DOID_1"]


def test_an_id_of_the_ontology_is_read_however_it_is_spelled(graph: Loaded) -> None:
    text = HEAD + term("DOID:1", "xref: Orphanet:93", "xref: ICD9CM:250.0")
    for tens, spelled in enumerate(SPELLINGS, 1):
        text += term(f"DOID:{tens}2", f"is_a: {spelled} ! disease")
        text += term(f"DOID:{tens}3", "is_obsolete: true", f"replaced_by: {spelled}")
        text += term(f"DOID:{tens}4", "is_obsolete: true", f"property_value: IAO:0100001 {spelled}")
        replaced = f'property_value: term_replaced_by "{spelled}" xsd:string'
        text += term(f"DOID:{tens}5", "is_obsolete: true", replaced)
    graph.load("doid", {"doid.obo": text})
    numbers = range(1, len(SPELLINGS) + 1)
    assert graph.ends("IS_A") == [(f"DOID:{tens}2", "DOID:1") for tens in numbers]
    with closing(graph.names()) as index:
        old_ids = [f"DOID:{tens}{old}" for tens in numbers for old in (3, 4, 5)]
        assert {index.resolve(old_id).id for old_id in old_ids} == {"DOID:1"}


def test_an_import_is_told_and_not_followed(graph: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests have no network; what tries all the same would fail here, as would a file that was read.
    (graph.folder / "data" / "doid").mkdir(parents=True)
    (graph.folder / "data" / "doid" / "other.obo").write_text(term("DOID:999"))
    monkeypatch.chdir(graph.folder / "data" / "doid")
    addresses = ["http://127.0.0.1:9/any.obo", "other.obo", "file:///etc/passwd", "go"]
    imports = "".join(f"import: {address}\n" for address in addresses)
    [report] = graph.load("doid", {"doid.obo": f"{imports}{HEAD}{term('DOID:1')}"}).sources
    assert set(graph.nodes("Disease")) == {"DOID:1"}
    assert report.reasons == {"import that is not followed": 4}
    assert graph.rejects() == [
        (str(line), f"import that is not followed: {address}") for line, address in enumerate(addresses, 1)
    ]


@pytest.mark.parametrize(
    "text", ["", "\0\0\0", "[Typedef]\nid: x\n", "id: DOID:1\nname: x\n", "{}", "<rdf:RDF/>"]
)
def test_what_has_no_term_is_no_ontology(graph: Loaded, text: str) -> None:
    with pytest.raises(DataError, match="no OBO file"):
        graph.load("doid", {"doid.obo": text})
