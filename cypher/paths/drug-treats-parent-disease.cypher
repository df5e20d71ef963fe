// name: drug-treats-parent-disease
// says: {drug} {treats} {parent}, which {subtype} {disease}
// metapath: Drug TREATS Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(parent:Disease)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id AND (size($via) = 0 OR parent.id IN $via)
RETURN DISTINCT drug.id AS drug_id, parent.id AS parent_id, disease.id AS disease_id
ORDER BY parent_id
LIMIT $limit
