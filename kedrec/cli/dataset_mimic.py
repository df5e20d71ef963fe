"""`kedrec dataset build-mimic`: questions from a user's own MIMIC-III."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kedrec.cli.common import graph_option, json_option, print_json, progress_on_stderr, say

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
    help="Where the data set comes; nothing is written elsewhere.",
)
@click.option("--candidates", default=40, show_default=True, help="Drugs of a question; an even number.")
@click.option("--seed", type=int, help="Seed of the split of patients and of the candidates.")
@click.option("--again", is_flag=True, help="Replace a finished data set.")
@graph_option
@json_option
def build_mimic(
    source: Path, out: Path, candidates: int, seed: int | None, again: bool, graph: str | None, as_json: bool
) -> None:
    """Make questions of your own MIMIC-III: which of these drugs were prescribed in this stay?

    What is made from MIMIC-III stays under its data use agreement.
    """
    from kedrec.dataset.mimic.build import build_mimic as build
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings) as store:
        names = NameIndex.open(store, settings.cache_dir, progress)
        try:
            report = build(
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
    for what, aside in (("prescriptions", "vehicles"), ("diagnoses", "V and E codes")):
        say(_told(what, aside, report[what]))
    if rounded := report["prescriptions"]["rounded_products"]:
        say(f"{rounded:,} prescriptions have a product code (NDC) rounded by a spreadsheet: not used")


def _told(what: str, aside: str, part: dict[str, Any]) -> str:
    missed = ", ".join(f"{name} ({count:,})" for name, count in part["commonest_unmapped"][:8])
    counted = part["rows"] - part["aside"]
    return (
        f"{what}: {part['mapped']:,} of {counted:,} rows are in the graph ({part['share']:.1%}), beside "
        f"{part['aside']:,} {aside}\n  not in it: {missed or 'none'}"
    )
