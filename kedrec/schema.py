"""Reads `graph/schema.yaml`: kinds, relations, wording, id prefixes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml

from kedrec.common.assets import asset_text
from kedrec.errors import AssetError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster, where built in

__all__ = ["Action", "Kind", "Relation", "Schema", "Stated", "load_schema", "parse_schema"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of node: its label, metapath abbreviation, noun and id prefixes (preferred first)."""

    name: str
    abbreviation: str
    noun: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """Wordings that say more than their relation, and what an edge must say for them to be true.

    Attributes:
        paraphrases, inverse_paraphrases: the wordings.
        evidence: terms, in lower case, of which the edge's `evidence` must hold one.
        signed: whether an action with a sign will do as well.
    """

    paraphrases: tuple[str, ...]
    inverse_paraphrases: tuple[str, ...]
    evidence: tuple[str, ...]
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """The wording of a relation, or of one value of its edges' `action`.

    Attributes:
        phrase: "START phrase END" is a sentence.
        inverse: "END inverse START" is the same sentence.
        sign: +1, -1 or 0: what more of START means for END.
        paraphrases, inverse_paraphrases: other wordings that say no more.
        stated: wordings that say more, true of some edges.
    """

    phrase: str
    inverse: str
    sign: Literal[-1, 0, 1]
    paraphrases: tuple[str, ...] = ()
    inverse_paraphrases: tuple[str, ...] = ()
    stated: tuple[Stated, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of edge.

    Attributes:
        pairs: allowed (start kind, end kind), in the order of the schema, without repeats.
        wording: how the relation reads where an edge has no action, or one without wording.
        actions: wording by action.
        effect: what it says of a drug for a disease: benefit, harm or none.
    """

    name: str
    abbreviation: str
    pairs: tuple[tuple[str, str], ...]
    symmetric: bool
    wording: Action
    actions: dict[str, Action]
    effect: Literal["benefit", "harm", "none"]

    def worded(self, action: str = "") -> Action:
        """The wording for an edge's action; the relation's own where the action has none."""
        return self.actions.get(action, self.wording)


@dataclass(frozen=True, slots=True)
class Schema:
    """The whole definition. `version` changes when a graph written before can't be read any more."""

    version: int
    kinds: dict[str, Kind]
    relations: dict[str, Relation]
    prefixes: dict[str, str]

    def url(self, curie: str) -> str:
        """The page of a CURIE or URL; "" where its vocabulary has none."""
        if curie.startswith("https://"):
            return curie
        prefix, _, local = curie.partition(":")
        return self.prefixes.get(prefix, "").replace("{id}", local)


def _action(fields: dict[str, Any]) -> Action:
    return Action(
        phrase=fields["phrase"],
        inverse=fields["inverse"],
        sign=fields["sign"],
        paraphrases=tuple(fields.get("paraphrases", ())),
        inverse_paraphrases=tuple(fields.get("inverse_paraphrases", ())),
        stated=tuple(
            Stated(
                paraphrases=tuple(one.get("paraphrases", ())),
                inverse_paraphrases=tuple(one.get("inverse_paraphrases", ())),
                evidence=tuple(term.lower() for term in one["evidence"]),
                signed=one.get("signed", False),
            )
            for one in fields.get("stated", ())
        ),
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
        wording=_action(fields),
        actions={action: _action(words) for action, words in fields.get("actions", {}).items()},
        effect=fields.get("effect", "none"),
    )


def parse_schema(text: str) -> Schema:
    """A schema from the text of a `schema.yaml`.

    The file is taken to follow `graph/schema.schema.json`, which the tests check; here only what
    would break later is: that every pair names kinds that exist.

    Raises:
        AssetError: the text is not such a schema.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # both are safe loaders
        kinds = {
            name: Kind(name, fields["abbreviation"], fields["noun"], tuple(fields["prefixes"]))
            for name, fields in document["kinds"].items()
        }
        relations = {name: _relation(name, fields) for name, fields in document["relations"].items()}
        prefixes = {name: fields.get("url", "") for name, fields in document["prefixes"].items()}
        version = int(document["version"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetError(f"graph/schema.yaml is damaged: {error!r}.", "Install the package again.") from error
    for relation in relations.values():
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
    """The JSON Schema that a `schema.yaml` must satisfy."""
    loaded: dict[str, Any] = json.loads(asset_text("graph/schema.schema.json"))
    return loaded
