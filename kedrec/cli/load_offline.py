"""Option `--offline` of `kedrec-load graph`: writes files for Neo4j's import tool instead of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import console, print_json, say
from kedrec.cli.load_common import print_report, save_rejects, work_folder
from kedrec.cli.progress import progress_on_stderr
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedrec.settings import Settings

__all__ = ["OfflineExport", "offline_options"]

_FROM_ENVIRONMENT = "PATH"  # value of `--import` without a folder


def offline_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that `OfflineExport.of` reads."""
    options = (
        click.option(
            "--offline",
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            help="Write CSV for an empty Neo4j database into DIR, and print the neo4j-admin call for it.",
        ),
        click.option(
            "--import",
            "neo4j",
            metavar="NEO4J_HOME",
            is_flag=False,
            flag_value=_FROM_ENVIRONMENT,
            help="With --offline, run the import: with neo4j-admin of that folder, of $NEO4J_HOME, or on "
            "the PATH. The server has to be stopped.",
        ),
        click.option(
            "--overwrite", is_flag=True, help="With --import, replace the database if there is one already."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class OfflineExport:
    """Export of the graph as files for Neo4j's import tool.

    Attributes:
        folder: the files' folder.
        neo4j: Neo4j's folder, or "PATH" to search the environment; None: nothing is imported.
        overwrite: True to replace an existing database.
    """

    folder: Path
    neo4j: str | None
    overwrite: bool

    @classmethod
    def of(
        cls, folder: Path | None, neo4j: str | None, *, overwrite: bool, dry_run: bool
    ) -> OfflineExport | None:
        """The export that the options ask for; None if the graph is to be loaded as usual.

        Raises:
            UsageError: the options contradict each other.
        """
        if folder is None:
            if neo4j is not None or overwrite:
                raise UsageError("--import and --overwrite need --offline.", "Name a folder: --offline DIR.")
            return None
        if dry_run:
            raise UsageError("--dry-run and --offline don't go together.", "Leave one of them out.")
        return cls(folder, neo4j, overwrite)

    def load(
        self,
        settings: Settings,
        source: tuple[str, ...],
        *,
        data_dir: Path | None,
        work: Path | None,
        licences: tuple[str, ...],
        allow_missing: bool,
        as_json: bool,
    ) -> None:
        """Writes the files, imports them if requested, and prints the report."""
        from kedrec.loading.offline import find_tool, import_call, load_csv, run_import

        # A missing tool is reported before the work, not after it.
        neo4j_home = None if self.neo4j in {None, _FROM_ENVIRONMENT} else Path(self.neo4j or "")
        tool = None if self.neo4j is None else find_tool(neo4j_home)
        database = settings.neo4j_database
        with work_folder(settings, work) as scratch, progress_on_stderr() as progress:
            report = load_csv(
                self.folder,
                source,
                work_dir=scratch,
                progress=progress,
                data_dir=data_dir,
                keep_staged=work is not None,
                licences=licences,
                allow_missing=allow_missing,
            )
            if work is None:
                report = save_rejects(report, settings)
            seconds = 0.0
            if tool is not None:
                seconds = run_import(tool, self.folder, database, progress, overwrite=self.overwrite)
        if as_json:
            print_json(report)
        else:
            print_report(report)
        call = import_call(self.folder, database)
        if tool is not None:
            next_step = f"Imported into the database '{database}' in {seconds:.1f} s. Start the server."
        else:
            next_step = (
                "With the server stopped, as the user that it runs as (to replace a database that is there, "
                f"write --overwrite-destination before the --):\n{call}"
            )
        if as_json:
            say(next_step, err=True)
        else:
            console().print(next_step, markup=False, highlight=False, soft_wrap=True)
