"""Baseline answerers of selection questions: chance, popularity, the graph's degrees, its ranking.

Degrees and ranking answer expRxRec with the treatments in question hidden: those that a split asks about are
removed from the graph, and all counts and models are recomputed without them, as in `kedrec evaluate
ranking`. The config decides what is hidden: `pair`: every candidate of a question with its disease;
`unseen_disease`: all treatments of the questions' diseases; `unseen_drug`: all treatments of their
candidates; each time including duplicates of the drug or the disease under other ids.

A stay of MIMIC-III asks what was prescribed, which no graph contains, so the ranking of the full graph
answers (a pair's own treatment hidden, its label unseen, as everywhere); a drug's probability for a stay is
that of treating at least one of its diseases, assuming independence.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from kedrec.dataset.same_entity import canonical_ids
from kedrec.evaluation.ranking import score_fold, standardized
from kedrec.evaluation.selection_asking import RankedAnswer
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.linked_nodes import LinkedNodes
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.stored_ranking import linked_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.hidden_folds import Split
    from kedrec.evaluation.selection_asking import BlindQuestion
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = [
    "ANSWERERS",
    "READERS",
    "Answerer",
    "HiddenScores",
    "answer_at_random",
    "frequency_answerer",
    "rank_candidates",
    "stay_answerer",
]

Answerer: TypeAlias = Literal["random", "frequency", "prior", "ranker", "minilm", "llm", "pointwise", "both"]
ANSWERERS: tuple[Answerer, ...] = get_args(Answerer)
READERS: tuple[Answerer, ...] = ("minilm", "llm", "pointwise", "both")
"""Those that read the evidence."""

_SPLIT: dict[str, Split] = {"pair": "pair", "unseen_disease": "disease", "unseen_drug": "drug"}
_LEAST = 1e-12  # probability, for its logarithm
_METHOD = {"prior": "degrees", "ranker": "ranking"}


def rank_candidates(question: BlindQuestion, scores: Mapping[str, float]) -> RankedAnswer:
    """Orders the candidates by score, ties in the question's order, and chooses the first ones."""
    order = sorted(
        (candidate.id for candidate in question.candidates), key=lambda id_: -scores.get(id_, float("-inf"))
    )
    ordered = tuple(float(scores.get(id_, float("-inf"))) for id_ in order)
    return RankedAnswer(tuple(order), tuple(order[: question.most]), scores=ordered)


def answer_at_random(question: BlindQuestion, seed: int) -> RankedAnswer:
    """Answers in a random order, drawn from the seed and the question's id."""
    content = f"{seed}\tchance\t{question.id}".encode()
    generator = random.Random(hashlib.sha256(content).hexdigest())  # noqa: S311  # a draw, no secret
    return rank_candidates(question, {candidate.id: generator.random() for candidate in question.candidates})


def frequency_answerer(training: Iterable[Question]) -> Callable[[BlindQuestion], RankedAnswer]:
    """Builds an answerer that prefers the drugs most often right in the training split."""
    counts = Counter(id_ for example in training for id_ in example.answers)
    return lambda question: rank_candidates(question, counts)


