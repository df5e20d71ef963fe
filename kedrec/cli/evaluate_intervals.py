"""Command `kedrec evaluate intervals`: measures the bias and the coverage of calibrated probabilities."""

from __future__ import annotations

import click

from kedrec.cli.common import json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

__all__ = ["intervals"]


@click.command()
@click.option(
    "--runs",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="Samples drawn and calibrated for each curve.",
)
@click.option("--seed", type=int, help="Seed of the draws.")
@json_option
def intervals(runs: int, seed: int | None, as_json: bool) -> None:
    """Measure bias and coverage of probabilities, on simulated scores whose true probabilities are known."""
    from kedrec.common.cpus import single_threaded_algebra
    from kedrec.evaluation.coverage import CURVES, World, coverage, markdown
    from kedrec.evaluation.reports import CoverageReport
    from kedrec.settings import load_settings

    settings = load_settings(seed=seed)
    worlds = [World(curve, spread=spread) for curve in CURVES for spread in (0.0, 0.7)]
    bands = []
    with progress_on_stderr() as progress, single_threaded_algebra():
        for index, world in enumerate(worlds):
            progress("Calibrating", index, len(worlds))
            bands += coverage(world, runs, settings.seed)
    if as_json:
        print_json(CoverageReport(settings.seed, runs, bands))
    else:
        say(f"seed {settings.seed}; {runs} runs\n\n{markdown(bands)}", nl=False)
