"""Finds drugs' treatments of the kinds of a disease, and of the diseases that it is a kind of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.hierarchy import diseases_below
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_between_with_role
from kedrec.types import RelatedTreatment

if TYPE_CHECKING:
    from typing import Literal

    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["RelatedTreatments"]


class RelatedTreatments:
    """Treatments of narrower and broader diseases in one graph.

    Args:
        store: the graph.
        names: its entities' names.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, names: NameIndex, adjacency: Adjacency) -> None:
        self._store = store
        self._names = names
        self._adjacency = adjacency
        self._disease = ""
        self._near: dict[int, tuple[Literal["narrower", "broader"], int]] = {}

    def find(self, drug: str, disease: str) -> tuple[RelatedTreatment, ...]:
        """The diseases near a disease that a drug is known to treat.

        Near are those below it in the hierarchy, over any number of steps, and those one step above it: what
        treats a far broader disease treats some kind of it.

        Args:
            drug, disease: their ids.

        Returns:
            The narrower ones first, each by its steps, then by its name.
        """
        number = self._adjacency.number("Drug", drug)
        if number is None or not self._adjacency.has_table(TREATS):
            return ()
        if disease != self._disease:
            self._near, self._disease = self._near_diseases(disease), disease
        treated = [
            (*self._near[other], self._names.entity(self._adjacency.node_id("Disease", other), "Disease"))
            for other in self._adjacency.incidence(TREATS).row(number).tolist()
            if other in self._near
        ]
        if not treated:
            return ()
        ids = [entity.id for _, _, entity in treated]
        sources: dict[str, set[str]] = {id_: set() for id_ in ids}
        for row in edges_between_with_role(self._store, "treatment", ("Drug", "Disease"), [drug], ids):
            sources[row["end_id"]].add(row["edge"]["source"])
        treated.sort(key=lambda item: (item[0] != "narrower", item[1], item[2].name, item[2].id))
        return tuple(
            RelatedTreatment(disease=entity, scope=scope, sources=tuple(sorted(sources[entity.id])))
            for scope, _, entity in treated
        )

    def _near_diseases(self, disease: str) -> dict[int, tuple[Literal["narrower", "broader"], int]]:
        """Number of each disease near one, with its scope and steps."""
        number = self._adjacency.number("Disease", disease)
        if number is None:
            return {}
        near: dict[int, tuple[Literal["narrower", "broader"], int]] = {}
        for relation in load_schema().joining("hierarchy", "Disease", "Disease"):
            table = (relation, "Disease", "Disease")
            if self._adjacency.has_table(table):
                above = self._adjacency.incidence(table).row(number).tolist()
                near |= dict.fromkeys(above, ("broader", 1))
        for steps, below in diseases_below(self._adjacency, number):
            near[below] = ("narrower", steps)
        near.pop(number, None)
        return near
