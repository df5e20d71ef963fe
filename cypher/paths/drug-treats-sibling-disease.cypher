// name: drug-treats-sibling-disease
// says: {drug} {treats} {other}, which {under} {parent}, which also {subtype} {disease}
// metapath: Drug TREATS Disease IS_A Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[under:IS_A]->(parent:Disease)
WHERE other.id <> parent.id AND (size($via) = 0 OR (other.id IN $via AND parent.id IN $via))
WITH drug, other, parent
MATCH (parent)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND parent.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, parent.id AS parent_id, disease.id AS disease_id
ORDER BY other_id, parent_id
LIMIT $limit
