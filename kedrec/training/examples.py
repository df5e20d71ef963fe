"""Builds training examples from a loaded graph: real evidence of real pairs, and a target that holds.

Four kinds of pairs, as in use: known treatments, whose curated mechanism (from DrugMechDB, where it has one)
gives the paths to state; drugs with a contraindication; the ranking's best drugs for a disease that are no
known treatment; and drugs at random, whose evidence is weak. The evidence is that of `kedrec ask`, most of it
of little meaning.

Diseases are split by a hash of their id: no training example names a held-out disease, neither in its target
nor in its evidence. None is about what a data set asks for, on which the student is to be measured.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal

from kedrec.errors import DataError, EmptyGraphError
from kedrec.evidence.pair_evidence import PairEvidence, retrieve
from kedrec.llm.prompting import RationalePrompt, rationale_request
from kedrec.stores.role_edges import edges_with_role
from kedrec.training.holdout import Holdout, hold_out
from kedrec.training.instruction import Instruction
from kedrec.training.targets import write_target
from kedrec.types import Entity, Evidence

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.llm.base import Message
    from kedrec.ranking import Ranker
    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore

__all__ = ["Example", "build", "held_out_pairs", "instruction", "load", "prompt_messages", "save"]

Origin = Literal["curated", "cautioned", "candidate", "random"]

_SHARES: tuple[tuple[Origin, float], ...] = (
    ("curated", 0.56),
    ("cautioned", 0.12),
    ("candidate", 0.22),
    ("random", 0.1),
)
_DISEASE_LIMIT = 8  # examples of one disease and kind, so that well-known diseases don't fill the set
_CANDIDATE_RANKS = 30  # ranks that a candidate is drawn from
_PATHS = (3, 8)  # fewest and most supporting paths in a prompt
_MOST_ADVERSE = 3
_FEWEST_PATHS = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt's content and its target.

    Attributes:
        origin: kind of the pair.
        evidence, adverse: the prompt's items, with their ids in it.
        target: the rationale to learn; every sentence of it passes the gate.
    """

    drug: Entity
    disease: Entity
    origin: Origin
    evidence: tuple[Evidence, ...]
    adverse: tuple[Evidence, ...]
    target: str

    @property
    def licences(self) -> frozenset[str]:
        """Licences under which the evidence is stated."""
        return frozenset(licence for item in (*self.evidence, *self.adverse) for licence in item.licences)


@dataclass(frozen=True, slots=True)
class _Pair:
    drug: Entity
    disease: Entity
    origin: Origin
    mechanisms: tuple[str, ...] = ()


def build(
    store: GraphStore,
    ranker: Ranker,
    count: int,
    seed: int,
    *,
    test: bool = False,
    holdout: Holdout | None = None,
    progress: Progress | None = None,
) -> list[Example]:
    """Builds examples from a graph; the same graph, count and seed give the same ones.

    Args:
        store, ranker: a graph, best with DrugMechDB in it, and its ranking.
        count: number of examples; fewer where the graph has fewer pairs.
        seed: of the split, the pairs and the words.
        test: from the held-out diseases, instead of the others.
        holdout: the held-out diseases of several graphs; None: this graph's.
        progress: called after each example.

    Raises:
        EmptyGraphError: the graph holds no treatment of these diseases.
    """
    holdout = holdout or hold_out(store, seed)
    rng = Random(f"{seed}:{'test' if test else 'train'}")  # noqa: S311  # draws examples, no secrets
    streams = _pairs(store, ranker, rng, holdout, test=test)
    limits = {origin: round(share * count) for origin, share in _SHARES}
    examples: list[Example] = []
    for origin, limit in limits.items():
        example_count = 0
        for pair in streams[origin]:
            if example_count >= limit:
                break
            example = _example(store, ranker, pair, rng, None if test else holdout)
            if example is not None:
                examples.append(example)
                example_count += 1
                if progress is not None:
                    progress("Building examples", len(examples), count)
    rng.shuffle(examples)
    return examples


