// name: contraindicated-for-grandparent
// says: {drug} {contra} {ancestor}, which {broader} {parent}, which {subtype} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease < IS_A Disease < IS_A Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(ancestor:Disease)
      <-[broader:IS_A]-(parent:Disease)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE ancestor.id <> parent.id AND ancestor.id <> disease.id AND parent.id <> disease.id AND (size($via) = 0 OR (ancestor.id IN $via AND parent.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  contra AS contra,
  ancestor.id AS ancestor_id, ancestor.name AS ancestor_name,
  broader AS broader,
  parent.id AS parent_id, parent.name AS parent_name,
  subtype AS subtype,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY ancestor_id, parent_id, contra.source, broader.source, subtype.source
LIMIT $limit
