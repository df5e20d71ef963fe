"""Command `kedrec search`: prints the entities that match a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, graph_option, json_option, print_json
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.view_options import overlay_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.errors import KedrecError
    from kedrec.types import NameMatch


_PIPED_WIDTH = 240


@click.command()
@click.argument("text")
@click.option("--kind", metavar="KIND", help="Only this kind of node: Disease, Drug, Gene, ...")
@click.option("--limit", default=10, show_default=True, help="Maximum number of matches.")
@overlay_option
@graph_option
@json_option
def search(
    text: str, kind: str | None, limit: int, overlay: str | None, graph: str | None, as_json: bool
) -> None:
    """Find the entities of the graph that TEXT names: by name, synonym, id or cross-reference.

    The exit code is 0 if TEXT names one entity, or one of each of several kinds. It is 1 if TEXT names none,
    or several of one kind; the nearest names are printed then.
    """
    from kedrec.errors import AmbiguousNameError, UnknownNameError
    from kedrec.naming import MIN_SURE_SCORE, NameIndex
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, overlay=overlay)
    kinds = None if kind is None else [kind]
    problem: KedrecError | None = None
    with open_store(settings.graph_url, settings) as store, progress_on_stderr() as progress:
        index = NameIndex.open(store, settings.cache_dir, progress)
        matches = index.search(text, kinds, limit)
        sure_kinds: list[list[str] | None] = [
            [match.entity.kind] for match in matches if match.score >= MIN_SURE_SCORE
        ]
        try:
            for resolvable_kinds in sure_kinds or [kinds]:
                index.resolve(text, resolvable_kinds)
        except (AmbiguousNameError, UnknownNameError) as error:
            candidates = {match.entity for match in error.candidates}
            matches = [*error.candidates, *(match for match in matches if match.entity not in candidates)][
                :limit
            ]
            problem = type(error)(error.what, error.hint)  # without the candidates, which the table shows
    if as_json:
        print_json(matches)
    elif matches:
        _print_table(matches)
    if problem is not None:
        raise problem


def _print_table(matches: Sequence[NameMatch]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("Kind", "Id", "Name", "Why"):
        table.add_column(column, overflow="fold")
    table.add_column("Score", justify="right")
    for match in matches:
        reason = (
            match.why
            if match.matched in (match.entity.name, match.entity.id)
            else f"{match.why}: {match.matched}"
        )
        cells = (match.entity.kind, match.entity.id, match.entity.name, reason, f"{match.score:.0f}")
        table.add_row(*(Text(cell) for cell in cells))  # Text, so that no name is read as markup
    out = console()
    if not out.is_terminal:
        out.width = _PIPED_WIDTH  # a pipe or file has no width to wrap at
    out.print(table)
