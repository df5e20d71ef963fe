"""Command `kedrec evaluate warnings`: counts the warnings of known treatments and of harmful pairs."""

from __future__ import annotations

from contextlib import closing

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.command("warnings")
@click.option(
    "--pairs",
    type=click.IntRange(0),
    default=500,
    show_default=True,
    help="Most pairs of each group, drawn at random; 0: all of them.",
)
@click.option("--seed", type=int, help="Seed of the pairs drawn.")
@graph_option
@json_option
def warnings(pairs: int, seed: int | None, graph: str | None, as_json: bool) -> None:
    """Count the warnings of known treatments, of contraindicated pairs and of others."""
    from kedrec.evaluation.warning_rates import markdown, warning_rates
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
        adjacency = Adjacency(read_adjacency(store, schema_tables(), progress))
        with closing(NameIndex.open(store, settings.cache_dir, progress)) as names:
            report = warning_rates(
                store, adjacency, names, pairs=pairs, seed=settings.seed, progress=progress
            )
    if as_json:
        print_json(report)
    else:
        say(markdown(report), nl=False)
