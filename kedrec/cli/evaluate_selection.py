"""Command `kedrec evaluate selection`: measures how well answerers choose among a question's candidates."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import graph_option, json_option, json_text, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.evaluation.selection_runs import AnswererResources
    from kedrec.llm.base import ChatModel
    from kedrec.ranking import Ranker
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore

__all__ = ["answerer_resources", "selection", "write_results"]


@click.command()
@click.option(
    "--dataset", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="A data set."
)
@click.option(
    "--answerer",
    "answerers",
    multiple=True,
    type=click.Choice(["random", "frequency", "prior", "ranker", "minilm", "llm", "pointwise", "both"]),
    default=("random", "frequency", "prior", "ranker"),
    show_default=True,
    help="Method of answering; may be repeated. frequency: the drug most often right in training; prior: "
    "the graph's degrees; minilm: a regression on MiniLM's vectors of the evidence; llm: the language model "
    "chooses; pointwise: it judges each candidate alone; both: its judgement beside the ranking's log-odds.",
)
@click.option("--model", metavar="NAME", help="The language model. Default: KEDREC_MODEL.")
@click.option(
    "--background",
    type=click.Choice(["none", "trials", "literature", "both"]),
    default="none",
    show_default=True,
    help="Texts that minilm, llm and pointwise read, from your own passage index.",
)
@click.option("--paths/--no-paths", default=True, show_default=True, help="Show them the graph's paths.")
@click.option("--config", "configs", multiple=True, help="May be repeated. Default: every config.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(["train", "validation", "test"]),
    default=("test",),
    show_default=True,
    help="May be repeated.",
)
@click.option(
    "--among",
    type=click.Choice(["all", "hard", "degree-matched", "frequency-matched", "random"]),
    default="all",
    show_default=True,
    help="Use wrong candidates of this kind only.",
)
@click.option(
    "--questions", "limit", type=click.IntRange(min=1), help="Maximum number of questions of a split."
)
@click.option("--seed", type=int, help="Seed of the candidates' order, samples, the model and the bootstrap.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write selection.json, selection.md and every answer here; a stopped run resumes from them.",
)
@graph_option
@json_option
def selection(
    folder: Path,
    answerers: tuple[Any, ...],
    model: str | None,
    background: Any,
    paths: bool,
    configs: tuple[str, ...],
    splits: tuple[Any, ...],
    among: Any,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Measure choices among a data set's candidates: precision, recall, F1 and reciprocal rank."""
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.evaluation.reports import SelectionReport
    from kedrec.evaluation.selection_runs import evaluate
    from kedrec.evaluation.selection_scores import markdown
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph, seed=seed, model=model)
    dataset = DataSet(folder)
    results = []
    with ExitStack() as stack, progress_on_stderr() as progress:
        resources = answerer_resources(settings, stack, progress, texts=background != "none")
        for config in configs or dataset.configs:
            for split in splits:
                if not configs and not dataset.rows(config, split):
                    continue  # on a small graph a split may be empty
                results += evaluate(
                    dataset,
                    config,
                    split,
                    answerers,
                    resources,
                    background=background,
                    paths=paths,
                    among=among,
                    limit=limit,
                    seed=settings.seed,
                    out=out,
                    progress=progress,
                )
    report = SelectionReport(settings.seed, results)
    write_results(out, "selection", report, markdown(results))
    if as_json:
        print_json(report)
    else:
        say(f"seed {settings.seed}\n\n{markdown(results)}", nl=False)


def write_results(out: Path | None, name: str, value: object, table: str) -> None:
    """Writes NAME.json and NAME.md into a folder; does nothing without one.

    Raises:
        DataError: the files can't be written.
    """
    from kedrec.errors import DataError

    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.json").write_text(json_text(value, indent=1) + "\n", encoding="utf-8")
        (out / f"{name}.md").write_text(table, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"The results can't be written into {out}: {error.strerror or error}.", "Name another --out."
        ) from error


def answerer_resources(
    settings: Settings, stack: ExitStack, progress: Progress, *, texts: bool
) -> AnswererResources:
    """The answerers' graph, ranker, models and passage index; the stack closes them.

    All but the index are opened at first use.
    """
    from kedrec.documents.minilm import Embedder, fetch_minilm
    from kedrec.documents.passage_index import PassageIndex, index_folder
    from kedrec.errors import NotFoundError
    from kedrec.evaluation.selection_minilm import VectorMemory
    from kedrec.evaluation.selection_runs import AnswererResources
    from kedrec.llm.choice_fit import ChoiceFit, stored_choice
    from kedrec.llm.open_model import open_model
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    @cache
    def store() -> GraphStore:
        return stack.enter_context(open_store(settings.graph_url, settings))

    @cache
    def ranker() -> Ranker:
        return Ranker.open(store(), settings.cache_dir, threads=settings.threads, progress=progress)

    @cache
    def model() -> ChatModel:
        chat_model = open_model(settings.model, settings, progress=progress)
        stack.callback(chat_model.close)
        return chat_model

    @cache
    def embedder() -> VectorMemory:
        fetch_minilm(settings.models_dir, progress)
        return VectorMemory(Embedder(settings.models_dir))

    @cache
    def choice() -> ChoiceFit:
        fit = stored_choice(settings.model, model().info.sha256, settings)
        if fit is None:
            raise NotFoundError(
                f"No regression of judgements was fitted for the model {settings.model}.",
                f"Fit it: kedrec train choice --model {settings.model} --dataset DIR.",
            )
        return fit

    index = stack.enter_context(PassageIndex.open(index_folder(settings.home))) if texts else None
    return AnswererResources(store, ranker, model, index, embedder, choice)
