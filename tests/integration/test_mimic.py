"""Questions from a MIMIC-III folder in its published layout, made-up patients, over the built-in graph."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from mimic_folder import PATIENTS, SECRET, TITLES, write

from kedrec.cli.dataset import dataset as commands
from kedrec.cli.evaluate import evaluate as evaluations
from kedrec.dataset.hf_folder import SPLITS, DataSet
from kedrec.dataset.mimic.hospital_tables import HospitalTables
from kedrec.dataset.mimic.icd9 import CodeMatch, DiseaseIndex, dotted_code
from kedrec.dataset.mimic.prescriptions import (
    DrugIndex,
    Prescription,
    PrescriptionMatch,
    clean_name,
    match_prescriptions,
)
from kedrec.dataset.mimic.spreadsheet_damage import find_code_damage, product_code
from kedrec.errors import DataError, NotFoundError, UsageError
from kedrec.naming import NameIndex
from kedrec.settings import load_settings
from kedrec.stores import open_store


def built(home: Path, source: Path, out: Path, *more: str) -> dict[str, object]:
    graph = str(home / "graph")
    result = CliRunner().invoke(
        commands,
        ["build-mimic", "--from", str(source), "--out", str(out), "--graph", graph, "--seed", "1", "--json",
         "--candidates", "8", *more],
        catch_exceptions=False,
    )  # fmt: skip
    report: dict[str, object] = json.loads(result.stdout)
    return report


@pytest.fixture
def home(starter_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEDREC_HOME", str(starter_home))
    return starter_home


@pytest.fixture
def names(home: Path) -> NameIndex:
    settings = load_settings()
    with open_store(str(home / "graph"), settings) as store:
        return NameIndex.open(store, settings.cache_dir)


def test_prescriptions_are_drugs_whatever_is_written_around_them(names: NameIndex) -> None:
    drugs = DrugIndex(names)
    expected = {
        "Metoprolol Tartrate 25mg Tab": ["metoprolol"],
        "HydrALAzine": ["hydralazine"],
        "Insulin": ["insulin human"],
        "Nitroglycerin SL": ["nitroglycerin"],
        "Carbidopa-Levodopa (25-250)": ["carbidopa", "levodopa"],
        "Albuterol 0.083% Neb Soln": ["salbutamol"],
        "Heparin Flush CVL  (100 units/ml)": ["heparin"],
        "Docusate Sodium": [],
        "donepezil 5 mg or placebo": [],
        "Dexamethasone Sodium Phosphate 4 mg/ml Inj": ["dexamethasone"],  # an ester
        "PrednisoLONE Acetate 1% Ophth. Susp.": ["prednisolone"],
    }
    called = {
        text: [names.entity(id_).name for id_ in drugs.match_names(Prescription("MAIN", text)).ids]
        for text in expected
    }
    assert called == expected
    for vehicle in ("NS", "D5W", "Vial"):
        assert drugs.match_names(Prescription("BASE", vehicle)) == PrescriptionMatch((), "vehicle")
    names.close()


def test_a_code_tells_what_a_cut_name_leaves_open(names: NameIndex) -> None:
    whole = Prescription("MAIN", "Nifedipine", formulary="NIFE10", ndc="1")
    cut = Prescription("MAIN", "Ni", formulary="NIFE10", ndc="0")
    found = match_prescriptions(DrugIndex(names), {whole: 1, cut: 1})
    assert found[cut] == PrescriptionMatch(found[whole].ids, "code")
    names.close()


def test_icd9_codes_are_diseases_by_reference_title_table_and_parent(names: NameIndex) -> None:
    asthma, gout = (names.resolve(name, "Disease").id for name in ("asthma", "gout"))
    diseases = DiseaseIndex(names, {asthma: ["ICD9:493.90"], gout: ["ICD9:999", "ICD9:700-709.99"]})
    assert dotted_code("4280") == "428.0"
    assert dotted_code("E9342") == "E934.2"
    assert diseases.match("49390") == CodeMatch((asthma,), "cross-reference")
    assert diseases.match("42731", "Atrial fibrillation").why == "title"
    assert diseases.match("42833", "Acute on chronic diastolic heart failure").why == "table"
    assert diseases.match("25002").ids == (names.resolve("type 2 diabetes mellitus", "Disease").id,)
    assert diseases.match("25001").ids == (names.resolve("type 1 diabetes mellitus", "Disease").id,)
    assert diseases.match("99912") == CodeMatch((gout,), "parent")
    assert diseases.match("70703") == CodeMatch((gout,), "parent")
    assert diseases.match("V4581") == CodeMatch((), "supplementary")
    assert diseases.match("80000") == CodeMatch((), "unknown")
    names.close()


def test_doses_forms_and_routes_are_no_part_of_a_name() -> None:
    assert clean_name("PrednisoLONE Acetate 1% Ophth. Susp.") == "PrednisoLONE Acetate"
    assert clean_name("Hydrocortisone Na Succ.") == "Hydrocortisone sodium succinate"
    assert clean_name("*NF* Memantine") == "Memantine"


def test_a_folder_becomes_questions_and_patients_are_split(home: Path, tmp_path: Path) -> None:
    report = built(home, write(tmp_path / "mimic"), tmp_path / "out")
    dataset = DataSet(tmp_path / "out")
    questions = {split: list(dataset.questions("admission", split)) for split in SPLITS}
    every = [one for part in questions.values() for one in part]
    groups = [{one.group for one in part} for part in questions.values()]
    assert report["questions"] == {split: len(part) for split, part in questions.items()}
    assert all(groups)
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert {len(one.candidates) for one in every} == {8}  # whatever the number of answers
    assert {len(one.answers) for one in every} == {1, 2, 3}
    prescriptions = report["prescriptions"]
    assert isinstance(prescriptions, dict)
    assert prescriptions["aside"] == PATIENTS
    assert prescriptions["share"] == 1.0
    assert not (tmp_path / "out" / ".building").exists()


def test_notes_are_shown_without_discharge_summaries_and_candidates(home: Path, tmp_path: Path) -> None:
    built(home, write(tmp_path / "mimic"), tmp_path / "out")
    dataset = DataSet(tmp_path / "out")
    every = [one for split in SPLITS for one in dataset.questions("admission", split)]
    metoprolol = [one for one in every if "metoprolol" in {candidate.name for candidate in one.candidates}]
    assert metoprolol
    assert all(one.text == f'{SECRET}\ngot [drug], "daily"' for one in metoprolol)
    assert all("secret" not in one.text for one in every)


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
def test_what_is_made_of_credentialed_notes_is_its_owners(home: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "mimic")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    before = os.umask(0)
    try:
        built(home, source, tmp_path / "new" / "out")
        built(home, source, tmp_path / "open")
    finally:
        os.umask(before)
    for out in (tmp_path / "new" / "out", tmp_path / "open"):
        files = [*(out / "admission").iterdir()]
        assert len(files) == len(SPLITS)
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE((out / "admission").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_gzip_and_lower_case_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    built(home, write(tmp_path / "plain"), tmp_path / "one")
    built(home, write(tmp_path / "packed", "lower", packed=True), tmp_path / "two")
    for split in SPLITS:
        path = f"admission/{split}.jsonl"
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_the_card_says_whose_data_it_is(home: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "mimic")
    built(home, source, tmp_path / "out")
    assert "Credentialed data" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    (source / "LICENSE.txt").write_text("## ODC Open Database License (ODbL)\n", encoding="utf-8")
    built(home, source, tmp_path / "out", "--again")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "license: odbl" in card
    assert "may not be published" in card


def test_a_replacement_that_is_cut_short_is_no_finished_data_set(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "mimic")
    built(home, source, tmp_path / "out")

    def killed(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("kedrec.dataset.mimic.build.write_questions", killed)
    with pytest.raises(RuntimeError, match="killed"):
        built(home, source, tmp_path / "out", "--again")
    with pytest.raises(NotFoundError, match="no data set"):
        DataSet(tmp_path / "out")


@pytest.mark.parametrize("damage", ["missing", "column", "empty", "heading", "gzip", "quote"])
def test_damaged_folders_are_told_of_without_their_text(
    damage: str, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write(tmp_path / "mimic")
    table = source / "PRESCRIPTIONS.csv"
    notes = source / "NOTEEVENTS.csv"
    if damage == "missing":
        table.unlink()
    elif damage == "column":
        table.write_text(table.read_text(encoding="utf-8").replace("NDC", "CODE", 1), encoding="utf-8")
    elif damage == "empty":
        table.write_bytes(b"")
    elif damage == "heading":
        table.write_text(table.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    elif damage == "gzip":
        packed = gzip.compress(notes.read_bytes())
        notes.unlink()
        (source / "NOTEEVENTS.csv.gz").write_bytes(packed[: len(packed) // 2])
    else:
        notes.write_text(notes.read_text(encoding="utf-8") + f'9,9,9,2100-01-01,,,x,x,,,"{SECRET} "oops" x\n')
    with caplog.at_level(logging.DEBUG), pytest.raises((DataError, NotFoundError)) as raised:
        built(home, source, tmp_path / "out")
    told = f"{raised.value} {raised.value.__cause__} {caplog.text}"
    assert "PRESCRIPTIONS" in told or "NOTEEVENTS" in told
    assert SECRET not in told
    assert "Made-Up" not in told
    assert not (tmp_path / "out" / "kedrec.json").exists()


def spreadsheet(folder: Path, *names: str) -> None:
    """Rewrites tables as a spreadsheet does: a code of digits alone loses its leading zeros."""
    for name in names:
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(?<=,)0+(?=[1-9]\d*(?:\n|,))", "", text), encoding="utf-8")


LOST = {"0414": "Escherichia coli infection", "042": "Human immunodeficiency virus disease"}
LATER = {"0389": "Unspecified septicemia", "00845": "Intestinal infection due to Clostridium difficile"}
MORE = {"07054": "Chronic hepatitis C without mention of hepatic coma", "1120": "Candidiasis of mouth"}


def with_codes(folder: Path, titles: dict[str, str], *, titled: bool = True) -> Path:
    """A folder whose diagnoses have these codes in turn instead of the usual ones."""
    source = write(folder)
    codes = list(titles)
    rows = [f"{n},{n},{n + 1000},1,{codes[n % len(codes)]}" for n in range(1, PATIENTS + 1)]
    (source / "DIAGNOSES_ICD.csv").write_text(
        "\n".join(["ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE", *rows]) + "\n", encoding="utf-8"
    )
    heading = "ROW_ID,ICD9_CODE,LONG_TITLE" if titled else "ROW_ID,ICD9_CODE"
    rows = [
        f"{n},{code}" + (f',"{title}"' if titled else "") for n, (code, title) in enumerate(titles.items())
    ]
    (source / "D_ICD_DIAGNOSES.csv").write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return source


@pytest.mark.parametrize("titles", [LOST, {"0414": LOST["0414"]}, LATER, MORE], ids="-".join)
@pytest.mark.parametrize(
    "changed", [("DIAGNOSES_ICD",), ("D_ICD_DIAGNOSES",), ("DIAGNOSES_ICD", "D_ICD_DIAGNOSES")]
)
def test_codes_that_a_spreadsheet_took_zeros_from_are_told_of_at_once(
    titles: dict[str, str], changed: tuple[str, ...], home: Path, tmp_path: Path
) -> None:
    source = with_codes(tmp_path / "mimic", titles)
    spreadsheet(source, *changed)
    with pytest.raises(DataError, match="ICD9_CODE") as raised:
        built(home, source, tmp_path / "out")
    assert any(f"{name}.csv" in str(raised.value) for name in changed)
    assert "text" in raised.value.hint
    assert not any(title in str(raised.value) for title in titles.values())
    assert not (tmp_path / "out" / "kedrec.json").exists()


@pytest.mark.parametrize("titles", [LOST, LATER, MORE | TITLES])
def test_codes_with_their_zeros_are_no_trouble(titles: dict[str, str], tmp_path: Path) -> None:
    source = with_codes(tmp_path / "mimic", titles)
    tables = HospitalTables(source, tmp_path)
    assert tables.titles() == titles
    tables.close()


@pytest.mark.parametrize("code", ["42", "8.45", "25000.0", "4.2E+2", "41.4", "414."])
def test_without_titles_a_code_that_cannot_be_one_tells(code: str, tmp_path: Path) -> None:
    source = with_codes(tmp_path / "mimic", {code: "", "4280": ""}, titled=False)
    with pytest.raises(DataError, match="no ICD-9 code"):
        HospitalTables(source, tmp_path).titles()


def test_without_titles_a_code_that_others_begin_with_tells(tmp_path: Path) -> None:
    source = with_codes(tmp_path / "mimic", {"414": "", "41401": "", "4280": ""}, titled=False)
    with pytest.raises(DataError, match="begin with another code"):
        HospitalTables(source, tmp_path).titles()


def test_a_dictionary_in_which_no_code_begins_with_0_tells() -> None:
    numbers = [(str(code), "") for code in range(140, 500)]
    assert find_code_damage([], numbers)[0] == "D_ICD_DIAGNOSES"
    assert find_code_damage([], [("042", ""), *numbers]) == ("", "")
    assert find_code_damage([], [("414", "one"), ("414", "another")])[1].endswith("two titles")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("00904198861", "00904198861"),
        ("904198861", "00904198861"),
        ("904198861.0", "00904198861"),
        ("9.04E+08", ""),
        ("5.515e10", ""),
        ("0", "00000000000"),
        ("", ""),
        ("0904-1988-61", "0904-1988-61"),
    ],
)
def test_product_codes_get_their_zeros_back_and_rounded_ones_are_not_used(written: str, read: str) -> None:
    assert product_code(written) == read


def test_two_products_that_a_spreadsheet_rounded_to_one_are_not_mixed(names: NameIndex, home: Path) -> None:
    whole = Prescription("MAIN", "Nifedipine", ndc="9.04E+08")
    assert match_prescriptions(DrugIndex(names), {whole: 1, Prescription("MAIN", "Ni", ndc="9.04E+08"): 1})[
        Prescription("MAIN", "Ni", ndc="9.04E+08")
    ] == PrescriptionMatch((), "unknown")
    rows = {
        Prescription("MAIN", "Nifedipine", ndc="00904198861"): 1,
        Prescription("MAIN", "Ni", ndc="904198861"): 1,
    }
    found = list(match_prescriptions(DrugIndex(names), rows).values())
    assert found[1] == PrescriptionMatch(found[0].ids, "code")
    names.close()


def test_stays_are_answered_with_as_many_drugs_as_training_has_on_the_mean(
    home: Path, tmp_path: Path
) -> None:
    built(home, write(tmp_path / "mimic"), tmp_path / "out")
    result = CliRunner().invoke(
        evaluations,
        ["selection", "--dataset", str(tmp_path / "out"), "--graph", str(home / "graph"), "--json",
         "--out", str(tmp_path / "scores")],
        catch_exceptions=False,
    )  # fmt: skip
    figures = {one["answerer"]: one for one in json.loads(result.stdout)["figures"]}
    assert set(figures) == {"random", "frequency", "prior", "ranker"}
    assert {one["most"] for one in figures.values()} == {2}
    assert all(0 <= one["f1"][0] <= 1 for one in figures.values())
    assert (tmp_path / "scores" / "selection.md").read_text(encoding="utf-8").count("\n") == 6


def test_credentialed_data_goes_to_no_model_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(home, write(tmp_path / "mimic"), tmp_path / "out")
    words = ["selection", "--dataset", str(tmp_path / "out"), "--answerer", "llm", "--model", "openai:any"]
    for url in ("http://192.0.2.1/v1", "http://localhost@192.0.2.1/v1", "http://localhost.example.org/v1"):
        monkeypatch.setenv("KEDREC_LLM_URL", url)
        with pytest.raises(UsageError, match="credentialed"):
            CliRunner().invoke(evaluations, words, catch_exceptions=False)
