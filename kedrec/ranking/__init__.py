"""Ranking of drugs for a disease: degree-weighted path counts, similarities, and calibrated scores."""

from __future__ import annotations

from kedrec.ranking.ranker import PairScore, Ranker

__all__ = ["PairScore", "Ranker"]
