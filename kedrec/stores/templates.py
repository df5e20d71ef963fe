"""Reads the Cypher statements in `cypher/`, one per file, and their heads.

A head is the block of `// key: value` comments that opens the file. A path template's head:

    // name: drug-binds-gene-disease
    // says: {drug} {binds} {gene}, which {assoc} {disease}
    // metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease
    // stance: supports

`metapath` alternates kinds and relations, from the drug to the disease; `<` before a relation means that
the stored edge points against the path's direction. `says` names the variables of the statement:
`{drug}`, `{gene}` are the nodes and `{binds}`, `{assoc}` the steps between them, in path order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

from kedrec.common.assets import asset_path, list_assets
from kedrec.errors import AssetError
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Hop", "PathTemplate", "Template", "load_template", "metapath_kinds", "path_templates"]

_HEAD = re.compile(r"^//\s*(\w+):\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Template:
    """One Cypher statement: its name (path under `cypher/` without suffix), head and text."""

    name: str
    head: dict[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a metapath: the relation, the direction of the stored edge, and the kind reached.

    `forward` is True if the stored edge points along the path.
    """

    relation: str
    forward: bool
    kind: str


@dataclass(frozen=True)
class PathTemplate:
    """A multi-hop template from a drug to a disease.

    Attributes:
        name: file name without suffix; `paths/<name>` runs it.
        hops: the steps from the drug; the last reaches the disease.
        node_variables, step_variables: names in the statement's RETURN, in path order
            (n + 1 nodes, n steps).
        stance: `supports`, or `adverse` for evidence against.
        says: the sentence pattern.
    """

    name: str
    metapath: str
    hops: tuple[Hop, ...]
    node_variables: tuple[str, ...]
    step_variables: tuple[str, ...]
    stance: Literal["supports", "adverse"]
    says: str
    text: str

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds along the path, from Drug to Disease."""
        return metapath_kinds(self.hops)


def metapath_kinds(hops: Sequence[Hop]) -> tuple[str, ...]:
    """The kinds along a metapath, from Drug to Disease."""
    return ("Drug", *(hop.kind for hop in hops))


def _parse(name: str, text: str) -> Template:
    head: dict[str, str] = {}
    for line in text.splitlines():
        match = _HEAD.match(line)
        if match is None:
            break
        head[match[1]] = match[2].strip()
    return Template(name, head, text)


@cache
def load_template(name: str, engine: str = "") -> Template:
    """A template by its path under `cypher/` without suffix.

    A file of the same name under the engine's folder (`cypher/write/neo4j/put-nodes.cypher`) has
    precedence over the common one.

    Raises:
        AssetError: there is no such template.
    """
    folder, _, stem = name.rpartition("/")
    if engine:
        engine_file = asset_path("cypher") / folder / engine / f"{stem}.cypher"
        if engine_file.is_file():
            return _parse(name, engine_file.read_text(encoding="utf-8"))
    return _parse(name, asset_path(f"cypher/{name}.cypher").read_text(encoding="utf-8"))


def parse_path_template(template: Template) -> PathTemplate:
    """The path template declared in a file's head.

    Raises:
        AssetError: the head is incomplete, or the metapath isn't one of the schema.
    """

    def head_error(message: str) -> AssetError:
        return AssetError(f"cypher/{template.name}.cypher: {message}.", "Correct the file's head.")

    missing = {"name", "says", "metapath"} - template.head.keys()
    if missing:
        raise head_error(f"the head lacks {sorted(missing)}")
    words = template.head["metapath"].replace("<", " < ").split()
    kinds, hops, forward, relation = [words[0]], [], True, ""
    schema = load_schema()
    for word in words[1:]:
        if word == "<":
            forward = False
        elif word in schema.relations:
            relation = word
        elif word in schema.kinds and relation:
            pair = (kinds[-1], word) if forward else (word, kinds[-1])
            definition = schema.relations[relation]
            reverse = pair[::-1] if definition.symmetric else pair
            if pair not in definition.pairs and reverse not in definition.pairs:
                raise head_error(f"the schema has no {relation} from {pair[0]} to {pair[1]}")
            hops.append(Hop(relation, forward, word))
            kinds.append(word)
            forward, relation = True, ""
        else:
            raise head_error(f"the metapath has {word!r} where it can't be read")
    variables = tuple(re.findall(r"\{(\w+)\}", template.head["says"]))
    if len(variables) != 2 * len(hops) + 1:
        raise head_error(f"'says' must name {2 * len(hops) + 1} variables in path order")
    stance = template.head.get("stance", "supports")
    if stance not in ("supports", "adverse"):
        raise head_error(f"stance {stance!r} is neither supports nor adverse")
    return PathTemplate(
        name=template.head["name"],
        metapath=template.head["metapath"],
        hops=tuple(hops),
        node_variables=variables[0::2],
        step_variables=variables[1::2],
        stance=stance,  # type: ignore[arg-type]  # checked just above
        says=template.head["says"],
        text=template.text,
    )


@cache
def path_templates() -> tuple[PathTemplate, ...]:
    """Every template of `cypher/paths/`, sorted by name."""
    return tuple(
        parse_path_template(load_template(f"paths/{path.stem}"))
        for path in list_assets("cypher/paths", ".cypher")
    )
