"""Command `kedrec evaluate ranking`: measures how high hidden treatments rank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["ranking"]

_SPLITS = ("pair", "disease", "cluster", "branch", "drug")
_DEFAULT_SPLITS = ("pair", "disease", "cluster", "drug")  # branches need a hierarchy
_RARE = "ORPHANET:"  # diseases that Orphanet lists are rare


@click.command()
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(_SPLITS),
    default=_DEFAULT_SPLITS,
    show_default=True,
    help="How treatments are hidden; may be repeated. `branch`: all of the disease's, and of its relatives.",
)
@click.option("--seed", type=int, help="Seed of the folds, the samples, the trees and the bootstrap.")
@click.option(
    "--rephetio",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Count only the pairs that Project Rephetio scored. Folder of its compounds.tsv and diseases.tsv.",
)
@click.option(
    "--areas",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --strata: a table of disease areas, with columns doid and pathophysiology. Default: areas "
    "by the graph's hierarchy.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="NAME",
    help="Leave out a source's edges (treatments stay), or a relation; may be repeated.",
)
@click.option(
    "--rare", is_flag=True, help="Also print the figures of rare diseases (Orphanet's) and the others."
)
@click.option(
    "--folds",
    metavar="N",
    type=click.IntRange(1),
    help="Score the first N folds of each split alone: quicker, with wider intervals. Default: all.",
)
@click.option("--strata", is_flag=True, help="Also print tables by degree of the drug and of the disease.")
@graph_option
@json_option
def ranking(
    splits: tuple[Any, ...],
    seed: int | None,
    rephetio: Path | None,
    areas: Path | None,
    *,
    without: tuple[str, ...],
    rare: bool,
    folds: int | None,
    strata: bool,
    graph: str | None,
    as_json: bool,
) -> None:
    """Hide known treatments, rank without them, and measure the ranks they get."""
    from kedrec.common.cpus import usable_threads
    from kedrec.evaluation.counted_pairs import rephetio_pairs
    from kedrec.evaluation.ranking import METHODS, evaluate
    from kedrec.evaluation.ranking_figures import figures, markdown, of_diseases
    from kedrec.evaluation.reports import RankingReport
    from kedrec.ranking.adjacency import Adjacency, read_adjacency
    from kedrec.ranking.linked_nodes import LinkedNodes
    from kedrec.ranking.metapaths import schema_tables
    from kedrec.ranking.stored_ranking import linked_tables
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    with progress_on_stderr() as progress:
        with open_store(settings.graph_url, settings) as store:
            sources, relations = _left_out(store, without)
            whole = Adjacency(read_adjacency(store, schema_tables(), progress, sources))
            adjacency = LinkedNodes.of(whole, "Drug").adjacency
            rare_diseases = _rare_diseases(store, adjacency) if rare else None
        counted = rephetio_pairs(adjacency, rephetio) if rephetio else None
        tables = [table for table in linked_tables(adjacency) if table[0] not in relations]
        results, scored_splits = evaluate(
            adjacency,
            tables,
            splits,
            seed=settings.seed,
            pair_mask=counted,
            first_folds=folds,
            threads=usable_threads(settings.threads),
            progress=progress,
        )
    by_rarity = {}
    if rare_diseases is not None:
        for name, mask in (("rare diseases", rare_diseases), ("other diseases", ~rare_diseases)):
            parts = [of_diseases(scored, mask) for scored in scored_splits]
            by_rarity[name] = [
                figures(part, method, settings.seed)
                for part in parts
                if (part.known & part.pair_mask).any()
                for method in METHODS
            ]
    if as_json:
        print_json(
            RankingReport(
                settings.seed,
                results,
                rare=by_rarity.get("rare diseases"),
                others=by_rarity.get("other diseases"),
            )
        )
        return
    pairs, treatments = (
        int(scored_splits[0].pair_mask.sum()),
        int((scored_splits[0].known & scored_splits[0].pair_mask).sum()),
    )
    left_out = f"; without {', '.join(without)}" if without else ""
    say(
        f"seed {settings.seed}; {pairs:,} pairs, {treatments:,} treatments{left_out}\n\n{markdown(results)}",
        nl=False,
    )
    for name, rows in by_rarity.items():
        say(f"\n## {name.capitalize()}\n\n{markdown(rows)}", nl=False)
    if strata:
        from kedrec.evaluation.counted_pairs import strata_report

        for scored in scored_splits:
            say(
                f"\n## By {scored.split}\n\n{strata_report(scored, adjacency, settings.seed, areas)}",
                nl=False,
            )


def _left_out(store: GraphStore, names: Sequence[str]) -> tuple[set[str], set[str]]:
    """The sources and the relations among some names.

    Raises:
        UsageError: a name is neither a source nor a relation of the graph.
    """
    from kedrec.errors import UsageError

    edges = store.fingerprint().edges
    sources, relations = {source for _, source in edges}, {relation for relation, _ in edges}
    for name in names:
        if name not in sources | relations:
            raise UsageError(
                f"The graph has no source and no relation '{name}'.",
                f"It has the sources {', '.join(sorted(sources))} and the relations "
                f"{', '.join(sorted(relations))}.",
            )
    return sources & set(names), relations & set(names)


def _rare_diseases(store: GraphStore, adjacency: Adjacency) -> NDArray[np.bool_]:
    """Mask of the diseases that have an id of Orphanet, by number."""
    import numpy as np

    rows = store.nodes("Disease", ["id", "xrefs"]).to_pylist()
    rare = {
        row["id"] for row in rows if any(id_.startswith(_RARE) for id_ in (row["id"], *(row["xrefs"] or ())))
    }
    return np.array([id_.decode() in rare for id_ in adjacency.ids("Disease").tolist()], bool)
