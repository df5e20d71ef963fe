"""How often the grounding gate lets a false sentence through, and how often it strikes a true one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from kedrec.evaluation.gate_sentences import Sentence, sentences
from kedrec.evidence.pair_evidence import retrieve
from kedrec.grounding import check
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = ["Rate", "evaluate", "gate_pairs", "markdown"]

_BEST = 20  # ranks that a disease's drugs are drawn from
_CONTRAINDICATED = 0.3  # share of pairs with a contraindication


@dataclass(frozen=True, slots=True)
class Rate:
    """What became of one group's sentences.

    Attributes:
        true: whether they are true.
        group: what is wrong with them, or how they are said.
        held_out: whether their forms were held out while the gate was built.
        sentences: how many were judged.
        wrong: of them, false ones that hold, or true ones that are struck.
        examples: some of those, each with the gate's reason.
    """

    true: bool
    group: str
    held_out: bool
    sentences: int
    wrong: int
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share that is wrong, 0 to 1."""
        return self.wrong / self.sentences if self.sentences else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The rate as plain data."""
        return {**asdict(self), "share": self.share}


def gate_pairs(
    store: GraphStore, ranker: Ranker, count: int, seed: int, *, progress: Progress | None = None
) -> list[PairEvidence]:
    """Pairs with their evidence: highly ranked ones of every disease in turn, and contraindicated ones.

    Args:
        store, ranker: a graph and its ranking.
        count: how many; fewer where the graph hasn't as many.
        seed: of the draw.
        progress: called after each pair.
    """
    rng = Random(f"{seed}:gate")  # noqa: S311  # draws pairs, no secrets
    drugs, diseases = _entities(store, "Drug"), _entities(store, "Disease")
    forbidden = _pairs(store, "CONTRAINDICATED_FOR")
    treated = sorted({disease for _, disease in _pairs(store, "TREATS")})
    rng.shuffle(forbidden)
    rng.shuffle(treated)
    wanted = [*forbidden[: round(count * _CONTRAINDICATED)]]
    while treated and len(wanted) < 3 * count:
        before = len(wanted)
        for disease in treated:
            best = [score.drug for score in ranker.rank(disease)[:_BEST]]
            wanted += [(drug, disease) for drug in rng.sample(best, min(1, len(best)))]
            if len(wanted) >= 3 * count:
                break
        if len(wanted) == before:
            break
    found: dict[tuple[str, str], PairEvidence] = {}
    for drug, disease in wanted:
        if len(found) >= count:
            break
        if (drug, disease) not in found:
            evidence = retrieve(store, ranker, drugs[drug], diseases[disease], k=8)
            if evidence.evidence:
                found[drug, disease] = evidence
                if progress is not None:
                    progress("Retrieving evidence", len(found), count)
    return list(found.values())


def evaluate(pairs: Sequence[PairEvidence], seed: int, *, progress: Progress | None = None) -> list[Rate]:
    """The gate's rates over every kind of sentence on these pairs: false ones first, then true ones.

    Each sentence is judged alone, with its pair's whole evidence.
    """
    total: Counter[tuple[bool, str, bool]] = Counter()
    wrong: dict[tuple[bool, str, bool], list[str]] = {}
    for number, one in enumerate(sentences(pairs, seed)):
        key = (one.true, one.group, one.held_out)
        total[key] += 1
        claim = _judged(one)
        if (claim.status == "holds") != one.true:
            wrong.setdefault(key, []).append(f"{one.text} {claim.reason}".strip())
        if progress is not None and number % 200 == 0:
            progress("Judging sentences", number, None)
    return [
        Rate(
            true,
            group,
            held_out,
            many,
            len(failed := wrong.get((true, group, held_out), [])),
            tuple(failed[:5]),
        )
        for (true, group, held_out), many in sorted(total.items())
    ]


def _judged(one: Sentence) -> Any:
    return check(one.text, one.pair.drug, one.pair.disease, one.pair.evidence, one.pair.adverse).claims[0]


def markdown(rates: Iterable[Rate]) -> str:
    """Both tables: false sentences that hold and true ones that are struck, by group."""
    every = list(rates)
    parts = []
    for true, heading, column in (
        (False, "False sentences", "hold"),
        (True, "True sentences", "struck"),
    ):
        rows = [rate for rate in every if rate.true == true]
        lines = [
            f"| {heading} | known forms | {column} | held-out forms | {column} |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        groups = sorted({rate.group for rate in rows})
        for group in groups:
            cells = [
                _cells([rate for rate in rows if rate.group == group], held_out=one) for one in (False, True)
            ]
            lines.append(f"| {group} | {cells[0]} | {cells[1]} |")
        lines.append(f"| **all** | {_cells(rows, held_out=False)} | {_cells(rows, held_out=True)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cells(rates: Sequence[Rate], *, held_out: bool) -> str:
    chosen = [rate for rate in rates if rate.held_out == held_out]
    many, wrong = sum(rate.sentences for rate in chosen), sum(rate.wrong for rate in chosen)
    return f"{many:,} | {wrong:,} ({wrong / many:.1%})" if many else "0 | -"


def _entities(store: GraphStore, kind: str) -> dict[str, Entity]:
    rows = store.nodes(kind, ["id", "name"]).to_pylist()
    return {row["id"]: Entity(id=row["id"], kind=kind, name=row["name"]) for row in rows}


def _pairs(store: GraphStore, relation: str) -> list[tuple[str, str]]:
    return sorted(
        {
            (row["start"], row["end"])
            for batch in store.edges(relation, "Drug", "Disease", ["start", "end"])
            for row in batch.to_pylist()
        }
    )
