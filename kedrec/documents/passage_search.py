"""Searches passages: for a question by words and meaning, for a drug and a disease by the entities named.

Candidates are ranked by BM25 (Robertson & Zaragoza 2009); with an embedder by the weighted mean of BM25 and
the cosine of embeddings, each scaled to 0..1 over the candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from kedrec.documents.document import FAILED, STOPPED, parse_year
from kedrec.documents.passage_index import Passage, PassageIndex
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    import tantivy

    from kedrec.documents.document import TrialFacts
    from kedrec.documents.minilm import Embedder
    from kedrec.types import Background, Entity

__all__ = ["PairTexts", "Trial", "search_pair", "search_question"]

_CANDIDATES = 20
_PER_DOCUMENT = 3
"""Most candidates from one document, where a long one would fill the list."""
_EMBEDDING_WEIGHT = 0.5
"""Weight of the embeddings' cosine; BM25 has the remainder."""
_IDENTITY_KEYS = ("PMID:", "NCT:", "PMCID:")
"""Keys that identify one article or trial across sources."""


class Trial(Frozen):
    """A trial that studied a pair, with its best passage.

    Attributes:
        stance: `adverse` for one that was terminated, withdrawn or suspended, or missed its primary outcomes.
        reason: why it is adverse, as a sentence; "" for a supporting one.
    """

    number: str
    title: str
    status: str
    phase: str
    enrolment: int | None
    date: str
    outcome: str
    why_stopped: str
    failed: bool = False
    stance: Literal["supports", "adverse"]
    reason: str
    url: str
    passage: Passage


class PairTexts(Frozen):
    """Trials and passages about a drug and a disease, best first.

    Attributes:
        more: number of the pair's other documents.
        against: number of the pair's adverse trials, those beyond `trials` included.
        stale: the index wasn't linked with this graph's names: texts were searched for the names' words.
        later: number of documents omitted for a later year.
    """

    trials: tuple[Trial, ...] = ()
    passages: tuple[Passage, ...] = Field(default=())
    more: int = 0
    against: int = 0
    stale: bool = False
    later: int = 0


def search_question(
    index: PassageIndex, question: str, k: int = 5, *, embedder: Embedder | None = None, source: str = ""
) -> list[Passage]:
    """Finds the best passages for a question, one a document; without an embedder by BM25 alone.

    Args:
        source: only documents of this source (`pubmed`); "" for all.

    Raises:
        DataError: the index can't be read.
    """
    query = index.words_query(question)
    if source:
        query = _all([query, index.term("source", source)])
    return _best(index, query, question, k, embedder)


def search_pair(
    index: PassageIndex,
    drug: Entity,
    disease: Entity,
    background: Background = "both",
    k: int = 5,
    *,
    embedder: Embedder | None = None,
    vocabulary: str = "",
    as_of: int | None = None,
) -> PairTexts:
    """Finds trials that studied a drug for a disease, and passages of articles that name both.

    Args:
        k: limit of adverse trials, of other trials and of articles each. Adverse trials have a search of
            their own, so that no number of other trials hides one.
        vocabulary: the `Linker.digest` of the entities' graph; where the index was linked with other names,
            or without a graph, the entities' names are searched as words instead.
        as_of: the last year to include. Documents without a year are included; of a trial that ended later,
            its status, enrolment and outcome are omitted.

    Raises:
        DataError: the index can't be read.
    """
    if background == "none":
        return PairTexts()
    stale = not index.vocabulary or (bool(vocabulary) and vocabulary != index.vocabulary)
    question = f"{drug.name} for the treatment of {disease.name}"
    words = index.words_query(f"{drug.name} {disease.name}")
    trials: list[Trial] = []
    passages: list[Passage] = []
    documents: set[str] = set()
    against = later = 0
    for kind, field in (("trial", "studied"), ("article", "entity")):
        if background not in ("both", "trials" if kind == "trial" else "literature"):
            continue
        required = [_mentions(index, entity, field, stale=stale) for entity in (drug, disease)]
        required.append(index.term("kind", kind))
        excluded = []
        if as_of is not None:
            after = index.after(as_of)
            later += len(index.documents(_all([*required, after])))
            excluded.append(after)
        documents |= index.documents(_all(required, without=excluded))
        if kind == "article":
            passages = _best(index, _all(required, words, excluded), question, k, embedder)
            continue
        adverse = _adverse(index, as_of)
        against = len(index.documents(_all([*required, adverse], without=excluded)))
        for query in (
            _all([*required, adverse], words, excluded),
            _all(required, words, [*excluded, adverse]),
        ):
            best = _best(index, query, question, k, embedder)
            trials += [trial for passage in best if (trial := trial_of(passage, as_of))]
    trials.sort(key=lambda trial: (-trial.passage.score, trial.passage.id))
    shown = [*(trial.passage for trial in trials), *passages]
    shown_documents = index.catalogue.documents_with(key for passage in shown for key in _identity(passage))
    return PairTexts(
        trials=tuple(trials), passages=tuple(passages), more=len(documents - shown_documents),
        against=against, stale=stale, later=later,
    )  # fmt: skip


