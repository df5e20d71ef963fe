-- Maps PrimeKG's table to staged rows (DuckDB). Every edge stands in it twice, once each way round, so that
-- which end is the parent of which is lost; the two rows become one edge.

CREATE TEMP TABLE node_of AS
SELECT min(file) AS file, min(line) AS line, index, any_value(id) AS id, any_value(type) AS type,
  any_value(name) AS name, any_value(origin) AS origin
FROM (
  SELECT file, line, x_index AS index, x_id AS id, x_type AS type, x_name AS name, x_source AS origin FROM edges
  UNION ALL SELECT file, line, y_index, y_id, y_type, y_name, y_source FROM edges
)
GROUP BY index;

-- Nodes ---------------------------------------------------------------------------------------------
-- Numbers may have been read as decimals ("8383.0") somewhere on their way. A group of Mondo diseases is a
-- node of PrimeKG's own: none of its members may stand for the others.
CREATE TEMP TABLE named AS
SELECT *,
  CASE
    WHEN origin = 'MONDO_grouped' THEN 'PRIMEKG:' || split_part(id, '_', 1) || 'x' || len(string_split(id, '_'))
    WHEN type = 'disease' THEN 'MONDO:' || lpad(plain, 7, '0')
    WHEN type = 'gene/protein' THEN 'NCBIGene:' || plain
    WHEN type = 'drug' THEN 'DRUGBANK:' || id
    WHEN type = 'effect/phenotype' THEN 'HP:' || lpad(plain, 7, '0')
    WHEN type = 'anatomy' THEN 'UBERON:' || lpad(plain, 7, '0')
    WHEN type IN ('biological_process', 'molecular_function', 'cellular_component') THEN 'GO:' || lpad(plain, 7, '0')
    WHEN type = 'pathway' THEN 'REACTOME:' || id
    WHEN type = 'exposure' THEN 'MESH:' || id
    ELSE id
  END AS curie,
  coalesce(k.kind, type) AS kind
FROM (SELECT *, regexp_replace(id, '\.0$', '') AS plain FROM node_of)
LEFT JOIN (VALUES
  ('disease', 'Disease'), ('gene/protein', 'Gene'), ('drug', 'Drug'), ('effect/phenotype', 'Symptom'),
  ('anatomy', 'Anatomy'), ('biological_process', 'BiologicalProcess'), ('molecular_function', 'MolecularFunction'),
  ('cellular_component', 'CellularComponent'), ('pathway', 'Pathway'), ('exposure', 'Chemical')
) AS k(type, kind) USING (type);

CREATE TEMP TABLE told AS
SELECT 'MONDO:' || lpad(regexp_replace(mondo_id, '\.0$', ''), 7, '0') AS curie, any_value(mondo_name) AS name,
  max(coalesce(nullif(mondo_definition, ''), umls_description, '')) AS description, any_value(group_id_bert) AS members
FROM diseases GROUP BY mondo_id;

INSERT INTO node_rows
SELECT n.file, n.line, n.index, n.kind, n.curie, n.name, [], [],
  CASE WHEN n.origin = 'MONDO_grouped'
    THEN 'PrimeKG''s group of ' || array_to_string(list_transform(string_split(n.id, '_'), lambda x: 'MONDO:' || lpad(x, 7, '0')), ', ')
    ELSE coalesce(t.description, d.description, '') END
FROM named AS n
LEFT JOIN told AS t ON t.curie = n.curie
LEFT JOIN (SELECT node_index, max(description) AS description FROM drugs GROUP BY ALL) AS d ON d.node_index = n.index AND n.type = 'drug';

-- A group's members are nodes of their own where a table gives their names, and kinds of the group.
CREATE TEMP TABLE member AS
SELECT g.file, g.line, g.index, t.curie, t.name, t.description
FROM told AS t JOIN named AS g ON g.origin = 'MONDO_grouped' AND g.id = t.members;
INSERT INTO node_rows
SELECT file, line, curie, 'Disease', curie, name, [], [], description FROM member;
INSERT INTO edge_rows BY NAME
SELECT file, line, 'IS_A' AS relation, curie AS start, index AS "end", 'CC0-1.0' AS licence,
  'group by the similarity of names' AS evidence
FROM member;

