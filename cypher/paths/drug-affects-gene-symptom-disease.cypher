// name: drug-affects-gene-symptom-disease
// says: {drug} {affects} {gene}, which {linked} {symptom}, which {shown} {disease}
// metapath: Drug AFFECTS Gene CORRELATED_WITH Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[linked:CORRELATED_WITH]->(symptom:Symptom)
      <-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND symptom.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  linked AS linked,
  symptom.id AS symptom_id, symptom.name AS symptom_name,
  shown AS shown,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, symptom_id, affects.source, linked.source, shown.source
LIMIT $limit