def held_out_pairs(
    store: GraphStore,
    ranker: Ranker,
    count: int,
    seed: int,
    *,
    paths: int = _PATHS[1],
    progress: Progress | None = None,
) -> list[PairEvidence]:
    """Pairs of held-out diseases with the evidence of `kedrec ask`, to evaluate on.

    They are drawn as for training; a pair with fewer than two paths is skipped, as `kedrec ask` then writes
    no rationale.

    Args:
        store, ranker: a graph and its ranking.
        count: number of pairs; fewer where the graph has fewer.
        seed: of the split and the pairs.
        paths: most paths a pair.
        progress: called after each pair.

    Raises:
        EmptyGraphError: the graph holds no treatment of a held-out disease.
    """
    rng = Random(f"{seed}:evaluate")  # noqa: S311  # draws pairs, no secrets
    streams = _pairs(store, ranker, rng, hold_out(store, seed), test=True)
    limits = {origin: round(share * count) for origin, share in _SHARES}
    pairs: dict[tuple[str, str], PairEvidence] = {}
    for origin, limit in limits.items():
        pair_count = 0
        for pair in streams[origin]:
            if pair_count >= limit:
                break
            if (pair.drug.id, pair.disease.id) in pairs:
                continue
            evidence = retrieve(store, ranker, pair.drug, pair.disease, k=paths)
            if len(evidence.evidence) >= _FEWEST_PATHS:
                pairs[pair.drug.id, pair.disease.id] = evidence
                pair_count += 1
                if progress is not None:
                    progress("Retrieving evidence", len(pairs), count)
    return list(pairs.values())


def prompt_messages(example: Example) -> tuple[Message, ...]:
    """The messages that `kedrec ask` would send for an example."""
    return _request(example.drug, example.disease, example.evidence, example.adverse).messages


def instruction(example: Example) -> Instruction:
    """An example as an instruction to learn."""
    return Instruction("rationale", prompt_messages(example), example.target)


def _request(
    drug: Entity, disease: Entity, evidence: Sequence[Evidence], adverse: Sequence[Evidence]
) -> RationalePrompt:
    return rationale_request(
        drug,
        disease,
        evidence,
        adverse,
        count_tokens=lambda _: 0,  # the trainer counts, and skips examples that are too long
        context=1,
        max_tokens=0,
        seed=0,
        grammar=False,
    )


def save(examples: Iterable[Example], path: Path) -> None:
    """Writes examples as JSON Lines: the pair, the messages, the target, and the evidence itself."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            record = {
                "drug": example.drug.model_dump(),
                "disease": example.disease.model_dump(),
                "origin": example.origin,
                "target": example.target,
                "messages": [[message.role, message.content] for message in prompt_messages(example)],
                "evidence": [item.model_dump(mode="json") for item in example.evidence],
                "adverse": [item.model_dump(mode="json") for item in example.adverse],
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def load(path: Path) -> list[Example]:
    """Reads examples that `save` wrote.

    Raises:
        DataError: the file has no examples in that form.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return [_example_of(json.loads(line)) for line in file]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} can't be read as examples: {error}.", "Build the examples again.") from error


def _example_of(record: dict[str, object]) -> Example:
    fields = {"drug": record["drug"], "disease": record["disease"]}
    evidence, adverse, origin = record["evidence"], record["adverse"], record["origin"]
    if not isinstance(evidence, list) or not isinstance(adverse, list):
        raise TypeError("evidence is no list")
    if origin not in ("curated", "cautioned", "candidate", "random"):
        raise ValueError(f"unknown origin {origin!r}")
    return Example(
        drug=Entity.model_validate(fields["drug"]),
        disease=Entity.model_validate(fields["disease"]),
        origin=origin,
        evidence=tuple(Evidence.model_validate(item) for item in evidence),
        adverse=tuple(Evidence.model_validate(item) for item in adverse),
        target=str(record["target"]),
    )


def _pairs(
    store: GraphStore, ranker: Ranker, rng: Random, holdout: Holdout, *, test: bool
) -> dict[Origin, Iterator[_Pair]]:
    """Streams of pairs by kind, each in random order; the small ones repeat their pairs."""
    drugs, diseases = _entities(store, "Drug"), _entities(store, "Disease")
    treatments = _mechanisms_by_pair(store, "treatment")
    disease_ids = {
        id_
        for id_, disease in diseases.items()
        if (id_ in holdout.ids if test else not (id_ in holdout.ids or holdout.names_held_out(disease.name)))
    }
    # Where curated mechanisms are loaded, treatments without one teach less.
    has_mechanisms = any(treatments.values())
    curated_pairs = [
        _Pair(drugs[drug], diseases[disease], "curated", mechanisms)
        for (drug, disease), mechanisms in treatments.items()
        if disease in disease_ids and (mechanisms or not has_mechanisms)
    ]
    if not curated_pairs:
        raise EmptyGraphError(
            f"The graph at {store.url} has no treatments to learn from.",
            "Load DrugMechDB: `kedrec-load graph drugmechdb`.",
        )
    targets = sorted({pair.disease.id for pair in curated_pairs})
    cautioned_pairs = [
        _Pair(drugs[drug], diseases[disease], "cautioned", treatments.get((drug, disease), ()))
        for drug, disease in _mechanisms_by_pair(store, "contraindication")
        if disease in disease_ids
    ]

    def candidates() -> Iterator[_Pair]:
        for disease in rng.sample(targets, len(targets)) * 3:
            best = [score.drug for score in ranker.rank(disease)[:_CANDIDATE_RANKS] if not score.known]
            for drug in rng.sample(best, min(2, len(best))):
                yield _Pair(drugs[drug], diseases[disease], "candidate")

    def random_pairs() -> Iterator[_Pair]:
        drug_ids = sorted(drugs)
        for disease in rng.sample(targets, len(targets)) * 3:
            drug = rng.choice(drug_ids)
            if (drug, disease) not in treatments:
                yield _Pair(drugs[drug], diseases[disease], "random")

    rng.shuffle(curated_pairs)
    rng.shuffle(cautioned_pairs)
    return {
        "curated": _capped(curated_pairs),
        "cautioned": iter(cautioned_pairs * 3),  # graphs have few; a repeated pair gets other words
        "candidate": _capped(candidates()),
        "random": _capped(random_pairs()),
    }


