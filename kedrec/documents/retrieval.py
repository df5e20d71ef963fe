"""Finds passages: for a question by words and meaning, for a drug and a disease by what the texts name.

Candidates come by BM25 (Robertson & Zaragoza 2009); the embeddings' cosine and BM25 are then mixed, each
brought to 0..1 over the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from kedrec.documents.index import Passage, PassageIndex
from kedrec.documents.records import year_of
from kedrec.text import one_line
from kedrec.types import BACKGROUNDS, Background, Entity, Evidence, Link, TextSource, TrialRecord
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    import tantivy

    from kedrec.documents.minilm import Embedder
    from kedrec.documents.records import TrialFacts

__all__ = [
    "BACKGROUNDS",
    "Background",
    "PairTexts",
    "Trial",
    "evidence_of",
    "for_pair",
    "for_question",
    "is_adverse",
]

_CANDIDATES = 20
_MOST_LATER = 1000
"""Passages of a later year that are counted at most."""
_MEANING = 0.5
"""Share of the embeddings in the mix; the rest is BM25's."""
_STOPPED = frozenset({"terminated", "withdrawn", "suspended"})


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
        stale: the index wasn't linked with the names of this graph: texts are found by the names' words.
        later: documents that are left out because they are of a later year.
    """

    trials: tuple[Trial, ...] = ()
    passages: tuple[Passage, ...] = Field(default=())
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
    return _best(index.search(query, _CANDIDATES), question, k, embedder)


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
        k: most trials, and most articles.
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
    later = 0
    for kind, field in (("trial", "studied"), ("article", "entity")):
        if background not in ("both", "trials" if kind == "trial" else "literature"):
            continue
        named = [_names(index, entity, field, stale=stale) for entity in (drug, disease)]
        must = [*named, index.term("kind", kind)]
        if as_of is not None:
            after = index.after(as_of)
            hidden = index.search(_all([*must, after]), _MOST_LATER)
            later += len({passage.document for passage in hidden})
            query = _all(must, scored=words, without=after)
        else:
            query = _all(must, scored=words)
        found = _best(index.search(query, _CANDIDATES), question, k, embedder)
        if kind == "trial":
            trials = [trial for passage in found if (trial := _trial(passage, as_of))]
        else:
            passages = found
    return PairTexts(trials=tuple(trials), passages=tuple(passages), stale=stale, later=later)


def _names(index: PassageIndex, entity: Entity, field: str, *, stale: bool) -> tantivy.Query:
    if not stale:
        return index.term(field, entity.id)
    return index.phrase(entity.name)


def _all(
    queries: Sequence[tantivy.Query],
    scored: tantivy.Query | None = None,
    without: tantivy.Query | None = None,
) -> tantivy.Query:
    """All queries hold, and `without` doesn't; with `scored` it alone makes the score."""
    import tantivy

    if scored is None:
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])
    held = [(tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)) for query in queries]
    barred = [(tantivy.Occur.MustNot, without)] if without is not None else []
    return tantivy.Query.boolean_query([*held, *barred, (tantivy.Occur.Should, scored)])


def _best(passages: Sequence[Passage], question: str, k: int, embedder: Embedder | None) -> list[Passage]:
    """The k best, at most one a document and one an article that several sources have."""
    ranked = _ranked(passages, question, embedder)
    found: list[Passage] = []
    seen: set[str] = set()
    for passage in ranked:
        names = {
            passage.document,
            *(key for key in passage.keys if key.startswith(("PMID:", "NCT:", "PMCID:"))),
        }
        if not names & seen:
            found.append(passage)
            seen |= names
        if len(found) == k:
            break
    return found


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


def is_adverse(passage: Passage) -> str:
    """Why a trial speaks against its drug, as a sentence; "" where it doesn't (or it is no trial)."""
    return "" if passage.facts is None else _speaks_against(passage.facts)


