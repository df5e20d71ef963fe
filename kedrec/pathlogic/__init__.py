"""Logic of paths from a drug to a disease: the sign of the stated effect, and the role as evidence."""
