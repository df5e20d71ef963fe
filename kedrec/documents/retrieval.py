"""Finds passages: for a question by words and meaning, for a drug and a disease by what the texts name.

Candidates come by BM25 (Robertson & Zaragoza 2009); the embeddings' cosine and BM25 are then mixed, each
brought to 0..1 over the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import Field

from kedrec.documents.index import Passage, PassageIndex
from kedrec.text import one_line
from kedrec.types import Entity, Evidence, Link
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    import tantivy

    from kedrec.documents.minilm import Embedder

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

Background: TypeAlias = Literal["none", "trials", "literature", "both"]
BACKGROUNDS: tuple[Background, ...] = ("none", "trials", "literature", "both")
"""Which texts go into a question, as in the paper."""

_CANDIDATES = 20
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
    stance: Literal["supports", "adverse"]
    reason: str
    url: str
    passage: Passage


class PairTexts(Frozen):
    """What the texts say of a drug and a disease, best first; `stale`: they were linked with another graph.

    Where the index wasn't linked with the names of this graph, passages are found by the names' words.
    """

    trials: tuple[Trial, ...] = ()
    passages: tuple[Passage, ...] = Field(default=())
    stale: bool = False


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
) -> PairTexts:
    """Trials that studied a drug for a disease, and passages of articles that name both.

    Args:
        k: most trials, and most articles.
        vocabulary: the `Linker.digest` of the graph that the entities are of; where the index was linked
            with other names, or without a graph, the entities' names are looked for in the words instead.

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
    for kind, field in (("trial", "studied"), ("article", "entity")):
        if background not in ("both", "trials" if kind == "trial" else "literature"):
            continue
        named = [_names(index, entity, field, stale=stale) for entity in (drug, disease)]
        query = _all([*named, index.term("kind", kind)], scored=words)
        found = _best(index.search(query, _CANDIDATES), question, k, embedder)
        if kind == "trial":
            trials = [trial for passage in found if (trial := _trial(passage))]
        else:
            passages = found
    return PairTexts(trials=tuple(trials), passages=tuple(passages), stale=stale)


def _names(index: PassageIndex, entity: Entity, field: str, *, stale: bool) -> tantivy.Query:
    if not stale:
        return index.term(field, entity.id)
    return index.phrase(entity.name)


def _all(queries: Sequence[tantivy.Query], scored: tantivy.Query | None = None) -> tantivy.Query:
    """All queries hold; with `scored` it alone makes the score."""
    import tantivy

    if scored is None:
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])
    held = [(tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)) for query in queries]
    return tantivy.Query.boolean_query([*held, (tantivy.Occur.Should, scored)])


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
    facts = passage.facts
    if facts is None:
        return ""
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


def _trial(passage: Passage) -> Trial | None:
    facts = passage.facts
    if facts is None:
        return None
    reason = is_adverse(passage)
    return Trial(
        number=facts.number, title=passage.title, status=facts.status, phase=facts.phase,
        enrolment=facts.enrolment, date=facts.start, outcome=facts.outcome, why_stopped=facts.why_stopped,
        stance="adverse" if reason else "supports", reason=reason, url=passage.url, passage=passage,
    )  # fmt: skip


def evidence_of(texts: PairTexts) -> tuple[list[Evidence], list[Evidence]]:
    """Texts as numbered evidence, supporting and adverse: `T1`... for trials, `L1`... for articles.

    Numbers run over both lists, so that an id stands for one text. Scores are shares of each list's total.
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
            lists[place].append(
                Evidence(
                    id=id_,
                    stance="adverse" if place else "supports",
                    sentence=_trial_sentence(trial) if trial else _passage_sentence(passage),
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


def _passage_sentence(passage: Passage) -> str:
    """The passage with its title; what is quoted is one line and can't look like a citation."""
    title = f"{passage.title.rstrip('.')}. " if passage.title else ""
    return one_line(f"{title}{passage.text}")
