-- Maps OFFSIDES' table to staged rows (DuckDB). Its header line may come again further down.
CREATE TEMP TABLE report AS
SELECT file, line, 'RXCUI:' || trim(coalesce(drug_rxnorn_id, drug_rxnorm_id)) AS drug, trim(drug_concept_name) AS drug_name,
  'MEDDRA:' || trim(condition_meddra_id) AS effect, trim(condition_concept_name) AS effect_name,
  TRY_CAST(PRR AS DOUBLE) AS prr, if(isfinite(TRY_CAST(PRR_error AS DOUBLE)), TRY_CAST(PRR_error AS DOUBLE), NULL) AS error, mean_reporting_frequency AS frequency
FROM reports;

INSERT INTO rejects
SELECT 'edges', file, line, if(effect_name = 'condition_concept_name', 'header in the middle', 'ratio is no number'), '', NULL
FROM report WHERE NOT coalesce(isfinite(prr), false);

INSERT INTO edge_rows BY NAME
SELECT file, line, 'CAUSES' AS relation, drug AS start, effect AS "end", 'CC-BY-4.0' AS licence, prr AS score,
  'FDA reports: proportional reporting ratio ' || round(prr, 2) || coalesce(' (error ' || round(error, 2) || ')', '') AS evidence
FROM report ANTI JOIN rejects USING (file, line);

INSERT INTO node_rows
SELECT min(file), min(line), drug, 'Drug', drug, min(drug_name), [], [], '' FROM report SEMI JOIN edge_rows USING (file, line) GROUP BY drug
UNION ALL
SELECT min(file), min(line), effect, 'SideEffect', effect, min(effect_name), [], [], ''
FROM report SEMI JOIN edge_rows USING (file, line) GROUP BY effect;
