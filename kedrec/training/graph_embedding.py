"""Trains an embedding of the graph: drugs with similar links lie near each other, whatever they treat.

TransE (Bordes et al., NeurIPS 2013) of PyTorch Geometric, or another of its models. Relations that join a
drug and a disease directly are excluded from the training, so that nearness reflects the drugs' actions and
not their treatments. Each epoch goes over a sample of every relation, since a graph's most frequent ones
(where genes are expressed) describe drugs least.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from kedrec.common.extras import install_advice
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
_RELATION_LINKS = 30_000  # most links of a relation in an epoch
_RATE = 0.01
_TEST_LINKS = 500  # most links in the link prediction test
_TEST_SHARE = 0.01  # most of all links that the test takes from the training


@dataclass(frozen=True)
class GraphEmbedding:
    """Vectors of a graph's drugs.

    Attributes:
        drugs: their ids, ascending.
        vectors: drugs x dimensions, each of length one, so that a product of two is their cosine.
        model, epochs: name of the model, and the epochs it was trained for.
        links: number of the graph's links in training and test.
        mrr, hits: of links held out: mean reciprocal rank of the right end among all nodes of the graph, and
            the share with it among the first ten.
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
        """The cosine of a drug (by its index) with every drug, -1 to 1."""
        cosines: NDArray[np.float32] = self.vectors @ self.vectors[drug]
        return cosines


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
    """Reads a graph's embedding from the cache, or trains it on one thread and caches it.

    One thread, since several sum in an order that differs from run to run: so the same graph and seed give
    the same vectors on one machine.

    Args:
        adjacency: the graph.
        fingerprint: of the graph.
        cache_dir: folder of the cached file; a damaged one is rebuilt.
        model: one of `MODELS`.
        epochs: passes over a sample of the links, 1 or more.
        seed: of the initial vectors, the order and the held-out links.
        progress: called after each epoch.

    Raises:
        EmptyGraphError: no drug has a link but to diseases.
        UsageError: PyTorch Geometric isn't installed.
    """
    key = json.dumps([_LAYOUT, fingerprint, model, epochs, seed, _DIMENSIONS, _BATCH, _RELATION_LINKS, _RATE])
    path = cache_dir / f"embedding-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    with suppress(OSError, ValueError, KeyError), np.load(path, allow_pickle=False) as cached:
        return GraphEmbedding(
            tuple(cached["drugs"].tolist()), cached["vectors"], model, epochs, int(cached["links"]),
            float(cached["mrr"]), float(cached["hits"]),
        )  # fmt: skip
    triples, offsets, nodes = _triples(adjacency)
    vectors, mrr, hits = _train(triples, nodes, name=model, epochs=epochs, seed=seed, progress=progress)
    begin = offsets["Drug"]
    drugs = tuple(id_.decode() for id_ in adjacency.ids("Drug").tolist())
    drug_vectors = vectors[begin : begin + len(drugs)]
    drug_vectors = drug_vectors / np.maximum(np.linalg.norm(drug_vectors, axis=1, keepdims=True), 1e-9)
    embedding = GraphEmbedding(
        drugs, drug_vectors.astype(np.float32), model, epochs, triples.shape[1], mrr, hits
    )
    with suppress(OSError):
        _save(path, embedding)
    return embedding


def _save(path: Path, embedding: GraphEmbedding) -> None:
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez(
            file, drugs=np.array(embedding.drugs), vectors=embedding.vectors, links=embedding.links,
            mrr=embedding.mrr, hits=embedding.hits,
        )  # fmt: skip
    part.replace(path)


def _triples(adjacency: Adjacency) -> tuple[NDArray[np.int64], dict[str, int], int]:
    """Heads, relations and tails (3 x links), the index of each kind's first node, and the node count."""
    tables = [
        (relation.name, start, end)
        for relation in load_schema().relations.values()
        for start, end in relation.pairs
        if {start, end} != {"Drug", "Disease"} and adjacency.has_table((relation.name, start, end))
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
    first_drug, drugs_end = offsets["Drug"], offsets["Drug"] + len(adjacency.ids("Drug"))
    if not ((triples[[0, 2]] >= first_drug) & (triples[[0, 2]] < drugs_end)).any():
        raise EmptyGraphError(
            "The graph links no drug with anything but diseases, so that no drug is near another.",
            "Load a source with drugs' targets: `kedrec-load sources` lists them.",
        )
    return triples, offsets, nodes


def _train(
    triples: NDArray[np.int64],
    nodes: int,
    *,
    name: ModelName,
    epochs: int,
    seed: int,
    progress: Progress | None,
) -> tuple[NDArray[np.float32], float, float]:
    """Trains the model; returns the vectors of all nodes, MRR and Hits@10."""
    torch, model = _model(name, nodes, int(triples[1].max()) + 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        model.reset_parameters()
        links = torch.from_numpy(triples)
        order = torch.randperm(links.shape[1], generator=generator)
        test_count = min(_TEST_LINKS, max(int(links.shape[1] * _TEST_SHARE), 1))
        test_links, train_links = links[:, order[:test_count]], links[:, order[test_count:]]
        by_relation = [
            torch.nonzero(train_links[1] == relation)[:, 0] for relation in range(int(links[1].max()) + 1)
        ]
        optimizer = torch.optim.Adam(model.parameters(), lr=_RATE)
        for epoch in range(epochs):
            sample = torch.cat(
                [
                    indices[torch.randperm(len(indices), generator=generator)[:_RELATION_LINKS]]
                    for indices in by_relation
                ]
            )
            shuffled = train_links[:, sample[torch.randperm(len(sample), generator=generator)]]
            for batch in shuffled.split(_BATCH, dim=1):
                optimizer.zero_grad()
                model.loss(*batch).backward()
                optimizer.step()
            if progress is not None:
                progress("Training the graph embedding", epoch + 1, epochs)
        _, mrr, hits = model.test(*test_links, batch_size=nodes, k=10, log=False)
        weights = [model.node_emb.weight]
        if hasattr(model, "node_emb_im"):
            weights.append(model.node_emb_im.weight)
        vectors = np.concatenate([weight.detach().numpy() for weight in weights], axis=1)
    finally:
        torch.set_num_threads(threads)
    return vectors, float(mrr), float(hits)


def _model(name: ModelName, nodes: int, relations: int) -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():  # about modules of it that aren't used here
            warnings.simplefilter("ignore")
            import torch
            from torch_geometric.nn import kge
    except ImportError as error:
        raise UsageError(
            "Hard negatives need PyTorch Geometric, which isn't installed.",
            f"Build with --hard 0, or install it. {install_advice('train')}",
        ) from error
    return torch, getattr(kge, name)(nodes, relations, _DIMENSIONS)
