"""Command `kedrec dataset build`: builds questions about treatments from the graph."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import (
    graph_option,
    jobs_option,
    json_option,
    print_json,
    ray_option,
    say,
)
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.dataset.building import BuildReport


@click.command()
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Output folder: a new one, or that of a stopped build, which is then resumed.",
)
@click.option(
    "--sources",
    metavar="IDS",
    default="",
    help="Names of the sources whose treatments become questions, separated by commas. Default: every "
    "source.",
)
@click.option(
    "--questions", default=0, metavar="N", help="Maximum number of questions of a config; 0: every treatment."
)
@click.option("--candidates", default=8, show_default=True, help="Drugs to choose from.")
@click.option(
    "--hard",
    type=int,
    help="Number of wrong candidates near the right one in the graph embedding. Default: 4 of 7 wrong ones.",
)
@click.option(
    "--matched",
    type=int,
    help="Number of wrong candidates as well known as the right one. Default: 2 of 7; the others are random.",
)
@click.option(
    "--paths", default=3, show_default=True, help="Maximum number of supporting paths per candidate."
)
@click.option(
    "--background",
    type=click.Choice(["none", "both"]),
    help="Point to passages of the index. Default: both, if there is an index.",
)
@click.option(
    "--teacher",
    type=click.Choice(["none", "curated", "chat", "both"]),
    default="curated",
    show_default=True,
    help="Writer of the reference rationales; `both`: the model for pairs without a curated mechanism.",
)
@click.option(
    "--model", metavar="NAME", help="The chat teacher: as in `kedrec ask`, or langchain:MODULE:FACTORY."
)
@click.option("--seed", type=int, help="Seed of every random draw.")
@jobs_option("Number of processes; 0: one per core.")
@ray_option
@click.option("--again", is_flag=True, help="Replace a finished data set.")
@graph_option
@json_option
def build(
    out: Path,
    sources: str,
    questions: int,
    candidates: int,
    hard: int | None,
    matched: int | None,
    paths: int,
    background: str | None,
    teacher: str,
    model: str | None,
    seed: int | None,
    jobs: int,
    ray: str,
    again: bool,
    graph: str | None,
    as_json: bool,
) -> None:
    """Build expRxRec: which of these drugs treats the disease, and why?

    Three configs split the questions by pair, by clusters of diseases, and by drug.
    """

    from kedrec.common.cpus import usable_threads
    from kedrec.dataset.building import Options
    from kedrec.dataset.building import build as build_dataset
    from kedrec.dataset.negatives import CandidateMix
    from kedrec.dataset.teachers import Teacher
    from kedrec.documents.passage_index import index_folder
    from kedrec.errors import UsageError
    from kedrec.llm.open_model import open_model
    from kedrec.settings import load_settings

    for name, value, minimum in (
        ("questions", questions, 0),
        ("paths", paths, 1),
        ("jobs", jobs, 0),
    ):
        if value < minimum:
            raise UsageError(f"'{name}' is {value}.", f"Give a number of {minimum} or more.")
    # Data sets get shared, so private overlays stay out of them.
    settings = load_settings(graph=graph, seed=seed, model=model, overlay="none")
    options = Options(
        sources=tuple(sorted({source.strip() for source in sources.split(",") if source.strip()})),
        recipe=CandidateMix.with_defaults(candidates, hard, matched),
        questions=questions,
        paths=paths,
        curated=teacher in ("curated", "both"),
        seed=settings.seed,
    )
    texts = index_folder(settings.home)
    if background is None:
        background = "both" if (texts / "index.json").exists() else "none"
    with ExitStack() as stack:
        progress = stack.enter_context(progress_on_stderr())
        chat_teacher = None
        if teacher in ("chat", "both"):
            chat_model = open_model(settings.model, settings, progress=progress)
            stack.callback(chat_model.close)
            chat_teacher = Teacher(chat_model, settings.cache_dir, settings.seed)
        report = build_dataset(
            settings,
            out,
            options,
            texts=texts if background == "both" else None,
            teacher=chat_teacher,
            again=again,
            jobs=jobs or usable_threads(settings.threads),
            ray=ray,
            progress=progress,
        )
    if as_json:
        print_json(report)
    else:
        _print_report(report)


def _print_report(report: BuildReport) -> None:
    say(f"{report.folder}:")
    for config, rows in report.rows.items():
        counts = ", ".join(f"{count:,} {split}" for split, count in rows.items())
        say(f"  {config}: {counts}; {report.referenced[config]:,} with a rationale")
    omissions = [
        f"{count:,} {reason}"
        for reason, count in (
            ("contraindicated as well", report.conflicting),
            ("with too few wrong answers", sum(report.too_few.values())),
            ("with nearly the rationale of another split", sum(report.repeated.values())),
        )
        if count
    ]
    if omissions:
        say(f"Left out: {', '.join(omissions)}.")
    say(
        f"Shared by two splits: {report.leaks.summary()} "
        "(looked for: pairs, diseases, drugs, groups, rationales, treatments shown as evidence)."
    )
    if report.embedding:
        embedding = report.embedding
        say(
            f"Hard negatives by {embedding['model']}: of links held out, MRR {embedding['mrr']:.3f}, "
            f"Hits@10 {embedding['hits_at_10']:.3f}."
        )
    if report.teacher:
        teacher = report.teacher
        say(
            f"{teacher['model']}: {teacher['written']:,} rationales, {teacher['refused']:,} of which nothing "
            f"held; {teacher['asked']:,} asked, {teacher['cached']:,} from the cache, "
            f"{teacher['prompt_tokens']:,} tokens read, {teacher['completion_tokens']:,} written."
        )
