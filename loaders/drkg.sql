-- Maps DRKG's triples to staged rows (DuckDB). A relation is RESOURCE::name::Kind:Kind. What the schema has
-- no relation for keeps its name and is rejected after this, with that reason.

-- Edges ---------------------------------------------------------------------------------------------
CREATE TEMP TABLE triple AS
SELECT file, line, head, relation, tail FROM triples
UNION ALL
SELECT file, line, source, edges, target FROM drugbank;

-- An entity may stand for a group of ids ("Gene::57494;26774"), each of which has the edge; an id of a gene may
-- have its species beside it ("Gene::25641(Tax:10116)").
CREATE TEMP TABLE member AS
SELECT key, word || '::' || trim(regexp_replace(unnest(string_split_regex(id, '[;|]')), '\(Tax:\d+\)$', '')) AS part
FROM (
  SELECT DISTINCT key, split_part(key, '::', 1) AS word, substr(key, strpos(key, '::') + 2) AS id
  FROM (SELECT head AS key FROM triple UNION ALL SELECT tail FROM triple)
);

-- Articles on COVID-19: viruses and their proteins are filed under Disease. A host's gene is a gene of the disease
-- that the virus causes; the protein is the evidence. Viruses of animals and of colds are no disease here.
CREATE TEMP TABLE virus_of AS
SELECT DISTINCT key, substr(key, 10) AS protein, v.disease, v.id, v.name
FROM member JOIN (VALUES
  ('^sars[- ]?cov[- ]?2', 'Disease::COVID-19', 'DOID:0080600', 'COVID-19'),
  ('^sars([- ]?cov([- ]?1)?)?( |$)', 'Disease::SARS', 'DOID:2945', 'severe acute respiratory syndrome'),
  ('^mers([- ]?cov)?( |$)', 'Disease::MERS', 'DOID:0080642', 'Middle East respiratory syndrome')
) AS v(pattern, disease, id, name) ON key LIKE 'Disease::%' AND regexp_matches(lower(substr(key, 10)), v.pattern);

