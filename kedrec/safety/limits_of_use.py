"""Finds limits of a drug's use that a ranking by likeness doesn't see.

- `label-warning`: a warning says that the drug worsens the disease, or one that it is a kind of: see
  `stated_worsening`.
- `cancer-drug`: three quarters or more of what the drug is known to treat are neoplasms, the disease is none,
  and no drug that is known to treat it is such a one. A cytotoxic drug ranks high wherever a disease shares
  genes with a tumour.
- `other-protein`: the drug supplies an enzyme or a clotting factor that another disease lacks. Its relatives
  share symptoms, a class and the reactions that follow, and lack another protein (haemophilia A and B).
- `excess`: a source states that the disease has more of the very substance that the drug is, as
  phenylketonuria has of phenylalanine.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from kedrec.grounding import verdict_words
from kedrec.pathlogic.signs import action_signs
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.hierarchy import diseases_below
from kedrec.safety.stated_worsening import stated_worsening
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_between_with_role
from kedrec.types import LimitOfUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore
    from kedrec.types import Entity

__all__ = ["LimitsOfUse"]

_NEOPLASMS = ("DOID:14566", "DOID:162", "MONDO:0005070", "MONDO:0004992", "MESH:D009369")
"""Ids of "neoplasm" and "cancer"; what is below either of them is a neoplasm."""
_SUPPLIED_CLASS = re.compile(r"\bATC (?:A16AB|B02BD)\b")
"""Classes of the ATC whose drugs supply a protein: enzymes for the metabolism, blood coagulation factors."""
_SUPPLIED_NAME = re.compile(
    r"(?P<stem>octocog|nonacog|eptacog|tridecacog|glucerase|galsidase|glucosidase)\b"
    r"|(?:cog|sulfase|ronidase)\b|\bfactor (?:[IVX]+|[0-9]+)a?\b|\banti-?ha?emophilic factor\b",
    re.IGNORECASE,
)
"""Names of such drugs: clotting factors, and stems of the WHO's international nonproprietary names. Those of
the group `stem` are of one protein each."""
_MIN_NEOPLASM_SHARE = 0.75
"""Least share of neoplasms among what a cancer drug is known to treat."""


class LimitsOfUse:
    """Limits of the use of drugs in one graph.

    Args:
        store: the graph.
        names: its entities' names.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, names: NameIndex, adjacency: Adjacency) -> None:
        self._store = store
        self._names = names
        self._adjacency = adjacency

    @cached_property
    def _neoplasms(self) -> frozenset[int]:
        """Numbers of the neoplasms; none in a graph whose hierarchy doesn't have them."""
        roots = [self._adjacency.number("Disease", id_) for id_ in _NEOPLASMS]
        present = [root for root in roots if root is not None]
        below = {number for root in present for _, number in diseases_below(self._adjacency, root)}
        return frozenset(below and below.union(present))

    def find(self, drug: Entity, disease: Entity, *, own_hidden: bool = False) -> tuple[LimitOfUse, ...]:
        """The limits of a drug's use in a disease that it isn't known to treat; () for a known treatment.

        Args:
            drug, disease: the pair.
            own_hidden: look as if the drug weren't known to treat the disease.
        """
        drug_number = self._adjacency.number("Drug", drug.id)
        number = self._adjacency.number("Disease", disease.id)
        if drug_number is None or number is None:
            return ()
        treated = self._treated(drug_number) - ({number} if own_hidden else set())
        if number in treated:
            return ()
        fellows = self._adjacency.incidence(TREATS).back_row(number).tolist() if self._has_treatments else []
        fellows = [fellow for fellow in fellows if fellow != drug_number]
        limits: list[LimitOfUse] = []
        if worsening := stated_worsening(self._store, self._adjacency, drug_number, number):
            warned = self._names.entity(worsening.disease, "Disease")
            sentence = verdict_words.label_warning(drug.name, warned.name, worsening.words)
            limits.append(LimitOfUse(kind="label-warning", sentence=sentence, diseases=(warned,)))
        if self._is_cancer_drug(treated) and not self._cancer_drugs_treat(number, fellows):
            neoplasms = self._diseases(treated & self._neoplasms)
            listed = [entity.name for entity in neoplasms]
            sentence = verdict_words.cancer_drug(drug.name, disease.name, listed, len(treated))
            limits.append(LimitOfUse(kind="cancer-drug", sentence=sentence, diseases=neoplasms))
        if self._supplies_another_protein(drug, drug_number, number, treated, fellows):
            diseases = self._diseases(treated)
            sentence = verdict_words.other_protein(
                drug.name, disease.name, [entity.name for entity in diseases]
            )
            limits.append(LimitOfUse(kind="other-protein", sentence=sentence, diseases=diseases))
        if sources := self._excess(drug, disease, number):
            sentence = verdict_words.excess(drug.name, disease.name, sorted(sources))
            limits.append(LimitOfUse(kind="excess", sentence=sentence))
        return tuple(limits)

    def _diseases(self, numbers: frozenset[int]) -> tuple[Entity, ...]:
        ids = [self._adjacency.node_id("Disease", number) for number in numbers]
        entities = [self._names.entity(id_, "Disease") for id_ in ids]
        return tuple(sorted(entities, key=lambda entity: (entity.name, entity.id)))

    @property
    def _has_treatments(self) -> bool:
        return self._adjacency.has_table(TREATS)

    def _treated(self, drug: int) -> frozenset[int]:
        if not self._has_treatments:
            return frozenset()
        return frozenset(self._adjacency.incidence(TREATS).row(drug).tolist())

    def _is_cancer_drug(self, treated: frozenset[int]) -> bool:
        return bool(treated) and len(treated & self._neoplasms) >= _MIN_NEOPLASM_SHARE * len(treated)

    def _cancer_drugs_treat(self, disease: int, treatments: Sequence[int]) -> bool:
        """True for a neoplasm, and where a drug treats the disease that is otherwise one for them."""
        if disease in self._neoplasms:
            return True
        others = (self._treated(drug) - {disease} for drug in treatments)
        return any(self._is_cancer_drug(other) for other in others)

    def _supplies_another_protein(
        self, drug: Entity, number: int, disease: int, treated: frozenset[int], fellows: Sequence[int]
    ) -> bool:
        """True for a drug that supplies a protein, where nothing says that the disease lacks this one.

        What says so is a treatment of a narrower or broader disease, or a treatment of the disease that
        resembles the drug or has the same stem in its name.
        """
        stems = self._protein_stems(drug)
        if not stems and not self._is_of_supplied_class(number):
            return False
        near = {other for _, other in diseases_below(self._adjacency, disease)}
        near |= {
            other
            for other in treated
            if any(below == disease for _, below in diseases_below(self._adjacency, other))
        }
        if treated & near:
            return False
        treatments = [self._adjacency.node_id("Drug", fellow) for fellow in fellows]
        alike = self._neighbours("resemblance", ("Drug", "Drug"), number)
        return alike.isdisjoint(treatments) and not any(
            (stems - {""}) & self._protein_stems(self._names.entity(id_, "Drug")) for id_ in treatments
        )

    def _protein_stems(self, drug: Entity) -> set[str]:
        """The stems of a drug's names that are of one protein, "" for a name of another supplied protein."""
        matches = [_SUPPLIED_NAME.search(name) for name in self._drug_names(drug)]
        return {(match["stem"] or "").casefold() for match in matches if match}

    def _is_of_supplied_class(self, drug: int) -> bool:
        return any(
            _SUPPLIED_CLASS.search(self._names.entity(id_, "PharmacologicClass").name)
            for id_ in self._neighbours("class", ("Drug", "PharmacologicClass"), drug)
        )

    def _neighbours(
        self, role: Literal["class", "resemblance"], kinds: tuple[str, str], start: int
    ) -> set[str]:
        """Ids of the nodes that a role's relations join to a node, in either direction within a kind."""
        ids: set[str] = set()
        for relation in load_schema().joining(role, *kinds):
            table = (relation, *kinds)
            if not self._adjacency.has_table(table):
                continue
            links = self._adjacency.incidence(table)
            ids.update(self._adjacency.node_id(kinds[1], end) for end in links.row(start).tolist())
            if kinds[0] == kinds[1]:
                ids.update(self._adjacency.node_id(kinds[0], end) for end in links.back_row(start).tolist())
        return ids

    def _drug_names(self, drug: Entity) -> list[str]:
        return [name for name, _ in self._names.names_by_id([drug]).get(drug.id, [])]

    def _excess(self, drug: Entity, disease: Entity, number: int) -> set[str]:
        """The sources that state that the disease has more of the substance of one of the drug's names."""
        sources: set[str] = set()
        for kind in ("Chemical", "Drug"):
            tables = [
                (name, kind, "Disease") for name in load_schema().joining("correlation", kind, "Disease")
            ]
            ends = {
                end
                for table in tables
                if self._adjacency.has_table(table)
                for end in self._adjacency.incidence(table).back_row(number).tolist()
            }
            if not ends:  # as for most diseases
                continue
            own = {name.casefold() for name in self._drug_names(drug)}
            entities = [self._names.entity(self._adjacency.node_id(kind, end), kind) for end in sorted(ends)]
            same = [entity.id for entity in entities if entity.name.casefold() in own]
            if not same:
                continue
            rows = edges_between_with_role(self._store, "correlation", (kind, "Disease"), same, [disease.id])
            sources |= {
                row["edge"]["source"]
                for row in rows
                if action_signs(row["relation"], row["edge"]["action"]) == {1}
            }
        return sources
