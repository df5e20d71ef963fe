// name: drug-affects-gene-chemical-disease
// says: {drug} {affects} {gene}, which {drives} {chemical}, which {linked} {disease}
// metapath: Drug AFFECTS Gene AFFECTS Chemical CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(chemical:Chemical)
WHERE (size($via) = 0 OR (gene.id IN $via AND chemical.id IN $via))
WITH drug, gene, chemical
MATCH (chemical)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, chemical.id AS chemical_id, disease.id AS disease_id
ORDER BY gene_id, chemical_id
LIMIT $limit
