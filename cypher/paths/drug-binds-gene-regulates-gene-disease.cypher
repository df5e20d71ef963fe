// name: drug-binds-gene-regulates-gene-disease
// says: {drug} {binds} {gene}, which {regulates} {regulated}, which {assoc} {disease}
// metapath: Drug BINDS Gene REGULATES Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[regulates:REGULATES]->(regulated:Gene)
WHERE gene.id <> regulated.id AND (size($via) = 0 OR (gene.id IN $via AND regulated.id IN $via))
WITH drug, gene, regulated
MATCH (regulated)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, regulated.id AS regulated_id, disease.id AS disease_id
ORDER BY gene_id, regulated_id
LIMIT $limit
