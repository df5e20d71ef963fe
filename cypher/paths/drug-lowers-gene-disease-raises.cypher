// name: drug-lowers-gene-disease-raises
// says: {drug} {lowers} {gene}, which {raised} {disease}
// metapath: Drug DOWNREGULATES Gene < UPREGULATES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[lowers:DOWNREGULATES]->(gene:Gene)<-[raised:UPREGULATES]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY gene_id
LIMIT $limit
