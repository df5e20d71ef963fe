"""Judges reference pairs by what an answer says of them, without a language model.

- `mechanism`: right where the first path is a mechanism through a stated target, with the stated sign.
- `wrong mechanism`: right where the drug has evidence, and none of it is of the stated kind.
- `harmful`: right where the drug bears a warning, or isn't recommended: it has no evidence, or has
  associations alone and stands below the first of the disease's drugs.
- `unrelated`: right where no mechanism leads, and the drug stands below the first of the disease's drugs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, get_args

from scipy.stats import binomtest

from kedrec.errors import AmbiguousNameError, UnknownNameError
from kedrec.evaluation.reference_set import ReferenceClass, ReferencePair
from kedrec.pathlogic.roles import LEADING, SUPPORTING
from kedrec.pathlogic.signs import relation_role, step_signs

if TYPE_CHECKING:
    from kedrec.api import Kedrec
    from kedrec.common.progress import Progress
    from kedrec.types import Evidence, Path, Recommendation

__all__ = [
    "ClassFigures",
    "JudgedPair",
    "ReferenceReport",
    "evaluate_reference_set",
    "fault_of",
    "is_warned",
    "markdown",
]

_WARNINGS = frozenset({"contraindicated", "caution", "causes-disease", "may-worsen"})
_SIGN_WORDS = {1: "activation", -1: "inhibition"}
_PATHS = 12  # as `kedrec explain` shows


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair and what is wrong with its answer.

    Attributes:
        pair: the pair.
        fault: the fault of the answer, as a clause; "" for a right one.
        warned: whether the answer warns of the drug.
        evidence: number of supporting paths.
        rank: the drug's rank among the disease's, from 1.
    """

    pair: ReferencePair
    fault: str
    warned: bool
    evidence: int
    rank: int


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Judgements on the pairs of a class.

    Attributes:
        judgement: the class; `all`: every pair.
        pairs: number of pairs that the graph has.
        right: number of right answers.
        low, high: Wilson's 95 % interval of their share, 0 to 1.
        outside: number of pairs of which the graph lacks the drug or the disease; they are not judged.
    """

    judgement: str
    pairs: int
    right: int
    low: float
    high: float
    outside: int


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """Judgements on a reference set.

    Attributes:
        top: first ranks of a disease's drugs, which no unrelated drug may have.
        figures: by class, then of all.
        warned: number of harmful pairs with a warning.
        unwarned: number of those without one that are recommended.
        unrecommended: number of those that are neither warned of nor recommended.
        wrong: pairs whose answer is wrong.
        outside: pairs that the graph lacks, with what it lacks.
    """

    top: int
    figures: Sequence[ClassFigures]
    warned: int
    unwarned: int
    unrecommended: int
    wrong: Sequence[JudgedPair]
    outside: Sequence[tuple[ReferencePair, str]]


def evaluate_reference_set(
    kr: Kedrec, pairs: Sequence[ReferencePair], *, top: int, progress: Progress | None = None
) -> ReferenceReport:
    """Judges pairs by a graph's answers.

    Args:
        kr: the graph with its ranking.
        pairs: the reference pairs.
        top: first ranks of a disease's drugs, which no unrelated drug may have.
        progress: called after each disease.
    """
    by_disease: dict[str, list[ReferencePair]] = defaultdict(list)
    outside: list[tuple[ReferencePair, str]] = []
    for pair in pairs:
        lack = _lack(kr, pair)
        if lack:
            outside.append((pair, lack))
        else:
            by_disease[pair.disease_id].append(pair)
    judged: list[JudgedPair] = []
    for done, (disease, group) in enumerate(sorted(by_disease.items())):
        if progress is not None:
            progress("Judging the pairs of a disease", done, len(by_disease))
        drugs = {pair.drug_id: kr.names.resolve_match(pair.drug_id, "Drug").entity.id for pair in group}
        answer = kr.recommend(disease, drugs=list(drugs), paths=_PATHS, llm=False, background="none")
        answers = {recommendation.drug.id: recommendation for recommendation in answer.recommendations}
        for pair in group:
            shown = answers[drugs[pair.drug_id]]
            judged.append(
                JudgedPair(
                    pair, fault_of(pair, shown, top), is_warned(shown), len(shown.evidence), shown.rank
                )
            )
    harmful = [item for item in judged if item.pair.judgement == "harmful"]
    classes: tuple[ReferenceClass, ...] = get_args(ReferenceClass)
    return ReferenceReport(
        top=top,
        figures=[
            *(
                _figures(
                    name,
                    [item for item in judged if item.pair.judgement == name],
                    sum(pair.judgement == name for pair, _ in outside),
                )
                for name in classes
            ),
            _figures("all", judged, len(outside)),
        ],
        warned=sum(item.warned for item in harmful),
        unwarned=sum(bool(item.fault) for item in harmful),
        unrecommended=sum(not item.warned and not item.fault for item in harmful),
        wrong=[item for item in judged if item.fault],
        outside=outside,
    )


def _lack(kr: Kedrec, pair: ReferencePair) -> str:
    """The entity of a pair that the graph lacks, or has under several ids, as a clause; "" if it has both."""
    for text, kind in ((pair.drug_id, "Drug"), (pair.disease_id, "Disease")):
        try:
            kr.names.resolve_match(text, kind)
        except UnknownNameError:
            return f"no {kind.lower()} {text}"
        except AmbiguousNameError:
            return f"{text} stands for several nodes"
    return ""


def fault_of(pair: ReferencePair, answer: Recommendation, top: int) -> str:
    """The fault of an answer about a pair, as a clause; "" for a right one.

    Args:
        pair: the pair.
        answer: its answer, with up to 12 paths.
        top: first ranks of a disease's drugs, which no unrelated drug may have.
    """
    match pair.judgement:
        case "mechanism":
            return _mechanism_fault(pair, answer)
        case "wrong mechanism":
            return _wrong_mechanism_fault(pair, answer)
        case "harmful":
            unwarned = _is_recommended(answer, top) and not is_warned(answer)
            return f"no warning beside '{answer.evidence[0].sentence}'" if unwarned else ""
        case "unrelated":
            return _unrelated_fault(answer, top)


def is_warned(answer: Recommendation) -> bool:
    """True for an answer that warns of the drug in the disease."""
    return not _WARNINGS.isdisjoint(answer.flags)


def _is_recommended(answer: Recommendation, top: int) -> bool:
    """True for a drug that a mechanism or an analogy speaks for, or one with evidence among the first."""
    return bool(answer.evidence) and (answer.evidence[0].role in LEADING or answer.rank <= top)


def _mechanism_fault(pair: ReferencePair, answer: Recommendation) -> str:
    if not answer.evidence:
        return f"no evidence: {answer.coverage.reason}"
    first = answer.evidence[0]
    if first.role != "mechanism" or first.path is None:
        return f"the first path is no mechanism but {first.role}: '{first.sentence}'"
    positions = _positions(first.path, pair.through)
    if not positions:
        others = [item.id for item in answer.evidence if item.path and _positions(item.path, pair.through)]
        later = f"; it is in {', '.join(others)}" if others else ""
        return f"the first path misses {'/'.join(pair.through[:3])}: '{first.sentence}'{later}"
    if not any(pair.sign in _signs_at(first.path, position) for position in positions):
        return f"no {_SIGN_WORDS[pair.sign]} of {'/'.join(pair.through[:3])} in '{first.sentence}'"
    return ""


def _wrong_mechanism_fault(pair: ReferencePair, answer: Recommendation) -> str:
    if not answer.evidence:
        return f"no evidence: {answer.coverage.reason}"
    for item in answer.evidence:
        if item.path is not None and _argues_wrongly(pair, item, item.path):
            return f"{item.role} is told as support: '{item.sentence}'"
    return ""


def _argues_wrongly(pair: ReferencePair, item: Evidence, path: Path) -> bool:
    """True for a supporting path with the wrong mechanism of a pair."""
    if item.role not in SUPPORTING:
        return True
    positions = _positions(path, pair.through)
    match pair.role:
        case "harm":
            return any(relation_role(step) == "side effect" for step in path.steps)
        case "location":
            return bool(positions) or any(node.kind == "Anatomy" for node in path.nodes)
        case "opposed":
            return any(_signs_at(path, position) == {pair.sign} for position in positions)
        case _:
            return bool(positions)


def _unrelated_fault(answer: Recommendation, top: int) -> str:
    if answer.evidence and answer.evidence[0].role == "mechanism":
        return f"a mechanism is claimed: '{answer.evidence[0].sentence}'"
    if answer.rank <= top and answer.evidence:
        return f"it ranks {answer.rank}"
    return ""


def _positions(path: Path, names: Iterable[str]) -> list[int]:
    """The positions of the inner nodes of a path that have one of some names or ids, in any letter case."""
    wanted = {name.casefold() for name in names}
    return [
        position
        for position, node in enumerate(path.nodes[1:-1], start=1)
        if node.name.casefold() in wanted or node.id.casefold() in wanted
    ]


def _signs_at(path: Path, position: int) -> frozenset[int]:
    """The signs that the drug's effect on a node of its path may have."""
    steps = path.steps[:position]
    return frozenset(prod(signs) for signs in product(*(step_signs(step) for step in steps)))


