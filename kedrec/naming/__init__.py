"""From free text to entities: names, synonyms, cross-references, spelling, typos."""
