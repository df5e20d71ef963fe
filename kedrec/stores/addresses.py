"""Parses the addresses of Neo4j servers into the driver's URI, a printable form and the database's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from kedrec.errors import SettingsError

if TYPE_CHECKING:
    from kedrec.settings import Settings

__all__ = ["SCHEMES", "ServerAddress", "add_scheme", "server_address"]

SCHEMES = frozenset({"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"})
"""Schemes of a server's address."""
_FORM = "Write it as neo4j://HOST:7687, with the database's name behind a / where it isn't NEO4J_DATABASE."
_SECRET = re.compile(r"pass|pwd|user|auth|token|secret|principal|credential", re.IGNORECASE)
_DATABASE = frozenset({"database", "databasename", "db", "dbname"})
_BARE = re.compile(r"(?://)?(?:\S*@)?((?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):\d{1,5}(?:/[\w.-]*)?)")
_ONE_SLASH = re.compile(
    r"(?:jdbc:)?(?:neo4j|bolt)(?P<coded>\+ssc|\+s)?"
    r"(?::(?:neo4j|bolt)(?P<inner>\+ssc|\+s)?://|//(?!/)|:/?(?!/))(?P<rest>.*)",
    re.IGNORECASE,
)


class ServerAddress(NamedTuple):
    """A server's address.

    Attributes:
        uri: URI for the driver.
        shown: scheme, host and port only, for messages, reports and manifests.
        database: name of the database.
    """

    uri: str
    printable: str
    database: str


def server_address(url: str, settings: Settings) -> ServerAddress:
    """The parts of a server's address; a database after the `/` has precedence over the default one.

    Raises:
        SettingsError: the address can't be parsed, holds a user name or a password, or names another
            database than NEO4J_DATABASE. The message repeats no part that may be a secret.
    """
    if "@" in url or any(_SECRET.search(key) for key, _ in _query(url)):
        raise SettingsError(
            "The graph's URL holds a user name or a password.",
            "Give them as NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE).",
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise SettingsError(f"The graph's URL can't be read: {error}.", _FORM) from error
    printable = f"{parts.scheme.lower()}://{parts.netloc}"
    if not host or port == 0 or parts.fragment or any(character.isspace() for character in url):
        raise SettingsError(f"The graph's URL {printable} is no server's address.", _FORM)
    if parts.query and parts.scheme.lower().startswith("bolt"):
        raise SettingsError(f"The graph's URL {printable} has a query, which bolt:// can't have.", _FORM)
    if any(key.lower() in _DATABASE for key, _ in _query(url)):
        raise SettingsError(
            f"The graph's URL {printable} names a database in its query, where no server looks for it.",
            f"Write it behind the host, {printable}/DATABASE, or give it as NEO4J_DATABASE.",
        )
    query = f"?{parts.query}" if parts.query else ""
    return ServerAddress(printable + query, printable, _database(parts, printable, settings))


def add_scheme(url: str) -> str:
    """The address that was meant by one without its scheme (`localhost:7687`); "" where none was.

    It has no user name and password, whatever the one given has.
    """
    if bare := _BARE.fullmatch(url):
        return f"neo4j://{bare[1]}"
    match = _ONE_SLASH.fullmatch(url)
    if match is None or "@" in url or "?" in url:
        return ""
    coded = (match["coded"] or match["inner"] or "").lower()  # what was to be encrypted stays so
    return f"neo4j{coded}://{match['rest']}"


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2].replace(";", "&"), keep_blank_values=True)


def _database(parts: SplitResult, printable: str, settings: Settings) -> str:
    database = unquote(parts.path.strip("/"))
    if not database:
        return settings.neo4j_database
    if "/" in database:
        raise SettingsError(f"The graph's URL {printable} has a path that is no database's name.", _FORM)
    setting = settings.neo4j_database if "neo4j_database" in settings.model_fields_set else database
    if setting.casefold() != database.casefold():  # a server ignores the case of names
        raise SettingsError(
            f"The graph's URL names the database '{database}', and NEO4J_DATABASE '{setting}'.",
            "Leave one of them out.",
        )
    return database
