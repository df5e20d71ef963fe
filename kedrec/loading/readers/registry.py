"""Registry of the readers that a source's declaration may name; each fills the staging area from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kedrec.loading.readers.biocypher import read_biocypher
from kedrec.loading.readers.drugmechdb import read_drugmechdb
from kedrec.loading.readers.hetnet import read_hetnet
from kedrec.loading.readers.kgx import read_kgx
from kedrec.loading.readers.ontology import read_ontology
from kedrec.loading.readers.orphapackets import read_orphapackets
from kedrec.loading.readers.own_tables import read_own_tables
from kedrec.loading.readers.sql_tables import read_tables
from kedrec.loading.readers.sssom import read_mappings
from kedrec.loading.readers.starter import read_starter
from kedrec.loading.readers.trial_studies import read_trials

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging

__all__ = ["READERS", "Reader"]

Reader: TypeAlias = "Callable[[Staging, Source, Path, Progress], None]"

READERS: dict[str, Reader] = {
    "tables": read_tables,
    "drugmechdb": read_drugmechdb,
    "biocypher": read_biocypher,
    "hetnet": read_hetnet,
    "kgx": read_kgx,
    "ontology": read_ontology,
    "orphapackets": read_orphapackets,
    "sssom": read_mappings,
    "starter": read_starter,
    "trials": read_trials,
    "private": read_own_tables,
}
"""Readers by name: functions of the staging area, the source, its folder and a progress callback."""
