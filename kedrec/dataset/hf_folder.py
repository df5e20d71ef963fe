"""A data set's folder in Hugging Face layout.

It has `README.md` (the data card, whose YAML lists the configs), `kedrec.json` (its provenance) and one file
a split, `CONFIG/SPLIT.jsonl`, one `Question` a line. A config is one way to split the same kind of
questions: `pair`, `unseen_disease`, `unseen_drug` of expRxRec, `admission` of MIMIC-III.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError

from kedrec.common.private_files import make_private, private_folder
from kedrec.dataset.question_types import Question
from kedrec.errors import DataError, NotFoundError

__all__ = ["FORMAT", "SPLITS", "DataSet", "SplitName", "write_note", "write_questions"]

FORMAT = 1
"""Version of the layout, raised with every change of it."""

SplitName: TypeAlias = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")

_NOTE = "kedrec.json"


def write_questions(
    folder: Path, config: str, split: SplitName, questions: Iterable[Question], *, private: bool = False
) -> Path:
    """Writes one split's file atomically and returns its path; on failure an earlier file stays.

    Args:
        private: whether the file is for the user alone.

    Raises:
        DataError: the disk refuses.
    """
    path = folder / config / f"{split}.jsonl"
    part = path.with_name(f".{path.name}.part")
    try:
        if private:
            private_folder(path.parent)
            make_private(part)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for question in questions:
                file.write(question.line() + "\n")
        part.replace(path)
    except OSError as error:
        raise DataError(
            f"{path} could not be written: {error.strerror or error}.",
            "See that the disk has room, and run the command again.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


class DataSet:
    """A data set's folder, opened for reading.

    Attributes:
        folder: the folder.
        note: content of `kedrec.json`: `format`, `kind` (`exprxrec`, `mimic`), `configs` (config -> split ->
            rows and SHA-256 of the file) and the builder's own keys (seed, graph, options).

    Raises:
        NotFoundError: the folder has no data set.
        DataError: the data set is of another version, or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.note: dict[str, Any] = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            version, configs = self.note["format"], self.note["configs"]
        except FileNotFoundError as error:
            raise NotFoundError(
                f"There is no data set in {folder}: it has no {_NOTE}.",
                "Build one: `kedrec dataset build --out DIR`.",
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{folder / _NOTE} can't be read: {error}.", "Build the data set again."
            ) from error
        if version != FORMAT or not isinstance(configs, dict):
            raise DataError(
                f"The data set in {folder} is of version {version}; this KEDRec reads version {FORMAT}.",
                "Build the data set again.",
            )

    @property
    def kind(self) -> str:
        """`exprxrec` or `mimic`."""
        return str(self.note.get("kind", ""))

    @property
    def configs(self) -> tuple[str, ...]:
        """The names of its configs."""
        return tuple(self.note["configs"])

    def digest(self, config: str, split: SplitName) -> str:
        """SHA-256 of a split's file, from the note."""
        return str(self._entry(config, split)["sha256"])

    def rows(self, config: str, split: SplitName) -> int:
        """Number of questions in a split, from the note."""
        return int(self._entry(config, split)["rows"])

    def questions(self, config: str, split: SplitName) -> Iterator[Question]:
        """The questions of a split, in the file's order, one in memory at a time.

        Raises:
            NotFoundError: the data set has no such config.
            DataError: a line isn't a question.
        """
        self._entry(config, split)
        path = self.folder / config / f"{split}.jsonl"
        try:
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    yield _question(line, f"{path}, line {number},")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} can't be read: {error}.", "Build the data set again.") from error

    def _entry(self, config: str, split: SplitName) -> Mapping[str, Any]:
        try:
            entry: Mapping[str, Any] = self.note["configs"][config][split]
        except (KeyError, TypeError) as error:
            raise NotFoundError(
                f"The data set in {self.folder} has no {config}/{split}.",
                f"It has {', '.join(self.configs)}, each with {', '.join(SPLITS)}.",
            ) from error
        return entry


def _question(line: str, position: str) -> Question:
    try:
        return Question.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": ")
        raise DataError(f"{position} is no question: {reason}.", "Build the data set again.") from error


def write_note(folder: Path, kind: str, configs: Iterable[str], facts: Mapping[str, Any]) -> None:
    """Writes `kedrec.json`, the last file of a data set, with the digests of the configs' files.

    Args:
        folder: with the files of every config.
        kind: `exprxrec`, `mimic`.
        configs: names of the configs.
        facts: further provenance; plain data.

    Raises:
        DataError: a file can't be read, or the disk refuses.
    """
    try:
        files: dict[str, dict[str, dict[str, Any]]] = {}
        for config in configs:
            files[config] = {}
            for split in SPLITS:
                content = (folder / config / f"{split}.jsonl").read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                files[config][split] = {"rows": content.count(b"\n"), "sha256": digest}
        note = {"format": FORMAT, "kind": kind, "configs": files, **facts}
        text = json.dumps(note, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (folder / _NOTE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"The data set in {folder} could not be finished: {error.strerror or error}.",
            "See that the disk has room, and run the command again.",
        ) from error
