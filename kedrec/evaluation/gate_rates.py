"""Error rates of the grounding gate: false sentences that hold and true sentences that are struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from kedrec.evaluation.gate_sentences import Sentence, sentences
from kedrec.evidence.pair_evidence import retrieve
from kedrec.grounding import check
from kedrec.stores.role_edges import edges_with_role
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.ranking import Ranker
    from kedrec.schema import Role
    from kedrec.stores import GraphStore

__all__ = ["Rate", "evaluate", "gate_pairs", "markdown"]

_TOP_RANKS = 20  # of a disease's drugs, to draw from
_CONTRAINDICATED_SHARE = 0.3  # of the pairs


@dataclass(frozen=True, slots=True)
class Rate:
    """The gate's error rate on one group of sentences.

    Attributes:
        true: whether the sentences are true.
        group: the error of false sentences, the form of true ones.
        held_out: whether their forms were held out while the gate was built.
        sentences: number of sentences.
        wrong: number of the gate's errors: false ones that hold, or true ones that are struck.
        examples: up to five of the errors, each with the gate's reason.
        share: share of errors, 0 to 1.
    """

    true: bool
    group: str
    held_out: bool
    sentences: int
    wrong: int
    examples: tuple[str, ...] = ()
    share: float = field(init=False)

    def __post_init__(self) -> None:
        share = self.wrong / self.sentences if self.sentences else 0.0
        object.__setattr__(self, "share", share)


def gate_pairs(
    store: GraphStore, ranker: Ranker, count: int, seed: int, *, progress: Progress | None = None
) -> list[PairEvidence]:
    """Draws pairs with evidence: highly ranked ones of every disease in turn, and contraindicated ones.

    Args:
        store, ranker: a graph and its ranking.
        count: number of pairs, at most.
        seed: of the draw.
        progress: called after each pair.
    """
    rng = Random(f"{seed}:gate")  # noqa: S311  # draws pairs, no secrets
    drugs, diseases = _entities(store, "Drug"), _entities(store, "Disease")
    contraindicated = _pairs(store, "contraindication")
    treated = sorted({disease for _, disease in _pairs(store, "treatment")})
    rng.shuffle(contraindicated)
    rng.shuffle(treated)
    candidates = [*contraindicated[: round(count * _CONTRAINDICATED_SHARE)]]
    while treated and len(candidates) < 3 * count:
        before = len(candidates)
        for disease in treated:
            top_drugs = [score.drug for score in ranker.rank(disease)[:_TOP_RANKS]]
            candidates += [(drug, disease) for drug in rng.sample(top_drugs, min(1, len(top_drugs)))]
            if len(candidates) >= 3 * count:
                break
        if len(candidates) == before:
            break
    retrieved: dict[tuple[str, str], PairEvidence] = {}
    for drug, disease in candidates:
        if len(retrieved) >= count:
            break
        if (drug, disease) not in retrieved:
            evidence = retrieve(store, ranker, drugs[drug], diseases[disease], k=8)
            if evidence.evidence:
                retrieved[drug, disease] = evidence
                if progress is not None:
                    progress("Retrieving evidence", len(retrieved), count)
    return list(retrieved.values())


def evaluate(pairs: Sequence[PairEvidence], seed: int, *, progress: Progress | None = None) -> list[Rate]:
    """Measures the gate's error rates on sentences of every kind: false ones first, then true ones.

    Each sentence is judged alone, with its pair's whole evidence.
    """
    total: Counter[tuple[bool, str, bool]] = Counter()
    examples: dict[tuple[bool, str, bool], list[str]] = {}
    for number, sentence in enumerate(sentences(pairs, seed)):
        key = (sentence.true, sentence.group, sentence.held_out)
        total[key] += 1
        claim = _gate_claim(sentence)
        if (claim.status == "holds") != sentence.true:
            examples.setdefault(key, []).append(f"{sentence.text} {claim.reason}".strip())
        if progress is not None and number % 200 == 0:
            progress("Judging sentences", number, None)
    return [
        Rate(
            true,
            group,
            held_out,
            count,
            len(errors := examples.get((true, group, held_out), [])),
            tuple(errors[:5]),
        )
        for (true, group, held_out), count in sorted(total.items())
    ]


def _gate_claim(sentence: Sentence) -> Any:
    return check(
        sentence.text,
        sentence.pair.drug,
        sentence.pair.disease,
        sentence.pair.evidence,
        sentence.pair.adverse,
    ).claims[0]


def markdown(rates: Iterable[Rate]) -> str:
    """Two Markdown tables: false sentences that hold, and true ones that are struck, by group."""
    all_rates = list(rates)
    parts = []
    for true, heading, column in (
        (False, "False sentences", "hold"),
        (True, "True sentences", "struck"),
    ):
        rows = [rate for rate in all_rates if rate.true == true]
        lines = [
            f"| {heading} | known forms | {column} | held-out forms | {column} |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        groups = sorted({rate.group for rate in rows})
        for group in groups:
            cells = [
                _cells([rate for rate in rows if rate.group == group], held_out=held_out)
                for held_out in (False, True)
            ]
            lines.append(f"| {group} | {cells[0]} | {cells[1]} |")
        lines.append(f"| **all** | {_cells(rows, held_out=False)} | {_cells(rows, held_out=True)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cells(rates: Sequence[Rate], *, held_out: bool) -> str:
    group_rates = [rate for rate in rates if rate.held_out == held_out]
    count, wrong = sum(rate.sentences for rate in group_rates), sum(rate.wrong for rate in group_rates)
    return f"{count:,} | {wrong:,} ({wrong / count:.1%})" if count else "0 | -"


def _entities(store: GraphStore, kind: str) -> dict[str, Entity]:
    rows = store.nodes(kind, ["id", "name"]).to_pylist()
    return {row["id"]: Entity(id=row["id"], kind=kind, name=row["name"]) for row in rows}


def _pairs(store: GraphStore, role: Role) -> list[tuple[str, str]]:
    return sorted(
        {
            (row["start"], row["end"])
            for batch in edges_with_role(store, role, ("Drug", "Disease"), ["start", "end"])
            for row in batch.to_pylist()
        }
    )
