-- Maps SIDER's tables to staged rows (DuckDB). A side effect stands once as the label's own term (LLT) and
-- once as MedDRA's preferred term (PT) for it; the preferred one is the node, the label's merges into it.
-- A STITCH id CID1nnnnnnnn is the PubChem compound n without its stereochemistry.
CREATE TEMP TABLE effect AS
SELECT file, line, flat, coalesce(nullif(trim(cui), ''), trim(label_cui)) AS cui, trim(name) AS name, level
FROM effects;

-- The share of patients, of several the largest; placebo arms don't count.
CREATE TEMP TABLE share_of AS
SELECT flat, cui, max(TRY_CAST(upper AS DOUBLE)) FILTER (isfinite(TRY_CAST(upper AS DOUBLE))) AS share, list_sort(list_distinct(list(frequency))) AS words
FROM frequencies WHERE coalesce(placebo, '') <> 'placebo'
GROUP BY flat, cui;

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, 'CAUSES' AS relation, e.flat AS start, 'UMLS:' || e.cui AS "end", 'CC-BY-NC-SA-4.0' AS licence,
  'drug label' || coalesce('; frequency ' || array_to_string(s.words, ', '), '') AS evidence, s.share AS score
FROM effect AS e LEFT JOIN share_of AS s USING (flat, cui);

INSERT INTO node_rows
SELECT min(e.file), min(e.line), e.flat, 'Drug', 'PUBCHEM:' || TRY_CAST(substr(e.flat, 5) AS BIGINT), any_value(n.name), [], [], ''
FROM effect AS e LEFT JOIN names AS n USING (flat)
GROUP BY e.flat
UNION ALL
SELECT min(file), min(line), 'UMLS:' || cui, 'SideEffect', 'UMLS:' || cui,
  coalesce(min(name) FILTER (level = 'PT'), min(name)), list_distinct(list(name)), [], ''
FROM effect GROUP BY cui;
