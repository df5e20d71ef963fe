"""Command `kedrec evaluate retrieval`: measures the recall of the search for texts."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import graph_option, json_option, print_json, say, warn
from kedrec.cli.progress import progress_on_stderr


@click.command()
@click.option(
    "--pubmedqa",
    "questions_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="PubMedQA's ori_pqal.json: each question should find its own abstract, which must be in the index.",
)
@click.option(
    "--questions",
    "limit",
    type=click.IntRange(min=1),
    help="Number of questions, drawn at random. Default: all.",
)
@click.option("--seed", type=int, help="Seed of the draw.")
@graph_option
@json_option
def retrieval(
    questions_file: Path | None, limit: int | None, seed: int | None, graph: str | None, as_json: bool
) -> None:
    """Count the questions that find their own abstract, and the curated pairs that have a passage."""
    from kedrec.documents.minilm import Embedder
    from kedrec.documents.passage_index import PassageIndex, index_folder
    from kedrec.errors import ModelError
    from kedrec.evaluation.passage_recall import (
        curated_pairs,
        markdown,
        pair_coverage,
        question_recall,
        read_questions,
    )
    from kedrec.evaluation.reports import RetrievalReport
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    settings = load_settings(graph=graph, seed=seed)
    folder = index_folder(settings.home)
    with progress_on_stderr() as progress, PassageIndex.open(folder) as index:
        with open_store(settings.graph_url, settings) as store:
            pairs = pair_coverage(index, curated_pairs(store), progress)
        question_results = []
        if questions_file is not None:
            try:
                embedder = Embedder(settings.models_dir, folder / "vectors.sqlite")
            except ModelError as error:
                warn(str(error))
                embedder = None
            questions = read_questions(questions_file)
            question_results = question_recall(
                index, questions, embedder, most=limit, seed=settings.seed, progress=progress
            )
    if as_json:
        print_json(RetrievalReport(question_results, pairs))
    else:
        say(markdown(question_results, pairs), nl=False)
