// name: drug-affects-process-organism-disease
// says: {drug} {affects} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)-[located:LOCATED_IN]->(organism:Organism)
WHERE (size($via) = 0 OR (process.id IN $via AND organism.id IN $via))
WITH drug, process, organism
MATCH (organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, process.id AS process_id, organism.id AS organism_id, disease.id AS disease_id
ORDER BY process_id, organism_id
LIMIT $limit
