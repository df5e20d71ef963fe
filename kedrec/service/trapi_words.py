"""Words of the Biolink Model and of Translator for kinds, relations, ids and sources."""

from __future__ import annotations

from kedrec.loading.readers.curies import curie_of
from kedrec.stores.overlay_names import is_private

__all__ = [
    "BIOLINK_VERSION",
    "CATEGORIES",
    "KEDREC",
    "PREDICATES",
    "TREATS_LIKE",
    "infores",
    "own_id",
    "translator_id",
    "translator_prefix",
]

BIOLINK_VERSION = "4.4.6"
KEDREC = "infores:kedrec"

CATEGORIES = {
    "Drug": "biolink:Drug",
    "Disease": "biolink:Disease",
    "Gene": "biolink:Gene",
    "Pathway": "biolink:Pathway",
    "BiologicalProcess": "biolink:BiologicalProcess",
    "MolecularFunction": "biolink:MolecularActivity",
    "CellularComponent": "biolink:CellularComponent",
    "Anatomy": "biolink:AnatomicalEntity",
    "Cell": "biolink:Cell",
    "Symptom": "biolink:PhenotypicFeature",
    "SideEffect": "biolink:PhenotypicFeature",
    "PharmacologicClass": "biolink:ChemicalEntity",
    "Chemical": "biolink:ChemicalEntity",
    "GeneFamily": "biolink:GeneFamily",
    "Complex": "biolink:MacromolecularComplex",
    "Organism": "biolink:OrganismTaxon",
    "Trial": "biolink:ClinicalTrial",
    "Publication": "biolink:Publication",
}
"""Category of each kind of node."""

PREDICATES = {
    "TREATS": "biolink:treats",
    "PALLIATES": "biolink:ameliorates_condition",
    "CONTRAINDICATED_FOR": "biolink:contraindicated_in",
    "STOPPED_FOR": "biolink:studied_to_treat",
    "BINDS": "biolink:directly_physically_interacts_with",
    "UPREGULATES": "biolink:affects",
    "DOWNREGULATES": "biolink:affects",
    "ASSOCIATED_WITH": "biolink:associated_with",
    "INTERACTS_WITH": "biolink:interacts_with",
    "REGULATES": "biolink:regulates",
    "COVARIES_WITH": "biolink:correlated_with",
    "PARTICIPATES_IN": "biolink:participates_in",
    "RESEMBLES": "biolink:similar_to",
    "PRESENTS": "biolink:has_phenotype",
    "LOCALIZES_TO": "biolink:located_in",
    "EXPRESSED_IN": "biolink:expressed_in",
    "CAUSES": "biolink:causes",
    "MEMBER_OF": "biolink:member_of",
    "IS_A": "biolink:subclass_of",
    "STUDIED_IN": "biolink:related_to",
    "AFFECTS": "biolink:affects",
    "CORRELATED_WITH": "biolink:correlated_with",
    "CONTRIBUTES_TO": "biolink:contributes_to",
    "LOCATED_IN": "biolink:located_in",
    "METABOLIZED_TO": "biolink:has_metabolite",
}
"""Predicate of each relation. What an edge says besides is among its attributes."""

TREATS_LIKE = (
    "biolink:treats",
    "biolink:treats_or_applied_or_studied_to_treat",
    "biolink:related_to_at_instance_level",
    "biolink:related_to",
)
"""`treats` and the predicates above it."""

_PREFIXES = {
    "CHEMBL": "CHEMBL.COMPOUND",
    "CHEMBLTARGET": "CHEMBL.TARGET",
    "PUBCHEM": "PUBCHEM.COMPOUND",
    "UNIPROT": "UniProtKB",
    "ORPHANET": "orphanet",
    "OMIMPS": "OMIM.PS",
    "PMCID": "PMC",
    "DOI": "doi",
    "NCT": "clinicaltrials",
    "REACTOME": "REACT",
    "INTERPRO": "InterPro",
    "DRUGCENTRAL": "DrugCentral",
}
_OWN_PREFIXES = {prefix.casefold(): own for own, prefix in _PREFIXES.items()}


def translator_id(curie: str) -> str:
    """A CURIE with the prefix that Translator uses."""
    prefix, colon, local = curie.partition(":")
    return f"{translator_prefix(prefix)}{colon}{local}"


def translator_prefix(prefix: str) -> str:
    """A prefix of the graph's ids as Translator writes it."""
    return _PREFIXES.get(prefix, prefix)


def own_id(curie: str) -> str:
    """A CURIE of Translator with the graph's prefix; "" for a text that is no CURIE."""
    prefix, colon, local = curie.strip().partition(":")
    if not (prefix and colon and local):
        return ""
    own = _OWN_PREFIXES.get(prefix.casefold())
    return f"{own}:{local}" if own else curie_of(curie) or ""


def infores(source: str) -> str:
    """The information resource of a source of the graph."""
    if source == "kedrec" or is_private(source):
        return "infores:kedrec-own-tables"  # the names of overlays stay private
    name = "".join(letter if letter.isalnum() else "-" for letter in source.lower()).strip("-")
    return "infores:kedrec-starter" if source == "starter" else f"infores:{name}"
