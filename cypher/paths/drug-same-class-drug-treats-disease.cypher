// name: drug-same-class-drug-treats-disease
// says: {drug} {member} {class}, a class that also {includes} {other}, which {treats} {disease}
// metapath: Drug MEMBER_OF PharmacologicClass < MEMBER_OF Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[member:MEMBER_OF]->(class:PharmacologicClass)
      <-[includes:MEMBER_OF]-(other:Drug)-[treats:TREATS]->(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR (class.id IN $via AND other.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  member AS member,
  class.id AS class_id, class.name AS class_name,
  includes AS includes,
  other.id AS other_id, other.name AS other_name,
  treats AS treats,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY class_id, other_id, member.source, includes.source, treats.source
LIMIT $limit