def _speaks_against(facts: TrialFacts) -> str:
    if facts.status in _STOPPED:
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


def evidence_of(
    texts: PairTexts, quoted: Callable[[Passage], tuple[int, int]] | None = None
) -> tuple[list[Evidence], list[Evidence]]:
    """Texts as numbered evidence, supporting and adverse: `T1`... for trials, `L1`... for articles.

    Numbers run over both lists, so that an id stands for one text. Scores are shares of each list's total.

    Args:
        quoted: which part of a passage is quoted, as places in its text; None: all of it.
    """
    rows: list[tuple[str, Passage, Trial | None, str]] = [
        *((f"T{number}", trial.passage, trial, trial.stance) for number, trial in enumerate(texts.trials, 1)),
        *((f"L{number}", passage, None, "supports") for number, passage in enumerate(texts.passages, 1)),
    ]
    lists: tuple[list[Evidence], list[Evidence]] = ([], [])
    for place, stance in enumerate(("supports", "adverse")):
        chosen = [row for row in rows if row[3] == stance]
        total = sum(max(passage.score, 0.0) for _, passage, _, _ in chosen)
        for id_, passage, trial, _ in chosen:
            source = _source(passage, trial, quoted)
            lists[place].append(
                Evidence(
                    id=id_,
                    stance="adverse" if place else "supports",
                    sentence=_trial_sentence(trial) if trial else _quote_sentence(source),
                    text=source,
                    score=max(passage.score, 0.0) / total if total else 1.0 / len(chosen),
                    sources=(passage.document.partition(":")[0],),
                    licences=(passage.licence,) if passage.licence else (),
                    links=_links(passage),
                )
            )
    return lists


def _links(passage: Passage) -> tuple[Link, ...]:
    if not passage.url.startswith("https://"):
        return ()
    return (Link(label=_label(passage), url=passage.url),)


def _label(passage: Passage) -> str:
    named = next(
        (key for key in passage.keys if key.startswith(("NCT:", "PMID:", "PMCID:"))), passage.document
    )
    return f"{named.removeprefix('NCT:')} ({passage.date})" if passage.date else named.removeprefix("NCT:")


def _trial_sentence(trial: Trial) -> str:
    size = f"{trial.enrolment} participants" if trial.enrolment is not None else ""
    told = ", ".join(part for part in (trial.phase, trial.status, size, trial.date) if part)
    parts = [f"{trial.title.rstrip('.')} ({trial.number}{', ' if told else ''}{told})."]
    if trial.outcome:
        parts.append(f"Primary outcome: {trial.outcome.rstrip('.')}.")
    if trial.reason:
        parts.append(trial.reason)
    return one_line(" ".join(parts))


def _source(
    passage: Passage, trial: Trial | None, quoted: Callable[[Passage], tuple[int, int]] | None
) -> TextSource:
    first, last = quoted(passage) if quoted and trial is None else (0, len(passage.text))
    record = None
    if trial is not None:
        record = TrialRecord(
            number=trial.number, status=trial.status, phase=trial.phase, enrolment=trial.enrolment,
            outcome=trial.outcome, why_stopped=trial.why_stopped, failed=trial.failed, adverse=trial.reason,
        )  # fmt: skip
    return TextSource(
        document=passage.document, title=passage.title, quote="" if trial else passage.text[first:last],
        start=0 if trial else passage.start + first, end=0 if trial else passage.start + last,
        names=passage.entities, date=passage.date,
        year=passage.year, licence=passage.licence, redistributable=passage.redistributable,
        keys=passage.keys, trial=record,
    )  # fmt: skip


def _quote_sentence(source: TextSource) -> str:
    """What is quoted, with the title; it is one line and can't look like a citation."""
    title = f"{source.title.rstrip('.')}. " if source.title else ""
    cut = "" if source.quote.endswith((".", "!", "?", ")", '"')) else " ..."
    return one_line(f"{title}{source.quote}") + cut
