// name: drug-binds-gene-expressed-in-anatomy-disease
// says: {drug} {binds} {gene}, which {expressed} {anatomy}, which {site} {disease}
// metapath: Drug BINDS Gene EXPRESSED_IN Anatomy < LOCALIZES_TO Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[expressed:EXPRESSED_IN]->(anatomy:Anatomy)
WHERE (size($via) = 0 OR (gene.id IN $via AND anatomy.id IN $via))
WITH drug, gene, anatomy
MATCH (anatomy)<-[site:LOCALIZES_TO]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, anatomy.id AS anatomy_id, disease.id AS disease_id
ORDER BY gene_id, anatomy_id
LIMIT $limit
