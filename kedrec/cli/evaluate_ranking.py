"""Command `kedrec evaluate ranking`: measures how high hidden treatments rank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kedrec.cli.common import graph_option, json_option, print_json, progress_on_stderr, say

__all__ = ["ranking"]

_SPLITS = ("pair", "disease", "cluster", "drug")


@click.command()
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(_SPLITS),
    default=_SPLITS,
    show_default=True,
    help="How treatments are hidden; may be repeated.",
)
@click.option("--seed", type=int, help="Seed of the folds, the samples, the trees and the bootstrap.")
@click.option(
    "--rephetio",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Count only the pairs that Project Rephetio scored. Folder of its compounds.tsv and diseases.tsv.",
)
@click.option(
    "--areas",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --strata: a table of disease areas, with columns doid and pathophysiology. Default: areas "
    "by the graph's hierarchy.",
)
@click.option("--strata", is_flag=True, help="Also print tables by degree of the drug and of the disease.")
@graph_option
@json_option
def ranking(
    splits: tuple[Any, ...],
    seed: int | None,
    rephetio: Path | None,
    areas: Path | None,
    strata: bool,  # click passes by name
    graph: str | None,
    as_json: bool,
) -> None:
    """Hide known treatments, rank without them, and measure the ranks they get."""
    from kedrec.common.cpus import usable_threads
    from kedrec.evaluation.counted_pairs import rephetio_pairs
    from kedrec.evaluation.ranking import evaluate
    from kedrec.evaluation.ranking_figures import markdown
    from kedrec.evaluation.reports import RankingReport
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.ranking.stored_ranking import linked_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress:
        with open_store(settings.graph_url, settings) as store:
            adjacency = Adjacency(read_adjacency(store, schema_tables(), progress))
        counted = rephetio_pairs(adjacency, rephetio) if rephetio else None
        results, scored_splits = evaluate(
            adjacency,
            linked_tables(adjacency),
            splits,
            seed=settings.seed,
            pair_mask=counted,
            threads=usable_threads(settings.threads),
            progress=progress,
        )
    if as_json:
        print_json(RankingReport(settings.seed, results))
        return
    pairs, treatments = (
        int(scored_splits[0].pair_mask.sum()),
        int((scored_splits[0].known & scored_splits[0].pair_mask).sum()),
    )
    say(f"seed {settings.seed}; {pairs:,} pairs, {treatments:,} treatments\n\n{markdown(results)}", nl=False)
    if strata:
        from kedrec.evaluation.counted_pairs import strata_report

        for scored in scored_splits:
            say(
                f"\n## By {scored.split}\n\n{strata_report(scored, adjacency, settings.seed, areas)}",
                nl=False,
            )
