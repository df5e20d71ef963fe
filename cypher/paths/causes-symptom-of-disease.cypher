// name: causes-symptom-of-disease
// says: {drug} {causes} {symptom}, which {shown} {disease}
// metapath: Drug CAUSES Symptom < PRESENTS Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(symptom:Symptom)
      <-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR symptom.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  causes AS causes,
  symptom.id AS symptom_id, symptom.name AS symptom_name,
  shown AS shown,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY symptom_id, causes.source, shown.source
LIMIT $limit
