"""Command `kedrec evaluate counterfactuals`: changes curated mechanisms, and counts what follows."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.command()
@click.option(
    "--mechanisms",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Most curated mechanisms, drawn at random.",
)
@click.option("--seed", type=int, help="Seed of the mechanisms, links and nodes drawn.")
@graph_option
@json_option
def counterfactuals(mechanisms: int, seed: int | None, graph: str | None, as_json: bool) -> None:
    """Invert, delete or swap one link of curated mechanisms: do verdict and text follow?"""
    from kedrec.api import Kedrec
    from kedrec.evaluation.counterfactuals import evaluate_counterfactuals, markdown
    from kedrec.settings import load_settings

    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, seed=seed), progress=progress) as kr,
    ):
        report = evaluate_counterfactuals(
            kr.store,
            kr.names,
            kr.ranker,
            mechanisms=mechanisms,
            seed=kr.settings.seed,
            progress=progress,
        )
    if as_json:
        print_json(report)
    else:
        say(markdown(report), nl=False)
