"""The gate between what a model wrote and what an answer says: claims against evidence."""

from kedrec.grounding.gate import check, from_evidence, quality

__all__ = ["check", "from_evidence", "quality"]
