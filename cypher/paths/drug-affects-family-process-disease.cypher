// name: drug-affects-family-process-disease
// says: {drug} {affects} {family}, which {drives} {process}, which {linked} {disease}
// metapath: Drug AFFECTS GeneFamily AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(family:GeneFamily)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (family.id IN $via AND process.id IN $via))
WITH drug, family, process
MATCH (process)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, family.id AS family_id, process.id AS process_id, disease.id AS disease_id
ORDER BY family_id, process_id
LIMIT $limit
