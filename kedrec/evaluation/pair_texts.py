"""Selection of pairs that have texts, with those texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.documents.background import TextFinder
from kedrec.naming import NameIndex

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore
    from kedrec.types import Background, Evidence

__all__ = ["pairs_with_texts"]

_MAX_TEXTS = 3  # as `kedrec ask` shows


def pairs_with_texts(
    pairs: Sequence[Candidate], store: GraphStore, settings: Settings, background: Background, most: int
) -> tuple[list[Candidate], list[tuple[Evidence, ...]]]:
    """Selects the first `most` pairs that have texts, and returns them with the texts of each.

    Raises:
        NotFoundError: there is no index of texts.
        DataError: the index can't be read.
    """
    names = NameIndex.open(store, settings.cache_dir)
    try:
        with TextFinder.open(settings, store, background) as backgrounds:
            texts = backgrounds.find_texts(
                [(pair.evidence.drug, pair.evidence.disease) for pair in pairs], names, _MAX_TEXTS
            )
    finally:
        names.close()
    pairs_texts = [
        (pair, pair_texts.all) for pair, pair_texts in zip(pairs, texts, strict=True) if pair_texts.all
    ][:most]
    return [pair for pair, _ in pairs_texts], [pair_texts for _, pair_texts in pairs_texts]
