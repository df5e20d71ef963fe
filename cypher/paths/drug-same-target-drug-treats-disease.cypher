// name: drug-same-target-drug-treats-disease
// says: {drug} {binds} {gene}, which {bound} {other}, which {treats} {disease}
// metapath: Drug BINDS Gene < BINDS Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[bound:BINDS]-(other:Drug)
WHERE drug.id <> other.id AND (size($via) = 0 OR (gene.id IN $via AND other.id IN $via))
WITH drug, gene, other
MATCH (other)-[treats:TREATS]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, other.id AS other_id, disease.id AS disease_id
ORDER BY gene_id, other_id
LIMIT $limit
