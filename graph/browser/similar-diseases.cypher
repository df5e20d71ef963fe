// Shared mechanisms: diseases with genes in common, and their treatments
WITH 'multiple sclerosis' AS name
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(name)
MATCH (disease)-[:ASSOCIATED_WITH]->(gene:Gene)<-[:ASSOCIATED_WITH]-(other:Disease)
WITH disease, other, collect(DISTINCT gene.name) AS genes
OPTIONAL MATCH (drug:Drug)-[:TREATS]->(other)
WHERE NOT (drug)-[:TREATS]->(disease)
RETURN other.name AS disease, size(genes) AS shared_genes, genes[..10] AS genes, collect(DISTINCT drug.name)[..10] AS drugs
ORDER BY shared_genes DESC, disease
LIMIT 25
