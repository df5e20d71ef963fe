"""From sources to a graph: staging, entity resolution, the diff against what is stored, the report."""
