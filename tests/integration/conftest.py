"""Fixtures of the integration tests: an empty graph for small files, and the language model's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loaded import Loaded, small_graph

from kedrec.llm.model_registry import pull_model
from kedrec.settings import Settings, load_settings


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Loaded]:
    """An empty embedded graph, and a folder for the files of its sources."""
    with small_graph(tmp_path) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def llm_settings(pytestconfig: pytest.Config) -> Settings:
    """Settings whose models folder holds the default model; fetched once and kept in pytest's cache.

    One thread: llama.cpp's threads wait for each other spinning, which takes minutes where other tests
    keep the cores busy.
    """
    settings = load_settings(
        home=pytestconfig.cache.mkdir("kedrec-home"), model="base", threads=1, cache_texts=False
    )
    pull_model("base", settings, lambda _stage, _done, _total: None)
    return settings
