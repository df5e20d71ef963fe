"""Writer's lock of a graph on a server: an open transaction, which ends with its connection."""

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

__all__ = ["RESUME_HINT", "WriterLock"]

_RELEASE_SECONDS = 5.0
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")
_OpenTransaction = tuple["neo4j.Session", "neo4j.Transaction"]

RESUME_HINT = "What was being loaded is marked half-loaded; the same command goes on from there."
"""Hint of an error when the connection is lost while the graph is written."""


class WriterLock:
    """The writer's lock of one graph."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open_transaction: _OpenTransaction | None = None
        self._check_lock = threading.Lock()

    @property
    def is_held(self) -> bool:
        """True from the time this process takes the lock until it releases it."""
        return self._open_transaction is not None

    @contextlib.contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Holds the lock, after waiting up to `seconds` for it.

        Raises:
            StoreBusyError: another process holds it.
        """
        # A transaction's timeout bounds its whole life, so a first one with a timeout tests whether the lock
        # is free, and a second one without takes it. Another process may come between: both waits end.
        self._try(seconds)
        self._open_transaction = self._take(seconds)
        try:
            yield
        finally:
            open_transaction, self._open_transaction = self._open_transaction, None
            with contextlib.suppress(TimeoutError):
                wait_for(lambda _: _release(open_transaction), _RELEASE_SECONDS)

    def check(self) -> None:
        """Checks that the lock is still held.

        Raises:
            StoreUnavailableError: it was lost with its connection.
        """
        open_transaction = self._open_transaction
        if open_transaction is None:
            self._raise_lost(None)
        try:
            with self._check_lock:
                text = statement("write/still-locked", "neo4j")
                wait_for(lambda _: open_transaction[1].run(text).consume(), ANSWER_SECONDS)
        except (DriverError, Neo4jError, TimeoutError) as error:
            self._raise_lost(error)

    def _raise_lost(self, error: Exception | None) -> NoReturn:
        raise StoreUnavailableError(
            f"The connection to the graph at {self._connection.printable_url} was lost while it was being "
            "written.",
            RESUME_HINT,
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
            self._connection.call(lambda _: trial(), seconds + ANSWER_SECONDS)
        except StoreError as error:
            if (getattr(error.__cause__, "code", None) or "").endswith(_TIMED_OUT):
                raise self._busy_error() from error
            raise

    def _take(self, seconds: float) -> _OpenTransaction:
        def take() -> _OpenTransaction:
            session = self._connection.session(write=True)
            try:
                transaction = session.begin_transaction()
                self._run(transaction)
            except BaseException:
                session.close()
                raise
            return session, transaction

        with self._connection.translated_errors():
            try:
                return wait_for(lambda _: take(), seconds, _release)
            except TimeoutError as error:
                raise self._busy_error() from error

    def _run(self, transaction: neo4j.Transaction) -> None:
        holder = f"{socket.gethostname()} {os.getpid()}"
        transaction.run(statement("write/lock", "neo4j"), holder=holder).consume()

    def _busy_error(self) -> StoreBusyError:
        return StoreBusyError(
            f"Another process is writing to the graph at {self._connection.printable_url}.",
            "Wait until it has finished.",
        )


def _release(open_transaction: _OpenTransaction) -> None:
    """Releases the lock; if the connection is lost, the server has released it already."""
    session, transaction = open_transaction
    for call in (transaction.rollback, session.close):
        with contextlib.suppress(DriverError, Neo4jError):
            call()
