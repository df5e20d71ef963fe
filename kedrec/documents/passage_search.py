"""Finds passages: for a question by words and meaning, for a drug and a disease by what the texts name.

Candidates come by BM25 (Robertson & Zaragoza 2009); the embeddings' cosine and BM25 are then mixed, each
brought to 0..1 over the candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from kedrec.documents.document import FAILED, STOPPED, year_of
from kedrec.documents.passage_index import Passage, PassageIndex
from kedrec.documents.text_evidence import evidence_of
from kedrec.types import BACKGROUNDS, Background, Entity
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    import tantivy

    from kedrec.documents.document import TrialFacts
    from kedrec.documents.minilm import Embedder

__all__ = [
    "BACKGROUNDS",
    "Background",
    "PairTexts",
    "Trial",
    "evidence_of",
    "for_pair",
    "for_question",
]

_CANDIDATES = 20
_EACH = 3
"""Passages of one document among the candidates where one document has more than all of them."""
_MEANING = 0.5
"""Share of the embeddings in the mix; the rest is BM25's."""
_SAME = ("PMID:", "NCT:", "PMCID:")
"""Keys by which an article or trial of several sources is known as one."""


class Trial(Frozen):
    """A trial that studied a pair, and the passage of it that fits best.

    Attributes:
        stance: `adverse` for one that was terminated, withdrawn or suspended, or missed its primary outcomes.
        reason: why it is adverse, as a sentence; "" where it isn't.
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
    """What the texts say of a drug and a disease, best first.

    Attributes:
        more: further documents of the pair, which aren't among these.
        against: how many trials of the pair are adverse, those that aren't among these counted too.
        stale: the index wasn't linked with the names of this graph: texts are found by the names' words.
        later: documents that are left out because they are of a later year.
    """

    trials: tuple[Trial, ...] = ()
    passages: tuple[Passage, ...] = Field(default=())
    more: int = 0
    against: int = 0
    stale: bool = False
    later: int = 0


def for_question(
    index: PassageIndex, question: str, k: int = 5, *, embedder: Embedder | None = None, source: str = ""
) -> list[Passage]:
    """The best passages for a question in free words, one a document; without an embedder by BM25 alone.

    Args:
        source: only documents whose ids begin so (`pubmed`); "" for all.

    Raises:
        DataError: the index can't be read.
    """
    query = index.words_query(question)
    if source:
        query = _all([query, index.term("source", source)])
    return _best(index, query, question, k, embedder)


def for_pair(
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
    """Trials that studied a drug for a disease, and passages of articles that name both.

    Args:
        k: most adverse trials, most other trials, and most articles. Adverse trials are looked for by
            themselves, so that however many others there are hides none.
        vocabulary: the `Linker.digest` of the graph that the entities are of; where the index was linked
            with other names, or without a graph, the entities' names are looked for in the words instead.
        as_of: the last year to see. Documents without a year are seen; of a trial that ended later nothing
            is told that its end brought: its status, its size, its outcome.

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
    every: set[str] = set()
    against = later = 0
    for kind, field in (("trial", "studied"), ("article", "entity")):
        if background not in ("both", "trials" if kind == "trial" else "literature"):
            continue
        must = [_names(index, entity, field, stale=stale) for entity in (drug, disease)]
        must.append(index.term("kind", kind))
        barred = []
        if as_of is not None:
            after = index.after(as_of)
            later += len(index.documents(_all([*must, after])))
            barred.append(after)
        every |= index.documents(_all(must, without=barred))
        if kind == "article":
            passages = _best(index, _all(must, words, barred), question, k, embedder)
            continue
        adverse = _adverse(index, as_of)
        against = len(index.documents(_all([*must, adverse], without=barred)))
        for query in (_all([*must, adverse], words, barred), _all(must, words, [*barred, adverse])):
            found = _best(index, query, question, k, embedder)
            trials += [trial for passage in found if (trial := _trial(passage, as_of))]
    trials.sort(key=lambda trial: (-trial.passage.score, trial.passage.id))
    shown = [*(trial.passage for trial in trials), *passages]
    same = index.catalogue.documents_with(key for passage in shown for key in _identity(passage))
    return PairTexts(
        trials=tuple(trials), passages=tuple(passages), more=len(every - same), against=against,
        stale=stale, later=later,
    )  # fmt: skip


