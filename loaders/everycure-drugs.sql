-- Maps Every Cure's drug list to staged rows (DuckDB). `alternate_ids` is a Python list of ids, one after the other
-- the ids of each substance that the list's authors take for the drug: the drug itself, its salts and
-- hydrates, and also isomers and esters. Within a substance the vocabularies have one order, so that a new one
-- begins where the order starts again.
CREATE TEMP TABLE vocabulary AS
FROM (VALUES
  ('CHEBI', 1, 'CHEBI'), ('UNII', 2, 'UNII'), ('PUBCHEM.COMPOUND', 3, 'PUBCHEM'), ('CHEMBL.COMPOUND', 4, 'CHEMBL'),
  ('DRUGBANK', 5, 'DRUGBANK'), ('MESH', 6, 'MESH'), ('CAS', 7, ''), ('DrugCentral', 8, 'DRUGCENTRAL'), ('GTOPDB', 9, ''),
  ('HMDB', 10, ''), ('KEGG.COMPOUND', 11, ''), ('INCHIKEY', 12, 'INCHIKEY'), ('UMLS', 13, ''), ('RXCUI', 14, 'RXCUI')
) AS t(word, place, prefix);

CREATE TEMP TABLE listed AS
SELECT line, id, position, place, prefix, prefix || ':' || substr(id, strpos(id, ':') + 1) AS curie,
  sum(if(place < before OR before IS NULL, 1, 0)) OVER (PARTITION BY line ORDER BY position) AS substance
FROM (
  SELECT *, lag(place) OVER (PARTITION BY line ORDER BY position) AS before
  FROM (
    SELECT line, unnest(ids) AS id, unnest(range(1, len(ids) + 1)) AS position
    FROM (SELECT line, regexp_extract_all(coalesce(alternate_ids, ''), '''([^'']+)''', 1) AS ids FROM drugs)
  )
  JOIN vocabulary ON word = split_part(id, ':', 1)
);

-- The substance that has the drug's own id, and what the others are beside it: the same structure without regard
-- to stereochemistry (the first block of the InChIKey) is an isomer, or drawn otherwise, and no salt.
CREATE TEMP TABLE main AS
SELECT d.line, min(l.substance) AS substance
FROM drugs AS d JOIN listed AS l ON l.line = d.line AND l.id = d.curie
GROUP BY d.line;

CREATE TEMP TABLE substance_of AS
SELECT l.line, l.substance, m.substance = l.substance AS is_main,
  list(DISTINCT l.curie) FILTER (l.prefix = 'DRUGBANK') AS drugbank,
  coalesce(list(DISTINCT split_part(split_part(l.id, ':', 2), '-', 1)) FILTER (l.prefix = 'INCHIKEY'), []) AS skeletons,
  bool_or(l.prefix IN ('UNII', 'CHEMBL')) AS is_registered,
  coalesce(list(DISTINCT l.curie) FILTER (l.prefix <> '' AND l.prefix <> 'RXCUI'), []) AS ids
FROM listed AS l JOIN main AS m USING (line)
GROUP BY ALL;

