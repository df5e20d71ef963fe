"""Command `kedrec evaluate side-effects`: measures the prediction of side effects."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.command("side-effects")
@click.option("--seed", type=int, help="Seed of the folds and the intervals.")
@graph_option
@json_option
def side_effects(seed: int | None, graph: str | None, as_json: bool) -> None:
    """Measure the predicted side effects on drugs whose own are hidden."""
    from kedrec.evaluation.side_effect_prediction import evaluate as measure
    from kedrec.evaluation.side_effect_prediction import markdown
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.safety.side_effects import TABLES
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
        adjacency = Adjacency(read_adjacency(store, TABLES, progress))
        result = measure(adjacency, seed=settings.seed, progress=progress)
    if as_json:
        print_json(result)
    else:
        say(markdown(result), nl=False)
