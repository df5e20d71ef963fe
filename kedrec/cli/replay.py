"""Command `kedrec replay`: makes a saved answer again and compares the two."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import graph_option, json_option, print_json, say, warn
from kedrec.cli.progress import progress_on_stderr


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME", help="The language model; the file's own is never taken from it.")
@click.option(
    "--anyway", is_flag=True, help="Ask again though KEDRec or the graph is another, and show what changed."
)
@graph_option
@json_option
def replay(file: Path, model: str | None, anyway: bool, graph: str | None, as_json: bool) -> int:
    """Make an answer again that `kedrec ask --save` wrote as a .zip, and compare the two.

    The exit status is 0 if they are equal and 1 if not.
    """
    from kedrec.api import Kedrec
    from kedrec.settings import load_settings
    from kedrec.sharing.archive import read_saved
    from kedrec.sharing.replaying import replay_answer

    saved = read_saved(file)
    question = saved.question
    settings = load_settings(
        graph=graph,
        model=model,
        seed=question.seed,
        overlay=question.overlay or "none",
        as_of=question.as_of,
    )
    with progress_on_stderr() as progress, Kedrec(settings, progress=progress) as kr:
        result = replay_answer(saved, kr, anyway=anyway)
    if as_json:
        print_json(result)
        return 0 if result.same else 1
    for title, differences in (("Made from", result.made_from), ("Answer", result.differences)):
        for one in differences:
            say(f"{title}: {one.path}: was {one.saved or 'absent'}; is {one.now or 'absent'}")
    if result.count > len(result.differences):
        warn(f"{result.count - len(result.differences):,} more differences: --json has the new answer.")
    if result.same:
        say(f"The answer is the same: {len(result.answer):,} recommendations, each sentence and figure.")
        return 0
    what = f"{result.count:,} of its values differ" if result.count else "only what it was made from differs"
    say(f"The answer is not the same: {what}.")
    return 1
