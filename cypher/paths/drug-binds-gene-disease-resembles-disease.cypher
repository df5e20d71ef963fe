// name: drug-binds-gene-disease-resembles-disease
// says: {drug} {binds} {gene}, which {assoc} {other}, which {resembles} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease RESEMBLES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(other:Disease)
WHERE (size($via) = 0 OR (gene.id IN $via AND other.id IN $via))
WITH drug, gene, other
MATCH (other)-[resembles:RESEMBLES]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, other.id AS other_id, disease.id AS disease_id
ORDER BY gene_id, other_id
LIMIT $limit
