// name: drug-resembles-drug-treats-disease
// says: {drug} {resembles} {other}, which {treats} {disease}
// metapath: Drug RESEMBLES Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[resembles:RESEMBLES]-(other:Drug)-[treats:TREATS]->(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR other.id IN $via)
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, disease.id AS disease_id
ORDER BY other_id
LIMIT $limit
