"""Commands `kedrec train samples` and `kedrec train preferences`: a second round on a model's own texts."""

from __future__ import annotations

from pathlib import Path

import click

from kedrec.cli.common import say
from kedrec.cli.progress import progress_on_stderr

__all__ = ["preferences", "samples"]

_EXAMPLES = "train.jsonl"
_TESTS = "held-out.jsonl"


@click.command()
@click.option(
    "--examples",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The examples that `kedrec train adapter` built: the folder `examples` of an adapter.",
)
@click.option("--model", required=True, metavar="NAME", help="The model that writes.")
@click.option(
    "--texts", type=click.IntRange(min=2), default=4, show_default=True, help="Texts of each example."
)
@click.option("--first", type=click.IntRange(min=1), help="Use so many examples, the first ones.")
@click.option(
    "--slots",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Number of texts that llama.cpp writes at once.",
)
@click.option("--seed", type=int, help="Seed of the texts.")
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a data set of the texts that hold, for `kedrec train --dataset`, and the preferences.",
)
def samples(
    folder: Path, model: str, texts: int, first: int | None, slots: int, seed: int | None, out: Path
) -> None:
    """Draw texts of training examples by a model, and keep by the gate: to learn from, and to prefer."""
    from kedrec.llm.open_model import open_model
    from kedrec.settings import load_settings
    from kedrec.training.examples import instruction, load
    from kedrec.training.gated_samples import draw_samples, save_samples

    settings = load_settings(seed=seed)
    examples = load(folder / _EXAMPLES)[:first]
    tests = [instruction(example) for example in load(folder / _TESTS)]
    with progress_on_stderr() as progress:
        writer = open_model(model, settings, slots=slots, progress=progress)
        try:
            drawn = draw_samples(writer, examples, texts=texts, seed=settings.seed, progress=progress)
        finally:
            writer.close()
    save_samples(drawn, tests, out)
    say(
        f"{out}: of {drawn.texts} texts of {len(examples)} examples, {drawn.whole} hold whole and agree with "
        f"their target; {len(drawn.instructions)} texts to learn from, {len(drawn.preferences)} preferences."
    )


@click.command()
@click.option(
    "--samples",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of `kedrec train samples`.",
)
@click.option(
    "--adapter",
    "start",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The adapter to begin with.",
)
@click.option("--base", default="base", show_default=True, metavar="MODEL", help="Its base model.")
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the new adapter; a stopped training is resumed in it.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The recipe, in YAML, as of `kedrec train`; a learning rate of 0.00005 or less is advised.",
)
def preferences(folder: Path, start: Path, base: str, out: Path, config: Path | None) -> None:
    """Tune an adapter further: texts that hold before texts that the gate strikes a sentence of."""
    from kedrec.llm.model_registry import resolve_model
    from kedrec.settings import load_settings
    from kedrec.training.figures import save_report
    from kedrec.training.gated_samples import PREFERENCES, read_preferences
    from kedrec.training.preferences import train_preferences
    from kedrec.training.recipe_file import read_recipe

    settings = load_settings()
    recipe = read_recipe(config, seed=settings.seed, threads=settings.threads)
    pairs = read_preferences(folder / PREFERENCES)
    with progress_on_stderr() as progress:
        path = resolve_model(base, settings, progress).path
        report = train_preferences(pairs, path, start, out, recipe, progress=progress)
    save_report(report, out)
    say(f"{out}: {report.examples} preferences, {report.steps} steps in {report.seconds / 60:.1f} minutes.")
