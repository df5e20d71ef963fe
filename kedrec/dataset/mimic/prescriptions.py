"""Maps a hospital's prescriptions to the graph's drugs.

A prescription's names (`DRUG`, `DRUG_NAME_POE`, `DRUG_NAME_GENERIC`) are tried unchanged, then without doses,
forms and routes, then the text in brackets (a brand), then the parts of a combination. A prescription that
matches by no name gets the drug of its product (NDC) or formulary code (`FORMULARY_DRUG_CD`) where all other
rows of the code match the same. Carriers of a drug (`DRUG_TYPE` `BASE`: saline, dextrose, an empty syringe)
and flushes of salt water are vehicles, not treatments.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kedrec.dataset.mimic.spreadsheet_damage import product_code
from kedrec.errors import NotFoundError, UsageError
from kedrec.naming.normalize import compact_form, normal_forms

if TYPE_CHECKING:
    from kedrec.naming import NameIndex

__all__ = ["DrugIndex", "Prescription", "PrescriptionMatch", "clean_name", "match_prescriptions"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


Why = Literal["name", "cleaned", "brackets", "table", "combination", "code", "vehicle", "unknown"]

_NOTES = re.compile(r"\*[A-Za-z]+\*")  # *NF*: not on the formulary
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]?")
_NUMBER = r"\d[\d.,]*"
_UNIT = (
    r"(?:mg|mcg|ug|g|gm|gram|grams|kg|ml|l|meq|mmol|mm|unit|units|iu|million|mci|hr|hrs|h|day|dose|doses|"
    r"puff|puffs|cup|pe|%|inch)"
)
_DOSE = re.compile(
    rf"(?<![A-Za-z]){_NUMBER}\s*(?:{_UNIT}\b|%)?(?:\s*[/-]\s*{_NUMBER}?\s*{_UNIT}?\b)*", re.IGNORECASE
)
_SPELLED_OUT = {
    "na": "sodium", "sod": "sodium", "succ": "succinate", "chl": "chloride", "bicarb": "bicarbonate",
    "phos": "phosphate", "phosph": "phosphate", "acet": "acetaminophen", "apap": "acetaminophen",
    "sulfameth": "sulfamethoxazole", "dexameth": "dexamethasone", "clav": "clavulanate",
    "hydrochlorid": "hydrochloride", "pot": "potassium", "cal": "calcium", "mag": "magnesium",
    "hctz": "hydrochlorothiazide", "vit": "vitamin",
}  # fmt: skip
_FORMS = _words("""
    aerosol amp ampul ampule bag bar bottle cap caplet caps capsule capsules chew chewable clearance
    coated conc concentrate concentrated cone continuous cr cream crm crrt crush cup cvl desensitization
    disintegrating diskus drip drop drops ds dummy ec elixir emulsion enema enteric er ext extended
    extract fast film flush foam free gel gran granules gtt hfa hickman im immediate implant inf infusion
    inh inhalation inhaled inhaler inj injection ir irrig irrigation iv ivpb jelly kit la liq liquid
    lotion loz lozenge mask mdi micronized mini mist mouthwash nasal neb nebs nebulized nebulizer neo nf
    odt oint ointment oph opht ophth ophthalmic opth oral orally otic package packet part partial paste
    pastes patch pca pediatric peds pellet pen pf picc piggy piggyback plus po powder pr prefilled premix
    premixed preserv preservative protocol pump push pwd rapid rectal redi release rinse rinses rtu sa sc
    scale self shampoo sl sliding sln sol soln solu solutab solution spray sprinkle sr ss sterile strip
    sub subcutaneous sublingual supp suppos suppository susp suspension sustained sw swab swish syr
    syringe syrup tab tablet tablets tabs tape td tincture top topical transdermal troche tube ud udcup
    urojet vag vaginal vial viscous wafer wash water with x xl xr
""")
_SEPARATOR = re.compile(r"\s*(?:[/+&,;]|(?<=\w)-(?=\w{3})|\bw/|\bwith\b|\band\b)\s*", re.IGNORECASE)
_FLUSH = re.compile(r"\b(?:sodium chloride|saline|nacl|ns)\b.*\bflush\b", re.IGNORECASE)
_ELECTROLYTE = re.compile(rf"\b{_NUMBER}\s*meq\b", re.IGNORECASE)  # a drug although its type is BASE
_STUDY = re.compile(r"\bplacebo\b|\bstudy drug\b", re.IGNORECASE)  # the drug is blinded
_SHORTEST = 4  # letters of a part of a combination: D5, NS and SS are no drugs
_NO_CODE = {"", "0", "00000000000"}


@dataclass(frozen=True, slots=True)
class Prescription:
    """A prescription's columns that identify its drug; "" where a column is empty."""

    type: str
    drug: str
    poe: str = ""
    generic: str = ""
    formulary: str = ""
    ndc: str = ""


