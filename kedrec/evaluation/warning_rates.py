"""Measures how often pairs are warned of: known treatments, contraindicated pairs, and pairs drawn at random.

A known treatment with a warning is a false alarm more often than not; a contraindicated pair with one beside
its contraindication is a harm that would be seen without it. A pair's own treatment and own contraindication
play no part in a warning by opposed mechanism or by class, nor in a limit of the drug's use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.errors import EmptyGraphError
from kedrec.ranking.adjacency import TREATS
from kedrec.safety.cautions import CONTRAINDICATIONS, contraindication_cautions, contraindication_steps
from kedrec.safety.limits_of_use import LimitsOfUse
from kedrec.safety.opposition import TreatmentEffects

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores import GraphStore

__all__ = ["WarningRate", "WarningReport", "markdown", "warning_rates"]

_GROUPS = ("known treatments", "contraindicated pairs", "random pairs")
_KINDS = (
    *("direct", "inherited", "subtype", "broad", "class", "look-alike", "opposed"),
    *("label-warning", "cancer-drug", "other-protein", "excess"),
)


@dataclass(frozen=True, slots=True)
class WarningRate:
    """Number of a group's pairs with a kind of warning.

    Attributes:
        group: `known treatments`, `contraindicated pairs` or `random pairs` (of treating drugs and treated
            diseases, without the two others).
        kind: `opposed`, or as in `Safety.contraindication` or `LimitOfUse.kind`.
        pairs: number of pairs looked at.
        warned: number of those with the warning, whatever others they have.
    """

    group: str
    kind: str
    pairs: int
    warned: int


@dataclass(frozen=True, slots=True)
class WarningReport:
    """Rates of warnings.

    Attributes:
        seed: of the pairs drawn.
        rates: by group and kind.
    """

    seed: int
    rates: Sequence[WarningRate]


def warning_rates(
    store: GraphStore,
    adjacency: Adjacency,
    names: NameIndex,
    *,
    pairs: int,
    seed: int,
    progress: Progress | None = None,
) -> WarningReport:
    """Counts the warnings of each group.

    Args:
        store, adjacency, names: a graph, its links and its names.
        pairs: most pairs of a group, drawn at random; 0: all of the first two, as many random ones as known.
        seed: of the draws.
        progress: called as the work goes on.

    Raises:
        EmptyGraphError: the graph has no treatment.
    """
    generator = np.random.default_rng(seed)
    known = _links(adjacency, [TREATS])
    if not known:
        raise EmptyGraphError(
            "The graph has no treatment.", "`kedrec-load sources` lists what brings treatments."
        )
    listed = _links(adjacency, [(name, "Drug", "Disease") for name in CONTRAINDICATIONS])
    drugs, diseases = (sorted({pair[side] for pair in known}) for side in (0, 1))
    groups = {_GROUPS[0]: sorted(known), _GROUPS[1]: sorted(listed - known)}
    groups = {
        name: [rows[index] for index in sorted(generator.permutation(len(rows))[: pairs or None].tolist())]
        for name, rows in groups.items()
    }
    wanted = min(pairs or len(known), len(drugs) * len(diseases) - len(known | listed))
    drawn: set[tuple[int, int]] = set()
    while len(drawn) < wanted:
        pair = (int(generator.choice(drugs)), int(generator.choice(diseases)))
        if pair not in known and pair not in listed:
            drawn.add(pair)
    groups[_GROUPS[2]] = sorted(drawn)
    effects, limits = TreatmentEffects(store, adjacency), LimitsOfUse(store, names, adjacency)
    rates = []
    total, done = sum(map(len, groups.values())), 0
    for group, rows in groups.items():
        counts: Counter[str] = Counter()
        # disease by disease, whose treatments are read once
        for drug, disease in sorted(rows, key=lambda pair: pair[::-1]):
            if progress is not None and not done % 50:
                progress("Looking for warnings", done, total)
            done += 1
            counts.update(_kinds(adjacency, effects, drug, disease))
            entities = [
                names.entity(adjacency.node_id(kind, number), kind)
                for kind, number in (("Drug", drug), ("Disease", disease))
            ]
            counts.update(limit.kind for limit in limits.find(*entities, own_hidden=True))
        rates += [WarningRate(group, kind, len(rows), counts[kind]) for kind in _KINDS]
    return WarningReport(seed, rates)


def _kinds(adjacency: Adjacency, effects: TreatmentEffects, drug: int, disease: int) -> set[str]:
    kinds = {caution.kind for caution in contraindication_cautions(adjacency, drug, disease)}
    steps = contraindication_steps(adjacency, drug, disease)
    if steps is not None:
        kinds.add("inherited" if steps else "direct")
    if effects.opposed_targets(drug, disease):
        kinds.add("opposed")
    return kinds


def _links(adjacency: Adjacency, tables: Sequence[Table]) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for table in tables:
        if adjacency.has_table(table):
            links = adjacency.incidence(table)
            starts = np.repeat(np.arange(len(links.degrees)), links.degrees)
            pairs.update(zip(starts.tolist(), links.indices.tolist(), strict=True))
    return pairs


def markdown(report: WarningReport) -> str:
    """The rates as a table: a kind of warning a row, a group a column."""
    rates = {(rate.group, rate.kind): rate for rate in report.rates}
    lines = [
        f"seed {report.seed}",
        "",
        f"| warning | {' | '.join(_GROUPS)} |",
        "| --- |" + " --- |" * len(_GROUPS),
    ]
    for kind in _KINDS:
        cells = []
        for group in _GROUPS:
            rate = rates[group, kind]
            share = rate.warned / rate.pairs if rate.pairs else 0.0
            cells.append(f"{rate.warned:,} of {rate.pairs:,} ({share:.1%})")
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
