"""Command `kedrec-load documents`: loads trials, articles and notes into the passage index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import (
    console,
    graph_option,
    jobs_option,
    json_option,
    print_json,
    ray_option,
    warn,
)
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.linking import Linker
    from kedrec.documents.loading import DocumentsReport
    from kedrec.settings import Settings

__all__ = ["documents"]


@click.command()
@click.argument("kind", nargs=-1)
@click.option(
    "--from",
    "paths",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file, or a folder of files, packed or not; may be given several times.",
)
@click.option("--query", metavar="WORDS", help="Fetch what the services have for these words.")
@click.option(
    "--max",
    "maximum",
    default=1000,
    show_default=True,
    help="Maximum number of documents to fetch of each kind.",
)
@click.option(
    "--email", metavar="ADDRESS", default="", help="Your e-mail address, sent to NCBI, which asks for one."
)
@click.option("--again", is_flag=True, help="Make a new index; with --query, also ask the services again.")
@click.option("--no-link", is_flag=True, help="Don't look for the graph's drugs and diseases in the texts.")
@click.option("--no-model", is_flag=True, help="Don't fetch the embedding model (84 MB).")
@jobs_option("Number of processes that search the texts for names; 0: all cores but one.")
@ray_option
@graph_option
@json_option
def documents(
    kind: tuple[str, ...],
    paths: tuple[Path, ...],
    query: str | None,
    maximum: int,
    email: str,
    again: bool,
    no_link: bool,
    no_model: bool,
    jobs: int,
    ray: str,
    graph: str | None,
    as_json: bool,
) -> None:
    """Load texts into the passage index: files by --from, or from web services by --query.

    KIND: pubmed, pmc, trials, bioc, pubmedqa, jsonl, mimic-notes; without, all that a folder has. With
    --query: trials, pubmed, pmc, europepmc; without, trials and pubmed. NCBI's key is read from NCBI_API_KEY.
    """
    from kedrec.common.cpus import usable_threads
    from kedrec.documents.loading import load_documents
    from kedrec.documents.passage_index import PassageIndex, index_folder
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph)
    layouts = _checked_layouts(kind, paths, query)
    with progress_on_stderr() as progress:
        linker = None if no_link else _open_linker(settings)
        files = list(paths)
        if query is not None:
            files += _fetch(kind, query, settings, progress, maximum=maximum, email=email, again=again)
        folder = index_folder(settings.home)
        if again:
            PassageIndex.delete(folder)
        with PassageIndex.open(folder, create=True) as index:
            report = load_documents(
                index, files, layouts=layouts, linker=linker, progress=progress,
                jobs=jobs or max(1, usable_threads(settings.threads) - 1), ray=ray,
            )  # fmt: skip
        if not no_model:
            _fetch_model(settings, progress)
    if as_json:
        print_json(report)
    else:
        _print_report(report)


def _checked_layouts(kind: tuple[str, ...], paths: tuple[Path, ...], query: str | None) -> tuple[str, ...]:
    """The file layouts to read; () for all of a folder, and for a query.

    Raises:
        UsageError: neither or both of files and query are given, or a kind is unknown.
    """
    from kedrec.documents.fetching import SERVICES
    from kedrec.documents.reading import LAYOUTS
    from kedrec.errors import UsageError

    if not paths and query is None:
        raise UsageError("No texts were named.", "Give their folder with --from PATH, or words with --query.")
    if paths and query is not None:
        raise UsageError("--from and --query were both given.", "Run the command once for each.")
    kinds = SERVICES if query is not None else LAYOUTS
    for name in kind:
        if name not in kinds:
            raise UsageError(f"'{name}' is no kind of documents here.", f"Kinds are {', '.join(kinds)}.")
    return kind if query is None else ()


def _open_linker(settings: Settings) -> Linker | None:
    """Opens the graph's names. Without a graph warns and returns None: texts are still found by words."""
    from kedrec.documents.linking import Linker
    from kedrec.errors import EmptyGraphError, StoreUnavailableError
    from kedrec.stores import open_store

    try:
        with open_store(settings.graph_url, settings) as store:
            linker = Linker.open(store)
    except (EmptyGraphError, StoreUnavailableError) as error:
        warn(f"Texts are indexed without the graph's names: {error}")
        return None
    if not linker.names:
        warn("Texts are indexed without names: the graph is empty. `kedrec-load graph` loads it.")
        return None
    return linker


def _fetch(
    kind: tuple[str, ...],
    query: str,
    settings: Settings,
    progress: Progress,
    *,
    maximum: int,
    email: str,
    again: bool,
) -> list[Path]:
    """Fetches a query's documents from the services, and returns one file per service."""
    from kedrec.documents.fetching import fetch_documents

    return [
        fetch_documents(
            service, query, settings.cache_dir, progress, most=maximum, again=again, email=email,
            key=settings.ncbi_key.get_secret_value(),
        )
        for service in kind or ("trials", "pubmed")
    ]  # fmt: skip


def _fetch_model(settings: Settings, progress: Progress) -> None:
    from kedrec.documents.minilm import fetch_minilm
    from kedrec.errors import ModelError

    try:
        fetch_minilm(settings.models_dir, progress)
    except ModelError as error:
        warn(f"Texts will be found by words alone: {error}")


def _print_report(report: DocumentsReport) -> None:
    out = console()
    out.print(
        f"{report.read:,} records read: {report.indexed:,} indexed ({report.unchanged:,} unchanged, "
        f"{report.replaced:,} replaced), {report.rejected:,} rejected; {report.seconds:.1f} s"
    )
    for reason, count in report.reasons.items():
        out.print(f"  rejected, {reason}: {count:,}", markup=False)
    if report.removed:
        out.print(f"  taken out of the index: {report.removed:,}")
    for file in report.files:
        if file.problem:
            out.print(f"  {file.file}: {file.read:,} records read, then: {file.problem}", markup=False)
    linked = "linked with the graph's drugs and diseases" if report.linked else "not linked with a graph"
    out.print(f"{report.passages:,} passages written, {linked}")
    for source, count in report.held.items():
        out.print(f"    {source:<22} {count:>10,}", markup=False)
