"""The table of results: every answerer under every condition, on every config, from stored answers.

Rows that can't be filled (no index of texts, no stays, one group of questions) are named with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.errors import UsageError
from kedrec.evaluation.selection_asking import BACKGROUNDS, NOTHING_ELSE, Shown
from kedrec.evaluation.selection_runs import AnswererResources, SelectionRun

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_answerers import Answerer
    from kedrec.evaluation.selection_scores import Interval, SelectionFigures
    from kedrec.llm.choice_fit import StackedWeights

__all__ = ["CONDITIONS", "Missing", "ResultsTable", "TableRow", "results_table", "table_markdown"]

CONDITIONS: tuple[Shown, ...] = (
    *(Shown(background, paths) for paths in (True, False) for background in BACKGROUNDS),
    Shown("none", signal=True),
    Shown("both", signal=True),
    Shown("none", paths=False, signal=True),
)
"""Texts of a kind or none, with and without paths; and some of these with the graph's signal."""

_FEWEST_GROUPS = 30  # of questions, for intervals to be trusted
_SUBSETS = ("has a path", "has a text", "has neither")
_BLIND: tuple[Answerer, ...] = ("random", "prior", "ranker")


@dataclass(frozen=True, slots=True)
class TableRow:
    """An answerer's figures under a condition.

    Attributes:
        name: the answerer, as it is called in the table.
        shown: the condition; "" for an answerer that reads no evidence.
        figures: on all questions.
        subsets: by what the right drug has: number of questions, and F1; those without questions are missing.
        weights: of `both`: fitted on the validation questions under the same condition.
    """

    name: str
    shown: str
    figures: SelectionFigures
    subsets: Mapping[str, tuple[int, Interval]]
    weights: StackedWeights | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows that the table lacks, and why."""

    rows: str
    reason: str


@dataclass(slots=True)
class ResultsTable:
    """All rows, and what is missing.

    Attributes:
        rows, missing: the table.
        facts: what it was made from: seed, versions and hashes, by name.
    """

    rows: list[TableRow] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


def results_table(
    datasets: Sequence[DataSet],
    models: Mapping[str, AnswererResources],
    out: Path,
    *,
    configs: Sequence[str] = (),
    conditions: Sequence[Shown] = CONDITIONS,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> ResultsTable:
    """Makes the table; answers that are stored in `out` aren't made again.

    Args:
        datasets: the data sets.
        models: the resources of each language model, by its name in the table; the last one is stacked on the
            ranking.
        out: folder of the stored answers.
        configs: of the data sets; (): all.
        conditions: what the readers of evidence are shown.
        limit: most questions of a split.
        seed: as of `evaluate`.
        progress: called question by question.

    Raises:
        UsageError, DataError, ModelError: as of `evaluate`.
    """
    table = ResultsTable()
    for dataset in datasets:
        for config in dataset.configs:
            if configs and config not in configs:
                continue
            if not dataset.rows(config, "test"):
                table.missing.append(Missing(config, "its test part has no question"))
                continue

            def start(
                means: AnswererResources,
                split: str = "test",
                dataset: DataSet = dataset,
                config: str = config,
            ) -> SelectionRun:
                return SelectionRun(
                    dataset, config, "validation" if split == "validation" else "test", means,
                    limit=limit, seed=seed, out=out, progress=progress,
                )  # fmt: skip

            _add_config(table, config, models, conditions, start)
    return table


def _add_config(
    table: ResultsTable,
    config: str,
    models: Mapping[str, AnswererResources],
    conditions: Sequence[Shown],
    start: Callable[..., SelectionRun],
) -> None:
    runs = {name: start(means) for name, means in models.items()}
    stacked_name, run = list(runs.items())[-1]
    validation: SelectionRun | None = None
    table.rows += [_row(run, answerer, answerer, NOTHING_ELSE) for answerer in _BLIND]
    has_texts = any(question.background for question in run.questions)
    is_of_stays = run.dataset.kind == "mimic"
    for shown in conditions:
        if shown.background != "none" and (run.means.index is None or not has_texts):
            reason = (
                "there is no index of texts" if run.means.index is None else "no question points to a text"
            )
            table.missing.append(Missing(f"{config}, {shown.label}", reason))
            continue
        if shown.signal and is_of_stays:
            table.missing.append(
                Missing(f"{config}, {shown.label}", "a stay has several diseases, each with its own places")
            )
            continue
        if not shown.signal:  # the control is one of text alone
            table.rows.append(_row(run, "minilm", "minilm", shown))
        table.rows += [_row(each, name, "pointwise", shown) for name, each in runs.items()]
        try:
            validation = validation or start(run.means, "validation")
            run.weights = validation.fitted_weights(shown)
        except UsageError as error:
            table.missing.append(Missing(f"{config}, {shown.label}, both", error.what))
            continue
        table.rows.append(_row(run, f"both ({stacked_name})", "both", shown))


def _row(run: SelectionRun, name: str, answerer: Answerer, shown: Shown) -> TableRow:
    subsets = {}
    for subset in _SUBSETS:
        chosen = [question for question in run.questions if subset in _subsets_of(question)]
        if chosen:
            subsets[subset] = (len(chosen), run.figures(answerer, shown, chosen).f1)
    figures = run.figures(answerer, shown)
    label = "" if answerer in _BLIND else shown.label
    return TableRow(name, label, figures, subsets, run.weights if answerer == "both" else None)


def _subsets_of(question: Question) -> tuple[str, ...]:
    """The kinds of evidence that one of the right drugs has: a path, a text, or neither."""
    path = any(path.stance == "supports" for id_ in question.answers for path in question.paths(id_))
    text = any(pointers.candidate in question.answers for pointers in question.background)
    return tuple(
        name for name, holds in zip(_SUBSETS, (path, text, not (path or text)), strict=True) if holds
    )


def table_markdown(table: ResultsTable) -> str:
    """The table as Markdown: facts, a table a config, the weights of `both`, and what is missing."""
    lines = [f"- {name}: {value}" for name, value in table.facts.items()]
    for config in dict.fromkeys(row.figures.config for row in table.rows):
        rows = [row for row in table.rows if row.figures.config == config]
        first = rows[0].figures
        size = f"{first.questions} questions of {first.groups} groups, {first.candidates:g} candidates each"
        few = f" Fewer than {_FEWEST_GROUPS} groups show that the command runs, not which answerer is better."
        size += f"; F1 by chance {first.chance:.3f}.{few if first.groups < _FEWEST_GROUPS else ''}"
        lines += ["", f"## {config}", "", size, ""]
        lines += _lines(
            ("answerer", "shown", "precision", "recall", "F1", *(f"F1, {name}" for name in _SUBSETS)),
            [
                (
                    row.name,
                    row.shown,
                    *map(_cell, (row.figures.precision, row.figures.recall, row.figures.f1)),
                    *(_subset_cell(row.subsets.get(name)) for name in _SUBSETS),
                )
                for row in rows
            ],
        )
    stacked = [(row, row.weights) for row in table.rows if row.weights is not None]
    if stacked:
        lines += ["", "## What the tuned model's judgement is worth on the validation questions", ""]
        lines += _lines(
            (
                "config", "shown", "questions", "weight of the ranking", "of the model", "F1 of the ranking",
                "of the model", "of both", "gain", "changes the order of answers",
            ),
            [
                (
                    row.figures.config, row.shown, str(one.questions), f"{one.ranking:g}", f"{one.model:g}",
                    f"{one.f1_ranking:.3f}", f"{one.f1_model:.3f}", f"{one.f1_both:.3f}", _cell(one.gain),
                    "yes" if one.helps else "no",
                )
                for row, one in stacked
            ],
        )  # fmt: skip
    if table.missing:
        lines += ["", "## Missing", ""]
        lines += [f"- {one.rows}: {one.reason.rstrip('.')}." for one in table.missing]
    return "\n".join(lines).lstrip("\n") + "\n"


def _lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's lines."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _subset_cell(subset: tuple[int, Interval] | None) -> str:
    return "none" if subset is None else f"{subset[1][0]:.3f} of {subset[0]}"


def _cell(interval: Interval) -> str:
    return f"{interval[0]:.3f} ({interval[1]:.3f} to {interval[2]:.3f})"
