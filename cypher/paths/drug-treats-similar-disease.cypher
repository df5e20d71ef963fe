// name: drug-treats-similar-disease
// says: {drug} {treats} {other}, which {resembles} {disease}
// metapath: Drug TREATS Disease RESEMBLES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)
      -[resembles:RESEMBLES]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR other.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  other.id AS other_id, other.name AS other_name,
  resembles AS resembles,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, treats.source, resembles.source
LIMIT $limit
