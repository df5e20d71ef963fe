// A drug: its targets and what it does to them, its class, what it treats
WITH 'fingolimod' AS name
MATCH (drug:Drug) WHERE toLower(drug.name) = toLower(name)
MATCH p = (drug)-[:BINDS|MEMBER_OF|TREATS|PALLIATES|CONTRAINDICATED_FOR]-()
RETURN p
LIMIT 150
