-- Maps DrugCentral's table of drugs and targets to staged rows (DuckDB). A target of several proteins has their
-- accessions and genes separated by "|", each sorted by itself. Activities are negative decimal logarithms of mol/l.
CREATE TEMP TABLE action_of AS
FROM (VALUES
  ('INHIBITOR', 'inhibitor'), ('AGONIST', 'agonist'), ('ANTAGONIST', 'antagonist'), ('BLOCKER', 'blocker'),
  ('POSITIVE ALLOSTERIC MODULATOR', 'positive modulator'), ('POSITIVE MODULATOR', 'positive modulator'),
  ('NEGATIVE ALLOSTERIC MODULATOR', 'negative modulator'), ('NEGATIVE MODULATOR', 'negative modulator'),
  ('ALLOSTERIC ANTAGONIST', 'negative modulator'), ('ANTIBODY BINDING', 'antibody'), ('ACTIVATOR', 'activator'),
  ('OPENER', 'activator'), ('MODULATOR', 'modulator'), ('PARTIAL AGONIST', 'partial agonist'),
  ('HYDROLYTIC ENZYME', 'degrader'), ('CHELATING AGENT', 'chelator'), ('INVERSE AGONIST', 'inverse agonist'),
  ('RELEASING AGENT', 'modulator'), ('SEQUESTERING AGENT', 'suppressor'), ('SUBSTRATE', 'substrate'),
  ('CROSS-LINKING AGENT', 'binder'), ('OXIDATIVE ENZYME', 'degrader'), ('ANTISENSE INHIBITOR', 'suppressor'),
  ('PHARMACOLOGICAL CHAPERONE', 'chaperone')
) AS t(word, action);

CREATE TEMP TABLE interaction AS
SELECT file, line, 'drug ' || trim(STRUCT_ID) AS drug, trim(DRUG_NAME) AS drug_name, trim(TARGET_NAME) AS target,
  list_filter(string_split(coalesce(trim(ACCESSION), ''), '|'), lambda x: x <> '') AS proteins, trim(GENE) AS gene,
  coalesce(trim(MOA), '') = '1' AS is_mechanism, upper(trim(ACTION_TYPE)) AS word, ORGANISM AS organism,
  TRY_CAST(ACT_VALUE AS DOUBLE) AS activity, nullif(trim(ACT_TYPE), '') AS activity_type, nullif(trim(ACT_SOURCE), '') AS activity_source,
  coalesce(nullif(trim(RELATION), ''), '=') AS compared, nullif(trim(MOA_SOURCE), '') AS mechanism_source
FROM interactions;

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN coalesce(organism, '') <> 'Homo sapiens' THEN 'target of another species, or of none'
    WHEN len(proteins) = 0 THEN 'target without a protein'
    ELSE 'no mechanism of action, and weaker than 1 uM or not measured'
  END,
  drug_name || ' ' || target, NULL
FROM interaction
WHERE coalesce(organism, '') <> 'Homo sapiens' OR len(proteins) = 0
  -- RELATION compares the concentration: an activity that is only said to need more than it is weak.
  OR NOT is_mechanism AND (activity IS NULL OR activity < 6 OR starts_with(compared, '>'));

CREATE TEMP TABLE acting AS
SELECT i.*, coalesce(a.action, '') AS action,
  -- One part, so that what is merged from several rows stays together.
  concat_ws(', ',
    if(is_mechanism, 'mechanism of action' || coalesce(' (' || mechanism_source || ')', ''), NULL),
    if(len(proteins) > 1, 'target ' || target, NULL),
    if(len(proteins) > 1 AND is_mechanism, NULL, coalesce(activity_type, 'activity') || ' ' || compared || ' ' || CASE
      WHEN activity >= 9 THEN round(pow(10, 12 - activity), 1) || ' pM'
      WHEN activity >= 6 THEN round(pow(10, 9 - activity), 1) || ' nM' ELSE round(pow(10, 6 - activity), 1) || ' uM' END
      || coalesce(' (' || activity_source || ')', ''))) AS evidence
FROM interaction AS i
ANTI JOIN rejects USING (file, line)
LEFT JOIN action_of AS a USING (word);

-- A mechanism on a small target is one on each of its proteins. On a larger one it is on the family: which members it
-- hits is not said. Nor is it where something only binds a combination of proteins.
INSERT INTO edge_rows BY NAME
SELECT file, line, 'BINDS' AS relation, drug AS start, unnest(ends) AS "end", 'CC-BY-SA-4.0' AS licence, action, evidence
FROM (
  SELECT *, if(len(proteins) <= 4 AND (is_mechanism OR len(proteins) = 1), list_transform(proteins, lambda x: 'protein ' || x),
    ['family ' || target]) AS ends
  FROM acting
);

CREATE TEMP TABLE member AS
SELECT family, protein, min(file) AS file, min(line) AS line
FROM (SELECT 'family ' || target AS family, file, line, unnest(proteins) AS protein FROM acting WHERE len(proteins) > 1)
GROUP BY ALL;

INSERT INTO edge_rows BY NAME
SELECT file, line, 'MEMBER_OF' AS relation, 'protein ' || protein AS start, family AS "end", 'CC-BY-SA-4.0' AS licence,
  'protein of the target' AS evidence
FROM member;

INSERT INTO node_rows
SELECT min(file), min(line), drug, 'Drug', 'DRUGCENTRAL:' || substr(drug, 6), any_value(drug_name), [], [], ''
FROM acting GROUP BY drug
UNION ALL
-- A gene's symbol is known where the protein alone is a target.
SELECT min(p.file), min(p.line), 'protein ' || p.protein, 'Gene', 'UNIPROT:' || p.protein, coalesce(any_value(s.gene), 'UNIPROT:' || p.protein),
  list_filter([any_value(s.name)], lambda x: x IS NOT NULL), [], ''
FROM (SELECT file, line, unnest(proteins) AS protein FROM acting) AS p
LEFT JOIN (SELECT proteins[1] AS protein, min(gene) AS gene, min(target) AS name FROM interaction WHERE len(proteins) = 1 GROUP BY ALL) AS s USING (protein)
GROUP BY p.protein
UNION ALL
SELECT min(file), min(line), 'family ' || target, 'GeneFamily', 'DRUGCENTRALTARGET:' || trim(regexp_replace(target, '[^A-Za-z0-9]+', '_', 'g'), '_'), target, [], [], ''
FROM acting WHERE len(proteins) > 1
GROUP BY target;
