// name: drug-affects-chemical-disease
// says: {drug} {affects} {chemical}, which {linked} {disease}
// metapath: Drug AFFECTS Chemical CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR chemical.id IN $via)
RETURN DISTINCT drug.id AS drug_id, chemical.id AS chemical_id, disease.id AS disease_id
ORDER BY chemical_id
LIMIT $limit
