"""Rules in a source's declaration that map its predicates to relations of the schema."""

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
    """One relation that a predicate may be mapped to.

    Attributes:
        start, end: kinds of the link's source and target that the rule applies to; any kind if empty.
        reverse: True if the edge runs from the link's target to its source.
        allowed: pairs of kinds that the relation may join.
    """

    relation: str
    action: str
    start: frozenset[str]
    end: frozenset[str]
    reverse: bool
    allowed: frozenset[tuple[str, str]]

    def fits(self, start: str, end: str) -> bool:
        """True if the rule applies to a link between these kinds."""
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
    """Reads the rules of each predicate in a source's declaration.

    Raises:
        AssetError: the declaration names a relation that the schema lacks.
    """
    try:
        return {
            predicate: [_rule(fields, schema) for fields in rules]
            for predicate, rules in source.mapping["predicates"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise AssetError(
            f"loaders/{source.name}.yaml is damaged: {error!r}.", "Install the package again."
        ) from error


def relation_rules(schema: Schema) -> dict[str, list[Rule]]:
    """Rules that map the names of the schema's relations to themselves."""
    return {name: [_rule({"relation": name}, schema)] for name in schema.relations}


def first_rule(
    rules: dict[str, list[Rule]], predicate: str, kinds: tuple[str, str]
) -> tuple[Rule | None, str]:
    """Finds the first rule of a predicate that fits, or the reason why there is none."""
    if predicate not in rules:
        return None, "unknown predicate"
    rule = next((rule for rule in rules[predicate] if rule.fits(*kinds)), None)
    return rule, "" if rule else "predicate without a place between these kinds"
