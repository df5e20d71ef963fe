"""Detects codes that a spreadsheet changed: ICD-9 without leading zeros, NDC in scientific notation.

A spreadsheet reads a column of codes as numbers and writes `0414` as `414`, which is another disease's code.
All codes that begin with 0 are of the categories 001 to 099, infections. So a changed table shows itself by a
code of fewer than three digits, by one code with two titles, by the title of an infection beside the code of
something else, or without titles by a code that is the beginning of another (in the dictionary none is).
Such a table is refused, since its other changed codes can't be identified.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["NDC_DIGITS", "find_code_damage", "product_code"]

NDC_DIGITS = 11
_CODED_ELSEWHERE = re.compile(r"\b(?:late effect|neonatal)", re.IGNORECASE)  # outside 001 to 099
_SURELY_ZEROS = 300  # numeric codes of a dictionary; in the full one 9 % begin with 0
_NUMBER = re.compile(r"^[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?$|^\d+\.$")
_CODE = re.compile(r"^\d{3}(?:\.?\d{1,2})?$")
# Words in the titles of the categories 001 to 099, by their last two digits.
_INFECTION_WORDS = {
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


def find_code_damage(codes: Iterable[str], titled: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Finds the first sign that ICD-9 codes lost their zeros or dots.

    Args:
        codes: the code of each diagnosis.
        titled: the dictionary's codes, each with its title; "" where it has none.

    Returns:
        The damaged table (`DIAGNOSES_ICD`, `D_ICD_DIAGNOSES`) and the sign, in words that quote no table. Two
        empty texts where there is none.
    """
    rows = Counter(code.strip() for code in codes)
    dictionary = [(code.strip(), title.strip()) for code, title in titled]
    return next(_signs(rows, dictionary), ("", ""))


def _signs(rows: Counter[str], dictionary: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yields each sign of damage: the table and a description."""
    diagnoses, code_dictionary = "DIAGNOSES_ICD", "D_ICD_DIAGNOSES"
    if count := sum(number for code, number in rows.items() if _cannot_be(code)):
        yield diagnoses, f"{count:,} of {rows.total():,} codes are numbers that no ICD-9 code is"
    if count := sum(_cannot_be(code) for code, _ in dictionary):
        yield code_dictionary, f"{count:,} of {len(dictionary):,} codes are numbers that no ICD-9 code is"
    titles = defaultdict(set)
    for code, title in dictionary:
        if _CODE.match(code):
            titles[_digits(code)].add(title.casefold())
    if count := sum(len(texts) > 1 for texts in titles.values()):
        yield code_dictionary, f"{count:,} codes stand there with two titles"
    if count := sum(_is_of_an_infection(code, title) for code, texts in titles.items() for title in texts):
        yield (
            code_dictionary,
            f"{count:,} titles are of infections whose codes begin with 0, and theirs don't",
        )
    untitled = {code for code, texts in titles.items() if texts == {""} and not code.startswith("0")}
    if count := sum(code[:length] in untitled for code in titles for length in range(3, len(code))):
        yield code_dictionary, f"{count:,} codes begin with another code of it"
    if len(titles) >= _SURELY_ZEROS and not any(code.startswith("0") for code in titles):
        yield code_dictionary, f"none of {len(titles):,} codes begins with 0"
    if count := sum(number for code, number in rows.items() if _has_lost_zeros(code, set(titles))):
        yield (
            diagnoses,
            f"{count:,} of {rows.total():,} codes are in D_ICD_DIAGNOSES only with a 0 before them",
        )


def product_code(ndc: str) -> str:
    """Restores the leading zeros of a product's code (NDC); "" for one in scientific notation.

    A code rounded to a few digits would stand for many products.
    """
    text = ndc.strip()
    if re.search(r"\d[eE][+-]?\d", text) and _NUMBER.match(text):
        return ""
    integer = re.sub(r"\.0*$", "", text)
    return integer.zfill(NDC_DIGITS) if integer.isdigit() else text


def _digits(code: str) -> str:
    return code.strip().replace(".", "")


def _cannot_be(code: str) -> bool:
    """True for a number that is no ICD-9 code: not three digits before the dot, or none after it."""
    return bool(_NUMBER.match(code)) and not _CODE.match(code)


def _has_lost_zeros(code: str, dictionary: set[str]) -> bool:
    """True for a code, or a number ending in `.0`, that is in the dictionary only with zeros before it."""
    spellings = {_digits(code), code.removesuffix(".0")}
    return not spellings & dictionary and any(
        _padded(spelling) & dictionary for spelling in spellings if spelling.isdigit()
    )


def _padded(code: str) -> set[str]:
    """The code with the one or two zeros that it may have lost."""
    return {f"{zeros}{code}" for zeros in ("0", "00") if len(zeros) + len(code) <= 5}


def _is_of_an_infection(code: str, title: str) -> bool:
    """True for a title of the category that the code would have with its lost zeros."""
    if code.startswith("0") or _CODED_ELSEWHERE.search(title):
        return False
    return any(
        (words := _INFECTION_WORDS.get(padded[1:3])) is not None and words.search(title) is not None
        for padded in _padded(_digits(code))
    )
