"""What a text names: every writing of a name, and nothing that only resembles it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedrec.errors import AmbiguousNameError, EmptyGraphError, KedrecError, UnknownNameError, UsageError
from kedrec.naming import MAX_LENGTH, MIN_SURE_SCORE, NameIndex
from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.tags import strip_tags
from kedrec.stores import NODE_COLUMNS, Fingerprint, GraphStore

Rows = dict[str, list[tuple[str, str, list[str], list[str]]]]

GRAPH: Rows = {
    "Drug": [
        ("DRUGBANK:DB00316", "Acetaminophen", ["Tylenol"], ["MESH:D000082"]),
        ("DRUGBANK:DB00313", "Valproic acid", ["Depakene"], ["MESH:D014635"]),
        ("DRUGBANK:DB00619", "Imatinib", ["Gleevec"], ["CHEMBL:CHEMBL941"]),
        ("DRUGBANK:DB00675", "Tamoxifen", ["Nolvadex"], []),
        ("DRUGBANK:DB01356", "Lithium", [], []),
        ("DRUGBANK:DB00761", "Potassium", [], []),
        ("DRUGBANK:DB00245", "Benzatropine", [], []),
        ("DRUGBANK:DB01288", "Fenoterol", ["Benztropine Mesylate"], []),  # so in a public source
        ("DRUGBANK:DB00207", "Azithromycin", ["Sumamed"], []),
        ("DRUGBANK:DB00199", "Erythromycin", ["Sumamed"], []),
    ],
    "Disease": [
        ("DOID:2377", "multiple sclerosis", ["MS", "disseminated sclerosis"], ["MESH:D009103"]),
        ("DOID:9352", "type 2 diabetes mellitus", ["NIDDM"], ["MESH:D003924"]),
        ("DOID:9744", "type 1 diabetes mellitus", ["IDDM"], ["MESH:D003922"]),
        ("DOID:14330", "Parkinson's disease", [], ["MESH:D010300"]),
        ("DOID:1240", "leukemia", ["leukaemia"], ["MESH:D007938"]),
        ("DOID:5041", "esophageal cancer", ["esophageal tumor"], []),
        ("DOID:1612", "breast cancer", [], ["MESH:D001943"]),
        ("DOID:18", "urinary system disease", [], []),
        ("DOID:2326", "gastroenteritis", ["MS enteritis"], []),
        ("DOID:784", "chronic kidney disease", ["Chronic Renal Disease"], []),
        ("DOID:9953", "B- and T-cell mixed leukemia", [], []),
        ("DOID:1029", "familial periodic paralysis", [], ["MESH:D001943"]),
        ("OMIM:1", "Sclerosis-like disease", ["Old name"], []),
        ("OMIM:2", "Quite another disease", ["Old name"], []),
        ("OMIM:3", "Old names", [], []),
    ],
    "SideEffect": [("UMLS:C0026769", "Multiple sclerosis", [], []), ("UMLS:C0000001", "Nausea", [], [])],
    "Gene": [
        ("NCBIGene:3569", "IL6", ["interleukin 6", "IL-6"], []),
        ("NCBIGene:7124", "TNF", ["TNF-alpha", "tumor necrosis factor"], []),
        ("NCBIGene:3605", "IL17A", ["CTLA8"], []),
    ],
    "BiologicalProcess": [("GO:1", "regulation of apoptosis by TNF", [], [])],
}


def store_of(rows: Rows, *, digest: str = "d", metadata: dict[str, str] | None = None) -> GraphStore:
    def nodes(kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        table = pa.table(
            {
                "id": [row[0] for row in rows[kind]],
                "name": [row[1] for row in rows[kind]],
                "synonyms": pa.array([row[2] for row in rows[kind]], pa.list_(pa.string())),
                "xrefs": pa.array([row[3] for row in rows[kind]], pa.list_(pa.string())),
                "description": [""] * len(rows[kind]),
                "sources": pa.array([[] for _ in rows[kind]], pa.list_(pa.string())),
            },
            schema=NODE_COLUMNS,
        )
        return table.select(list(columns)) if columns else table

    held = Fingerprint(1, {kind: len(values) for kind, values in rows.items()}, {}, digest)
    return cast(
        "GraphStore",
        SimpleNamespace(
            url="memory",
            nodes=nodes,
            fingerprint=lambda: held,
            metadata=lambda: metadata or {},
            blob=lambda _: b"",
        ),
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameIndex]:
    made = NameIndex.open(store_of(GRAPH), tmp_path_factory.mktemp("names"))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "kind", "id_", "why"),
    [
        ("multiple sclerosis", "Disease", "DOID:2377", "name"),
        ("  multiple \t sclerosis\n", "Disease", "DOID:2377", "name"),
        ("Multiple Sclerosis", "Disease", "DOID:2377", "case"),
        ("disseminated sclerosis", "Disease", "DOID:2377", "synonym"),
        ("multiple-sclerosis", "Disease", "DOID:2377", "spelling"),
        ("diabetes mellitus type 2", "Disease", "DOID:9352", "word order"),
        ("diabetes mellitus, type 2", "Disease", "DOID:9352", "word order"),
        ("Diabetes Mellitus, Type II", "Disease", "DOID:9352", "word order"),
        ("type II diabetes mellitus", "Disease", "DOID:9352", "spelling"),
        ("type-1 diabetes mellitus", "Disease", "DOID:9744", "spelling"),
        ("type I diabetes mellitus", "Disease", "DOID:9744", "spelling"),
        ("Parkinson disease", "Disease", "DOID:14330", "spelling"),
        ("Parkinson\N{RIGHT SINGLE QUOTATION MARK}s disease", "Disease", "DOID:14330", "spelling"),
        ("Parkinsons disease", "Disease", "DOID:14330", "plural"),
        ("leukaemias", "Disease", "DOID:1240", "plural"),
        ("oesophageal tumours", "Disease", "DOID:5041", "plural"),
        ("cancer of the breast", "Disease", "DOID:1612", "word order"),
        ("breast cancers", "Disease", "DOID:1612", "plural"),
        ("diseases of urinary system", "Disease", "DOID:18", "word order"),
        ("DOID:2377", "Disease", "DOID:2377", "id"),
        ("doid:2377", "Disease", "DOID:2377", "id"),
        ("DOID_2377", "Disease", "DOID:2377", "id"),
        ("MESH:D009103", "Disease", "DOID:2377", "cross-reference"),
        ("D009103", "Disease", "DOID:2377", "cross-reference"),
        ("db00619", "Drug", "DRUGBANK:DB00619", "id"),
        ("DB:DB00619", "Drug", "DRUGBANK:DB00619", "id"),
        ("imatinib mesylate", "Drug", "DRUGBANK:DB00619", "salt form"),
        ("Imatinib mesilate", "Drug", "DRUGBANK:DB00619", "salt form"),
        ("sodium valproate", "Drug", "DRUGBANK:DB00313", "salt form"),
        ("valproate", "Drug", "DRUGBANK:DB00313", "salt form"),
        ("lithium carbonate", "Drug", "DRUGBANK:DB01356", "salt form"),
        ("paracetamol", "Drug", "DRUGBANK:DB00316", "other name"),
        ("TNF\N{GREEK SMALL LETTER ALPHA}", "Gene", "NCBIGene:7124", "spelling"),
        ("TNF \N{GREEK CAPITAL LETTER ALPHA}", "Gene", "NCBIGene:7124", "spelling"),
        ("tumour necrosis factor", "Gene", "NCBIGene:7124", "spelling"),
        ("IL 6", "Gene", "NCBIGene:3569", "spelling"),
        ("chronic disease of the kidney", "Disease", "DOID:784", "word order"),
        ("kidney chronic disorder", "Disease", "DOID:784", "wording"),
    ],
)
def test_writings_of_a_name(index: NameIndex, text: str, kind: str, id_: str, why: str) -> None:
    match = index.resolve_match(text, kind)
    assert (match.entity.id, match.why) == (id_, why)
    assert match.score >= MIN_SURE_SCORE
    assert index.resolve(text, kind) == index.search(text, [kind])[0].entity


# Salts: what is left when the counter-ion goes is the same drug, or another one.
SALTS = [
    ("metformin hydrochloride", "metformin"),
    ("amlodipine besylate", "amlodipine"),
    ("metoprolol succinate", "metoprolol"),
    ("sitagliptin phosphate monohydrate", "sitagliptin"),
    ("leuprolide acetate", "leuprolide"),
    ("morphine sulfate pentahydrate", "morphine"),
    ("quinidine sulfate", "quinidine"),
    ("clopidogrel hydrogen sulfate", "clopidogrel"),
    ("salmeterol sulfate", "salmeterol"),
    ("miconazole nitrate", "miconazole"),
    ("fentanyl citrate", "fentanyl"),
    ("rocuronium bromide", "rocuronium"),
    ("choline chloride", "choline"),
    ("L-carnitine L-tartrate", "L-carnitine"),
    ("esomeprazole magnesium", "esomeprazole"),
    ("calcium folinate", "folinic acid"),
    ("penicillin G potassium", "penicillin G"),
    ("naproxen sodium salt", "naproxen"),
    ("bacitracin zinc", "bacitracin"),
    ("lithium carbonate", "lithium"),
    ("MK-801 maleate", "MK-801"),
]
OTHERS = [
    # an active partner
    ("choline salicylate", "choline"),
    ("trolamine salicylate", "trolamine"),
    ("lithium salicylate", "lithium"),
    ("arginine aspartate", "arginine"),
    ("lysine vasopressin", "vasopressin"),
    ("arginine nitrate", "arginine"),
    # bound, not a salt
    ("creatine phosphate", "creatine"),
    ("pyridoxal phosphate", "pyridoxal"),
    ("thiamine phosphate", "thiamine"),
    ("adenosine diphosphate", "adenosine"),
    ("prasterone sulfate", "prasterone"),
    ("estrone bisulfate", "estrone"),
    ("dopamine sulfate", "dopamine"),
    ("epinephrine sulfate", "epinephrine"),
    ("cholesterol sulfate", "cholesterol"),
    ("N-acetylglucosamine sulfate", "N-acetylglucosamine"),
    ("isosorbide nitrate", "isosorbide"),
    ("camphor bromide", "camphor"),
    ("prednisolone acetate", "prednisolone"),
    ("medroxyprogesterone acetate", "medroxyprogesterone"),
    ("estradiol benzoate", "estradiol"),
    ("vitamin E succinate", "vitamin E"),
    ("fluticasone furoate", "fluticasone propionate"),
    ("tenofovir disoproxil fumarate", "tenofovir"),
    ("chloral hydrate", "chloral"),
    # a metal, an ion or a radical is left
    ("zinc acetate", "zinc"),
    ("ferrous sulfate", "iron"),
    ("calcium gluconate", "calcium"),
    ("magnesium citrate", "magnesium"),
    ("bismuth subsalicylate", "bismuth"),
    ("silver nitrate", "silver"),
    ("ammonium chloride", "ammonium"),
    ("potassium iodide", "sodium iodide"),
    ("potassium bicarbonate", "sodium bicarbonate"),
    ("calcium fluoride", "sodium fluoride"),
    ("potassium nitrite", "sodium nitrite"),
    ("calcium ascorbate", "ascorbic acid"),
    ("edetate calcium disodium", "edetic acid"),
    ("calcium polystyrene sulfonate", "sodium polystyrene sulfonate"),
    ("methyl salicylate", "salicylic acid"),
    ("sodium L-lactate", "L-aspartic acid"),
    ("sodium L-lactate", "L-lactic acid"),
    ("sodium iodide I-131", "iodide I-131"),
    # another acid's or enantiomer's name
    ("nitrate", "nitric acid"),
    ("L-methadone", "methadone"),
]


def resolved_among(folder: Path, text: str, *names: str, kind: str = "Drug") -> str:
    """The name that a text resolves to in a graph of these names alone; "" where it is unknown."""
    index = NameIndex.open(
        store_of({kind: [(f"X:{n}", name, [], []) for n, name in enumerate(names)]}), folder
    )
    try:
        return index.resolve(text, kind).name
    except UnknownNameError:
        return ""
    finally:
        index.close()


@pytest.mark.parametrize(("salt", "drug"), SALTS)
def test_a_salt_form_is_its_drug(tmp_path: Path, salt: str, drug: str) -> None:
    assert resolved_among(tmp_path / "1", salt, drug) == drug
    assert resolved_among(tmp_path / "2", drug, salt) == salt  # and where the graph has the salt alone
    index = NameIndex.open(store_of({"Drug": [("X:1", drug, [], [])]}), tmp_path / "3")
    assert index.resolve_match(salt, "Drug").why == "salt form"


@pytest.mark.parametrize(("text", "drug"), OTHERS)
def test_what_is_another_substance_without_its_partner_is_refused(
    tmp_path: Path, text: str, drug: str
) -> None:
    assert resolved_among(tmp_path / "1", text, drug) == ""
    assert resolved_among(tmp_path / "2", drug, text) == ""
    assert resolved_among(tmp_path / "3", text, drug, text) == text


def test_what_a_refused_salt_is_made_of_is_offered(tmp_path: Path) -> None:
    rows = [("X:1", "Choline", [], []), ("X:2", "Salicylic acid", [], []), ("X:3", "Colistin", [], [])]
    index = NameIndex.open(store_of({"Drug": rows}), tmp_path)
    with pytest.raises(UnknownNameError) as caught:
        index.resolve("choline salicylate", "Drug")
    assert {match.entity.name for match in caught.value.candidates} == {"Choline", "Salicylic acid"}
    assert {match.why for match in caught.value.candidates} == {"within"}
    assert all(match.score < MIN_SURE_SCORE for match in index.search("choline salicylate", ["Drug"]))


@pytest.mark.parametrize(
    ("text", "kind", "id_", "why"),
    [
        ("multiple sclerosis (disorder)", "Disease", "DOID:2377", "vocabulary tag"),
        ("Multiple sclerosis (finding)", "Disease", "DOID:2377", "vocabulary tag"),
        ("leukemia [Disease/Finding]", "Disease", "DOID:1240", "vocabulary tag"),
        ("Leukaemia, NOS", "Disease", "DOID:1240", "vocabulary tag"),
        ("Leukemia NOS", "Disease", "DOID:1240", "vocabulary tag"),
        ("Leukemias, unspecified", "Disease", "DOID:1240", "vocabulary tag, plural"),
        ("unspecified leukemia", "Disease", "DOID:1240", "vocabulary tag"),
        ("leukemia, not otherwise specified (disorder)", "Disease", "DOID:1240", "vocabulary tag"),
        ("leukemia NEC", "Disease", "DOID:1240", "vocabulary tag"),
        ("Diabetes Mellitus, Type 2, unspecified", "Disease", "DOID:9352", "vocabulary tag, word order"),
        ("imatinib (substance)", "Drug", "DRUGBANK:DB00619", "vocabulary tag"),
        ("imatinib mesylate (substance)", "Drug", "DRUGBANK:DB00619", "vocabulary tag, salt form"),
        ("Product containing imatinib (medicinal product)", "Drug", "DRUGBANK:DB00619", "vocabulary tag"),
        ("paracetamol (product)", "Drug", "DRUGBANK:DB00316", "vocabulary tag, other name"),
        ("imatinib 400 MG Oral Tablet", "Drug", "DRUGBANK:DB00619", "vocabulary tag"),
        ("tamoxifen Oral Tablet", "Drug", "DRUGBANK:DB00675", "vocabulary tag"),
    ],
)
def test_a_tag_of_a_vocabulary_is_passed_over(
    index: NameIndex, text: str, kind: str, id_: str, why: str
) -> None:
    match = index.resolve_match(text, kind)
    assert (match.entity.id, match.why) == (id_, why)
    assert match.score >= MIN_SURE_SCORE
    assert index.search(text, [kind])[0].entity.id == id_


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        ("multiple sclerosis (substance)", "Disease", "DOID:2377"),  # it says that it is no disease
        ("imatinib (disorder)", "Drug", "DRUGBANK:DB00619"),
        ("other leukemia", "Disease", "DOID:1240"),
        ("leukemia of unspecified site", "Disease", "DOID:1240"),
        ("leukemia, unspecified, in relapse", "Disease", "DOID:1240"),
        ("leukemia (chronic)", "Disease", "DOID:1240"),
        ("imatinib 400 MG / tamoxifen 20 MG Oral Tablet", "Drug", "DRUGBANK:DB00675"),
    ],
)
def test_what_narrows_a_name_is_no_tag_and_the_wider_name_is_offered(
    index: NameIndex, text: str, kind: str, first: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        index.resolve(text, kind)
    assert caught.value.candidates[0].entity.id == first


def test_a_tag_that_is_part_of_a_name_stays(tmp_path: Path) -> None:
    both = ("asthma", "Asthma, unspecified")
    assert resolved_among(tmp_path, "asthma, unspecified", *both, kind="Disease") == "Asthma, unspecified"


@given(st.text(alphabet="ab (),0123456789MGNOSunspecifd", max_size=200))
def test_tags_are_looked_for_in_any_text(text: str) -> None:
    for shorter in strip_tags(text):
        assert len(shorter.name) < len(text)


@pytest.mark.parametrize("part", ["a ", "1 ", "oral ", "(", "unspecified ", "1 mg ", ", "])
def test_long_texts_are_no_trouble(part: str) -> None:
    began = time.perf_counter()
    list(strip_tags((part * MAX_LENGTH)[:MAX_LENGTH]))
    assert time.perf_counter() - began < 2  # some milliseconds; the rest is for a busy machine


@pytest.mark.parametrize(
    ("text", "kind", "nearest"),
    [
        ("multiple sclerosi", "Disease", "DOID:2377"),
        ("mutliple sclerosis", "Disease", "DOID:2377"),
        ("imatinb", "Drug", "DRUGBANK:DB00619"),
        ("leukema", "Disease", "DOID:1240"),
        ("tamox", "Drug", "DRUGBANK:DB00675"),
        ("parkinson", "Disease", "DOID:14330"),
        ("type 3 diabetes mellitus", "Disease", "DOID:9352"),
    ],
)
def test_what_only_resembles_a_name_is_offered_and_not_taken(
    index: NameIndex, text: str, kind: str, nearest: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        index.resolve(text, kind)
    assert caught.value.candidates[0].entity.id == nearest
    assert all(match.score < MIN_SURE_SCORE for match in caught.value.candidates)
    assert index.search(text, [kind])[0].entity.id == nearest


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("potassium chloride", "Drug"),  # a salt of potassium isn't potassium
        ("regulation of TNF by apoptosis", "BiologicalProcess"),  # the order is the meaning
        ("IL 17 A", "Disease"),
        ("zzzz", None),
        ('x"}) DETACH DELETE n //', "Disease"),
        ("%", "Disease"),
        ("\N{SLIGHTLY SMILING FACE}", "Disease"),
        ("' OR 1=1 --", "Disease"),
        ("\u202emultiple", "Drug"),
    ],
)
def test_no_entity_is_made_up(index: NameIndex, text: str, kind: str | None) -> None:
    with pytest.raises(UnknownNameError):
        index.resolve(text, kind)


def test_a_disease_is_no_drug(index: NameIndex) -> None:
    with pytest.raises(UnknownNameError, match="'multiple sclerosis' is no drug: it is a disease") as caught:
        index.resolve("multiple sclerosis", "Drug")
    assert caught.value.candidates[0].entity.id == "DOID:2377"
    with pytest.raises(UnknownNameError, match="no drug: it is a disease"):
        index.resolve("DOID:2377", "Drug")


def test_several_entities_of_one_name_are_an_error_with_all_of_them(index: NameIndex) -> None:
    with pytest.raises(AmbiguousNameError, match="2 entities") as caught:
        index.resolve("Old name", "Disease")
    assert [match.entity.id for match in caught.value.candidates] == ["OMIM:1", "OMIM:2"]
    with pytest.raises(AmbiguousNameError):
        index.resolve("sumamed", "Drug")
    with pytest.raises(AmbiguousNameError):  # two diseases list the MeSH id
        index.resolve("MESH:D001943", "Disease")
    with pytest.raises(AmbiguousNameError):  # both are as far from what was written
        index.resolve("old-name", "Disease")


def test_a_salt_and_another_name_that_disagree_are_ambiguous(index: NameIndex) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        index.resolve("benztropine", "Drug")
    assert {match.entity.name for match in caught.value.candidates} == {"Benzatropine", "Fenoterol"}
    assert index.resolve("benzatropine", "Drug").name == "Benzatropine"


def test_a_preferred_name_outranks_a_synonym(index: NameIndex) -> None:
    assert index.resolve("old names", "Disease").id == "OMIM:3"
    assert index.resolve("MS", "Disease").id == "DOID:2377"


def test_without_a_kind_one_name_of_two_kinds_is_ambiguous(index: NameIndex) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        index.resolve("multiple sclerosis")
    assert {match.entity.kind for match in caught.value.candidates} == {"Disease", "SideEffect"}
    assert index.resolve("multiple sclerosis", ["Disease", "Drug"]).id == "DOID:2377"
    assert index.resolve("nausea").kind == "SideEffect"


def test_search_ranks_one_match_an_entity(index: NameIndex) -> None:
    matches = index.search("sclerosis", limit=20)
    assert {match.entity.id for match in matches} >= {"DOID:2377", "OMIM:1"}
    assert len({(match.entity.kind, match.entity.id) for match in matches}) == len(matches)
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert index.search("sclerosis", limit=20) == matches
    assert len(index.search("sclerosis", limit=1)) == 1
    assert index.search("sclerosis", ["drug"]) == []


def test_search_puts_the_name_itself_before_what_resembles_it(index: NameIndex) -> None:
    matches = index.search("MS", ["Disease"])
    assert [match.entity.id for match in matches] == ["DOID:2377", "DOID:2326"]


def test_an_id_brings_nothing_beside_it(index: NameIndex) -> None:
    assert [match.entity.id for match in index.search("DOID:2377")] == ["DOID:2377"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \t\n ", "empty"),
        ("\u200b", "empty"),
        ("a\0b", r"U\+0000"),
        ("a\x1b[31m", r"U\+001B"),
        ("\ud800", r"U\+D800"),
        ("a" * (MAX_LENGTH + 1), "1,001 characters"),
        ("x" * 1_000_000, "1,000,000 characters"),
    ],
)
def test_what_is_no_name_is_refused(index: NameIndex, text: str, says: str) -> None:
    for call in (index.resolve, index.search):
        with pytest.raises(UsageError, match=says) as caught:
            call(text)
        assert len(str(caught.value)) < 200


def test_kinds_and_limits_are_checked(index: NameIndex) -> None:
    with pytest.raises(UsageError, match="'Desease' is no kind"):
        index.resolve("multiple sclerosis", "Desease")
    with pytest.raises(UsageError, match="limit is 0"):
        index.search("multiple sclerosis", limit=0)
    assert index.resolve("multiple sclerosis", "side effect").kind == "SideEffect"


@given(st.text(max_size=60))
def test_any_text_gives_an_entity_or_an_error_of_ours(index: NameIndex, text: str) -> None:
    with suppress(KedrecError):
        found = index.resolve(text)
        assert index.entity(found.id, found.kind) == found


@given(st.text(max_size=60))
def test_forms_are_stable(text: str) -> None:
    form = normal_forms(text)
    assert normal_forms(form.spelled).words == normal_forms(normal_forms(form.spelled).spelled).words
    assert compact_form(form.words) == compact_form(normal_forms(text.upper()).words) or not text.isascii()


def test_numbers_stay_apart() -> None:
    assert compact_form(normal_forms("1,2-dichloroethane").words) != compact_form(
        normal_forms("12-dichloroethane").words
    )
    assert (
        normal_forms("1,2-dichloro-3-propane").bag == ""
    )  # which number goes with which word is in the order
    assert normal_forms("(+)-nicotine").words != normal_forms("(-)-nicotine").words


def test_an_entity_by_its_id(index: NameIndex) -> None:
    assert index.entity("DOID:2377").name == "multiple sclerosis"
    with pytest.raises(UnknownNameError):
        index.entity("MESH:D009103")
    with pytest.raises(UnknownNameError):
        index.entity("DOID:2377", "Drug")


def test_the_index_is_kept_and_made_again_when_the_graph_changes(tmp_path: Path) -> None:
    one: Rows = {"Disease": [("DOID:1", "first", [], [])]}
    two: Rows = {"Disease": [("DOID:1", "first", ["renamed"], [])]}
    told: list[Any] = []

    def opened(store: GraphStore) -> NameIndex:
        told.clear()
        return NameIndex.open(store, tmp_path / "cache", lambda *report: told.append(report))

    opened(store_of(one)).close()
    assert told == [("Indexing names", 0, 1)]
    opened(store_of(one)).close()
    assert told == []
    with pytest.raises(UnknownNameError):
        opened(store_of(one)).resolve("renamed")
    assert (
        opened(
            store_of(
                two, metadata={"source:x": '{"state": "loaded", "title": "x", "version": "2", "licence": ""}'}
            )
        )
        .resolve("renamed")
        .id
        == "DOID:1"
    )
    assert opened(store_of(two, digest="e")).resolve("renamed").id == "DOID:1"


def test_few_indexes_are_kept(tmp_path: Path) -> None:
    for number in range(7):
        NameIndex.open(
            store_of({"Disease": [("DOID:1", "first", [], [])]}, digest=str(number)), tmp_path
        ).close()
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("left", [b"", b"not a database", b"SQLite format 3\0"])
def test_a_damaged_index_is_made_again(tmp_path: Path, left: bytes) -> None:
    store = store_of(GRAPH)
    NameIndex.open(store, tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    whole = file.read_bytes()
    for content in (left, whole[: len(whole) // 2]):
        file.write_bytes(content)
        index = NameIndex.open(store, tmp_path)
        assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"
        index.close()
        assert file.stat().st_size == len(whole)


def test_any_changed_bit_of_an_index_is_noticed_and_it_is_made_again(tmp_path: Path) -> None:
    store = store_of({"Disease": [("DOID:1", "first", ["other name"], [])]})
    NameIndex.open(store, tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    whole = file.read_bytes()
    reports: list[Any] = []
    # Every byte of the header that SQLite reads, and of what the file says of the graph; one in 97 elsewhere.
    text = whole.index(b"other name")
    places = [*range(100), *range(text, text + 10), *range(100, len(whole), 97)]
    for number, place in enumerate(places):
        changed = bytearray(whole)
        changed[place] ^= 1 << number % 8
        file.write_bytes(changed)
        reports.clear()
        index = NameIndex.open(store, tmp_path, lambda *report: reports.append(report))
        assert reports, f"byte {place}"
        assert index.search("other name")[0].matched == "other name"
        index.close()
        assert file.read_bytes() == whole


def test_letters_changed_in_an_index_are_noticed(tmp_path: Path) -> None:
    NameIndex.open(store_of(GRAPH), tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    file.write_bytes(file.read_bytes().replace(b"Imatinib", b"Imatunib"))
    index = NameIndex.open(store_of(GRAPH), tmp_path)
    assert index.entity("DRUGBANK:DB00619").name == "Imatinib"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_an_index_is_its_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        NameIndex.open(store_of(GRAPH), tmp_path).close()
    finally:
        os.umask(before)
    (file,) = tmp_path.glob("names-*.sqlite")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)  # as an older version or a copy left it
    NameIndex.open(store_of(GRAPH), tmp_path).close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    index = NameIndex.open(store_of(GRAPH), blocked / "cache")
    assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"


def test_a_disk_that_fills_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    def full(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if str(database).endswith(".making"):
            raise sqlite3.OperationalError("database or disk is full")
        return real(database, *arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", full)
    index = NameIndex.open(store_of(GRAPH), tmp_path)
    assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_graph_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyGraphError, match="memory is empty"):
        NameIndex.open(store_of({}), tmp_path)


def test_a_moved_cache_still_opens(tmp_path: Path) -> None:
    NameIndex.open(store_of(GRAPH), tmp_path / "a b?#%").close()
    shutil.move(tmp_path / "a b?#%", tmp_path / "c")
    told: list[Any] = []
    NameIndex.open(store_of(GRAPH), tmp_path / "c", lambda *report: told.append(report)).close()
    assert told == []
