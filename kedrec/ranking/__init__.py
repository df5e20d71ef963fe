"""How well a drug fits a disease: degree-weighted path counts and the score made of them."""

from __future__ import annotations

from kedrec.ranking.ranker import PairScore, Ranker

__all__ = ["PairScore", "Ranker"]
