"""The connection to a Neo4j server: one driver a process and address, errors of ours, plain values."""

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
from kedrec.settings import secret_in
from kedrec.stores.addresses import server_address
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.waiting import Wait, wait_for

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["ANSWER_SECONDS", "TABLE_SECONDS", "WRITE_SECONDS", "Connection", "plain"]

T = TypeVar("T")

# The driver logs each retried transaction; without a handler, Python would print that on standard error.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

ANSWER_SECONDS = 60.0
"""How long to wait for the answer to a question."""
TABLE_SECONDS = 300.0
"""How long to wait where the server has to read a whole table before its next word."""
WRITE_SECONDS = 300.0
"""How long to wait for a batch to be written."""

_CONNECT_SECONDS = 10.0
_ACQUIRE_SECONDS = 15.0  # a connection from the pool: a new one's greeting too
_RETRY_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_CHUNK = 5_000  # rows, as many as the server sends at once
_TABLE_LIMIT = 3600.0  # of a transaction that reads a table and is heard of all the time
_START = "Start it (docker compose up -d), or correct NEO4J_URI or --graph."
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration")
_READ_ONLY = (
    "ForbiddenOnReadOnlyDatabase",
    "WriteOnReadOnlyAccessDatabase",
    "WriteOnReadOnlyAccessDbException",
)
_LISTS = frozenset(
    field.name for schema in (NODE_COLUMNS, EDGE_COLUMNS) for field in schema if pa.types.is_list(field.type)
)
_NODE_FIELDS = tuple(NODE_COLUMNS.names)
_EDGE_FIELDS = tuple(name for name in EDGE_COLUMNS.names if name not in {"start", "end"})


