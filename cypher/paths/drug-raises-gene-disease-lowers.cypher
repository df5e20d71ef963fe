// name: drug-raises-gene-disease-lowers
// says: {drug} {raises} {gene}, which {lowered} {disease}
// metapath: Drug UPREGULATES Gene < DOWNREGULATES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[raises:UPREGULATES]->(gene:Gene)<-[lowered:DOWNREGULATES]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, disease.id AS disease_id
ORDER BY gene_id
LIMIT $limit
