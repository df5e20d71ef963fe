"""Addresses of servers as people and other tools write them."""

from __future__ import annotations

import re

import pytest

from kedrec.errors import SettingsError, UsageError
from kedrec.settings import load_settings
from kedrec.stores import open_store
from kedrec.stores.addresses import add_scheme, server_address

SETTINGS = load_settings()


@pytest.mark.parametrize(
    ("url", "uri", "database"),
    [
        ("bolt://localhost:7687", "bolt://localhost:7687", "neo4j"),
        ("bolt://localhost:7687/", "bolt://localhost:7687", "neo4j"),
        ("bolt://localhost:7687/otherdb", "bolt://localhost:7687", "otherdb"),
        ("NEO4J+S://x.databases.neo4j.io/my.db-1/", "neo4j+s://x.databases.neo4j.io", "my.db-1"),
        ("neo4j://[::1]:7687/a%2Db", "neo4j://[::1]:7687", "a-b"),
        ("neo4j://host?policy=eu", "neo4j://host?policy=eu", "neo4j"),
    ],
)
def test_a_database_may_be_named_behind_the_host(url: str, uri: str, database: str) -> None:
    found = server_address(url, SETTINGS)
    assert (found.uri, found.database) == (uri, database)
    assert found.printable == uri.partition("?")[0]


def test_a_database_named_twice_must_be_one() -> None:
    both = load_settings(neo4j_database="this")
    assert server_address("bolt://h/THIS", both).database == "THIS"
    assert server_address("bolt://h", both).database == "this"
    with pytest.raises(SettingsError, match=r"'that', and NEO4J_DATABASE 'this'"):
        server_address("bolt://h/that", both)


@pytest.mark.parametrize("key", ["database", "DB", "dbName", "databaseName"])
def test_a_database_in_the_query_is_refused_and_not_passed_over(key: str) -> None:
    for url in (f"neo4j://host?{key}=other", f"neo4j+s://host/db?policy=eu&{key}=other"):
        with pytest.raises(SettingsError, match=r"names a database in its query.*NEO4J_DATABASE"):
            open_store(url, SETTINGS)


@pytest.mark.parametrize(
    "url",
    [
        "neo4j://[::1",
        "neo4j://",
        "neo4j://:7687",
        "neo4j:///db",
        "bolt://host:port",
        "bolt://host:99999999",
        "bolt://host:0",
        "bolt://host/a/b",
        "bolt://host#part",
        "bolt://ho st",
        "bolt://host?policy=eu",
    ],
)
def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"URL"):
        open_store(url, SETTINGS)


@pytest.mark.parametrize(
    "url",
    [
        "neo4j://user:geheim@host",
        "neo4j://user:ge/heim@host",
        "bolt://host?password=geheim",
        "bolt://host:x/db?a=1&PassWord=geheim",
        "neo4j://host?user=geheim",
        "neo4j://host?a=1;pwd=geheim",
        "neo4j://[::1?auth_token=geheim",
        "bolt://geheim:geheim@[::1",
    ],
)
def test_a_secret_in_an_address_is_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_store(url, SETTINGS)
    error: BaseException | None = caught.value
    while error is not None:
        assert "heim" not in str(error)
        error = error.__cause__
    assert "NEO4J_PASSWORD" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("localhost:7687", "neo4j://localhost:7687"),
        ("127.0.0.1:7687/db", "neo4j://127.0.0.1:7687/db"),
        ("[::1]:7687", "neo4j://[::1]:7687"),
        ("neo4j:localhost:7687", "neo4j://localhost:7687"),
        ("bolt:/localhost", "neo4j://localhost"),
        ("jdbc:neo4j:bolt://localhost:7687", "neo4j://localhost:7687"),
        ("//localhost:7687", "neo4j://localhost:7687"),
        ("bolt//localhost:7687/db", "neo4j://localhost:7687/db"),
        ("neo4j+s:x.databases.neo4j.io", "neo4j+s://x.databases.neo4j.io"),
        ("bolt+ssc//h:7687", "neo4j+ssc://h:7687"),
        ("jdbc:neo4j:bolt+s://h:7687", "neo4j+s://h:7687"),
        ("neo4j:geheim@localhost:7687", "neo4j://localhost:7687"),
        ("//u:ge@heim@localhost:7687/db", "neo4j://localhost:7687/db"),
    ],
)
def test_an_address_without_its_scheme_is_told_with_it(url: str, meant: str) -> None:
    assert add_scheme(url) == meant
    for read_only in (True, False):
        with pytest.raises(UsageError, match=re.escape(f"Write it as {meant}.")) as caught:
            open_store(url, SETTINGS, read_only=read_only)
        assert "heim" not in str(caught.value)


@pytest.mark.parametrize("url", ["graph", "./graph:1/x y", "/data/graph", "~/graph", "a:b", "graph:"])
def test_a_folder_is_no_address(url: str) -> None:
    assert add_scheme(url) == ""


def test_a_folder_that_is_there_is_a_folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open_store("ladybug://graph:7687", SETTINGS, read_only=False) as store:
        store.prepare()
    with open_store("graph:7687", SETTINGS) as store:
        assert store.engine == "ladybug"
