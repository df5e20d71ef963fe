// name: drug-resembles-drug-treats-disease
// says: {drug} {resembles} {other}, which {treats} {disease}
// metapath: Drug RESEMBLES Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[resembles:RESEMBLES]-(other:Drug)
      -[treats:TREATS]->(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR other.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  resembles AS resembles,
  other.id AS other_id, other.name AS other_name,
  treats AS treats,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, resembles.source, treats.source
LIMIT $limit
