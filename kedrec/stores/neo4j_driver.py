"""Connection to a Neo4j server: one driver per process and address, KEDRec's errors, plain values."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import neo4j
import pyarrow as pa
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from kedrec.errors import SettingsError, StoreAccessError, StoreError, StoreUnavailableError
from kedrec.settings import read_secret
from kedrec.stores.addresses import server_address
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.waiting import Wait, wait_for

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["ANSWER_SECONDS", "TABLE_SECONDS", "WRITE_SECONDS", "Connection", "plain_value"]

T = TypeVar("T")

# The driver logs each retried transaction; without a handler, Python would print that on standard error.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

ANSWER_SECONDS = 60.0
"""Seconds to wait for the answer to a query."""
TABLE_SECONDS = 300.0
"""Seconds to wait for an answer for which the server may have to read a whole table."""
WRITE_SECONDS = 300.0
"""Seconds to wait for a batch to be written."""

_CONNECT_SECONDS = 10.0
_ACQUIRE_SECONDS = 15.0  # for a connection from the pool, a new one's handshake included
_RETRY_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_CHUNK = 5_000  # rows that the server sends at once
_TABLE_LIMIT = 3600.0  # seconds of a transaction that reads a table and keeps sending rows
_START_HINT = "Start it (docker compose up -d neo4j), or correct NEO4J_URI or --graph."
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration")
_READ_ONLY = (
    "ForbiddenOnReadOnlyDatabase",
    "WriteOnReadOnlyAccessDatabase",
    "WriteOnReadOnlyAccessDbException",
)
_LIST_FIELDS = frozenset(
    field.name for schema in (NODE_COLUMNS, EDGE_COLUMNS) for field in schema if pa.types.is_list(field.type)
)
_NODE_FIELDS = tuple(NODE_COLUMNS.names)
_EDGE_FIELDS = tuple(name for name in EDGE_COLUMNS.names if name not in {"start", "end"})


def plain_value(value: Any) -> Any:
    """A node or relationship as a dict of its properties, also within lists; other values unchanged.

    A missing property is None or an empty list, as in the embedded engine: a server stores no nulls, and
    its import tool no empty lists.
    """
    if isinstance(value, neo4j.graph.Relationship):
        return {field: value.get(field, [] if field in _LIST_FIELDS else None) for field in _EDGE_FIELDS}
    if isinstance(value, neo4j.graph.Node):
        return {field: value.get(field, [] if field in _LIST_FIELDS else None) for field in _NODE_FIELDS}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    return value


class _Drivers:
    """Drivers in use, by process, address and credentials. A driver is a connection pool that is shared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drivers: dict[tuple[int, str, str, str], tuple[neo4j.Driver, int]] = {}

    def acquire(self, uri: str, username: str, password: str) -> neo4j.Driver:
        key = (os.getpid(), uri, username, password)
        with self._lock:
            driver, users = self._drivers.get(key, (None, 0))
            if driver is None:
                driver = neo4j.GraphDatabase.driver(
                    uri,
                    auth=(username, password),
                    connection_timeout=_CONNECT_SECONDS,
                    connection_acquisition_timeout=_ACQUIRE_SECONDS,
                    max_transaction_retry_time=_RETRY_SECONDS,
                    # A graph without, say, trials would log a warning for each unknown label.
                    notifications_min_severity=neo4j.NotificationMinimumSeverity.OFF,
                    user_agent="kedrec",
                )
            self._drivers[key] = (driver, users + 1)
        return driver

    def release(self, uri: str, username: str, password: str) -> None:
        key = (os.getpid(), uri, username, password)
        with self._lock:
            driver, users = self._drivers.pop(key, (None, 0))
            if driver is not None and users > 1:
                self._drivers[key] = (driver, users - 1)
                return
        if driver is not None:
            driver.close()


_DRIVERS = _Drivers()


