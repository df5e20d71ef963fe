"""Finds the trials and articles shown beside an answer, pair by pair, in the passage index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kedrec.common.private_files import private_folder, write_private
from kedrec.documents.linking import Linker
from kedrec.documents.passage_index import PassageIndex, index_folder
from kedrec.documents.passage_search import search_pair
from kedrec.documents.quoting import Context, Quote, quotation
from kedrec.documents.text_evidence import numbered_evidence
from kedrec.errors import DataError, NotFoundError, UsageError
from kedrec.stores import VisibleStore, view_of
from kedrec.types import BACKGROUNDS, Background, Entity, Evidence, Texts, TextsUsed

if TYPE_CHECKING:
    from kedrec.documents.passage_index import Passage
    from kedrec.naming import NameIndex
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore

__all__ = ["TextFinder"]

_CONTEXT_CHARACTERS = 600  # of the same section, before and after a passage
_CACHED_GRAPHS = 8
_CACHE_FILE = "vocabularies.json"
_STALE = (
    "The texts were linked with other names than this graph's, so that they are found by the names' words "
    "alone. `kedrec-load documents` with the same sources links them anew."
)
_UNLINKED = (
    "The texts were indexed without a graph, so that they are found by the names' words alone. "
    "`kedrec-load documents` with the same sources links them."
)


class TextFinder:
    """Finds the texts of pairs. A context manager.

    Attributes:
        used: the kinds of texts searched, and the index's state.
    """

    def __init__(self, used: TextsUsed, index: PassageIndex | None = None, as_of: int | None = None) -> None:
        self.usage = used
        self._index = index
        self._as_of = as_of

    @classmethod
    def open(cls, settings: Settings, store: GraphStore, background: Background | None) -> Self:
        """Opens the index that a question's texts come from.

        Args:
            settings: folders of the index and of the cache.
            store: the graph of the pairs' entities; as of a year, later documents are hidden.
            background: kinds of texts; None: both where there is a readable index, else none.

        Raises:
            UsageError: there is no such background.
            NotFoundError: texts are asked for and there is no index.
            DataError: texts are asked for and the index is of another version, or damaged.
        """
        if background is not None and background not in BACKGROUNDS:
            raise UsageError(
                f"There is no background '{background}'.", f"Backgrounds are {', '.join(BACKGROUNDS)}."
            )
        if background == "none":
            return cls(TextsUsed())
        try:
            index = PassageIndex.open(index_folder(settings.home))
        except NotFoundError:
            if background is not None:
                raise
            return cls(TextsUsed())
        except DataError as error:
            if background is not None:
                raise
            return cls(TextsUsed(note=f"No texts are shown: {error}"))
        try:
            return cls._of_index(index, settings, store, background or "both")
        except BaseException:
            index.close()
            raise

    @classmethod
    def _of_index(
        cls, index: PassageIndex, settings: Settings, store: GraphStore, background: Background
    ) -> Self:
        stale = index.vocabulary != _vocabulary(store, settings.cache_dir)
        note = "" if not stale else _STALE if index.vocabulary else _UNLINKED
        used = TextsUsed(
            background=background,
            documents=sum(index.catalogue.counts().values()),
            vocabulary=index.vocabulary,
            stale=stale,
            note=note,
        )
        return cls(used, index, view_of(store).as_of)

    def close(self) -> None:
        """Closes the index; a second call does nothing."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find_texts(self, pairs: Sequence[tuple[Entity, Entity]], names: NameIndex, most: int) -> list[Texts]:
        """Finds the texts of each pair, best first.

        Args:
            pairs: drug and disease.
            names: all their names.
            most: limit, per pair, of articles, of adverse trials and of other trials each.

        Raises:
            DataError: the index can't be read.
        """
        empty = Texts(background=self.usage.background, note=self.usage.note)
        if self._index is None or not pairs:
            return [empty for _ in pairs]
        writings = names.names_by_id([entity for pair in pairs for entity in pair])
        return [self._pair_texts(self._index, drug, disease, writings, most) for drug, disease in pairs]

    def _pair_texts(
        self,
        index: PassageIndex,
        drug: Entity,
        disease: Entity,
        writings: Mapping[str, Sequence[tuple[str, bool]]],
        most: int,
    ) -> Texts:
        linker = Linker(
            [
                (entity.id, text, own)
                for entity in (drug, disease)
                for text, own in writings.get(entity.id, ())
            ]
        )
        vocabulary = "" if self.usage.stale else self.usage.vocabulary
        texts = search_pair(
            index, drug, disease, self.usage.background, most,
            vocabulary=vocabulary or "unknown", as_of=self._as_of,
        )  # fmt: skip

        def quote(passage: Passage) -> Quote:
            return quotation(passage.text, linker, _context(index, passage))

        items = [item for part in numbered_evidence(texts, quote) for item in part]
        items.sort(key=lambda item: (item.id[0] != "T", int(item.id[1:])))
        pair_ids = {drug.id, disease.id}
        passages = {
            passage.document: passage
            for passage in (*(trial.passage for trial in texts.trials), *texts.passages)
        }
        items = [_with_names(item, passages, linker, pair_ids, stale=self.usage.stale) for item in items]
        return Texts(
            trials=tuple(item for item in items if item.id[0] == "T"),
            articles=tuple(item for item in items if item.id[0] == "L"),
            background=self.usage.background,
            note=self.usage.note,
            more=texts.more,
            against=texts.against,
            later=texts.later,
            undated=_count_undated(items) if self._as_of is not None else 0,
        )


