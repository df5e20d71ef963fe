"""Codes that a spreadsheet changed: ICD-9 without its leading zeros, products (NDC) in scientific notation.

A spreadsheet reads a column of codes as numbers and writes `0414` as `414`, which is another disease's code.
All codes that begin with 0 are of the categories 001 to 099, infections, so that a changed table gives itself
away: by a code of fewer than three digits, by one code with two titles, by the title of an infection beside
the code of something else, or without titles by a code that others begin with (in the dictionary none do).
Such a table is refused: which of its other codes were changed too nobody can tell.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["NDC_DIGITS", "product_code", "why_codes_are_damaged"]

NDC_DIGITS = 11
_LATER = re.compile(r"\b(?:late effect|neonatal)", re.IGNORECASE)  # have codes elsewhere
_MANY = 300  # numeric codes of a dictionary of which some begin with 0; of the whole one 9 % do
_NUMBER = re.compile(r"^[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?$|^\d+\.$")
_CODE = re.compile(r"^\d{3}(?:\.?\d{1,2})?$")
# Words of the titles of the categories 001 to 099, by their last two digits.
_TITLES = {
    category: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for categories, words in (
        ("01", "cholera"),
        ("02", "typhoid|paratyphoid"),
        ("03", "salmonell"),
        ("04", "shigell|dysenter"),
        ("05", "food poisoning|botulism"),
        ("06", "amebi"),
        ("07", "protozoal|giardia|coccidi|cryptospor|cyclospor|balantidi|trichomoni"),
        ("08 09", "intestinal infection|enteritis|gastroenteritis|infectious (?:colitis|diarrhea)"),
        ("10 11 12 13 14 15 16 17 18", "tubercul"),
        ("20", "plague"),
        ("21 22 23 24 25 26", "tularemia|anthrax|brucell|glanders|melioid|rat-bite|spirillary|streptobacill"),
        ("27", "listeri|erysipelothrix|pasteurell|zoonotic"),
        ("30 31", "lepro|mycobacter"),
        ("32 33 34 35", "diphther|whooping|pertussis|strep(?:tococcal)? sore|scarlet fever|erysipelas"),
        ("36 37 38", "meningococc|tetanus|septicemi|sepsis"),
        ("39", "actinomyc"),
        ("40", "gas gangrene|rhinoscleroma|whipple|necrobacill|toxic shock|bacterial disease|.*botulism"),
        (
            "41",
            "infection|strepto|staphylo|pneumococc|escher|klebsiell|proteus|pseudomonas|hemophil|helicobac|mycoplas",
        ),
        ("42", "human immunodeficiency virus|hiv|aids"),
        (
            "45 46 47 48 49",
            "polio|jakob|kuru|leukoencephal|panencephal|prion|slow virus|(?:chorio)?mening|enterovir|enceph",
        ),
        (
            "50 51 52 53 54",
            r"\w*pox|variola|alastrim|(?:para)?vaccinia|orf|(?:post)?varicell|zoster|(?:post)?herpe",
        ),
        (
            "55 56 57 58 59",
            r"(?:post)?measles|rubella|exanthem|erythema infect|roseola|herpesvir|\w*pox",
        ),
        (
            "60 61 62 63 64 65 66",
            "yellow fever|dengue|encephalitis|hemorrhagic fever|arthropod|mosquito|west nile|tick-",
        ),
        ("70", "hepatitis"),
        ("71 72 73 74 75", "rabies|mumps|ornithosis|psittac|coxsackie|herpangina|hand, foot|mononucleosis"),
        ("76 77", r"trachoma|\w*conjunctiv"),
        ("78 79", r"\w*vir(?:us|al)|wart|mollusc|condyloma|cytomegal|cat-scratch|foot and mouth|chlamydi"),
        ("80 81 82 83", "typhus|rickett|spotted fever|q fever|ehrlich|brill"),
        ("84 85 86 87 88", "malaria|blackwater|leishman|trypanosom|chagas|relapsing|lyme|bartonel|arthrop"),
        ("90 91 92 93 94 95 96 97", "syphil|tabes|gumma|neurosyph"),
        ("98 99", "gonoc|chancroid|lymphogranul|granuloma inguin|reiter|venereal|nongonoc|chlamydi"),
    )
    for category in categories.split()
}  # fmt: skip


def why_codes_are_damaged(codes: Iterable[str], titled: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Whether ICD-9 codes lost their zeros or dots.

    Args:
        codes: of the diagnoses, as often as they stand there.
        titled: the dictionary's codes, each with its title; "" where it has none.

    Returns:
        The table that is damaged (`DIAGNOSES_ICD`, `D_ICD_DIAGNOSES`), and by what that is seen, in words
        that repeat nothing of a table. Two empty texts where nothing is.
    """
    rows = Counter(code.strip() for code in codes)
    dictionary = [(code.strip(), title.strip()) for code, title in titled]
    return next(_signs(rows, dictionary), ("", ""))


