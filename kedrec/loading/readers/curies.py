"""Reads ids as people and programs spell them: CURIEs in any case, with underscores, as IRIs."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from kedrec.loading.sources import load_source
from kedrec.schema import load_schema

__all__ = ["curie_of", "prefix_of"]

_UPPER = frozenset({
    "ATC", "CHEMBL", "DRUGBANK", "ICD10", "INTERPRO", "MEDDRA", "MESH", "NCIT", "NCT", "PFAM", "PMCID",
    "REACTOME", "UMLS", "UNII", "UNIPROT", "WIKIPATHWAYS",
})  # fmt: skip
"""Vocabularies whose ids have capitals alone."""
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
"""Where ids have pages or IRIs (without `https://`, in small letters), and their prefix; "": it follows."""


@cache
def _prefixes() -> dict[str, str]:
    """The schema's prefixes by what they are called, in capitals: by kgx.yaml's other names, too."""
    aliases: dict[str, str] = load_source("kgx").mapping["prefixes"]
    return {name.upper(): name for name in load_schema().prefixes} | aliases


@cache
def _pages() -> tuple[tuple[str, str], ...]:
    """Beginnings of pages with their prefix, the longest first; the schema's own pages too."""
    own = {
        url.partition("{id}")[0].partition("://")[2].lower(): name
        for name, url in load_schema().prefixes.items()
        if url.endswith(("{id}", "{id}/"))
    }
    # Where an ontology browser's address ends in the prefix itself (.../MONDO:{id}), the prefix follows.
    own = {
        page.removesuffix(f"{name.lower()}:").removesuffix(f"{name.lower()}_"): name
        for page, name in own.items()
    }
    return tuple(sorted((own | _PAGES).items(), key=lambda page: -len(page[0])))


def prefix_of(word: str) -> str:
    """The schema's prefix that a word is, in any case and by its other names; "" where it is none."""
    return _prefixes().get(word.strip().upper(), "")


def _local(prefix: str, local: str) -> str:
    """A local id without the prefix again, in capitals where the vocabulary has no others."""
    again, colon, rest = local.partition(":")
    if colon and prefix_of(again) == prefix:
        local = rest
    elif (found := _UNDERSCORE.fullmatch(local)) and prefix_of(found[1]) == prefix:
        local = found[2]
    if prefix in _NUMBERED:
        local = re.sub(r"(?<=\d)\.0+$", "", local)
    if prefix in _UPPER:
        local = local.upper()
    elif prefix == "ORPHANET" and local.upper().startswith("ORPHA"):
        local = local[5:].lstrip(":_")
    return local.strip()


def _of_page(address: str) -> str:
    """The CURIE that a page or IRI is of; "" where it is of none that is known."""
    rest = address.partition("://")[2]
    for page, prefix in _pages():
        if not rest.lower().startswith(page):
            continue
        found = rest[len(page) :].strip("/")
        if re.search(r"[?#\s]", found) or not found:
            return ""
        inner = _plain(found) or _plain(found.replace("/", ":", 1))
        if inner and (not prefix or inner.startswith(f"{prefix}:")):
            return inner
        return f"{prefix}:{_local(prefix, found)}" if (prefix and "/" not in found) or prefix == "DOI" else ""
    return ""


def _plain(text: str) -> str:
    """The CURIE that a text is, where its prefix is known; else ""."""
    for pattern in (_CURIE, _UNDERSCORE):
        found = pattern.fullmatch(text)
        if found and (prefix := prefix_of(found[1])):
            return f"{prefix}:{_local(prefix, found[2])}"
    return next(
        (f"{prefix}:{text.upper()}" for form, prefix in _ACCESSIONS if form.fullmatch(text.upper())), ""
    )


@lru_cache(maxsize=1 << 16)
def curie_of(text: str) -> str:
    """An id with the schema's prefix: `mondo_0005148`, `DB:DB00331`, `http://purl.obolibrary.org/obo/...`.

    What has no prefix that the schema knows stays as it is, without blanks around it.
    """
    text = text.strip()
    wrapped = _WRAPPED.fullmatch(text)
    bare = (wrapped[1] or wrapped[2]) if wrapped else text
    return (_of_page(bare) if _IRI.match(bare) else _plain(bare)) or text
