"""Data sets of questions: which of these drugs treats the disease, and why."""