def _adverse(index: PassageIndex, as_of: int | None) -> tantivy.Query:
    """Trials that speak against their drugs, by what was known at the end of a year (see `_known_by`)."""
    stopped = _any([index.term("standing", status) for status in STOPPED])
    failed = index.term("standing", FAILED)
    if as_of is None:
        return _any([stopped, failed])
    return _any([_all([stopped, index.ended_by(as_of)]), _all([failed, index.ended_by(as_of - 1)])])


def _names(index: PassageIndex, entity: Entity, field: str, *, stale: bool) -> tantivy.Query:
    if not stale:
        return index.term(field, entity.id)
    return index.phrase(entity.name)


def _all(
    queries: Sequence[tantivy.Query],
    scored: tantivy.Query | None = None,
    without: Sequence[tantivy.Query] = (),
) -> tantivy.Query:
    """All queries hold, and none of `without`; with `scored` it alone makes the score."""
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
    """The k best of all candidates, at most one a document and one an article that several sources have."""
    limit = _CANDIDATES
    passages = index.search(query, limit)
    while len(passages) == limit and len(_distinct(passages, k)) < k:
        limit *= 4  # one long text mustn't crowd out the others
        passages = index.search(query, limit)
    if limit > _CANDIDATES:
        passages = _at_most_each(passages, max(k, _CANDIDATES))
    return _distinct(_ranked(passages, question, embedder), k)


def _at_most_each(passages: Sequence[Passage], documents: int) -> list[Passage]:
    """The best passages of the best documents, at most `_EACH` of each."""
    counts: Counter[str] = Counter()
    chosen = []
    for passage in passages:
        if passage.document not in counts and len(counts) == documents:
            continue
        counts[passage.document] += 1
        if counts[passage.document] <= _EACH:
            chosen.append(passage)
    return chosen


def _distinct(ranked: Sequence[Passage], k: int) -> list[Passage]:
    found: list[Passage] = []
    seen: set[str] = set()
    for passage in ranked:
        names = _identity(passage)
        if not names & seen:
            found.append(passage)
            seen |= names
        if len(found) == k:
            break
    return found


def _identity(passage: Passage) -> set[str]:
    """What a document may be known by in several sources."""
    return {passage.document, *(key for key in passage.keys if key.startswith(_SAME))}


def _ranked(passages: Sequence[Passage], question: str, embedder: Embedder | None) -> list[Passage]:
    if embedder is None or not passages:
        return list(passages)
    texts = [f"{passage.title} {passage.text}".strip() for passage in passages]
    vectors = embedder.embed(texts, keep=True)
    near = (vectors @ embedder.embed([question])[0]).tolist()
    by_words = _levelled([passage.score for passage in passages])
    mixed = [
        _MEANING * meaning + (1.0 - _MEANING) * words
        for meaning, words in zip(_levelled(near), by_words, strict=True)
    ]
    scored = [
        passage.model_copy(update={"score": score}) for passage, score in zip(passages, mixed, strict=True)
    ]
    return sorted(scored, key=lambda passage: (-passage.score, passage.id))


def _levelled(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]


def _speaks_against(facts: TrialFacts) -> str:
    if facts.status in STOPPED:
        why = (
            f": {facts.why_stopped.rstrip('.')}"
            if facts.why_stopped
            else ", and the register doesn't say why"
        )
        return f"The trial was {facts.status}{why}."
    if facts.failed:
        return "None of its primary outcomes reached significance (p < 0.05)."
    return ""


def _known_by(facts: TrialFacts, year: int) -> TrialFacts:
    """What the register can have said of a trial by a year; results come the year after its end at best."""
    end = year_of(facts.end)
    if end is not None and end < year:
        return facts
    results = {"outcome": "", "failed": False}
    if end is not None and end == year:
        return facts.model_copy(update=results)
    return facts.model_copy(update=results | {"status": "", "enrolment": None, "why_stopped": ""})


def _trial(passage: Passage, as_of: int | None = None) -> Trial | None:
    facts = passage.facts
    if facts is None:
        return None
    if as_of is not None:
        facts = _known_by(facts, as_of)
    reason = _speaks_against(facts)
    return Trial(
        number=facts.number, title=passage.title, status=facts.status, phase=facts.phase,
        enrolment=facts.enrolment, date=facts.start, outcome=facts.outcome, why_stopped=facts.why_stopped,
        failed=facts.failed, stance="adverse" if reason else "supports", reason=reason, url=passage.url,
        passage=passage,
    )  # fmt: skip
