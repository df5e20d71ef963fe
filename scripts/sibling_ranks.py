"""Prints how known treatments rank with their own edge hidden, and how far from drugs that act alike.

    python scripts/sibling_ranks.py GRAPH [--treatments 500] [--apart 100] [--seed 7]

A sibling of a drug acts on one of its targets with the same sign and is in a class of at most fifty drugs
with it. Of each known treatment drawn, the rank among all drugs is counted, and the distance to the nearest
of its siblings and to the siblings' median.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import kedrec
from kedrec.answers.grouping import shared_classes
from kedrec.pathlogic.signs import action_signs
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_with_role


def actions(kr: kedrec.Kedrec) -> dict[str, set[tuple[str, int]]]:
    """Each drug's targets with the one sign of its action there; targets without one are left out."""
    signs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for relation in load_schema().joining("target", "Drug", "Gene"):
        for batch in kr.store.edges(relation, "Drug", "Gene", ["start", "end", "action"]):
            for row in batch.to_pylist():
                signs[row["start"], row["end"]] |= action_signs(relation, row["action"] or "") - {0}
    acting: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for (drug, target), of_pair in signs.items():
        if len(of_pair) == 1:
            acting[drug].add((target, next(iter(of_pair))))
    return acting


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graph", help="URL of the graph")
    for name, default in (("treatments", 500), ("apart", 100), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311  # a sample, no secret
    with kedrec.open(options.graph) as kr:
        treatments = sorted(
            {
                pair
                for batch in edges_with_role(kr.store, "treatment", ("Drug", "Disease"), ["start", "end"])
                for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            }
        )
        drawn = draw.sample(treatments, min(options.treatments, len(treatments)))
        acting = actions(kr)
        members: dict[str, set[str]] = defaultdict(set)
        for drug in acting:
            for drug_class in shared_classes(kr.ranker.adjacency, drug):
                members[drug_class].add(drug)
        ranks: list[int] = []
        nearest: list[int] = []
        middle: list[float] = []
        for drug, disease in sorted(drawn, key=lambda pair: pair[1]):
            order = {score.drug: rank for rank, score in enumerate(kr.ranker.rank(disease), 1)}
            ranks.append(order[drug])
            siblings = {
                other
                for drug_class in shared_classes(kr.ranker.adjacency, drug)
                for other in members[drug_class]
                if other != drug and acting[other] & acting[drug]
            }
            apart = [abs(order[drug] - order[other]) for other in siblings if other in order]
            if apart:
                nearest.append(min(apart))
                middle.append(median(apart))
    print(f"known treatments: {len(ranks):,}; median rank {median(ranks):,.0f} of {len(order):,} drugs")
    print(f"in the first ten {share(ranks, 10, above=False)}, beyond rank 500 {share(ranks, 500)}")
    print(
        f"with siblings: {len(nearest):,}; more than {options.apart} ranks apart: from the nearest "
        f"{share(nearest, options.apart)}, from the median one {share(middle, options.apart)}"
    )


def share(values: list[int] | list[float], limit: int, *, above: bool = True) -> str:
    """The share of the values above a limit, or up to it, in percent."""
    count = sum(value > limit for value in values)
    return f"{(count if above else len(values) - count) / max(len(values), 1):.0%}"


if __name__ == "__main__":
    main()
