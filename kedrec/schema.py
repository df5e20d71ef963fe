"""Reads `graph/schema.yaml`: kinds, relations, wording, id prefixes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

import yaml

from kedrec.common.assets import asset_text
from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError

__all__ = [
    "TARGET_KINDS",
    "ConditionalWording",
    "Kind",
    "Relation",
    "Role",
    "Schema",
    "Wording",
    "load_schema",
    "parse_schema",
]

TARGET_KINDS = ("Gene", "GeneFamily", "Complex")
"""Kinds of nodes that a drug acts on as a target."""
Role = Literal[
    "treatment",
    "palliation",
    "contraindication",
    "stopped trial",
    "target",
    "expression change",
    "disease gene",
    "interaction",
    "regulation",
    "covariation",
    "participation",
    "resemblance",
    "symptom",
    "site",
    "expression",
    "side effect",
    "class",
    "hierarchy",
    "study",
    "effect",
    "correlation",
    "contribution",
    "location",
    "metabolism",
]
"""Statement of a relation; code asks the schema for relations by it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of node: its label, metapath abbreviation, noun and id prefixes (preferred first).

    Attributes:
        distinct: prefixes of which no entity has two ids.
        names: prefixes whose vocabularies' own wordings name a node, the best first.
    """

    name: str
    abbreviation: str
    noun: str
    prefixes: tuple[str, ...]
    distinct: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionalWording:
    """Wordings more specific than their relation, and the condition on an edge for their use.

    Attributes:
        paraphrases, inverse_paraphrases: the wordings.
        evidence: terms, in lower case, of which the edge's `evidence` must contain one.
        signed: True if an action with a sign fulfils the condition too.
    """

    paraphrases: tuple[str, ...]
    inverse_paraphrases: tuple[str, ...]
    evidence: tuple[str, ...]
    accepts_signed_action: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """The wording of a relation, or of one value of its edges' `action`.

    Attributes:
        phrase: "START phrase END" is a sentence.
        inverse: "END inverse START" is the same sentence.
        sign: direction of the effect of more START on END: +1, -1 or 0.
        tone_dependent: whether the effect may have the opposite sign too, by the activity that the end has
            without it.
        paraphrases, inverse_paraphrases: wordings of the same meaning.
        conditional_wordings: more specific wordings, true of some edges.
        general: of a relation: True if its wording is true of every action too; of an action: True unless the
            relation's wording isn't true of it.
    """

    phrase: str
    inverse: str
    sign: Literal[-1, 0, 1]
    paraphrases: tuple[str, ...] = ()
    inverse_paraphrases: tuple[str, ...] = ()
    conditional_wordings: tuple[ConditionalWording, ...] = ()
    general: bool = False
    tone_dependent: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of edge.

    Attributes:
        pairs: allowed (start kind, end kind), distinct, in the order of the schema.
        wording: wording of an edge without an action, or with one that has no wording.
        actions: wording by action.
        role: what it states; None for a mere link.
        preserving: whether an effect on one end is an effect of the same sign on the other.
    """

    name: str
    abbreviation: str
    pairs: tuple[tuple[str, str], ...]
    symmetric: bool
    wording: Wording
    actions: dict[str, Wording]
    role: Role | None = None
    preserving: bool = False

    @property
    def is_care(self) -> bool:
        """True for a treatment or a palliation."""
        return self.role in {"treatment", "palliation"}

    def wording_for(self, action: str = "") -> Wording:
        """The wording of an edge's action, or the relation's own if the action has none."""
        return self.actions.get(action, self.wording)


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of the graph. `version` changes when graphs of the version before become unreadable."""

    version: int
    kinds: dict[str, Kind]
    relations: dict[str, Relation]
    prefixes: dict[str, str]

    def with_role(self, *roles: Role) -> tuple[str, ...]:
        """Names of the relations with one of the roles, in the order of the schema."""
        return tuple(name for name, relation in self.relations.items() if relation.role in roles)

    def joining(self, role: Role, start: str, end: str) -> tuple[str, ...]:
        """Names of the relations of a role from one kind to another, in the order of the schema."""
        return tuple(name for name in self.with_role(role) if (start, end) in self.relations[name].pairs)

    def url(self, curie: str) -> str:
        """The web page of a CURIE or URL; "" if its vocabulary has none."""
        if curie.startswith("https://"):
            return curie
        prefix, _, local = curie.partition(":")
        return self.prefixes.get(prefix, "").replace("{id}", local)


def _wording(fields: dict[str, Any], *, general: bool) -> Wording:
    return Wording(
        phrase=fields["phrase"],
        inverse=fields["inverse"],
        sign=fields["sign"],
        paraphrases=tuple(fields.get("paraphrases", ())),
        inverse_paraphrases=tuple(fields.get("inverse_paraphrases", ())),
        conditional_wordings=tuple(
            ConditionalWording(
                paraphrases=tuple(wording.get("paraphrases", ())),
                inverse_paraphrases=tuple(wording.get("inverse_paraphrases", ())),
                evidence=tuple(term.lower() for term in wording["evidence"]),
                accepts_signed_action=wording.get("signed", False),
            )
            for wording in fields.get("stated", ())
        ),
        general=fields.get("general", general),
        tone_dependent=fields.get("tone_dependent", False),
    )


def _relation(name: str, fields: dict[str, Any]) -> Relation:
    pairs = dict.fromkeys(
        (start, end) for pair in fields["pairs"] for start in pair["start"] for end in pair["end"]
    )
    return Relation(
        name=name,
        abbreviation=fields["abbreviation"],
        pairs=tuple(pairs),
        symmetric=fields.get("symmetric", False),
        wording=_wording(fields, general=False),
        actions={
            action: _wording(words, general=True) for action, words in fields.get("actions", {}).items()
        },
        role=fields.get("role"),
        preserving=fields.get("preserving", False),
    )


def parse_schema(text: str) -> Schema:
    """Parses the text of a `schema.yaml`.

    The tests check the file against `graph/schema.schema.json`; this function only checks that the kinds of
    every pair exist.

    Raises:
        AssetError: the text is not such a schema.
    """
    try:
        document = load_yaml(text)
        kinds = {
            name: Kind(
                name,
                fields["abbreviation"],
                fields["noun"],
                tuple(fields["prefixes"]),
                tuple(fields.get("distinct", ())),
                tuple(fields.get("names", ())),
            )
            for name, fields in document["kinds"].items()
        }
        relations = {name: _relation(name, fields) for name, fields in document["relations"].items()}
        prefixes = {name: fields.get("url", "") for name, fields in document["prefixes"].items()}
        version = int(document["version"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetError(f"graph/schema.yaml is damaged: {error!r}.", "Install the package again.") from error
    for relation in relations.values():
        if relation.role not in (None, *get_args(Role)):
            raise AssetError(
                f"graph/schema.yaml: {relation.name} has the unknown role '{relation.role}'.",
                f"Give one of: {', '.join(get_args(Role))}.",
            )
        unknown = {kind for pair in relation.pairs for kind in pair} - kinds.keys()
        if unknown:
            raise AssetError(
                f"graph/schema.yaml: {relation.name} names unknown kinds {sorted(unknown)}.",
                "Declare them under 'kinds'.",
            )
    return Schema(version, kinds, relations, prefixes)


@cache
def load_schema() -> Schema:
    """The schema that ships with KEDRec."""
    return parse_schema(asset_text("graph/schema.yaml"))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `schema.yaml`."""
    document: dict[str, Any] = json.loads(asset_text("graph/schema.schema.json"))
    return document
