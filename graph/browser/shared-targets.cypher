// Shared mechanisms: drugs that act on the same genes as a disease's treatments, and don't treat it
WITH 'multiple sclerosis' AS name
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(name)
MATCH p = (other:Drug)-[:BINDS]->(gene:Gene)<-[:BINDS]-(known:Drug)-[:TREATS]->(disease)
WHERE NOT (other)-[:TREATS|PALLIATES]->(disease)
RETURN p
LIMIT 80
