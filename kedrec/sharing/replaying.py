"""Makes a saved answer again and compares the two."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec._version import __version__
from kedrec.errors import DataError
from kedrec.sharing.question import answer_question
from kedrec.sharing.saving import without_own_paths
from kedrec.types import Answer, DiseaseAnswer
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.api import Kedrec
    from kedrec.sharing.archive import SavedAnswer
    from kedrec.types import Manifest

__all__ = ["Difference", "Replay", "replay_answer"]

_MAX_LISTED = 50
_PRECISION = 1e-6
"""Largest relative difference of equal figures: other processors round the last digits otherwise."""


class Difference(Frozen):
    """A value that two answers don't share.

    Attributes:
        path: where it is: `recommendations.0.rationale.claims.1.text`.
        saved, now: the values, shortened; "" for one that is absent.
    """

    path: str
    saved: str
    now: str


class Replay(Frozen):
    """Comparison of a saved answer with the one made again.

    Attributes:
        same: True if they are equal, to a millionth of each figure.
        made_from: differences of what they were made from (`Manifest`).
        differences: differences of the answers, the first fifty.
        count: number of all of them.
        answer: the answer made again.
    """

    same: bool
    made_from: tuple[Difference, ...]
    differences: tuple[Difference, ...]
    count: int
    answer: Answer | DiseaseAnswer


def replay_answer(saved: SavedAnswer, kedrec: Kedrec, *, anyway: bool = False) -> Replay:
    """Asks a saved question again and compares the answers.

    Args:
        saved: the saved answer.
        kedrec: what it is asked of, with the seed, overlays and year of the question.
        anyway: whether to ask though KEDRec or the graph isn't the one that it was saved with.

    Raises:
        DataError: KEDRec or the graph isn't that one.
        KedrecError: as the question itself.
    """
    then = saved.answer.manifest
    if not anyway:
        _check_same_origin(then, saved.version, str(kedrec.fingerprint), kedrec.store.url)
    with tempfile.TemporaryDirectory(prefix="kedrec-") as folder:
        genes = {}
        for role, content in saved.genes.items():
            path = Path(folder) / role / saved.question.genes[role]
            path.parent.mkdir()
            path.write_bytes(content)
            genes[role] = path
        answer = without_own_paths(answer_question(kedrec, saved.question, genes))
    made_from = tuple(_differences(then.model_dump(mode="json", exclude={"graph"}),
                                   answer.manifest.model_dump(mode="json", exclude={"graph"})))  # fmt: skip
    old, new = (one.model_dump(mode="json", exclude={"manifest"}) for one in (saved.answer, answer))
    differences = list(_differences(old, new))
    return Replay(
        same=not differences and not made_from,
        made_from=made_from,
        differences=tuple(differences[:_MAX_LISTED]),
        count=len(differences),
        answer=answer,
    )


def _check_same_origin(then: Manifest, version: str, fingerprint: str, graph: str) -> None:
    reasons = []
    if version != __version__:
        reasons.append(f"by KEDRec {version}, and this is {__version__}")
    if then.fingerprint != fingerprint:
        reasons.append(f"from the graph {then.fingerprint}, and {graph} is {fingerprint}")
    if reasons:
        raise DataError(
            f"The answer was saved {'; '.join(reasons)}.",
            "--graph names another graph; --anyway asks again nevertheless, and shows what changed.",
        )


def _differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """The differences of two values as JSON has them, in order."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from _differences(old.get(name), new.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list):
        for i in range(max(len(old), len(new))):
            before, after = (values[i] if i < len(values) else None for values in (old, new))
            yield from _differences(before, after, f"{path}.{i}")
    elif not _equal(old, new):
        yield Difference(path=path, saved=_shown(old), now=_shown(new))


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, float | int) and isinstance(new, float | int):
        return math.isclose(old, new, rel_tol=_PRECISION, abs_tol=1e-9)
    return bool(old == new)


def _shown(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"
