"""Describes a data set: sizes, lengths, sources, and whether the best known drug is the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.dataset.hf_folder import SPLITS
from kedrec.dataset.popularity import read_popularity
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet
    from kedrec.dataset.question_types import Question

__all__ = ["ConfigStatistics", "PopularityCheck", "SplitStatistics", "Statistics", "statistics"]

_Known = Mapping[str, tuple[int, int]]

AGAINST = ("all", "hard", "degree-matched", "random")
"""Which of the wrong answers stand against the right one in a popularity check."""


class SplitStatistics(Frozen):
    """One split.

    Attributes:
        candidates: of a question, on the mean.
        negatives: by kind.
        paths: of a right answer, and of a wrong one, on the mean: evidence that only the right one had would
            tell it.
        without_paths: share of right answers, and of wrong ones, without any path.
        with_texts: share of right answers, and of wrong ones, with a trial or an article.
        referenced: questions with a reference rationale.
        teachers: references by teacher.
        words: of a reference rationale: least, mean, most.
        sources: questions by source of their treatment.
    """

    questions: int
    diseases: int
    drugs: int
    candidates: float
    negatives: dict[str, int]
    paths: tuple[float, float]
    without_paths: tuple[float, float]
    with_texts: tuple[float, float]
    referenced: int
    teachers: dict[str, int]
    words: tuple[int, float, int]
    sources: dict[str, int]


class PopularityCheck(Frozen):
    """How often the best known candidate is the right one.

    One answer a question out of as many as there are right ones: then F1, precision and recall are equal.

    Attributes:
        against: the wrong answers it stands against: `all`, or of one kind.
        questions: with a wrong answer of that kind.
        chance: F1 of an answer at random.
        treatments: F1 of the one with most treatments; ties count as their share.
        others: the same, the right one's own in the question not counted.
        links: F1 of the one with most other links.
    """

    against: str
    questions: int
    chance: float
    treatments: float
    others: float
    links: float


class ConfigStatistics(Frozen):
    """One config: its splits, and the popularity check over all of them."""

    splits: dict[str, SplitStatistics]
    popularity: tuple[PopularityCheck, ...]


class Statistics(Frozen):
    """A data set, and what the checks for leaks found when it was built; `bytes`: of its questions."""

    kind: str
    configs: dict[str, ConfigStatistics]
    leaks: dict[str, dict[str, int]]
    embedding: dict[str, object]
    bytes: int


def statistics(dataset: DataSet, progress: Progress | None = None) -> Statistics:
    """Reads a data set and describes it, one question in memory at a time but for what is counted.

    Raises:
        DataError: it can't be read.
    """
    known = read_popularity(dataset.folder)
    configs: dict[str, ConfigStatistics] = {}
    size, done = 0, 0
    total = sum(dataset.rows(config, split) for config in dataset.configs for split in SPLITS)
    for config in dataset.configs:
        splits: dict[str, SplitStatistics] = {}
        checks = _Popular(known)
        for split in SPLITS:
            counts = _Counts()
            for question in dataset.questions(config, split):
                counts.add(question)
                checks.add(question)
                done += 1
                if progress is not None:
                    progress("Reading the questions", done, total)
            splits[split] = counts.told()
            size += (dataset.folder / config / f"{split}.jsonl").stat().st_size
        configs[config] = ConfigStatistics(splits=splits, popularity=checks.told())
    report = dataset.note.get("report") or {}
    return Statistics(
        kind=dataset.kind,
        configs=configs,
        leaks=report.get("leaks", {}),
        embedding=report.get("embedding", {}),
        bytes=size,
    )


class _Counts:
    """Adds up one split."""

    def __init__(self) -> None:
        self._questions = self._candidates = self._right = 0
        self._diseases: set[str] = set()
        self._drugs: set[str] = set()
        self._negatives: Counter[str] = Counter()
        self._teachers: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._words: list[int] = []
        self._paths, self._bare, self._texts = Counter[bool](), Counter[bool](), Counter[bool]()

    def add(self, question: Question) -> None:
        """Counts a question."""
        self._questions += 1
        self._candidates += len(question.candidates)
        self._right += len(question.answers)
        self._diseases.add(question.disease.id)
        self._negatives.update(negative.kind for negative in question.negatives)
        self._sources.update(question.sources)
        right = set(question.answers)
        for candidate in question.candidates:
            self._drugs.add(candidate.id)
            paths = len(question.paths(candidate.id))
            self._paths[candidate.id in right] += paths
            self._bare[candidate.id in right] += not paths
            self._texts[candidate.id in right] += bool(question.texts(candidate.id))
        if question.reference is not None:
            self._teachers[question.reference.teacher] += 1
            self._words.append(len(question.reference.rationale.split()))

    def told(self) -> SplitStatistics:
        """What was counted."""
        wrong = max(self._candidates - self._right, 1)

        def shares(counts: Mapping[bool, int]) -> tuple[float, float]:
            return round(counts[True] / max(self._right, 1), 4), round(counts[False] / wrong, 4)

        words = self._words or [0]
        return SplitStatistics(
            questions=self._questions,
            diseases=len(self._diseases),
            drugs=len(self._drugs),
            candidates=round(self._candidates / max(self._questions, 1), 2),
            negatives=dict(sorted(self._negatives.items())),
            paths=shares(self._paths),
            without_paths=shares(self._bare),
            with_texts=shares(self._texts),
            referenced=len(self._words),
            teachers=dict(sorted(self._teachers.items())),
            words=(min(words), round(sum(words) / len(words), 1), max(words)),
            sources=dict(sorted(self._sources.items())),
        )


class _Popular:
    """Answers each question with the best known candidates, and counts how often that is right."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._sums = {against: [0.0] * 5 for against in AGAINST}

    def add(self, question: Question) -> None:
        """Answers a question."""
        if not self._known:
            return
        right = question.answers
        for against, sums in self._sums.items():
            wrong = [one.id for one in question.negatives if against in ("all", one.kind)]
            if not wrong:
                continue
            sums[0] += 1
            sums[1] += len(right) / (len(right) + len(wrong))
            known = {drug: self._known.get(drug, (0, 0)) for drug in (*right, *wrong)}
            for place, scores in enumerate(
                (
                    {drug: treats for drug, (treats, _) in known.items()},
                    {drug: treats - (drug in right) for drug, (treats, _) in known.items()},
                    {drug: links for drug, (_, links) in known.items()},
                )
            ):
                sums[2 + place] += _share_right(scores, right)

    def told(self) -> tuple[PopularityCheck, ...]:
        """The figures; () where the data set doesn't say how well known its drugs are."""
        return tuple(
            PopularityCheck(
                against=against,
                questions=int(count),
                chance=round(chance / count, 4),
                treatments=round(treatments / count, 4),
                others=round(others / count, 4),
                links=round(links / count, 4),
            )
            for against, (count, chance, treatments, others, links) in self._sums.items()
            if count
        )


def _share_right(scores: Mapping[str, int], right: Sequence[str]) -> float:
    """Share of the right ones among as many of the best as there are right ones; ties by their share."""
    many = len(right)
    ordered = sorted(scores.values(), reverse=True)
    least = ordered[many - 1]
    above = {drug for drug, score in scores.items() if score > least}
    tied = [drug for drug, score in scores.items() if score == least]
    sure = sum(drug in above for drug in right)
    by_draw = sum(drug in tied for drug in right) * (many - len(above)) / len(tied)
    return (sure + by_draw) / many
