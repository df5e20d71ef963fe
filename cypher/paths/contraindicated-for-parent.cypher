// name: contraindicated-for-parent
// says: {drug} {contra} {parent}, which {subtype} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease < IS_A Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(parent:Disease)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id AND (size($via) = 0 OR parent.id IN $via)
RETURN DISTINCT drug.id AS drug_id, parent.id AS parent_id, disease.id AS disease_id
ORDER BY parent_id
LIMIT $limit
