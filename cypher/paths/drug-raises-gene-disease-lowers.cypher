// name: drug-raises-gene-disease-lowers
// says: {drug} {raises} {gene}, which {lowered} {disease}
// metapath: Drug UPREGULATES Gene < DOWNREGULATES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[raises:UPREGULATES]->(gene:Gene)
      <-[lowered:DOWNREGULATES]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  raises AS raises,
  gene.id AS gene_id, gene.name AS gene_name,
  lowered AS lowered,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, raises.source, lowered.source
LIMIT $limit
