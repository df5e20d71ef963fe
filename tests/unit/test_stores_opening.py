"""Stores that URLs open, and what is said where one can't be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedrec.errors import EmptyGraphError, SettingsError, StoreError, UsageError
from kedrec.settings import load_settings
from kedrec.stores import GraphStore, open_store

SETTINGS = load_settings()


@pytest.mark.parametrize("form", ["{}", "ladybug://{}"])
def test_a_folder_opens_the_embedded_store(tmp_path: Path, form: str) -> None:
    with open_store(form.format(tmp_path / "graph"), SETTINGS, read_only=False) as store:
        assert isinstance(store, GraphStore)
        assert (store.engine, store.url) == ("ladybug", str(tmp_path / "graph"))


def test_a_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with open_store("~/graph", SETTINGS, read_only=False) as store:
        assert store.url == str(tmp_path / "graph")


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mysql://x", "", "  ", "ladybug://"])
def test_another_scheme_or_none_is_a_wrong_call(url: str) -> None:
    with pytest.raises(UsageError, match=r"neo4j://"):
        open_store(url, SETTINGS)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("form", ["{}/half \udcff", "ladybug://{}/\udce9/graph", "{}/\ud800"])
def test_a_folder_whose_name_is_no_text_is_a_wrong_call(
    tmp_path: Path, form: str, *, read_only: bool
) -> None:
    with pytest.raises(UsageError, match="no UTF-8 text"):
        open_store(form.format(tmp_path), SETTINGS, read_only=read_only)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        open_store("neo4j://neo4j:geheim@127.0.0.1:7687", SETTINGS)
    assert "geheim" not in str(caught.value)
    assert "NEO4J_PASSWORD" in caught.value.hint


def test_a_missing_password_file_is_a_wrong_setting(tmp_path: Path) -> None:
    settings = load_settings(neo4j_password_file=tmp_path / "none")
    with pytest.raises(SettingsError, match="NEO4J_PASSWORD_FILE"):
        open_store("neo4j://127.0.0.1:7687", settings)


def test_a_folder_without_graph_says_how_to_load_one(tmp_path: Path) -> None:
    with pytest.raises(EmptyGraphError) as caught:
        open_store(str(tmp_path), SETTINGS)
    assert "kedrec-load graph" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_graph_is_told(tmp_path: Path) -> None:
    (tmp_path / "graph.lbug").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreError, match=r"graph\.lbug"):
        open_store(str(tmp_path), SETTINGS)
