"""Grammar of a rationale that goes along the evidence's paths.

A model that obeys it chooses which paths to tell, in which order, and the words of each link and of the
verdict. A path once begun goes on along itself in the schema's wordings, and its own id comes last: no name
is misspelt, and no link is told that the path doesn't have. Paths that differ in one node are told together
("inhibits A and B, each of which ..."), and a path that says little new isn't told (`path_groups`).
(Decoding inside a graph: Luo et al. 2024, arXiv:2410.13080.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import capitalized, one_line, shown_name
from kedrec.grounding.step_phrases import usable_phrases, with_also
from kedrec.grounding.verdict_words import ANALOGY_HEDGES, MECHANISM_HEDGES, WEAK_HEDGES
from kedrec.llm.prompting import MOST_SENTENCES
from kedrec.pathlogic.path_groups import PathGroup, path_groups

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
_OPENERS = (("In addition, ", "Moreover, "), ("Furthermore, ",), ("Finally, ",))
"""What the second, the third and the fourth sentence may begin with: none twice, and the last one last."""
_RULES = (
    'however ::= "However, " latter | subject',
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
        warning: id of the item that the first sentence tells where it may be no verdict, if it is among
            the items; "": any.
    """

    drug: Entity
    disease: Entity
    items: tuple[Evidence, ...]
    may_recommend: bool = True
    warning: str = ""

    def text(self, ids: Sequence[str], *, written: int = 0, most: int = MOST_SENTENCES) -> str:
        """GBNF of what may follow some sentences: up to four in all, each of another group.

        A text tells all supporting paths that it has sentences for: it is written in one go, since what is
        added afterwards costs reading the sentences before it again. Free words on a trial or an article are
        never required.

        Args:
            ids: of the evidence that may be told, at least one.
            written: number of sentences that are written already.
            most: most sentences with those, more than `written`.
        """
        rules: list[str] = []
        verdicts: list[int] = []
        openings: dict[int, str] = {}
        groups = self._groups(ids)
        weightiest = max((group.weight for group in groups if _supports(group)), default=0.0)
        for number, group in enumerate(groups):
            item = group.items[0]
            cite = _quoted(f" {''.join(f'[{one.id}]' for one in group.items)}.")
            if item.path is None:
                rules.append(f"fact{number} ::= [A-Z0-9] [^\\[\\]<>\\n\\r.!?]+ {cite}")
                rules.append(f"lead{number} ::= fact{number}")
                openings[number] = ""
                continue
            rules += _chain_rules(number, item.path, _names(group), group.differing)
            rules.append(f'fact{number} ::= " " (path{number}x0 | also{number}) {cite}')
            openings[number] = "however " if item.stance == "adverse" else "later{} "
            rules.append(f'lead{number} ::= drug " " path{number}x0 {cite}')
            if self.may_recommend and _supports(group) and group.weight >= _LEADING * weightiest:
                rules.append(f"verdict{number} ::= ({self._verdict(number, item)}) {cite}")
                verdicts.append(number)
        warned = [
            number for number in openings if any(one.id == self.warning for one in groups[number].items)
        ]
        if written:
            firsts = {
                number: f'" " {opening.format(written)}fact{number}' for number, opening in openings.items()
            }
        elif verdicts:
            firsts = {number: f"verdict{number}" for number in verdicts}
        else:
            firsts = {number: f"lead{number}" for number in warned or openings}
        required = frozenset(
            number for number in openings if _supports(groups[number]) and groups[number].items[0].path
        )
        name = one_line(shown_name(self.drug.name))
        return "\n".join(
            (
                *_order_rules(firsts, openings, required, written, most),
                f"drug ::= {_quoted(capitalized(name))}",
                'subject ::= drug | "It" | "The drug"',
                f'latter ::= {_quoted(name)} | "it" | "the drug"',
                f"mechanism ::= {_alternatives(MECHANISM_HEDGES)}",
                f"analogy ::= {_alternatives((*ANALOGY_HEDGES, *WEAK_HEDGES))}",
                *(
                    f"later{position} ::= ({_alternatives(words)}) latter | subject"
                    for position, words in enumerate(_OPENERS, 1)
                ),
                *_RULES,
                *rules,
                "",
            )
        )

    def _groups(self, ids: Sequence[str]) -> list[PathGroup]:
        """The groups of all items, of each the items with these ids; one an item if all say little new."""
        supporting = [item for item in self.items if item.stance == "supports"]
        others = [item for item in self.items if item.stance != "supports"]
        groups = []
        for group in (*path_groups(supporting), *path_groups(others)):
            items = tuple(item for item in group.items if item.id in ids)
            if items:
                groups.append(PathGroup(items, group.differing))
        return groups or [PathGroup((item,)) for item in self.items if item.id in ids]

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


