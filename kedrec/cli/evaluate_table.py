"""Command `kedrec evaluate table`: makes the table of results, answerers by conditions."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path

import click

from kedrec.cli.common import graph_option, json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

__all__ = ["table"]

_HEAD = """# Results

**Who chooses the right drug, and what does it need to see?** Written by the command below, which goes on
where it was stopped; no figure is typed in. `base` and `tuned` judge each candidate alone (`pointwise` in
[selection.md](selection.md)), `both` adds the tuned model's judgement to the ranking's log-odds by a
regression fitted on the validation questions under the same condition. Intervals are 95 %, by a bootstrap
over groups of questions.

    {command}

"""


@click.command()
@click.option(
    "--dataset",
    "folders",
    multiple=True,
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A data set: expRxRec, or the stays of MIMIC-III; may be repeated.",
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Store every answer here; a stopped run resumes from them.",
)
@click.option("--base", default="base", show_default=True, metavar="NAME", help="The untuned model.")
@click.option("--tuned", default="default", show_default=True, metavar="NAME", help="The tuned model.")
@click.option("--config", "configs", multiple=True, help="May be repeated. Default: every config.")
@click.option(
    "--shown",
    "conditions",
    multiple=True,
    type=click.Choice(
        [
            *(
                f"{background}{paths}"
                for paths in ("", ", no paths")
                for background in ("none", "trials", "literature", "both")
            ),
            "none, signal",
            "both, signal",
            "none, no paths, signal",
        ]
    ),
    help="What the readers of evidence are shown: texts of a kind, with paths or without, and with what the "
    "graph says in numbers; may be repeated. Default: every one.",
)
@click.option(
    "--questions", "limit", type=click.IntRange(min=2), help="Maximum number of questions of a split."
)
@click.option("--seed", type=int, help="Seed of the candidates' order, samples and the bootstrap.")
@click.option(
    "--write",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table as a page, with the command that made it.",
)
@graph_option
@json_option
def table(
    folders: tuple[Path, ...],
    out: Path,
    base: str,
    tuned: str,
    configs: tuple[str, ...],
    conditions: tuple[str, ...],
    limit: int | None,
    seed: int | None,
    write: Path | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Make the table of results: every answerer, by what it is shown, on every config."""
    from kedrec._version import __version__
    from kedrec.cli.evaluate_selection import answerer_resources
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.documents.passage_index import index_folder
    from kedrec.errors import DataError
    from kedrec.evaluation.results_table import CONDITIONS, Missing, results_table, table_markdown
    from kedrec.llm.selection_prompting import JUDGEMENT_VERSION
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph, seed=seed)
    datasets = [DataSet(folder) for folder in folders]
    has_texts = index_folder(settings.home).is_dir()
    with ExitStack() as stack, progress_on_stderr() as progress:
        models = {
            name: answerer_resources(
                settings.model_copy(update={"model": model}), stack, progress, texts=has_texts
            )
            for name, model in (("base", base), ("tuned", tuned))
        }
        result = results_table(
            datasets,
            models,
            out,
            configs=configs,
            conditions=[one for one in CONDITIONS if not conditions or one.label in conditions],
            limit=limit,
            seed=settings.seed,
            progress=progress,
        )
        if conditions:
            left_out = [one.label for one in CONDITIONS if one.label not in conditions]
            result.missing += [Missing(f"shown '{label}'", "it wasn't asked for") for label in left_out]
        if not any(dataset.kind == "mimic" for dataset in datasets):
            result.missing.append(Missing("MIMIC-III", "no --dataset of stays was given"))
        infos = {name: means.model().info for name, means in models.items()}
        result.facts = {
            "KEDRec": f"{__version__}, prompt {JUDGEMENT_VERSION}, seed {settings.seed}",
            "graph": str(models["base"].store().fingerprint()),
            **{name: f"{_file_name(info.name)}, SHA-256 {info.sha256}" for name, info in infos.items()},
            **{
                f"data set, {config}": f"test SHA-256 {dataset.digest(config, 'test')}"
                for dataset in datasets
                for config in dataset.configs
                if not configs or config in configs
            },
        }
    if as_json:
        print_json(result)
    else:
        say(table_markdown(result), nl=False)
    if write is not None:
        words = ["kedrec", "evaluate", "table"]
        for folder in folders:
            words += ["--dataset", folder.name]
        words += ["--base", _file_name(base)] if base != "base" else []
        words += ["--tuned", _file_name(tuned)] if tuned != "default" else []
        words += ["--out", out.name, *(word for config in configs for word in ("--config", config))]
        words += [word for shown in conditions for word in ("--shown", shown)]
        words += ["--questions", str(limit)] if limit is not None else []
        words += ["--seed", str(seed)] if seed is not None else []
        try:
            write.write_text(
                _HEAD.format(command=shlex.join(words)) + table_markdown(result), encoding="utf-8"
            )
        except OSError as error:
            raise DataError(
                f"{write} can't be written: {error.strerror}.", "Name another --write."
            ) from error


def _file_name(model: str) -> str:
    """A model's name; of a file or a folder, its last part, so that the page names no one's folders."""
    return Path(model).name if Path(model).exists() else model
