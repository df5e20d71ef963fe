// name: drug-affects-gene-correlates-disease
// says: {drug} {affects} {gene}, which {linked} {disease}
// metapath: Drug AFFECTS Gene CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY gene_id
LIMIT $limit
