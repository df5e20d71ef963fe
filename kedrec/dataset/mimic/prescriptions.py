"""From what a hospital wrote on a prescription to the graph's drugs.

A prescription's names (`DRUG`, `DRUG_NAME_POE`, `DRUG_NAME_GENERIC`) are tried as they stand, then without
doses, forms and routes, then what stands in brackets (a brand), then the parts of a combination. What the
names leave open its code tells: a product (NDC) or formulary code (`FORMULARY_DRUG_CD`) whose other rows all
name one drug. The carriers that a drug is given in (`DRUG_TYPE` `BASE`: saline, dextrose, an empty syringe)
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
from kedrec.naming.normalize import compact, forms

if TYPE_CHECKING:
    from kedrec.naming import NameIndex

__all__ = ["Drugs", "Prescribed", "Written", "cleaned", "mapped"]


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
_BETWEEN = re.compile(r"\s*(?:[/+&,;]|(?<=\w)-(?=\w{3})|\bw/|\bwith\b|\band\b)\s*", re.IGNORECASE)
_FLUSH = re.compile(r"\b(?:sodium chloride|saline|nacl|ns)\b.*\bflush\b", re.IGNORECASE)
_IN_A_BAG = re.compile(rf"\b{_NUMBER}\s*meq\b", re.IGNORECASE)  # an electrolyte that comes in its carrier
_STUDY = re.compile(r"\bplacebo\b|\bstudy drug\b", re.IGNORECASE)  # nobody knows what the patient got
_SHORTEST = 4  # letters of a part of a combination: D5, NS and SS are no drugs
_NO_CODE = {"", "0", "00000000000"}


@dataclass(frozen=True, slots=True)
class Written:
    """What a prescription says of its drug; "" where a column is empty."""

    type: str
    drug: str
    poe: str = ""
    generic: str = ""
    formulary: str = ""
    ndc: str = ""


@dataclass(frozen=True, slots=True)
class Prescribed:
    """The drugs of the graph that a prescription is of, and what told it.

    Attributes:
        ids: drug ids; a combination has one for each of its drugs that the graph has; () where none.
        why: what of the prescription told it, or why there is none.
    """

    ids: tuple[str, ...]
    why: Why


def cleaned(text: str) -> str:
    """A name without brackets, doses, forms and routes, with a hospital's short forms written out."""
    bare = _DOSE.sub(" ", _BRACKETS.sub(" ", _NOTES.sub(" ", text)))
    words = (word.replace(".", "").strip(",;:-/*'\"") for word in bare.split())
    kept = [_SPELLED_OUT.get(word.casefold(), word) for word in words if word.casefold() not in _FORMS]
    return " ".join(word for word in kept if word)


class Drugs:
    """The drugs of a graph by what hospitals call them; remembers what it was asked."""

    def __init__(self, names: NameIndex) -> None:
        self._names = names
        self._known: dict[str, str] = {}

    def named(self, written: Written) -> Prescribed:
        """The drugs that a prescription's names stand for; `code` is never the reason."""
        texts = [text for text in (written.drug, written.generic, written.poe) if text.strip()]
        if any(_STUDY.search(text) for text in texts):
            return Prescribed((), "unknown")
        carrier = written.type.upper() == "BASE" and not _IN_A_BAG.search(written.drug)
        if carrier or any(_FLUSH.search(text) for text in texts):
            return Prescribed((), "vehicle")
        for text in texts:
            found = self._of(text)
            if found.ids:
                return found
        return Prescribed((), "unknown")

    def _of(self, text: str) -> Prescribed:
        plain = _NOTES.sub(" ", text).strip()
        bare = cleaned(text)
        for why, name in (("name", plain), ("cleaned", bare)):
            if one := self._one(name):
                return Prescribed((one,), "name" if why == "name" else "cleaned")
        for name in (plain, bare):
            listed = _listed().get(compact(forms(name).words))
            ids = _each(self._one(part) for part in listed or ())
            if ids:
                return Prescribed(ids, "table")
        for inside in _BRACKETS.findall(text):
            if one := self._one(cleaned(inside)):
                return Prescribed((one,), "brackets")
        parts = [cleaned(part) for part in _BETWEEN.split(_BRACKETS.sub(" ", _NOTES.sub(" ", text)))]
        ids = _each(self._part(part) for part in parts) if len(parts) > 1 else ()
        return Prescribed(ids, "combination" if ids else "unknown")

    def _part(self, part: str) -> str:
        """A part of a combination, by its name or the table's name for it; "" where there is none."""
        if sum(letter.isalpha() for letter in part) < _SHORTEST:
            return ""
        listed = _listed().get(compact(forms(part).words), ())
        return self._one(part) or next((one for name in listed if (one := self._one(name))), "")

    def _one(self, name: str) -> str:
        """The id of the drug of that name; "" where the graph has none or several."""
        if name not in self._known:
            try:
                match = self._names.resolved(name, "Drug")
                # A bare id would be read as one (`C10`); a hospital writes names.
                self._known[name] = match.entity.id if match.why not in ("id", "cross-reference") else ""
            except (NotFoundError, UsageError):
                self._known[name] = ""
        return self._known[name]


def mapped(drugs: Drugs, rows: Mapping[Written, int]) -> dict[Written, Prescribed]:
    """Each different prescription's drugs; what its names leave open its codes tell.

    Args:
        drugs: the graph's drugs.
        rows: how often each stands in the table.
    """
    found = {written: drugs.named(written) for written in rows}
    by_code: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for written, told in found.items():
        if told.ids:
            for code in _codes(written):
                by_code[code].add(told.ids)
    for written, told in found.items():
        if told.why != "unknown" or _STUDY.search(f"{written.drug} {written.generic}"):
            continue
        for code in _codes(written):
            if len(by_code.get(code, ())) == 1:
                found[written] = Prescribed(next(iter(by_code[code])), "code")
                break
    return found


def _codes(written: Written) -> list[tuple[str, str]]:
    pairs = (("ndc", product_code(written.ndc)), ("formulary", written.formulary.strip().upper()))
    return [(kind, code) for kind, code in pairs if code not in _NO_CODE]


def _each(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for id_ in ids if id_))


@cache
def _listed() -> dict[str, tuple[str, ...]]:
    """The table of hospital names: compact words -> names of drugs."""
    table: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("prescriptions.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, drugs = line.partition(" = ")
            for name in names.split(" | "):
                table[compact(forms(name).words)] = tuple(drug.strip() for drug in drugs.split(" + "))
    return table
