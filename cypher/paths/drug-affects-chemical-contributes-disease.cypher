// name: drug-affects-chemical-contributes-disease
// says: {drug} {affects} {chemical}, which {adds} {disease}
// metapath: Drug AFFECTS Chemical CONTRIBUTES_TO Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)-[adds:CONTRIBUTES_TO]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR chemical.id IN $via)
RETURN DISTINCT drug.id AS drug_id, chemical.id AS chemical_id, disease.id AS disease_id
ORDER BY chemical_id
LIMIT $limit