-- Edges ---------------------------------------------------------------------------------------------
-- first: the type that the edge starts from; of two the same, either may.
CREATE TEMP TABLE relation_of AS
FROM (VALUES
  ('protein_protein', 'INTERACTS_WITH', 'gene/protein', 'BioGRID, STRING, Human Reference Interactome', 'CC-BY-4.0 / MIT'),
  ('drug_protein', 'BINDS', 'drug', 'DrugBank', 'CC-BY-NC-4.0'),
  ('indication', 'TREATS', 'drug', 'DrugCentral', 'CC-BY-SA-4.0'),
  ('off-label use', 'TREATS', 'drug', 'DrugCentral', 'CC-BY-SA-4.0'),
  ('contraindication', 'CONTRAINDICATED_FOR', 'drug', 'DrugCentral', 'CC-BY-SA-4.0'),
  ('disease_protein', 'ASSOCIATED_WITH', 'disease', 'DisGeNET', 'CC-BY-NC-SA-4.0'),
  ('disease_phenotype_positive', 'PRESENTS', 'disease', 'Human Phenotype Ontology', 'HPO terms'),
  ('drug_effect', 'CAUSES', 'drug', 'SIDER', 'CC-BY-NC-SA-4.0'),
  ('phenotype_protein', 'CORRELATED_WITH', 'gene/protein', 'DisGeNET', 'CC-BY-NC-SA-4.0'),
  ('exposure_disease', 'CORRELATED_WITH', 'exposure', 'Comparative Toxicogenomics Database', 'CTD terms'),
  ('exposure_protein', 'AFFECTS', 'exposure', 'Comparative Toxicogenomics Database', 'CTD terms'),
  ('exposure_bioprocess', 'AFFECTS', 'exposure', 'Comparative Toxicogenomics Database', 'CTD terms'),
  ('exposure_molfunc', 'AFFECTS', 'exposure', 'Comparative Toxicogenomics Database', 'CTD terms'),
  ('exposure_cellcomp', 'AFFECTS', 'exposure', 'Comparative Toxicogenomics Database', 'CTD terms'),
  ('bioprocess_protein', 'PARTICIPATES_IN', 'gene/protein', 'Gene Ontology', 'CC-BY-4.0'),
  ('molfunc_protein', 'PARTICIPATES_IN', 'gene/protein', 'Gene Ontology', 'CC-BY-4.0'),
  ('cellcomp_protein', 'PARTICIPATES_IN', 'gene/protein', 'Gene Ontology', 'CC-BY-4.0'),
  ('pathway_protein', 'PARTICIPATES_IN', 'gene/protein', 'Reactome', 'CC0-1.0'),
  ('anatomy_protein_present', 'EXPRESSED_IN', 'gene/protein', 'Bgee', 'CC0-1.0')
) AS t(word, relation, first, origin, licence);

CREATE TEMP TABLE no_place AS
FROM (VALUES
  ('drug_drug', 'interaction of two drugs'),
  ('anatomy_protein_absent', 'absence'), ('disease_phenotype_negative', 'absence'),
  ('disease_disease', 'parent and child not told apart'), ('phenotype_phenotype', 'parent and child not told apart'),
  ('anatomy_anatomy', 'parent and child not told apart'), ('bioprocess_bioprocess', 'parent and child not told apart'),
  ('molfunc_molfunc', 'parent and child not told apart'), ('cellcomp_cellcomp', 'parent and child not told apart'),
  ('pathway_pathway', 'parent and child not told apart'), ('exposure_exposure', 'parent and child not told apart')
) AS t(word, why);

INSERT INTO rejects
SELECT 'edges', e.file, e.line, 'relation without a place in the schema', e.relation || ' (' || n.why || ')', NULL
FROM edges AS e JOIN no_place AS n ON n.word = e.relation;

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, coalesce(r.relation, e.relation) AS relation,
  if(e.x_type = r.first, e.x_index, e.y_index) AS start, if(e.x_type = r.first, e.y_index, e.x_index) AS "end",
  coalesce(r.licence, '') AS licence,
  coalesce(r.origin || ' ', '') || e.display_relation AS evidence,
  if(e.relation = 'drug_protein' AND e.display_relation = 'carrier', 'carrier', '') AS action
FROM edges AS e
ANTI JOIN no_place AS n ON n.word = e.relation
LEFT JOIN relation_of AS r ON r.word = e.relation;
