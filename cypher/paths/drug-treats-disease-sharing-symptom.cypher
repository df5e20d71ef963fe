// name: drug-treats-disease-sharing-symptom
// says: {drug} {treats} {other}, which {presents} {symptom}, which {shown} {disease}
// metapath: Drug TREATS Disease PRESENTS Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[presents:PRESENTS]->(symptom:Symptom)
      <-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR (other.id IN $via AND symptom.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  other.id AS other_id, other.name AS other_name,
  presents AS presents,
  symptom.id AS symptom_id, symptom.name AS symptom_name,
  shown AS shown,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, symptom_id, treats.source, presents.source, shown.source
LIMIT $limit
