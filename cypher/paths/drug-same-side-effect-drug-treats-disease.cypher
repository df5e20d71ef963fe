// name: drug-same-side-effect-drug-treats-disease
// says: {drug} {causes} {effect}, which {caused} {other}, which {treats} {disease}
// metapath: Drug CAUSES SideEffect < CAUSES Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(effect:SideEffect)<-[caused:CAUSES]-(other:Drug)
WHERE drug.id <> other.id AND (size($via) = 0 OR (effect.id IN $via AND other.id IN $via))
WITH drug, effect, other
MATCH (other)-[treats:TREATS]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, effect.id AS effect_id, other.id AS other_id, disease.id AS disease_id
ORDER BY effect_id, other_id
LIMIT $limit
