// name: contraindicated-for-grandparent
// says: {drug} {contra} {ancestor}, which {broader} {parent}, which {subtype} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease < IS_A Disease < IS_A Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(ancestor:Disease)<-[broader:IS_A]-(parent:Disease)
WHERE ancestor.id <> parent.id AND (size($via) = 0 OR (ancestor.id IN $via AND parent.id IN $via))
WITH drug, ancestor, parent
MATCH (parent)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE ancestor.id <> disease.id AND parent.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, ancestor.id AS ancestor_id, parent.id AS parent_id, disease.id AS disease_id
ORDER BY ancestor_id, parent_id
LIMIT $limit
