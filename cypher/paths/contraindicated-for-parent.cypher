// name: contraindicated-for-parent
// says: {drug} {contra} {parent}, which {subtype} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease < IS_A Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(parent:Disease)
      <-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id AND (size($via) = 0 OR parent.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  contra AS contra,
  parent.id AS parent_id, parent.name AS parent_name,
  subtype AS subtype,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY parent_id, contra.source, subtype.source
LIMIT $limit
