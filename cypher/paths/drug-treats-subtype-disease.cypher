// name: drug-treats-subtype-disease
// says: {drug} {treats} {other}, which {under} {disease}
// metapath: Drug TREATS Disease IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[under:IS_A]->(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR other.id IN $via)
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, disease.id AS disease_id
ORDER BY other_id
LIMIT $limit
