"""Command group `kedrec evaluate`, and `kedrec evaluate faithfulness`, which counts a model's true claims."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.evaluate_coherence import coherence
from kedrec.cli.evaluate_counterfactuals import counterfactuals
from kedrec.cli.evaluate_gate import gate
from kedrec.cli.evaluate_intervals import intervals
from kedrec.cli.evaluate_paths import paths as evaluate_paths
from kedrec.cli.evaluate_ranking import ranking as evaluate_ranking
from kedrec.cli.evaluate_rationale import rationale
from kedrec.cli.evaluate_reference import reference
from kedrec.cli.evaluate_replay import replay
from kedrec.cli.evaluate_retrieval import retrieval
from kedrec.cli.evaluate_selection import selection
from kedrec.cli.evaluate_side_effects import side_effects
from kedrec.cli.evaluate_table import table
from kedrec.cli.evaluate_warnings import warnings
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.types import Background

_DRAW_FACTOR = 12  # pairs drawn per evaluated pair, if each must have a text


@click.group()
def evaluate() -> None:
    """Measure ranking, paths, texts, choices and rationales."""


evaluate.add_command(coherence)
evaluate.add_command(counterfactuals)
evaluate.add_command(gate)
evaluate.add_command(intervals)
evaluate.add_command(evaluate_paths)
evaluate.add_command(evaluate_ranking)
evaluate.add_command(rationale)
evaluate.add_command(reference)
evaluate.add_command(replay)
evaluate.add_command(retrieval)
evaluate.add_command(selection)
evaluate.add_command(side_effects)
evaluate.add_command(table)
evaluate.add_command(warnings)


@evaluate.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("base", "default"),
    show_default=True,
    metavar="NAME",
    help="A language model; may be repeated.",
)
@click.option("--pairs", default=100, show_default=True, help="Number of drug-disease pairs.")
@click.option("--paths", default=8, show_default=True, help="Maximum number of evidence paths per pair.")
@click.option(
    "--slots",
    default=1,
    show_default=True,
    help="Number of answers that llama.cpp writes at once. More are faster with --free, and not repeatable.",
)
@click.option(
    "--background",
    type=click.Choice(["none", "trials", "literature", "both"]),
    default="none",
    show_default=True,
    help="Ask about pairs that have texts: each model first without them in its prompt, then with them.",
)
@click.option(
    "--drafts",
    type=click.IntRange(min=1),
    help="Maximum number of texts for a pair; another is written where a sentence is struck. "
    "Default: as in `kedrec ask`.",
)
@click.option(
    "--whole", is_flag=True, help="Write whole texts again, also where a model could go on from what holds."
)
@click.option(
    "--free", is_flag=True, help="Let models write in words of their own, not along the evidence's paths."
)
@click.option(
    "--changes",
    is_flag=True,
    help="Take away the paths that each rationale cites, swap them, invert a link, or take away what it "
    "doesn't cite: does the text follow?",
)
@click.option("--seed", type=int, help="Seed of the split of diseases, the pairs and the models.")
@click.option(
    "--answers",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every answer, with what the gate said, as JSON Lines.",
)
@graph_option
@json_option
def faithfulness(
    models: tuple[str, ...],
    pairs: int,
    paths: int,
    slots: int,
    background: Background,
    drafts: int | None,
    whole: bool,
    free: bool,
    changes: bool,
    seed: int | None,
    answers: Path | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Count the claims that hold on diseases the adapter was not trained on."""
    from kedrec.errors import UsageError
    from kedrec.evaluation.curated_firsts import count_curated_firsts, read_drawn_paths
    from kedrec.evaluation.evidence_changes import evaluate_changes
    from kedrec.evaluation.evidence_changes import markdown as changes_markdown
    from kedrec.evaluation.faithfulness import evaluate as measure
    from kedrec.evaluation.faithfulness import held_out_candidates, markdown
    from kedrec.evaluation.pair_texts import pairs_with_texts
    from kedrec.llm.drafts import MOST_DRAFTS
    from kedrec.llm.open_model import open_model
    from kedrec.ranking import Ranker
    from kedrec.settings import load_settings
    from kedrec.stores import open_store

    for name, value in (("pairs", pairs), ("paths", paths), ("slots", slots)):
        if value < 1:
            raise UsageError(f"'{name}' is {value}.", "Give a number of 1 or more.")
    settings = load_settings(graph=graph, seed=seed)
    results, answer_rows = [], []
    with progress_on_stderr() as progress:
        with open_store(settings.graph_url, settings) as store:
            ranker = Ranker.open(store, settings.cache_dir, threads=settings.threads, progress=progress)
            drawn = read_drawn_paths(store, progress)
            draw = partial(held_out_candidates, store, ranker, settings, paths=paths, progress=progress)
            if background == "none":
                examples, example_texts = draw(pairs), None
            else:
                examples, example_texts = pairs_with_texts(
                    draw(pairs * _DRAW_FACTOR), store, settings, background, pairs
                )
        for name in models:
            model = open_model(name, settings, slots=slots, progress=progress)
            try:
                for prompt_texts in (None,) if example_texts is None else (None, example_texts):
                    result, model_answers = measure(
                        model,
                        examples,
                        seed=settings.seed,
                        texts=prompt_texts,
                        drafts=drafts or MOST_DRAFTS,
                        whole=whole,
                        free=free,
                        progress=progress,
                    )
                    rationales = [one.rationale for one in model_answers]
                    pair_evidence = [example.evidence for example in examples]
                    result = replace(result, curated=count_curated_firsts(pair_evidence, rationales, drawn))
                    if changes and prompt_texts is None:
                        followed = evaluate_changes(
                            model, examples, rationales, seed=settings.seed, progress=progress
                        )
                        result = replace(result, changes=tuple(followed))
                    results.append(result)
                    answer_rows += [
                        {
                            "model": result.model,
                            "prompt": result.prompt,
                            "drug": model_answer.drug,
                            "disease": model_answer.disease,
                            "evidence": {
                                item.id: item.sentence
                                for item in (*example.evidence.evidence, *example.evidence.adverse)
                            },
                            "texts": {item.id: item.sentence for item in texts},
                            "text": model_answer.text,
                            "claims": [
                                claim.model_dump(mode="json") for claim in model_answer.rationale.claims
                            ],
                        }
                        for model_answer, example, texts in zip(
                            model_answers, examples, prompt_texts or [()] * len(examples), strict=True
                        )
                    ]
            finally:
                model.close()
    if answers is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in answer_rows)
        answers.write_text("".join(lines), encoding="utf-8")
    if as_json:
        print_json(results)
        return
    say(f"seed {settings.seed}\n\n{markdown(results)}", nl=False)
    for result in results:
        if result.changes:
            say(f"\n{changes_markdown(result.model, result.changes)}", nl=False)
