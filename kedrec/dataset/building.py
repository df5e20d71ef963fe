"""Builds expRxRec from a graph: which of these drugs treats the disease, and why.

The layout of the questions follows KEDRec-LM's expRxRec (arXiv:2502.20350): a disease, candidate drugs, what
is known of each, the right drug and a rationale.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from kedrec.dataset.build_folder import Place
from kedrec.dataset.candidates import PairTask, PairWork
from kedrec.dataset.data_card import write_card
from kedrec.dataset.hf_folder import SPLITS, SplitName, write_note, write_questions
from kedrec.dataset.leaks import LeakReport, check_leaks, near_equal
from kedrec.dataset.negatives import Chooser, Recipe
from kedrec.dataset.pair_jobs import Journal, Shared, work_on
from kedrec.dataset.popularity import Popularity, popularity, write_popularity
from kedrec.dataset.questions import Drawn, assembled, question_id, shuffled
from kedrec.dataset.splits import CONFIGS, Config, Division, divide
from kedrec.dataset.treatments import read_treatments
from kedrec.documents.linking import Linker
from kedrec.errors import DataError, EmptyGraphError
from kedrec.evidence.mechanisms import read_indications
from kedrec.training.graph_embedding import graph_embedding
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.dataset.teachers import Teacher
    from kedrec.dataset.treatments import Pair, Treatments
    from kedrec.settings import Settings
    from kedrec.training.graph_embedding import GraphEmbedding, ModelName

__all__ = ["BuildReport", "Options", "build"]

_JOURNAL = 5  # raised with every change of what is made of a pair


@dataclass(frozen=True, slots=True)
class Options:
    """What to build; the same options and graph give the same bytes.

    Attributes:
        sources: whose treatments are asked about; () for every source's.
        recipe: candidates and kinds of negatives.
        questions: most questions of a config, drawn by the seed; 0: every treatment.
        paths, adverse: most paths a candidate that support, and that speak against.
        texts: most trials, and most articles, a candidate; 0: no texts.
        curated: whether curated mechanisms are written out as reference rationales.
        model, epochs: of the graph embedding.
        seed: of all that is drawn.
    """

    sources: tuple[str, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)
    questions: int = 0
    paths: int = 3
    adverse: int = 1
    texts: int = 2
    curated: bool = True
    model: ModelName = "TransE"
    epochs: int = 15
    seed: int = 0


class BuildReport(Frozen):
    """What was built.

    Attributes:
        rows: config -> split -> questions.
        conflicting: treatments left out since they are contraindicated as well.
        too_few: questions left out since too few drugs were left as wrong answers, by config.
        repeated: questions left out since their rationale is nearly one of another split, by config.
        referenced: questions with a reference rationale, by config.
        leaks: what the checks found.
        embedding: of the graph embedding: model, MRR, Hits@10.
        teacher: what the chat teacher did; empty without.
    """

    folder: str
    rows: dict[str, dict[str, int]]
    conflicting: int
    too_few: dict[str, int]
    repeated: dict[str, int]
    referenced: dict[str, int]
    leaks: LeakReport
    embedding: dict[str, Any]
    teacher: dict[str, Any]


@dataclass(frozen=True)
class _Graph:
    """What is read once of a graph."""

    fingerprint: str
    drugs: tuple[str, ...]
    treatments: Treatments
    known: Popularity
    embedding: GraphEmbedding | None


def build(
    settings: Settings,
    out: Path,
    options: Options,
    *,
    texts: Path | None = None,
    teacher: Teacher | None = None,
    again: bool = False,
    jobs: int = 1,
    ray: str = "",
    progress: Progress | None = None,
) -> BuildReport:
    """Builds a data set into a folder, or goes on with a build of the same options that was stopped.

    Args:
        settings: the graph and the caches.
        out: a new folder, an empty one, or that of a build that was stopped.
        options: what to build.
        texts: folder of the passage index; None: without texts.
        teacher: writes the rationales that no curated mechanism gives; None: nobody.
        again: replace a data set that is there.
        jobs: processes to work on.
        ray: address of a Ray cluster to work on; "": this machine.
        progress: called as the work goes on.

    Raises:
        EmptyGraphError: no treatments, or too few drugs.
        NotFoundError: a source says of no treatment.
        UsageError: the folder is in use; Ray or PyTorch Geometric isn't there.
        StoreBusyError: another process is building there.
        DataError: the disk refuses; or questions of two splits are nearly one.
        StoreError: the graph can't be read.
    """
    with Place(out).held(again=again) as place:
        graph, shared, drawn, too_few = _prepared(settings, options, texts, progress)
        journal = Journal(place.working / "pairs.jsonl", shared.key)
        journal.read()
        facts = work_on(shared, _tasks(drawn), journal, jobs=jobs, ray=ray, progress=progress)
        questions: dict[str, dict[SplitName, list[Question]]] = {}
        repeated: dict[str, int] = {}
        for config in CONFIGS:
            made = assembled(
                drawn[config],
                shared.work.divisions[config],
                facts,
                graph.treatments,
                paths=options.paths,
                adverse=options.adverse,
            )
            if teacher is not None:
                made = teacher.write(made, progress)
            questions[config], repeated[config] = near_equal(made)
        leaks = check_leaks(questions, graph.treatments)
        if leaks.found:
            raise DataError(
                f"Questions of two splits are nearly one, so that nothing was written: {leaks.told()}.",
                "This is a defect of the division; please report it with the graph's sources.",
            )
        report = BuildReport(
            folder=str(out),
            rows={config: {split: len(questions[config][split]) for split in SPLITS} for config in CONFIGS},
            conflicting=graph.treatments.conflicting,
            too_few=too_few,
            repeated=repeated,
            referenced={config: _referenced(questions[config]) for config in CONFIGS},
            leaks=leaks,
            embedding=_about(graph.embedding),
            teacher=teacher.told() if teacher is not None else {},
        )
        place.empty()
        for config in CONFIGS:
            for split in SPLITS:
                write_questions(place.folder, config, split, questions[config][split])
        write_popularity(place.folder, graph.drugs, graph.known)
        write_card(place.folder, questions, options=asdict(options), graph=graph.fingerprint)
        facts_told = {
            "seed": options.seed,
            "options": asdict(options),
            "graph": graph.fingerprint,
            "texts": shared.work.vocabulary if shared.texts else "",
            "report": report.model_dump(exclude={"folder"}),
        }
        write_note(place.folder, "exprxrec", CONFIGS, facts_told)
        place.finish()
    return report


def _prepared(
    settings: Settings, options: Options, texts: Path | None, progress: Progress | None
) -> tuple[_Graph, Shared, dict[Config, list[Drawn]], dict[str, int]]:
    """The graph, what workers need, and the questions that were drawn."""
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    with open_store(settings.graph_url, settings) as store:
        fingerprint = str(store.fingerprint())
        treatments = read_treatments(store, options.sources, progress)
        adjacency = Ranker.open(
            store, settings.cache_dir, threads=settings.threads, progress=progress
        ).adjacency
        embedding = None
        if options.recipe.hard:
            embedding = graph_embedding(
                adjacency,
                fingerprint,
                settings.cache_dir,
                model=options.model,
                epochs=options.epochs,
                seed=options.seed,
                progress=progress,
            )
        drugs = tuple(id_.decode() for id_ in adjacency.ids("Drug").tolist())
        graph = _Graph(fingerprint, drugs, treatments, popularity(adjacency, treatments.treated), embedding)
        asked = _asked(treatments, options)
        divisions: dict[Config, Division] = {}
        for done, config in enumerate(CONFIGS):
            if progress is not None:
                progress("Dividing the questions", done, len(CONFIGS))
            divisions[config] = divide(treatments, asked, adjacency, config, options.seed)
        indications = read_indications(store, progress)
        vocabulary = Linker.open(store).digest if texts else ""
    drawn, too_few = _drawn(graph, asked, divisions, options)
    work = PairWork(
        treatments,
        divisions,
        {(one.drug, one.disease): one for one in indications},
        options.paths,
        options.adverse,
        options.texts if texts else 0,
        vocabulary,
        options.curated,
        options.seed,
    )
    told = [asdict(options), fingerprint, vocabulary, _vectors(embedding), _JOURNAL]
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return graph, Shared(settings, texts, work, key), drawn, too_few


def _asked(treatments: Treatments, options: Options) -> list[Pair]:
    """The treatments that are asked about, drawn by the seed where there are more than asked for."""
    pairs = [(one.drug, one.disease) for one in treatments.positives]
    if options.questions and len(pairs) > options.questions:
        rng = Random(f"questions:{options.seed}")  # noqa: S311  # draws questions, no secrets
        pairs = sorted(rng.sample(pairs, options.questions))
    return pairs


def _drawn(
    graph: _Graph, asked: Sequence[Pair], divisions: Mapping[Config, Division], options: Options
) -> tuple[dict[Config, list[Drawn]], dict[str, int]]:
    """The questions of each config, and how many had too few drugs left as wrong answers."""
    chooser = Chooser(graph.drugs, graph.treatments, graph.known, graph.embedding, options.recipe)
    wanted = set(asked)
    chosen = [one for one in graph.treatments.positives if (one.drug, one.disease) in wanted]
    drawn: dict[Config, list[Drawn]] = {}
    too_few: dict[str, int] = {}
    for config in CONFIGS:
        division, drawn[config] = divisions[config], []
        for one in chosen:
            split = division.split[one.drug, one.disease]
            rng = Random(f"negatives:{options.seed}:{one.drug}:{one.disease}")  # noqa: S311  # no secrets
            negatives = chooser.choose(one, rng, partial(division.allowed, split=split))
            if negatives is None:
                continue
            id_ = question_id(config, one.drug, one.disease, options.seed)
            candidates = shuffled([one.drug, *(wrong.id for wrong in negatives)], id_)
            by_id = {wrong.id: wrong for wrong in negatives}
            ordered = tuple(by_id[drug] for drug in candidates if drug in by_id)
            drawn[config].append(Drawn(id_, split, one, candidates, ordered))
        too_few[config] = len(chosen) - len(drawn[config])
    if not any(drawn.values()):
        raise EmptyGraphError(
            f"No treatment of the graph leaves {options.recipe.candidates - 1} drugs that could be wrong.",
            "Give fewer --candidates, or load a source with more drugs.",
        )
    return drawn, too_few


def _tasks(drawn: Mapping[Config, Sequence[Drawn]]) -> list[PairTask]:
    """Every pair of the questions once, a disease's pairs side by side."""
    configs: dict[Pair, set[Config]] = defaultdict(set)
    right: set[Pair] = set()
    for config, questions in drawn.items():
        for one in questions:
            right.add((one.treatment.drug, one.treatment.disease))
            for drug in one.candidates:
                configs[drug, one.treatment.disease].add(config)
    return [
        PairTask(*pair, tuple(config for config in CONFIGS if config in configs[pair]), pair in right)
        for pair in sorted(configs, key=lambda pair: (pair[1], pair[0]))
    ]


def _referenced(splits: Mapping[SplitName, Sequence[Question]]) -> int:
    return sum(one.reference is not None for questions in splits.values() for one in questions)


def _vectors(embedding: GraphEmbedding | None) -> str:
    return embedding.digest if embedding is not None else ""


def _about(embedding: GraphEmbedding | None) -> dict[str, Any]:
    if embedding is None:
        return {}
    return {
        "model": embedding.model, "epochs": embedding.epochs, "links": embedding.links,
        "mrr": round(embedding.mrr, 4), "hits_at_10": round(embedding.hits, 4), "sha256": embedding.digest,
    }  # fmt: skip
