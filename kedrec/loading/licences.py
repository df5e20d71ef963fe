"""Leaves out edges whose licence doesn't allow what they are wanted for, as `graph/licences.yaml` tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import yaml

from kedrec.common.assets import asset_text
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging

__all__ = ["Licences", "allowed", "known_licences", "leave_out"]


@dataclass(frozen=True, slots=True)
class Licences:
    """What `graph/licences.yaml` says.

    Attributes:
        uses: what can be asked for.
        allows: of each known licence, the uses it allows.
    """

    uses: tuple[str, ...]
    allows: dict[str, frozenset[str]]


@cache
def known_licences() -> Licences:
    """The known licences, by the names that sources give them."""
    said = yaml.safe_load(asset_text("graph/licences.yaml"))
    return Licences(tuple(said["uses"]), {name: frozenset(uses) for name, uses in said["licences"].items()})


def allowed(wanted: Sequence[str]) -> tuple[str, ...]:
    """The licences that allow every use in `wanted` (`commercial`), or are named there (`CC0-1.0`).

    Uses narrow the choice together; licences named beside them are taken whatever they allow.

    Raises:
        UsageError: a word is neither a use nor a known licence.
    """
    known = known_licences()
    uses = {word for word in wanted if word in known.uses}
    named = [word for word in wanted if word not in known.uses]
    unknown = [word for word in named if word not in known.allows]
    if unknown:
        raise UsageError(
            f"'{unknown[0]}' is neither a use nor a known licence.",
            f"The uses are {', '.join(known.uses)}; graph/licences.yaml lists the licences.",
        )
    fitting = {name for name, allows in known.allows.items() if uses and uses <= allows}
    return tuple(sorted(fitting | set(named)))


_REFUSED = """
SELECT coalesce(nullif(trim(licence), ''), $own) AS said, count(*) FROM edge_rows
WHERE NOT list_has_all($names, list_transform(string_split(said, ' / '), lambda x: trim(x)))
GROUP BY ALL ORDER BY count(*) DESC, said
"""
_LEAVE = """
DELETE FROM edge_rows WHERE NOT list_has_all($names,
  list_transform(string_split(coalesce(nullif(trim(licence), ''), $own), ' / '), lambda x: trim(x)))
"""


def leave_out(staging: Staging, own: str, wanted: Sequence[str]) -> dict[str, int]:
    """Takes the edge rows away that `wanted` doesn't allow, and counts them by licence.

    Args:
        staging: with the source's rows.
        own: the source's licence, where a row says none.
        wanted: uses and licences, as `allowed` takes them.
    """
    parameters = {"own": own, "names": list(allowed(wanted))}
    refused = dict(staging.sql.execute(_REFUSED, parameters).fetchall())
    staging.sql.execute(_LEAVE, parameters)
    return refused