def plain(value: Any) -> Any:
    """A node or relationship as a dict of its properties, within lists too; anything else as it is.

    A missing property is None or an empty list, as in the embedded engine: a server stores no nulls, and
    its import tool no empty lists.
    """
    if isinstance(value, neo4j.graph.Relationship):
        return {field: value.get(field, [] if field in _LISTS else None) for field in _EDGE_FIELDS}
    if isinstance(value, neo4j.graph.Node):
        return {field: value.get(field, [] if field in _LISTS else None) for field in _NODE_FIELDS}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class _Drivers:
    """Drivers in use, by process, address and credentials. A driver is a pool, made to be shared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[tuple[int, str, str, str], tuple[neo4j.Driver, int]] = {}

    def take(self, uri: str, username: str, password: str) -> neo4j.Driver:
        key = (os.getpid(), uri, username, password)
        with self._lock:
            driver, users = self._used.get(key, (None, 0))
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
            self._used[key] = (driver, users + 1)
        return driver

    def give_back(self, uri: str, username: str, password: str) -> None:
        key = (os.getpid(), uri, username, password)
        with self._lock:
            driver, users = self._used.pop(key, (None, 0))
            if driver is not None and users > 1:
                self._used[key] = (driver, users - 1)
                return
        if driver is not None:
            driver.close()


_DRIVERS = _Drivers()


class Connection:
    """A shared driver, the database to use on it, and what its errors mean.

    Whatever asks the server does so within `asked`, which no silent server and no dead line holds up for
    longer than it was given.

    Attributes:
        shown: the server's address without what must not be shown.
        database: the database.

    Raises:
        SettingsError: the URL can't be used, or the password's file not be read.
        StoreUnavailableError: no server there, or none that answers.
        StoreAccessError: wrong user name or password.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        address = server_address(url, settings)
        self.shown, self.database = address.shown, address.database
        self._key = (address.uri, settings.neo4j_username, _password(settings))
        try:
            self.driver = _DRIVERS.take(*self._key)
        except (ConfigurationError, ValueError) as error:
            raise SettingsError(
                f"The graph's URL {self.shown!r} can't be used: {type(error).__name__}.",
                "Write it as neo4j://HOST:7687.",
            ) from error
        try:
            # Fails at once, where a query would try again.
            self.asked(lambda _: self.driver.verify_connectivity(), _ACQUIRE_SECONDS)
        except BaseException:
            self.close()
            raise

    def asked(
        self, work: Callable[[Wait[T]], T], seconds: float, late: Callable[[T], None] | None = None
    ) -> T:
        """What `work` returns, which asks the server.

        Args:
            work: given the wait, as for `wait_for`.
            seconds: how long the server may be silent.
            late: undoes what `work` did where that is done after all.

        Raises:
            StoreUnavailableError: the server was silent for that long.
            StoreError: its errors, translated.
        """
        with self.translated():
            try:
                return wait_for(work, seconds, late)
            except TimeoutError as error:
                raise StoreUnavailableError(
                    f"Neo4j at {self.shown} has not answered for {seconds:.0f} seconds.",
                    "See whether the server hangs or the line to it is dead, and try again.",
                ) from error

    def read(self, work: Callable[[neo4j.ManagedTransaction, Wait[T]], T], *, table: bool = False) -> T:
        """What `work` reads in a transaction, which is run again where the server asks for it.

        Args:
            work: given the transaction and the wait.
            table: whether the server may have to read a whole table first.
        """
        seconds = TABLE_SECONDS if table else ANSWER_SECONDS

        def call(wait: Wait[T]) -> T:
            @neo4j.unit_of_work(timeout=_TABLE_LIMIT if table else seconds)
            def once(transaction: neo4j.ManagedTransaction) -> T:
                return work(transaction, wait)

            with self.session(write=False) as session:
                return session.execute_read(once)

        return self.asked(call, seconds + _ACQUIRE_SECONDS)

    @contextlib.contextmanager
    def streamed(self, text: str, parameters: Mapping[str, Any]) -> Iterator[Iterator[list[Any]]]:
        """A statement's rows as they come: first its columns, then each row's values."""
        sessions: list[neo4j.Session] = []

        def begin(_: Wait[neo4j.Result]) -> neo4j.Result:
            sessions.append(self.session(write=False))
            return sessions[0].run(neo4j.Query(text, timeout=_TABLE_LIMIT), dict(parameters))

        def rows() -> Iterator[list[Any]]:
            result = self.asked(begin, TABLE_SECONDS)
            yield list(result.keys())
            while True:
                some = self.asked(lambda _: list(islice(result, _CHUNK)), TABLE_SECONDS)
                yield from (record.values() for record in some)
                if len(some) < _CHUNK:
                    return

        try:
            yield rows()
        finally:
            # Where the server is silent, the session waits for it elsewhere, and goes with the driver.
            with contextlib.suppress(TimeoutError, DriverError, Neo4jError):
                wait_for(lambda _: [session.close() for session in sessions], _CLOSE_SECONDS)

    def write(self, work: Callable[[neo4j.ManagedTransaction], None], seconds: float | None = None) -> None:
        """Runs `work` in a transaction, and again where the server asks for it.

        Work that the caller has given up is not begun again: another may be writing by then.

        Args:
            work: given the transaction.
            seconds: how long to wait; that of a batch where None.
        """
        seconds = seconds or WRITE_SECONDS

        def call(wait: Wait[None]) -> None:
            @neo4j.unit_of_work(timeout=seconds)
            def once(transaction: neo4j.ManagedTransaction) -> None:
                if wait.is_given_up:
                    raise StoreUnavailableError(f"Neo4j at {self.shown} has not answered.")
                work(transaction)

            with self.session(write=True) as session:
                session.execute_write(once)

        self.asked(call, seconds + _ACQUIRE_SECONDS)

    def in_steps(self, text: str) -> None:
        """Runs a statement that commits as it goes; safe to run again."""

        def call(_: Wait[None]) -> None:
            with self.session(write=True) as session:
                session.run(text).consume()

        self.asked(call, _TABLE_LIMIT)

    def session(self, *, write: bool) -> neo4j.Session:
        """A session, routed to a reader or to the writer, that sees what this process wrote before."""
        return self.driver.session(
            database=self.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            fetch_size=_CHUNK,
        )

    def close(self) -> None:
        """Gives the driver back; again does nothing."""
        key, self._key = self._key, ("", "", "")
        if key[0]:
            with contextlib.suppress(TimeoutError):  # the server says no goodbye
                wait_for(lambda _: _DRIVERS.give_back(*key), _CLOSE_SECONDS)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the driver's errors into `StoreError` and its kinds."""
        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise self._ours(error) from error

    def _ours(self, error: DriverError | Neo4jError) -> StoreError:
        where = f"Neo4j at {self.shown}"
        code = getattr(error, "code", None) or ""
        message = " ".join(str(getattr(error, "message", None) or error).split()).rstrip(".") + "."
        if isinstance(error, AuthError):
            return StoreAccessError(
                f"{where} refused the user '{self._key[1]}': {message}",
                "Check NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE).",
            )
        if isinstance(error, Forbidden) or code.endswith((".AccessMode", *_READ_ONLY)):
            return StoreAccessError(f"{where} doesn't allow that: {message}", "Ask for a user that may.")
        if isinstance(error, ClientError) and code.endswith("DatabaseNotFound"):
            return StoreUnavailableError(
                f"{where} has no database '{self.database}'.", "Correct NEO4J_DATABASE, or create it."
            )
        if code.endswith(_TIMED_OUT):
            return StoreError(f"{where} took too long: {message}", "Try again when the server is less busy.")
        if isinstance(error, ServiceUnavailable | SessionExpired):
            return StoreUnavailableError(f"{where} can't be reached: {message}", _START)
        is_busy = isinstance(error, TransientError)
        return StoreError(
            f"{where} {'is overloaded' if is_busy else 'failed'}: {message}", "Try again." * is_busy
        )


def _password(settings: Settings) -> str:
    given = settings.neo4j_password.get_secret_value()
    if given or settings.neo4j_password_file is None:
        return given
    return secret_in(settings.neo4j_password_file, "NEO4J_PASSWORD_FILE")
