"""Command `kedrec evaluate replay`: ranks what came after a year by what was known in it."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.command()
@click.option(
    "--year",
    type=click.IntRange(1, 9999),
    required=True,
    help="The last year that is known: drugs first approved later, and edges of a later year, are hidden.",
)
@click.option("--seed", type=int, help="Seed of the samples, the trees and the bootstrap.")
@graph_option
@json_option
def replay(year: int, seed: int | None, graph: str | None, as_json: bool) -> None:
    """Fit the ranking as of a year, and see where what came later ranks."""
    from kedrec.common.cpus import usable_threads
    from kedrec.evaluation.replay import markdown
    from kedrec.evaluation.replay import replay as measure
    from kedrec.evidence.approvals import approval_years
    from kedrec.ranking.adjacency import TREATS, Adjacency, read_adjacency
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.ranking.stored_ranking import linked_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress:
        with open_store(settings.graph_url, settings) as store:
            approvals = approval_years(store)
            whole = Adjacency(read_adjacency(store, [TREATS], progress))
        with open_store(settings.graph_url, load_settings(graph=graph, seed=seed, as_of=year)) as store:
            visible = Adjacency(read_adjacency(store, schema_tables(), progress))
        progress("Ranking what came later", 0, None)
        result = measure(
            whole,
            visible,
            linked_tables(visible),
            approvals,
            year,
            seed=settings.seed,
            threads=usable_threads(settings.threads),
        )
    if as_json:
        print_json(result)
    else:
        say(markdown(result), nl=False)
