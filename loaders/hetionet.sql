-- Maps Hetionet's files to staged rows (DuckDB). The tables named in hetionet.yaml are there, each with
-- `file` and `line`; an optional one that is missing is empty. A row that has no place here keeps the
-- source's own word as kind or relation, and the validation after this rejects and reports it.

-- Nodes ---------------------------------------------------------------------------------------------
CREATE TEMP TABLE kind_of AS
FROM (VALUES
  ('Anatomy', 'Anatomy', ''),
  ('Biological Process', 'BiologicalProcess', ''),
  ('Cellular Component', 'CellularComponent', ''),
  ('Compound', 'Drug', 'DRUGBANK:'),
  ('Disease', 'Disease', ''),
  ('Gene', 'Gene', 'NCBIGene:'),
  ('Molecular Function', 'MolecularFunction', ''),
  ('Pathway', 'Pathway', ''),
  ('Pharmacologic Class', 'PharmacologicClass', 'NDFRT:'),
  ('Side Effect', 'SideEffect', 'UMLS:'),
  ('Symptom', 'Symptom', 'MESH:')
) AS t(word, kind, prefix);

CREATE TEMP TABLE attribute AS
SELECT 'Gene::' || GeneID AS key,
  list_filter(list_append(string_split(coalesce(Synonyms, ''), '|'), description), lambda x: x <> '-') AS synonyms,
  []::VARCHAR[] AS xrefs, '' AS description
FROM genes
UNION ALL
SELECT 'Gene::' || entrez_gene_id, [], ['UNIPROT:' || uniprot_id], '' FROM uniprot
UNION ALL
SELECT 'Compound::' || key, items, [], '' FROM aliases
UNION ALL
SELECT 'Compound::' || drugbank_id, [name],
  list_concat(list_transform(list_filter(string_split(coalesce(atc_codes, ''), '|'), lambda x: x <> ''), lambda x: 'ATC:' || x),
    list_filter(['INCHIKEY:' || nullif(regexp_extract(inchikey, '[A-Z]{14}-[A-Z]{10}-[A-Z]'), '')], lambda x: x IS NOT NULL)), ''
FROM compounds
UNION ALL
SELECT 'Disease::' || doid, CASE WHEN type = 'EXACT' THEN [text] ELSE [] END, [],
  CASE WHEN type = 'DEFINITION' THEN text ELSE '' END
FROM disease_synonyms
UNION ALL
SELECT 'Disease::' || x.doid_code, [], [v.prefix || ':' || x.resource_id], ''
FROM disease_xrefs AS x
JOIN (VALUES
  ('MSH', 'MESH'), ('OMIM', 'OMIM'), ('UMLS', 'UMLS'), ('ORDO', 'ORPHANET'), ('ICD9', 'ICD9'),
  ('ICD10', 'ICD10'), ('SNOMEDCT', 'SNOMEDCT'), ('NCI', 'NCIT'), ('EFO', 'EFO'), ('HP', 'HP'), ('KEGG', 'KEGG')
) AS v(resource, prefix) USING (resource)
UNION ALL
SELECT 'Pharmacologic Class::' || class_id, [], [], class_type || ' (' || class_source || ')' FROM classes;

CREATE TEMP TABLE attributes_of AS
SELECT key, flatten(list(synonyms)) AS synonyms, flatten(list(xrefs)) AS xrefs, max(description) AS description
FROM attribute
GROUP BY key;

INSERT INTO node_rows
SELECT n.file, n.line, n.id, coalesce(k.kind, n.kind),
  CASE
    WHEN n.id LIKE 'Pathway::WP%' THEN 'WIKIPATHWAYS:' || string_split(split_part(n.id, '::', 2), '_')[1]
    WHEN n.id LIKE 'Pathway::PC7\_%' ESCAPE '\' THEN 'PC7:' || string_split(n.id, '_')[2]
    ELSE coalesce(k.prefix, '') || split_part(n.id, '::', 2)
  END,
  n.name, coalesce(a.synonyms, []), coalesce(a.xrefs, []), coalesce(a.description, '')
FROM nodes AS n
LEFT JOIN kind_of AS k ON k.word = n.kind
LEFT JOIN attributes_of AS a ON a.key = n.id;

