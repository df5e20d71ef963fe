// name: drug-affects-component-organism-disease
// says: {drug} {affects} {component}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS CellularComponent LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(component:CellularComponent)-[located:LOCATED_IN]->(organism:Organism)
WHERE (size($via) = 0 OR (component.id IN $via AND organism.id IN $via))
WITH drug, component, organism
MATCH (organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, component.id AS component_id, organism.id AS organism_id, disease.id AS disease_id
ORDER BY component_id, organism_id
LIMIT $limit
