"""Trials, articles and notes: read, cut into passages, indexed, and found again for a drug and a disease."""
