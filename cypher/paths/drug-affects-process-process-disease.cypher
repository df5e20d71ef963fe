// name: drug-affects-process-process-disease
// says: {drug} {affects} {process}, which {drives} {next}, which {linked} {disease}
// metapath: Drug AFFECTS BiologicalProcess AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)-[drives:AFFECTS]->(next:BiologicalProcess)
WHERE process.id <> next.id AND (size($via) = 0 OR (process.id IN $via AND next.id IN $via))
WITH drug, process, next
MATCH (next)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, process.id AS process_id, next.id AS next_id, disease.id AS disease_id
ORDER BY process_id, next_id
LIMIT $limit
