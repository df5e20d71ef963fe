"""Measures what KEDRec writes."""
