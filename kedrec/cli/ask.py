"""`kedrec ask`: recommend drugs for a disease."""

from __future__ import annotations

import click

from kedrec.cli.common import console, graph_option, json_option, print_json, progress_on_stderr


@click.command()
@click.option("--disease", required=True, metavar="NAME", help="The disease: a name or an id.")
@click.option("--drug", "drugs", multiple=True, metavar="NAME", help="Only this drug; may be repeated.")
@click.option("--top", default=5, show_default=True, help="How many drugs.")
@click.option("--paths", default=8, show_default=True, help="Most evidence paths a drug.")
@click.option("--new", is_flag=True, help="Leave out what the graph already knows as a treatment.")
@click.option("--no-llm", is_flag=True, help="Show the evidence without a written rationale.")
@click.option("--model", metavar="NAME", help="The language model; see `kedrec model list`.")
@click.option("--seed", type=int, help="Seed of the language model.")
@graph_option
@json_option
def ask(
    disease: str,
    drugs: tuple[str, ...],
    top: int,
    paths: int,
    new: bool,
    no_llm: bool,
    model: str | None,
    seed: int | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Recommend drugs for a disease, with cited and checked reasons."""
    from kedrec.recommend import Kedrec
    from kedrec.settings import load_settings

    settings = load_settings(graph=graph, model=model, seed=seed)
    with progress_on_stderr() as progress, Kedrec(settings, progress=progress) as kr:
        answer = kr.recommend(disease, drugs=drugs, top=top, paths=paths, llm=not no_llm, new=new)
    if as_json:
        print_json(answer)
        return
    from kedrec.cli.rendering import print_answer

    print_answer(console(), answer)
