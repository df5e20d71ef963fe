"""Pairs that were assessed before: the graph isn't read again, and answers are as if it were."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kedrec.answers import candidates
from kedrec.api import Kedrec
from kedrec.settings import Settings, load_settings


@pytest.fixture(scope="module")
def settings(starter_home: Path) -> Settings:
    return load_settings(home=starter_home, graph=str(starter_home / "graph"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str, int]]:
    """How often the evidence of each pair was read, by drug, disease and number of paths."""
    counts: Counter[tuple[str, str, int]] = Counter()
    retrieve = candidates.retrieve

    def counted(store: Any, ranker: Any, drug: Any, disease: Any, *, k: int) -> Any:
        counts[drug.name, disease.name, k] += 1
        return retrieve(store, ranker, drug, disease, k=k)

    monkeypatch.setattr(candidates, "retrieve", counted)
    return counts


def test_a_pair_is_read_once_a_graph_and_explained_as_before(
    settings: Settings, read: Counter[tuple[str, str, int]]
) -> None:
    with Kedrec(settings) as kr:
        first = kr.recommend("asthma", llm=False)
        number = sum(read.values())
        assert kr.recommend("asthma", llm=False) == first
        explained = kr.explain(first[0].drug.id, "asthma", background="none")
        assert number == sum(read.values()) > 0
        assert kr.recommend("asthma", llm=False, new=True)[0].drug != first[0].drug
    with Kedrec(settings) as anew:
        assert anew.explain(first[0].drug.id, "asthma", background="none") == explained
        assert anew.recommend("asthma", llm=False) == first


def test_another_number_of_paths_is_another_answer(
    settings: Settings, read: Counter[tuple[str, str, int]]
) -> None:
    with Kedrec(settings) as kr:
        drug = kr.recommend("psoriasis", top=1, paths=8, llm=False)[0].drug
        numbers = [len(kr.explain(drug.id, "psoriasis", paths=paths).evidence) for paths in (1, 8, 2)]
    assert numbers == [1, max(numbers), 2]
    assert {paths for name, _, paths in read if name == drug.name} == {1, 2, 8}


def test_more_pairs_than_are_remembered_are_read_again(
    settings: Settings, read: Counter[tuple[str, str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_MOST_REMEMBERED", 20)
    with Kedrec(settings) as kr:
        answers = [kr.recommend(disease, llm=False) for disease in ("asthma", "psoriasis")]
        read.clear()
        assert [kr.recommend(disease, llm=False) for disease in ("asthma", "psoriasis")] == answers
    assert read
