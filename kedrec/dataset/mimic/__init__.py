"""Selection questions from a user's own MIMIC-III."""
