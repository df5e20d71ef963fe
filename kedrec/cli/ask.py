"""Command `kedrec ask`: recommends drugs for a disease, or diseases for a drug."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import (
    console,
    graph_option,
    json_option,
    print_json,
    say,
    warn,
    warn_unfinished_loads,
)
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.text_options import background_option, texts_option, warn_about_texts
from kedrec.cli.view_options import as_of_option, overlay_option, warn_about_view, warn_untreated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.sharing.question import GeneRole, Question
    from kedrec.types import Answer, Background, Chooser, ClinicalStage, DiseaseAnswer

_LONGEST_NAME = 120  # of a gene list's file, as it is saved


@click.command()
@click.option("--disease", metavar="NAME", help="The disease: a name or an id.")
@click.option(
    "--genes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A gene list of your own in place of a disease: a symbol, NCBI or Ensembl id a line, and a weight.",
)
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    nargs=2,
    metavar="UP DOWN",
    help="The same of two files: genes whose activity is raised, and lowered.",
)
@click.option(
    "--drug",
    "drugs",
    multiple=True,
    metavar="NAME",
    help="Only this drug; may be repeated. Without --disease: rank the diseases it could be repurposed for.",
)
@click.option("--top", default=5, show_default=True, help="Number of recommendations.")
@click.option(
    "--paths", default=8, show_default=True, help="Maximum number of evidence paths per recommendation."
)
@background_option
@texts_option
@click.option("--new", is_flag=True, help="Leave out known treatments.")
@click.option(
    "--hide-contraindicated", is_flag=True, help="Leave out contraindicated pairs, and print their number."
)
@click.option(
    "--beyond-prior",
    is_flag=True,
    help="Rank drugs by their score minus most of the mean score of drugs that treat as many diseases, so "
    "that widely used drugs don't crowd out others.",
)
@click.option(
    "--status",
    type=click.Choice(["approved", "investigational", "failed", "unknown"]),
    help="Leave out drugs of another clinical status: `approved` somewhere for something; `investigational`: "
    "not known to be, and a clinical candidate or in a trial; `failed`: a trial in the disease stopped or "
    "missed its outcomes; `unknown`. Their number is printed.",
)
@click.option(
    "--diverse/--no-diverse",
    default=True,
    show_default=True,
    help="Give drugs with one mechanism, or of one class, one line of the table, or let them fill it.",
)
@click.option(
    "--choose",
    type=click.Choice(["ranking", "model", "both"]),
    default="ranking",
    show_default=True,
    help="What orders the drugs: `model`: the language model judges each of the ranking's best by its "
    "evidence; `both`: its judgement counts where a regression that is stored for it (`kedrec train choice`) "
    "improved the order of validation questions, else the ranking's order stays. Both show the judgements.",
)
@click.option("--no-llm", is_flag=True, help="Show the evidence without a written rationale.")
@click.option("--model", metavar="NAME", help="The language model; see `kedrec model list`.")
@click.option("--seed", type=int, help="Seed of the language model.")
@click.option("--brief", is_flag=True, help="Print the table alone, one line a mechanism.")
@click.option("--full", is_flag=True, help="Print every drug's reasons and every path.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "markdown", "html", "tsv", "json"]),
    default="text",
    show_default=True,
    help="Print the table in another format; json prints everything.",
)
@click.option(
    "--save",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also save the answer; may be repeated. The name's ending is the format: .html, one page to open "
    "anywhere; .zip, for `kedrec replay`; .json; .tsv; .bib or .ris, the references.",
)
@click.option("--overwrite", is_flag=True, help="Save over a file that is there.")
@overlay_option
@as_of_option
@graph_option
@json_option
def ask(
    disease: str | None,
    genes: Path | None,
    signature: tuple[Path, Path] | None,
    drugs: tuple[str, ...],
    top: int,
    paths: int,
    background: Background | None,
    texts: int,
    new: bool,
    hide_contraindicated: bool,
    beyond_prior: bool,
    status: ClinicalStage | None,
    diverse: bool,
    choose: Chooser,
    no_llm: bool,
    model: str | None,
    seed: int | None,
    brief: bool,
    full: bool,
    layout: str,
    save: tuple[Path, ...],
    overwrite: bool,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Recommend drugs for a disease (or diseases for a drug), with cited and checked reasons."""
    from kedrec.api import Kedrec
    from kedrec.cli.answer_printer import AnswerPrinter
    from kedrec.common.plain_text import one_line
    from kedrec.errors import UsageError
    from kedrec.settings import load_settings
    from kedrec.sharing.question import Question, answer_question
    from kedrec.sharing.saving import check_targets

    is_list = genes is not None or signature is not None
    if is_list and disease is not None:
        raise UsageError("A disease and a gene list were both given.", "Ask about one of them.")
    if is_list and (new or background is not None):
        raise UsageError(
            "--new and --background are for diseases that others know.", "Leave them out with a gene list."
        )
    if disease is None and not drugs and not is_list:
        raise UsageError(
            "Neither a disease nor a drug was asked about.",
            "Give --disease NAME, or --genes FILE, or --drug NAME alone for the diseases it could treat.",
        )
    if disease is None and not is_list and status is not None:
        raise UsageError("--status chooses drugs.", "Give a --disease with it.")
    if disease is None and not is_list and len(drugs) > 1:
        raise UsageError(
            f"{len(drugs)} drugs were given without a disease.",
            "Diseases are ranked for one drug: give --drug once, or a --disease too.",
        )
    if disease is None and not is_list and beyond_prior:
        raise UsageError("--beyond-prior ranks drugs.", "Give a --disease with it.")
    if choose != "ranking" and (disease is None or no_llm):
        raise UsageError(
            f"--choose {choose} orders drugs by the language model.", "Give a --disease, and no --no-llm."
        )
    if brief and full:
        raise UsageError("--brief and --full were both given.", "Give one of them.")
    files = _gene_files(genes, signature)
    settings = load_settings(graph=graph, overlay=overlay, as_of=as_of, model=model, seed=seed)
    question = Question(
        asked="genes" if is_list else "disease" if disease is not None else "drug",
        name=disease or ("" if is_list else drugs[0]),
        genes={
            role: one_line(path.name).replace("\\", "")[:_LONGEST_NAME].lstrip(". ") or "genes"
            for role, path in files.items()
        },
        drugs=drugs if is_list or disease is not None else (),
        top=top,
        paths=paths,
        llm=not no_llm,
        new=new,
        hide_contraindicated=hide_contraindicated,
        beyond_prior=beyond_prior,
        status=status,
        diverse=diverse,
        background=background,
        texts=texts,
        choose=choose,
        seed=settings.seed,
        overlay=settings.overlay,
        as_of=settings.as_of,
    )
    check_targets(save, overwrite=overwrite)
    as_text = layout == "text" and not as_json
    with progress_on_stderr() as progress:
        printer = AnswerPrinter(console(), "brief" if brief else "full" if full else "usual", progress.hide)
        with Kedrec(settings, progress=progress, watch=printer if as_text else None) as kr:
            warn_unfinished_loads(kr.store)
            warn_about_view(kr.store, kr.settings)
            answer = answer_question(kr, question, files)
            warn_untreated(kr.fingerprint)
    if save:
        _save(answer, question, files, save, overwrite=overwrite)
    warn_about_texts([recommendation.texts for recommendation in answer])
    if as_text:
        printer.finish(answer)
    elif as_json or layout == "json":
        print_json(answer)
    else:
        from kedrec.rendering.answer_table import answer_text

        say(answer_text(answer, layout), nl=False)


