"""Describes a data set: sizes, lengths, sources, and how often the most popular drug is the right one."""

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

_PopularityByDrug = Mapping[str, tuple[int, int]]  # treatments, other links

AGAINST = ("all", "hard", "degree-matched", "random")
"""Kinds of wrong answers that a popularity check compares the right one with."""


class SplitStatistics(Frozen):
    """Statistics of one split.

    Attributes:
        candidates: mean number a question.
        negatives: numbers by kind.
        paths: mean number of a right answer, and of a wrong one: paths of right answers alone would give them
            away.
        without_paths: share of right answers, and of wrong ones, without any path.
        with_texts: share of right answers, and of wrong ones, with a trial or an article.
        referenced: questions with a reference rationale.
        teachers: references by teacher.
        words: of a reference rationale: minimum, mean, maximum.
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
    """F1 of answering with the most popular candidates.

    It gives as many answers as are right, so that F1, precision and recall are equal.

    Attributes:
        against: kind of the wrong answers compared with: `all`, or one kind.
        questions: questions with a wrong answer of that kind.
        chance: F1 of an answer at random.
        treatments: F1 of the drug with most treatments; ties count as their share.
        others: the same without the treatment that the question asks for.
        links: F1 of the drug with most other links.
    """

    against: str
    questions: int
    chance: float
    treatments: float
    others: float
    links: float


class ConfigStatistics(Frozen):
    """Statistics of one config: its splits, and the popularity check over all of them."""

    splits: dict[str, SplitStatistics]
    popularity: tuple[PopularityCheck, ...]


class Statistics(Frozen):
    """Statistics of a data set, with the numbers of leaks counted when it was built.

    Attributes:
        bytes: size of its files of questions.
    """

    kind: str
    configs: dict[str, ConfigStatistics]
    leaks: dict[str, dict[str, int]]
    embedding: dict[str, object]
    bytes: int


def statistics(dataset: DataSet, progress: Progress | None = None) -> Statistics:
    """Reads a data set and describes it, with one question in memory at a time.

    Raises:
        DataError: it can't be read.
    """
    popularity = read_popularity(dataset.folder)
    configs: dict[str, ConfigStatistics] = {}
    size, done = 0, 0
    total = sum(dataset.rows(config, split) for config in dataset.configs for split in SPLITS)
    for config in dataset.configs:
        splits: dict[str, SplitStatistics] = {}
        checks = _PopularityCounter(popularity)
        for split in SPLITS:
            counts = _SplitCounter()
            for question in dataset.questions(config, split):
                counts.add(question)
                checks.add(question)
                done += 1
                if progress is not None:
                    progress("Reading the questions", done, total)
            splits[split] = counts.statistics()
            size += (dataset.folder / config / f"{split}.jsonl").stat().st_size
        configs[config] = ConfigStatistics(splits=splits, popularity=checks.checks())
    report = dataset.note.get("report") or {}
    return Statistics(
        kind=dataset.kind,
        configs=configs,
        leaks=report.get("leaks", {}),
        embedding=report.get("embedding", {}),
        bytes=size,
    )


class _SplitCounter:
    """Sums over the questions of one split."""

    def __init__(self) -> None:
        self._questions = self._candidates = self._right = 0
        self._diseases: set[str] = set()
        self._drugs: set[str] = set()
        self._negatives: Counter[str] = Counter()
        self._teachers: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._words: list[int] = []
        # By whether the candidate is a right answer.
        self._paths, self._pathless, self._texts = Counter[bool](), Counter[bool](), Counter[bool]()

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
            self._pathless[candidate.id in right] += not paths
            self._texts[candidate.id in right] += bool(question.texts(candidate.id))
        if question.reference is not None:
            self._teachers[question.reference.teacher] += 1
            self._words.append(len(question.reference.rationale.split()))

    def statistics(self) -> SplitStatistics:
        """The split's statistics, rounded."""
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
            without_paths=shares(self._pathless),
            with_texts=shares(self._texts),
            referenced=len(self._words),
            teachers=dict(sorted(self._teachers.items())),
            words=(min(words), round(sum(words) / len(words), 1), max(words)),
            sources=dict(sorted(self._sources.items())),
        )


class _PopularityCounter:
    """Answers each question with the most popular candidates, and sums how often that is right."""

    def __init__(self, popularity: _PopularityByDrug) -> None:
        self._popularity = popularity
        self._sums = {against: [0.0] * 5 for against in AGAINST}  # in the order of `PopularityCheck`

    def add(self, question: Question) -> None:
        """Answers a question."""
        if not self._popularity:
            return
        right = question.answers
        for against, sums in self._sums.items():
            wrong = [negative.id for negative in question.negatives if against in ("all", negative.kind)]
            if not wrong:
                continue
            sums[0] += 1
            sums[1] += len(right) / (len(right) + len(wrong))
            popularity = {drug: self._popularity.get(drug, (0, 0)) for drug in (*right, *wrong)}
            for column, scores in enumerate(
                (
                    {drug: treatments for drug, (treatments, _) in popularity.items()},
                    {drug: treatments - (drug in right) for drug, (treatments, _) in popularity.items()},
                    {drug: links for drug, (_, links) in popularity.items()},
                ),
                2,
            ):
                sums[column] += _share_right(scores, right)

    def checks(self) -> tuple[PopularityCheck, ...]:
        """The checks by kind of negatives; () where the data set has no popularity of its drugs."""
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
    """Share of right drugs among the best-scored ones, as many as are right; ties count by their share."""
    count = len(right)
    ordered = sorted(scores.values(), reverse=True)
    least = ordered[count - 1]
    above = {drug for drug, score in scores.items() if score > least}
    tied = [drug for drug, score in scores.items() if score == least]
    certain = sum(drug in above for drug in right)
    expected = sum(drug in tied for drug in right) * (count - len(above)) / len(tied)
    return (certain + expected) / count
