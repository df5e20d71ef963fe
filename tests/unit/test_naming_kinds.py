"""Names cut short, and names that mean one thing as a drug and another as a disease."""

from __future__ import annotations

from pathlib import Path

import pytest
from naming_graph import Rows, store_of

from kedrec.errors import UnknownNameError
from kedrec.naming import NameIndex

GRAPH: Rows = {
    "Drug": [
        ("DRUGBANK:DB00564", "Carbamazepine", [], []),
        ("DRUGBANK:DB00936", "Salicylic acid", ["Acne", "Wart Remover"], []),
        ("DRUGBANK:DB00345", "Aminohippuric acid", ["PAH"], []),
        ("DRUGBANK:DB00001", "MCC", [], []),
    ],
    "Disease": [
        ("MONDO:0021085", "gastric neoplasm", ["carbamazepine"], []),
        ("DOID:6543", "acne", [], []),
        ("DOID:11165", "wart", [], []),
        ("MONDO:0015924", "pulmonary arterial hypertension", ["PAH"], []),
        ("MONDO:0019210", "Merkel cell carcinoma", ["MCC"], []),
        ("DOID:1", "sickle cell trait", [], []),
        ("DOID:2", "sickle cell disease", [], []),
        ("DOID:3", "sickle cell anemia", ["sickle cell disorder, severe"], []),
        ("DOID:4", "inflammatory bowel disease 1", ["Crohn disease"], []),
        ("DOID:8778", "Crohn disease", [], []),
        ("DOID:5", "oral Crohn disease", [], []),
        ("DOID:6", "Marfan syndrome", [], []),
        ("DOID:7", "Marfan habitus", [], []),
    ],
}


@pytest.fixture
def index(tmp_path: Path) -> NameIndex:
    return NameIndex.open(store_of(GRAPH), tmp_path)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("carbamazepine", "Disease", "'carbamazepine' is no disease: it is a drug."),
        ("Carbamazepine", "Disease", "'Carbamazepine' is no disease: it is a drug."),
        ("acne", "Drug", "'acne' is no drug: it is a disease."),
        ("Acne", "Drug", "'Acne' is no drug: it is a disease."),
    ],
)
def test_a_synonym_that_is_another_kinds_very_name_is_not_meant(
    index: NameIndex, text: str, kind: str, said: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        index.resolve(text, kind)
    assert said in str(caught.value)
    other = "Drug" if kind == "Disease" else "Disease"
    assert index.resolve(text, other).kind == caught.value.candidates[0].entity.kind == other


@pytest.mark.parametrize(
    ("text", "kind", "id_"),
    [
        ("PAH", "Disease", "MONDO:0015924"),
        ("PAH", "Drug", "DRUGBANK:DB00345"),
        ("MCC", "Disease", "MONDO:0019210"),
        ("Wart Remover", "Drug", "DRUGBANK:DB00936"),
    ],
)
def test_an_abbreviation_and_a_name_of_its_own_mean_what_they_say(
    index: NameIndex, text: str, kind: str, id_: str
) -> None:
    assert index.resolve(text, kind).id == id_


@pytest.mark.parametrize(
    ("text", "id_"),
    [("sickle cell", "DOID:2"), ("crohn", "DOID:8778"), ("Crohns", "DOID:8778"), ("marfan", "DOID:6")],
)
def test_the_disease_itself_is_offered_first_where_disease_or_syndrome_is_left_out(
    index: NameIndex, text: str, id_: str
) -> None:
    assert index.search(text, ["Disease"])[0].entity.id == id_
