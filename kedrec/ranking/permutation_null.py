"""What a pair's path counts would be by chance, given only how many links its drug and disease have.

The null of Himmelstein et al. 2023 (doi:10.1093/gigascience/giad047): degree-weighted path counts on
permuted graphs, grouped by the degrees of the pair's ends, each group described by a gamma-hurdle
distribution; the p-value of a count is what that distribution has at or above it.
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
from kedrec.ranking.degree_groups import Ends, Window, grouped_counts, transformed, window_near
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.metapaths import abbreviation, metapaths, written
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.ranking.xswap import ATTEMPTS, tables_along
from kedrec.types import PathTypeChance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.metapaths import Metapath

__all__ = ["SMALLEST", "NullModel", "Permuting", "path_chances"]

SMALLEST = 1e-6
"""The least p-value told: on permuted graphs themselves, lesser ones come ten times too often."""

_LAYOUT = 2  # of the cached figures; another number makes old caches unread
_KEPT = 4  # cached nulls, of the graphs asked last

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Permuting:
    """What a null is made of; equal graphs give equal figures.

    Attributes:
        longest: most hops of a metapath, 1 to 4. 134 of three and 1,206 of four on Hetionet.
        permutations: graphs to permute. Pairs of like degrees add up, so that a few are enough.
        seed: of the permuting.
    """

    longest: int = 3
    permutations: int = 20
    seed: int = 20230510


_USUAL = Permuting()


class NullModel:
    """P-values of path counts against permuted graphs; made by `open`.

    Attributes:
        paths: the metapaths it knows.
        permutations: graphs permuted.
    """

    def __init__(self, adjacency: Adjacency, paths: Sequence[Metapath], arrays: Arrays, count: int) -> None:
        self._adjacency = adjacency
        self._arrays = arrays
        self.paths = list(paths)
        self.permutations = count
        self._places = {path: place for place, path in enumerate(self.paths)}

    @classmethod
    def open(
        cls,
        adjacency: Adjacency,
        cache_dir: Path,
        how: Permuting = _USUAL,
        threads: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """The null of a graph: from the cache, or made (some minutes for Hetionet) and cached.

        Args:
            adjacency: the graph, read along every table that is to count.
            cache_dir: where nulls are kept, by the graph's very links: another graph never gets this one's.
                A damaged file is made again; a folder that can't be written is done without.
            how: how it is permuted.
            threads: relations permuted at once, as of `usable_threads`; the null is the same with any number.
            progress: called as the permuting goes on, where it is needed.
        """
        found = cls.cached(adjacency, cache_dir, how)
        if found is not None:
            return found
        paths = _paths(adjacency, how.longest)
        count = usable_threads(threads)
        arrays = grouped_counts(
            adjacency, paths, how.permutations, how.seed, threads=count, progress=progress
        )
        with suppress(OSError):
            path = _place(adjacency, cache_dir, paths, how)
            write_arrays(path, arrays, {"metapaths": [written(each) for each in paths]})
            _forget(cache_dir)
        return cls(adjacency, paths, arrays, how.permutations)

    @classmethod
    def cached(cls, adjacency: Adjacency, cache_dir: Path, how: Permuting = _USUAL) -> Self | None:
        """The null of a graph where `open` made it before, in milliseconds; None where it has to be made."""
        paths = _paths(adjacency, how.longest)
        with suppress(OSError, DamagedFileError):
            arrays = ArrayFile(_place(adjacency, cache_dir, paths, how))
            return cls(adjacency, paths, arrays, how.permutations)
        return None

    def p_value(self, metapath: Metapath, drug: int, disease: int, dwpc: float) -> float:
        """Chance of at least this count in a permuted graph, for a pair of these ends' degrees.

        Args:
            metapath: one of `paths`.
            drug, disease: numbers of the pair's ends.
            dwpc: the pair's count as `PathCounter` gives it.

        Raises:
            KeyError: a metapath that the null doesn't know.
        """
        found = self.p_values(metapath, np.array([drug]), np.array([disease]), np.array([dwpc]))
        return float(found[0])

    def p_values(
        self, metapath: Metapath, drugs: NDArray[np.int64], diseases: NDArray[np.int64], dwpcs: _Floats
    ) -> _Floats:
        """As `p_value`, for many pairs of one metapath; the three arrays go together.

        The gamma-hurdle of Himmelstein et al. 2023: of the n permuted pairs of like degrees, the share
        nnz/n has any path. Over those, the count, as y = arcsinh(dwpc / (10 * its mean over all pairs of the
        real graph)), is taken for gamma distributed with the moments' alpha = mean^2/variance and
        beta = mean/variance, and

            p = nnz/n * Q(alpha, beta * y),

        Q the regularised upper incomplete gamma function; without paths p = 1. (The paper divides by the mean
        itself; with ten times it, p holds better far out on permuted graphs, see docs/bias.md.) No p is under
        1e-6, where the gamma's tail is no guide any more. Where fewer than two permuted pairs have paths, or
        all counts are one, the gamma is undetermined: p = nnz/n where the count is no more than theirs, else
        (nnz + 1)/(n + 1), an upper bound in place of the paper's 0 (Phipson and Smyth 2010,
        doi:10.2202/1544-6115.1585).

        Like degrees: the exact ones where 200 such permuted pairs have paths (or there are 50,000), otherwise
        pairs of neighbouring degrees count in too, by a Gaussian window over the degrees' logarithms, the
        narrowest of .05, .1, .2, .4 that brings as many. Own treatments and palliations are hidden from
        degrees and counts alike, as `PathCounter` hides them.
        """
        from scipy.special import gammaincc

        place = self._places[metapath]
        window = self._window(place, drugs, diseases)
        values = transformed(dwpcs, float(self._arrays[f"{place}/scale"][0]))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = window.sums / window.linked
            variance = (window.squares - window.linked * mean**2) / (window.linked - 1)
            share = np.where(window.n > 0, window.linked / window.n, 0.0)
            fits = (window.linked >= 2) & (variance > 1e-9 * mean**2)
            alpha, beta = mean**2 / variance, mean / variance
            p = share * gammaincc(np.where(fits, alpha, 1.0), np.where(fits, beta * values, 1.0))
        bound = (window.linked + 1) / (window.n + 1)
        stuck = np.where(values <= np.nan_to_num(mean) * (1 + 1e-5), share, bound)
        found: _Floats = np.where(fits, np.maximum(p, SMALLEST), np.minimum(stuck, 1.0))
        return np.where(dwpcs > 0, found, 1.0)

    def pair(self, drug: int, disease: int) -> list[PathTypeChance]:
        """Every type of path that joins a pair, least likely by chance first; empty where none does.

        Args:
            drug, disease: their numbers.
        """
        counts = self._counter.counts(np.array([disease]))[:, drug, 0].astype(np.float64)
        found = []
        for place in np.flatnonzero(counts).tolist():
            path, dwpc = self.paths[place], float(counts[place])
            window = self._window(place, np.array([drug]), np.array([disease]))
            p = self.p_value(path, drug, disease, dwpc)
            found.append(
                PathTypeChance(
                    metapath=written(path),
                    abbreviation=abbreviation(path),
                    dwpc=dwpc,
                    expected=float(window.raw[0] / max(window.n[0], 1e-9)),
                    p_value=p,
                    adjusted=min(1.0, p * len(self.paths)),
                )
            )
        return sorted(
            found, key=lambda each: (each.p_value, -each.dwpc / max(each.expected, 1e-30), each.metapath)
        )

    def on(self, adjacency: Adjacency) -> Self:
        """The same null for the pairs of another graph of these nodes and degrees, such as a permuted one."""
        return type(self)(adjacency, self.paths, self._arrays, self.permutations)

    def share(self, metapath: Metapath, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> _Floats:
        """How many of the permuted pairs of like degrees have any path, for some pairs: 0 to 1.

        Only as many pairs can have a p-value under 1: the others have no path.
        """
        window = self._window(self._places[metapath], drugs, diseases)
        found: _Floats = window.linked / np.maximum(window.n, 1e-9)
        return found

    @cached_property
    def _counter(self) -> PathCounter:
        return PathCounter(self._adjacency, self.paths)

    def _window(self, place: int, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> Window:
        """The permuted pairs with degrees like those of some pairs."""
        path = self.paths[place]
        ends = Ends.of(self._adjacency, path)
        own = ends.own(self._adjacency, drugs, diseases)
        here = ends.drugs[drugs] - own[0]
        there = ends.diseases[diseases] - own[1]
        return window_near(self._arrays, place, here, there)


def path_chances(
    adjacency: Adjacency, cache_dir: Path, drug_id: str, disease_id: str
) -> list[PathTypeChance] | None:
    """The p-value of each type of path of a pair, as `kedrec explain` shows them.

    Returns:
        As `NullModel.pair`; None where the graph's null hasn't been made (`kedrec rank null`).

    Raises:
        NotFoundError: the graph has no such drug or disease.
    """
    null = NullModel.cached(adjacency, cache_dir)
    if null is None:
        return None
    numbers = []
    for kind, id_ in (("Drug", drug_id), ("Disease", disease_id)):
        number = adjacency.number(kind, id_)
        if number is None:
            raise NotFoundError(f"The graph has no {kind} '{id_}'.", "Search for its name to find its id.")
        numbers.append(number)
    return null.pair(*numbers)


def _paths(adjacency: Adjacency, longest: int) -> list[Metapath]:
    """The metapaths of a graph that have links all along."""
    return metapaths(linked_tables(adjacency), longest)


def _place(adjacency: Adjacency, cache_dir: Path, paths: Sequence[Metapath], how: Permuting) -> Path:
    """The file of a null, named by all that it depends on, the links themselves among it."""
    head = [_LAYOUT, ATTEMPTS, how.seed, how.permutations, [written(path) for path in paths]]
    digest = hashlib.sha256(json.dumps(head).encode())
    for table in tables_along(paths):
        links = adjacency.incidence(table, PLAIN)
        digest.update(f"{table} {len(links.back_degrees)}".encode())
        digest.update(links.indptr.tobytes())
        digest.update(links.indices.tobytes())
    return cache_dir / f"null-{digest.hexdigest()[:16]}.bin"


def _forget(cache_dir: Path) -> None:
    """Removes all but the newest cached nulls."""
    files = sorted(cache_dir.glob("null-*.bin"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_KEPT:]:
        file.unlink(missing_ok=True)
