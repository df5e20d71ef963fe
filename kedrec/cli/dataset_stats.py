"""Command `kedrec dataset stats`: prints a data set's sizes, and scores of answering by popularity."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

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
    from kedrec.dataset.statistics import statistics as compute_statistics

    with progress_on_stderr() as progress:
        statistics = compute_statistics(DataSet(folder), progress)
    if as_json:
        print_json(statistics)
        return
    out = console()
    for name, config in statistics.configs.items():
        out.print(_split_table(name, config))
        _print_popularity(config)
    _print_leaks(statistics)


def _split_table(name: str, config: ConfigStatistics) -> Table:
    from rich.table import Table

    table = Table("", *config.splits, title=name, title_justify="left")
    splits = list(config.splits.values())
    for label, values in (
        ("questions", [f"{split.questions:,}" for split in splits]),
        ("diseases", [f"{split.diseases:,}" for split in splits]),
        ("drugs", [f"{split.drugs:,}" for split in splits]),
        ("candidates", [f"{split.candidates:g}" for split in splits]),
        ("paths, right / wrong", [f"{split.paths[0]:.2f} / {split.paths[1]:.2f}" for split in splits]),
        (
            "without paths, right / wrong",
            [f"{split.without_paths[0]:.0%} / {split.without_paths[1]:.0%}" for split in splits],
        ),
        (
            "with texts, right / wrong",
            [f"{split.with_texts[0]:.0%} / {split.with_texts[1]:.0%}" for split in splits],
        ),
        ("rationales", [f"{split.referenced:,}" for split in splits]),
        ("words, least / mean / most", ["{} / {} / {}".format(*split.words) for split in splits]),
        (
            "sources",
            [", ".join(f"{key} {count:,}" for key, count in split.sources.items()) for split in splits],
        ),
    ):
        table.add_row(label, *values)
    return table


def _print_popularity(config: ConfigStatistics) -> None:
    """Prints the F1 of answering with the best known candidate, beside that of chance, as bars."""
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


def _print_leaks(statistics: Statistics) -> None:
    total = sum(sum(counts.values()) for counts in statistics.leaks.values())
    if statistics.leaks:
        say(f"Shared by two splits when it was built ({', '.join(statistics.leaks)}): {total}.")
    say(f"{statistics.bytes / 1e6:,.1f} MB of questions.")