-- Edges ---------------------------------------------------------------------------------------------
-- The licence and the resource of a metaedge, where no attribute table tells them for the edge itself.
-- turned: the schema stores the edge from the metaedge's target to its source.
CREATE TEMP TABLE metaedge_of AS
FROM (VALUES
  ('CtD', 'TREATS', false, 'CC0-1.0', 'PharmacotherapyDB 1.0: disease-modifying'),
  ('CpD', 'PALLIATES', false, 'CC0-1.0', 'PharmacotherapyDB 1.0: symptomatic'),
  ('CbG', 'BINDS', false, 'CC-BY-NC-4.0', 'DrugBank, DrugCentral, BindingDB'),
  ('CuG', 'UPREGULATES', false, 'LINCS L1000 terms', 'LINCS L1000'),
  ('CdG', 'DOWNREGULATES', false, 'LINCS L1000 terms', 'LINCS L1000'),
  ('CrC', 'RESEMBLES', false, 'CC0-1.0', 'similarity of chemical structures (ECFP)'),
  ('CcSE', 'CAUSES', false, 'CC-BY-NC-SA-4.0', 'SIDER 4.1'),
  ('PCiC', 'MEMBER_OF', true, 'CC-BY-4.0', 'FDA and NDF-RT classes by DrugCentral'),
  ('DuG', 'UPREGULATES', false, 'CC0-1.0', 'STARGEO'),
  ('DdG', 'DOWNREGULATES', false, 'CC0-1.0', 'STARGEO'),
  ('DaG', 'ASSOCIATED_WITH', false, 'no licence stated', 'GWAS Catalog, DISEASES, DisGeNET, DOAF'),
  ('DlA', 'LOCALIZES_TO', false, 'CC0-1.0', 'MEDLINE co-occurrence'),
  ('DpS', 'PRESENTS', false, 'CC0-1.0', 'MEDLINE co-occurrence'),
  ('DrD', 'RESEMBLES', false, 'CC0-1.0', 'MEDLINE co-occurrence'),
  ('AuG', 'UPREGULATES', false, 'no licence stated', 'Bgee'),
  ('AdG', 'DOWNREGULATES', false, 'no licence stated', 'Bgee'),
  ('AeG', 'EXPRESSED_IN', true, 'no licence stated', 'Bgee or TISSUES'),
  ('GiG', 'INTERACTS_WITH', false, 'no licence stated', 'human interactome compilations'),
  ('GcG', 'COVARIES_WITH', false, 'no licence stated', 'evolutionary rate covariation'),
  ('Gr>G', 'REGULATES', false, 'LINCS L1000 terms', 'LINCS L1000'),
  ('GrG', 'REGULATES', false, 'LINCS L1000 terms', 'LINCS L1000'),
  ('GpPW', 'PARTICIPATES_IN', false, 'no licence stated', 'Reactome or PID by Pathway Commons 7'),
  ('GpBP', 'PARTICIPATES_IN', false, 'CC-BY-4.0', 'Gene Ontology'),
  ('GpMF', 'PARTICIPATES_IN', false, 'CC-BY-4.0', 'Gene Ontology'),
  ('GpCC', 'PARTICIPATES_IN', false, 'CC-BY-4.0', 'Gene Ontology')
) AS t(metaedge, relation, turned, licence, evidence);

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, coalesce(m.relation, e.metaedge) AS relation,
  CASE WHEN m.turned THEN e.target ELSE e.source END AS start,
  CASE WHEN m.turned THEN e.source ELSE e.target END AS "end",
  CASE WHEN e.target LIKE 'Pathway::WP%' THEN 'CC-BY-3.0' ELSE coalesce(m.licence, '') END AS licence,
  CASE WHEN e.target LIKE 'Pathway::WP%' THEN 'WikiPathways' ELSE coalesce(m.evidence, '') END AS evidence
FROM edges AS e
LEFT JOIN metaedge_of AS m USING (metaedge)
WHERE e.metaedge NOT IN ('CbG', 'DaG');

CREATE TEMP TABLE licence_of AS
FROM (VALUES
  ('CC BY 3.0', 'CC-BY-3.0'), ('CC BY 4.0', 'CC-BY-4.0'), ('CC BY-NC 4.0', 'CC-BY-NC-4.0'),
  ('CC BY-SA 3.0', 'CC-BY-SA-3.0'), ('ODbL 1.0', 'ODbL-1.0')
) AS t(words, spdx);

