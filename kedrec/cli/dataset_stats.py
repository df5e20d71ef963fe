"""`kedrec dataset stats`: what a data set holds, and whether it can be answered without knowing anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, json_option, print_json, progress_on_stderr, say

if TYPE_CHECKING:
    from rich.table import Table

    from kedrec.dataset.statistics import ConfigStatistics, Statistics

_WIDTH = 30


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def stats(folder: Path, as_json: bool) -> None:
    """Describe a data set: sizes, lengths, sources, popularity, leaks."""
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.dataset.statistics import statistics

    with progress_on_stderr() as progress:
        found = statistics(DataSet(folder), progress)
    if as_json:
        print_json(found)
        return
    out = console()
    for name, config in found.configs.items():
        out.print(_splits(name, config))
        _bars(config)
    _leaks(found)


def _splits(name: str, config: ConfigStatistics) -> Table:
    from rich.table import Table

    table = Table("", *config.splits, title=name, title_justify="left")
    parts = list(config.splits.values())
    for label, values in (
        ("questions", [f"{one.questions:,}" for one in parts]),
        ("diseases", [f"{one.diseases:,}" for one in parts]),
        ("drugs", [f"{one.drugs:,}" for one in parts]),
        ("candidates", [f"{one.candidates:g}" for one in parts]),
        ("paths, right / wrong", [f"{one.paths[0]:.2f} / {one.paths[1]:.2f}" for one in parts]),
        (
            "without paths, right / wrong",
            [f"{one.without_paths[0]:.0%} / {one.without_paths[1]:.0%}" for one in parts],
        ),
        (
            "with texts, right / wrong",
            [f"{one.with_texts[0]:.0%} / {one.with_texts[1]:.0%}" for one in parts],
        ),
        ("rationales", [f"{one.referenced:,}" for one in parts]),
        ("words, least / mean / most", ["{} / {} / {}".format(*one.words) for one in parts]),
        ("sources", [", ".join(f"{key} {count:,}" for key, count in one.sources.items()) for one in parts]),
    ):
        table.add_row(label, *values)
    return table


def _bars(config: ConfigStatistics) -> None:
    """F1 of the best known candidate, beside chance."""
    if not config.popularity:
        return
    say("The best known candidate as the answer (F1), against wrong ones of a kind:")
    for check in config.popularity:
        for label, value in (
            ("chance", check.chance),
            ("most treatments", check.treatments),
            ("most others", check.others),
            ("most links", check.links),
        ):
            bar = "█" * round(value * _WIDTH)
            say(f"  {check.against:<15} {label:<16} {bar:<{_WIDTH}} {value:.3f}")


def _leaks(found: Statistics) -> None:
    total = sum(sum(part.values()) for part in found.leaks.values())
    if found.leaks:
        say(f"Shared by two splits when it was built ({', '.join(found.leaks)}): {total}.")
    say(f"{found.bytes / 1e6:,.1f} MB of questions.")
