"""Training examples from a loaded graph: real evidence of real pairs, and a target that holds.

Four kinds of pairs, as in use: known treatments, whose curated mechanism (of DrugMechDB, where it has
one) tells which paths to follow; drugs with a contraindication; the ranking's best drugs for a disease
that are no known treatment; and drugs at random, whose evidence is weak. The evidence is what `kedrec ask`
would retrieve, most of it of little meaning.

Diseases are split by a hash of their id: no target, and no evidence, of a training example names a
disease that is held out.
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
from kedrec.llm.prompting import rationale_request
from kedrec.training.holdout import Split, split
from kedrec.training.targets import realize
from kedrec.types import Entity, Evidence

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.llm.base import Message
    from kedrec.ranking import Ranker
    from kedrec.stores.base import GraphStore

__all__ = ["Example", "build", "held_out_pairs", "load", "prompt_of", "save"]

Origin = Literal["curated", "cautioned", "candidate", "random"]

_SHARES: tuple[tuple[Origin, float], ...] = (
    ("curated", 0.56),
    ("cautioned", 0.12),
    ("candidate", 0.22),
    ("random", 0.1),
)
_A_DISEASE = 8  # examples of one disease and kind, so that well-known diseases don't fill the set
_BEST = 30  # ranks that a candidate is drawn from
_PATHS = (3, 8)
_ADVERSE = 3
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt's content and its target.

    Attributes:
        origin: kind of the pair.
        evidence, adverse: as they stand in the prompt.
        target: the rationale to learn; every sentence of it passes the gate.
    """

    drug: Entity
    disease: Entity
    origin: Origin
    evidence: tuple[Evidence, ...]
    adverse: tuple[Evidence, ...]
    target: str


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
    parted: Split | None = None,
    progress: Progress | None = None,
) -> list[Example]:
    """Examples from a graph; the same graph, count and seed give the same ones.

    Args:
        store, ranker: a graph, best with DrugMechDB in it, and its ranking.
        count: how many; fewer where the graph hasn't as many pairs.
        seed: of the split, the pairs and the words.
        test: from the held-out diseases, instead of the others.
        parted: the split, where it is over more graphs than this one.
        progress: called after each example.

    Raises:
        EmptyGraphError: the graph holds no treatment of these diseases.
    """
    parted = parted or split(store, seed)
    rng = Random(f"{seed}:{'test' if test else 'train'}")  # noqa: S311  # draws examples, no secrets
    streams = _pairs(store, ranker, rng, parted, test=test)
    wanted = {origin: round(share * count) for origin, share in _SHARES}
    examples: list[Example] = []
    for origin, many in wanted.items():
        made = 0
        for pair in streams[origin]:
            if made >= many:
                break
            example = _example(store, ranker, pair, rng, None if test else parted)
            if example is not None:
                examples.append(example)
                made += 1
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
    """Pairs of held-out diseases with what `kedrec ask` would retrieve, to evaluate on.

    They are known treatments, contraindications and candidates, drawn as for training; a pair with fewer
    than two paths is left out, as `kedrec ask` asks for no rationale then.

    Args:
        store, ranker: a graph and its ranking.
        count: how many; fewer where the graph hasn't as many.
        seed: of the split and the pairs.
        paths: most paths a pair.
        progress: called after each pair.

    Raises:
        EmptyGraphError: the graph holds no treatment of a held-out disease.
    """
    rng = Random(f"{seed}:evaluate")  # noqa: S311  # draws pairs, no secrets
    streams = _pairs(store, ranker, rng, split(store, seed), test=True)
    wanted = {origin: round(share * count) for origin, share in _SHARES}
    found: dict[tuple[str, str], PairEvidence] = {}
    for origin, many in wanted.items():
        taken = 0
        for pair in streams[origin]:
            if taken >= many:
                break
            if (pair.drug.id, pair.disease.id) in found:
                continue
            evidence = retrieve(store, ranker, pair.drug, pair.disease, k=paths)
            if len(evidence.evidence) >= _FEWEST:
                found[pair.drug.id, pair.disease.id] = evidence
                taken += 1
                if progress is not None:
                    progress("Retrieving evidence", len(found), count)
    return list(found.values())


def prompt_of(example: Example) -> tuple[Message, ...]:
    """The messages that `kedrec ask` would send for an example."""
    return rationale_request(
        example.drug,
        example.disease,
        example.evidence,
        example.adverse,
        count_tokens=lambda _: 0,  # the trainer counts, and leaves out what is too long
        context=1,
        max_tokens=0,
        seed=0,
        grammar=False,
    ).messages


def save(examples: Iterable[Example], path: Path) -> None:
    """Writes examples as JSON Lines: the pair, the messages, the target, and the evidence itself."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            record = {
                "drug": example.drug.model_dump(),
                "disease": example.disease.model_dump(),
                "origin": example.origin,
                "target": example.target,
                "messages": [[message.role, message.content] for message in prompt_of(example)],
                "evidence": [item.model_dump(mode="json") for item in example.evidence],
                "adverse": [item.model_dump(mode="json") for item in example.adverse],
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def load(path: Path) -> list[Example]:
    """Reads what `save` wrote.

    Raises:
        DataError: the file isn't such a file.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return [_read(json.loads(line)) for line in file]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} can't be read as examples: {error}.", "Build the examples again.") from error


