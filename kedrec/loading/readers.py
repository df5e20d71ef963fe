"""The readers that a source's declaration may name: each fills the staging area from the source's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kedrec.loading.biocypher import read_biocypher
from kedrec.loading.drugmechdb import read_drugmechdb
from kedrec.loading.hetnet import read_hetnet
from kedrec.loading.kgx import read_kgx
from kedrec.loading.ontology import read_ontology
from kedrec.loading.private import read_private
from kedrec.loading.starter import read_starter
from kedrec.loading.tables import read_tables
from kedrec.loading.trials import read_trials

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Progress, Staging

__all__ = ["READERS", "Reader"]

Reader: TypeAlias = "Callable[[Staging, Source, Path, Progress], None]"

READERS: dict[str, Reader] = {
    "tables": read_tables,
    "drugmechdb": read_drugmechdb,
    "biocypher": read_biocypher,
    "hetnet": read_hetnet,
    "kgx": read_kgx,
    "ontology": read_ontology,
    "starter": read_starter,
    "trials": read_trials,
    "private": read_private,
}
"""By name: (staging, source, its folder, progress) -> None."""
