"""Command group `kedrec train`: tunes an adapter for the default language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import progress_on_stderr, say

if TYPE_CHECKING:
    from kedrec.training.lora import Checkpoint


@click.group()
def train() -> None:
    """Tune an adapter for the language model."""


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
@click.option("--examples", default=1000, show_default=True, help="Number of examples to build.")
@click.option("--steps", default=160, show_default=True, help="Optimizer steps of four examples each.")
@click.option("--max-tokens", default=450, show_default=True, help="Maximum number of tokens of an example.")
@click.option("--checkpoint", default=40, show_default=True, help="Steps between checkpoints.")
@click.option("--seed", type=int, help="Seed of the split, the examples and the training.")
def adapter(
    graphs: tuple[str, ...],
    out: Path,
    examples: int,
    steps: int,
    max_tokens: int,
    checkpoint: int,
    seed: int | None,
) -> None:
    """Build examples from loaded graphs and tune a LoRA adapter on them."""
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings
    from kedrec.training.lora import TrainingRecipe
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

    with progress_on_stderr() as progress:
        report = tune(
            graphs or (settings.graph_url,),
            settings,
            out,
            recipe,
            count=examples,
            progress=progress,
            on_checkpoint=_print_checkpoint,
        )
    say(
        f"{out}: {report.examples} examples, {report.steps} steps in {report.seconds / 60:.1f} minutes. "
        f"Ask with it: kedrec ask --model {out} --disease ..."
    )


def _print_checkpoint(checkpoint: Checkpoint) -> None:
    say(f"Step {checkpoint.step}: held-out loss {checkpoint.held_out_loss:.3f}")
    for sample in checkpoint.samples:
        say(f"  {sample}")
