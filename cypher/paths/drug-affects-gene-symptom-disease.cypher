// name: drug-affects-gene-symptom-disease
// says: {drug} {affects} {gene}, which {linked} {symptom}, which {shown} {disease}
// metapath: Drug AFFECTS Gene CORRELATED_WITH Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[linked:CORRELATED_WITH]->(symptom:Symptom)
WHERE (size($via) = 0 OR (gene.id IN $via AND symptom.id IN $via))
WITH drug, gene, symptom
MATCH (symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, symptom.id AS symptom_id, disease.id AS disease_id
ORDER BY gene_id, symptom_id
LIMIT $limit
