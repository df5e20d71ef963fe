"""The right to write to a graph on a server: an open transaction, which ends with its connection."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from neo4j.exceptions import DriverError, Neo4jError

from kedrec.errors import StoreBusyError, StoreError, StoreUnavailableError
from kedrec.stores.cypher_statements import statement
from kedrec.stores.neo4j_driver import ANSWER_SECONDS
from kedrec.stores.waiting import wait_for

if TYPE_CHECKING:
    import neo4j

    from kedrec.stores.neo4j_driver import Connection

__all__ = ["RESUME", "WriterLock"]

_LET_GO_SECONDS = 5.0
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")
_Held = tuple["neo4j.Session", "neo4j.Transaction"]

RESUME = "What was being loaded is marked half-loaded; the same command goes on from there."
"""What to tell when the server goes away while the graph is written."""


class WriterLock:
    """The lock of one graph, held or not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: _Held | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def is_held(self) -> bool:
        """Whether this process took it, and hasn't let it go."""
        return self._held is not None

    @contextlib.contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Holds the lock, once it is free, for which it waits that many seconds.

        Raises:
            StoreBusyError: another process holds it.
        """
        # A timeout ends a transaction however long it lives, so one with a timeout finds out whether the lock
        # is free, and one without takes it. Another may have been quicker, so neither waits without end.
        self._try(seconds)
        self._held = self._take(seconds)
        try:
            yield
        finally:
            held, self._held = self._held, None
            with contextlib.suppress(TimeoutError):
                wait_for(lambda _: _let_go(held), _LET_GO_SECONDS)

    def check(self) -> None:
        """Finds out whether the lock is still held.

        Raises:
            StoreUnavailableError: it went with its connection.
        """
        held = self._held
        if held is None:
            self._lost(None)
        try:
            with self._one_at_a_time:
                text = statement("write/still-locked", "neo4j")
                wait_for(lambda _: held[1].run(text).consume(), ANSWER_SECONDS)
        except (DriverError, Neo4jError, TimeoutError) as error:
            self._lost(error)

    def _lost(self, error: Exception | None) -> NoReturn:
        raise StoreUnavailableError(
            f"The connection to the graph at {self._connection.shown} was lost while it was being written.",
            RESUME,
        ) from error

    def _try(self, seconds: float) -> None:
        def trial() -> None:
            with (
                self._connection.session(write=True) as session,
                session.begin_transaction(timeout=seconds) as transaction,
            ):
                self._run(transaction)
                transaction.commit()

        try:
            self._connection.asked(lambda _: trial(), seconds + ANSWER_SECONDS)
        except StoreError as error:
            if (getattr(error.__cause__, "code", None) or "").endswith(_TIMED_OUT):
                raise self._busy() from error
            raise

    def _take(self, seconds: float) -> _Held:
        def take() -> _Held:
            session = self._connection.session(write=True)
            try:
                transaction = session.begin_transaction()
                self._run(transaction)
            except BaseException:
                session.close()
                raise
            return session, transaction

        with self._connection.translated():
            try:
                return wait_for(lambda _: take(), seconds, _let_go)
            except TimeoutError as error:
                raise self._busy() from error

    def _run(self, transaction: neo4j.Transaction) -> None:
        holder = f"{socket.gethostname()} {os.getpid()}"
        transaction.run(statement("write/lock", "neo4j"), holder=holder).consume()

    def _busy(self) -> StoreBusyError:
        return StoreBusyError(
            f"Another process is writing to the graph at {self._connection.shown}.",
            "Wait until it has finished.",
        )


def _let_go(held: _Held) -> None:
    """Frees what a server frees by itself where the connection was lost."""
    session, transaction = held
    for call in (transaction.rollback, session.close):
        with contextlib.suppress(DriverError, Neo4jError):
            call()
