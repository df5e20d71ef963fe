"""Recognizes genes and drug classes of drug disposition: how the body takes up and breaks down drugs.

`disposition.yaml` lists them with reasons.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = [
    "has_disposition_action",
    "is_disposition_class",
    "is_disposition_gene",
    "names_disposition",
    "names_target",
]

_FILE = Path(__file__).with_name("disposition.yaml")
_DISPOSITION_ACTIONS = frozenset({"substrate", "carrier"})
_DISPOSITION_ROLE = re.compile(r"\((?:enzyme|transporter|carrier)\)")  # DrugBank's words
_MECHANISM = "mechanism of action"
_TARGET_ROLE = re.compile(rf"\(target\)|{_MECHANISM}")


@cache
def is_disposition_gene(name: str) -> bool:
    """True for the name of a gene or protein that breaks down, carries or pumps drugs."""
    return _patterns("genes", "symbols").fullmatch(name) is not None


@cache
def is_disposition_class(name: str) -> bool:
    """True for the name of a drug class that says nothing of an effect."""
    return _patterns("classes", "names").fullmatch(name) is not None


def names_target(evidence: str) -> bool:
    """True if an edge's evidence calls its gene the drug's target or the mechanism of its action."""
    return _TARGET_ROLE.search(evidence) is not None


def names_mechanism(evidence: str) -> bool:
    """True if an edge's evidence begins by calling its gene the target of the drug's mechanism of action."""
    return evidence.startswith(_MECHANISM)


def names_disposition(evidence: str) -> bool:
    """True if an edge's evidence calls its protein an enzyme, a transporter or a carrier of the drug."""
    return _DISPOSITION_ROLE.search(evidence) is not None


def has_disposition_action(step: PathStep) -> bool:
    """True if every edge of a step says that a protein handles a drug, and none that the drug acts on it."""
    return bool(step.edges) and all(
        not edge.mechanisms
        and not names_target(edge.evidence)
        and (edge.action in _DISPOSITION_ACTIONS or names_disposition(edge.evidence))
        for edge in step.edges
    )


@cache
def _patterns(section: str, key: str) -> re.Pattern[str]:
    """One pattern of all names of a section of the table.

    Raises:
        AssetError: the table is missing or damaged.
    """
    try:
        document: dict[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
        patterns = [pattern for family in document[section] for pattern in family[key] if family["reason"]]
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
    except (OSError, yaml.YAMLError, KeyError, TypeError, re.error) as error:
        raise AssetError(f"{_FILE.name} is damaged: {error!r}.", "Install the package again.") from error
