"""An embedding of the graph: drugs with much the same links lie near each other, whatever they treat.

TransE (Bordes et al., NeurIPS 2013) of PyTorch Geometric, or another of its models. Every relation that
joins a drug and a disease directly is left out of the training, so that nearness tells nothing of a treatment
but through what the two drugs do. Each epoch goes over a sample of every relation: a graph's most frequent
ones (where genes are expressed) say least of drugs.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from kedrec.common.private_files import private_folder
from kedrec.errors import EmptyGraphError, UsageError
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["MODELS", "GraphEmbedding", "ModelName", "graph_embedding"]

ModelName: TypeAlias = Literal["TransE", "DistMult", "ComplEx", "RotatE"]
MODELS: tuple[ModelName, ...] = get_args(ModelName)

_LAYOUT = 1  # of the cached file
_DIMENSIONS = 64
_EPOCHS = 15
_BATCH = 4096
_OF_A_RELATION = 30_000  # links an epoch, at most
_RATE = 0.01
_HELD_OUT = 500  # links whose other end is looked for among all nodes
_KEPT_BACK = 0.01  # share of the links that are never trained on, at most


@dataclass(frozen=True)
class GraphEmbedding:
    """Where the drugs of a graph lie.

    Attributes:
        drugs: their ids, ascending.
        vectors: drugs x dimensions, each of length one, so that a product of two is their cosine.
        model, epochs: what was trained, and for how many epochs.
        links: how many links the graph has for it.
        mrr, hits: of links held out: mean reciprocal rank of the right end among all nodes of the graph, and
            the share with it among the first ten.
        digest: SHA-256 of the vectors.
    """

    drugs: tuple[str, ...]
    vectors: NDArray[np.float32]
    model: str
    epochs: int
    links: int
    mrr: float
    hits: float

    @property
    def digest(self) -> str:
        """SHA-256 of the vectors, hexadecimal."""
        return hashlib.sha256(np.ascontiguousarray(self.vectors).tobytes()).hexdigest()

    def nearness(self, drug: int) -> NDArray[np.float32]:
        """The cosine of a drug (by its place) with every drug, -1 to 1."""
        found: NDArray[np.float32] = self.vectors @ self.vectors[drug]
        return found


def graph_embedding(
    adjacency: Adjacency,
    fingerprint: str,
    cache_dir: Path,
    *,
    model: ModelName = "TransE",
    epochs: int = _EPOCHS,
    seed: int = 0,
    progress: Progress | None = None,
) -> GraphEmbedding:
    """The embedding of a graph: from the cache, or trained on one thread and cached.

    One thread, since the order in which several add up differs from run to run: the same graph and seed give
    the same vectors on one machine.

    Args:
        adjacency: the graph.
        fingerprint: of the graph.
        cache_dir: where it is kept; a damaged file is made again.
        model: one of `MODELS`.
        epochs: how often to go over a sample of the links, 1 or more.
        seed: of the start, the order and the held-out links.
        progress: called after each epoch.

    Raises:
        EmptyGraphError: no link but treatments joins anything with a drug.
        UsageError: PyTorch Geometric isn't installed.
    """
    told = json.dumps([_LAYOUT, fingerprint, model, epochs, seed, _DIMENSIONS, _BATCH, _OF_A_RELATION, _RATE])
    path = cache_dir / f"embedding-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"
    with suppress(OSError, ValueError, KeyError), np.load(path, allow_pickle=False) as kept:
        return GraphEmbedding(
            tuple(kept["drugs"].tolist()), kept["vectors"], model, epochs, int(kept["links"]),
            float(kept["mrr"]), float(kept["hits"]),
        )  # fmt: skip
    triples, offsets, nodes = _triples(adjacency)
    vectors, mrr, hits = _trained(triples, nodes, name=model, epochs=epochs, seed=seed, progress=progress)
    begin = offsets["Drug"]
    drugs = tuple(id_.decode() for id_ in adjacency.ids("Drug").tolist())
    of_drugs = vectors[begin : begin + len(drugs)]
    of_drugs = of_drugs / np.maximum(np.linalg.norm(of_drugs, axis=1, keepdims=True), 1e-9)
    made = GraphEmbedding(drugs, of_drugs.astype(np.float32), model, epochs, triples.shape[1], mrr, hits)
    with suppress(OSError):
        _keep(path, made)
    return made


def _keep(path: Path, made: GraphEmbedding) -> None:
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez(
            file, drugs=np.array(made.drugs), vectors=made.vectors, links=made.links, mrr=made.mrr,
            hits=made.hits,
        )  # fmt: skip
    part.replace(path)


def _triples(adjacency: Adjacency) -> tuple[NDArray[np.int64], dict[str, int], int]:
    """Heads, relations and tails (3 x links), where each kind's nodes begin, and how many nodes there are."""
    tables = [
        (relation.name, start, end)
        for relation in load_schema().relations.values()
        for start, end in relation.pairs
        if {start, end} != {"Drug", "Disease"} and adjacency.has((relation.name, start, end))
    ]
    offsets: dict[str, int] = {}
    nodes = 0
    for kind in sorted({kind for _, start, end in tables for kind in (start, end)} | {"Drug"}):
        offsets[kind] = nodes
        nodes += len(adjacency.ids(kind))
    parts = []
    for number, (name, start, end) in enumerate(sorted(tables)):
        links = adjacency.incidence((name, start, end))
        heads = np.repeat(np.arange(len(links.degrees)), links.degrees) + offsets[start]
        tails = links.indices.astype(np.int64) + offsets[end]
        parts.append(np.stack([heads, np.full(len(heads), number), tails]))
    triples = np.concatenate([np.zeros((3, 0), np.int64), *parts], axis=1)
    first, past = offsets["Drug"], offsets["Drug"] + len(adjacency.ids("Drug"))
    at_drugs = ((triples[[0, 2]] >= first) & (triples[[0, 2]] < past)).any()
    if not at_drugs:
        raise EmptyGraphError(
            "The graph links no drug with anything but diseases, so that no drug is near another.",
            "Load a source with drugs' targets: `kedrec-load sources` lists them.",
        )
    return triples, offsets, nodes


