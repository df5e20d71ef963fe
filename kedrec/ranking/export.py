"""Writes the scores of all pairs, disease by disease, to one file.

The file has a row a pair with `COLUMNS`; diseases in the order given, the drugs of each best first. Rows are
made and written in blocks of diseases, so that memory stays the same however many there are; on Ray the
blocks are made elsewhere by the same function, and written here in the same order.
"""

from __future__ import annotations

import gzip
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kedrec.common.parallel import spread_on_ray
from kedrec.common.plain_text import spreadsheet_cell
from kedrec.errors import KedrecError, UsageError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.ranking.ranker import Ranker

__all__ = ["COLUMNS", "block", "check_target", "export", "on_ray"]

COLUMNS = pa.schema(
    [
        ("disease_id", pa.string()),
        ("disease_name", pa.string()),
        ("drug_id", pa.string()),
        ("drug_name", pa.string()),
        ("probability", pa.float64()),
        ("prior", pa.float64()),
        ("percentile", pa.float64()),
        ("known", pa.string()),
    ]
)
"""`probability`: that the drug treats the disease, null where the ranking isn't fitted. `prior`: the same
from the numbers of treatments alone. `percentile`: of the drug's mean score among all drugs, 0 to 100; high
is a drug that ranks high for whatever disease. `known`: the sources that have the treatment, with | between
them; empty where it is new."""

_ENDINGS = (".parquet", ".tsv.gz")
_AT_ONCE = 8  # diseases of a block

Names = Mapping[str, str]
"""The names of drugs and diseases by their ids."""


def check_target(path: Path) -> None:
    """Sees that a file can be written, before hours are spent on what goes into it.

    Raises:
        UsageError: the ending isn't one of ours, the folder isn't there or can't be written.
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


def block(ranker: Ranker, names: Names, diseases: Sequence[str]) -> pa.Table:
    """The rows of some diseases: `COLUMNS`.

    Raises:
        NotFoundError: the graph has no such disease.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS.names}
    for disease in diseases:
        for score in ranker.rank(disease):
            row = (
                disease,
                names.get(disease, disease),
                score.drug,
                names.get(score.drug, score.drug),
                score.probability,
                score.prior,
                score.drug_percentile,
                "|".join(score.known),
            )
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return pa.table(columns, schema=COLUMNS)


def export(
    path: Path,
    ranker: Ranker,
    names: Names,
    diseases: Sequence[str],
    *,
    ray: str = "",
    progress: Progress | None = None,
) -> int:
    """Writes the file whole, or leaves what was there, and gives the number of its rows.

    Args:
        path: where; ends in `.parquet` or `.tsv.gz`.
        ranker: the ranking.
        names: of the drugs and the diseases.
        diseases: their ids, in the order to be written.
        ray: address of a Ray cluster to make the rows on (`local`: a new one on this machine); "": here.
        progress: called after each block, with the diseases done.

    Raises:
        UsageError: as `check_target`; or Ray isn't installed, or not at that address.
        NotFoundError: the graph has no such disease.
        KedrecError: the file could not be written; nothing of it is left.
    """
    check_target(path)
    parts = [diseases[start : start + _AT_ONCE] for start in range(0, len(diseases), _AT_ONCE)]
    tables = on_ray(ray, ranker, names, parts) if ray else (block(ranker, names, part) for part in parts)
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


def on_ray(address: str, ranker: Ranker, names: Names, parts: Sequence[Sequence[str]]) -> Iterator[pa.Table]:
    """The blocks, in order, made on a Ray cluster; the ranking travels there once.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
    """
    return spread_on_ray(address, _remote_block, (ranker, dict(names)), parts)


def _remote_block(shared: tuple[Ranker, Names], diseases: Sequence[str]) -> pa.Table:
    return block(*shared, diseases)


@contextmanager
def _writing(path: Path) -> Iterator[Callable[[pa.Table], object]]:
    """Writes tables beside `path`, and puts the file in its place once all are there."""
    import pyarrow.parquet as pq

    # Not by mkstemp, whose files are the owner's alone: a new file has the mode that the umask leaves it.
    name = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with name.open("xb") as file:
            if path.name.endswith(".parquet"):
                with pq.ParquetWriter(file, COLUMNS) as writer:
                    yield writer.write_table
            else:
                # no name and no time in the head: equal rows make equal files
                with gzip.GzipFile("", "wb", 6, file, 0) as packed:
                    packed.write(("\t".join(COLUMNS.names) + "\n").encode())
                    yield lambda table: packed.write(_lines(table))
        name.replace(path)
    finally:
        name.unlink(missing_ok=True)


def _lines(table: pa.Table) -> bytes:
    """The rows as lines: null is empty; no cell breaks its line, or begins a formula."""
    columns = [
        ["" if value is None else spreadsheet_cell(str(value)) for value in column.to_pylist()]
        for column in table.columns
    ]
    return "".join("\t".join(row) + "\n" for row in zip(*columns, strict=True)).encode()