def _figures(judgement: str, judged: Sequence[JudgedPair], outside: int) -> ClassFigures:
    right = sum(not item.fault for item in judged)
    if not judged:
        return ClassFigures(judgement, 0, 0, 0.0, 1.0, outside)
    interval = binomtest(right, len(judged)).proportion_ci(method="wilson")
    return ClassFigures(judgement, len(judged), right, float(interval.low), float(interval.high), outside)


def markdown(report: ReferenceReport) -> str:
    """The judgements as a table by class, and a list of the wrong ones."""
    lines = [
        "| class | pairs | judged rightly | share | 95 % interval | not in the graph |",
        "| --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for item in report.figures:
        share = f"{item.right / item.pairs:.2f}" if item.pairs else "-"
        interval = f"{item.low:.2f}-{item.high:.2f}" if item.pairs else "-"
        cells = (item.judgement, f"{item.pairs:,}", f"{item.right:,}", share, interval, f"{item.outside:,}")
        lines.append(f"| {' | '.join(cells)} |")
    counts = f"{report.warned:,} with a warning, {report.unrecommended:,} without one and not recommended"
    lines += ["", f"Harmful pairs: {counts}, {report.unwarned:,} recommended without a warning."]
    if report.wrong:
        lines += ["", "Judged wrongly:", ""]
        lines += [
            f"- {item.pair.judgement}: {item.pair.drug}, {item.pair.disease}: {item.fault}"
            for item in report.wrong
        ]
    if report.outside:
        lines += ["", "Not in the graph:", ""]
        lines += [f"- {pair.drug}, {pair.disease}: {lack}" for pair, lack in report.outside]
    return "\n".join(lines) + "\n"
