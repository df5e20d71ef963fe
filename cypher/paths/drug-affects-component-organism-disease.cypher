// name: drug-affects-component-organism-disease
// says: {drug} {affects} {component}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS CellularComponent LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(component:CellularComponent)
      -[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (component.id IN $via AND organism.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  component.id AS component_id, component.name AS component_name,
  located AS located,
  organism.id AS organism_id, organism.name AS organism_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY component_id, organism_id, affects.source, located.source, causes.source
LIMIT $limit
