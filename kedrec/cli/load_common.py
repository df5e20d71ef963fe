"""Tools of the commands that change the graph: a scratch folder, the store, the printed report."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console
from kedrec.common.private_files import make_private, private_folder
from kedrec.errors import DataError, EmptyGraphError

if TYPE_CHECKING:
    from kedrec.loading import LoadReport, RowReport, SourceReport
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore

__all__ = ["dry_run_option", "print_report", "save_rejects", "store_for", "work_folder"]

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Read, check and compare; report what would change and write nothing."
)


@contextmanager
def work_folder(settings: Settings, chosen: Path | None) -> Iterator[Path]:
    """Yields the folder `chosen`, or a scratch folder that is deleted at the end.

    Also deletes the scratch folders of killed processes.

    Raises:
        DataError: the folder can't be created.
    """
    home = settings.home / "loading"
    try:
        private_folder(home)
        for folder in home.glob("run-*"):
            if not _is_alive(folder.name.split("-")[1]):
                shutil.rmtree(folder, ignore_errors=True)
        scratch = chosen or Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=home))
    except OSError as error:
        raise DataError(
            f"{home} can't be written: {error.strerror or error}.", "Set KEDREC_HOME to a folder of yours."
        ) from error
    try:
        yield scratch
    finally:
        if chosen is None:
            shutil.rmtree(scratch, ignore_errors=True)


def _is_alive(pid: str) -> bool:
    """True if a process with this id runs; always True on Windows."""
    if os.name == "nt" or not pid.isdigit():
        return os.name == "nt"  # on Windows, os.kill would end the process
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def store_for(settings: Settings, *, dry_run: bool) -> GraphStore:
    """Opens the graph for writing; for a dry run, for reading if it exists."""
    from kedrec.stores import open_store

    if dry_run:
        try:
            return open_store(settings.graph_url, settings, unfiltered=True)
        except EmptyGraphError:
            pass  # a graph without data can be read too, but only through a writing store
    return open_store(settings.graph_url, settings, read_only=False)


def save_rejects(report: LoadReport, settings: Settings) -> LoadReport:
    """Copies the rejected rows out of the scratch folder, and returns the report with the copy's path."""
    if not report.rejects:
        return report
    copy = settings.home / "loading" / "rejects.tsv"
    make_private(copy)
    shutil.copyfile(report.rejects, copy)
    return report.model_copy(update={"rejects": str(copy)})


def _row_counts(part: str, rows: RowReport) -> str:
    """Counts of one part of a source (nodes, edges or attributes), as a line."""
    line = f"  {part:<10} {rows.read:>10,} read {rows.loaded:>10,} loaded {rows.merged:>8,} merged"
    if part != "attributes":
        line += f" {rows.rejected:>6,} rejected {rows.new:>10,} new {rows.changed:>8,} changed"
        return line + f" {rows.gone:>6,} gone"
    return f"  {part:<10} {rows.read:>10,} read {rows.loaded:>10,} used{' ' * 18}{rows.rejected:>6,} rejected"


def _print_source(source: SourceReport, *, is_removal: bool) -> None:
    out = console()
    out.print(f"{source.source} {source.version} ({source.seconds:.1f} s; licence: {source.licence})")
    if is_removal:
        for part, rows in (("nodes", source.nodes), ("edges", source.edges)):
            out.print(f"  {part:<10} {rows.gone:>10,} gone {rows.new:>10,} new {rows.changed:>8,} changed")
        if source.moved:
            out.print(f"  {source.moved:,} nodes that it had joined are apart again")
    else:
        out.print(_row_counts("nodes", source.nodes), soft_wrap=True)
        out.print(_row_counts("edges", source.edges), soft_wrap=True)
        if source.attributes.read:
            out.print(_row_counts("attributes", source.attributes))
        if source.nodes.waiting:
            out.print(
                f"  {source.nodes.waiting:,} nodes that no other source brings yet: their names and ids wait"
            )
        moved = [f"{source.moved:,} stored nodes became part of another node"] if source.moved else []
        for line in (*moved, *source.notes, *(f"not read, {unread}" for unread in source.unread)):
            out.print(f"  {line}", markup=False)
    if source.moved_edges:
        out.print(f"  {source.moved_edges:,} edges of other sources moved with their nodes")
    for holder, count in source.held.items():
        out.print(f"  {count:,} nodes that are no source's any more stay: edges of {holder} end at them")
    for count, part in ((source.released, "nodes"), (source.released_edges, "edges")):
        if count:
            out.print(f"  {count:,} {part} of those gone stay in the database: others gave them something")
    _print_omissions(source)


def _print_omissions(source: SourceReport) -> None:
    out = console()
    for reason, count in source.reasons.items():
        out.print(f"  rejected, {reason}: {count:,}")
    for licence, count in source.left_out.items():
        unknown = " (not in the table of licences)" if licence in source.unknown_licences else ""
        out.print(f"  left out, {licence}{unknown}: {count:,}")
    for conflict in source.conflicts[:5]:
        out.print(
            f"  {conflict.id} ({conflict.kind}) is listed by {', '.join(conflict.claimed_by)}: not joined"
        )
    if len(source.conflicts) > 5:
        out.print(f"  ... and {len(source.conflicts) - 5:,} more such ids (--json lists them)")
    if source.doubtful_ids:
        out.print(f"  {source.doubtful_ids:,} listed ids share no name with their term: not taken as equal")


def print_report(report: LoadReport, *, is_removal: bool = False) -> None:
    """Prints the report of a load or removal, or of its dry run, and the graph's counts.

    Args:
        is_removal: True for a removal.
    """
    out = console()
    if report.dry_run:
        out.print("Dry run: nothing was written. What follows is what would be done, and the graph as it is.")
    for source in report.sources:
        _print_source(source, is_removal=is_removal)
    out.print(f"Graph {report.graph} ({report.engine})")
    out.print(f"  nodes {sum(report.nodes.values()):,}")
    for kind, count in report.nodes.items():
        out.print(f"    {kind:<22} {count:>10,}")
    out.print(f"  edges {sum(sum(by_source.values()) for by_source in report.edges.values()):,}")
    for relation, by_source in report.edges.items():
        sources = ", ".join(f"{name} {count:,}" for name, count in by_source.items())
        out.print(f"    {relation:<22} {sum(by_source.values()):>10,}  ({sources})")
    if report.missing:
        out.print(f"Missing, and so not loaded: {', '.join(report.missing)}", markup=False)
    for sentence in report.lacking:
        out.print(sentence)
    out.print(f"Fingerprint {report.fingerprint}, digest {report.digest}, {report.seconds:.1f} s")
    if report.rejects:
        out.print(f"Rejected rows: {report.rejects}")
