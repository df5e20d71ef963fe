"""The connection to a Neo4j server: one driver a process and address, errors of ours, plain values."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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

from kedrec.errors import (
    SettingsError,
    StoreAccessError,
    StoreError,
    StoreUnavailableError,
    UsageError,
)
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["Connection", "plain"]

# The driver logs each retried transaction; without a handler, Python would print that on standard error.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

_CONNECT_SECONDS = 10.0
_RETRY_SECONDS = 15.0
_START = "Start it (docker compose up -d), or correct NEO4J_URI or --graph."
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

    Raises:
        UsageError: the URI can't be used.
        SettingsError: the password's file can't be read.
        StoreUnavailableError: no server there.
        StoreAccessError: wrong user name or password.
    """

    def __init__(self, uri: str, settings: Settings) -> None:
        address = urlsplit(uri)
        if "@" in address.netloc:
            raise UsageError(
                "The graph's URL holds a user name or a password.",
                "Give them as NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE).",
            )
        self.uri = uri
        self.database = settings.neo4j_database
        self._key = (uri, settings.neo4j_username, _password(settings))
        try:
            _ = address.port  # the driver finds a wrong one only later
            self.driver = _DRIVERS.take(*self._key)
        except (ConfigurationError, ValueError) as error:
            raise UsageError(
                f"The graph's URL {uri!r} can't be used: {error}.", "Write it as neo4j://HOST:7687."
            ) from error
        try:
            with self.translated():
                self.driver.verify_connectivity()  # fails at once, where a query would try again
        except BaseException:
            self.close()
            raise

    def session(self, *, write: bool) -> neo4j.Session:
        """A session, routed to a reader or to the writer, that sees what this process wrote before."""
        return self.driver.session(
            database=self.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            fetch_size=5_000,
        )

    def close(self) -> None:
        """Gives the driver back; again does nothing."""
        key, self._key = self._key, ("", "", "")
        if key[0]:
            _DRIVERS.give_back(*key)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the driver's errors into `StoreError` and its kinds."""
        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise self._ours(error) from error

    def _ours(self, error: DriverError | Neo4jError) -> StoreError:
        where = f"Neo4j at {self.uri}"
        code = getattr(error, "code", None) or ""
        message = " ".join(str(getattr(error, "message", None) or error).split()).rstrip(".") + "."
        if isinstance(error, AuthError):
            return StoreAccessError(
                f"{where} refused the user '{self._key[1]}': {message}",
                "Check NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE).",
            )
        if isinstance(error, Forbidden) or code.endswith(".AccessMode"):
            return StoreAccessError(f"{where} doesn't allow that: {message}", "Ask for a user that may.")
        if isinstance(error, ClientError) and code.endswith("DatabaseNotFound"):
            return StoreUnavailableError(
                f"{where} has no database '{self.database}'.", "Correct NEO4J_DATABASE, or create it."
            )
        if isinstance(error, ServiceUnavailable | SessionExpired):
            return StoreUnavailableError(f"{where} can't be reached: {message}", _START)
        if isinstance(error, TransientError):
            return StoreError(f"{where} is overloaded: {message}", "Try again.")
        return StoreError(f"{where} failed: {message}")


def _password(settings: Settings) -> str:
    given = settings.neo4j_password.get_secret_value()
    if given or settings.neo4j_password_file is None:
        return given
    try:
        return settings.neo4j_password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(
            f"NEO4J_PASSWORD_FILE can't be read: {settings.neo4j_password_file}: {error.strerror}.",
            "Correct it and try again.",
        ) from error
