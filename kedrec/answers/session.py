"""Holds what questions are answered from: a graph, its names and ranking, texts, and a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from kedrec.answers.ahead import AheadWriter
from kedrec.answers.pending_answer import Watcher  # noqa: TC001  # part of a public signature
from kedrec.answers.rationales import PieceWritten, RationaleWritten
from kedrec.answers.recommendations import Recommender
from kedrec.answers.status import check_kinds
from kedrec.common.cpus import wait_passively
from kedrec.common.progress import Progress  # noqa: TC001  # part of a public signature
from kedrec.documents.background import TextFinder
from kedrec.llm.base import ChatModel  # noqa: TC001  # part of a public signature
from kedrec.llm.locality import is_local
from kedrec.llm.model_registry import resolve_model
from kedrec.llm.text_cache import open_cached_model, stores_texts
from kedrec.naming import NameIndex
from kedrec.ranking import Ranker
from kedrec.settings import Settings  # noqa: TC001  # part of a public signature
from kedrec.stores import Fingerprint, GraphStore, VisibleStore, open_store
from kedrec.stores.base import ContextCloser

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.answers.pending_answer import PendingAnswer
    from kedrec.types import Answer, Background, DiseaseAnswer, TextsUsed

__all__ = ["Session"]

_Answer = TypeVar("_Answer", bound="Answer | DiseaseAnswer")


class Session(ContextCloser):
    """One graph, its ranking, texts and a language model, each opened at its first use.

    A context manager; `close` closes the database and the model. Used by one thread at a time.

    Args:
        settings: the settings.
        progress: called with stage, items done and total as the work goes on.
        watch: watches the answers that a model writes rationales for.

    Attributes:
        closings: how often a graph was closed, because it had changed or at the end.
    """

    def __init__(
        self, settings: Settings, *, progress: Progress | None = None, watch: Watcher | None = None
    ) -> None:
        wait_passively()  # before the ranking loads OpenMP
        self.settings = settings
        self._progress = progress
        self._watch = watch
        self._model: ChatModel | None = None
        self._ahead: AheadWriter | None = None
        self.closings = 0
        self._backgrounds: dict[Background | None, TextFinder] = {}

    @cached_property
    def store(self) -> GraphStore:
        """The graph database, opened for reading."""
        return open_store(self.settings.graph_url, self.settings)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The counts and the hash of the graph's content.

        Raises:
            EmptyGraphError: nothing was loaded yet, or no drug, no disease, or no edge.
        """
        fingerprint = self.store.fingerprint()
        check_kinds(fingerprint, self.store.url)
        return fingerprint

    @cached_property
    def names(self) -> NameIndex:
        """The names of the graph's entities."""
        # Nodes have no year: an index a year would be the same index.
        store = self.store.without_year_limit() if isinstance(self.store, VisibleStore) else self.store
        return NameIndex.open(store, self.settings.cache_dir, self._progress)

    @cached_property
    def ranker(self) -> Ranker:
        """The ranking, fitted on this graph where it wasn't yet. Raises as `fingerprint`."""
        _ = self.fingerprint
        return Ranker.open(
            self.store, self.settings.cache_dir, threads=self.settings.threads, progress=self._progress
        )

    @property
    def model(self) -> ChatModel:
        """The language model, loaded at the first use."""
        if self._model is None:
            self._model = open_cached_model(self.settings.model, self.settings, self._progress)
        return self._model

    @cached_property
    def _recommender(self) -> Recommender:
        return Recommender(self.store, self.names, self.ranker, self._progress, self._write_ahead)

    def _answer(self, ask: Callable[[], PendingAnswer[_Answer]], *, llm: bool, ahead: bool = True) -> _Answer:
        """The answer to a question, with the language model's rationales or in the evidence's sentences.

        Args:
            ask: asks the graph.
            llm: whether the model writes.
            ahead: whether it may write what is found while the graph is asked for more.
        """
        if not llm:
            return ask().answer
        self.check_model()  # a missing model is reported now, not after minutes of ranking
        with self._writing_ahead() if ahead else nullcontext():
            pending = ask()
        return self._write(pending)

    @contextmanager
    def _writing_ahead(self) -> Iterator[None]:
        """Has a model that stores its texts write the pairs that are found in the block, in the meantime."""
        if not stores_texts(self.settings.model, self.settings, self._progress):
            yield
            return
        writer = self._ahead = AheadWriter(self.model, self.settings.seed)
        wait = True
        try:
            yield
        except KeyboardInterrupt:
            wait = False  # who interrupts waits for no text
            raise
        finally:
            writer.stop(wait=wait)
            self._ahead = None

    def _write_ahead(self, candidate: Candidate) -> None:
        if self._ahead is not None:
            self._ahead.put(candidate)

    def _write(self, pending: PendingAnswer[_Answer]) -> _Answer:
        """The answer with the language model's rationales; it is loaded where there is one to write."""
        if not pending.needs_model:
            return pending.answer
        watch = None if pending.orders else self._watch
        if watch is not None:
            watch.ranked(pending.answer, pending.waiting)
        if self._progress is not None:
            self._progress("Loading the language model", 0, None)

        def pass_on(event: PieceWritten | RationaleWritten) -> None:
            if watch is not None and isinstance(event, RationaleWritten):
                watch.written(event.position, event.rationale)

        return pending.write(self.model, progress=self._progress, listen=None if watch is None else pass_on)

    def check_model(self) -> str:
        """Checks that the language model is on this machine, which takes no loading; an endpoint isn't tried.

        Returns:
            The hash of its weights; "" for an endpoint's.

        Raises:
            NotFoundError, ModelError: it is not, or it is damaged.
        """
        if self._model is not None:
            return self._model.info.sha256
        if not is_local(self.settings.model):
            return ""
        return resolve_model(self.settings.model, self.settings, self._progress).sha256

    def texts_usage(self, background: Background | None) -> TextsUsed:
        """The texts that questions with a background are answered from.

        Raises:
            UsageError, NotFoundError, DataError: as `Kedrec.recommend`.
        """
        return self._texts(background).usage

    def _texts(self, background: Background | None) -> TextFinder:
        """The source of a question's texts, opened once."""
        texts = self._backgrounds.get(background)
        if texts is None and background in (None, "both"):
            # None stands for both kinds, where there is an index.
            same = self._backgrounds.get("both" if background is None else None)
            texts = same if same is not None and same.usage.background == "both" else None
        if texts is None:
            texts = self._backgrounds[background] = TextFinder.open(self.settings, self.store, background)
        return texts

    def renew(self) -> None:
        """Closes a graph that has changed, so that the next question is answered from it as it is now."""
        if "store" in self.__dict__ and self.store.has_changed():
            self._close_graph()
            for attribute in ("store", "fingerprint", "names", "ranker", "_recommender"):
                self.__dict__.pop(attribute, None)

    def close(self) -> None:
        """Closes the database, the model and the index of texts; does nothing when repeated."""
        self._close_graph()
        if self._model is not None:
            self._model.close()
            self._model = None

    def _close_graph(self) -> None:
        """Closes the database, and all that was built from it."""
        self.closings += 1  # first: other threads then don't take a closed graph for one that hasn't changed
        while self._backgrounds:
            self._backgrounds.popitem()[1].close()
        if "names" in self.__dict__:
            self.names.close()
        if "store" in self.__dict__:
            self.store.close()
