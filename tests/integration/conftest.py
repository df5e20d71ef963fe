"""Fixtures of the integration tests: the language model's folder."""

from __future__ import annotations

import pytest

from kedrec.llm.model_registry import pull_model
from kedrec.settings import Settings, load_settings


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
