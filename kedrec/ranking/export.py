"""Writes the scores of all pairs to one file.

The file has one row per pair with the columns of `_COLUMNS`: diseases in the caller's order, the drugs of
each best first. Rows are computed and written in blocks of diseases, so that memory doesn't grow with their
number; on Ray the same function computes the blocks remotely, and they are written here in the same order.
"""

from __future__ import annotations

import gzip
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from kedrec.common.parallel import map_on_ray
from kedrec.common.plain_text import spreadsheet_cell
from kedrec.errors import KedrecError, UsageError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.ranking.ranker import PairScore, Ranker

__all__ = ["COLUMNS", "check_output_path", "export_scores", "score_table", "score_tables_on_ray"]

Names = Mapping[str, str]
"""The names of drugs and diseases by their ids."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file.

    Attributes:
        name: its name in the file.
        type: its Arrow type.
        value: its value for a pair, with the names of drugs and diseases at hand.
    """

    name: str
    type: pa.DataType
    value: Callable[[PairScore, Names], str | float | None]


_COLUMNS = (
    _Column("disease_id", pa.string(), lambda pair, _: pair.disease),
    _Column("disease_name", pa.string(), lambda pair, names: names.get(pair.disease, pair.disease)),
    _Column("drug_id", pa.string(), lambda pair, _: pair.drug),
    _Column("drug_name", pa.string(), lambda pair, names: names.get(pair.drug, pair.drug)),
    # That the drug treats the disease; null where the ranking isn't fitted.
    _Column("probability", pa.float64(), lambda pair, _: pair.probability),
    # The same from treatment counts alone.
    _Column("prior", pa.float64(), lambda pair, _: pair.prior),
    # Of the drug's mean score among all drugs, 0 to 100; high for a drug that ranks high for any disease.
    _Column("percentile", pa.float64(), lambda pair, _: pair.drug_percentile),
    # The sources that have the treatment, separated by |; empty where it is new.
    _Column("known", pa.string(), lambda pair, _: "|".join(pair.known)),
)
"""The columns in order; a new one is added here alone."""

COLUMNS = pa.schema([(column.name, column.type) for column in _COLUMNS])
"""The schema of the file."""

_ENDINGS = (".parquet", ".tsv.gz")
_BLOCK = 8  # diseases


def check_output_path(path: Path) -> None:
    """Checks that a file can be written, before hours are spent on its content.

    Raises:
        UsageError: the file's ending is unknown, or its folder is missing or can't be written.
    """
    if not path.name.endswith(_ENDINGS):
        raise UsageError(f"{path} ends neither in {' nor in '.join(_ENDINGS)}.", "Give --out one of the two.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", "Make it first, or name another.")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UsageError(
            f"{path.parent} can't be written: {error.strerror}.", "Name another folder."
        ) from error


def score_table(ranker: Ranker, names: Names, diseases: Sequence[str]) -> pa.Table:
    """The rows of some diseases, with `COLUMNS`.

    Raises:
        NotFoundError: the graph has no such disease.
    """
    values: dict[str, list[str | float | None]] = {column.name: [] for column in _COLUMNS}
    for disease in diseases:
        for pair in ranker.rank(disease):
            for column in _COLUMNS:
                values[column.name].append(column.value(pair, names))
    return pa.table(values, schema=COLUMNS)


def export_scores(
    path: Path,
    ranker: Ranker,
    names: Names,
    diseases: Sequence[str],
    *,
    ray: str = "",
    progress: Progress | None = None,
) -> int:
    """Writes the file as a whole, or leaves an existing one unchanged, and returns the number of rows.

    Args:
        path: the file; ends in `.parquet` or `.tsv.gz`.
        ranker: the ranking.
        names: of the drugs and the diseases.
        diseases: ids of the diseases, in the order of the file.
        ray: address of a Ray cluster to compute the rows on (`local`: a new one on this machine); "": here.
        progress: called after each block, with the diseases done.

    Raises:
        UsageError: as `check_output_path`; or Ray isn't installed, or not at that address.
        NotFoundError: the graph has no such disease.
        KedrecError: the file could not be written.
    """
    check_output_path(path)
    parts = [diseases[start : start + _BLOCK] for start in range(0, len(diseases), _BLOCK)]
    tables = (
        score_tables_on_ray(ray, ranker, names, parts)
        if ray
        else (score_table(ranker, names, part) for part in parts)
    )
    rows = done = 0
    try:
        with _writing(path) as write:
            for table, part in zip(tables, parts, strict=True):
                write(table)
                rows, done = rows + table.num_rows, done + len(part)
                if progress is not None:
                    progress("Writing the scores, by disease", done, len(diseases))
    except OSError as error:
        raise KedrecError(
            f"{path} could not be written: {error.strerror or error}. Nothing of it is left.",
            "See that the disk has room.",
        ) from error
    return rows


def score_tables_on_ray(
    address: str, ranker: Ranker, names: Names, parts: Sequence[Sequence[str]]
) -> Iterator[pa.Table]:
    """Yields the tables of the blocks in order, computed on a Ray cluster; the ranking is sent there once.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    return map_on_ray(address, _remote_block, (ranker, dict(names)), parts)


def _remote_block(shared: tuple[Ranker, Names], diseases: Sequence[str]) -> pa.Table:
    return score_table(*shared, diseases)


@contextmanager
def _writing(path: Path) -> Iterator[Callable[[pa.Table], object]]:
    """Yields a function that appends tables to a temporary file, which replaces `path` at the end."""
    import pyarrow.parquet as pq

    # Not by mkstemp, whose files only their owner can read: a new file has the mode of the umask.
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            if path.name.endswith(".parquet"):
                with pq.ParquetWriter(file, COLUMNS) as writer:
                    yield writer.write_table
            else:
                # Without name and time in the header equal rows make equal files.
                with gzip.GzipFile("", "wb", 6, file, 0) as packed:
                    packed.write(("\t".join(COLUMNS.names) + "\n").encode())
                    yield lambda table: packed.write(_tsv_lines(table))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _tsv_lines(table: pa.Table) -> bytes:
    """The rows as lines of TSV: null is empty; no cell has a line break or begins a formula."""
    columns = [
        ["" if value is None else spreadsheet_cell(str(value)) for value in column.to_pylist()]
        for column in table.columns
    ]
    return "".join("\t".join(row) + "\n" for row in zip(*columns, strict=True)).encode()
