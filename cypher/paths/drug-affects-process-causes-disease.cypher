// name: drug-affects-process-causes-disease
// says: {drug} {affects} {process}, which {causes} {disease}
// metapath: Drug AFFECTS BiologicalProcess CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN DISTINCT drug.id AS drug_id, process.id AS process_id, disease.id AS disease_id
ORDER BY process_id
LIMIT $limit
