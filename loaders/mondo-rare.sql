-- Maps a KGX table of edges to staged rows (DuckDB); a predicate other than subclass_of has no place.
INSERT INTO edge_rows BY NAME
SELECT file, line, 'IS_A' AS relation, 'Disease/' || subject AS start, 'Disease/' || object AS "end",
  'CC-BY-4.0' AS licence, 'Mondo rare diseases' AS evidence
FROM edges WHERE predicate = 'biolink:subclass_of';
