"""Command `kedrec evaluate reference`: judges the answers about pairs that a pharmacologist has judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.evaluation.reference_set import Part


@click.command()
@click.option(
    "--set",
    "set_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="tests/reference/pairs.tsv",
    show_default=True,
    help="The pairs, a tab-separated file.",
)
@click.option(
    "--part",
    type=click.Choice(["all", "development", "test"]),
    default="all",
    show_default=True,
    help="All pairs, the two thirds to mend by, or the third to test by.",
)
@click.option(
    "--top",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="First ranks of a disease's drugs, which no unrelated drug may have.",
)
@graph_option
@json_option
def reference(set_file: Path, part: Part, top: int, graph: str | None, as_json: bool) -> None:
    """Judge answers about known mechanisms, wrong ones, harmful and unrelated drugs."""
    from kedrec.api import Kedrec
    from kedrec.evaluation.reference_judging import evaluate_reference_set, markdown
    from kedrec.evaluation.reference_set import part_of, read_reference_set
    from kedrec.settings import load_settings

    pairs = part_of(read_reference_set(set_file), part)
    with progress_on_stderr() as progress:

        def ranking_progress(stage: str, done: int, total: int | None) -> None:
            if stage != "Finding paths":  # of one pair: the pairs have their own progress
                progress(stage, done, total)

        with Kedrec(load_settings(graph=graph), progress=ranking_progress) as kr:
            report = evaluate_reference_set(kr, pairs, top=top, progress=progress)
    if as_json:
        print_json(report)
    else:
        say(markdown(report), nl=False)