def _context(index: PassageIndex, passage: Passage) -> Context:
    """Returns the text around a passage, which may change the sense of its sentences."""
    document, _, number = passage.id.rpartition("#")
    earlier = index.passage(f"{document}#{int(number) - 1}") if passage.continued else None
    later = index.passage(f"{document}#{int(number) + 1}")
    before = after = ""
    if earlier is not None:
        before = earlier.text[-_CONTEXT_CHARACTERS:] + " " * (passage.start - earlier.end)
    if later is not None and later.continued:
        after = " " * (later.start - passage.end) + later.text[:_CONTEXT_CHARACTERS]
    return Context(passage.title, passage.headings, before, after)


def _with_names(
    item: Evidence, passages: Mapping[str, Passage], linker: Linker, pair_ids: set[str], *, stale: bool
) -> Evidence:
    """Adds the ids of the pair that the document names, by the index unless it is stale, or by the linker."""
    if item.text is None:
        return item
    passage = passages[item.text.document]
    mentions = set(linker.find(f"{passage.title} {passage.text}"))
    mentions |= set() if stale else set(passage.entities)
    return item.model_copy(
        update={"text": item.text.model_copy(update={"names": tuple(sorted(pair_ids & mentions))})}
    )


def _count_undated(items: Sequence[Evidence]) -> int:
    return sum(item.text is not None and item.text.year is None for item in items)


def _vocabulary(store: GraphStore, cache_dir: Path) -> str:
    """Returns the digest of a graph's names, cached by the graph's fingerprint and metadata."""
    undated = store.without_year_limit() if isinstance(store, VisibleStore) else store
    content = json.dumps([str(undated.fingerprint()), sorted(undated.metadata().items())])
    key = hashlib.sha256(content.encode()).hexdigest()[:16]
    path = cache_dir / _CACHE_FILE
    digests: dict[str, str] = {}
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text(encoding="utf-8"))
        digests = (
            {str(name): str(digest) for name, digest in value.items()} if isinstance(value, dict) else {}
        )
    if key not in digests:
        digests[key] = Linker.digest_of(undated)
        recent = dict(list(digests.items())[-_CACHED_GRAPHS:])
        with suppress(OSError):  # a digest that can't be cached is computed again next time
            private_folder(cache_dir)
            part = path.with_suffix(".making")
            write_private(part, json.dumps(recent).encode())
            part.replace(path)
    return digests[key]