def _trained(
    triples: NDArray[np.int64],
    nodes: int,
    *,
    name: ModelName,
    epochs: int,
    seed: int,
    progress: Progress | None,
) -> tuple[NDArray[np.float32], float, float]:
    """The vectors of all nodes, MRR and Hits@10."""
    torch, model = _model(name, nodes, int(triples[1].max()) + 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        draw = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        model.reset_parameters()
        links = torch.from_numpy(triples)
        order = torch.randperm(links.shape[1], generator=draw)
        back = min(_HELD_OUT, max(int(links.shape[1] * _KEPT_BACK), 1))
        held, left = links[:, order[:back]], links[:, order[back:]]
        by_relation = [torch.nonzero(left[1] == number)[:, 0] for number in range(int(links[1].max()) + 1)]
        optimizer = torch.optim.Adam(model.parameters(), lr=_RATE)
        for epoch in range(epochs):
            drawn = torch.cat(
                [of[torch.randperm(len(of), generator=draw)[:_OF_A_RELATION]] for of in by_relation]
            )
            shuffled = left[:, drawn[torch.randperm(len(drawn), generator=draw)]]
            for batch in shuffled.split(_BATCH, dim=1):
                optimizer.zero_grad()
                model.loss(*batch).backward()
                optimizer.step()
            if progress is not None:
                progress("Training the graph embedding", epoch + 1, epochs)
        _, mrr, hits = model.test(*held, batch_size=nodes, k=10, log=False)
        weights = [model.node_emb.weight]
        if hasattr(model, "node_emb_im"):
            weights.append(model.node_emb_im.weight)
        vectors = np.concatenate([weight.detach().numpy() for weight in weights], axis=1)
    finally:
        torch.set_num_threads(threads)
    return vectors, float(mrr), float(hits)


def _model(name: ModelName, nodes: int, relations: int) -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():  # of its modules that aren't used here
            warnings.simplefilter("ignore")
            import torch
            from torch_geometric.nn import kge
    except ImportError as error:
        raise UsageError(
            "Hard negatives need PyTorch Geometric, which isn't installed.",
            "Install it: pip install 'kedrec[train]'; or build with --hard 0.",
        ) from error
    return torch, getattr(kge, name)(nodes, relations, _DIMENSIONS)
