// name: drug-affects-family-process-organism-disease
// says: {drug} {affects} {family}, which {drives} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS GeneFamily AFFECTS BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(family:GeneFamily)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (family.id IN $via AND process.id IN $via))
WITH drug, family, process
MATCH (process)-[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR organism.id IN $via)
RETURN DISTINCT drug.id AS drug_id, family.id AS family_id, process.id AS process_id, organism.id AS organism_id, disease.id AS disease_id
ORDER BY family_id, process_id, organism_id
LIMIT $limit
