// name: drug-binds-gene-disease
// says: {drug} {binds} {gene}, which {assoc} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
RETURN DISTINCT gene.id AS gene
LIMIT $limit
