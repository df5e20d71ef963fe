"""Command `kedrec-load audit`: reports duplicates, conflicts and gaps that loading can't mend."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import console, graph_option, json_option, print_json
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.loading.audit import Audit

__all__ = ["audit"]


@click.command()
@click.option("--show", default=5, show_default=True, help="Most examples of each finding (--json has all).")
@graph_option
@json_option
def audit(show: int, graph: str | None, as_json: bool) -> None:
    """Look for duplicates, conflicts and gaps in the graph, and count its content by source and licence."""
    from kedrec.loading.audit import audit as audit_store
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph)
    with progress_on_stderr() as progress, open_store(settings.graph_url, settings, unfiltered=True) as store:
        report = audit_store(store, progress)
    if as_json:
        print_json(report)
    else:
        _print_report(report, show)


def _count_list(counts: dict[str, int]) -> str:
    return ", ".join(f"{source} {count:,}" for source, count in counts.items())


def _print_report(report: Audit, show: int) -> None:
    out = console()

    def line(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    def group(title: str, findings: Sized, texts: Iterable[str]) -> None:
        line(f"{title}: {len(findings):,}")
        for index, text in enumerate(texts):
            if index == show:
                line(f"  ... and {len(findings) - show:,} more")
                break
            line(f"  {text}")

    line(f"Graph {report.graph} ({report.engine}), fingerprint {report.fingerprint}, {report.seconds:.1f} s")
    for source, advice in report.half_loaded.items():
        line(f"{source}: {advice}")
    line("Nodes by kind and source")
    for kind, counts in report.nodes.items():
        line(f"  {kind:<22} {_count_list(counts)}")
    line("Edges by relation and source")
    for relation, counts in report.edges.items():
        line(f"  {relation:<22} {_count_list(counts)}")
    line("Licences")
    for licence in report.licences:
        uses = ", ".join(licence.allows) or "nothing that can be asked for"
        allowed = f"allows {uses}" if licence.known else "not in the table of licences"
        line(f"  {licence.edges:>10,}  {licence.licence or 'none'} ({', '.join(licence.sources)}): {allowed}")
    group(
        "Names that several nodes of a kind have",
        report.doubles,
        (f"{double.name} ({double.kind}): {', '.join(double.ids)}" for double in report.doubles),
    )
    group(
        "Ids that several nodes claim, joined to none",
        report.conflicts,
        (
            f"{conflict.id} ({conflict.kind}){', a node itself,' if conflict.stands else ''}: "
            f"{', '.join(conflict.listed_by)}"
            for conflict in report.conflicts
        ),
    )
    group(
        "Ids that can't be looked up",
        report.wrong_ids,
        (f"{wrong_id.id} ({wrong_id.kind}): {wrong_id.why}" for wrong_id in report.wrong_ids),
    )
    line(f"Nodes without an edge: {sum(map(len, report.isolated.values())):,}")
    for kind, ids in report.isolated.items():
        line(f"  {kind:<22} {len(ids):>8,}  {', '.join(ids[:show])}")
