"""Writes the first rationales while the graph is still searched for further pairs."""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

from kedrec.answers.rationales import is_for_model, write_rationales

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.llm.base import ChatModel

__all__ = ["AheadWriter"]


class AheadWriter:
    """Has a model write rationales in a thread of its own, so that they are stored when they are asked for.

    It changes no answer: a pair's rationale is written from what is stored then, and what wasn't written
    here, or failed, is written there.

    Args:
        model: a model that stores its texts; nothing else may use it until `stop`.
        seed: seed of the model.
    """

    def __init__(self, model: ChatModel, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._candidates: SimpleQueue[Candidate | None] = SimpleQueue()
        self._stopped = Event()
        self._thread = Thread(target=self._write, name="kedrec-ahead", daemon=True)
        self._thread.start()

    def put(self, candidate: Candidate) -> None:
        """Adds a pair to those to write."""
        if is_for_model(candidate):
            self._candidates.put(candidate)

    def stop(self, *, wait: bool = True) -> None:
        """Writes no further pair; waits for the text under way, unless told not to."""
        self._stopped.set()
        self._candidates.put(None)
        if wait:
            self._thread.join()

    def _write(self) -> None:
        while (candidate := self._candidates.get()) is not None and not self._stopped.is_set():
            # Whatever fails here fails again where the text is asked for, and is reported there.
            with suppress(Exception):
                write_rationales(self._model, [candidate], seed=self._seed)
