"""Logic of paths from a drug to a disease: the sign of the effect that a path states, and its role as
evidence."""
