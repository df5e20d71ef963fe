"""Rules by which a source's words for a link become relations of the schema, as its declaration says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedrec.errors import AssetError

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.schema import Schema

__all__ = ["Rule", "first_rule", "read_rules", "relation_rules"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One relation that a word may mean.

    Attributes:
        start, end: kinds of the link's source and target that it is for; any where empty.
        reverse: whether the edge runs from the link's target to its source.
        allowed: pairs of kinds that the relation may join.
    """

    relation: str
    action: str
    start: frozenset[str]
    end: frozenset[str]
    reverse: bool
    allowed: frozenset[tuple[str, str]]

    def fits(self, start: str, end: str) -> bool:
        """Whether the rule takes a link between these kinds."""
        if (self.start and start not in self.start) or (self.end and end not in self.end):
            return False
        return ((end, start) if self.reverse else (start, end)) in self.allowed


def _rule(fields: dict[str, Any], schema: Schema) -> Rule:
    relation = schema.relations[fields["relation"]]
    allowed = set(relation.pairs)
    if relation.symmetric:
        allowed |= {pair[::-1] for pair in allowed}
    return Rule(
        relation=relation.name,
        action=fields.get("action", ""),
        start=frozenset(fields.get("start", ())),
        end=frozenset(fields.get("end", ())),
        reverse=fields.get("reverse", False),
        allowed=frozenset(allowed),
    )


def read_rules(source: Source, schema: Schema) -> dict[str, list[Rule]]:
    """The rules of each word under `predicates` in a source's declaration.

    Raises:
        AssetError: the declaration names what the schema hasn't.
    """
    try:
        return {
            word: [_rule(fields, schema) for fields in rules]
            for word, rules in source.mapping["predicates"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise AssetError(
            f"loaders/{source.name}.yaml is damaged: {error!r}.", "Install the package again."
        ) from error


def relation_rules(schema: Schema) -> dict[str, list[Rule]]:
    """The schema's own relations as words that mean themselves."""
    return {name: [_rule({"relation": name}, schema)] for name in schema.relations}


def first_rule(rules: dict[str, list[Rule]], word: str, kinds: tuple[str, str]) -> tuple[Rule | None, str]:
    """The first rule of a word that fits, or why there is none."""
    if word not in rules:
        return None, "unknown predicate"
    found = next((rule for rule in rules[word] if rule.fits(*kinds)), None)
    return found, "" if found else "predicate without a place between these kinds"
