// Contraindications of a disease: its own, and those of the diseases it is a kind of
WITH 'multiple sclerosis' AS name
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(name)
MATCH p = (disease)-[:IS_A*0..3]->(:Disease)<-[:CONTRAINDICATED_FOR]-(:Drug)
RETURN p
LIMIT 150
