// name: drug-affects-process-disease
// says: {drug} {affects} {process}, which {linked} {disease}
// metapath: Drug AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN DISTINCT drug.id AS drug_id, process.id AS process_id, disease.id AS disease_id
ORDER BY process_id
LIMIT $limit
