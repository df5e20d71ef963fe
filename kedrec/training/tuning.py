"""Tunes an adapter on loaded graphs: splits, builds examples, trains, writes the model card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.llm.default import require_base
from kedrec.ranking import Ranker
from kedrec.stores import open_store
from kedrec.training.examples import Example, build, instruction, save
from kedrec.training.holdout import hold_out, join_holdouts
from kedrec.training.lora import Checkpoint, TrainingRecipe, TrainingReport, train
from kedrec.training.model_card import render_model_card

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.settings import Settings

__all__ = ["tune"]


def tune(
    graphs: Sequence[str],
    settings: Settings,
    out: Path,
    recipe: TrainingRecipe,
    *,
    count: int = 1000,
    held_out: int = 24,
    progress: Progress | None = None,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
) -> TrainingReport:
    """Tunes an adapter for the default model on examples from one graph or several.

    Writes into `out`: peft's two files, the model card, and the examples (`examples/`), for inspection.

    Args:
        graphs: URLs of loaded graphs; each gives an equal share of the examples.
        settings: the base model's folder and the caches.
        out: folder of the adapter.
        recipe: of the training; its seed also splits the diseases and draws the examples.
        count: examples in all.
        held_out: examples of held-out diseases in all, whose loss is measured at each checkpoint.
        progress: called with the stage, the steps done and their total.
        on_checkpoint: called at each checkpoint.

    Raises:
        EmptyGraphError: a graph holds no treatments.
        StoreError: a graph can't be read.
        ModelError: the base model isn't fetched, or the tuning libraries aren't installed.
    """
    base = require_base(settings.models_dir)
    examples: list[Example] = []
    tests: list[Example] = []
    with ExitStack() as stack:
        stores = [stack.enter_context(open_store(graph, settings)) for graph in graphs]
        holdout = join_holdouts([hold_out(store, recipe.seed) for store in stores])
        fingerprints = [str(store.fingerprint()) for store in stores]
        sources = sorted({source for store in stores for _, source in store.fingerprint().edges})
        for store in stores:
            ranker = Ranker.open(store, settings.cache_dir, threads=settings.threads, progress=progress)
            draw = partial(build, store, ranker, seed=recipe.seed, holdout=holdout, progress=progress)
            examples += draw(count // len(stores))
            tests += draw(held_out // len(stores), test=True)
    folder = out / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    save(examples, folder / "train.jsonl")
    save(tests, folder / "held-out.jsonl")
    report = train(
        [instruction(example) for example in examples],
        [instruction(example) for example in tests],
        base,
        out,
        recipe,
        progress=progress,
        on_checkpoint=on_checkpoint,
    )
    text = render_model_card(
        recipe,
        report,
        origins=Counter(example.origin for example in examples),
        diseases=len({example.disease.id for example in examples}),
        held_out=len(holdout.ids),
        fingerprints=fingerprints,
        sources=sources,
    )
    (out / "README.md").write_text(text, encoding="utf-8")
    return report
