"""Packs an answer with its question into a zip file, and reads such files, whoever made them.

The file has `question.json`, `answer.json`, a user's gene lists, and the answer for readers: as a page, a
table, references. Only the first three are read again, in memory and up to a size each; nothing is unpacked.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from kedrec._version import __version__
from kedrec.common.json_text import json_text
from kedrec.common.regular_files import open_regular
from kedrec.errors import DataError
from kedrec.rendering.answer_page import page
from kedrec.rendering.answer_table import answer_text
from kedrec.rendering.references import bibtex, references_of, ris
from kedrec.sharing.question import GeneRole, Question
from kedrec.types import Answer, DiseaseAnswer
from kedrec.types.base import Frozen

__all__ = ["SavedAnswer", "packed", "read_gene_list", "read_saved"]

_MAX_BYTES = 64 << 20  # of a member; an answer of 1,000 drugs with 50 paths each has about 50 MB
_MAX_MEMBERS = 50
_TIME = (1980, 1, 1, 0, 0, 0)  # the same for all, so that equal answers make equal files
_ANSWER: TypeAdapter[Answer | DiseaseAnswer] = TypeAdapter(Answer | DiseaseAnswer)
_README = """An answer of KEDRec {version}, asked of the graph {fingerprint}.

answer.html     the answer, to read: open it in a browser
answer.tsv      its table
references.*    what its evidence refers to, for a reference manager
*.json, genes/  what `kedrec replay FILE` makes the answer again from, and compares it with
"""


class _QuestionFile(Frozen):
    """Content of `question.json`."""

    format: Literal[1] = 1
    kedrec: str = Field(max_length=100)
    question: Question


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer and its question, as saved.

    Attributes:
        version: version of KEDRec that saved it.
        genes: content of the files of its gene list.
    """

    question: Question
    answer: Answer | DiseaseAnswer
    version: str = __version__
    genes: dict[GeneRole, bytes] = field(default_factory=dict)


def packed(saved: SavedAnswer) -> bytes:
    """The zip file of an answer; the same for equal ones."""
    answer = saved.answer
    references = references_of(answer)
    question = _QuestionFile(kedrec=saved.version, question=saved.question)
    readme = _README.format(version=saved.version, fingerprint=answer.manifest.fingerprint)
    members = {
        "README.txt": readme.encode(),
        "question.json": json_text(question).encode(),
        "answer.json": json_text(answer).encode(),
        "answer.html": page(answer).encode(),
        "answer.tsv": answer_text(answer, "tsv").encode(),
        "references.bib": bibtex(references).encode(),
        "references.ris": ris(references).encode(),
        **{f"genes/{role}": content for role, content in saved.genes.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def read_saved(path: Path) -> SavedAnswer:
    """Reads a saved answer.

    Raises:
        DataError: the file can't be read, is no saved answer, is damaged, or of another version's layout.
    """
    with open_regular(path) as stream:
        try:
            with zipfile.ZipFile(stream) as file:
                return _read(file, path)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise DataError(
                f"{path} is no zip file, or a damaged one: {error}.", "Get the file again."
            ) from error


def read_gene_list(path: Path) -> bytes:
    """The content of a gene list's file.

    Raises:
        DataError: it can't be read, or is larger than any list.
    """
    with open_regular(path) as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise DataError(
            f"{path} has more than {_MAX_BYTES >> 20} MB.", "Give the genes that matter, one a line."
        )
    return content


def _read(file: zipfile.ZipFile, path: Path) -> SavedAnswer:
    names = file.namelist()
    if len(names) > _MAX_MEMBERS or len(set(names)) < len(names):
        raise DataError(f"{path} has more in it than a saved answer.", "Save the answer again.")
    lacking = [name for name in ("question.json", "answer.json") if name not in names]
    if lacking:
        raise DataError(
            f"{path} is no saved answer: it has no {' and no '.join(lacking)}.",
            "Give a file that `kedrec ask --save NAME.zip` wrote.",
        )
    try:
        head = _QuestionFile.model_validate_json(_member(file, "question.json", path))
        answer = _ANSWER.validate_json(_member(file, "answer.json", path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{path} is no answer that KEDRec {__version__} reads: {where or 'its JSON'}: {first['msg']}.",
            "It may be of another version, which its README.txt names: replay it with that one.",
        ) from error
    genes = {role: _member(file, f"genes/{role}", path) for role in head.question.genes
             if f"genes/{role}" in names}  # fmt: skip
    if set(genes) != set(head.question.genes):
        raise DataError(f"{path} lacks a part of its gene list.", "Save the answer again.")
    return SavedAnswer(head.question, answer, head.kedrec, genes)


def _member(file: zipfile.ZipFile, name: str, path: Path) -> bytes:
    with file.open(name) as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise DataError(
            f"{name} in {path} has more than {_MAX_BYTES >> 20} MB.",
            "Ask for fewer recommendations or paths.",
        )
    return content
