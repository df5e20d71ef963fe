"""Builds expRxRec from a graph: which of these drugs treats the disease, and why.

The layout of the questions follows KEDRec-LM's expRxRec (arXiv:2502.20350): a disease, candidate drugs,
evidence on each, the right drug and a rationale.
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

from kedrec.dataset.build_folder import BuildFolder
from kedrec.dataset.candidates import PairTask, PairWork
from kedrec.dataset.data_card import write_card
from kedrec.dataset.hf_folder import SPLITS, SplitName, write_note, write_questions
from kedrec.dataset.leaks import LeakReport, check_leaks, drop_near_duplicates
from kedrec.dataset.negatives import CandidateMix, NegativeChooser
from kedrec.dataset.pair_jobs import JobContext, Journal, collect_facts
from kedrec.dataset.popularity import Popularity, count_popularity, write_popularity
from kedrec.dataset.questions import QuestionDraft, assemble_questions, question_id, shuffle_candidates
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

_JOURNAL_FORMAT = 6  # raised with every change of a pair's facts


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a build; the same options and graph give the same bytes.

    Attributes:
        sources: names of the sources whose treatments become questions; () for every source's.
        recipe: candidates and kinds of negatives.
        questions: most questions of a config, drawn by the seed; 0: one for every treatment.
        paths, adverse: most supporting, and most adverse, paths a candidate.
        texts: most trials, and most articles, a candidate; 0: no texts.
        curated: curated mechanisms become reference rationales.
        model, epochs: of the graph embedding.
        seed: of every draw.
    """

    sources: tuple[str, ...] = ()
    recipe: CandidateMix = field(default_factory=CandidateMix)
    questions: int = 0
    paths: int = 3
    adverse: int = 1
    texts: int = 2
    curated: bool = True
    model: ModelName = "TransE"
    epochs: int = 15
    seed: int = 0


