"""`kedrec evaluate paths`: how often the paths of an answer are the mechanism that a curator drew."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json, progress_on_stderr


@click.command()
@click.option("--seed", type=int, help="Seed of the folds of diseases and of the bootstrap.")
@graph_option
@json_option
def paths(seed: int | None, graph: str | None, as_json: bool) -> None:
    """Compare the best paths with DrugMechDB's curated mechanisms, which are hidden meanwhile."""
    from kedrec.evaluation.paths import as_dicts, evaluate, markdown
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with (
        progress_on_stderr() as progress,
        open_store(settings.graph_url, settings) as store,
    ):
        qualities, found = evaluate(store, seed=settings.seed, progress=progress)
    if as_json:
        print_json({"seed": settings.seed, **as_dicts(qualities, found)})
    else:
        click.echo(f"seed {settings.seed}\n\n{markdown(qualities, found)}", nl=False)
