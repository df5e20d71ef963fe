"""Command `kedrec evaluate rationale`: scores rationales against a data set's reference rationales."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import json_option, print_json, say
from kedrec.cli.evaluate_selection import write_results
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.dataset.question_types import Question
    from kedrec.settings import Settings

__all__ = ["rationale"]


@click.command()
@click.option(
    "--dataset", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="A data set."
)
@click.option(
    "--predictions",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rationales to score: JSON Lines of `id` (of the question) and `rationale`.",
)
@click.option("--model", metavar="NAME", help="Let this language model write them.")
@click.option("--config", help="Default: the first.")
@click.option(
    "--split", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True
)
@click.option("--questions", "limit", type=click.IntRange(min=1), help="Maximum number of questions.")
@click.option("--seed", type=int, help="Seed of the model and the bootstrap.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write rationale.json, rationale.md and what the model wrote here.",
)
@json_option
def rationale(
    folder: Path,
    predictions: Path | None,
    model: str | None,
    config: str | None,
    split: Any,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Score rationales against a data set's own: ROUGE, claims that hold, coverage, length."""
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.errors import UsageError
    from kedrec.evaluation.rationales import (
        markdown,
        plain_rationales,
        questions_with_reference,
        read_predictions,
        score_rationales,
    )
    from kedrec.evaluation.reports import RationaleReport
    from kedrec.settings import load_settings

    if (predictions is None) == (model is None):
        raise UsageError("There is nothing to score, or too much.", "Give either --predictions or --model.")
    settings = load_settings(seed=seed, model=model)
    dataset = DataSet(folder)
    config = config or dataset.configs[0]
    questions = questions_with_reference(dataset.questions(config, split), limit)
    if not questions:
        raise UsageError(
            f"No question of {config}/{split} in {folder} has a reference rationale.",
            "Ask another split, or build the data set with a teacher.",
        )
    if predictions is not None:
        name, texts = predictions.name, read_predictions(predictions)
    else:
        name, texts = (
            settings.model,
            _model_rationales(settings, questions, dataset.digest(config, split), out),
        )
    figures = [score_rationales(name, questions, texts, seed=settings.seed)]
    if plain := plain_rationales(questions):
        figures.append(score_rationales("the evidence's own wording", questions, plain, seed=settings.seed))
    report = RationaleReport(settings.seed, config, split, figures)
    write_results(out, "rationale", report, markdown(figures))
    if as_json:
        print_json(report)
    else:
        say(f"seed {settings.seed}; {config}/{split}\n\n{markdown(figures)}", nl=False)


def _model_rationales(
    settings: Settings, questions: list[Question], digest: str, out: Path | None
) -> dict[str, str]:
    """The model's rationales by question id. Reuses those that an earlier run stored in `out`."""
    from kedrec.evaluation.rationales import read_predictions, write_rationales
    from kedrec.llm.open_model import open_model
    from kedrec.llm.prompting import PROMPT_VERSION

    with progress_on_stderr() as progress:
        chat_model = open_model(settings.model, settings, progress=progress)
        try:
            facts = [
                digest,
                chat_model.info.name,
                chat_model.info.sha256,
                chat_model.info.adapter,
                settings.seed,
                PROMPT_VERSION,
                "along paths",
            ]
            key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
            stored = None if out is None else out / f"rationales-{key}.jsonl"
            texts = read_predictions(stored) if stored is not None and stored.is_file() else {}
            missing = [question for question in questions if question.id not in texts]
            for id_, text in write_rationales(chat_model, missing, settings.seed, progress):
                texts[id_] = text
                _append(stored, id_, text)
        finally:
            chat_model.close()
    return texts


def _append(path: Path | None, id_: str, text: str) -> None:
    """Appends a rationale to the run's file, if there is one; a stopped run resumes from it."""
    from kedrec.errors import DataError

    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": id_, "rationale": text}, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DataError(
            f"{path} can't be written: {error.strerror or error}.", "Name another --out."
        ) from error