def _read(record: dict[str, object]) -> Example:
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
    store: GraphStore, ranker: Ranker, rng: Random, parted: Split, *, test: bool
) -> dict[Origin, Iterator[_Pair]]:
    """Endless enough streams of pairs, each in an order drawn at random."""
    drugs, diseases = _entities(store, "Drug"), _entities(store, "Disease")
    known = _edges(store, "TREATS")
    side = {
        id_
        for id_, disease in diseases.items()
        if (id_ in parted.ids if test else not (id_ in parted.ids or parted.names_one(disease.name)))
    }
    # Where curated mechanisms are loaded, treatments without one teach less.
    mechanistic = any(known.values())
    curated = [
        _Pair(drugs[drug], diseases[disease], "curated", mechanisms)
        for (drug, disease), mechanisms in known.items()
        if disease in side and (mechanisms or not mechanistic)
    ]
    if not curated:
        raise EmptyGraphError(
            f"The graph at {store.url} has no treatments to learn from.",
            "Load DrugMechDB: `kedrec-load graph drugmechdb`.",
        )
    targets = sorted({pair.disease.id for pair in curated})
    cautioned = [
        _Pair(drugs[drug], diseases[disease], "cautioned", known.get((drug, disease), ()))
        for drug, disease in _edges(store, "CONTRAINDICATED_FOR")
        if disease in side
    ]

    def candidates() -> Iterator[_Pair]:
        for disease in rng.sample(targets, len(targets)) * 3:
            best = [score.drug for score in ranker.rank(disease)[:_BEST] if not score.known]
            for drug in rng.sample(best, min(2, len(best))):
                yield _Pair(drugs[drug], diseases[disease], "candidate")

    def unlikely() -> Iterator[_Pair]:
        everything = sorted(drugs)
        for disease in rng.sample(targets, len(targets)) * 3:
            drug = rng.choice(everything)
            if (drug, disease) not in known:
                yield _Pair(drugs[drug], diseases[disease], "random")

    rng.shuffle(curated)
    rng.shuffle(cautioned)
    return {
        "curated": _capped(curated),
        "cautioned": iter(cautioned * 3),  # graphs hold few; what is drawn again gets other words
        "candidate": _capped(candidates()),
        "random": _capped(unlikely()),
    }


def _edges(store: GraphStore, relation: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """(drug, disease) of a relation's edges, in order, with the curated mechanisms they are part of."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for batch in store.edges(relation, "Drug", "Disease", ["start", "end", "mechanisms"]):
        for row in batch.to_pylist():
            found[row["start"], row["end"]].update(row["mechanisms"])
    return {pair: tuple(sorted(mechanisms)) for pair, mechanisms in sorted(found.items())}


def _capped(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    taken: defaultdict[str, int] = defaultdict(int)
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        key = (pair.drug.id, pair.disease.id)
        if key not in seen and taken[pair.disease.id] < _A_DISEASE:
            seen.add(key)
            taken[pair.disease.id] += 1
            yield pair


def _entities(store: GraphStore, kind: str) -> dict[str, Entity]:
    rows = store.nodes(kind, ["id", "name"]).to_pylist()
    return {row["id"]: Entity(id=row["id"], kind=kind, name=row["name"]) for row in rows}


def _example(
    store: GraphStore, ranker: Ranker, pair: _Pair, rng: Random, parted: Split | None
) -> Example | None:
    """The pair's evidence, varied, with its target; None where there is too little to say."""
    found = retrieve(store, ranker, pair.drug, pair.disease, k=_PATHS[1])
    evidence = [item for item in found.evidence if parted is None or not parted.leaks(item)]
    adverse = [item for item in found.adverse if parted is None or not parted.leaks(item)]
    if len(evidence) < _FEWEST:
        return None
    if parted is not None:
        evidence, adverse = _varied(evidence, adverse, rng)
    target = realize(pair.drug, pair.disease, evidence, adverse, rng, mechanisms=pair.mechanisms)
    if not target:
        return None
    return Example(pair.drug, pair.disease, pair.origin, tuple(evidence), tuple(adverse), target)


def _varied(
    evidence: Sequence[Evidence], adverse: Sequence[Evidence], rng: Random
) -> tuple[list[Evidence], list[Evidence]]:
    """Other numbers of items, in other orders, under other ids than retrieval gives."""
    many = min(rng.randint(*_PATHS), len(evidence))
    items = list(evidence[:many]) if rng.random() < 0.65 else rng.sample(list(evidence), many)
    if rng.random() < 0.6:
        items.sort(key=lambda item: -item.score)
    warnings = list(adverse[: rng.randint(1, _ADVERSE)])
    ids = list(range(1, many + 1))
    if rng.random() < 0.15:
        ids = sorted(rng.sample(range(1, 2 * many + 4), many))
    return (
        [item.model_copy(update={"id": f"P{id_}"}) for item, id_ in zip(items, ids, strict=True)],
        [item.model_copy(update={"id": f"A{place}"}) for place, item in enumerate(warnings, 1)],
    )
