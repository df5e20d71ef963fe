// name: drug-binds-gene-disease
// says: {drug} {binds} {gene}, which {assoc} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY gene_id
LIMIT $limit
