"""Entities that a text names: every writing of a name, and nothing that only resembles it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naming_graph import GRAPH, resolved_among, store_of

from kedrec.errors import AmbiguousNameError, KedrecError, UnknownNameError, UsageError
from kedrec.naming import MAX_LENGTH, MIN_SURE_SCORE, NameIndex
from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.tags import strip_tags


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
        ("multiple sclerosis (DOID:2377)", "Disease", "DOID:2377", "id"),
        ("MS  [doid:2377]", "Disease", "DOID:2377", "id"),
        ("multiple sclerosis DOID:2377", "Disease", "DOID:2377", "id"),
        ("disseminated sclerosis, MESH:D009103", "Disease", "DOID:2377", "cross-reference"),
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
        ("breast cancer (DOID:2377)", "Disease"),  # of another disease
        ("no such disease (DOID:2377)", "Disease"),
        ("multiple sclerosis (DOID:0)", "Disease"),
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
