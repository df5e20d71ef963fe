"""Changes the evidence of pairs whose rationale a model has written, and looks whether the text follows.

- removed: the paths that the text cites are taken away.
- swapped: they are replaced by another drug's paths to another disease.
- inverted: one signed link of the first cited path says the opposite.
- irrelevant: the half of the paths that the text doesn't cite is taken away, those of the least weight.

After the first three the text should be another, since it rests on what is gone; after the last one it should
not. The sentences that hold are compared without their ids; the model writes anew by the same seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from kedrec.answers.rationales import check_text, is_for_model, write_rationales
from kedrec.evidence.verbalize import evidence_item, merge_step
from kedrec.pathlogic.roles import path_role
from kedrec.pathlogic.signs import step_signs
from kedrec.stores.altered import opposite_action

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.types import Evidence, Path, Rationale

__all__ = ["EVIDENCE_CHANGES", "ChangedTexts", "EvidenceChange", "evaluate_changes", "markdown"]

EvidenceChange: TypeAlias = Literal["removed", "swapped", "inverted", "irrelevant"]
EVIDENCE_CHANGES: tuple[EvidenceChange, ...] = get_args(EvidenceChange)
_MOST_EXAMPLES = 3
_SIGNED = (frozenset({1}), frozenset({-1}))


@dataclass(frozen=True, slots=True)
class ChangedTexts:
    """Rationales after one kind of change.

    Attributes:
        change: the change.
        rationales: number of rationales whose evidence could be changed so.
        struck: number of those of whose old sentences the gate strikes one on the new evidence.
        rewritten: number of those that the model writes with other sentences that hold, or none.
        unmoved: number of those that stay as they are: nothing struck, and nothing written otherwise.
        examples: a few old texts that stay where they should not, or change where they should not.
    """

    change: EvidenceChange
    rationales: int
    struck: int
    rewritten: int
    unmoved: int
    examples: tuple[str, ...]


def evaluate_changes(
    model: ChatModel,
    candidates: Sequence[Candidate],
    rationales: Sequence[Rationale],
    *,
    seed: int,
    progress: Progress | None = None,
) -> list[ChangedTexts]:
    """Changes the evidence of each rationale in every way that it allows.

    Args:
        model: the model that wrote the rationales.
        candidates, rationales: pairs, and the model's rationales of them; those without a sentence of the
            model's that holds are left out.
        seed: of the model, as the rationales were written by, and of the draws.
        progress: called batch by batch.

    Raises:
        ModelError: the model failed.
    """
    written = [
        (candidate, rationale)
        for candidate, rationale in zip(candidates, rationales, strict=True)
        if rationale.origin == "llm" and _told(rationale)
    ]
    results = []
    for change in EVIDENCE_CHANGES:
        rng = Random(f"{seed}:{change}")  # noqa: S311  # draws paths, no secrets
        changed = [
            (new, rationale)
            for candidate, rationale in written
            if (new := _changed(change, candidate, rationale, [one for one, _ in written], rng)) is not None
        ]
        results.append(_figures(change, model, changed, seed, progress))
    return results


def _figures(
    change: EvidenceChange,
    model: ChatModel,
    changed: Sequence[tuple[Candidate, Rationale]],
    seed: int,
    progress: Progress | None,
) -> ChangedTexts:
    asked = [index for index, (candidate, _) in enumerate(changed) if is_for_model(candidate)]
    texts = write_rationales(
        model,
        [changed[index][0] for index in asked],
        seed=seed,
        texts=[()] * len(asked),
        progress=progress,
    )
    # A pair that no model is asked about any longer has no text of a model's.
    anew: dict[int, frozenset[str]] = {
        index: _told(text.rationale) if text.rationale.origin == "llm" else frozenset()
        for index, text in zip(asked, texts, strict=True)
    }
    struck = [_is_struck(candidate, rationale) for candidate, rationale in changed]
    rewritten = [
        anew.get(index, frozenset()) != _told(rationale) for index, (_, rationale) in enumerate(changed)
    ]
    moved = [one or other for one, other in zip(struck, rewritten, strict=True)]
    wrong = [
        rationale.text
        for (_, rationale), has_moved in zip(changed, moved, strict=True)
        if has_moved == (change == "irrelevant")
    ]
    return ChangedTexts(
        change, len(changed), sum(struck), sum(rewritten), moved.count(False), tuple(wrong[:_MOST_EXAMPLES])
    )


def _told(rationale: Rationale) -> frozenset[str]:
    """The sentences that hold, without their ids."""
    return frozenset(claim.text for claim in rationale.claims if claim.status == "holds")


def _cited(rationale: Rationale) -> set[str]:
    return {
        citation.id for claim in rationale.claims if claim.status == "holds" for citation in claim.citations
    }


def _is_struck(candidate: Candidate, rationale: Rationale) -> bool:
    """True where the gate strikes one of the old sentences on the new evidence."""
    return any(claim.status == "struck" for claim in check_text(candidate, rationale.text).claims)


def _changed(
    change: EvidenceChange,
    candidate: Candidate,
    rationale: Rationale,
    others: Sequence[Candidate],
    rng: Random,
) -> Candidate | None:
    """The pair with changed evidence; None where its evidence can't be changed so."""
    pair, cited = candidate.evidence, _cited(rationale)
    evidence: list[Evidence] = list(pair.evidence)
    if change == "irrelevant":
        uncited = sorted((item for item in evidence if item.id not in cited), key=lambda item: item.score)
        dropped = {item.id for item in uncited[: (len(uncited) + 1) // 2]}
        evidence = [item for item in evidence if item.id not in dropped]
    elif change == "removed":
        evidence = [item for item in evidence if item.id not in cited]
    elif change == "swapped":
        foreign = [other.evidence for other in others if not _shares_an_end(candidate, other)]
        if not foreign:
            return None
        paths = rng.choice(foreign).evidence
        evidence = [
            _replaced_by(item, paths[index % len(paths)]) if item.id in cited else item
            for index, item in enumerate(evidence)
        ]
    else:
        position = next((index for index, item in enumerate(evidence) if item.id in cited), None)
        if position is None or (inverted := _inverted(evidence[position], rng)) is None:
            return None
        evidence[position] = inverted
    if tuple(evidence) == pair.evidence:
        return None
    return replace(candidate, evidence=replace(pair, evidence=tuple(evidence)))


def _shares_an_end(candidate: Candidate, other: Candidate) -> bool:
    one, two = candidate.evidence, other.evidence
    return one.drug.id == two.drug.id or one.disease.id == two.disease.id


def _replaced_by(item: Evidence, other: Evidence) -> Evidence:
    """Another pair's evidence under an item's id and weight."""
    return other.model_copy(update={"id": item.id, "score": item.score})


def _inverted(item: Evidence, rng: Random) -> Evidence | None:
    """A path with one of its signed links saying the opposite; None without one that can."""
    path: Path | None = item.path
    if path is None:
        return None
    positions = [
        index
        for index, step in enumerate(path.steps)
        if step_signs(step) in _SIGNED
        and any(opposite_action(step.relation, edge.action) != edge.action for edge in step.edges)
    ]
    if not positions:
        return None
    position = rng.choice(positions)
    step = path.steps[position]
    edges = [
        edge.model_copy(update={"action": opposite_action(step.relation, edge.action)}) for edge in step.edges
    ]
    steps = list(path.steps)
    steps[position] = merge_step(step.relation, edges, forward=step.forward)
    inverted = path.model_copy(update={"steps": tuple(steps)})
    return evidence_item(inverted, item.id, item.score, item.stance, path_role(inverted))


def markdown(name: str, results: Sequence[ChangedTexts]) -> str:
    """One model's figures as a table, a change a row."""
    lines = [
        f"| {name}, evidence | rationales | a sentence struck | written otherwise | either | unmoved |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in results:
        moved = one.rationales - one.unmoved
        share = f"{moved:,} ({moved / one.rationales:.0%})" if one.rationales else "0"
        lines.append(
            f"| {one.change} | {one.rationales:,} | {one.struck:,} | {one.rewritten:,} | {share} "
            f"| {one.unmoved:,} |"
        )
    examples = [f"- {one.change}: {text}" for one in results for text in one.examples]
    if examples:
        lines += ["", "Stays or changes against expectation:", "", *examples]
    return "\n".join(lines) + "\n"
