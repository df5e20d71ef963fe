"""Answers: recommendations with evidence and rationale, verdicts, comparisons, provenance."""