@dataclass(frozen=True, slots=True)
class PrescriptionMatch:
    """The graph's drugs for a prescription.

    Attributes:
        ids: drug ids; a combination has one for each of its drugs that the graph has; () where there is none.
        why: how they were matched, or why there is none.
    """

    ids: tuple[str, ...]
    why: Why


def clean_name(text: str) -> str:
    """Strips brackets, doses, forms and routes from a name, and spells a hospital's abbreviations out."""
    bare = _DOSE.sub(" ", _BRACKETS.sub(" ", _NOTES.sub(" ", text)))
    words = (word.replace(".", "").strip(",;:-/*'\"") for word in bare.split())
    spelled = (_SPELLED_OUT.get(word.casefold(), word) for word in words if word.casefold() not in _FORMS)
    return " ".join(word for word in spelled if word)


class DrugIndex:
    """The drugs of a graph by their names in hospitals; caches each look-up."""

    def __init__(self, names: NameIndex) -> None:
        self._names = names
        self._ids: dict[str, str] = {}

    def match_names(self, prescription: Prescription) -> PrescriptionMatch:
        """Matches a prescription by its names alone, so that `why` is never `code`."""
        texts = [text for text in (prescription.drug, prescription.generic, prescription.poe) if text.strip()]
        if any(_STUDY.search(text) for text in texts):
            return PrescriptionMatch((), "unknown")
        carrier = prescription.type.upper() == "BASE" and not _ELECTROLYTE.search(prescription.drug)
        if carrier or any(_FLUSH.search(text) for text in texts):
            return PrescriptionMatch((), "vehicle")
        for text in texts:
            match = self._match(text)
            if match.ids:
                return match
        return PrescriptionMatch((), "unknown")

    def _match(self, text: str) -> PrescriptionMatch:
        unchanged = _NOTES.sub(" ", text).strip()
        bare = clean_name(text)
        if id_ := self._id_of(unchanged):
            return PrescriptionMatch((id_,), "name")
        if id_ := self._id_of(bare):
            return PrescriptionMatch((id_,), "cleaned")
        for name in (unchanged, bare):
            ids = _distinct(self._id_of(part) for part in _listed_drugs(name))
            if ids:
                return PrescriptionMatch(ids, "table")
        for inside in _BRACKETS.findall(text):
            if id_ := self._id_of(clean_name(inside)):
                return PrescriptionMatch((id_,), "brackets")
        parts = [clean_name(part) for part in _SEPARATOR.split(_BRACKETS.sub(" ", _NOTES.sub(" ", text)))]
        ids = _distinct(self._part_id(part) for part in parts) if len(parts) > 1 else ()
        return PrescriptionMatch(ids, "combination" if ids else "unknown")

    def _part_id(self, part: str) -> str:
        """The id of a combination's part, by its name or the table's name for it; "" where there is none."""
        if sum(letter.isalpha() for letter in part) < _SHORTEST:
            return ""
        return next(filter(None, map(self._id_of, (part, *_listed_drugs(part)))), "")

    def _id_of(self, name: str) -> str:
        """The id of the drug of that name; "" where the graph has none or several."""
        if name not in self._ids:
            try:
                match = self._names.resolve_match(name, "Drug")
                # A bare id would be read as one (`C10`); a hospital writes names.
                self._ids[name] = match.entity.id if match.why not in ("id", "cross-reference") else ""
            except (NotFoundError, UsageError):
                self._ids[name] = ""
        return self._ids[name]


def match_prescriptions(
    drugs: DrugIndex, rows: Mapping[Prescription, int]
) -> dict[Prescription, PrescriptionMatch]:
    """Matches each distinct prescription by its names, else by its codes.

    Args:
        drugs: the graph's drugs.
        rows: prescription -> its number of rows.
    """
    matches = {prescription: drugs.match_names(prescription) for prescription in rows}
    by_code: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for prescription, match in matches.items():
        if match.ids:
            for code in _codes(prescription):
                by_code[code].add(match.ids)
    for prescription, match in matches.items():
        if match.why != "unknown" or _STUDY.search(f"{prescription.drug} {prescription.generic}"):
            continue
        for code in _codes(prescription):
            if len(by_code.get(code, ())) == 1:
                matches[prescription] = PrescriptionMatch(next(iter(by_code[code])), "code")
                break
    return matches


def _codes(prescription: Prescription) -> list[tuple[str, str]]:
    codes = (
        ("ndc", product_code(prescription.ndc)),
        ("formulary", prescription.formulary.strip().upper()),
    )
    return [(kind, code) for kind, code in codes if code not in _NO_CODE]


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for id_ in ids if id_))


def _listed_drugs(name: str) -> tuple[str, ...]:
    return _table().get(compact_form(normal_forms(name).words), ())


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """The hospital names of `prescriptions.txt`: compact words -> names of drugs."""
    table: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("prescriptions.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, drugs = line.partition(" = ")
            for name in names.split(" | "):
                table[compact_form(normal_forms(name).words)] = tuple(
                    drug.strip() for drug in drugs.split(" + ")
                )
    return table
