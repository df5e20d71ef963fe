"""Salts and other forms of substances: the same drug, or another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from naming_graph import resolved_among, store_of

from kedrec.errors import UnknownNameError
from kedrec.naming import MIN_SURE_SCORE, NameIndex

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
