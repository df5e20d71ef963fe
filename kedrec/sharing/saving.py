"""Saves an answer as a file, in the format that the file's name asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from kedrec.common.json_text import json_text
from kedrec.common.new_files import check_writable, write_whole
from kedrec.errors import UsageError
from kedrec.rendering.answer_page import page
from kedrec.rendering.answer_table import answer_text
from kedrec.rendering.references import bibtex, references_of, ris
from kedrec.sharing.archive import SavedAnswer, packed

if TYPE_CHECKING:
    from kedrec.types import Answer, DiseaseAnswer

__all__ = ["SUFFIXES", "check_targets", "save_answer", "without_own_paths"]

_WRITERS: dict[str, Callable[[SavedAnswer], bytes]] = {
    ".html": lambda saved: page(saved.answer).encode(),
    ".zip": packed,
    ".json": lambda saved: f"{json_text(saved.answer)}\n".encode(),
    ".tsv": lambda saved: answer_text(saved.answer, "tsv").encode(),
    ".bib": lambda saved: bibtex(references_of(saved.answer)).encode(),
    ".ris": lambda saved: ris(references_of(saved.answer)).encode(),
}
SUFFIXES = tuple(_WRITERS)
"""Endings of the names of files that an answer can be saved as."""


def check_targets(paths: Sequence[Path], *, overwrite: bool) -> None:
    """Checks, before an answer is made, that it can be saved.

    Raises:
        UsageError: a name has another ending, is given twice, or can't be written.
    """
    for path in paths:
        if path.suffix.lower() not in _WRITERS:
            raise UsageError(
                f"An answer can't be saved as '{path.name}'.",
                f"Give a name that ends in {_listed(SUFFIXES)}.",
            )
        check_writable(path, overwrite=overwrite)
    if len({path.absolute() for path in paths}) < len(paths):
        raise UsageError("An answer can't be saved twice in one file.", "Give different names.")


def save_answer(saved: SavedAnswer, path: Path, *, overwrite: bool) -> None:
    """Saves an answer, readable by its owner alone until they share it.

    Raises:
        UsageError: as `check_targets`; the file can't be written.
    """
    check_targets([path], overwrite=overwrite)
    write_whole(path, _WRITERS[path.suffix.lower()](saved), overwrite=overwrite)


def without_own_paths(answer: Answer | DiseaseAnswer) -> Answer | DiseaseAnswer:
    """The answer as it is shared: of its graph the folder's name or the server alone, no path or user."""
    parts = urlsplit(answer.manifest.graph)
    if parts.scheme and parts.netloc:
        graph = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    else:
        graph = Path(answer.manifest.graph).name
    manifest = answer.manifest.model_copy(update={"graph": graph})
    return answer.model_copy(update={"manifest": manifest})


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
