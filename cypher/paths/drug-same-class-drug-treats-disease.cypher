// name: drug-same-class-drug-treats-disease
// says: {drug} {member} {class}, a class that also {includes} {other}, which {treats} {disease}
// metapath: Drug MEMBER_OF PharmacologicClass < MEMBER_OF Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[member:MEMBER_OF]->(class:PharmacologicClass)<-[includes:MEMBER_OF]-(other:Drug)
WHERE drug.id <> other.id AND (size($via) = 0 OR (class.id IN $via AND other.id IN $via))
WITH drug, class, other
MATCH (other)-[treats:TREATS]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, class.id AS class_id, other.id AS other_id, disease.id AS disease_id
ORDER BY class_id, other_id
LIMIT $limit
