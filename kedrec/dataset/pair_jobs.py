"""Works on the pairs of a data set: over processes or Ray, keeping each block as it comes.

What was made is appended to a file of the folder that is being built, so that a build that was stopped goes
on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.parallel import spread
from kedrec.dataset.candidates import PairFacts, PairTask, PairWork
from kedrec.errors import DataError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.settings import Settings
    from kedrec.stores.base import GraphStore

__all__ = ["Journal", "Shared", "work_on"]

_A_BLOCK = 8  # pairs


@dataclass(frozen=True)
class Shared:
    """What a process needs to work on pairs.

    Attributes:
        settings: where the graph and the caches are.
        texts: folder of the passage index; None: no texts.
        work: what is the same for all pairs.
        key: stands for all of it.
    """

    settings: Settings
    texts: Path | None
    work: PairWork
    key: str


class Journal:
    """The pairs that were worked on, in a file a line; of another build's key, they are forgotten.

    Args:
        path: the file.
        key: of what the pairs are made with.

    Raises:
        DataError: the disk refuses.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self.found: dict[tuple[str, str], PairFacts] = {}

    def read(self) -> None:
        """Reads what is there, up to a line that was cut off."""
        try:
            with self._path.open("rb") as file:
                head = file.readline()
                if head.rstrip(b"\n") != self._head():
                    return
                whole = len(head)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    facts = PairFacts.model_validate_json(line)
                    self.found[facts.drug, facts.disease] = facts
                    whole += len(line)
            os.truncate(self._path, whole)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.found.clear()
            raise DataError(
                f"{self._path} can't be read: {error}.", "Delete it; the build then begins anew."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[Callable[[Sequence[PairFacts]], None]]:
        """Gives a function that adds pairs.

        Raises:
            DataError: the disk refuses.
        """
        try:
            if not self.found:
                self._path.write_bytes(self._head() + b"\n")
            with self._path.open("ab") as file:

                def add(made: Sequence[PairFacts]) -> None:
                    for facts in made:
                        self.found[facts.drug, facts.disease] = facts
                        file.write(facts.model_dump_json().encode() + b"\n")
                    file.flush()

                yield add
        except OSError as error:
            raise DataError(
                f"Writing {self._path} failed: {error.strerror or error}.",
                "Make room on the disk and run the command again; it goes on where it stopped.",
            ) from error

    def _head(self) -> bytes:
        return json.dumps({"key": self._key}).encode()


def work_on(
    shared: Shared,
    tasks: Sequence[PairTask],
    journal: Journal,
    *,
    jobs: int = 1,
    ray: str = "",
    progress: Progress | None = None,
) -> dict[tuple[str, str], PairFacts]:
    """The facts of all tasks' pairs: from the journal, or worked on and added to it.

    Args:
        shared: what workers need.
        tasks: each pair once.
        journal: read before.
        jobs: processes of this machine.
        ray: address of a Ray cluster, whose workers see the same graph and home folder; "": this machine.
        progress: called after each block, with the pairs done.

    Raises:
        UsageError: Ray isn't installed, or not at that address.
        DataError: the disk refuses.
    """
    left = [task for task in tasks if (task.drug, task.disease) not in journal.found]
    parts = [left[start : start + _A_BLOCK] for start in range(0, len(left), _A_BLOCK)]
    done = len(tasks) - len(left)
    with journal.writing() as add, _workers(shared, parts, jobs, ray) as made:
        for facts in made:
            add(facts)
            done += len(facts)
            if progress is not None:
                progress("Collecting evidence, by pair", done, len(tasks))
    return journal.found


@contextmanager
def _workers(
    shared: Shared, parts: Sequence[Sequence[PairTask]], jobs: int, ray: str
) -> Iterator[Iterator[list[PairFacts]]]:
    made = spread(_block, shared, parts, jobs=jobs, ray=ray)
    try:
        yield made
    finally:
        made.close()
        for opened in _opened:  # of this process, where it did the work itself
            opened.stack.close()
        _opened.clear()


@dataclass(frozen=True)
class _Opened:
    key: str
    store: GraphStore
    ranker: Ranker
    index: PassageIndex | None
    stack: ExitStack


_opened: list[_Opened] = []
"""What this process has open: at most one."""


def _block(shared: Shared, tasks: Sequence[PairTask]) -> list[PairFacts]:
    if not _opened or _opened[0].key != shared.key:
        for opened in _opened:
            opened.stack.close()
        _opened[:] = [_open(shared)]
    here = _opened[0]
    return [shared.work.facts(here.store, here.ranker, here.index, task) for task in tasks]


def _open(shared: Shared) -> _Opened:
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.stores import open_store

    stack = ExitStack()
    store = stack.enter_context(open_store(shared.settings.graph_url, shared.settings))
    ranker = Ranker.open(store, shared.settings.cache_dir, threads=shared.settings.threads)
    index = stack.enter_context(PassageIndex.open(shared.texts)) if shared.texts else None
    return _Opened(shared.key, store, ranker, index, stack)
