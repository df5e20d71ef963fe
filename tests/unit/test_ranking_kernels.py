"""The ridge over pairs against plain linear algebra, and what is left out of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from kedrec.ranking import kron_ridge
from kedrec.ranking.kron_ridge import STRENGTHS, PairKernel, PairRidge
from kedrec.ranking.similarity import Similarity

_DRUGS, _DISEASES = 9, 6


def _similarity(name: str, nodes: int, seed: int) -> Similarity:
    profiles = np.random.default_rng(seed).random((nodes, 4)).astype(np.float32)
    unit = csr_array(profiles / np.linalg.norm(profiles, axis=1, keepdims=True))
    return Similarity(name, unit, unit)


def _treats(seed: int = 3) -> csr_array[Any]:
    return csr_array((np.random.default_rng(seed).random((_DRUGS, _DISEASES)) < 0.3).astype(np.float32))


@pytest.fixture
def alike() -> tuple[list[Similarity], list[Similarity]]:
    """Two similarities of drugs and two of diseases."""
    return (
        [_similarity(str(seed), _DRUGS, seed) for seed in (10, 11)],
        [_similarity(str(seed), _DISEASES, seed) for seed in (20, 21)],
    )


def _kernel_of(spectrum: kron_ridge.Spectrum) -> Any:
    return (spectrum.coordinates * spectrum.values) @ spectrum.coordinates.T


def _by_solving(kernel: PairKernel, treats: Any, strength: float) -> Any:
    whole = np.kron(_kernel_of(kernel.drugs), _kernel_of(kernel.diseases)).astype(np.float64)
    weights = np.linalg.solve(whole + strength * np.eye(len(whole)), np.asarray(treats).ravel())
    return (whole @ weights).reshape(_DRUGS, _DISEASES)


def test_values_are_those_of_a_ridge_that_never_saw_what_is_hidden(
    alike: tuple[list[Similarity], list[Similarity]],
) -> None:
    """Each pair against the regression solved anew with its own, or all its disease's, treatments zero."""
    treats = _treats()
    kernel = PairKernel.of(*alike, treats)
    diseases = np.array([4, 0, 2])
    found = PairRidge(kernel, treats).over_pairs(diseases)
    known = treats.toarray()
    for strength, (own, others) in zip(STRENGTHS, found, strict=True):
        for column, disease in enumerate(diseases.tolist()):
            without = known.copy()
            without[:, disease] = 0.0
            expected = _by_solving(kernel, without, strength)[:, disease]
            np.testing.assert_allclose(others[:, column], expected, atol=2e-4)
            for drug in range(_DRUGS):
                without = known.copy()
                without[drug, disease] = 0.0
                expected = _by_solving(kernel, without, strength)[drug, disease]
                np.testing.assert_allclose(own[drug, column], expected, atol=2e-4)


def test_one_sided_values_leave_out_the_own_treatment(
    alike: tuple[list[Similarity], list[Similarity]],
) -> None:
    treats = _treats()
    kernel = PairKernel.of(*alike, treats)
    diseases = np.arange(_DISEASES)
    ridge = PairRidge(kernel, treats)
    drugs, others = ridge.over_drugs(diseases), ridge.over_diseases(diseases)
    known = treats.toarray().astype(np.float64)
    of_drugs, of_diseases = (_kernel_of(spectrum) for spectrum in (kernel.drugs, kernel.diseases))
    for drug, disease in np.argwhere(known > -1):
        hidden = known.copy()
        hidden[drug, disease] = 0.0
        by_drugs = of_drugs @ np.linalg.solve(of_drugs + np.eye(_DRUGS), hidden)
        assert drugs[drug, disease] == pytest.approx(by_drugs[drug, disease], abs=2e-4)
        hidden[:, disease] = 0.0
        by_diseases = hidden @ np.linalg.solve(of_diseases + np.eye(_DISEASES), of_diseases)
        assert others[drug, disease] == pytest.approx(by_diseases[drug, disease], abs=2e-4)


def test_the_similarity_that_tells_treatments_weighs_most() -> None:
    groups = np.repeat([0, 1, 2], 3)
    telling = csr_array(np.eye(3, dtype=np.float32)[groups])
    treats = csr_array(np.repeat(np.eye(3, dtype=np.float32)[groups], 2, axis=1))
    weights = kron_ridge._alignment_weights(
        [_similarity("noise", 9, 1), Similarity("telling", telling, telling)], treats
    )
    assert weights.sum() == pytest.approx(1)
    assert weights[1] > 0.9


def test_nothing_known_weighs_all_the_same(alike: tuple[list[Similarity], list[Similarity]]) -> None:
    nothing = csr_array((_DRUGS, _DISEASES), dtype=np.float32)
    assert kron_ridge._alignment_weights(alike[0], nothing).tolist() == [0.5, 0.5]
    ridge = PairRidge(PairKernel.of(*alike, nothing), nothing)
    assert not any(values.any() for both in ridge.over_pairs(np.arange(3)) for values in both)


def test_nodes_beyond_those_learned_from_are_placed_by_their_likeness(
    alike: tuple[list[Similarity], list[Similarity]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drug that is not learned from has the values that the regression over the others gives it."""
    monkeypatch.setattr(kron_ridge, "_MAX_LEARNED", 7)
    known = _treats().toarray()
    known[[2, 6]] = 0.0
    treats = csr_array(known)
    treated = np.diff(treats.indptr) > 0
    learned = kron_ridge._learned_nodes(treated)
    assert len(learned) == 7
    assert np.isin(np.flatnonzero(treated), learned).all()
    kernel = PairKernel.of(*alike, treats)
    (_, others), *_ = PairRidge(kernel, treats).over_pairs(np.array([1]))
    weights = kron_ridge._alignment_weights(alike[0], treats)
    table = sum(w * s.columns(np.arange(_DRUGS)) for w, s in zip(weights, alike[0], strict=True))
    assert isinstance(table, np.ndarray)
    np.fill_diagonal(table, 1.0)
    known = known[learned]
    known[:, 1] = 0.0
    of_diseases = _kernel_of(kernel.diseases)
    whole = np.kron(table[np.ix_(learned, learned)], of_diseases)
    weights = np.linalg.solve(whole + STRENGTHS[0] * np.eye(len(whole)), known.ravel())
    expected = (np.kron(table[:, learned], of_diseases) @ weights).reshape(_DRUGS, _DISEASES)
    np.testing.assert_allclose(others[:, 0], expected[:, 1], atol=2e-3)


def test_a_kept_kernel_is_read_as_it_was(alike: tuple[list[Similarity], list[Similarity]]) -> None:
    kernel = PairKernel.of(*alike, _treats())
    again = PairKernel.from_arrays(kernel.arrays())
    assert (again.drugs.coordinates == kernel.drugs.coordinates).all()
    assert (again.diseases.values == kernel.diseases.values).all()
