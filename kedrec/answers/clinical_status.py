"""Tells how far a drug has come in the clinic: where it is approved, and how its trials in a disease ended.

What no source says is unknown, and never "not approved": few sources have approvals, and none all trials.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from kedrec.evidence.approvals import approval_year, names_mechanism, target_evidence
from kedrec.stores.role_edges import edges_between_with_role
from kedrec.types import ClinicalStatus, ClinicalTrial, Texts

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["ClinicalStatuses"]

_APPROVED = "Approved in "
"""Beginning of a drug's description where a list of approved drugs gave it."""
_PHASE = re.compile(r"phase \d(?:\s*/\s*(?:phase )?\d)?", re.IGNORECASE)
_NUMBER = re.compile(r"NCT\d{8}")


class ClinicalStatuses:
    """The clinical status of a graph's drugs.

    Args:
        store: the graph.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, adjacency: Adjacency) -> None:
        self._store = store
        self._adjacency = adjacency

    @cached_property
    def _approvals(self) -> dict[str, str]:
        """The places of each drug's approval, for drugs of which a source says so."""
        return {
            row["id"]: row["description"]
            for row in self._store.nodes("Drug", ["id", "description"]).to_pylist()
            if row["description"].startswith(_APPROVED)
        }

    def status(self, drug: str, disease: str, texts: Texts | None = None) -> ClinicalStatus:
        """The status of a drug, with its trials in a disease.

        Args:
            drug, disease: their ids.
            texts: the texts of the pair, whose trials count too.
        """
        trials = {
            trial.number or str(index): trial for index, trial in enumerate(self._stopped(drug, disease))
        }
        for item in () if texts is None else texts.trials:
            if item.text is not None and item.text.trial is not None:
                record = item.text.trial
                trials[record.number] = ClinicalTrial(
                    number=record.number,
                    phase=record.phase,
                    status=record.status,
                    reason=record.why_stopped,
                    adverse=item.stance == "adverse",
                )
        approval = self._approvals.get(drug, "")
        evidence = target_evidence(self._store, self._adjacency, drug)
        year = approval_year(evidence)
        return ClinicalStatus(
            approved_since=year,
            approval=approval,
            candidate=year is None and not approval and names_mechanism(evidence),
            trials=tuple(trials.values()),
        )

    def _stopped(self, drug: str, disease: str) -> list[ClinicalTrial]:
        """The trials of a drug in a disease that the graph has as stopped."""
        rows = edges_between_with_role(self._store, "stopped trial", ("Drug", "Disease"), [drug], [disease])
        trials = []
        for row in rows:
            # A source puts the trials of a pair together: number, phase, status and reason of each.
            for part in row["edge"]["evidence"].split("; "):
                number, phase = _NUMBER.search(part), _PHASE.search(part)
                trials.append(
                    ClinicalTrial(
                        number=number[0] if number else "",
                        phase=phase[0].lower() if phase else "",
                        status=row["edge"]["action"],
                        reason=part.partition(": ")[2],
                        adverse=True,
                    )
                )
        return trials
