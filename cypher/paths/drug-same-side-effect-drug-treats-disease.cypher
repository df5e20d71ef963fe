// name: drug-same-side-effect-drug-treats-disease
// says: {drug} {causes} {effect}, which {caused} {other}, which {treats} {disease}
// metapath: Drug CAUSES SideEffect < CAUSES Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(effect:SideEffect)<-[caused:CAUSES]-(other:Drug)
      -[treats:TREATS]->(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR (effect.id IN $via AND other.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  causes AS causes,
  effect.id AS effect_id, effect.name AS effect_name,
  caused AS caused,
  other.id AS other_id, other.name AS other_name,
  treats AS treats,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY effect_id, other_id, causes.source, caused.source, treats.source
LIMIT $limit
