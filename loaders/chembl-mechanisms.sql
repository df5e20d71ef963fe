-- Maps ChEMBL's mechanisms to staged rows (DuckDB). A molecule is known by its ChEMBL id; the graph must have it.
-- Words of ChEMBL for what a molecule does, as actions of the schema; '' where none fits.
CREATE TEMP TABLE action_of AS
FROM (VALUES
  ('INHIBITOR', 'inhibitor'), ('ANTAGONIST', 'antagonist'), ('AGONIST', 'agonist'), ('BINDING AGENT', 'binder'),
  ('BLOCKER', 'blocker'), ('MODULATOR', 'modulator'), ('POSITIVE ALLOSTERIC MODULATOR', 'positive modulator'),
  ('POSITIVE MODULATOR', 'positive modulator'), ('NEGATIVE ALLOSTERIC MODULATOR', 'negative modulator'),
  ('NEGATIVE MODULATOR', 'negative modulator'), ('ALLOSTERIC ANTAGONIST', 'negative modulator'),
  ('GENE EDITING NEGATIVE MODULATOR', 'suppressor'), ('HYDROLYTIC ENZYME', 'degrader'), ('PROTEOLYTIC ENZYME', 'degrader'),
  ('OXIDATIVE ENZYME', 'degrader'), ('DEGRADER', 'degrader'), ('ACTIVATOR', 'activator'), ('PARTIAL AGONIST', 'partial agonist'),
  ('DISRUPTING AGENT', 'inhibitor'), ('EXOGENOUS PROTEIN', 'replacement'), ('EXOGENOUS GENE', 'replacement'),
  ('SEQUESTERING AGENT', 'suppressor'), ('CROSS-LINKING AGENT', 'binder'), ('ANTISENSE INHIBITOR', 'suppressor'),
  ('RNAI INHIBITOR', 'suppressor'), ('OPENER', 'activator'), ('RELEASING AGENT', 'modulator'), ('STABILISER', 'chaperone'),
  ('INVERSE AGONIST', 'inverse agonist'), ('SUBSTRATE', 'substrate'), ('CHELATING AGENT', 'chelator'),
  ('OTHER', ''), ('REDUCING AGENT', '')
) AS t(word, action);

-- The targets' table has those of one protein. The others' names stand in the mechanism, before what is done to them.
CREATE TEMP TABLE mechanism AS
SELECT m.file, m.line, upper(trim(m.action_type)) AS word, trim(m.mechanism_of_action) AS mechanism,
  trim(m.molecule_chembl_id) AS molecule, trim(m.target_chembl_id) AS target, trim(t.target_name) AS target_name,
  nullif(trim(t.uniprot_acc), '') AS protein,
  regexp_replace(trim(m.mechanism_of_action),
    ' ((positive|negative) )?(allosteric )?((inverse|partial) )?(agonist|antagonist|inhibitor|blocker|modulator|activator|opener|stabiliser|degrader|substrate|other|'
    || '(antisense|rnai) inhibitor|(binding|disrupting|sequestering|cross-linking|releasing|chelating|reducing) agent|(hydrolytic|proteolytic|oxidative) enzyme|'
    || 'vaccine antigen|exogenous (protein|gene))$', '', 'i') AS stem
FROM mechanisms AS m LEFT JOIN targets AS t USING (target_chembl_id);

-- What acts on no protein has no place: nucleic acids, membranes, lipids, sugars, metals and other small molecules.
INSERT INTO rejects
SELECT 'edges', file, line, if(word = 'VACCINE ANTIGEN', 'antigen of a vaccine', 'target that is no protein'), target || ': ' || mechanism, NULL
FROM mechanism
WHERE word = 'VACCINE ANTIGEN' OR protein IS NULL AND (
  word IN ('HYDROLYTIC ENZYME', 'OXIDATIVE ENZYME', 'REDUCING AGENT', 'CHELATING AGENT', 'SEQUESTERING AGENT', 'EXOGENOUS GENE')
  OR regexp_matches(stem, '(^|[^m-])[DR]NA$|tRNA|microRNA|membrane$|[Gg]lycans?$|^[Gg]anglioside|ganglioside|Lewis|^Tumor-associated antigen'
    || '|^Lipo(polysaccharide|teichoic)|^Phosphatidyl|pyrophosphate$|1-phosphate$|glucosamine$|^Heparan|^Melani|^Melanoma cell|porphyrin'
    || '|H37Rv|LDL$|aggregates$|^Psl$|^Urushiol$|^Glycoproteins$|sterol$|^(Poly|Oligo)saccharide|^(Iron|Copper|Zinc|Calcium|Phosphate|Potassium|ATP|Heparin|mRNA|Membrane|Polypeptides|Cell wall|Candida)$|^Alginate'));

CREATE TEMP TABLE acting AS
SELECT m.*, regexp_extract(stem, '^(.*?) (pre-)?mRNA( [35]''UTR)?$', 1) AS transcript
FROM mechanism AS m ANTI JOIN rejects USING (file, line);

INSERT INTO edge_rows BY NAME
SELECT m.file, m.line, 'BINDS' AS relation, 'Drug/CHEMBL:' || m.molecule AS start,
  CASE
    WHEN protein IS NULL AND transcript <> '' THEN 'name:Gene/' || concat_ws('|', normal_name(trim(regexp_replace(transcript, ' \(.*\)$', ''))),
      nullif(normal_name(regexp_extract(transcript, '\(([^()]+)\)$', 1)), ''))
    ELSE m.target END AS "end",
  'CC-BY-SA-3.0' AS licence, coalesce(a.action, lower(m.word)) AS action,
  'mechanism of action: ' || m.mechanism || coalesce(', first approved in ' || y.year, '') AS evidence, y.year
FROM acting AS m
LEFT JOIN action_of AS a USING (word)
LEFT JOIN (SELECT trim(drug_id) AS molecule, min(TRY_CAST(first_approval AS BIGINT)) AS year FROM years GROUP BY ALL) AS y USING (molecule);

INSERT INTO node_rows
SELECT min(file), min(line), target, 'Gene', 'UNIPROT:' || any_value(protein), any_value(target_name), [], [], ''
FROM acting WHERE protein IS NOT NULL
GROUP BY target
UNION ALL
SELECT min(file), min(line), target, 'GeneFamily', 'CHEMBLTARGET:' || target, mode(stem ORDER BY stem), [], [], ''
FROM acting WHERE protein IS NULL AND transcript = ''
GROUP BY target;