-- The kinds of both ends are part of a relation's name, so `pair` is what follows the last "::".
-- turned: the schema stores the edge from the triple's tail to its head.
CREATE TEMP TABLE relation_of AS
FROM (VALUES
  ('DRUGBANK::treats', 'Compound:Disease', 'TREATS', '', false),
  ('DRUGBANK::target', 'Compound:Gene', 'BINDS', '', false),
  ('DRUGBANK::enzyme', 'Compound:Gene', 'BINDS', '', false),
  ('DRUGBANK::transporter', 'Compound:Gene', 'BINDS', '', false),
  ('DRUGBANK::carrier', 'Compound:Gene', 'BINDS', 'carrier', false),
  ('DRUGBANK::x-atc', 'Compound:Atc', 'MEMBER_OF', '', false),
  -- DGIdb's words are those of BINDS; its triples run from the gene.
  ('DGIDB::ACTIVATOR', 'Gene:Compound', 'BINDS', 'activator', true),
  ('DGIDB::AGONIST', 'Gene:Compound', 'BINDS', 'agonist', true),
  ('DGIDB::ALLOSTERIC MODULATOR', 'Gene:Compound', 'BINDS', 'modulator', true),
  ('DGIDB::ANTAGONIST', 'Gene:Compound', 'BINDS', 'antagonist', true),
  ('DGIDB::ANTIBODY', 'Gene:Compound', 'BINDS', 'antibody', true),
  ('DGIDB::BINDER', 'Gene:Compound', 'BINDS', 'binder', true),
  ('DGIDB::BLOCKER', 'Gene:Compound', 'BINDS', 'blocker', true),
  ('DGIDB::CHANNEL BLOCKER', 'Gene:Compound', 'BINDS', 'blocker', true),
  ('DGIDB::INHIBITOR', 'Gene:Compound', 'BINDS', 'inhibitor', true),
  ('DGIDB::MODULATOR', 'Gene:Compound', 'BINDS', 'modulator', true),
  ('DGIDB::OTHER', 'Gene:Compound', 'BINDS', '', true),
  ('DGIDB::PARTIAL AGONIST', 'Gene:Compound', 'BINDS', 'partial agonist', true),
  ('DGIDB::POSITIVE ALLOSTERIC MODULATOR', 'Gene:Compound', 'BINDS', 'positive modulator', true),
  -- GNBR reads sentences. Its "treatment" takes in drugs under study, so it is no TREATS.
  ('GNBR::A+', 'Compound:Gene', 'BINDS', 'agonist', false),
  ('GNBR::A-', 'Compound:Gene', 'BINDS', 'antagonist', false),
  ('GNBR::B', 'Compound:Gene', 'BINDS', '', false),
  ('GNBR::E', 'Compound:Gene', 'AFFECTS', '', false),
  ('GNBR::E+', 'Compound:Gene', 'UPREGULATES', '', false),
  ('GNBR::E-', 'Compound:Gene', 'DOWNREGULATES', '', false),
  ('GNBR::K', 'Compound:Gene', 'AFFECTS', '', false),
  ('GNBR::N', 'Compound:Gene', 'BINDS', 'inhibitor', false),
  ('GNBR::O', 'Compound:Gene', 'AFFECTS', '', false),
  ('GNBR::Z', 'Compound:Gene', 'AFFECTS', '', false),
  ('GNBR::C', 'Compound:Disease', 'AFFECTS', 'negatively regulates', false),
  ('GNBR::J', 'Compound:Disease', 'CONTRIBUTES_TO', 'affects risk for', false),
  ('GNBR::Mp', 'Compound:Disease', 'CORRELATED_WITH', '', false),
  ('GNBR::Pa', 'Compound:Disease', 'AFFECTS', 'negatively regulates', false),
  ('GNBR::Pr', 'Compound:Disease', 'AFFECTS', 'negatively regulates', false),
  ('GNBR::Sa', 'Compound:Disease', 'CAUSES', '', false),
  ('GNBR::T', 'Compound:Disease', 'AFFECTS', '', false),
  ('GNBR::D', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::G', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::J', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::L', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::Md', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::Te', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::U', 'Gene:Disease', 'ASSOCIATED_WITH', 'causal', true),
  ('GNBR::Ud', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::X', 'Gene:Disease', 'UPREGULATES', '', true),
  ('GNBR::Y', 'Gene:Disease', 'ASSOCIATED_WITH', '', true),
  ('GNBR::B', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('GNBR::H', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('GNBR::I', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('GNBR::E', 'Gene:Gene', 'REGULATES', '', false),
  ('GNBR::E+', 'Gene:Gene', 'AFFECTS', 'increases abundance of', false),
  ('GNBR::Rg', 'Gene:Gene', 'REGULATES', '', false),
  ('GNBR::V+', 'Gene:Gene', 'AFFECTS', 'increases activity of', false),
  ('GNBR::W', 'Gene:Gene', 'AFFECTS', 'positively regulates', false),
  ('GNBR::in-tax', 'Gene:Tax', 'LOCATED_IN', 'in taxon', false),
  -- STRING's and IntAct's kinds of interaction: which partner acts is lost in DRKG, so each is the same here.
  ('STRING::ACTIVATION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::BINDING', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::CATALYSIS', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::EXPRESSION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::INHIBITION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::OTHER', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::PTMOD', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('STRING::REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::ADP RIBOSYLATION REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::ASSOCIATION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::CLEAVAGE REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::COLOCALIZATION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::DEPHOSPHORYLATION REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::DIRECT INTERACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::PHOSPHORYLATION REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::PHYSICAL ASSOCIATION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::PROTEIN CLEAVAGE', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::UBIQUITINATION REACTION', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('INTACT::ASSOCIATION', 'Compound:Gene', 'BINDS', '', false),
  ('INTACT::DIRECT INTERACTION', 'Compound:Gene', 'BINDS', '', false),
  ('INTACT::PHYSICAL ASSOCIATION', 'Compound:Gene', 'BINDS', '', false),
  -- bioarx writes one colon before the pair, and names viral genes by names that are no ids.
  ('bioarx::DrugHumGen', 'Compound:Gene', 'BINDS', '', false),
  ('bioarx::DrugVirGen', 'Compound:Gene', 'BINDS', '', false),
  ('bioarx::HumGenHumGen', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('bioarx::VirGenHumGen', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('bioarx::Covid2_acc_host_gene', 'Disease:Gene', 'ASSOCIATED_WITH', '', false),
  ('bioarx::Coronavirus_ass_host_gene', 'Disease:Gene', 'ASSOCIATED_WITH', '', false),
  ('Hetionet::CtD', 'Compound:Disease', 'TREATS', '', false),
  ('Hetionet::CpD', 'Compound:Disease', 'PALLIATES', '', false),
  ('Hetionet::CbG', 'Compound:Gene', 'BINDS', '', false),
  ('Hetionet::CuG', 'Compound:Gene', 'UPREGULATES', '', false),
  ('Hetionet::CdG', 'Compound:Gene', 'DOWNREGULATES', '', false),
  ('Hetionet::CrC', 'Compound:Compound', 'RESEMBLES', '', false),
  ('Hetionet::CcSE', 'Compound:Side Effect', 'CAUSES', '', false),
  ('Hetionet::PCiC', 'Pharmacologic Class:Compound', 'MEMBER_OF', '', true),
  ('Hetionet::DuG', 'Disease:Gene', 'UPREGULATES', '', false),
  ('Hetionet::DdG', 'Disease:Gene', 'DOWNREGULATES', '', false),
  ('Hetionet::DaG', 'Disease:Gene', 'ASSOCIATED_WITH', '', false),
  ('Hetionet::DlA', 'Disease:Anatomy', 'LOCALIZES_TO', '', false),
  ('Hetionet::DpS', 'Disease:Symptom', 'PRESENTS', '', false),
  ('Hetionet::DrD', 'Disease:Disease', 'RESEMBLES', '', false),
  ('Hetionet::AuG', 'Anatomy:Gene', 'UPREGULATES', '', false),
  ('Hetionet::AdG', 'Anatomy:Gene', 'DOWNREGULATES', '', false),
  ('Hetionet::AeG', 'Anatomy:Gene', 'EXPRESSED_IN', '', true),
  ('Hetionet::GiG', 'Gene:Gene', 'INTERACTS_WITH', '', false),
  ('Hetionet::GcG', 'Gene:Gene', 'COVARIES_WITH', '', false),
  ('Hetionet::Gr>G', 'Gene:Gene', 'REGULATES', '', false),
  ('Hetionet::GpPW', 'Gene:Pathway', 'PARTICIPATES_IN', '', false),
  ('Hetionet::GpBP', 'Gene:Biological Process', 'PARTICIPATES_IN', '', false),
  ('Hetionet::GpMF', 'Gene:Molecular Function', 'PARTICIPATES_IN', '', false),
  ('Hetionet::GpCC', 'Gene:Cellular Component', 'PARTICIPATES_IN', '', false)
) AS t(word, pair, relation, action, turned);

-- What DRKG says and the schema has no relation for, so that it is told apart from words that are unknown.
CREATE TEMP TABLE no_place AS
FROM (VALUES
  ('DRUGBANK::ddi-interactor-in', 'interaction of two drugs'),
  ('GNBR::Q', 'production by a cell population')
) AS t(word, why);

-- What a resource is called, and the licence of its triples (DRKG, licenses/Readme.md).
CREATE TEMP TABLE resource_of AS
FROM (VALUES
  ('DRUGBANK', 'DrugBank', 'CC-BY-NC-4.0'),
  ('GNBR', 'GNBR', 'CC-BY-NC-4.0'),
  ('Hetionet', 'Hetionet', 'CC0-1.0'),
  ('STRING', 'STRING', 'CC-BY-4.0'),
  ('INTACT', 'IntAct', 'CC-BY-4.0'),
  ('DGIDB', 'DGIdb', 'no licence stated'),
  ('bioarx', 'articles on COVID-19', 'no licence stated')
) AS t(resource, title, licence);

-- Hetionet's relations whose resources have licences of their own (hetionet.sql).
CREATE TEMP TABLE hetionet_licence AS
FROM (VALUES
  ('CbG', 'CC-BY-NC-4.0'), ('CuG', 'LINCS L1000 terms'), ('CdG', 'LINCS L1000 terms'), ('Gr>G', 'LINCS L1000 terms'),
  ('CcSE', 'CC-BY-NC-SA-4.0'), ('PCiC', 'CC-BY-4.0'), ('GpBP', 'CC-BY-4.0'), ('GpMF', 'CC-BY-4.0'), ('GpCC', 'CC-BY-4.0'),
  ('DaG', 'no licence stated'), ('AuG', 'no licence stated'), ('AdG', 'no licence stated'), ('AeG', 'no licence stated'),
  ('GiG', 'no licence stated'), ('GcG', 'no licence stated'), ('GpPW', 'no licence stated')
) AS t(metaedge, licence);

-- The slim DRKG writes Hetionet's relations without the resource.
CREATE TEMP TABLE worded AS
SELECT file, line, head, tail,
  CASE
    WHEN NOT contains(relation, '::') THEN 'Hetionet::' || if(relation = 'GrG', 'Gr>G', relation)
    WHEN relation LIKE 'bioarx::%' THEN 'bioarx::' || regexp_extract(relation, '^bioarx::([^:]+)', 1)
    ELSE regexp_extract(relation, '^(.+?::.+?)(::|$)', 1)
  END AS word,
  split_part(head, '::', 1) || ':' || split_part(tail, '::', 1) AS pair, relation
FROM triple;

INSERT INTO rejects
SELECT 'edges', file, line, 'relation without a place in the schema', word || ' (' || why || ')', NULL
FROM worded JOIN no_place USING (word);

CREATE TEMP TABLE viral AS
SELECT file, line, head || ' ' || word || ' ' || tail AS told
FROM worded LEFT JOIN virus_of AS v ON v.key = head
WHERE word LIKE 'bioarx::%' AND v.key IS NULL AND (
  (head LIKE 'Disease::%' AND NOT contains(substr(head, 10), ':'))
  OR EXISTS (SELECT 1 FROM (VALUES (head), (tail)) AS e(key) WHERE key LIKE 'Gene::%'
    AND NOT regexp_matches(substr(key, 7), '^(\d|[OPQ]\d\w{3}\d$|[A-NR-Z]\d(\w{3}\d){1,2}$)')));
INSERT INTO rejects
SELECT 'edges', file, line, 'virus or viral protein that is no disease and no gene', told, NULL FROM viral;

INSERT INTO edge_rows BY NAME
SELECT w.file, w.line, coalesce(r.relation, w.relation) AS relation,
  if(r.turned, w.tail, w.head) AS start, if(r.turned, w.head, w.tail) AS "end",
  coalesce(h.licence, s.licence, '') AS licence,
  coalesce(s.title || ' ', '') || split_part(w.word, '::', 2) || coalesce(': ' || replace(w.protein, '; ', ', '), '') AS evidence,
  coalesce(r.action, '') AS action
FROM (
  SELECT t.file, t.line, t.word, t.pair, t.relation, coalesce(v.disease, a.part) AS head, b.part AS tail, v.protein
  FROM worded AS t
  JOIN member AS a ON a.key = t.head JOIN member AS b ON b.key = t.tail
  LEFT JOIN virus_of AS v ON v.key = t.head
  ANTI JOIN rejects USING (file, line)
) AS w
LEFT JOIN relation_of AS r ON r.word = w.word AND r.pair = w.pair
LEFT JOIN resource_of AS s ON s.resource = split_part(w.word, '::', 1)
LEFT JOIN hetionet_licence AS h ON w.word = 'Hetionet::' || h.metaedge;

-- Nodes ---------------------------------------------------------------------------------------------
CREATE TEMP TABLE entity AS
SELECT key, split_part(key, '::', 1) AS word, substr(key, strpos(key, '::') + 2) AS id,
  min(file) AS file, arg_min(line, file * 100000000 + line) AS line
FROM (
  SELECT w.file, w.line, coalesce(v.disease, m.part) AS key
  FROM (
    SELECT file, line, head AS whole FROM worded UNION ALL SELECT file, line, tail FROM worded
  ) AS w
  ANTI JOIN viral USING (file, line)
  JOIN member AS m ON m.key = w.whole LEFT JOIN virus_of AS v ON v.key = w.whole
)
GROUP BY key;

INSERT INTO node_rows
SELECT e.file, e.line, e.key, coalesce(k.kind, e.word), c.id, coalesce(v.name, n.name, c.id), [], [], ''
FROM entity AS e
LEFT JOIN (VALUES
  ('Anatomy', 'Anatomy'), ('Atc', 'PharmacologicClass'), ('Biological Process', 'BiologicalProcess'),
  ('Cellular Component', 'CellularComponent'), ('Compound', 'Drug'), ('Disease', 'Disease'), ('Gene', 'Gene'),
  ('Molecular Function', 'MolecularFunction'), ('Pathway', 'Pathway'),
  ('Pharmacologic Class', 'PharmacologicClass'), ('Side Effect', 'SideEffect'), ('Symptom', 'Symptom'),
  ('Tax', 'Organism')
) AS k(word, kind) USING (word)
LEFT JOIN (SELECT DISTINCT disease, id, name FROM virus_of) AS v ON v.disease = e.key
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN v.id IS NOT NULL THEN v.id
    WHEN e.word = 'Gene' AND regexp_full_match(e.id, '\d+') THEN 'NCBIGene:' || e.id
    -- Proteins of a virus are named by UniProt.
    WHEN e.word = 'Gene' AND regexp_full_match(e.id, '[OPQ]\d\w{3}\d|[A-NR-Z]\d(\w{3}\d){1,2}') THEN 'UNIPROT:' || e.id
    WHEN e.word = 'Compound' AND regexp_full_match(e.id, 'DB\d{5}') THEN 'DRUGBANK:' || e.id
    WHEN e.word = 'Compound' AND regexp_full_match(e.id, 'CHEMBL\d+') THEN 'CHEMBL:' || e.id
    WHEN e.word = 'Compound' AND regexp_full_match(e.id, '(?i)(pubchem|chebi|mesh):.+') THEN
      upper(split_part(e.id, ':', 1)) || ':' || regexp_replace(split_part(e.id, ':', -1), '^(?i)chebi:', '')
    -- Some of its MeSH ids are cut short, or numbers of OMIM: no one can say which entity they are.
    WHEN e.id LIKE 'MESH:%' AND NOT regexp_full_match(e.id, 'MESH:[CDQ]\d+') THEN replace(e.id, ':', ' ')
    WHEN e.word = 'Atc' THEN 'ATC:' || e.id
    WHEN e.word = 'Tax' THEN 'NCBITaxon:' || e.id
    WHEN e.word = 'Pharmacologic Class' THEN 'NDFRT:' || e.id
    WHEN e.word = 'Side Effect' THEN 'UMLS:' || e.id
    WHEN e.word = 'Symptom' THEN 'MESH:' || e.id
    WHEN e.word = 'Pathway' AND e.id LIKE 'WP%' THEN 'WIKIPATHWAYS:' || string_split(e.id, '_')[1]
    WHEN e.word = 'Pathway' AND e.id LIKE 'PC7\_%' ESCAPE '\' THEN 'PC7:' || string_split(e.id, '_')[2]
    ELSE e.id
  END AS id
) AS c
LEFT JOIN (SELECT 'DRUGBANK:' || drugbank_id AS id, any_value(name) AS name FROM names GROUP BY ALL) AS n
  ON n.id = c.id;
