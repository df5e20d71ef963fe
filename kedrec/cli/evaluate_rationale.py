"""`kedrec evaluate rationale`: how near written rationales are to a data set's own, and whether they hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import json_option, print_json, progress_on_stderr, say
from kedrec.cli.evaluate_selection import write_results

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
@click.option("--questions", "limit", type=click.IntRange(min=1), help="Only the first so many.")
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
    from kedrec.evaluation.rationales import markdown, measured, read_predictions, with_reference
    from kedrec.settings import load_settings

    if (predictions is None) == (model is None):
        raise UsageError("There is nothing to score, or too much.", "Give either --predictions or --model.")
    settings = load_settings(seed=seed, model=model)
    dataset = DataSet(folder)
    chosen = config or dataset.configs[0]
    questions = with_reference(dataset.questions(chosen, split), limit)
    if not questions:
        raise UsageError(
            f"No question of {chosen}/{split} in {folder} has a reference rationale.",
            "Ask another split, or build the data set with a teacher.",
        )
    if predictions is not None:
        name, texts = predictions.name, read_predictions(predictions)
    else:
        name, texts = settings.model, _written(settings, questions, dataset.digest(chosen, split), out)
    figures = measured(name, questions, texts, seed=settings.seed)
    value = {"seed": settings.seed, "config": chosen, "split": split, "figures": [figures.as_dict()]}
    write_results(out, "rationale", value, markdown([figures]))
    if as_json:
        print_json(value)
    else:
        say(f"seed {settings.seed}; {chosen}/{split}\n\n{markdown([figures])}", nl=False)


def _written(settings: Settings, questions: list[Question], digest: str, out: Path | None) -> dict[str, str]:
    """What the model writes, kept in `out` and read from there where it was written before."""
    from kedrec.evaluation.rationales import read_predictions, written_by
    from kedrec.llm.open_model import open_model

    with progress_on_stderr() as progress:
        opened = open_model(settings.model, settings, progress=progress)
        try:
            facts = [digest, opened.info.name, opened.info.sha256, opened.info.adapter, settings.seed]
            key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
            kept = None if out is None else out / f"rationales-{key}.jsonl"
            texts = read_predictions(kept) if kept is not None and kept.is_file() else {}
            missing = [one for one in questions if one.id not in texts]
            for id_, text in written_by(opened, missing, settings.seed, progress):
                texts[id_] = text
                _keep(kept, id_, text)
        finally:
            opened.close()
    return texts


def _keep(path: Path | None, id_: str, text: str) -> None:
    """Adds what was written to a file, so that a stopped run goes on."""
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