def _signs(rows: Counter[str], dictionary: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each sign of damage: the table, and what is seen in it."""
    diagnoses, of_codes = "DIAGNOSES_ICD", "D_ICD_DIAGNOSES"
    if count := sum(number for code, number in rows.items() if _cannot_be(code)):
        yield diagnoses, f"{count:,} of {rows.total():,} codes are numbers that no ICD-9 code is"
    if count := sum(_cannot_be(code) for code, _ in dictionary):
        yield of_codes, f"{count:,} of {len(dictionary):,} codes are numbers that no ICD-9 code is"
    titles = defaultdict(set)
    for code, title in dictionary:
        if _CODE.match(code):
            titles[_digits(code)].add(title.casefold())
    if count := sum(len(some) > 1 for some in titles.values()):
        yield of_codes, f"{count:,} codes stand there with two titles"
    if count := sum(_is_of_an_infection(code, title) for code, some in titles.items() for title in some):
        yield of_codes, f"{count:,} titles are of infections whose codes begin with 0, and theirs don't"
    untitled = {code for code, some in titles.items() if some == {""} and not code.startswith("0")}
    if count := sum(code[:length] in untitled for code in titles for length in range(3, len(code))):
        yield of_codes, f"{count:,} codes begin with another code of it"
    if len(titles) >= _MANY and not any(code.startswith("0") for code in titles):
        yield of_codes, f"none of {len(titles):,} codes begins with 0"
    if count := sum(number for code, number in rows.items() if _has_lost_zeros(code, set(titles))):
        yield (
            diagnoses,
            f"{count:,} of {rows.total():,} codes are in D_ICD_DIAGNOSES only with a 0 before them",
        )


def product_code(ndc: str) -> str:
    """A product's code (NDC) with the zeros that a spreadsheet took; "" of one in scientific notation.

    The code tells equal products from others alone. Rounded to a few digits, it would make one of many.
    """
    text = ndc.strip()
    if re.search(r"\d[eE][+-]?\d", text) and _NUMBER.match(text):
        return ""
    whole = re.sub(r"\.0*$", "", text)
    return whole.zfill(NDC_DIGITS) if whole.isdigit() else text


def _digits(code: str) -> str:
    return code.strip().replace(".", "")


def _cannot_be(code: str) -> bool:
    """Whether a code is a number and no ICD-9 code: not three digits before the dot, or none after it."""
    return bool(_NUMBER.match(code)) and not _CODE.match(code)


def _has_lost_zeros(code: str, held: set[str]) -> bool:
    """Whether a code is in the dictionary with zeros before it alone; also as a number with `.0` after it."""
    written = {_digits(code), code.removesuffix(".0")}
    return not written & held and any(_padded(one) & held for one in written if one.isdigit())


def _padded(code: str) -> set[str]:
    """What a code may have been before its zeros went."""
    return {f"{zeros}{code}" for zeros in ("0", "00") if len(zeros) + len(code) <= 5}


def _is_of_an_infection(code: str, title: str) -> bool:
    """Whether a title is of the category that the code would be in if it had lost zeros."""
    if code.startswith("0") or _LATER.search(title):
        return False
    return any(
        (words := _TITLES.get(whole[1:3])) is not None and words.search(title) is not None
        for whole in _padded(_digits(code))
    )
