// name: drug-affects-chemical-disease
// says: {drug} {affects} {chemical}, which {linked} {disease}
// metapath: Drug AFFECTS Chemical CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR chemical.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  chemical.id AS chemical_id, chemical.name AS chemical_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY chemical_id, affects.source, linked.source
LIMIT $limit
