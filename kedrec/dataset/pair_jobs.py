"""Collects the facts of a data set's pairs over processes or Ray, storing each block as it comes.

Facts are appended to a file of the folder that is being built, so that a stopped build resumes where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.parallel import map_ordered
from kedrec.dataset.candidates import CandidateFacts, PairTask, PairWork
from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.settings import Settings
    from kedrec.stores.base import GraphStore

__all__ = ["JobContext", "Journal", "collect_facts"]

_BLOCK_SIZE = 8  # pairs


@dataclass(frozen=True)
class JobContext:
    """Everything that a process needs to collect facts.

    Attributes:
        settings: the graph and the caches.
        texts: folder of the passage index; None: no texts.
        work: settings and data shared by all pairs.
        key: digest of all inputs.
    """

    settings: Settings
    texts: Path | None
    work: PairWork
    key: str


class Journal:
    """The facts collected so far, one pair a line of a file; a file with another key is ignored.

    Args:
        path: the file.
        key: digest of all inputs of the facts.

    Attributes:
        facts: the facts by drug and disease.

    Raises:
        DataError: the disk refuses.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self.facts: dict[tuple[str, str], CandidateFacts] = {}

    def read(self) -> None:
        """Reads the file and truncates it before an incomplete last line."""
        try:
            with self._path.open("rb") as file:
                header = file.readline()
                if header.rstrip(b"\n") != self._header():
                    return
                complete = len(header)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    pair_facts = CandidateFacts.model_validate_json(line)
                    self.facts[pair_facts.drug, pair_facts.disease] = pair_facts
                    complete += len(line)
            os.truncate(self._path, complete)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.facts.clear()
            raise DataError(
                f"{self._path} can't be read: {error}.", "Delete it; the build then begins anew."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[Callable[[Sequence[CandidateFacts]], None]]:
        """Opens the file for the function that appends facts.

        Raises:
            DataError: the disk refuses.
        """
        try:
            if not self.facts:
                self._path.write_bytes(self._header() + b"\n")
            with self._path.open("ab") as file:

                def append(block: Sequence[CandidateFacts]) -> None:
                    for pair_facts in block:
                        self.facts[pair_facts.drug, pair_facts.disease] = pair_facts
                        file.write(pair_facts.model_dump_json().encode() + b"\n")
                    file.flush()

                yield append
        except OSError as error:
            raise DataError(
                f"Writing {self._path} failed: {error.strerror or error}.",
                "Make room on the disk and run the command again; it goes on where it stopped.",
            ) from error

    def _header(self) -> bytes:
        return json.dumps({"key": self._key}).encode()


def collect_facts(
    context: JobContext,
    tasks: Sequence[PairTask],
    journal: Journal,
    *,
    jobs: int = 1,
    ray: str = "",
    progress: Progress | None = None,
) -> dict[tuple[str, str], CandidateFacts]:
    """The facts of all tasks' pairs: from the journal, or collected and added to it.

    Args:
        context: inputs of every worker.
        tasks: each pair once.
        journal: already read.
        jobs: processes of this machine.
        ray: address of a Ray cluster, whose workers see the same graph and home folder; "": this machine.
        progress: called after each block, with the pairs done.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
        DataError: the disk refuses.
    """
    pending = [task for task in tasks if (task.drug, task.disease) not in journal.facts]
    blocks = [pending[start : start + _BLOCK_SIZE] for start in range(0, len(pending), _BLOCK_SIZE)]
    done = len(tasks) - len(pending)
    with journal.writing() as append, _workers(context, blocks, jobs, ray) as results:
        for block in results:
            append(block)
            done += len(block)
            if progress is not None:
                progress("Collecting evidence, by pair", done, len(tasks))
    return journal.facts


@contextmanager
def _workers(
    context: JobContext, blocks: Sequence[Sequence[PairTask]], jobs: int, ray: str
) -> Iterator[Iterator[list[CandidateFacts]]]:
    results = map_ordered(_collect_block, context, blocks, jobs=jobs, ray=ray)
    try:
        yield results
    finally:
        results.close()
        _close_resources()  # of this process, where it did the work itself


@dataclass(frozen=True)
class _Resources:
    key: str
    store: GraphStore
    ranker: Ranker
    index: PassageIndex | None
    stack: ExitStack


_open_resources: list[_Resources] = []
"""The resources that this process has open: at most one set."""


def _collect_block(context: JobContext, tasks: Sequence[PairTask]) -> list[CandidateFacts]:
    if not _open_resources or _open_resources[0].key != context.key:
        _close_resources()
        _open_resources[:] = [_open(context)]
    resources = _open_resources[0]
    return [context.work.facts(resources.store, resources.ranker, resources.index, task) for task in tasks]


def _close_resources() -> None:
    for resources in _open_resources:
        resources.stack.close()
    _open_resources.clear()


def _open(context: JobContext) -> _Resources:
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    stack = ExitStack()
    store = stack.enter_context(open_store(context.settings.graph_url, context.settings))
    ranker = Ranker.open(store, context.settings.cache_dir, threads=context.settings.threads)
    index = stack.enter_context(PassageIndex.open(context.texts)) if context.texts else None
    return _Resources(context.key, store, ranker, index, stack)
