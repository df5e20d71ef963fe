"""Command `kedrec explain`: prints the evidence for one drug and one disease."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import (
    console,
    graph_option,
    json_option,
    print_json,
    say,
    warn_unfinished_loads,
)
from kedrec.cli.progress import progress_on_stderr
from kedrec.cli.text_options import background_option, texts_option, warn_about_texts
from kedrec.cli.view_options import as_of_option, overlay_option, warn_about_view, warn_untreated

if TYPE_CHECKING:
    from kedrec.types import Background


@click.command()
@click.option("--drug", required=True, metavar="NAME", help="The drug: a name or an id.")
@click.option("--disease", required=True, metavar="NAME", help="The disease: a name or an id.")
@click.option("--paths", default=12, show_default=True, help="Maximum number of evidence paths.")
@background_option
@texts_option
@click.option("--cypher", is_flag=True, help="Print Cypher that finds each path, for Neo4j Browser.")
@overlay_option
@as_of_option
@graph_option
@json_option
def explain(
    drug: str,
    disease: str,
    paths: int,
    background: Background | None,
    texts: int,
    cypher: bool,
    overlay: str | None,
    as_of: int | None,
    graph: str | None,
    as_json: bool,
) -> None:
    """Print the evidence for one drug and one disease: paths, sources, licences, links."""
    from kedrec.api import Kedrec
    from kedrec.settings import load_settings

    with (
        progress_on_stderr() as progress,
        Kedrec(load_settings(graph=graph, overlay=overlay, as_of=as_of), progress=progress) as kr,
    ):
        warn_unfinished_loads(kr.store)
        warn_about_view(kr.store, kr.settings)
        explanation = kr.explain(drug, disease, paths=paths, background=background, texts=texts)
        warn_untreated(kr.fingerprint)
    warn_about_texts([explanation.texts])
    if as_json:
        print_json(explanation)
        return
    if cypher:
        from kedrec.evidence.path_cypher import script

        say(script((*explanation.evidence, *explanation.adverse, *explanation.safety.cautions)), nl=False)
        return
    from kedrec.cli.rendering import print_explanation
    from kedrec.cli.score_bars import print_chances

    out = console()
    print_explanation(out, explanation)
    print_chances(out, explanation.chances)
