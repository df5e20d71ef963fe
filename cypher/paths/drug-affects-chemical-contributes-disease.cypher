// name: drug-affects-chemical-contributes-disease
// says: {drug} {affects} {chemical}, which {adds} {disease}
// metapath: Drug AFFECTS Chemical CONTRIBUTES_TO Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)
      -[adds:CONTRIBUTES_TO]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR chemical.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  chemical.id AS chemical_id, chemical.name AS chemical_name,
  adds AS adds,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY chemical_id, affects.source, adds.source
LIMIT $limit
