"""Reads a set of reference pairs: drugs and diseases with the judgement that a pharmacologist would give.

The set is a tab-separated file with the columns of `COLUMNS` (see docs/reference.md).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal

from kedrec.errors import DataError, NotFoundError

__all__ = ["COLUMNS", "Part", "ReferenceClass", "ReferencePair", "part_of", "read_reference_set"]

ReferenceClass = Literal["mechanism", "wrong mechanism", "harmful", "unrelated"]
"""The drug treats the disease by the stated mechanism; it treats it, but not by the stated one; it harms
people with the disease; it has nothing to do with the disease."""
Part = Literal["all", "development", "test"]
"""All pairs; the two thirds that the path logic may be mended by; or the third that tests it afterwards."""

COLUMNS = (
    *("class", "rare", "area", "drug", "drug_id", "disease", "disease_id"),
    *("role", "through", "sign", "source", "statement"),
)
_ROLES: dict[str, frozenset[str]] = {
    "mechanism": frozenset({"mechanism"}),
    "wrong mechanism": frozenset({"metabolism", "harm", "location", "opposed"}),
    "harmful": frozenset({""}),
    "unrelated": frozenset({""}),
}
_SIGNS = {"+": 1, "-": -1, "": 0}
_SIGNED_ROLES = frozenset({"mechanism", "opposed"})
_CURIE = re.compile(r"[A-Za-z0-9.]+:\S+")
_SOURCE = re.compile(r"PMID:\d+|DAILYMED:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|FDA:\d{5,6}\S*")
_TEST_SHARE = 3  # one pair in so many is for the test


@dataclass(frozen=True, slots=True)
class ReferencePair:
    """A pair of a reference set.

    Attributes:
        judgement: the pair's class.
        rare: whether the disease is rare.
        area: medical area.
        drug, disease: names.
        drug_id, disease_id: CURIEs.
        role: role of the stated mechanism's path; "" without one.
        through: names of the nodes that the stated mechanism goes through, any of which will do.
        sign: +1 or -1, the drug's effect on such a node; 0 where the statement has none.
        source: CURIE of an article (PMID) or of a label (DAILYMED set id, FDA application).
        statement: the mechanism, the error or the harm in words.
    """

    judgement: ReferenceClass
    rare: bool
    area: str
    drug: str
    drug_id: str
    disease: str
    disease_id: str
    role: str
    through: tuple[str, ...]
    sign: int
    source: str
    statement: str


def read_reference_set(path: Path) -> list[ReferencePair]:
    """The pairs of a file, in its order.

    Raises:
        NotFoundError: there is no such file.
        DataError: a column is missing, a row is wrong or stands there twice; every such row is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError(
            f"There is no file {path}.",
            "Name a set of pairs with '--set', or call it in a checkout of KEDRec.",
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 text.", "Save it as UTF-8.") from error
    reader = csv.DictReader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}.", "docs/reference.md has all columns.")
    pairs: list[ReferencePair] = []
    faults: list[str] = []
    seen: set[tuple[str, str, str]] = set()
    for line, row in enumerate(reader, start=2):
        fields = {column: (row[column] or "").strip() for column in COLUMNS}
        key = (fields["class"], fields["drug_id"], fields["disease_id"])
        fault = "it stands there twice" if key in seen else _fault(fields)
        seen.add(key)
        if fault:
            faults.append(f"line {line}: {fault}")
        else:
            pairs.append(_pair(fields))
    if faults or not pairs:
        raise DataError(
            f"{path}: {'; '.join(faults) or 'no row'}.", "docs/reference.md says what a row must have."
        )
    return pairs


def _fault(fields: dict[str, str]) -> str:
    """The first fault of a row, in words; "" without one."""
    return next(_faults(fields), "")


def _faults(fields: dict[str, str]) -> Iterator[str]:
    """Yields the faults of a row, in words."""
    judgement, role, sign = fields["class"], fields["role"], fields["sign"]
    if role not in _ROLES.get(judgement, ()):
        yield f"no class '{judgement}' with the role '{role}'"
    if bool(role) != bool(fields["through"]):
        yield "a role and what it goes through belong together"
    if sign not in _SIGNS or bool(sign) != (role in _SIGNED_ROLES):
        yield f"the sign '{sign}' doesn't fit the role '{role}'"
    if fields["rare"] not in ("yes", "no"):
        yield f"'rare' is '{fields['rare']}', not yes or no"
    for column in ("drug_id", "disease_id"):
        if not _CURIE.fullmatch(fields[column]):
            yield f"'{fields[column]}' is no CURIE"
    if not _SOURCE.fullmatch(fields["source"]):
        yield f"'{fields['source']}' is no PMID, DAILYMED set id or FDA label"
    for column in ("area", "drug", "disease", "statement"):
        if not fields[column]:
            yield f"no {column}"


def _pair(fields: dict[str, str]) -> ReferencePair:
    return ReferencePair(
        judgement=fields["class"],  # type: ignore[arg-type]  # checked by `_fault`
        rare=fields["rare"] == "yes",
        area=fields["area"],
        drug=fields["drug"],
        drug_id=fields["drug_id"],
        disease=fields["disease"],
        disease_id=fields["disease_id"],
        role=fields["role"],
        through=tuple(name for name in fields["through"].split("|") if name),
        sign=_SIGNS[fields["sign"]],
        source=fields["source"],
        statement=fields["statement"],
    )


def part_of(pairs: Sequence[ReferencePair], part: Part) -> list[ReferencePair]:
    """The pairs of a part, in order. The third for the test has the smallest hashes of class and ids."""
    test = set(_by_hash(pairs)[: len(pairs) // _TEST_SHARE])
    return [pair for pair in pairs if part == "all" or (pair in test) == (part == "test")]


def _by_hash(pairs: Iterable[ReferencePair]) -> list[ReferencePair]:
    return sorted(
        pairs,
        key=lambda pair: hashlib.sha256(
            "\t".join((pair.judgement, pair.drug_id, pair.disease_id)).encode()
        ).hexdigest(),
    )
