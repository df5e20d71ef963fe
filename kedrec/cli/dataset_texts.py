"""Command `kedrec dataset texts`: rebuilds a data set's texts from the local passage index."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedrec.cli.common import json_option, print_json, say
from kedrec.cli.progress import progress_on_stderr

if TYPE_CHECKING:
    from kedrec.common.progress import Progress


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the texts as JSON Lines; without it they are only checked.",
)
@json_option
def texts(folder: Path, out: Path | None, as_json: bool) -> None:
    """Rebuild the texts of a data set, and check that they are the same.

    A data set has no text of trials and articles, only the ids of passages: load the texts with
    `kedrec-load documents` first.
    """
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.dataset.rebuilt_texts import RebuildReport
    from kedrec.errors import DataError

    dataset = DataSet(folder)
    partial = out.with_name(f".{out.name}.part") if out else None
    try:
        with progress_on_stderr() as progress:
            counts = _rebuild(folder, partial, progress)
        if partial and out:
            partial.replace(out)
    except OSError as error:
        raise DataError(
            f"{out} could not be written: {error.strerror or error}.", "See that the disk has room."
        ) from error
    finally:
        if partial:
            partial.unlink(missing_ok=True)
    report = RebuildReport(
        folder=str(dataset.folder),
        same=counts["same"],
        changed=counts["changed"],
        missing=counts["missing"],
    )
    if as_json:
        print_json(report)
    else:
        say(f"{report.same:,} same, {report.changed:,} changed, {report.missing:,} missing.")


def _rebuild(folder: Path, partial: Path | None, progress: Progress) -> Counter[str]:
    """Writes the rebuilt texts to a file, if given, and counts them by state."""
    from contextlib import ExitStack

    from kedrec.dataset.hf_folder import SPLITS, DataSet
    from kedrec.dataset.rebuilt_texts import rebuild_texts
    from kedrec.documents.passage_index import PassageIndex, index_folder
    from kedrec.settings import load_settings

    dataset = DataSet(folder)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        index = stack.enter_context(PassageIndex.open(index_folder(load_settings().home)))
        file = stack.enter_context(partial.open("w", encoding="utf-8")) if partial else None
        for config in dataset.configs:
            for split in SPLITS:
                for text in rebuild_texts(dataset, config, split, index, progress):
                    counts[text.state] += 1
                    if file is not None:
                        file.write(text.model_dump_json() + "\n")
    return counts
