"""Grammar of a rationale that goes along the evidence's paths.

A model that obeys it chooses which paths to tell, in which order, and the words of each link and of the
verdict. A path once begun goes on along itself in the schema's wordings, and its own id comes last: no name
is misspelt, and no link is told that the path doesn't have. (Decoding inside a graph: Luo et al. 2024,
arXiv:2410.13080.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import capitalized, one_line, shown_name
from kedrec.grounding.step_phrases import usable_phrases
from kedrec.grounding.verdict_words import ANALOGY_HEDGES, MECHANISM_HEDGES, WEAK_HEDGES
from kedrec.llm.prompting import MOST_SENTENCES

if TYPE_CHECKING:
    from kedrec.types import Entity, Evidence, Path

__all__ = ["PathGrammar"]

_NOUNS = {
    "Gene": ("a gene", "a protein"),
    "Disease": ("a disease", "a condition"),
    "BiologicalProcess": ("a process",),
    "Drug": ("a drug",),
}
"""What a node may be called before the next link."""
_LEADING = 0.5  # of the greatest weight: the least that a path has on which the verdict may rest
_RULES = (
    'opener ::= "In addition, " | "Moreover, " | "Furthermore, " | "Finally, "',
    'also ::= "also "',
    'suggests ::= "Evidence suggests that " | "The evidence suggests that "',
    'since ::= " because it " | ", since it " | ", as it "',
    'so ::= ", so it " | ", and therefore it " | "; thus it "',
)


@dataclass(frozen=True, slots=True)
class PathGrammar:
    """The paths that a pair's rationale may tell.

    Attributes:
        drug, disease: the pair.
        items: the evidence in the prompt; one that is no path is told in free words.
        may_recommend: False where no verdict may be stated; the first sentence is one otherwise, if a path
            supports it, and rests on one of the weightiest.
    """

    drug: Entity
    disease: Entity
    items: tuple[Evidence, ...]
    may_recommend: bool = True

    def text(self, ids: Sequence[str], *, written: int = 0, most: int = MOST_SENTENCES) -> str:
        """GBNF of what may follow some sentences: one to four in all, each of one item.

        Args:
            ids: of the evidence that may be told, at least one.
            written: number of sentences that are written already.
            most: most sentences with those, more than `written`.
        """
        rules: list[str] = []
        facts, leads, verdicts = [], [], []
        supporting = [item for item in self.items if item.id in ids and item.stance == "supports"]
        weightiest = max((item.score for item in supporting), default=0.0)
        leading = {item.id for item in supporting if item.score >= _LEADING * weightiest}
        for number, item in enumerate(item for item in self.items if item.id in ids):
            cite = _quoted(f" [{item.id}].")
            facts.append(f"fact{number}")
            leads.append(f"lead{number}")
            if item.path is None:
                rules.append(f"fact{number} ::= [A-Z0-9] [^\\[\\]<>\\n\\r.!?]+ {cite}")
                rules.append(f"lead{number} ::= fact{number}")
                continue
            opener = '"However, "' if item.stance == "adverse" else "opener"
            rules += _chain_rules(number, item.path)
            rules.append(f'fact{number} ::= ({opener} latter | subject) " " also? path{number}x0 {cite}')
            rules.append(f'lead{number} ::= drug " " path{number}x0 {cite}')
            if item.id in leading and self.may_recommend:
                rules.append(f"verdict{number} ::= ({self._verdict(number, item)}) {cite}")
                verdicts.append(f"verdict{number}")
        further = ""
        for _ in range(most - written - 1):
            further = f'(" " fact {further})?'
        root = f'" " fact {further}' if written else f"first {further}"
        name = one_line(shown_name(self.drug.name))
        return "\n".join(
            (
                f"root ::= {root}",
                f"first ::= {' | '.join(verdicts or leads)}",
                f"fact ::= {' | '.join(facts)}",
                f"drug ::= {_quoted(capitalized(name))}",
                'subject ::= drug | "It" | "The drug"',
                f'latter ::= {_quoted(name)} | "it" | "the drug"',
                f"mechanism ::= {_alternatives(MECHANISM_HEDGES)}",
                f"analogy ::= {_alternatives((*ANALOGY_HEDGES, *WEAK_HEDGES))}",
                *_RULES,
                *rules,
                "",
            )
        )

    def _verdict(self, number: int, item: Evidence) -> str:
        """The patterns of a verdict that rests on an item: what is no mechanism is no reason either."""
        name, disease = (one_line(shown_name(one.name)) for one in (self.drug, self.disease))
        path, target = f"path{number}x0", _quoted(f" {disease}")
        is_mechanism = item.role == "mechanism"
        hedge = "mechanism" if is_mechanism else "analogy"
        subject = f"({_quoted(f'According to the evidence, {name}')} | drug)"
        patterns = [f'{subject} ", which " {path} ", " {hedge} {target}']
        if is_mechanism:
            patterns += [
                f'{_quoted(f"Because {name} ")} {path} ", it " {hedge} {target}',
                f'drug " " {path} so {hedge} {target}',
                f'(suggests {_quoted(f"{name} ")} | drug " ") {hedge} {target} since {path}',
            ]
        elif item.role == "analogy":
            patterns.append(f'drug " " {path} ", so by analogy it " {hedge} {target}')
        return " | ".join(patterns)


def _chain_rules(number: int, path: Path) -> list[str]:
    """Rules of a path as a predicate, one of each step: "inhibits B, which is linked to C"."""
    rules = []
    for index, step in enumerate(path.steps):
        node = path.nodes[index + 1]
        phrases = _alternatives(usable_phrases(step.relation, step.action, forward=step.forward))
        rule = f"path{number}x{index} ::= ({phrases}) {_quoted(f' {one_line(shown_name(node.name))}')}"
        if index + 1 < len(path.steps):
            joints = ["which ", *(f"{noun} that " for noun in _NOUNS.get(node.kind, ()))]
            if index + 2 == len(path.steps):
                joints.append("which in turn ")
            rule += f' ", " ({_alternatives(joints)}) path{number}x{index + 1}'
        rules.append(rule)
    return rules


def _alternatives(texts: Iterable[str]) -> str:
    return " | ".join(_quoted(text) for text in dict.fromkeys(texts))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
