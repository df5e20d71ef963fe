"""The texts beside an answer: which index is asked, and what it has on each pair."""

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
from kedrec.documents.passage_search import evidence_of, for_pair
from kedrec.documents.quoting import Context, Quote, quotation
from kedrec.errors import DataError, NotFoundError, UsageError
from kedrec.stores import VisibleStore, view_of
from kedrec.types import BACKGROUNDS, Background, Entity, Evidence, Texts, TextsUsed

if TYPE_CHECKING:
    from kedrec.documents.passage_index import Passage
    from kedrec.naming import NameIndex
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore

__all__ = ["Backgrounds"]

_AROUND = 600  # characters of a section that are read around a passage
_KEPT = 8  # graphs whose vocabulary is remembered
_REMEMBERED = "vocabularies.json"
_STALE = (
    "The texts were linked with other names than this graph's, so that they are found by the names' words "
    "alone. `kedrec-load documents` with the same sources links them anew."
)
_UNLINKED = (
    "The texts were indexed without a graph, so that they are found by the names' words alone. "
    "`kedrec-load documents` with the same sources links them."
)


class Backgrounds:
    """Finds the texts of pairs. A context manager.

    Attributes:
        used: which texts, of which index.
    """

    def __init__(self, used: TextsUsed, index: PassageIndex | None = None, as_of: int | None = None) -> None:
        self.used = used
        self._index = index
        self._as_of = as_of

    @classmethod
    def open(cls, settings: Settings, store: GraphStore, background: Background | None) -> Self:
        """The texts that a question is answered with.

        Args:
            settings: where the index is, and where what is remembered of graphs.
            store: the graph whose entities are asked about; as of a year, later documents are hidden.
            background: which texts; None: both kinds where there is an index that can be read, else none.

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
            return cls._opened(index, settings, store, background or "both")
        except BaseException:
            index.close()
            raise

    @classmethod
    def _opened(
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
        """Gives the index back; again does nothing."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of(self, pairs: Sequence[tuple[Entity, Entity]], names: NameIndex, most: int) -> list[Texts]:
        """The texts of each pair, best first.

        Args:
            pairs: drug and disease.
            names: every writing of theirs.
            most: articles shown of a pair, trials that speak against, and other trials.

        Raises:
            DataError: the index can't be read.
        """
        empty = Texts(background=self.used.background, note=self.used.note)
        if self._index is None or not pairs:
            return [empty for _ in pairs]
        writings = names.writings([entity for pair in pairs for entity in pair])
        return [self._of(self._index, drug, disease, writings, most) for drug, disease in pairs]

    def _of(
        self,
        index: PassageIndex,
        drug: Entity,
        disease: Entity,
        writings: Mapping[str, Sequence[tuple[str, bool]]],
        most: int,
    ) -> Texts:
        linker = Linker(
            [(one.id, text, own) for one in (drug, disease) for text, own in writings.get(one.id, ())]
        )
        vocabulary = "" if self.used.stale else self.used.vocabulary
        found = for_pair(
            index, drug, disease, self.used.background, most,
            vocabulary=vocabulary or "unknown", as_of=self._as_of,
        )  # fmt: skip

        def quote(passage: Passage) -> Quote:
            return quotation(passage.text, linker, _context(index, passage))

        items = [item for part in evidence_of(found, quote) for item in part]
        items.sort(key=lambda item: (item.id[0] != "T", int(item.id[1:])))
        pair = {drug.id, disease.id}
        passages = {
            passage.document: passage
            for passage in (*(trial.passage for trial in found.trials), *found.passages)
        }
        items = [_named(item, passages, linker, pair, stale=self.used.stale) for item in items]
        return Texts(
            trials=tuple(item for item in items if item.id[0] == "T"),
            articles=tuple(item for item in items if item.id[0] == "L"),
            background=self.used.background,
            note=self.used.note,
            more=found.more,
            against=found.against,
            later=found.later,
            undated=_undated(items) if self._as_of is not None else 0,
        )


def _context(index: PassageIndex, passage: Passage) -> Context:
    """What stands around a passage in its document, as far as it may turn the sense of its sentences."""
    document, _, number = passage.id.rpartition("#")
    earlier = index.passage(f"{document}#{int(number) - 1}") if passage.continued else None
    later = index.passage(f"{document}#{int(number) + 1}")
    before = after = ""
    if earlier is not None:
        before = earlier.text[-_AROUND:] + " " * (passage.start - earlier.end)
    if later is not None and later.continued:
        after = " " * (later.start - passage.end) + later.text[:_AROUND]
    return Context(passage.title, passage.headings, before, after)


def _named(
    item: Evidence, passages: Mapping[str, Passage], linker: Linker, pair: set[str], *, stale: bool
) -> Evidence:
    """The item with which of the pair its document names, by the index or by the names' own writings."""
    if item.text is None:
        return item
    passage = passages[item.text.document]
    seen = set(linker.find(f"{passage.title} {passage.text}")) | (set() if stale else set(passage.entities))
    return item.model_copy(
        update={"text": item.text.model_copy(update={"names": tuple(sorted(pair & seen))})}
    )


def _undated(items: Sequence[Evidence]) -> int:
    return sum(item.text is not None and item.text.year is None for item in items)


def _vocabulary(store: GraphStore, cache_dir: Path) -> str:
    """The digest of a graph's names; remembered by what is in the graph, since names are many."""
    seen = store.whatever_year() if isinstance(store, VisibleStore) else store
    content = json.dumps([str(seen.fingerprint()), sorted(seen.metadata().items())])
    key = hashlib.sha256(content.encode()).hexdigest()[:16]
    path = cache_dir / _REMEMBERED
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        read = json.loads(path.read_text(encoding="utf-8"))
        known = {str(one): str(other) for one, other in read.items()} if isinstance(read, dict) else {}
    if key not in known:
        known[key] = Linker.digest_of(seen)
        recent = dict(list(known.items())[-_KEPT:])
        with suppress(OSError):  # what can't be remembered is made again
            private_folder(cache_dir)
            beside = path.with_suffix(".making")
            write_private(beside, json.dumps(recent).encode())
            beside.replace(path)
    return known[key]
