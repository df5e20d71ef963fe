// name: drug-treats-symptom-of-disease
// says: {drug} {treats} {symptom}, which {shown} {disease}
// metapath: Drug TREATS Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(symptom:Symptom)
      <-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR symptom.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  symptom.id AS symptom_id, symptom.name AS symptom_name,
  shown AS shown,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY symptom_id, treats.source, shown.source
LIMIT $limit