-- A drug's DrugBank id is its substance's own; where that has none (the list's own substance is a salt), the one of
-- all the others, unless they have several. Salts count as the drug where no other drug is mixed in: a second
-- DrugBank id leaves open whose salts they are. A mixture has no UNII and no ChEMBL id. A metal or an ion of several
-- charges (thiosulfate) is part of drugs that have nothing else in common.
CREATE TEMP TABLE form_of AS
SELECT s.line, coalesce(d.is_combination_therapy, '') = 'TRUE' AS is_combination,
  coalesce(d.is_metallic_salt, '') = '1' AS is_metallic, regexp_matches(d.curie_label, '\([2-9][-+]\)$') AS is_ion,
  flatten(list(s.ids) FILTER (s.is_main)) AS own,
  coalesce(list_distinct(flatten(list(s.drugbank) FILTER (s.is_main AND s.drugbank IS NOT NULL))), []) AS banks,
  coalesce(list_distinct(flatten(list(s.drugbank) FILTER (NOT s.is_main AND s.drugbank IS NOT NULL))), []) AS others,
  coalesce(flatten(list(list_filter(s.ids, lambda x: NOT starts_with(x, 'DRUGBANK:'))) FILTER (
    NOT s.is_main AND s.is_registered AND NOT list_has_any(s.skeletons, b.skeletons))), []) AS salts
FROM substance_of AS s
JOIN drugs AS d USING (line)
JOIN (SELECT line, flatten(list(skeletons)) AS skeletons FROM substance_of WHERE is_main GROUP BY line) AS b USING (line)
GROUP BY ALL;

CREATE TEMP TABLE ids_of AS
SELECT line, list_distinct(list_concat(
  -- Of two DrugBank ids of one substance neither is taken: its structure's key may tell which.
  if(len(banks) > 1, list_filter(own, lambda x: NOT starts_with(x, 'DRUGBANK:')), own),
  CASE WHEN is_combination OR is_ion OR len(banks) > 0 OR len(others) <> 1 THEN [] ELSE others END,
  CASE WHEN is_combination OR is_ion OR is_metallic OR len(banks) + len(others) > 1 THEN [] ELSE salts END)) AS ids
FROM form_of;

-- The level of RxNorm's ingredient comes first in the list.
CREATE TEMP TABLE ingredient_of AS
SELECT line, arg_min(curie, position) AS rxcui FROM listed WHERE prefix = 'RXCUI' GROUP BY line;

CREATE TEMP TABLE code_of AS
SELECT file, line, curie, curie_label AS name, unnest(regexp_extract_all(coalesce(atc_codes, ''), '[A-Z]\d\d[A-Z]{2}\d\d')) AS code
FROM drugs;

INSERT INTO node_rows
SELECT d.file, d.line, d.curie, 'Drug',
  coalesce(v.prefix || ':' || substr(d.curie, strpos(d.curie, ':') + 1),
    list_filter(i.ids, lambda x: NOT starts_with(x, 'INCHIKEY:'))[1], d.curie),
  if(upper(d.curie_label) = d.curie_label AND length(d.curie_label) > 6, lower(d.curie_label), d.curie_label),
  [], list_append(coalesce(i.ids, []), r.rxcui),
  coalesce('Approved in ' || nullif(concat_ws(', ',
    if(d.approved_usa = '1', 'the USA' || CASE
      WHEN d.marketing_status_usa LIKE '%RX%' THEN ' (on prescription)'
      WHEN d.marketing_status_usa LIKE '%OTC%' THEN ' (without prescription)'
      WHEN d.marketing_status_usa LIKE '%DISCONTINUED%' THEN ' (discontinued)' ELSE '' END, NULL),
    if(d.approved_europe = '1', 'Europe', NULL), if(d.approved_japan = '1', 'Japan', NULL)), '')
    || ' (Every Cure drug list).', '')
FROM drugs AS d
LEFT JOIN (SELECT * FROM vocabulary WHERE prefix <> '') AS v ON v.word = split_part(d.curie, ':', 1)
LEFT JOIN ids_of AS i USING (line)
LEFT JOIN ingredient_of AS r USING (line);

-- Forms that are drugs of their own are linked: esters, isomers, products of metabolism that the list takes for one.
INSERT INTO edge_rows BY NAME
SELECT d.file, d.line, 'RESEMBLES' AS relation, 'Drug/' || f.banks[1] AS start, 'Drug/' || unnest(f.others) AS "end",
  'CC0-1.0' AS licence, 'another form of the drug (salt, ester or isomer)' AS evidence
FROM form_of AS f JOIN drugs AS d USING (line)
WHERE len(f.banks) = 1 AND NOT f.is_combination AND NOT f.is_metallic AND NOT f.is_ion;

-- Classes of the WHO's classification (ATC), from the anatomical group down to the chemical subgroup. The list has
-- codes alone: names of the two upper levels are ours, further down the drugs name the class.
CREATE TEMP TABLE group_name AS
FROM (VALUES
  ('A', 'drugs for the alimentary tract and metabolism'), ('B', 'drugs for blood and blood forming organs'),
  ('C', 'drugs for the cardiovascular system'), ('D', 'drugs for the skin'),
  ('G', 'drugs for the genito-urinary system and sex hormones'), ('H', 'systemic hormones'),
  ('J', 'systemic drugs against infections'), ('L', 'antineoplastic and immunomodulating drugs'),
  ('M', 'drugs for muscles, joints and bones'), ('N', 'drugs for the nervous system'),
  ('P', 'drugs against parasites'), ('R', 'drugs for the respiratory system'), ('S', 'drugs for eyes and ears'),
  ('V', 'various drugs and agents'),
  ('A01', 'drugs for the mouth'), ('A02', 'drugs against gastric acid'), ('A03', 'drugs for functional bowel disorders'),
  ('A04', 'drugs against nausea'), ('A05', 'drugs for bile and liver'), ('A06', 'laxatives'),
  ('A07', 'drugs against diarrhoea and intestinal inflammation'), ('A08', 'drugs against obesity'), ('A09', 'digestive enzymes'),
  ('A10', 'drugs for diabetes'), ('A11', 'vitamins'), ('A12', 'mineral supplements'), ('A14', 'systemic anabolics'),
  ('A16', 'other drugs for the alimentary tract and metabolism'),
  ('B01', 'drugs against thrombosis'), ('B02', 'drugs against bleeding'), ('B03', 'drugs against anaemia'),
  ('B05', 'blood substitutes and infusions'), ('B06', 'other haematological drugs'),
  ('C01', 'drugs for the heart'), ('C02', 'drugs against hypertension'), ('C03', 'diuretics'),
  ('C04', 'peripheral vasodilators'), ('C05', 'drugs that protect blood vessels'), ('C07', 'beta blockers'),
  ('C08', 'calcium channel blockers'), ('C09', 'drugs on the renin-angiotensin system'), ('C10', 'lipid lowering drugs'),
  ('D01', 'antifungals for the skin'), ('D02', 'emollients'), ('D03', 'drugs for wounds'), ('D04', 'drugs against itching'),
  ('D05', 'drugs for psoriasis'), ('D06', 'antibiotics for the skin'), ('D07', 'corticosteroids for the skin'),
  ('D08', 'antiseptics'), ('D09', 'medicated dressings'), ('D10', 'drugs for acne'), ('D11', 'other drugs for the skin'),
  ('G01', 'gynaecological drugs against infections'), ('G02', 'other gynaecological drugs'), ('G03', 'sex hormones'),
  ('G04', 'urological drugs'), ('H01', 'hormones of pituitary and hypothalamus'), ('H02', 'systemic corticosteroids'),
  ('H03', 'drugs for the thyroid'), ('H04', 'pancreatic hormones'), ('H05', 'drugs for calcium homeostasis'),
  ('J01', 'systemic antibacterials'), ('J02', 'systemic antifungals'), ('J04', 'drugs against mycobacteria'),
  ('J05', 'systemic antivirals'), ('J06', 'immune sera and immunoglobulins'), ('J07', 'vaccines'),
  ('L01', 'antineoplastic drugs'), ('L02', 'endocrine therapy of cancer'), ('L03', 'immunostimulants'), ('L04', 'immunosuppressants'),
  ('M01', 'anti-inflammatory and antirheumatic drugs'), ('M02', 'topical drugs for joint and muscle pain'),
  ('M03', 'muscle relaxants'), ('M04', 'drugs for gout'), ('M05', 'drugs for bone diseases'),
  ('M09', 'other drugs for muscles, joints and bones'),
  ('N01', 'anaesthetics'), ('N02', 'analgesics'), ('N03', 'antiepileptics'), ('N04', 'drugs for Parkinson''s disease'),
  ('N05', 'antipsychotics, anxiolytics and hypnotics'), ('N06', 'antidepressants, stimulants and drugs for dementia'),
  ('N07', 'other drugs for the nervous system'), ('P01', 'drugs against protozoa'), ('P02', 'drugs against worms'),
  ('P03', 'drugs against skin parasites'), ('R01', 'drugs for the nose'), ('R02', 'drugs for the throat'),
  ('R03', 'drugs for obstructive airway diseases'), ('R05', 'drugs for cough and cold'), ('R06', 'systemic antihistamines'),
  ('R07', 'other drugs for the respiratory system'), ('S01', 'drugs for eyes'), ('S02', 'drugs for ears'),
  ('S03', 'drugs for eyes and ears'), ('V01', 'allergens'), ('V03', 'other therapeutic drugs'), ('V04', 'diagnostic agents'),
  ('V06', 'nutrients'), ('V07', 'other non-therapeutic products'), ('V08', 'contrast media'),
  ('V09', 'diagnostic radiopharmaceuticals'), ('V10', 'therapeutic radiopharmaceuticals')
) AS t(code, name);

-- A letter X is the WHO's for what is in none of the classes beside it: drugs with nothing in common but the class
-- above, of which they are members instead. Whole groups of "other" drugs have no such class.
CREATE TEMP TABLE member_of AS
SELECT c.*, CASE
  WHEN c.code[4:5] = 'XX' OR c.code[1:5] = 'S01XA' THEN if(g.is_other, NULL, c.code[1:3])
  WHEN c.code[4:4] <> 'X' AND c.code[5:5] = 'X' THEN if(g.is_other, NULL, c.code[1:4])
  ELSE c.code[1:5] END AS class
FROM code_of AS c
LEFT JOIN (SELECT code, contains(name, 'other ') AS is_other FROM group_name) AS g ON g.code = c.code[1:3];

INSERT INTO edge_rows BY NAME
SELECT min(file) AS file, min(line) AS line, 'MEMBER_OF' AS relation, curie AS start, 'ATC:' || class AS "end",
  'CC0-1.0' AS licence, 'ATC ' || string_agg(DISTINCT code, ', ' ORDER BY code) AS evidence
FROM member_of
WHERE class IS NOT NULL
GROUP BY curie, class;

CREATE TEMP TABLE class_of AS
SELECT class, min(file) AS file, min(line) AS line,
  list_sort(list_distinct(list(name)))[:3] AS members, count(DISTINCT name) AS n
FROM (
  SELECT * EXCLUDE (class), unnest(list_filter([1, 3, 4, 5], lambda x: x <= len(class))) AS level, class[1:level] AS class
  FROM member_of
)
GROUP BY class;

INSERT INTO node_rows
SELECT c.file, c.line, 'ATC:' || c.class, 'PharmacologicClass', 'ATC:' || c.class,
  coalesce(g.name, p.name, 'drugs') || ', ATC ' || c.class
    || if(len(c.class) < 4, '', ' (' || array_to_string(c.members, ', ') || if(c.n > 3, ' and others', '') || ')'),
  [], [], 'ATC ' || c.class
FROM class_of AS c
LEFT JOIN group_name AS g ON g.code = c.class
LEFT JOIN group_name AS p ON p.code = c.class[1:3];

INSERT INTO edge_rows BY NAME
SELECT file, line, 'IS_A' AS relation, 'ATC:' || class AS start,
  'ATC:' || CASE len(class) WHEN 5 THEN class[1:4] WHEN 4 THEN class[1:3] ELSE class[1:1] END AS "end",
  'CC0-1.0' AS licence, 'ATC code' AS evidence
FROM class_of
WHERE len(class) > 1;
