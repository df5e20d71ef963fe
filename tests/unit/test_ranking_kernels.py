"""The ridge over pairs against plain linear algebra, and what is left out of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from kedrec.ranking import kron_ridge
from kedrec.ranking.kron_ridge import STRENGTHS, PairKernel, PairRidge, RidgeValues
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


def _mean_similarity(kernel: PairKernel, alike: list[Similarity], rows: Any, columns: Any) -> Any:
    """The weighted mean similarity of some diseases with others; 1 of a disease with itself."""
    table = sum(w * s.columns(columns)[rows] for w, s in zip(kernel.diseases.weights, alike, strict=True))
    table[np.equal.outer(rows, columns)] = 1.0
    return np.asarray(table, np.float64)


def _predict(kernel: PairKernel, alike: list[Similarity], treats: Any, diseases: Any) -> RidgeValues:
    ridge = PairRidge(kernel, treats)
    similar = np.zeros((len(ridge.treated), len(diseases)), np.float32)
    for weight, similarity in zip(kernel.diseases.weights, alike, strict=True):
        similar += weight * similarity.rows(ridge.treated).columns(diseases)
    return ridge.predict(diseases, similar)


def _by_solving(of_drugs: Any, of_diseases: Any, known: Any, strength: float) -> Any:
    """The dual weights of a ridge over all pairs: drugs x diseases."""
    whole = np.kron(of_drugs, of_diseases).astype(np.float64)
    return np.linalg.solve(whole + strength * np.eye(len(whole)), known.ravel()).reshape(known.shape)


def test_values_are_those_of_a_ridge_that_never_saw_what_is_hidden(
    alike: tuple[list[Similarity], list[Similarity]],
) -> None:
    """Each pair against the regression solved anew: its own treatment zero, or its disease not there."""
    known = _treats().toarray()
    known[:, 5] = 0.0  # a disease without a treatment is not learned from
    treats = csr_array(known)
    kernel = PairKernel.of(*alike, treats)
    of_drugs, treated = _kernel_of(kernel.drugs), np.arange(5)
    diseases = np.array([4, 0, 5])
    found = _predict(kernel, alike[1], treats, diseases)
    for index, strength in enumerate(STRENGTHS):
        for column, disease in enumerate(diseases.tolist()):
            others = treated[treated != disease]
            between = _mean_similarity(kernel, alike[1], others, others)
            to_disease = _mean_similarity(kernel, alike[1], others, np.array([disease]))
            weights = _by_solving(of_drugs, between, known[:, others], strength)
            expected = (of_drugs @ weights @ to_disease).ravel()
            np.testing.assert_allclose(found.unseen[index][:, column], expected, atol=2e-4)
            if disease == 5:
                np.testing.assert_allclose(found.own_hidden[index][:, column], expected, atol=2e-4)
                continue
            between = _mean_similarity(kernel, alike[1], treated, treated)
            for drug in range(_DRUGS):
                without = known[:, treated].copy()
                without[drug, disease] = 0.0
                expected = of_drugs @ _by_solving(of_drugs, between, without, strength) @ between
                assert found.own_hidden[index][drug, column] == pytest.approx(
                    expected[drug, disease], abs=2e-4
                )


def test_one_sided_values_leave_out_the_own_treatment(
    alike: tuple[list[Similarity], list[Similarity]],
) -> None:
    treats = _treats()
    kernel = PairKernel.of(*alike, treats)
    diseases = np.arange(_DISEASES)
    found = _predict(kernel, alike[1], treats, diseases)
    known = treats.toarray().astype(np.float64)
    of_drugs = _kernel_of(kernel.drugs)
    for drug, disease in np.argwhere(known > -1):
        hidden = known.copy()
        hidden[drug, disease] = 0.0
        by_drugs = of_drugs @ np.linalg.solve(of_drugs + np.eye(_DRUGS), hidden)
        assert found.over_drugs[drug, disease] == pytest.approx(by_drugs[drug, disease], abs=2e-4)
        others = diseases[diseases != disease]
        between = _mean_similarity(kernel, alike[1], others, others)
        to_disease = _mean_similarity(kernel, alike[1], others, np.array([disease]))
        expected = known[:, others] @ np.linalg.solve(between + np.eye(len(others)), to_disease)
        assert found.over_diseases[drug, disease] == pytest.approx(expected[drug, 0], abs=2e-4)


def test_a_drugs_values_for_all_diseases_are_those_of_each(
    alike: tuple[list[Similarity], list[Similarity]],
) -> None:
    known = _treats().toarray()
    known[:, [2, 5]] = 0.0
    treats = csr_array(known)
    kernel = PairKernel.of(*alike, treats)
    ridge, diseases = PairRidge(kernel, treats), np.array([2, 5])
    found = _predict(kernel, alike[1], treats, diseases).unseen[1]
    for drug in range(_DRUGS):
        similar = sum(
            weight * similarity.rows(ridge.treated).columns(diseases)
            for weight, similarity in zip(kernel.diseases.weights, alike[1], strict=True)
        )
        np.testing.assert_allclose(ridge.weights_of(drug) @ similar, found[drug], atol=2e-4)


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
    found = _predict(PairKernel.of(*alike, nothing), alike[1], nothing, np.arange(3))
    assert not any(table.any() for table in (*found.own_hidden, *found.unseen, found.over_diseases))


def test_nodes_beyond_those_learned_from_are_placed_by_their_likeness(
    alike: tuple[list[Similarity], list[Similarity]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drug that is not learned from has the values that the regression over the others gives it."""
    monkeypatch.setattr(kron_ridge, "MAX_LEARNED", 7)
    known = _treats().toarray()
    known[[2, 6]] = 0.0
    treats = csr_array(known)
    treated = np.diff(treats.indptr) > 0
    learned = kron_ridge._learned_nodes(treated)
    assert len(learned) == 7
    assert np.isin(np.flatnonzero(treated), learned).all()
    kernel = PairKernel.of(*alike, treats)
    others = _predict(kernel, alike[1], treats, np.array([1])).unseen[0]
    weights = kron_ridge._alignment_weights(alike[0], treats)
    table = sum(w * s.columns(np.arange(_DRUGS)) for w, s in zip(weights, alike[0], strict=True))
    assert isinstance(table, np.ndarray)
    np.fill_diagonal(table, 1.0)
    left = np.setdiff1d(np.flatnonzero(known.any(axis=0)), [1])
    between = _mean_similarity(kernel, alike[1], left, left)
    dual = _by_solving(table[np.ix_(learned, learned)], between, known[np.ix_(learned, left)], STRENGTHS[0])
    to_disease = _mean_similarity(kernel, alike[1], left, np.array([1]))
    np.testing.assert_allclose(others[:, 0], (table[:, learned] @ dual @ to_disease)[:, 0], atol=2e-3)


def test_a_kept_kernel_is_read_as_it_was(alike: tuple[list[Similarity], list[Similarity]]) -> None:
    kernel = PairKernel.of(*alike, _treats())
    again = PairKernel.from_arrays(kernel.arrays())
    assert (again.drugs.coordinates == kernel.drugs.coordinates).all()
    assert (again.diseases.table == kernel.diseases.table).all()
    assert (again.diseases.nodes == kernel.diseases.nodes).all()
