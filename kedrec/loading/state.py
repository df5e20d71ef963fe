"""State of each source in the graph's metadata: progress of its load, and its settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kedrec.loading.sources import Source

__all__ = ["UNFINISHED_ADVICE", "SourceState", "source_states", "unfinished_source_advice"]

_PREFIX = "source:"
UNFINISHED_ADVICE = {
    "loading": "half-loaded, load it again or remove it",
    "removing": "half-removed, remove it again or load it",
}
"""Advice to the user about a source in a state other than `loaded`."""
State = Literal["loading", "loaded", "removing"]


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source of a graph.

    Attributes:
        state: `loaded`; `loading` or `removing` from the first write to the last, and after a crash.
        title, version, licence: from its declaration.
        names: values of `source` on its edges: its own name, and those in a user's tables.
        pairs: tables that its edges were written to, as `RELATION/Start/End`; another source may have moved
            some of them to tables of kinds of the same families since.
        known: True if its edges may end at nodes that only other sources bring.
        same_names: kinds whose nodes were joined by name.
        licences: uses or licences that its edges were filtered by; empty if all were loaded.
        nodes, edges: number of nodes and edges that it brought.
        writes: number of writes, so that results cached by the graph's facts become invalid.
    """

    state: State
    title: str = ""
    version: str = ""
    licence: str = ""
    names: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    known: bool = False
    same_names: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    nodes: int = 0
    edges: int = 0
    writes: str = "0"

    def fact(self, source: str) -> dict[str, str]:
        """Formats the state as an entry of the graph's metadata."""
        return {_PREFIX + source: json.dumps(asdict(self), sort_keys=True)}

    @classmethod
    def of(cls, source: Source, licences: tuple[str, ...]) -> SourceState:
        """Initial state of a source that is being loaded."""
        return cls(
            state="loading",
            title=source.title,
            version=source.version,
            licence=source.licence,
            names=(source.name,),
            known=source.known,
            same_names=source.same_names,
            licences=licences,
        )


def source_states(facts: Mapping[str, str]) -> dict[str, SourceState]:
    """Reads the state of every source from the graph's metadata, by name."""
    states = {}
    for key, value in sorted(facts.items()):
        if key.startswith(_PREFIX):
            name, fields = key.removeprefix(_PREFIX), json.loads(value)
            lists = {
                field: tuple(fields.get(field, ())) for field in ("names", "pairs", "same_names", "licences")
            }
            values = {field: fields[field] for field in SourceState.__slots__ if field in fields}
            state = SourceState(**{**values, **lists})
            states[name] = state if state.names else SourceState(**{**values, **lists, "names": (name,)})
    return states


def unfinished_source_advice(facts: Mapping[str, str]) -> dict[str, str]:
    """Advice about each source whose load or removal is unfinished, by name."""
    states = source_states(facts)
    return {
        name: UNFINISHED_ADVICE[state.state]
        for name, state in states.items()
        if state.state in UNFINISHED_ADVICE
    }
