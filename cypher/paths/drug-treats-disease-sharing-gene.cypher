// name: drug-treats-disease-sharing-gene
// says: {drug} {treats} {other}, which {assoc} {gene}, which {shared} {disease}
// metapath: Drug TREATS Disease ASSOCIATED_WITH Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[assoc:ASSOCIATED_WITH]->(gene:Gene)
WHERE (size($via) = 0 OR (other.id IN $via AND gene.id IN $via))
WITH drug, other, gene
MATCH (gene)<-[shared:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY other_id, gene_id
LIMIT $limit
