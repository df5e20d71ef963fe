"""The tables of a small hospital in MIMIC-III's layout."""

from __future__ import annotations

import gzip
from pathlib import Path

PATIENTS = 20
SECRET = "Mrs Made-Up of Nowhere"
DRUGS = ("Metoprolol Tartrate", "Furosemide", "Insulin", "Heparin Sodium", "Warfarin", "Lisinopril")
CODES = ("4280", "25000", "42731", "V4581", "49390")
TITLES = {
    "4280": "Congestive heart failure, unspecified",
    "25000": "Diabetes mellitus without mention of complication",
    "42731": "Atrial fibrillation",
    "V4581": "Aortocoronary bypass status",
    "49390": "Asthma, unspecified type, unspecified",
}


def prescription(row: int, subject: int, type_: str, drug: str) -> str:
    return f'{row},{subject},{subject + 1000},,,,{type_},"{drug}","{drug}","{drug}",X{row},,{row:011},,,,,,PO'


def tables(case: str = "upper") -> dict[str, str]:
    """The tables of a small hospital; every patient has one stay."""
    diagnoses = ["ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE"]
    heading = (
        "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,STARTDATE,ENDDATE,DRUG_TYPE,DRUG,DRUG_NAME_POE,DRUG_NAME_GENERIC,"
        "FORMULARY_DRUG_CD,GSN,NDC,PROD_STRENGTH,DOSE_VAL_RX,DOSE_UNIT_RX,FORM_VAL_DISP,FORM_UNIT_DISP,ROUTE"
    )
    drugs = [heading]
    notes = ["ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CHARTTIME,STORETIME,CATEGORY,DESCRIPTION,CGID,ISERROR,TEXT"]
    for subject in range(1, PATIENTS + 1):
        for place in range(2):
            code = CODES[(subject + place) % len(CODES)]
            diagnoses.append(f"{subject * 2 + place},{subject},{subject + 1000},{place + 1},{code}")
        for place in range(1 + subject % 3):
            name = DRUGS[(subject + place) % len(DRUGS)]
            drugs.append(prescription(subject * 10 + place, subject, "MAIN", f"{name} 25mg Tab"))
        drugs.append(prescription(subject * 10 + 9, subject, "BASE", "NS"))
        stay = f"{subject},{subject + 1000},2100-01-0"
        notes += [
            f'{subject},{stay}1,,,Physician,Note,,,"{SECRET}\ngot Lopressor, ""daily"""',
            f'{subject + 100},{stay}2,,,Discharge summary,Report,,,"secret"',
        ]
    codes = ["ROW_ID,ICD9_CODE,SHORT_TITLE,LONG_TITLE"]
    codes += [f'{row},{code},short,"{title}"' for row, (code, title) in enumerate(TITLES.items(), 1)]
    found = {
        "DIAGNOSES_ICD": diagnoses, "PRESCRIPTIONS": drugs, "D_ICD_DIAGNOSES": codes, "NOTEEVENTS": notes,
    }  # fmt: skip
    headed = {name: [getattr(rows[0], case)(), *rows[1:]] for name, rows in found.items()}
    return {name: "\n".join(rows) + "\n" for name, rows in headed.items()}


def write(folder: Path, case: str = "upper", *, packed: bool = False) -> Path:
    folder.mkdir()
    for name, text in tables(case).items():
        if packed:
            (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
