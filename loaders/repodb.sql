-- Maps repoDB's table to staged rows (DuckDB). A row is a drug, an indication (UMLS) and what became of it;
-- one that isn't approved has its trial. R writes a missing value as NA.
CREATE TEMP TABLE pair AS
SELECT file, line, trim(drug_name) AS drug, 'DRUGBANK:' || trim(drugbank_id) AS drug_id,
  trim(ind_name) AS disease, 'UMLS:' || trim(ind_id) AS disease_id, trim(status) AS status,
  nullif(nullif(trim(NCT), 'NA'), '') AS trial, nullif(nullif(trim(phase), 'NA'), '') AS phase,
  nullif(nullif(trim(DetailedStatus), 'NA'), '') AS reason
FROM pairs;

INSERT INTO edge_rows BY NAME
SELECT file, line,
  CASE WHEN status = 'Approved' THEN 'TREATS' WHEN lower(status) IN ('withdrawn', 'terminated', 'suspended') THEN 'STOPPED_FOR'
    ELSE 'repoDB status ' || status END AS relation,
  drug_id AS start, disease_id AS "end", 'CC-BY-4.0' AS licence,
  if(trial IS NULL, [], ['NCT:' || trial]) AS "references",
  -- Rows of one pair are put together: each keeps its trial, phase and reason beside one another.
  CASE WHEN status = 'Approved' THEN 'approved' ELSE
    concat_ws(', ', trial, phase, lower(status)) || coalesce(': ' || replace(reason, '; ', ', '), '')
  END AS evidence,
  if(status = 'Approved', '', lower(status)) AS action
FROM pair;

-- A pair's row tells of its drug and its disease too; each is counted once.
INSERT INTO node_rows
SELECT min(file), arg_min(line, file * 100000000 + line), drug_id, 'Drug', drug_id, any_value(drug), [], [], ''
FROM pair GROUP BY drug_id
UNION ALL
SELECT min(file), arg_min(line, file * 100000000 + line), disease_id, 'Disease', disease_id, any_value(disease), [], [], ''
FROM pair GROUP BY disease_id;
