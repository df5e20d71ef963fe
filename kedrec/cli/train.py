"""Command group `kedrec train`: tunes an adapter for the default language model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import graph_option, say
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.train_choice import choice
from kedrec.cli.train_samples import preferences, samples

if TYPE_CHECKING:
    from kedrec.training.recipe import Checkpoint

_TEST_EXAMPLES = 24  # of the validation part, and as many questions, that are measured at each checkpoint
_TEST_JUDGEMENTS = 60  # of each config's validation part, about five a question
_JUDGED: tuple[Any, ...] = ("judgement", "abstention")


@click.group(invoke_without_command=True)
@click.option(
    "--dataset",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="A data set of `kedrec dataset build`, or a folder with your own conversations.",
)
@click.option(
    "--base",
    default="base",
    show_default=True,
    metavar="MODEL",
    help="The model to tune: base, hf:OWNER/NAME, a .gguf file, or a model's folder.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the adapter; a stopped training is resumed in it.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The recipe, in YAML: steps, batch, max_tokens, learning_rate, ...",
)
@click.option("--questions", default="", metavar="CONFIG", help="Config of the data set.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(
        ["rationale", "weak", "contraindication", "contrast", "selection", "judgement", "abstention"]
    ),
    help="What to teach; may be repeated. Default: all.",
)
@click.option(
    "--texts", is_flag=True, help="Put the texts that the data set points to into prompts and answers."
)
@click.option(
    "--licence",
    "licences",
    multiple=True,
    metavar="USE",
    help="Show only paths and texts whose licences allow this use (commercial, modification, closed) or have "
    "this name; may be repeated.",
)
@click.option(
    "--signal",
    is_flag=True,
    help="Tell half of the judgements the ranking's place and the kinds of paths, each part of the questions "
    "hidden from the graph that ranks it.",
)
@graph_option
@click.pass_context
def train(
    context: click.Context,
    dataset: Path | None,
    base: str,
    out: Path | None,
    config: Path | None,
    questions: str,
    kinds: tuple[Any, ...],
    texts: bool,
    licences: tuple[str, ...],
    signal: bool,
    graph: str | None,
) -> None:
    """Tune an adapter for a language model on a data set's questions."""
    if context.invoked_subcommand is not None:
        return
    from contextlib import ExitStack
    from functools import partial

    from kedrec.dataset.instructions import KINDS, read_instructions
    from kedrec.documents.passage_index import PassageIndex, index_folder
    from kedrec.errors import UsageError
    from kedrec.evaluation.selection_signals import training_signals
    from kedrec.llm.model_registry import resolve_model
    from kedrec.loading.licences import allowed_licences
    from kedrec.settings import load_settings
    from kedrec.stores import open_store
    from kedrec.training.figures import save_report
    from kedrec.training.instruction import first_questions
    from kedrec.training.lora import train as tune
    from kedrec.training.recipe_file import read_recipe

    if dataset is None or out is None:
        raise UsageError("A data set and a folder for the adapter are needed.", "Give --dataset and --out.")
    settings = load_settings(graph=graph)
    recipe = read_recipe(config, seed=settings.seed, threads=settings.threads)
    chosen = kinds or KINDS
    allowed = allowed_licences(licences) if licences else None
    with ExitStack() as stack, progress_on_stderr() as progress:
        index = stack.enter_context(PassageIndex.open(index_folder(settings.home))) if texts else None
        store = stack.enter_context(open_store(settings.graph_url, settings)) if signal else None
        signals = partial(training_signals, store, seed=recipe.seed, progress=progress) if store else None
        train_set, test_set = (
            read_instructions(
                dataset,
                split,
                config=questions,
                kinds=chosen,
                seed=recipe.seed,
                index=index,
                licences=allowed,
                signals=signals if split == "train" else None,
            )
            for split in ("train", "validation")
        )
        path = resolve_model(base, settings, progress).path
        report = tune(
            train_set.items,
            first_questions(test_set.items, _TEST_EXAMPLES),
            path,
            out,
            recipe,
            progress=progress,
            on_checkpoint=_print_checkpoint,
        )
    kinds_text = ", ".join(f"{count} {kind}" for kind, count in train_set.kinds.items())
    say(f"{out}: {kinds_text}; {report.too_long} with more than {recipe.max_tokens} tokens left out.")
    for reason, count in train_set.skipped.items():
        say(f"  {count} {reason}")
    save_report(report, out)
    say(f"{report.steps} steps, {report.seconds / 60:.1f} minutes in this run; base {report.base_sha256}.")


