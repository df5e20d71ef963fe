"""The compose file's Neo4j: it can't be run here, so what it says is compared with what is tested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neo4j_server
import pytest
import yaml

from kedrec.settings import Settings

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def service(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]["neo4j"]
    return found


def test_the_image_is_of_the_release_line_that_is_tested(service: dict[str, Any]) -> None:
    line = ".".join(neo4j_server.default_version().split(".")[:2])
    assert service["image"] == f"neo4j:{line}-community"


def test_the_settings_are_those_of_the_tested_server(service: dict[str, Any], tmp_path: Path) -> None:
    neo4j_server.write_settings(tmp_path, 1, 2, "512m")
    tested = dict(line.split("=", 1) for line in (tmp_path / "conf" / "neo4j.conf").read_text().splitlines())
    environment = {
        key.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_"): value
        for key, value in service["environment"].items()
    }
    assert environment["dbms.usage_report.enabled"] == tested["dbms.usage_report.enabled"]
    assert environment["server.memory.pagecache.size"] == "${NEO4J_PAGE_CACHE:-512m}"
    assert tested["server.memory.pagecache.size"] == "512m"


def test_it_listens_on_this_machine_only_and_where_the_hint_says(service: dict[str, Any]) -> None:
    assert service["ports"] == [
        "127.0.0.1:${NEO4J_HTTP_PORT:-7474}:7474",
        "127.0.0.1:${NEO4J_BOLT_PORT:-7687}:7687",
    ]


def test_the_password_comes_from_a_secret_and_stands_nowhere(
    compose: dict[str, Any], service: dict[str, Any]
) -> None:
    assert service["environment"]["NEO4J_AUTH_FILE"] == "/run/secrets/neo4j_auth"
    assert "NEO4J_AUTH" not in service["environment"]
    assert service["secrets"] == ["neo4j_auth"]
    asking = compose["services"]["kedrec"]
    assert asking["environment"]["NEO4J_PASSWORD_FILE"] == "/run/secrets/neo4j_password"
    assert asking["secrets"] == ["neo4j_password"]
    assert [*compose["secrets"]] == ["neo4j_auth", "neo4j_password"]
    assert all("file" in secret for secret in compose["secrets"].values())


def test_data_and_logs_outlive_the_container(compose: dict[str, Any], service: dict[str, Any]) -> None:
    volumes = {mount.split(":")[0]: mount.split(":")[1] for mount in service["volumes"]}
    assert volumes == {"neo4j-data": "/data", "neo4j-logs": "/logs"}
    assert compose["volumes"].keys() == {*volumes, "kedrec-data"}


def test_health_is_asked_with_the_password(service: dict[str, Any]) -> None:
    kind, command = service["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert command.startswith("cypher-shell")
    assert command.count("$$(cut ") == 2  # $$: for the container's shell, not for compose


def test_the_user_is_kedrecs_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().neo4j_username == "neo4j"
    assert "printf 'neo4j/%s'" in COMPOSE.read_text(encoding="utf-8")
