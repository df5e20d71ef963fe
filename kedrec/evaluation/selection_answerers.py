"""Who answers a question: chance, popularity, the graph's degrees, its ranking.

Degrees and ranking answer expRxRec without what is asked: the treatments that a split asks about are taken
out of the graph, with everything counted and fitted anew without them, as `kedrec evaluate ranking` does.
What is taken out depends on the config: `pair`: every candidate of a question with its disease;
`unseen_disease`:
all treatments of the questions' diseases; `unseen_drug`: all treatments of their candidates; each time with
what is another writing of the drug or the disease.

A stay of MIMIC-III asks what was prescribed, which no graph knows, so there the ranking of the whole graph
answers (a pair's own treatment hidden, its label unseen, as everywhere); a drug's probability for a stay is
that of treating at least one of its diseases, were they independent.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from kedrec.dataset.same_entity import kin_of
from kedrec.evaluation.ranking import score_fold
from kedrec.evaluation.selection_asking import Answer
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.ranking.stored_ranking import linked_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.hidden_folds import Split
    from kedrec.evaluation.selection_asking import Asked
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = ["ANSWERERS", "Answerer", "by_chance", "by_frequency", "by_graph", "by_graph_of_stays", "ranked"]

Answerer: TypeAlias = Literal["random", "frequency", "prior", "ranker", "llm"]
ANSWERERS: tuple[Answerer, ...] = ("random", "frequency", "prior", "ranker", "llm")

_SPLIT: dict[str, Split] = {"pair": "pair", "unseen_disease": "disease", "unseen_drug": "drug"}
_METHOD = {"prior": "degrees", "ranker": "ranking"}


def ranked(asked: Asked, scores: Mapping[str, float]) -> Answer:
    """The candidates by score, equal ones in the order they were asked in; the first ones are chosen."""
    order = sorted((one.id for one in asked.candidates), key=lambda id_: -scores.get(id_, float("-inf")))
    return Answer(tuple(order), tuple(order[: asked.most]))


def by_chance(asked: Asked, seed: int) -> Answer:
    """A random order."""
    content = f"{seed}\tchance\t{asked.id}".encode()
    draw = random.Random(hashlib.sha256(content).hexdigest())  # noqa: S311  # a draw, no secret
    return ranked(asked, {one.id: draw.random() for one in asked.candidates})


def by_frequency(training: Iterable[Question]) -> Callable[[Asked], Answer]:
    """The candidates that are right most often in the training part."""
    often = Counter(id_ for question in training for id_ in question.answers)
    return lambda asked: ranked(asked, often)


def by_graph(
    store: GraphStore, asked: Sequence[Asked], config: str, seed: int, progress: Progress | None = None
) -> dict[str, dict[str, Answer]]:
    """The answers of `prior` and `ranker`, by question's id, without what the questions ask.

    Args:
        store: the graph.
        asked: all questions of a split.
        config: of the data set; tells what is hidden.
        seed: of samples and trees.
        progress: called stage by stage.
    """
    adjacency = Adjacency(read_adjacency(store, schema_tables(), progress))
    if progress is not None:
        progress("Ranking without what is asked", 0, 1)
    numbers = {kind: _numbers(adjacency, kind) for kind in ("Drug", "Disease")}
    hidden = _hidden(store, asked, config, numbers)
    found = score_fold(adjacency, linked_tables(adjacency), _SPLIT.get(config, "pair"), hidden, seed)
    if progress is not None:
        progress("Ranking without what is asked", 1, 1)
    answers: dict[str, dict[str, Answer]] = {}
    for name, method in _METHOD.items():
        scores = np.mean([(v - v[hidden].mean()) / (v[hidden].std() or 1.0) for v in found[method]], axis=0)
        answers[name] = {one.id: ranked(one, _scores_of(one, scores, numbers)) for one in asked}
    return answers


def by_graph_of_stays(ranker: Ranker, name: str) -> Callable[[Asked], Answer]:
    """The candidates by how likely each treats one of the stay's diseases at least (`prior`, `ranker`)."""
    kept: dict[tuple[str, str], float] = {}

    def probability(drug: str, disease: str) -> float:
        if (drug, disease) not in kept:
            pair = ranker.pair(drug, disease)
            told = pair.prior if name == "prior" else pair.probability
            # Not fitted: the score alone tells, and grows with it.
            kept[drug, disease] = float(1 / (1 + np.exp(-pair.score))) if told is None else told
        return kept[drug, disease]

    def answer(asked: Asked) -> Answer:
        scores = {
            drug.id: 1 - float(np.prod([1 - probability(drug.id, one.id) for one in asked.diseases]))
            for drug in asked.candidates
        }
        return ranked(asked, scores)

    return answer


def _numbers(adjacency: Adjacency, kind: str) -> dict[str, int]:
    return {id_.decode(): number for number, id_ in enumerate(adjacency.ids(kind).tolist())}


def _scores_of(
    asked: Asked, scores: NDArray[np.float64], numbers: Mapping[str, Mapping[str, int]]
) -> dict[str, float]:
    disease = numbers["Disease"].get(asked.diseases[0].id)
    drugs = numbers["Drug"]
    if disease is None:
        return {}
    return {one.id: float(scores[drugs[one.id], disease]) for one in asked.candidates if one.id in drugs}


def _hidden(
    store: GraphStore, asked: Sequence[Asked], config: str, numbers: Mapping[str, Mapping[str, int]]
) -> NDArray[np.bool_]:
    """The pairs that a ranking may not know: drugs x diseases."""
    kin = {kind: _with_kin(store, kind, numbers[kind]) for kind in numbers}
    hidden = np.zeros((len(numbers["Drug"]), len(numbers["Disease"])), bool)
    for one in asked:
        diseases = kin["Disease"](one.diseases[0].id)
        drugs = [number for candidate in one.candidates for number in kin["Drug"](candidate.id)]
        if config == "unseen_disease":
            hidden[:, diseases] = True
        elif config == "unseen_drug":
            hidden[drugs, :] = True
        else:
            hidden[np.ix_(drugs, diseases)] = True
    return hidden


def _with_kin(store: GraphStore, kind: str, numbers: Mapping[str, int]) -> Callable[[str], list[int]]:
    """Gives the numbers of a node and of those that are the same under another id."""
    first = kin_of(store, kind)
    members: dict[str, list[int]] = defaultdict(list)
    for id_, number in numbers.items():
        members[first.get(id_, id_)].append(number)
    return lambda id_: members[first.get(id_, id_)]
