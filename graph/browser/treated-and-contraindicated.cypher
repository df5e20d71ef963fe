// Contraindications against treatments: drugs for a disease that must not be used in another one
WITH 'epilepsy syndrome' AS other_name
MATCH (other:Disease) WHERE toLower(other.name) = toLower(other_name)
MATCH p = (:Disease)<-[:TREATS|PALLIATES]-(:Drug)-[:CONTRAINDICATED_FOR]->(other)
RETURN p
LIMIT 150