def _mechanisms_by_pair(store: GraphStore, role: Role) -> dict[tuple[str, str], tuple[str, ...]]:
    """The curated mechanisms of each (drug, disease) that a relation of a role joins, both in order."""
    mechanisms_by_pair: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for batch in edges_with_role(store, role, ("Drug", "Disease"), ["start", "end", "mechanisms"]):
        for row in batch.to_pylist():
            mechanisms_by_pair[row["start"], row["end"]].update(row["mechanisms"])
    return {pair: tuple(sorted(mechanisms)) for pair, mechanisms in sorted(mechanisms_by_pair.items())}


def _capped(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    """The distinct pairs, at most `_DISEASE_LIMIT` of a disease."""
    counts: defaultdict[str, int] = defaultdict(int)
    distinct: set[tuple[str, str]] = set()
    for pair in pairs:
        key = (pair.drug.id, pair.disease.id)
        if key not in distinct and counts[pair.disease.id] < _DISEASE_LIMIT:
            distinct.add(key)
            counts[pair.disease.id] += 1
            yield pair


def _entities(store: GraphStore, kind: str) -> dict[str, Entity]:
    rows = store.nodes(kind, ["id", "name"]).to_pylist()
    return {row["id"]: Entity(id=row["id"], kind=kind, name=row["name"]) for row in rows}


def _example(
    store: GraphStore, ranker: Ranker, pair: _Pair, rng: Random, holdout: Holdout | None
) -> Example | None:
    """The pair's evidence, varied, with its target; None where it has too little or is asked for."""
    if holdout is not None and holdout.asked.asks(pair.drug.id, pair.disease.id):
        return None
    pair_evidence = retrieve(store, ranker, pair.drug, pair.disease, k=_PATHS[1])
    evidence = [item for item in pair_evidence.evidence if holdout is None or not holdout.leaks(item)]
    adverse = [item for item in pair_evidence.adverse if holdout is None or not holdout.leaks(item)]
    if len(evidence) < _FEWEST_PATHS:
        return None
    if holdout is not None:
        evidence, adverse = _vary(evidence, adverse, rng)
    # A target says what the prompt shows: no association beside a mechanism, no long path beside short ones.
    shown = _request(pair.drug, pair.disease, evidence, adverse).included
    evidence = [item for item in evidence if item.id in shown]
    target = write_target(pair.drug, pair.disease, evidence, adverse, rng, mechanisms=pair.mechanisms)
    if not target:
        return None
    return Example(pair.drug, pair.disease, pair.origin, tuple(evidence), tuple(adverse), target)


def _vary(
    evidence: Sequence[Evidence], adverse: Sequence[Evidence], rng: Random
) -> tuple[list[Evidence], list[Evidence]]:
    """Varies the number of items, their order and their ids."""
    count = min(rng.randint(*_PATHS), len(evidence))
    items = list(evidence[:count]) if rng.random() < 0.65 else rng.sample(list(evidence), count)
    if rng.random() < 0.6:
        items.sort(key=lambda item: -item.score)
    warnings = list(adverse[: rng.randint(1, _MOST_ADVERSE)])
    numbers = list(range(1, count + 1))
    if rng.random() < 0.15:
        numbers = sorted(rng.sample(range(1, 2 * count + 4), count))
    return (
        [item.model_copy(update={"id": f"P{number}"}) for item, number in zip(items, numbers, strict=True)],
        [item.model_copy(update={"id": f"A{number}"}) for number, item in enumerate(warnings, 1)],
    )
