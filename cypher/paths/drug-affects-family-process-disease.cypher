// name: drug-affects-family-process-disease
// says: {drug} {affects} {family}, which {drives} {process}, which {linked} {disease}
// metapath: Drug AFFECTS GeneFamily AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(family:GeneFamily)
      -[drives:AFFECTS]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (family.id IN $via AND process.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  family.id AS family_id, family.name AS family_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY family_id, process_id, affects.source, drives.source, linked.source
LIMIT $limit
