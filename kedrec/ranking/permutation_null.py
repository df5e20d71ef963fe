"""Null distribution of path counts, given only the degrees of a pair's drug and disease.

The null of Himmelstein et al. 2023 (doi:10.1093/gigascience/giad047): degree-weighted path counts on
permuted graphs, grouped by the degrees of the pair's ends, with a gamma-hurdle distribution for each group;
the p-value of a count is that distribution's probability of at least this count.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from kedrec.common.array_file import ArrayFile, DamagedFileError, write_arrays
from kedrec.common.cpus import usable_threads
from kedrec.errors import NotFoundError
from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.degree_groups import Ends, Window, grouped_counts, transform_dwpc, window_near
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import metapath_abbreviation, metapath_text, metapaths
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.ranking.xswap import ATTEMPTS, metapath_tables
from kedrec.types import PathTypeChance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.metapaths import Metapath

__all__ = ["MIN_P_VALUE", "NullModel", "PermutationSettings", "null_names", "path_chances"]

MIN_P_VALUE = 1e-6
"""The least reported p-value: on permuted graphs themselves, smaller ones occur ten times too often."""

_LAYOUT = 2  # of the cached arrays; raise it to invalidate old caches
_MAX_NULLS = 4  # cached nulls, of the graphs used last

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PermutationSettings:
    """Settings of a null; equal graphs and settings give equal nulls.

    Attributes:
        longest: maximum number of hops of a metapath, 1 to 4: on Hetionet 134 metapaths with 3, 1,206 with 4.
        permutations: number of permuted graphs; a few are enough, as pairs of like degrees are pooled.
        seed: of the permutations.
    """

    longest: int = 3
    permutations: int = 20
    seed: int = 20230510


_DEFAULT = PermutationSettings()


class NullModel:
    """P-values of path counts against permuted graphs; created by `open`.

    Attributes:
        paths: the metapaths that it covers.
        permutations: number of permuted graphs.
    """

    def __init__(self, adjacency: Adjacency, paths: Sequence[Metapath], arrays: Arrays, count: int) -> None:
        self._adjacency = adjacency
        self._arrays = arrays
        self.paths = list(paths)
        self.permutations = count
        self._indices = {path: index for index, path in enumerate(self.paths)}

    @classmethod
    def open(
        cls,
        adjacency: Adjacency,
        cache_dir: Path,
        settings: PermutationSettings = _DEFAULT,
        threads: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Reads the null of a graph from the cache, or computes it (some minutes for Hetionet) and caches it.

        Args:
            adjacency: the graph, read along every table to count.
            cache_dir: where nulls are cached, by the graph's links: another graph never gets this one's. A
                damaged file is replaced; in a folder that can't be written nothing is cached.
            settings: the settings of the permutations.
            threads: relations permuted at once, as for `usable_threads`; doesn't change the result.
            progress: called while graphs are permuted.
        """
        cached = cls.open_cached(adjacency, cache_dir, settings)
        if cached is not None:
            return cached
        paths = _linked_metapaths(adjacency, settings.longest)
        count = usable_threads(threads)
        arrays = grouped_counts(
            adjacency, paths, settings.permutations, settings.seed, threads=count, progress=progress
        )
        with suppress(OSError):
            path = _null_path(adjacency, cache_dir, paths, settings)
            write_arrays(path, arrays, {"metapaths": [metapath_text(metapath) for metapath in paths]})
            _delete_old(cache_dir)
        return cls(adjacency, paths, arrays, settings.permutations)

    @classmethod
    def open_cached(
        cls, adjacency: Adjacency, cache_dir: Path, settings: PermutationSettings = _DEFAULT
    ) -> Self | None:
        """The null of a graph from the cache, in milliseconds; None where there is none."""
        paths = _linked_metapaths(adjacency, settings.longest)
        with suppress(OSError, DamagedFileError):
            arrays = ArrayFile(_null_path(adjacency, cache_dir, paths, settings))
            return cls(adjacency, paths, arrays, settings.permutations)
        return None

    def p_value(self, metapath: Metapath, drug: int, disease: int, dwpc: float) -> float:
        """Probability of at least this count in a permuted graph, for a pair with ends of the same degrees.

        Args:
            metapath: one of `paths`.
            drug, disease: numbers of the pair's ends.
            dwpc: the pair's count as of `PathCounter`.

        Raises:
            KeyError: the metapath isn't one of `paths`.
        """
        values = self.p_values(metapath, np.array([drug]), np.array([disease]), np.array([dwpc]))
        return float(values[0])

    def p_values(
        self, metapath: Metapath, drugs: NDArray[np.int64], diseases: NDArray[np.int64], dwpcs: _Floats
    ) -> _Floats:
        """As `p_value`, for many pairs of one metapath; the three arrays have one entry per pair.

        The gamma-hurdle of Himmelstein et al. 2023: of the n permuted pairs of like degrees, the share
        nnz/n has any path. For those, the count, as y = arcsinh(dwpc / (10 * its mean over all pairs of the
        real graph)), is modelled as gamma distributed with the moments' alpha = mean^2/variance and
        beta = mean/variance, and

            p = nnz/n * Q(alpha, beta * y),

        Q the regularised upper incomplete gamma function; without paths p = 1. (The paper divides by the mean
        itself; with ten times it, p holds better far out on permuted graphs, see docs/bias.md.) No p is under
        1e-6, where the gamma's tail is unreliable. Where fewer than two permuted pairs have paths, or all
        counts are equal, the gamma is undetermined: p = nnz/n where the count is no more than theirs, else
        (nnz + 1)/(n + 1), an upper bound in place of the paper's 0 (Phipson and Smyth 2010,
        doi:10.2202/1544-6115.1585).

        Like degrees: the exact ones where 200 such permuted pairs have paths (or there are 50,000), otherwise
        pairs of neighbouring degrees are included by a Gaussian window over the degrees' logarithms, the
        narrowest of .05, .1, .2, .4 that has as many. Own treatments and palliations are hidden from degrees
        and counts alike, as `PathCounter` hides them.
        """
        from scipy.special import gammaincc

        index = self._indices[metapath]
        window = self._window(index, drugs, diseases)
        values = transform_dwpc(dwpcs, float(self._arrays[f"{index}/scale"][0]))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = window.sums / window.linked
            variance = (window.squares - window.linked * mean**2) / (window.linked - 1)
            share = np.where(window.n > 0, window.linked / window.n, 0.0)
            fits = (window.linked >= 2) & (variance > 1e-9 * mean**2)
            alpha, beta = mean**2 / variance, mean / variance
            p = share * gammaincc(np.where(fits, alpha, 1.0), np.where(fits, beta * values, 1.0))
        bound = (window.linked + 1) / (window.n + 1)
        empirical = np.where(values <= np.nan_to_num(mean) * (1 + 1e-5), share, bound)
        p_values: _Floats = np.where(fits, np.maximum(p, MIN_P_VALUE), np.minimum(empirical, 1.0))
        return np.where(dwpcs > 0, p_values, 1.0)

    def pair_chances(self, drug: int, disease: int) -> list[PathTypeChance]:
        """The types of path that join a pair, least likely by chance first; empty where none does.

        Args:
            drug, disease: numbers of the pair's ends.
        """
        counts = self._counter.counts(np.array([disease]))[:, drug, 0].astype(np.float64)
        chances = []
        for index in np.flatnonzero(counts).tolist():
            path, dwpc = self.paths[index], float(counts[index])
            window = self._window(index, np.array([drug]), np.array([disease]))
            p = self.p_value(path, drug, disease, dwpc)
            chances.append(
                PathTypeChance(
                    metapath=metapath_text(path),
                    abbreviation=metapath_abbreviation(path),
                    dwpc=dwpc,
                    expected=float(window.raw[0] / max(window.n[0], 1e-9)),
                    p_value=p,
                    adjusted=min(1.0, p * len(self.paths)),
                )
            )
        return sorted(
            chances,
            key=lambda chance: (chance.p_value, -chance.dwpc / max(chance.expected, 1e-30), chance.metapath),
        )

    def with_adjacency(self, adjacency: Adjacency) -> Self:
        """The same null for another graph with these nodes and degrees, such as a permuted one."""
        return type(self)(adjacency, self.paths, self._arrays, self.permutations)

    def linked_share(
        self, metapath: Metapath, drugs: NDArray[np.int64], diseases: NDArray[np.int64]
    ) -> _Floats:
        """For some pairs the share of permuted pairs of like degrees that have any path, 0 to 1.

        Only that share can have a p-value under 1: the others have no path.
        """
        window = self._window(self._indices[metapath], drugs, diseases)
        shares: _Floats = window.linked / np.maximum(window.n, 1e-9)
        return shares

    @cached_property
    def _counter(self) -> PathCounter:
        return PathCounter(self._adjacency, self.paths)

    def _window(self, index: int, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> Window:
        """Statistics of the permuted pairs with degrees like those of some pairs."""
        path = self.paths[index]
        ends = Ends.of(self._adjacency, path)
        own = ends.own(self._adjacency, drugs, diseases)
        drug_degrees = ends.drugs[drugs] - own[0]
        disease_degrees = ends.diseases[diseases] - own[1]
        return window_near(self._arrays, index, drug_degrees, disease_degrees)


def null_names(cache_dir: Path) -> list[str]:
    """Names of the cached nulls, sorted: where they are equal, so are the chances of a graph's paths."""
    return sorted(file.name for file in cache_dir.glob("null-*.bin"))


def path_chances(
    adjacency: Adjacency, cache_dir: Path, drug_id: str, disease_id: str
) -> list[PathTypeChance] | None:
    """P-values of the types of path of a pair, as `kedrec explain` shows them.

    Returns:
        As `NullModel.pair_chances`; None where the graph's null isn't cached (`kedrec rank null`).

    Raises:
        NotFoundError: the graph has no such drug or disease.
    """
    null = NullModel.open_cached(adjacency, cache_dir)
    if null is None:
        return None
    numbers = []
    for kind, id_ in (("Drug", drug_id), ("Disease", disease_id)):
        number = adjacency.number(kind, id_)
        if number is None:
            raise NotFoundError(f"The graph has no {kind} '{id_}'.", "Search for its name to find its id.")
        numbers.append(number)
    return null.pair_chances(*numbers)


def _linked_metapaths(adjacency: Adjacency, longest: int) -> list[Metapath]:
    """The metapaths of a graph whose hops all have links."""
    return metapaths(linked_tables(adjacency), longest)


def _null_path(
    adjacency: Adjacency, cache_dir: Path, paths: Sequence[Metapath], settings: PermutationSettings
) -> Path:
    """The file of a null, named by a hash of all that it depends on, including the links."""
    head = [_LAYOUT, ATTEMPTS, settings.seed, settings.permutations, [metapath_text(path) for path in paths]]
    digest = hashlib.sha256(json.dumps(head).encode())
    for table in metapath_tables(paths):
        links = adjacency.incidence(table, PLAIN)
        digest.update(f"{table} {len(links.back_degrees)}".encode())
        digest.update(links.indptr.tobytes())
        digest.update(links.indices.tobytes())
    return cache_dir / f"null-{digest.hexdigest()[:16]}.bin"


def _delete_old(cache_dir: Path) -> None:
    """Deletes all but the newest cached nulls."""
    files = sorted(cache_dir.glob("null-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_MAX_NULLS:]:
        file.unlink(missing_ok=True)