-- DrugBank's and ChEMBL's words for what a compound does to a protein, as actions of the schema. Where
-- an edge has several, the smallest place wins: signed before unsigned, special before general.
CREATE TEMP TABLE action_of AS
FROM (VALUES
  ('inverse agonist', 'inverse agonist', -1, 10), ('antibody', 'antibody', -1, 11),
  ('negative allosteric modulator', 'negative modulator', -1, 12),
  ('inhibitory allosteric modulator', 'negative modulator', -1, 12),
  ('allosteric antagonist', 'negative modulator', -1, 12),
  ('negative modulator', 'negative modulator', -1, 12), ('antagonist', 'antagonist', -1, 13),
  ('partial antagonist', 'antagonist', -1, 13), ('blocker', 'blocker', -1, 14),
  ('neutralizer', 'inhibitor', -1, 15), ('inhibitor', 'inhibitor', -1, 15),
  ('inhibitor, competitive', 'inhibitor', -1, 15), ('inactivator', 'inhibitor', -1, 15),
  ('conversion inhibitor', 'inhibitor', -1, 15), ('cleavage', 'degrader', -1, 16),
  ('suppressor', 'suppressor', -1, 17),
  ('partial agonist', 'partial agonist', 1, 20), ('agonist', 'agonist', 1, 21),
  ('positive allosteric modulator', 'positive modulator', 1, 22), ('potentiator', 'positive modulator', 1, 22),
  ('positive modulator', 'positive modulator', 1, 22), ('opener', 'activator', 1, 23),
  ('activator', 'activator', 1, 23), ('stimulator', 'stimulator', 1, 24), ('inducer', 'inducer', 1, 25),
  ('chaperone', 'chaperone', 1, 26),
  ('substrate', 'substrate', 0, 30), ('cofactor', 'cofactor', 0, 31), ('ligand', 'ligand', 0, 32),
  ('allosteric modulator', 'modulator', 0, 33), ('modulator', 'modulator', 0, 33),
  ('binder', 'binder', 0, 34), ('binding', 'binder', 0, 34)
) AS t(word, action, sign, place);

CREATE TEMP TABLE binding_action AS
SELECT drugbank_id, entrez_gene_id,
  -- Raised and lowered at once (a partial agonist, or sources that differ): only "modulates" is safe.
  CASE
    WHEN min(sign) = -1 AND max(sign) = 1 THEN if(bool_or(action = 'partial agonist'), 'partial agonist', 'modulator')
    ELSE arg_min(action, place)
  END AS action
FROM (
  SELECT drugbank_id, entrez_gene_id, trim(lower(unnest(string_split(actions, '|')))) AS word
  FROM binding
  WHERE actions <> ''
)
JOIN action_of USING (word)
GROUP BY ALL;

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, m.relation, e.source AS start, e.target AS "end",
  coalesce(l.spdx, nullif(b.license, ''), m.licence) AS licence,
  list_transform(list_filter(string_split(coalesce(b.pubmed_ids, ''), '|'), lambda x: x <> ''), lambda x: 'PMID:' || x)
    AS "references",
  CASE WHEN b.sources IS NULL THEN m.evidence ELSE
    replace(b.sources, '|', ', ')
    || CASE WHEN b.actions <> '' THEN '; ' || replace(b.actions, '|', ', ') ELSE '' END
    || CASE WHEN b.affinity_nM <> '' THEN '; affinity ' || b.affinity_nM || ' nM' ELSE '' END
  END AS evidence,
  coalesce(a.action, if(b.sources = 'DrugBank (carrier)', 'carrier', '')) AS action
FROM edges AS e
JOIN metaedge_of AS m USING (metaedge)
LEFT JOIN binding AS b ON e.source = 'Compound::' || b.drugbank_id AND e.target = 'Gene::' || b.entrez_gene_id
LEFT JOIN binding_action AS a ON a.drugbank_id = b.drugbank_id AND a.entrez_gene_id = b.entrez_gene_id
LEFT JOIN licence_of AS l ON l.words = b.license
WHERE e.metaedge = 'CbG';

INSERT INTO edge_rows BY NAME
SELECT e.file, e.line, m.relation, e.source AS start, e.target AS "end",
  coalesce(l.spdx, nullif(a.license, ''), m.licence) AS licence,
  coalesce(replace(a.sources, '|', ', '), m.evidence) AS evidence
FROM edges AS e
JOIN metaedge_of AS m USING (metaedge)
LEFT JOIN association AS a ON e.source = 'Disease::' || a.doid_id AND e.target = 'Gene::' || a.entrez_gene_id
LEFT JOIN licence_of AS l ON l.words = a.license
WHERE e.metaedge = 'DaG';
