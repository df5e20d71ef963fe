"""Takes the questions of many threads in turn, each answered from one graph by the functions of `Kedrec`."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Self, TypeVar

from kedrec.api import Kedrec
from kedrec.errors import DeadlineError, ModelError, NotFoundError, UsageError
from kedrec.llm.text_cache import open_cached_model
from kedrec.service.fair_queue import FairQueue, closed_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from kedrec.llm.base import ChatModel
    from kedrec.settings import Settings

__all__ = ["Engine"]

_Result = TypeVar("_Result")


class Engine:
    """A graph and a language model that many threads ask at once.

    A context manager. There are two queues, each with one thread: one asks the graph, by the one `Kedrec`
    of its view, the other the model, which refers to no graph. So the graph, its ranking and its names are
    in memory once, and a question without the model never waits for one with it. A graph that was replaced
    is taken over between two questions, by `Kedrec` itself.

    Args:
        settings: the settings, as of `Kedrec`.
        most_waiting: most questions of a queue, the one being answered included, 1 or more.
        most_views: most views (the graph with one choice of overlays) that stay open, 1 or more.

    Raises:
        UsageError: `most_waiting` or `most_views` is less than 1.
    """

    def __init__(self, settings: Settings, *, most_waiting: int = 64, most_views: int = 3) -> None:
        for name, value in (("most_waiting", most_waiting), ("most_views", most_views)):
            if value < 1:
                raise UsageError(f"'{name}' is {value}.", "Give 1 or more.")
        self._settings = settings
        self._most_views = most_views
        self._views: OrderedDict[str, Kedrec] = OrderedDict()
        self._model: ChatModel | None = None
        self._graph_queue = FairQueue("the graph", most_waiting)
        self._model_queue = FairQueue("the language model", most_waiting)

    @property
    def waiting(self) -> tuple[int, int]:
        """Numbers of questions to the graph and to the model, those being answered included."""
        return len(self._graph_queue), len(self._model_queue)

    def watch(self, *, graph: Callable[[int], None], model: Callable[[int], None]) -> None:
        """Has two functions called with the numbers of questions, now and with each change."""
        self._graph_queue.watch(graph)
        self._model_queue.watch(model)

    def submit(
        self, question: Callable[[Kedrec], _Result], *, overlay: str | None = None, asker: str = ""
    ) -> Future[_Result]:
        """Puts a question into the graph's queue.

        Args:
            question: called in the queue's thread with the view's `Kedrec`; may call its methods, and
                returns what doesn't refer to it.
            overlay: as of `Settings`; None: the settings' own.
            asker: who asks; askers take turns.

        Returns:
            The answer to come. `cancel` takes the question out of the queue while it isn't being answered.

        Raises:
            ServiceBusyError: the queue is full, or the engine was closed.
        """
        return self._graph_queue.submit(lambda: question(self._view(overlay)), asker)

    def submit_to_model(self, task: Callable[[ChatModel], _Result], *, asker: str = "") -> Future[_Result]:
        """Puts a task for the language model into its queue; the model is loaded at the first.

        A model that fails is closed, and loaded again for the next task.

        Args, returns and raises as `submit`.
        """
        return self._model_queue.submit(lambda: self._with_model(task), asker)

    def ask(
        self, question: Callable[[Kedrec], _Result], *, overlay: str | None = None, seconds: float = 60.0
    ) -> _Result:
        """Asks a question and waits for its answer.

        Args:
            question, overlay: as of `submit`.
            seconds: longest wait. A question whose turn didn't come is dropped then; one that is being
                answered goes on to its end, unheard.

        Raises:
            ServiceBusyError: the queue is full, or the engine was closed.
            DeadlineError: there is no answer in time.
            KedrecError: whatever the question raises.
        """
        answer = self.submit(question, overlay=overlay)
        try:
            return answer.result(seconds)
        except CancelledError as error:
            raise closed_error() from error
        except TimeoutError as error:
            answer.cancel()
            raise DeadlineError(
                f"There was no answer within {seconds:g} seconds.", "Ask for less, or again later."
            ) from error

    def close(self) -> None:
        """Drops what waits, lets what is being answered end, and closes graph and model; may be repeated."""
        self._graph_queue.close()
        self._model_queue.close()
        while self._views:
            self._views.popitem()[1].close()
        self._drop_model()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _view(self, overlay: str | None) -> Kedrec:
        """The `Kedrec` of a view; opening one more than `most_views` closes the one unused for longest."""
        name = self._settings.overlay if overlay is None else overlay
        if name not in self._views:
            while len(self._views) >= self._most_views:
                self._views.popitem(last=False)[1].close()
            self._views[name] = self._open_view(name)
        self._views.move_to_end(name)
        return self._views[name]

    def _open_view(self, overlay: str) -> Kedrec:
        """Opens a view; an error names no overlay, which may be another asker's."""
        kr = Kedrec(self._settings.model_copy(update={"overlay": overlay}))
        if overlay != self._settings.overlay:
            try:
                _ = kr.store
            except NotFoundError as error:
                raise NotFoundError(
                    "A private overlay of this key isn't in the graph.", "Tell who runs the service."
                ) from error
        return kr

    def _with_model(self, task: Callable[[ChatModel], _Result]) -> _Result:
        if self._model is None:
            self._model = open_cached_model(self._settings.model, self._settings)
        try:
            return task(self._model)
        except ModelError:
            self._drop_model()  # its server may have ended
            raise

    def _drop_model(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None
