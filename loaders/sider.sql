-- Maps SIDER's tables to staged rows (DuckDB). A side effect stands once as the label's own term (LLT) and
-- once as MedDRA's preferred term (PT) for it; the preferred one is the node, the label's merges into it.
-- A STITCH id CID0nnnnnnnn is the PubChem compound n, and CID1nnnnnnnn the one without stereochemistry that it is
-- called by: dexamethasone and betamethasone are one such compound, and two drugs.
CREATE TEMP TABLE effect AS
SELECT file, line, flat, stereo, coalesce(nullif(trim(cui), ''), trim(label_cui)) AS cui, trim(name) AS name, level
FROM effects;

-- The share of patients, of several the largest; placebo arms don't count.
CREATE TEMP TABLE share_of AS
SELECT flat, stereo, cui, max(TRY_CAST(upper AS DOUBLE)) FILTER (isfinite(TRY_CAST(upper AS DOUBLE))) AS share, list_sort(list_distinct(list(frequency))) AS words
FROM frequencies WHERE coalesce(placebo, '') <> 'placebo'
GROUP BY flat, stereo, cui;

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, 'CAUSES' AS relation, e.stereo AS start, 'UMLS:' || e.cui AS "end", 'CC-BY-NC-SA-4.0' AS licence,
  'drug label' || coalesce('; frequency ' || array_to_string(s.words, ', '), '') AS evidence, s.share AS score
FROM effect AS e LEFT JOIN share_of AS s USING (flat, stereo, cui);

-- A name that several compounds have (`sodium`; `prednisolone` of each of its esters) is none of one of them. Of the
-- isomers of one compound the one without stereochemistry has the name, or the one that most labels are about.
CREATE TEMP TABLE name_of AS
SELECT flat, any_value(name) AS name, count(*) OVER (PARTITION BY lower(trim(any_value(name)))) > 1 AS is_shared
FROM names GROUP BY flat;

INSERT INTO node_rows
SELECT e.file, e.line, e.stereo, 'Drug', 'PUBCHEM:' || e.number,
  if(n.is_shared OR e.position > 1, n.name || ' (PubChem ' || e.number || ')', n.name), [],
  if(e.number = e.flat_number, [], ['PUBCHEM:' || e.flat_number]), ''
FROM (
  SELECT min(file) AS file, min(line) AS line, flat, stereo,
    TRY_CAST(substr(stereo, 5) AS BIGINT) AS number, TRY_CAST(substr(flat, 5) AS BIGINT) AS flat_number,
    row_number() OVER (PARTITION BY flat ORDER BY number <> flat_number, count(*) DESC, stereo) AS position
  FROM effect GROUP BY flat, stereo
) AS e
LEFT JOIN name_of AS n USING (flat)
UNION ALL
SELECT min(file), min(line), 'UMLS:' || cui, 'SideEffect', 'UMLS:' || cui,
  coalesce(min(name) FILTER (level = 'PT'), min(name)), list_distinct(list(name)), [], ''
FROM effect GROUP BY cui;