class Connection:
    """A shared driver and a database, with timeouts and KEDRec's errors.

    Every request to the server goes through `call`, which bounds the wait for a silent server or a dead
    connection.

    Attributes:
        printable_url: the server's address without secrets.
        database: name of the database.

    Raises:
        SettingsError: the URL is invalid, or the password's file unreadable.
        StoreUnavailableError: there is no server, or it doesn't answer.
        StoreAccessError: wrong user name or password.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        address = server_address(url, settings)
        self.printable_url, self.database = address.printable, address.database
        self._key = (address.uri, settings.neo4j_username, _password(settings))
        try:
            self.driver = _DRIVERS.acquire(*self._key)
        except (ConfigurationError, ValueError) as error:
            raise SettingsError(
                f"The graph's URL {self.printable_url!r} can't be used: {type(error).__name__}.",
                "Write it as neo4j://HOST:7687.",
            ) from error
        try:
            # Fails immediately, while a query would be retried.
            self.call(lambda _: self.driver.verify_connectivity(), _ACQUIRE_SECONDS)
        except BaseException:
            self.close()
            raise

    def call(
        self, work: Callable[[Wait[T]], T], seconds: float, late: Callable[[T], None] | None = None
    ) -> T:
        """Runs `work`, which sends requests to the server, and returns its result.

        Args:
            work: called with the wait, as by `wait_for`.
            seconds: the longest silence of the server.
            late: called with the result if `work` ends after the timeout, to undo it.

        Raises:
            StoreUnavailableError: the server was silent for that long.
            StoreError: an error of the driver, translated.
        """
        with self.translated_errors():
            try:
                return wait_for(work, seconds, late)
            except TimeoutError as error:
                raise StoreUnavailableError(
                    f"Neo4j at {self.printable_url} has not answered for {seconds:.0f} seconds.",
                    "See whether the server hangs or the line to it is dead, and try again.",
                ) from error

    def read(self, work: Callable[[neo4j.ManagedTransaction, Wait[T]], T], *, table: bool = False) -> T:
        """Runs `work` in a reading transaction, which the driver may retry, and returns its result.

        Args:
            work: called with the transaction and the wait.
            table: True if the server may have to read a whole table first.
        """
        seconds = TABLE_SECONDS if table else ANSWER_SECONDS

        def run(wait: Wait[T]) -> T:
            @neo4j.unit_of_work(timeout=_TABLE_LIMIT if table else seconds)
            def once(transaction: neo4j.ManagedTransaction) -> T:
                return work(transaction, wait)

            with self.session(write=False) as session:
                return session.execute_read(once)

        return self.call(run, seconds + _ACQUIRE_SECONDS)

    @contextlib.contextmanager
    def stream_rows(self, text: str, parameters: Mapping[str, Any]) -> Iterator[Iterator[list[Any]]]:
        """Streams a statement's rows: first the names of its columns, then each row's values."""
        sessions: list[neo4j.Session] = []

        def begin(_: Wait[neo4j.Result]) -> neo4j.Result:
            sessions.append(self.session(write=False))
            return sessions[0].run(neo4j.Query(text, timeout=_TABLE_LIMIT), dict(parameters))

        def rows() -> Iterator[list[Any]]:
            result = self.call(begin, TABLE_SECONDS)
            yield list(result.keys())
            while True:
                chunk = self.call(lambda _: list(islice(result, _CHUNK)), TABLE_SECONDS)
                yield from (record.values() for record in chunk)
                if len(chunk) < _CHUNK:
                    return

        try:
            yield rows()
        finally:
            # With a silent server, closing goes on in the other thread, until the driver is closed.
            with contextlib.suppress(TimeoutError, DriverError, Neo4jError):
                wait_for(lambda _: [session.close() for session in sessions], _CLOSE_SECONDS)

    def write(self, work: Callable[[neo4j.ManagedTransaction], None], seconds: float | None = None) -> None:
        """Runs `work` in a writing transaction, which the driver may retry.

        Work is not retried after the caller's timeout: another process may be writing by then.

        Args:
            work: called with the transaction.
            seconds: timeout; None: `WRITE_SECONDS`.
        """
        seconds = seconds or WRITE_SECONDS

        def run(wait: Wait[None]) -> None:
            @neo4j.unit_of_work(timeout=seconds)
            def once(transaction: neo4j.ManagedTransaction) -> None:
                if wait.is_abandoned:
                    raise StoreUnavailableError(f"Neo4j at {self.printable_url} has not answered.")
                work(transaction)

            with self.session(write=True) as session:
                session.execute_write(once)

        self.call(run, seconds + _ACQUIRE_SECONDS)

    def run_in_steps(self, text: str) -> None:
        """Runs an idempotent statement that commits repeatedly while it runs."""

        def run(_: Wait[None]) -> None:
            with self.session(write=True) as session:
                session.run(text).consume()

        self.call(run, _TABLE_LIMIT)

    def session(self, *, write: bool) -> neo4j.Session:
        """A session, routed to a reader or the writer, that sees this process's earlier writes."""
        return self.driver.session(
            database=self.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            fetch_size=_CHUNK,
        )

    def close(self) -> None:
        """Releases the driver; a second call has no effect."""
        key, self._key = self._key, ("", "", "")
        if key[0]:
            with contextlib.suppress(TimeoutError):  # a silent server doesn't confirm it
                wait_for(lambda _: _DRIVERS.release(*key), _CLOSE_SECONDS)

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Raises the driver's errors as `StoreError` and its subclasses."""
        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise self._store_error(error) from error

    def _store_error(self, error: DriverError | Neo4jError) -> StoreError:
        server = f"Neo4j at {self.printable_url}"
        code = getattr(error, "code", None) or ""
        message = " ".join(str(getattr(error, "message", None) or error).split()).rstrip(".") + "."
        if isinstance(error, AuthError):
            return StoreAccessError(
                f"{server} refused the user '{self._key[1]}': {message}",
                "Check NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE).",
            )
        if isinstance(error, Forbidden) or code.endswith((".AccessMode", *_READ_ONLY)):
            return StoreAccessError(f"{server} doesn't allow that: {message}", "Ask for a user that may.")
        if isinstance(error, ClientError) and code.endswith("DatabaseNotFound"):
            return StoreUnavailableError(
                f"{server} has no database '{self.database}'.", "Correct NEO4J_DATABASE, or create it."
            )
        if code.endswith(_TIMED_OUT):
            return StoreError(f"{server} took too long: {message}", "Try again when the server is less busy.")
        if isinstance(error, ServiceUnavailable | SessionExpired):
            return StoreUnavailableError(f"{server} can't be reached: {message}", _START_HINT)
        is_busy = isinstance(error, TransientError)
        return StoreError(
            f"{server} {'is overloaded' if is_busy else 'failed'}: {message}", "Try again." * is_busy
        )


def _password(settings: Settings) -> str:
    password = settings.neo4j_password.get_secret_value()
    if password or settings.neo4j_password_file is None:
        return password
    return read_secret(settings.neo4j_password_file, "NEO4J_PASSWORD_FILE")
