"""Ranks drugs for several diseases, without evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec.naming.substitution import substitutions
from kedrec.types import NameMatch, RankedPair, RankedPairs

if TYPE_CHECKING:
    from kedrec.naming import NameIndex
    from kedrec.ranking import Ranker

__all__ = ["rank_pairs"]

Matches = Sequence[tuple[str, NameMatch]]
"""Each queried name with what it was resolved to."""


def rank_pairs(
    ranker: Ranker,
    names: NameIndex,
    diseases: Matches,
    drugs: Matches,
    *,
    top: int,
    beyond_prior: bool,
    fingerprint: str,
) -> RankedPairs:
    """The ranked pairs of some diseases.

    Args:
        ranker, names: the graph's ranking and names.
        diseases: the diseases; one that comes again is ranked once.
        drugs: only these drugs; all without any.
        top: most drugs a disease, where no drugs are given.
        beyond_prior: as of `Ranker.rank`.
        fingerprint: of the graph.
    """
    ids = list(dict.fromkeys(match.entity.id for _, match in drugs))
    pairs: list[RankedPair] = []
    candidates = 0
    for disease in dict.fromkeys(match.entity for _, match in diseases):
        scores = ranker.rank(disease.id, beyond_prior=beyond_prior, including=ids)
        candidates = max(candidates, len(scores))
        chosen = [
            (rank, score)
            for rank, score in enumerate(scores, start=1)
            if (score.drug in ids if ids else rank <= top)
        ]
        pairs += (
            RankedPair(
                rank=rank,
                drug=names.entity(score.drug, "Drug"),
                disease=disease,
                score=score.score,
                probability=score.probability,
                low=score.low,
                high=score.high,
                prior=score.prior,
                drug_percentile=score.drug_percentile,
                disease_percentile=score.disease_percentile,
                unseen=score.unseen,
                known=score.known,
            )
            for rank, score in chosen
        )
    return RankedPairs(
        pairs=tuple(pairs),
        candidates=candidates,
        ranking=ranker.description,
        fingerprint=fingerprint,
        taken_for=substitutions([*diseases, *drugs]),
    )
