-- Maps Open Targets' tables to staged rows (DuckDB). Lists and structures go through JSON, since releases
-- differ in which columns they have. Ids are written EFO_0000685.
CREATE TEMP MACRO curie(id) AS
  CASE split_part(id, '_', 1) WHEN 'Orphanet' THEN 'ORPHANET' ELSE split_part(id, '_', 1) END
  || ':' || substr(id, strpos(id, '_') + 1);

INSERT INTO edge_rows BY NAME
SELECT file, line, 'ASSOCIATED_WITH' AS relation, diseaseId AS start, targetId AS "end", 'CC0-1.0' AS licence,
  'Open Targets overall' || coalesce(', ' || evidenceCount::VARCHAR || ' pieces of evidence', '') AS evidence,
  coalesce(associationScore::DOUBLE, score::DOUBLE) AS score,
  list_min(list_transform(from_json(to_json(timeseries), '[{"year":"BIGINT"}]'), lambda x: x.year)) AS year
FROM associations;

CREATE TEMP TABLE target_of AS
SELECT id, any_value(approvedSymbol) AS symbol, any_value(approvedName) AS name,
  list_concat(
    coalesce(any_value(list_transform(list_filter(from_json(to_json(dbXrefs), '[{"id":"VARCHAR","source":"VARCHAR"}]'),
      lambda x: x.source = 'HGNC'), lambda x: 'HGNC:' || replace(x.id, 'HGNC:', ''))), []),
    coalesce(any_value(list_transform(list_filter(from_json(to_json(proteinIds), '[{"id":"VARCHAR","source":"VARCHAR"}]'),
      lambda x: x.source = 'uniprot_swissprot'), lambda x: 'UNIPROT:' || x.id)), [])) AS xrefs
FROM targets GROUP BY id;

CREATE TEMP TABLE disease_of AS
SELECT id, any_value(name) AS name, any_value(description)::VARCHAR AS description,
  coalesce(any_value(list_transform(from_json(to_json(dbXRefs), '["VARCHAR"]'), lambda x:
    regexp_replace(regexp_replace(regexp_replace(x, '^Orphanet:', 'ORPHANET:'), '^NCIt:', 'NCIT:'), '^SCTID:', 'SNOMEDCT:')
  )), []) AS xrefs
FROM diseases GROUP BY id;

-- Without the tables of targets and diseases, a node is called by its id.
INSERT INTO node_rows
SELECT e.file, e.line, e.id, 'Gene', 'ENSEMBL:' || e.id, coalesce(t.symbol, 'ENSEMBL:' || e.id),
  if(t.name IS NULL, [], [t.name]), coalesce(t.xrefs, []), ''
FROM (SELECT min(file) AS file, min(line) AS line, targetId AS id FROM associations GROUP BY targetId) AS e
LEFT JOIN target_of AS t USING (id)
UNION ALL
SELECT e.file, e.line, e.id, 'Disease', curie(e.id), coalesce(d.name, curie(e.id)), [], coalesce(d.xrefs, []), coalesce(d.description, '')
FROM (SELECT min(file) AS file, min(line) AS line, diseaseId AS id FROM associations GROUP BY diseaseId) AS e
LEFT JOIN disease_of AS d USING (id);
DROP MACRO curie;
