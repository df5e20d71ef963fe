// name: drug-affects-chemical-process-organism-disease
// says: {drug} {affects} {chemical}, which {partakes} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS Chemical PARTICIPATES_IN BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)-[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (chemical.id IN $via AND process.id IN $via))
WITH drug, chemical, process
MATCH (process)-[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR organism.id IN $via)
RETURN DISTINCT drug.id AS drug_id, chemical.id AS chemical_id, process.id AS process_id, organism.id AS organism_id, disease.id AS disease_id
ORDER BY chemical_id, process_id, organism_id
LIMIT $limit