train.add_command(choice)
train.add_command(samples)
train.add_command(preferences)


@train.command()
@click.option(
    "--graph",
    "graphs",
    multiple=True,
    metavar="URL",
    help="A loaded graph to learn from; may be repeated. Default: as in `kedrec ask`.",
)
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the adapter.",
)
@click.option(
    "--dataset",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Teach the judgements of this data set's training questions too, and nothing that validation and "
    "test of any config ask for.",
)
@click.option("--examples", default=1000, show_default=True, help="Number of examples to build.")
@click.option("--steps", default=160, show_default=True, help="Optimizer steps of four examples each.")
@click.option("--max-tokens", default=450, show_default=True, help="Maximum number of tokens of an example.")
@click.option("--checkpoint", default=40, show_default=True, help="Steps between checkpoints.")
@click.option(
    "--start",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Go on from this adapter instead of a new one.",
)
@click.option("--learning-rate", type=float, help="Of the optimizer; a third of the default to go on.")
@click.option("--seed", type=int, help="Seed of the split, the examples and the training.")
def adapter(
    graphs: tuple[str, ...],
    out: Path,
    dataset: Path | None,
    examples: int,
    steps: int,
    max_tokens: int,
    checkpoint: int,
    start: Path | None,
    learning_rate: float | None,
    seed: int | None,
) -> None:
    """Build examples from loaded graphs and tune a LoRA adapter on them."""
    from kedrec.dataset.asked_answers import asked_answers
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.dataset.instructions import read_instructions
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings
    from kedrec.training.figures import save_report
    from kedrec.training.recipe import TrainingRecipe
    from kedrec.training.tuning import tune

    if examples < 1:
        raise UsageError(f"'examples' is {examples}.", "Give a number of 1 or more.")
    settings = load_settings(seed=seed)
    recipe = TrainingRecipe(
        steps=steps,
        max_tokens=max_tokens,
        checkpoint=checkpoint,
        seed=settings.seed,
        threads=settings.threads,
    )
    if learning_rate is not None:
        recipe = replace(recipe, learning_rate=learning_rate)
    judged: dict[str, Any] = {}
    if dataset is not None:
        data = DataSet(dataset)
        tests = (
            read_instructions(dataset, "validation", config=config, kinds=_JUDGED, seed=recipe.seed).items
            for config in data.configs
        )
        judged = {
            "asked": asked_answers(data),
            "more": read_instructions(dataset, "train", kinds=_JUDGED, seed=recipe.seed).items,
            "more_tests": [item for items in tests for item in items[:_TEST_JUDGEMENTS]],
        }
    with progress_on_stderr() as progress:
        report = tune(
            graphs or (settings.graph_url,),
            settings,
            out,
            recipe,
            count=examples,
            progress=progress,
            start=start,
            on_checkpoint=_print_checkpoint,
            **judged,
        )
    save_report(report, out)
    say(
        f"{out}: {report.examples} examples, {report.steps} steps in {report.seconds / 60:.1f} minutes. "
        f"Ask with it: kedrec ask --model {out} --disease ..."
    )


def _print_checkpoint(checkpoint: Checkpoint) -> None:
    choices = f"; {checkpoint.chosen} of {checkpoint.questions} choices right" if checkpoint.questions else ""
    say(f"Step {checkpoint.step}: held-out loss {checkpoint.held_out_loss:.3f}{choices}")
    for sample in checkpoint.samples:
        say(f"  {sample}")