@dataclass(frozen=True, slots=True)
class HiddenScores:
    """Scores of all drugs for the diseases of some questions, without the treatments in question.

    Attributes:
        scores: by answerer (`prior`, `ranker`), in log-odds: drugs x these diseases.
        drugs: the row of each drug, by id.
        diseases: the column of each disease, by id.
    """

    scores: Mapping[str, NDArray[np.float64]]
    drugs: Mapping[str, int]
    diseases: Mapping[str, int]

    @classmethod
    def of(
        cls,
        store: GraphStore,
        questions: Sequence[BlindQuestion],
        config: str,
        seed: int,
        progress: Progress | None = None,
    ) -> HiddenScores:
        """Fits the ranking without what is asked.

        Args:
            store: the graph.
            questions: all questions of a split.
            config: of the data set; decides what is hidden.
            seed: of samples and trees.
            progress: called stage by stage.
        """
        whole = Adjacency(read_adjacency(store, schema_tables(), progress))
        adjacency = LinkedNodes.of(whole, "Drug").adjacency
        if progress is not None:
            progress("Ranking without what is asked", 0, 1)
        numbers = {kind: _numbers(adjacency, kind) for kind in ("Drug", "Disease")}
        hidden = _hidden(store, questions, config, numbers)
        # The asked ones alone: a drug's pairs are hidden with every disease of the graph.
        ids = {question.diseases[0].id for question in questions} & numbers["Disease"].keys()
        diseases = np.array(sorted(numbers["Disease"][id_] for id_ in ids), np.int64)
        fold_scores = score_fold(
            adjacency, linked_tables(adjacency), _SPLIT.get(config, "pair"), hidden, seed, diseases=diseases
        )
        if progress is not None:
            progress("Ranking without what is asked", 1, 1)
        scores = {}
        for name, method in _METHOD.items():
            mask = hidden[:, diseases]
            scores[name] = np.mean([standardized(values, mask) for values in fold_scores[method]], axis=0)
            # In log-odds again, as the ranking's own scores are: the order stays.
            scores[name] *= np.mean([values[mask].std() for values in fold_scores[method]])
        columns = {id_: int(np.searchsorted(diseases, numbers["Disease"][id_])) for id_ in ids}
        return cls(scores, numbers["Drug"], columns)

    def answers(self, name: str, questions: Sequence[BlindQuestion]) -> dict[str, RankedAnswer]:
        """The answers of `prior` or `ranker`, by question id."""
        return {
            question.id: rank_candidates(question, self._by_candidate(question, self.scores[name]))
            for question in questions
        }

    def places(self, questions: Sequence[BlindQuestion]) -> dict[str, RankedAnswer]:
        """The candidates in the ranking's order, by question id; minus the place among all drugs as score."""
        order = np.argsort(-self.scores["ranker"], axis=0, kind="stable")
        places = np.empty(order.shape)
        np.put_along_axis(places, order, np.arange(1.0, len(order) + 1)[:, None], axis=0)
        return {
            question.id: rank_candidates(question, self._by_candidate(question, -places))
            for question in questions
        }

    def _by_candidate(self, question: BlindQuestion, scores: NDArray[np.float64]) -> dict[str, float]:
        """The scores of a question's candidates by id; empty where its disease has none."""
        column = self.diseases.get(question.diseases[0].id)
        if column is None:
            return {}
        return {
            candidate.id: float(scores[self.drugs[candidate.id], column])
            for candidate in question.candidates
            if candidate.id in self.drugs
        }


def stay_answerer(ranker: Ranker, name: str) -> Callable[[BlindQuestion], RankedAnswer]:
    """Builds an answerer by the probability of treating at least one of a stay's diseases.

    `name` is `prior` or `ranker`.
    """
    cache: dict[tuple[str, str], float] = {}

    def probability(drug: str, disease: str) -> float:
        if (drug, disease) not in cache:
            pair = ranker.pair(drug, disease)
            fitted = pair.prior if name == "prior" else pair.probability
            # Without a fit there is only the score; the sigmoid preserves its order.
            cache[drug, disease] = float(1 / (1 + np.exp(-pair.score))) if fitted is None else fitted
        return cache[drug, disease]

    def answer(question: BlindQuestion) -> RankedAnswer:
        scores = {}
        for drug in question.candidates:
            without = math.prod(1 - probability(drug.id, disease.id) for disease in question.diseases)
            scores[drug.id] = math.log(max(1 - without, _LEAST)) - math.log(max(without, _LEAST))
        return rank_candidates(question, scores)

    return answer


def _numbers(adjacency: Adjacency, kind: str) -> dict[str, int]:
    return {id_.decode(): number for number, id_ in enumerate(adjacency.ids(kind).tolist())}


def _hidden(
    store: GraphStore,
    questions: Sequence[BlindQuestion],
    config: str,
    numbers: Mapping[str, Mapping[str, int]],
) -> NDArray[np.bool_]:
    """Mask of the pairs to hide from the ranking: drugs x diseases."""
    same_numbers = {kind: _numbers_of_same_entity(store, kind, numbers[kind]) for kind in numbers}
    hidden = np.zeros((len(numbers["Drug"]), len(numbers["Disease"])), bool)
    for question in questions:
        diseases = same_numbers["Disease"](question.diseases[0].id)
        drugs = [number for candidate in question.candidates for number in same_numbers["Drug"](candidate.id)]
        if config == "unseen_disease":
            hidden[:, diseases] = True
        elif config == "unseen_drug":
            hidden[drugs, :] = True
        else:
            hidden[np.ix_(drugs, diseases)] = True
    return hidden


def _numbers_of_same_entity(
    store: GraphStore, kind: str, numbers: Mapping[str, int]
) -> Callable[[str], list[int]]:
    """Builds a look-up from a node's id to the numbers of all ids of the same entity."""
    canonical = canonical_ids(store, kind)
    members: dict[str, list[int]] = defaultdict(list)
    for id_, number in numbers.items():
        members[canonical.get(id_, id_)].append(number)
    return lambda id_: members[canonical.get(id_, id_)]
