"""Command `kedrec train choice`: fits how much a model's judgement counts beside the ranking."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.llm.choice_fit import StackedWeights

__all__ = ["choice"]


@click.command()
@click.option(
    "--dataset", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="A data set."
)
@click.option("--model", metavar="NAME", help="The language model. Default: KEDREC_MODEL.")
@click.option(
    "--background",
    "backgrounds",
    multiple=True,
    type=click.Choice(["none", "trials", "literature", "both"]),
    default=("none",),
    show_default=True,
    help="Texts that the model reads beside the paths; may be repeated.",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    default=("pair", "unseen_disease"),
    show_default=True,
    help="Config to fit on: a disease with other treatments, and one without. May be repeated.",
)
@click.option("--questions", "limit", type=click.IntRange(min=2), help="Maximum number of questions.")
@click.option("--seed", type=int, help="Seed of the ranking's samples, the folds and the bootstrap.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Store every answer here; a stopped run resumes from them.",
)
@graph_option
@json_option
def choice(
    folder: Path,
    model: str | None,
    backgrounds: tuple[Any, ...],
    configs: tuple[str, ...],
    limit: int | None,
    seed: int | None,
    out: Path | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Fit how much a model's own judgement counts beside the ranking, and store it with the model."""
    import hashlib

    from kedrec.cli.evaluate_selection import answerer_resources
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.evaluation.selection_asking import Shown
    from kedrec.evaluation.selection_runs import SelectionRun
    from kedrec.llm.choice_fit import ChoiceFit, choice_path, write_choice
    from kedrec.llm.selection_prompting import JUDGEMENT_VERSION
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph, seed=seed, model=model)
    dataset = DataSet(folder)
    weights: list[StackedWeights] = []
    with ExitStack() as stack, progress_on_stderr() as progress:
        means = answerer_resources(settings, stack, progress, texts=set(backgrounds) != {"none"})
        for config in configs:
            run = SelectionRun(
                dataset,
                config,
                "validation",
                means,
                limit=limit,
                seed=settings.seed,
                out=out,
                progress=progress,
            )
            weights += [run.fitted_weights(Shown(background)) for background in backgrounds]
        digests = "\n".join(dataset.digest(config, "validation") for config in configs)
        info = means.model().info
        fit = ChoiceFit(
            prompt=JUDGEMENT_VERSION,
            model=info.name,
            model_sha256=info.sha256,
            dataset=hashlib.sha256(digests.encode()).hexdigest(),
            graph=str(means.store().fingerprint()),
            seed=settings.seed,
            weights=tuple(weights),
        )
        path = choice_path(settings.model, info.sha256, settings)
        write_choice(path, fit)
    if as_json:
        print_json(fit)
        return
    for one in weights:
        verdict = "the model's judgement helps" if one.helps else "the ranking's order stays"
        alone = f"by the model alone {one.f1_model:.2f}"
        say(f"{one.config}, {one.background}: {verdict}; {one.figures}; {alone}")
    say(f"{path}: weights {', '.join(f'{one.ranking:g} and {one.model:g}' for one in weights)}")
