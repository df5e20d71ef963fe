"""The evidence of a pair: path templates, path scoring and diversity, verbalization."""
