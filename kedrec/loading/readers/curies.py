"""Parser of ids in their various spellings: CURIEs in any case, with underscores, or as IRIs."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from kedrec.loading.sources import load_source
from kedrec.schema import load_schema

__all__ = ["curie_of", "prefix_of"]

_CAPITALS = frozenset({
    "ATC", "CHEMBL", "DRUGBANK", "ICD10", "INTERPRO", "MEDDRA", "MESH", "NCIT", "NCT", "PFAM", "PMCID",
    "REACTOME", "UMLS", "UNII", "UNIPROT", "WIKIPATHWAYS",
})  # fmt: skip
"""Vocabularies whose ids are all in capitals."""
_NUMBERED = frozenset({
    "CHEBI", "DOID", "DRUGCENTRAL", "HGNC", "MEDDRA", "NCBIGene", "NCBITaxon", "OMIM", "ORPHANET", "PMID",
    "PUBCHEM", "RXCUI", "SNOMEDCT",
})  # fmt: skip
"""Vocabularies whose ids are whole numbers; pandas writes 5743.0 where a column lacks one."""
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9._]*):\s?(\S.*)", re.DOTALL)
_WRAPPED = re.compile(r"<(\S+)>|obo:(\w+)")
"""An address in the brackets that RDF writes around it, or shortened as OBO's RDF does."""
_UNDERSCORE = re.compile(r"([A-Za-z][A-Za-z0-9.]*(?:_[A-Za-z]+)?)_([A-Za-z]{0,4}\d\S*)")
_ACCESSIONS = (
    (re.compile(r"DB\d{5}"), "DRUGBANK"),
    (re.compile(r"CHEMBL\d+"), "CHEMBL"),
    (re.compile(r"NCT\d{8}"), "NCT"),
)
"""Ids that show whose they are without a prefix."""
_IRI = re.compile(r"https?://", re.IGNORECASE)
_PAGES = {
    "identifiers.org/": "",
    "bioregistry.io/": "",
    "n2t.net/": "",
    "purl.obolibrary.org/obo/": "",
    "www.ebi.ac.uk/efo/": "",
    "www.orpha.net/ordo/": "",
    "www.drugbank.ca/drugs/": "DRUGBANK",
    "purl.uniprot.org/uniprot/": "UNIPROT",
    "www.uniprot.org/uniprot/": "UNIPROT",
    "id.nlm.nih.gov/mesh/": "MESH",
    "snomed.info/id/": "SNOMEDCT",
    "omim.org/entry/": "OMIM",
    "www.ncbi.nlm.nih.gov/pubmed/": "PMID",
    "www.ncbi.nlm.nih.gov/pmc/articles/": "PMCID",
    "www.ncbi.nlm.nih.gov/taxonomy/": "NCBITaxon",
    "dx.doi.org/": "DOI",
    "linkedlifedata.com/resource/umls/id/": "UMLS",
    "rdf.ebi.ac.uk/resource/chembl/molecule/": "CHEMBL",
    "pubchem.ncbi.nlm.nih.gov/compound/cid": "PUBCHEM",
    "rdf.ncbi.nlm.nih.gov/pubchem/compound/cid": "PUBCHEM",
    "www.clinicaltrials.gov/study/": "NCT",
    "clinicaltrials.gov/ct2/show/": "NCT",
    "ncicb.nci.nih.gov/xml/owl/evs/thesaurus.owl#": "NCIT",
}
"""Beginnings of web pages and IRIs (in small letters, without `https://`), with the prefix of the id that
follows; "" if that includes its prefix."""


@cache
def _prefixes() -> dict[str, str]:
    """Prefixes of the schema by their names in capitals, including the aliases in kgx.yaml."""
    aliases: dict[str, str] = load_source("kgx").mapping["prefixes"]
    return {name.upper(): name for name in load_schema().prefixes} | aliases


@cache
def _pages() -> tuple[tuple[str, str], ...]:
    """Beginnings of pages, including the schema's, with their prefix; the longest first."""
    schema_pages = {
        url.partition("{id}")[0].partition("://")[2].lower(): name
        for name, url in load_schema().prefixes.items()
        if url.endswith(("{id}", "{id}/"))
    }
    # If an ontology browser's address ends in the prefix (.../MONDO:{id}), the prefix is part of the id.
    schema_pages = {
        page.removesuffix(f"{name.lower()}:").removesuffix(f"{name.lower()}_"): name
        for page, name in schema_pages.items()
    }
    return tuple(sorted((schema_pages | _PAGES).items(), key=lambda page: -len(page[0])))


def prefix_of(word: str) -> str:
    """Looks up the schema's prefix for a word in any case, or for an alias; "" if there is none."""
    return _prefixes().get(word.strip().upper(), "")


def _local_id(prefix: str, local: str) -> str:
    """Normalises a local id: removes a repeated prefix; capitals if the vocabulary uses only those."""
    repeated, colon, suffix = local.partition(":")
    if colon and prefix_of(repeated) == prefix:
        local = suffix
    elif (match := _UNDERSCORE.fullmatch(local)) and prefix_of(match[1]) == prefix:
        local = match[2]
    if prefix in _NUMBERED:
        local = re.sub(r"(?<=\d)\.0+$", "", local)
    if prefix in _CAPITALS:
        local = local.upper()
    elif prefix == "ORPHANET" and local.upper().startswith("ORPHA"):
        local = local[5:].lstrip(":_")
    return local.strip()


def _curie_of_page(address: str) -> str:
    """Converts the address of a page or an IRI to a CURIE; "" if it isn't known."""
    location = address.partition("://")[2]
    for page, prefix in _pages():
        if not location.lower().startswith(page):
            continue
        local = location[len(page) :].strip("/")
        if re.search(r"[?#\s]", local) or not local:
            return ""
        curie = _curie_of_text(local) or _curie_of_text(local.replace("/", ":", 1))
        if curie and (not prefix or curie.startswith(f"{prefix}:")):
            return curie
        return (
            f"{prefix}:{_local_id(prefix, local)}" if (prefix and "/" not in local) or prefix == "DOI" else ""
        )
    return ""


def _curie_of_text(text: str) -> str:
    """Converts a text to a CURIE if its prefix is known; else ""."""
    for pattern in (_CURIE, _UNDERSCORE):
        match = pattern.fullmatch(text)
        if match and (prefix := prefix_of(match[1])):
            return f"{prefix}:{_local_id(prefix, match[2])}"
    return next(
        (f"{prefix}:{text.upper()}" for form, prefix in _ACCESSIONS if form.fullmatch(text.upper())), ""
    )


@lru_cache(maxsize=1 << 16)
def curie_of(text: str) -> str:
    """Converts an id to the schema's form: `mondo_0005148`, `DB:DB00331`, `http://purl.obolibrary.org/obo/...`.

    An id without a known prefix is returned as it is, stripped.
    """
    text = text.strip()
    wrapped = _WRAPPED.fullmatch(text)
    bare = (wrapped[1] or wrapped[2]) if wrapped else text
    return (_curie_of_page(bare) if _IRI.match(bare) else _curie_of_text(bare)) or text
