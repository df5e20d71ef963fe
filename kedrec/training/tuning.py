"""Tunes an adapter on loaded graphs: splits, builds examples, trains, writes the model card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec._version import __version__
from kedrec.common.checked_files import replacement_file
from kedrec.llm.default import require_base
from kedrec.ranking import Ranker
from kedrec.stores import open_store
from kedrec.training.examples import Example, build, instruction, load, save
from kedrec.training.holdout import hold_out, join_holdouts
from kedrec.training.lora import train
from kedrec.training.model_card import render_model_card

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.settings import Settings
    from kedrec.training.holdout import AskedAnswers, Holdout
    from kedrec.training.instruction import Instruction
    from kedrec.training.recipe import Checkpoint, TrainingRecipe, TrainingReport

__all__ = ["tune"]

_TRAIN, _HELD_OUT, _PLAN = "train.jsonl", "held-out.jsonl", "plan.json"


def tune(
    graphs: Sequence[str],
    settings: Settings,
    out: Path,
    recipe: TrainingRecipe,
    *,
    count: int = 1000,
    held_out: int = 24,
    asked: AskedAnswers | None = None,
    more: Sequence[Instruction] = (),
    more_tests: Sequence[Instruction] = (),
    start: Path | None = None,
    progress: Progress | None = None,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
) -> TrainingReport:
    """Tunes an adapter for the default model on examples from one graph or several.

    Writes into `out`: peft's two files, the model card, and the examples (`examples/`), which a training that
    was stopped reads again.

    Args:
        graphs: URLs of loaded graphs; each gives an equal share of the examples.
        settings: the base model's folder and the caches.
        out: folder of the adapter.
        recipe: of the training; its seed also splits the diseases and draws the examples.
        count: examples in all.
        held_out: examples of held-out diseases in all, whose loss is measured at each checkpoint.
        asked: what a data set asks for, of which no example is built.
        start: folder of an adapter to go on from; None: a new one.
        more, more_tests: further instructions, those of a data set's training and validation questions.
        progress: called with the stage, the steps done and their total.
        on_checkpoint: called at each checkpoint.

    Raises:
        EmptyGraphError: a graph holds no treatments.
        StoreError: a graph can't be read.
        ModelError: the base model isn't fetched, or the tuning libraries aren't installed.
    """
    base = require_base(settings.models_dir)
    folder = out / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stores = [stack.enter_context(open_store(graph, settings)) for graph in graphs]
        holdout = join_holdouts([hold_out(store, recipe.seed, asked) for store in stores])
        fingerprints = [str(store.fingerprint()) for store in stores]
        sources = sorted({source for store in stores for _, source in store.fingerprint().edges})
        plan = _plan(fingerprints, (count, held_out), holdout)
        if (stored := _stored_examples(folder, plan)) is not None:
            examples, tests = stored
        else:
            examples, tests = [], []
            for store in stores:
                ranker = Ranker.open(store, settings.cache_dir, threads=settings.threads, progress=progress)
                draw = partial(build, store, ranker, seed=recipe.seed, holdout=holdout, progress=progress)
                examples += draw(count // len(stores))
                tests += draw(held_out // len(stores), test=True)
            save(examples, folder / _TRAIN)
            save(tests, folder / _HELD_OUT)
            with replacement_file(folder / _PLAN) as part:
                part.write_text(plan + "\n", encoding="utf-8")
    report = train(
        [*(instruction(example) for example in examples), *more],
        [*(instruction(example) for example in tests), *more_tests],
        base,
        out,
        recipe,
        start=start,
        progress=progress,
        on_checkpoint=on_checkpoint,
    )
    text = render_model_card(
        recipe,
        report,
        origins=Counter(example.origin for example in examples) + Counter(item.kind for item in more),
        diseases=len({example.disease.id for example in examples}),
        held_out=len(holdout.ids),
        fingerprints=fingerprints,
        sources=sources,
        licences=sorted({licence for example in examples for licence in example.licences}),
    )
    (out / "README.md").write_text(text, encoding="utf-8")
    return report


def _plan(fingerprints: Sequence[str], counts: tuple[int, int], holdout: Holdout) -> str:
    """What the examples depend on, as a line of JSON."""
    asked = holdout.asked
    return json.dumps(
        {
            "kedrec": __version__,
            "graphs": list(fingerprints),
            "counts": counts,
            "seed": holdout.seed,
            "asked": [sorted(asked.pairs), sorted(asked.diseases), sorted(asked.drugs)],
        }
    )


def _stored_examples(folder: Path, plan: str) -> tuple[list[Example], list[Example]] | None:
    """The examples and tests that were built by the same plan; None without such."""
    try:
        if (folder / _PLAN).read_text(encoding="utf-8") != plan + "\n":
            return None
    except FileNotFoundError:
        return None
    return load(folder / _TRAIN), load(folder / _HELD_OUT)
