"""Benchmarks of each promised speed, each against the raw engine or a peer in the same run."""