def _adverse(index: PassageIndex, as_of: int | None) -> tantivy.Query:
    """Builds a query for adverse trials, by the facts known at the end of a year (see `_facts_by`)."""
    stopped = _any([index.term("standing", status) for status in STOPPED])
    failed = index.term("standing", FAILED)
    if as_of is None:
        return _any([stopped, failed])
    return _any([_all([stopped, index.ended_by(as_of)]), _all([failed, index.ended_by(as_of - 1)])])


def _mentions(index: PassageIndex, entity: Entity, field: str, *, stale: bool) -> tantivy.Query:
    if not stale:
        return index.term(field, entity.id)
    return index.phrase(entity.name)


def _all(
    queries: Sequence[tantivy.Query],
    scored: tantivy.Query | None = None,
    without: Sequence[tantivy.Query] = (),
) -> tantivy.Query:
    """Combines queries that must all match, and none of `without`; only `scored` adds to the score."""
    import tantivy

    occur = tantivy.Occur
    parts = [(occur.MustNot, query) for query in without]
    if scored is None:
        return tantivy.Query.boolean_query([*((occur.Must, query) for query in queries), *parts])
    parts += [(occur.Must, tantivy.Query.const_score_query(query, 0.0)) for query in queries]
    return tantivy.Query.boolean_query([*parts, (occur.Should, scored)])


def _any(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    import tantivy

    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _best(
    index: PassageIndex, query: tantivy.Query, question: str, k: int, embedder: Embedder | None
) -> list[Passage]:
    """Returns the k best candidates, at most one of an article or trial, even if several sources have it."""
    limit = _CANDIDATES
    passages = index.search(query, limit)
    while len(passages) == limit and len(_distinct(passages, k)) < k:
        limit *= 4  # a long document must not fill the list
        passages = index.search(query, limit)
    if limit > _CANDIDATES:
        passages = _limit_per_document(passages, max(k, _CANDIDATES))
    return _distinct(_rerank(passages, question, embedder), k)


def _limit_per_document(passages: Sequence[Passage], documents: int) -> list[Passage]:
    """Returns passages of the first `documents` documents, at most `_PER_DOCUMENT` of each."""
    counts: Counter[str] = Counter()
    candidates = []
    for passage in passages:
        if passage.document not in counts and len(counts) == documents:
            continue
        counts[passage.document] += 1
        if counts[passage.document] <= _PER_DOCUMENT:
            candidates.append(passage)
    return candidates


def _distinct(ranked: Sequence[Passage], k: int) -> list[Passage]:
    passages: list[Passage] = []
    known_keys: set[str] = set()
    for passage in ranked:
        keys = _identity(passage)
        if not keys & known_keys:
            passages.append(passage)
            known_keys |= keys
        if len(passages) == k:
            break
    return passages


def _identity(passage: Passage) -> set[str]:
    """Returns the keys that identify a passage's document across sources."""
    return {passage.document, *(key for key in passage.keys if key.startswith(_IDENTITY_KEYS))}


def _rerank(passages: Sequence[Passage], question: str, embedder: Embedder | None) -> list[Passage]:
    if embedder is None or not passages:
        return list(passages)
    texts = [f"{passage.title} {passage.text}".strip() for passage in passages]
    vectors = embedder.embed(texts, keep=True)
    similarities = (vectors @ embedder.embed([question])[0]).tolist()
    by_words = _scale([passage.score for passage in passages])
    scores = [
        _EMBEDDING_WEIGHT * meaning + (1.0 - _EMBEDDING_WEIGHT) * words
        for meaning, words in zip(_scale(similarities), by_words, strict=True)
    ]
    rescored = [
        passage.model_copy(update={"score": score}) for passage, score in zip(passages, scores, strict=True)
    ]
    return sorted(rescored, key=lambda passage: (-passage.score, passage.id))


def _scale(values: Sequence[float]) -> list[float]:
    """Scales values linearly to 0..1; equal ones all become 1."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]


def _adverse_reason(facts: TrialFacts) -> str:
    """Returns why a trial is adverse, as a sentence; "" for one that isn't."""
    if facts.status in STOPPED:
        cause = (
            f": {facts.why_stopped.rstrip('.')}"
            if facts.why_stopped
            else ", and the register doesn't say why"
        )
        return f"The trial was {facts.status}{cause}."
    if facts.failed:
        return "None of its primary outcomes reached significance (p < 0.05)."
    return ""


def _facts_by(facts: TrialFacts, year: int) -> TrialFacts:
    """Removes facts that weren't known by a year: results come in the year after the trial's end at best."""
    end = parse_year(facts.end)
    if end is not None and end < year:
        return facts
    results = {"outcome": "", "failed": False}
    if end is not None and end == year:
        return facts.model_copy(update=results)
    return facts.model_copy(update=results | {"status": "", "enrolment": None, "why_stopped": ""})


def trial_of(passage: Passage, as_of: int | None = None) -> Trial | None:
    """The trial of a passage, as of a year; None of an article."""
    facts = passage.facts
    if facts is None:
        return None
    if as_of is not None:
        facts = _facts_by(facts, as_of)
    reason = _adverse_reason(facts)
    return Trial(
        number=facts.number, title=passage.title, status=facts.status, phase=facts.phase,
        enrolment=facts.enrolment, date=facts.start, outcome=facts.outcome, why_stopped=facts.why_stopped,
        failed=facts.failed, stance="adverse" if reason else "supports", reason=reason, url=passage.url,
        passage=passage,
    )  # fmt: skip
