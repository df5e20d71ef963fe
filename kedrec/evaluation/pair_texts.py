"""The pairs among many that texts say something of, with those texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.documents.background import Backgrounds
from kedrec.naming import NameIndex

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore
    from kedrec.types import Background, Evidence

__all__ = ["with_texts"]

_MOST = 3  # as `kedrec ask` shows


def with_texts(
    pairs: Sequence[PairEvidence], store: GraphStore, settings: Settings, background: Background, most: int
) -> tuple[list[PairEvidence], list[tuple[Evidence, ...]]]:
    """The first pairs that have texts, at most so many, and the texts of each.

    Raises:
        NotFoundError: there is no index of texts.
        DataError: the index can't be read.
    """
    names = NameIndex.open(store, settings.cache_dir)
    try:
        with Backgrounds.open(settings, store, background) as backgrounds:
            texts = backgrounds.of([(pair.drug, pair.disease) for pair in pairs], names, _MOST)
    finally:
        names.close()
    found = [(pair, some.all) for pair, some in zip(pairs, texts, strict=True) if some.all][:most]
    return [pair for pair, _ in found], [some for _, some in found]
