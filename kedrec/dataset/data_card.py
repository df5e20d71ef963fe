"""The data card: `README.md` with the configs and the columns that Hugging Face reads."""

from __future__ import annotations

import json
import types
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from kedrec.dataset.hf_folder import SPLITS, SplitName
from kedrec.dataset.question_types import Question
from kedrec.errors import DataError

__all__ = ["features", "front_matter", "write_card", "write_readme"]


def features() -> list[dict[str, Any]]:
    """The columns of a question in the form of a data card's YAML."""
    return _fields(Question)


def front_matter(configs: Sequence[str], *, licence: str, name: str) -> str:
    """The YAML that Hugging Face reads, between its lines of dashes.

    Args:
        configs: names, the default one first.
        licence: an identifier of the hub's (`other`, `cc0-1.0`).
        name: display name of the data set.
    """
    metadata = {
        "license": licence,
        "pretty_name": name,
        "language": ["en"],
        "task_categories": ["multiple-choice", "question-answering"],
        "tags": ["drug repurposing", "biomedical", "knowledge graph"],
        "configs": [
            {
                "config_name": config,
                **({"default": True} if index == 0 else {}),
                "data_files": [{"split": split, "path": f"{config}/{split}.jsonl"} for split in SPLITS],
            }
            for index, config in enumerate(configs)
        ],
        "dataset_info": [{"config_name": config, "features": features()} for config in configs],
    }
    return f"---\n{yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)}---\n"


def write_readme(folder: Path, text: str) -> None:
    """Writes a data set's `README.md`.

    Raises:
        DataError: the disk refuses.
    """
    try:
        (folder / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{folder / 'README.md'} could not be written: {error.strerror or error}.",
            "See that the disk has room, and run the command again.",
        ) from error


def write_card(
    folder: Path,
    questions: Mapping[str, Mapping[SplitName, Sequence[Question]]],
    *,
    options: Mapping[str, Any],
    graph: str,
) -> None:
    """Writes the data card of expRxRec.

    Args:
        folder: of the data set.
        questions: config -> split -> questions.
        options: of the build; plain data.
        graph: fingerprint of the graph.

    Raises:
        DataError: the disk refuses.
    """
    rows = {config: {split: len(questions[config][split]) for split in SPLITS} for config in questions}
    every_question = [
        question for splits in questions.values() for part in splits.values() for question in part
    ]
    licences = Counter(licence for question in every_question for licence in question.licences)
    sources = Counter(source for question in every_question for source in question.sources)
    table = ["| config | train | validation | test |", "| --- | --- | --- | --- |"]
    table += [
        f"| `{config}` | " + " | ".join(f"{rows[config][split]:,}" for split in SPLITS) + " |"
        for config in rows
    ]
    text = (
        front_matter(list(questions), licence="other", name="expRxRec")
        + _CARD.format(
            table="\n".join(table),
            licences="\n".join(f"- {name}: {count:,}" for name, count in sorted(licences.items())),
            sources="\n".join(f"- {name}: {count:,}" for name, count in sorted(sources.items())),
            graph=graph,
            options=json.dumps(options, sort_keys=True),
        )
    )  # fmt: skip
    write_readme(folder, text)


_CARD = """
# expRxRec

Questions about drugs and diseases, built with KEDRec from a knowledge graph: which of these candidates treats
the disease, and why? Every sentence of a reference rationale cites paths of the graph.

{table}

- `pair`: questions are split by drug and disease. Both may be known from other questions.
- `unseen_disease`: by clusters of similar diseases. None of another split is much like a question's.
- `unseen_drug`: by drug. No candidate of a split is one of another.

Salts of a drug and synonyms of a disease count as one. Rationales of two splits share less than 80 % of their
word triples. What validation or test ask for is shown in no evidence of the config, nor is what says the same
in other words.

## Columns

`candidates` are in an order drawn at random; `answers` holds the right ones. `negatives` tells how each wrong
one was chosen (`hard`: near the right drug in an embedding of the graph; `degree-matched`; `random`) and is
for analysis alone. `evidence` holds paths of the graph for each candidate, each with its sources, licences
and references. `background` points at trials and articles: ids, offsets and SHA-256 of passages, no text;
`kedrec dataset texts` rebuilds the texts from an index of your own. `reference` is a teacher's answer; what
its rationale cites beyond `evidence` (a curated mechanism, which would give the answer away) is inside it.

## Sources of the treatments (questions over all configs)

{sources}

## Licences of what questions are made of (questions over all configs)

{licences}

A question's own licences are in its column `licences`; each path and statement has its own as well. Texts
that `background` points at belong to their publishers.

## Provenance

Graph with fingerprint `{graph}`; options `{options}`. `kedrec.json` has the SHA-256 of every file. The same
graph, options and seed give the same bytes.

It is made for research, and tells nobody what to take.
"""


def _fields(model: type[BaseModel]) -> list[dict[str, Any]]:
    return [{"name": name, **_type(field.annotation)} for name, field in model.model_fields.items()]


def _type(annotation: Any) -> dict[str, Any]:  # any annotation of a pydantic field
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _type(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        item = _type(arguments[0])
        return {"list": item["dtype"] if set(item) == {"dtype"} else next(iter(item.values()))}
    if origin is Literal or annotation is str:
        return {"dtype": "string"}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"struct": _fields(annotation)}
    return {"dtype": {bool: "bool", int: "int64", float: "float64"}[annotation]}