def _order_rules(
    firsts: Mapping[int, str], openings: Mapping[int, str], required: Set[int], written: int, most: int
) -> list[str]:
    """Rules of the sentences' order, the root first: no group is told twice.

    The text ends where nothing required is left to tell, or with the most sentences.

    Args:
        firsts: the rule of a first sentence, by the number of its group.
        openings: what a later sentence begins with, by the number of its group, `{}` for the number of
            sentences before it.
        required: the groups that are told wherever there is room.
        written: number of sentences that are written already.
        most: most sentences with those.
    """
    rules: dict[str, str] = {}

    def rest(used: frozenset[int]) -> str:
        position = written + len(used)
        others = [number for number in openings if number not in used]
        if position == most or not others:
            return ""
        name = f"after{'x'.join(map(str, sorted(used)))}"
        if name not in rules:
            choices = (
                f'" " {openings[number].format(position)}fact{number}{rest(used | {number})}'
                for number in others
            )
            rules[name] = " | ".join(choices)
        return f" ({name})" if required - used else f" ({name})?"

    root = " | ".join(f"{rule}{rest(frozenset({number}))}" for number, rule in firsts.items())
    return [f"root ::= {root}", *(f"{name} ::= {rule}" for name, rule in rules.items())]


def _supports(group: PathGroup) -> bool:
    return group.items[0].stance == "supports"


def _names(group: PathGroup) -> list[str]:
    """The names of the node in which the group's paths differ: two or three, or none for one path."""
    if len(group.items) == 1:
        return []
    nodes = [item.path.nodes[group.differing] for item in group.items if item.path]
    return [one_line(shown_name(node.name)) for node in nodes]


def _chain_rules(number: int, path: Path, names: Sequence[str], differing: int) -> list[str]:
    """Rules of a path as a predicate, one of each step: "inhibits B, which is linked to C"; and with "also".

    Args:
        number: part of the rules' names.
        path: the path.
        names: told in place of the name of the node at index `differing`; none: that one's own.
        differing: the node's index.
    """
    rules = []
    for index, step in enumerate(path.steps):
        node = path.nodes[index + 1]
        is_list = bool(names) and index + 1 == differing
        name = _joined(names) if is_list else one_line(shown_name(node.name))
        phrases = usable_phrases(step.relation, step.action, forward=step.forward, kind=node.kind)
        rest = _quoted(f" {name}")
        if index + 1 < len(path.steps):
            joints = ["each of which "] if is_list else ["which "]
            if not is_list:
                following = path.steps[index + 1].relation
                # Calcium may be a node of kind Drug, and isn't one where it relaxes a muscle.
                if node.kind != "Drug" or following == "TREATS":
                    joints += [f"{noun} that " for noun in _NOUNS.get(node.kind, ())]
                if index + 2 == len(path.steps):
                    joints.append("which in turn ")
            rest += f' ", " ({_alternatives(joints)}) path{number}x{index + 1}'
        rules.append(f"path{number}x{index} ::= ({_alternatives(phrases)}) {rest}")
        if index == 0:
            rules.append(f"also{number} ::= ({_alternatives(map(with_also, phrases))}) {rest}")
    return rules


def _joined(names: Sequence[str]) -> str:
    """A list of two or three names; without commas where a name has one."""
    if any("," in name for name in names):
        return " and ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _alternatives(texts: Iterable[str]) -> str:
    return " | ".join(_quoted(text) for text in dict.fromkeys(texts))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
