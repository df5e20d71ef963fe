// name: drug-binds-gene-subtype-disease
// says: {drug} {binds} {gene}, which {assoc} {narrower}, which {under} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(narrower:Disease)
WHERE (size($via) = 0 OR (gene.id IN $via AND narrower.id IN $via))
WITH drug, gene, narrower
MATCH (narrower)-[under:IS_A]->(disease:Disease {id: $disease})
WHERE narrower.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, narrower.id AS narrower_id, disease.id AS disease_id
ORDER BY gene_id, narrower_id
LIMIT $limit
