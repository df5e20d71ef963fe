"""`kedrec-load audit`: what loading can't mend."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, graph_option, json_option, print_json, progress_on_stderr

if TYPE_CHECKING:
    from kedrec.loading.audit import Audit

__all__ = ["audit"]


@click.command()
@click.option("--show", default=5, show_default=True, help="Most examples of each finding (--json has all).")
@graph_option
@json_option
def audit(show: int, graph: str | None, as_json: bool) -> None:
    """Look for doubles, conflicts and gaps in the graph, and count what is in it by source and licence."""
    from kedrec.loading.audit import audit as look
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings, whole=True) as store:
        found = look(store, progress)
    if as_json:
        print_json(found)
    else:
        _print(found, show)


def _by_source(counts: dict[str, int]) -> str:
    return ", ".join(f"{source} {count:,}" for source, count in counts.items())


def _print(found: Audit, show: int) -> None:
    out = console()

    def line(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    def group(title: str, items: Sized, told: Iterable[str]) -> None:
        line(f"{title}: {len(items):,}")
        for place, text in enumerate(told):
            if place == show:
                line(f"  ... and {len(items) - show:,} more")
                break
            line(f"  {text}")

    line(f"Graph {found.graph} ({found.engine}), fingerprint {found.fingerprint}, {found.seconds:.1f} s")
    for source, told in found.half_loaded.items():
        line(f"{source}: {told}")
    line("Nodes by kind and source")
    for kind, by_source in found.nodes.items():
        line(f"  {kind:<22} {_by_source(by_source)}")
    line("Edges by relation and source")
    for relation, by_source in found.edges.items():
        line(f"  {relation:<22} {_by_source(by_source)}")
    line("Licences")
    for one in found.licences:
        allows = ", ".join(one.allows) or "nothing that can be asked for"
        allows = f"allows {allows}" if one.known else "not in the table of licences"
        line(f"  {one.edges:>10,}  {one.licence or 'none'} ({', '.join(one.sources)}): {allows}")
    group(
        "Names that several nodes of a kind have",
        found.doubles,
        (f"{one.name} ({one.kind}): {', '.join(one.ids)}" for one in found.doubles),
    )
    group(
        "Ids that several nodes claim, joined to none",
        found.conflicts,
        (
            f"{one.id} ({one.kind}){', a node itself,' if one.stands else ''}: {', '.join(one.listed_by)}"
            for one in found.conflicts
        ),
    )
    group(
        "Ids that can't be looked up",
        found.wrong_ids,
        (f"{one.id} ({one.kind}): {one.why}" for one in found.wrong_ids),
    )
    line(f"Nodes without an edge: {sum(map(len, found.isolated.values())):,}")
    for kind, ids in found.isolated.items():
        line(f"  {kind:<22} {len(ids):>8,}  {', '.join(ids[:show])}")
