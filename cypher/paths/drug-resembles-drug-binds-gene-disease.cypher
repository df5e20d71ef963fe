// name: drug-resembles-drug-binds-gene-disease
// says: {drug} {resembles} {other}, which {binds} {gene}, which {assoc} {disease}
// metapath: Drug RESEMBLES Drug BINDS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[resembles:RESEMBLES]-(other:Drug)-[binds:BINDS]->(gene:Gene)
WHERE drug.id <> other.id AND (size($via) = 0 OR (other.id IN $via AND gene.id IN $via))
WITH drug, other, gene
MATCH (gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY other_id, gene_id
LIMIT $limit
