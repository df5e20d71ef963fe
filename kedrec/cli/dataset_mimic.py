"""Command `kedrec dataset build-mimic`: builds questions from a user's own MIMIC-III."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

__all__ = ["build_mimic"]


@click.command("build-mimic")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Your MIMIC-III folder (v1.4): CSV or CSV.gz, column names in any case.",
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Output folder; nothing is written elsewhere.",
)
@click.option(
    "--candidates", default=40, show_default=True, help="Number of candidate drugs per question; even."
)
@click.option("--seed", type=int, help="Seed of the split of patients and of the candidates.")
@click.option("--again", is_flag=True, help="Replace a finished data set.")
@graph_option
@json_option
def build_mimic(
    source: Path, out: Path, candidates: int, seed: int | None, again: bool, graph: str | None, as_json: bool
) -> None:
    """Make questions of your own MIMIC-III: which of these drugs were prescribed in this stay?

    MIMIC-III's data use agreement covers the result.
    """
    from kedrec.dataset.mimic.build import build_mimic as build_dataset
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
        names = NameIndex.open(store, settings.cache_dir, progress)
        try:
            report = build_dataset(
                store,
                names,
                Adjacency(read_adjacency(store, schema_tables(), progress)),
                source,
                out,
                candidates=candidates,
                seed=settings.seed,
                again=again,
                progress=progress,
            )
        finally:
            names.close()
    if as_json:
        print_json(report)
        return
    say(f"{out}: " + ", ".join(f"{split} {count:,}" for split, count in report["questions"].items()))
    for table, exclusion in (("prescriptions", "vehicles"), ("diagnoses", "V and E codes")):
        say(_mapping_summary(table, exclusion, report[table]))
    if rounded_count := report["prescriptions"]["rounded_products"]:
        say(f"{rounded_count:,} prescriptions have a product code (NDC) rounded by a spreadsheet: not used")


def _mapping_summary(table: str, exclusion: str, figures: dict[str, Any]) -> str:
    """Share of a table's rows that are in the graph, and the commonest names that are not, in words."""
    unmapped = ", ".join(f"{name} ({count:,})" for name, count in figures["commonest_unmapped"][:8])
    row_count = figures["rows"] - figures["aside"]
    return (
        f"{table}: {figures['mapped']:,} of {row_count:,} rows are in the graph "
        f"({figures['share']:.1%}), beside "
        f"{figures['aside']:,} {exclusion}\n  not in it: {unmapped or 'none'}"
    )