class BuildReport(Frozen):
    """Figures of a finished build.

    Attributes:
        rows: config -> split -> questions.
        conflicting: treatments excluded since they are contraindicated as well.
        too_few: questions dropped for lack of drugs that could be wrong answers, by config.
        repeated: questions dropped since their rationale nearly equals one of another split, by config.
        referenced: questions with a reference rationale, by config.
        leaks: numbers of leaks between splits.
        embedding: the graph embedding's model, MRR and Hits@10.
        teacher: the chat teacher's counts; empty without one.
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
class _GraphData:
    """Data read once from a graph."""

    fingerprint: str
    drugs: tuple[str, ...]
    treatments: Treatments
    popularity: Popularity
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
    """Builds a data set into a folder, or resumes a stopped build of the same options.

    Args:
        settings: the graph and the caches.
        out: a new folder, an empty one, or that of a stopped build.
        options: what to build.
        texts: folder of the passage index; None: without texts.
        teacher: writes the rationales that no curated mechanism gives; None: they stay empty.
        again: replace an existing data set.
        jobs: worker processes.
        ray: address of a Ray cluster to work on; "": this machine.
        progress: called with the stage, the steps done and their total.

    Raises:
        EmptyGraphError: no treatments, or too few drugs.
        NotFoundError: a source states no treatment.
        UsageError: the folder is in use; Ray or PyTorch Geometric isn't installed.
        StoreBusyError: another process is building there.
        DataError: the disk refuses; or two splits have near-duplicate questions.
        StoreError: the graph can't be read.
    """
    with BuildFolder(out).locked(again=again) as build_folder:
        graph, context, drafts, too_few = _prepare(settings, options, texts, progress)
        journal = Journal(build_folder.working / "pairs.jsonl", context.key)
        journal.read()
        facts = collect_facts(context, _tasks(drafts), journal, jobs=jobs, ray=ray, progress=progress)
        questions: dict[str, dict[SplitName, list[Question]]] = {}
        repeated: dict[str, int] = {}
        for config in CONFIGS:
            splits = assemble_questions(
                drafts[config],
                context.work.divisions[config],
                facts,
                graph.treatments,
                paths=options.paths,
                adverse=options.adverse,
            )
            if teacher is not None:
                splits = teacher.write(splits, progress)
            questions[config], repeated[config] = drop_near_duplicates(splits)
        leaks = check_leaks(questions, graph.treatments)
        if leaks.total:
            raise DataError(
                f"Questions of two splits are nearly one, so that nothing was written: {leaks.summary()}.",
                "This is a defect of the division; please report it with the graph's sources.",
            )
        report = BuildReport(
            folder=str(out),
            rows={config: {split: len(questions[config][split]) for split in SPLITS} for config in CONFIGS},
            conflicting=graph.treatments.conflicting,
            too_few=too_few,
            repeated=repeated,
            referenced={config: _count_references(questions[config]) for config in CONFIGS},
            leaks=leaks,
            embedding=_embedding_summary(graph.embedding),
            teacher=teacher.summary() if teacher is not None else {},
        )
        build_folder.remove_note()
        for config in CONFIGS:
            for split in SPLITS:
                write_questions(build_folder.folder, config, split, questions[config][split])
        write_popularity(build_folder.folder, graph.drugs, graph.popularity)
        write_card(build_folder.folder, questions, options=asdict(options), graph=graph.fingerprint)
        provenance = {
            "seed": options.seed,
            "options": asdict(options),
            "graph": graph.fingerprint,
            "texts": context.work.vocabulary if context.texts else "",
            "report": report.model_dump(exclude={"folder"}),
        }
        write_note(build_folder.folder, "exprxrec", CONFIGS, provenance)
        build_folder.finish()
    return report


def _prepare(
    settings: Settings, options: Options, texts: Path | None, progress: Progress | None
) -> tuple[_GraphData, JobContext, dict[Config, list[QuestionDraft]], dict[str, int]]:
    """Reads the graph and drafts the questions.

    Returns:
        The graph's data, the workers' inputs, the drafts by config, and the number of questions dropped by
        config for lack of wrong answers.
    """
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
        popularity = count_popularity(adjacency, treatments.treated)
        graph = _GraphData(fingerprint, drugs, treatments, popularity, embedding)
        pairs = _question_pairs(treatments, options)
        divisions: dict[Config, Division] = {}
        for done, config in enumerate(CONFIGS):
            if progress is not None:
                progress("Dividing the questions", done, len(CONFIGS))
            divisions[config] = divide(treatments, pairs, adjacency, config, options.seed)
        indications = read_indications(store, progress)
        vocabulary = Linker.open(store).digest if texts else ""
    drafts, too_few = _draft_questions(graph, pairs, divisions, options)
    work = PairWork(
        treatments,
        divisions,
        {(indication.drug, indication.disease): indication for indication in indications},
        options.paths,
        options.adverse,
        options.texts if texts else 0,
        vocabulary,
        options.curated,
        options.seed,
    )
    inputs = [
        asdict(options),
        fingerprint,
        vocabulary,
        embedding.digest if embedding is not None else "",
        _JOURNAL_FORMAT,
    ]
    key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return graph, JobContext(settings, texts, work, key), drafts, too_few


def _question_pairs(treatments: Treatments, options: Options) -> list[Pair]:
    """The pairs that become questions, drawn by the seed where there are more treatments than wanted."""
    pairs = [(treatment.drug, treatment.disease) for treatment in treatments.positives]
    if options.questions and len(pairs) > options.questions:
        rng = Random(f"questions:{options.seed}")  # noqa: S311  # draws questions, no secrets
        pairs = sorted(rng.sample(pairs, options.questions))
    return pairs


def _draft_questions(
    graph: _GraphData, pairs: Sequence[Pair], divisions: Mapping[Config, Division], options: Options
) -> tuple[dict[Config, list[QuestionDraft]], dict[str, int]]:
    """Drafts the questions of each config, and counts those without enough possible wrong answers."""
    chooser = NegativeChooser(
        graph.drugs, graph.treatments, graph.popularity, graph.embedding, options.recipe
    )
    wanted_pairs = set(pairs)
    treatments = [
        treatment
        for treatment in graph.treatments.positives
        if (treatment.drug, treatment.disease) in wanted_pairs
    ]
    drafts: dict[Config, list[QuestionDraft]] = {}
    too_few: dict[str, int] = {}
    for config in CONFIGS:
        division, drafts[config] = divisions[config], []
        for treatment in treatments:
            drug, disease = treatment.drug, treatment.disease
            split = division.split[drug, disease]
            rng = Random(f"negatives:{options.seed}:{drug}:{disease}")  # noqa: S311  # no secrets
            negatives = chooser.choose(treatment, rng, partial(division.allows, split=split))
            if negatives is None:
                continue
            id_ = question_id(config, drug, disease, options.seed)
            candidates = shuffle_candidates([drug, *(negative.id for negative in negatives)], id_)
            by_id = {negative.id: negative for negative in negatives}
            ordered_negatives = tuple(by_id[candidate] for candidate in candidates if candidate in by_id)
            drafts[config].append(QuestionDraft(id_, split, treatment, candidates, ordered_negatives))
        too_few[config] = len(treatments) - len(drafts[config])
    if not any(drafts.values()):
        raise EmptyGraphError(
            f"No treatment of the graph leaves {options.recipe.candidates - 1} drugs that could be wrong.",
            "Give fewer --candidates, or load a source with more drugs.",
        )
    return drafts, too_few


def _tasks(drafts: Mapping[Config, Sequence[QuestionDraft]]) -> list[PairTask]:
    """One task for each pair of the questions, a disease's pairs side by side."""
    configs: dict[Pair, set[Config]] = defaultdict(set)
    right: set[Pair] = set()
    for config, questions in drafts.items():
        for draft in questions:
            right.add((draft.treatment.drug, draft.treatment.disease))
            for drug in draft.candidates:
                configs[drug, draft.treatment.disease].add(config)
    return [
        PairTask(*pair, tuple(config for config in CONFIGS if config in configs[pair]), pair in right)
        for pair in sorted(configs, key=lambda pair: (pair[1], pair[0]))
    ]


def _count_references(splits: Mapping[SplitName, Sequence[Question]]) -> int:
    return sum(question.reference is not None for questions in splits.values() for question in questions)


def _embedding_summary(embedding: GraphEmbedding | None) -> dict[str, Any]:
    if embedding is None:
        return {}
    return {
        "model": embedding.model, "epochs": embedding.epochs, "links": embedding.links,
        "mrr": round(embedding.mrr, 4), "hits_at_10": round(embedding.hits, 4), "sha256": embedding.digest,
    }  # fmt: skip