def _save(
    answer: Answer | DiseaseAnswer,
    question: Question,
    files: dict[GeneRole, Path],
    paths: Sequence[Path],
    *,
    overwrite: bool,
) -> None:
    """Saves an answer with its question and gene list, and says what of it is private."""
    from kedrec.sharing.archive import SavedAnswer, read_gene_list
    from kedrec.sharing.saving import save_answer, without_own_paths

    contents = {role: read_gene_list(path) for role, path in files.items()}
    saved = SavedAnswer(question, without_own_paths(answer), genes=contents)
    for path in paths:
        save_answer(saved, path, overwrite=overwrite)
    _warn_about_saved(answer, paths)


def _gene_files(genes: Path | None, signature: tuple[Path, Path] | None) -> dict[GeneRole, Path]:
    """The files of a gene list by what they say of their genes."""
    files: dict[GeneRole, Path] = {} if genes is None else {"listed": genes}
    if signature is not None:
        files |= {"raised": signature[0], "lowered": signature[1]}
    return files


def _warn_about_saved(answer: Answer | DiseaseAnswer, paths: Sequence[Path]) -> None:
    """Says what was saved, and what of it is private."""
    from kedrec.types import GENE_LIST_PREFIX

    for path in paths:
        warn(f"saved: {path}")
    overlays = [name for name in answer.manifest.overlays if name != GENE_LIST_PREFIX]
    if overlays:
        warn(
            f"What was saved has statements of private overlays: {', '.join(overlays)}. "
            "See that you may share them."
        )
    if answer.asked == "disease" and answer.gene_list is not None:
        warn("What was saved has your gene list. See that you may share it.")
