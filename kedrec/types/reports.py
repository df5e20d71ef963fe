"""Types of the commands' reports: written rankings, fits, permuted graphs, stored models, sources."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from kedrec.types.answer import EdgesAsOf
from kedrec.types.base import Frozen
from kedrec.types.graph import TakenFor

__all__ = [
    "CachedFolder",
    "ListedModel",
    "ListedSet",
    "ListedSource",
    "Listing",
    "NullReport",
    "RankingFile",
    "RankingFit",
]


class _Sparse(Frozen):
    @model_serializer(mode="wrap")
    def _omit_none(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The fields, without those that are None."""
        return {name: value for name, value in serialize(self).items() if value is not None}


class RankingFile(_Sparse):
    """A file of the scores of all drugs for many diseases. JSON omits the fields that are None.

    Attributes:
        out: path of the file.
        diseases: number of diseases.
        rows: number of rows, one per drug and disease.
        ranking: `fitted` or `unfitted`, and a description of the fit.
        taken_for: entities that listed names were resolved to under another name; None if there are none.
        overlays: names of the visible private overlays.
        as_of: numbers of edges in a view as of a year; None if edges of any year were visible.
    """

    out: str
    diseases: int
    rows: int
    ranking: str
    taken_for: tuple[TakenFor, ...] | None = None
    overlays: tuple[str, ...] = ()
    as_of: EdgesAsOf | None = None


class RankingFit(_Sparse):
    """The ranking of a graph. JSON omits the fields that are None.

    Attributes:
        fingerprint: fingerprint of the visible graph.
        ranking, overlays, as_of: as in `RankingFile`.
    """

    fingerprint: str
    ranking: str
    overlays: tuple[str, ...] = ()
    as_of: EdgesAsOf | None = None


class NullReport(Frozen):
    """The null model of a graph: its metapaths, counted in permuted graphs.

    Attributes:
        fingerprint: fingerprint of the visible graph.
        metapaths: number of metapaths.
        permutations: number of permuted graphs.
    """

    fingerprint: str
    metapaths: int
    permutations: int


class ListedModel(Frozen):
    """A language model on this machine.

    Attributes:
        name: its name in `--model`.
        path: path of its file or folder.
        size: bytes; 0 if it isn't fetched.
        adapter: name of its adapter; "" without one.
    """

    name: str
    state: Literal["ready", "damaged", "not fetched"]
    path: str
    size: int
    adapter: str


class CachedFolder(Frozen):
    """A source's files in the cache.

    Attributes:
        fetched: date of the last fetch.
        bytes: size of the files.
    """

    folder: str
    fetched: str
    bytes: int


class ListedSource(Frozen):
    """A source that can be loaded.

    Attributes:
        name: id of the source.
        date: date of the release, or "rolling".
        size: size of the download, in words.
        brings: its content, in words.
        obtain: origin of its files, as a sentence.
        downloads: URLs of its files; none if they must be obtained by hand or are built in.
        cached: its files in the cache; None if any is missing.
    """

    name: str
    title: str
    version: str
    date: str
    size: str
    homepage: str
    licence: str
    brings: str
    obtain: str
    downloads: tuple[str, ...]
    cached: CachedFolder | None


class ListedSet(Frozen):
    """A set of sources that can be loaded by one name.

    Attributes:
        purpose: its use, in words.
        sources: ids of its sources in the order of loading.
    """

    name: str
    title: str
    purpose: str
    sources: tuple[str, ...]


class Listing(Frozen):
    """The sources that can be loaded, and the sets of them."""

    sources: tuple[ListedSource, ...]
    sets: tuple[ListedSet, ...]
