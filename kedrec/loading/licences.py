"""Filters edges by licence, with the table of licences in `graph/licences.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kedrec.common.assets import asset_text
from kedrec.common.yaml_text import load_yaml
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging

__all__ = ["LicenceTable", "allowed_licences", "drop_unlicensed_edges", "known_licences"]


@dataclass(frozen=True, slots=True)
class LicenceTable:
    """Content of `graph/licences.yaml`.

    Attributes:
        uses: uses that a licence may allow.
        allows: allowed uses by licence.
    """

    uses: tuple[str, ...]
    allows: dict[str, frozenset[str]]


@cache
def known_licences() -> LicenceTable:
    """Reads the table of known licences."""
    content = load_yaml(asset_text("graph/licences.yaml"))
    return LicenceTable(
        tuple(content["uses"]), {name: frozenset(uses) for name, uses in content["licences"].items()}
    )


def allowed_licences(wanted: Sequence[str]) -> tuple[str, ...]:
    """Licences that allow every use in `wanted` (`commercial`), and those that `wanted` names (`CC0-1.0`).

    A licence must allow all the uses; a licence that is named needn't allow any.

    Raises:
        UsageError: a word is neither a use nor a known licence.
    """
    known = known_licences()
    uses = {word for word in wanted if word in known.uses}
    licences = [word for word in wanted if word not in known.uses]
    unknown = [word for word in licences if word not in known.allows]
    if unknown:
        raise UsageError(
            f"'{unknown[0]}' is neither a use nor a known licence.",
            f"The uses are {', '.join(known.uses)}; graph/licences.yaml lists the licences.",
        )
    by_use = {name for name, allows in known.allows.items() if uses and uses <= allows}
    return tuple(sorted(by_use | set(licences)))


_COUNT_UNLICENSED = """
SELECT coalesce(nullif(trim(licence), ''), $own) AS row_licence, count(*) FROM edge_rows
WHERE NOT list_has_all($names, list_transform(string_split(row_licence, ' / '), lambda x: trim(x)))
GROUP BY ALL ORDER BY count(*) DESC, row_licence
"""
_DELETE_UNLICENSED = """
DELETE FROM edge_rows WHERE NOT list_has_all($names,
  list_transform(string_split(coalesce(nullif(trim(licence), ''), $own), ' / '), lambda x: trim(x)))
"""


def drop_unlicensed_edges(staging: Staging, own: str, wanted: Sequence[str]) -> dict[str, int]:
    """Deletes the edge rows that `wanted` doesn't allow, and returns their number by licence.

    Args:
        staging: staging area with the source's rows.
        own: the source's licence, for rows that name none.
        wanted: uses and licences, as for `allowed_licences`.
    """
    parameters = {"own": own, "names": list(allowed_licences(wanted))}
    counts = dict(staging.sql.execute(_COUNT_UNLICENSED, parameters).fetchall())
    staging.sql.execute(_DELETE_UNLICENSED, parameters)
    return counts
