"""Command `kedrec evaluate paths`: measures how often the best paths match curated mechanisms."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr


@click.command()
@click.option("--seed", type=int, help="Seed of the folds of diseases and of the bootstrap.")
@click.option(
    "--fit",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the weights of features and templates, fitted on all indications.",
)
@graph_option
@json_option
def paths(seed: int | None, fit: Path | None, graph: str | None, as_json: bool) -> None:
    """Compare the best paths with DrugMechDB's curated mechanisms, which are hidden meanwhile."""
    from kedrec.errors import DataError
    from kedrec.evaluation.mechanism_recall import evaluate
    from kedrec.evaluation.path_cases import indication_cases
    from kedrec.evaluation.path_learning import fitted_weights_yaml
    from kedrec.evaluation.path_tables import markdown
    from kedrec.evaluation.reports import PathReport
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with (
        progress_on_stderr() as progress,
        open_store(settings.graph_url, settings) as store,
    ):
        cases = indication_cases(store, progress=progress)
        if not cases:
            raise DataError(
                "The graph has no curated mechanism.", "Load DrugMechDB: 'kedrec-load graph drugmechdb'."
            )
        qualities, recall = evaluate(cases, seed=settings.seed, progress=progress)
        if fit is not None:
            provenance = {"graph": str(store.fingerprint())}
            fit.write_text(fitted_weights_yaml(cases, provenance), encoding="utf-8")
    if as_json:
        print_json(PathReport(settings.seed, qualities, recall))
    else:
        say(f"seed {settings.seed}\n\n{markdown(qualities, recall)}", nl=False)
