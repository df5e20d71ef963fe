"""Command `kedrec evaluate gate`: measures the gate's rates of accepted false and struck true sentences."""

from __future__ import annotations

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

__all__ = ["gate"]


@click.command()
@click.option("--pairs", default=120, show_default=True, help="Number of drug-disease pairs.")
@click.option("--seed", type=int, help="Seed of the pairs and the sentences.")
@click.option("--examples", is_flag=True, help="Also print some of the sentences that were judged wrongly.")
@graph_option
@json_option
def gate(pairs: int, seed: int | None, examples: bool, graph: str | None, as_json: bool) -> None:
    """Judge false and true sentences, made from the graph's own paths, without a language model."""
    from kedrec.errors import EmptyGraphError, UsageError
    from kedrec.evaluation.gate_rates import evaluate, gate_pairs, markdown
    from kedrec.evaluation.reports import GateReport
    from kedrec.ranking import Ranker
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    if pairs < 1:
        raise UsageError(f"'pairs' is {pairs}.", "Give a number of 1 or more.")
    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
        ranker = Ranker.open(store, settings.cache_dir, progress=progress)
        evidence_pairs = gate_pairs(store, ranker, pairs, settings.seed, progress=progress)
        if not evidence_pairs:
            raise EmptyGraphError(
                f"The graph at {store.url} has no pair with evidence to make sentences of.",
                "Load more: kedrec-load graph.",
            )
        rates = evaluate(evidence_pairs, settings.seed, progress=progress)
    if as_json:
        print_json(GateReport(settings.seed, len(evidence_pairs), rates))
        return
    say(f"seed {settings.seed}; {len(evidence_pairs)} pairs\n\n{markdown(rates)}", nl=False)
    if examples:
        for rate in rates:
            for text in rate.examples:
                say(f"\n{'true' if rate.true else 'false'}, {rate.group}: {text}")
