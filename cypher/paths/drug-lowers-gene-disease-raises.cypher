// name: drug-lowers-gene-disease-raises
// says: {drug} {lowers} {gene}, which {raised} {disease}
// metapath: Drug DOWNREGULATES Gene < UPREGULATES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[lowers:DOWNREGULATES]->(gene:Gene)
      <-[raised:UPREGULATES]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  lowers AS lowers,
  gene.id AS gene_id, gene.name AS gene_name,
  raised AS raised,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, lowers.source, raised.source
LIMIT $limit
