"""Recall of the text search: a question's own abstract, and passages that name both of a curated pair."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.text_files import read_lines
from kedrec.documents.passage_search import search_pair, search_question
from kedrec.errors import DataError
from kedrec.stores.role_edges import edges_with_role
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.minilm import Embedder
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.stores import GraphStore

__all__ = [
    "PairCoverage",
    "QuestionRecall",
    "curated_pairs",
    "markdown",
    "pair_coverage",
    "question_recall",
    "read_questions",
]


@dataclass(frozen=True, slots=True)
class QuestionRecall:
    """Shares of questions whose own abstract ranks first, and among the first five."""

    method: str
    questions: int
    recall_at_1: float
    recall_at_5: float


@dataclass(frozen=True, slots=True)
class PairCoverage:
    """Numbers of pairs with a passage that names both, with a trial that studied both, with either."""

    pairs: int
    named: int
    studied: int
    either: int


def read_questions(path: Path) -> list[tuple[str, str]]:
    """Reads PubMedQA's questions: PubMed number and question, in the order of the file.

    Raises:
        DataError: the file isn't in PubMedQA's layout.
    """
    try:
        items = json.loads(b"".join(read_lines(path)))
        return [(pmid, item["QUESTION"]) for pmid, item in items.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} isn't in PubMedQA's layout: {error!r}.", "Give its ori_pqal.json."
        ) from error


def question_recall(
    index: PassageIndex,
    questions: Sequence[tuple[str, str]],
    embedder: Embedder | None,
    *,
    most: int | None,
    seed: int,
    progress: Progress,
) -> list[QuestionRecall]:
    """Measures recall by BM25 and, with an embedder, re-ranked; both over the full index.

    Args:
        index: the texts.
        questions: PubMed number and question; those without an indexed abstract are skipped.
        embedder: re-ranks the passages; None: BM25 alone.
        most: number of questions drawn at random; None: all.
        seed: of the draw.
        progress: called question by question.
    """
    known = {id_.partition(":")[2] for id_ in index.catalogue.ids("pubmedqa")}
    indexed = [(pmid, question) for pmid, question in questions if pmid in known]
    if most is not None and most < len(indexed):
        indexed = random.Random(seed).sample(indexed, most)  # noqa: S311  # a sample, no secret
    results = []
    for method, model in (("BM25", None), ("BM25 + MiniLM", embedder)):
        if method != "BM25" and model is None:
            continue
        first = five = 0
        for number, (pmid, question) in enumerate(indexed):
            progress(f"Asking, {method}", number, len(indexed))
            passages = search_question(index, question, 5, embedder=model)
            ranks = [rank for rank, passage in enumerate(passages) if f"PMID:{pmid}" in passage.keys]
            first += ranks[:1] == [0]
            five += bool(ranks)
        total = max(len(indexed), 1)
        results.append(QuestionRecall(method, len(indexed), first / total, five / total))
    return results


def curated_pairs(store: GraphStore, source: str = "drugmechdb") -> list[tuple[Entity, Entity]]:
    """The drug and disease of each of a source's indications, sorted by id."""
    names = {kind: dict(zip(*_columns(store, kind), strict=True)) for kind in ("Drug", "Disease")}
    pairs: set[tuple[str, str]] = set()
    for batch in edges_with_role(store, "treatment", ("Drug", "Disease"), ["start", "end"], [source]):
        pairs.update(zip(batch.column("start").to_pylist(), batch.column("end").to_pylist(), strict=True))
    return [
        (
            Entity(id=drug, kind="Drug", name=names["Drug"][drug]),
            Entity(id=disease, kind="Disease", name=names["Disease"][disease]),
        )
        for drug, disease in sorted(pairs)
    ]


def _columns(store: GraphStore, kind: str) -> tuple[list[str], list[str]]:
    table = store.nodes(kind, ["id", "name"])
    return table.column("id").to_pylist(), table.column("name").to_pylist()


def pair_coverage(
    index: PassageIndex, pairs: Sequence[tuple[Entity, Entity]], progress: Progress
) -> PairCoverage:
    """Counts the pairs with a passage or a trial."""
    passages = trials = either = 0
    for number, (drug, disease) in enumerate(pairs):
        progress("Looking for pairs", number, len(pairs))
        texts = search_pair(index, drug, disease, "both", 1)
        passages += bool(texts.passages)
        trials += bool(texts.trials)
        either += bool(texts.passages or texts.trials)
    return PairCoverage(len(pairs), passages, trials, either)


def markdown(questions: Sequence[QuestionRecall], pairs: PairCoverage | None) -> str:
    """Both results as Markdown tables."""
    lines = []
    if questions:
        lines += ["| method | questions | recall@1 | recall@5 |", "|---|---:|---:|---:|"]
        lines += [
            f"| {row.method} | {row.questions:,} | {row.recall_at_1:.3f} | {row.recall_at_5:.3f} |"
            for row in questions
        ]
    if pairs is not None and pairs.pairs:
        lines += ["", "| curated pairs | with | share |", "|---|---:|---:|"]
        for name, count in (
            ("a passage that names both", pairs.named), ("a trial that studied both", pairs.studied),
            ("either", pairs.either),
        ):  # fmt: skip
            lines.append(f"| {pairs.pairs:,} | {name}: {count:,} | {count / pairs.pairs:.3f} |")
    return "\n".join(lines).strip() + "\n"
