"""Command group `kedrec rank`: writes the scores of all pairs, fits the ranking, permutes the graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import graph_option, json_option, print_json, ray_option, say, warn
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.view_options import (
    as_of_option,
    edges_as_of,
    overlay_option,
    visible_overlays,
    warn_about_view,
    warn_untreated,
)
from kedrec.rendering.notes import as_of_sentence

if TYPE_CHECKING:
    from kedrec.settings import Settings


@click.group(invoke_without_command=True)
@click.option("--all", "all_diseases", is_flag=True, help="Every disease of the graph.")
@click.option(
    "--diseases",
    "disease_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File of diseases, one name or id per line; blank lines and lines that begin with # are ignored.",
)
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="Output file: *.parquet or *.tsv.gz."
)
@ray_option
@overlay_option
@as_of_option
@graph_option
@json_option
@click.pass_context
def rank(
    ctx: click.Context,
    all_diseases: bool,
    disease_file: Path | None,
    out: Path | None,
    ray: str,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Write the scores of all drugs for many diseases to a file.

    The file is written whole or not at all. A line of --diseases that names no disease, or several, is
    reported with its number before scoring begins.
    """
    if ctx.invoked_subcommand is not None:
        if all_diseases or disease_file or out or ray:
            from kedrec.errors import UsageError

            raise UsageError(
                f"`kedrec rank {ctx.invoked_subcommand}` writes no scores.", "Give its options after it."
            )
        return
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph, overlay=overlay, as_of=as_of)
    _write(settings, all_diseases=all_diseases, disease_file=disease_file, out=out, ray=ray, as_json=as_json)


def _write(
    settings: Settings,
    *,
    all_diseases: bool,
    disease_file: Path | None,
    out: Path | None,
    ray: str,
    as_json: bool,
) -> None:
    from kedrec.api import Kedrec
    from kedrec.errors import UsageError
    from kedrec.ranking.export import check_output_path, export_scores
    from kedrec.types import RankingFile

    if all_diseases == (disease_file is not None):
        raise UsageError("Which diseases?", "Give either --all or --diseases FILE.")
    if out is None:
        raise UsageError("Where should the scores be written?", "Give --out FILE.parquet or FILE.tsv.gz.")
    check_output_path(out)
    lines = _read_lines(disease_file) if disease_file is not None else None
    with progress_on_stderr() as progress, Kedrec(settings, progress=progress) as kr:
        warn_about_view(kr.store, settings)
        diseases = kr.disease_ids() if lines is None else kr.resolve_lines(lines, "Disease")
        substitutions = kr.lines_taken_for(lines or (), "Disease")
        rows = export_scores(
            out, kr.ranker, kr.names_of("Drug", "Disease"), diseases, ray=ray, progress=progress
        )
        ranking = kr.ranker.description
        warn_untreated(kr.fingerprint)
        overlays, edge_counts = visible_overlays(kr.store), edges_as_of(kr.store)
    if as_json:
        print_json(
            RankingFile(
                out=str(out),
                diseases=len(diseases),
                rows=rows,
                ranking=ranking,
                taken_for=substitutions or None,
                overlays=overlays,
                as_of=edge_counts,
            )
        )
    else:
        for substitution in substitutions:
            say(substitution.text)
        say(f"{rows:,} pairs of {len(diseases):,} diseases: {out}")
        if edge_counts is not None:
            say(as_of_sentence(edge_counts))
        if ranking.startswith("unfitted"):
            warn(f"The ranking is not fitted on this graph ({ranking}): there are no probabilities.")


def _read_lines(disease_file: Path) -> list[str]:
    from kedrec.errors import NotFoundError, UsageError

    try:
        return disease_file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"There is no file {disease_file}.", "Give --diseases FILE, a name or id a line."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{disease_file} is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{disease_file} can't be read: {error.strerror}.", "Name another file.") from error


@rank.command()
@overlay_option
@as_of_option
@graph_option
@json_option
def fit(overlay: str | None, as_of: int | None, graph: str | None, as_json: bool) -> None:
    """Fit the ranking on the graph now, and cache it for later questions."""
    from kedrec.api import Kedrec
    from kedrec.settings import load_settings
    from kedrec.types import RankingFit

    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of), progress=progress) as kr,
    ):
        warn_about_view(kr.store, kr.settings, is_fit=True)
        fingerprint = str(kr.fingerprint)
        ranking = kr.ranker.description
        overlays, edge_counts = visible_overlays(kr.store), edges_as_of(kr.store)
    if as_json:
        print_json(RankingFit(fingerprint=fingerprint, ranking=ranking, overlays=overlays, as_of=edge_counts))
    else:
        say(f"Ranking of graph {fingerprint}: {ranking}")
        if edge_counts is not None:
            say(as_of_sentence(edge_counts))


@rank.command()
@overlay_option
@as_of_option
@graph_option
@json_option
def null(overlay: str | None, as_of: int | None, graph: str | None, as_json: bool) -> None:
    """Permute the graph, so that `kedrec explain` can print how likely a pair's paths are by chance."""
    from kedrec.api import Kedrec
    from kedrec.ranking.permutation_null import NullModel
    from kedrec.settings import load_settings
    from kedrec.types import NullReport

    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of), progress=progress) as kr,
    ):
        warn_about_view(kr.store, kr.settings)
        fingerprint = str(kr.fingerprint)
        model = NullModel.open(
            kr.ranker.adjacency, kr.settings.cache_dir, threads=kr.settings.threads, progress=progress
        )
    if as_json:
        print_json(
            NullReport(fingerprint=fingerprint, metapaths=len(model.paths), permutations=model.permutations)
        )
    else:
        say(
            f"Null of graph {fingerprint}: {len(model.paths)} metapaths, {model.permutations} permuted graphs"
        )
