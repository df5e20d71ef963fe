"""Writes targets: a hedged verdict and one to three reasons, each cited and true to its path.

Every text must pass the grounding gate before it becomes a target; otherwise another one is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import capitalized, one_line, shown_name
from kedrec.grounding import check
from kedrec.grounding.reasons import contraindication_item, shared_target
from kedrec.grounding.step_phrases import with_also
from kedrec.training.path_choice import Strength, is_grave, select, strength
from kedrec.training.path_wording import WordedPath, predicate, word_path
from kedrec.training.target_verdicts import verdict
from kedrec.training.text_wording import text_sentences

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence

__all__ = ["write_target"]

_MOST_DRAFTS = 16
_MOST_SENTENCES = 4
_MOST_CHARACTERS = 620  # characters of a target

_OPENERS = ("", "", "", "In addition, ", "Moreover, ", "Furthermore, ")


def write_target(
    drug: Entity,
    disease: Entity,
    evidence: Sequence[Evidence],
    adverse: Sequence[Evidence],
    rng: Random,
    *,
    mechanisms: Sequence[str] = (),
    texts: Sequence[Evidence] = (),
) -> str:
    """Writes a target for a pair: up to four sentences that hold, or "" where none could be written.

    With texts, one sentence more says what a trial or an article says, where that can be told; a trial that
    was stopped or missed its outcomes comes before others.

    Args:
        evidence: supporting items as they stand in the prompt.
        adverse: adverse items.
        rng: draws paths and words.
        mechanisms: ids of the pair's curated mechanisms, whose paths come first.
        texts: trials and articles as they stand in the prompt.
    """
    shown = _Shown(drug, disease, evidence, adverse, texts)
    items = select(evidence, mechanisms)
    if not items:
        return ""
    for _ in range(_MOST_DRAFTS):
        text = _draft(drug, disease, items, adverse, rng)
        if text and len(text) <= _MOST_CHARACTERS and shown.holds(text):
            return shown.with_text(text, rng)
    return ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A pair with all that its prompt shows."""

    drug: Entity
    disease: Entity
    evidence: Sequence[Evidence]
    adverse: Sequence[Evidence]
    texts: Sequence[Evidence]

    def holds(self, text: str) -> bool:
        """True if every sentence passes the gate."""
        claims = check(text, self.drug, self.disease, self.evidence, self.adverse, texts=self.texts).claims
        return len(claims) == _count_sentences(text) and all(claim.status == "holds" for claim in claims)

    def with_text(self, text: str, rng: Random) -> str:
        """A target with a sentence on a text, the first one that holds."""
        names = one_line(shown_name(self.drug.name)), one_line(shown_name(self.disease.name))
        for sentence in text_sentences(self.texts, names, rng):
            longer = f"{text} {capitalized(sentence)}"
            if self.holds(longer):
                return longer
        return text


def _count_sentences(text: str) -> int:
    return text.count("].")


def _draft(
    drug: Entity, disease: Entity, items: Sequence[Evidence], adverse: Sequence[Evidence], rng: Random
) -> str:
    count = min(rng.choice((2, 2, 2, 3)), len(items))
    paths = [word_path(item, rng) for item in items[:count]]
    first, further = paths[0], paths[1:]
    contraindication = contraindication_item(adverse, drug, disease)
    if contraindication:
        warnings = [contraindication]
    else:
        warnings = [item for item in adverse if is_grave(item) or rng.random() < 0.12][:1]
    verdict_strength = strength(first.graph_path)
    if any(is_grave(item) for item in warnings):
        verdict_strength = Strength.WEAK
    is_analogy = verdict_strength is Strength.ANALOGY and not shared_target(first.graph_path)
    # A sentence states a complete path, so that its citation follows all of it, also where it is the only
    # one: a model that sees a path told in two sentences here and in one there tells it in both.
    length = len(first.steps)
    names = one_line(shown_name(drug.name)), one_line(shown_name(disease.name))
    if contraindication is not None:
        # Nothing recommends a contraindicated drug: its path is stated without a verdict.
        sentences = [_chain(first, rng)]
    else:
        sentences = [verdict(first, verdict_strength, names, length, rng, is_analogy=is_analogy)]
    room = _MOST_SENTENCES - len(sentences) - len(warnings)
    sentences += _additions(further, rng)[:room]
    cautions = [_caution(word_path(item, rng), rng) for item in warnings]
    # A warning stands right after the verdict, or last.
    position = 1 if rng.random() < 0.5 else len(sentences)
    sentences[position:position] = cautions
    if len(sentences) > _MOST_SENTENCES:
        return ""
    return " ".join(capitalized(sentence) for sentence in sentences)


def _chain(path: WordedPath, rng: Random) -> str:
    """A path as one cited sentence."""
    return f"{path.names[0]} {predicate(path, 0, len(path.steps), rng)} {path.cite}."


def _additions(paths: Sequence[WordedPath], rng: Random) -> list[str]:
    """A sentence for each further path."""
    if len(paths) == 2 and (sentence := _merged_sentence(paths[0], paths[1], rng)):
        return [sentence]
    sentences = []
    for index, path in enumerate(paths):
        opener = rng.choice(_OPENERS) if index == 0 else rng.choice(("", "", "Finally, "))
        subject = rng.choice(("it", "it", "the drug", path.names[0]))
        clause = predicate(path, 0, len(path.steps), rng)
        clause = clause if opener else with_also(clause)
        sentences.append(f"{opener}{subject} {clause} {path.cite}.")
    return sentences


def _merged_sentence(first: WordedPath, second: WordedPath, rng: Random) -> str:
    """Two paths of the same relations in one sentence; "" where their relations differ."""
    are_alike = first.graph_path.wording_keys == second.graph_path.wording_keys
    if not are_alike or len(first.steps) != 2 or not first.steps[1].plural:
        return ""
    subject = rng.choice(("It", "The drug", first.names[0]))
    return (
        f"{subject} {with_also(first.steps[0].finite)} {first.names[1]} and {second.names[1]}, "
        f"which {first.steps[1].plural} {first.names[2]} {first.cite}{second.cite}."
    )


def _caution(path: WordedPath, rng: Random) -> str:
    subject = rng.choice((path.names[0], f"however, {path.names[0]}", "however, the drug", "however, it"))
    return f"{subject} {predicate(path, 0, len(path.steps), rng)} {path.cite}."
