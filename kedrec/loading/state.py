"""What the graph's facts say of each source: how far its load is, and what it needs to be loaded again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kedrec.loading.sources import Source

__all__ = ["UNFINISHED", "SourceState", "half_loaded", "source_states"]

_PREFIX = "source:"
UNFINISHED = {
    "loading": "half-loaded, load it again or remove it",
    "removing": "half-removed, remove it again or load it",
}
"""What to tell of a source in a state that isn't `loaded`."""
State = Literal["loading", "loaded", "removing"]


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source of a graph.

    Attributes:
        state: `loaded`; `loading` or `removing` from the first write to the last, and after a crash.
        title, version, licence: as its declaration said.
        names: values of `source` on its edges; its own name, and those that a user's tables give.
        pairs: tables that its edges were written to, as `RELATION/Start/End`; another source may have moved
            some of them to tables of kinds of the same families since.
        known: whether its edges may end at nodes that only other sources bring.
        same_names: kinds whose nodes were joined by name.
        licences: uses or licences that its edges were chosen by; none where all were loaded.
        nodes, edges: what it brought.
        writes: how often it was written; what is computed from a graph is kept by its facts.
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
        """The state as a fact of the graph's metadata."""
        return {_PREFIX + source: json.dumps(asdict(self), sort_keys=True)}

    @classmethod
    def of(cls, source: Source, licences: tuple[str, ...]) -> SourceState:
        """A source that begins to be loaded."""
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
    """Every source that the facts tell of, by name."""
    states = {}
    for key, value in sorted(facts.items()):
        if key.startswith(_PREFIX):
            name, said = key.removeprefix(_PREFIX), json.loads(value)
            words = {
                field: tuple(said.get(field, ())) for field in ("names", "pairs", "same_names", "licences")
            }
            rest = {field: said[field] for field in SourceState.__slots__ if field in said}
            state = SourceState(**{**rest, **words})
            states[name] = state if state.names else SourceState(**{**rest, **words, "names": (name,)})
    return states


def half_loaded(facts: Mapping[str, str]) -> dict[str, str]:
    """What to tell of each source whose load or removal hasn't come to its end, by name."""
    states = source_states(facts)
    return {name: UNFINISHED[one.state] for name, one in states.items() if one.state in UNFINISHED}
