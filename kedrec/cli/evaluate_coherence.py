"""Command `kedrec evaluate coherence`: counts the answers whose verdict, probability and evidence agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.types import Recommendation


@click.command("coherence")
@click.option(
    "--diseases",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Treated diseases, drawn at random.",
)
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="Drugs of each.")
@click.option("--new", is_flag=True, help="Leave out known treatments.")
@click.option("--llm/--no-llm", default=True, show_default=True, help="Let the model write rationales.")
@click.option("--seed", type=int, help="Seed of the diseases drawn and of the model.")
@graph_option
@json_option
def coherence(
    diseases: int, top: int, new: bool, llm: bool, seed: int | None, graph: str | None, as_json: bool
) -> None:
    """Count the answers whose badge, probability, verdict and cited evidence agree."""
    import numpy as np

    import kedrec
    from kedrec.evaluation.coherence import coherence as measure
    from kedrec.evaluation.coherence import markdown
    from kedrec.settings import load_settings
    from kedrec.stores import open_store
    from kedrec.stores.role_edges import edges_with_role

    settings = load_settings(graph=graph, seed=seed)
    with open_store(settings.graph_url, settings) as store:
        batches = edges_with_role(store, "treatment", ("Drug", "Disease"), ["end"])
        treated = sorted({disease for batch in batches for disease in batch.column("end").to_pylist()})
    order = np.random.default_rng(settings.seed).permutation(len(treated))[:diseases]
    drawn = [treated[index] for index in order]
    recommendations: list[Recommendation] = []
    with progress_on_stderr() as progress, kedrec.open(graph, seed=seed) as session:
        for number, disease in enumerate(drawn):
            progress("Asking", number, len(drawn))
            recommendations += session.recommend(disease, top=top, llm=llm, new=new).recommendations
    figures = measure(recommendations)
    if as_json:
        print_json(figures)
    else:
        say(markdown(figures), nl=False)
