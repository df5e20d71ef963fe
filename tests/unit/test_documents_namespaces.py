"""XML under any namespace, by default or by a prefix, and in an answer of an OAI-PMH service."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedrec.documents.document import Document, Record, Section
from kedrec.documents.reading import read_file

OAI = "http://www.openarchives.org/OAI/2.0/"
LINK = "http://www.w3.org/1999/xlink"
ADDRESSES = [
    "https://jats.nlm.nih.gov/ns/archiving/1.0/",
    "https://jats.nlm.nih.gov/ns/archiving/1.3/",
    "http://dtd.nlm.nih.gov/2.0/xsd/archivearticle",
    "urn:anything at all",
    OAI,
]
ARTICLE = (
    "<article{0}><front><article-meta><article-id pub-id-type='pmcid'>PMC{1}</article-id><title-group>"
    "<article-title>A <m:math>E=mc</m:math>title</article-title></title-group><permissions>"
    "<license x:href='http://creativecommons.org/licenses/by/4.0/'/></permissions>"
    "<abstract><p>Short.</p></abstract></article-meta></front><body><sec><title>Results</title><p>Long.</p>"
    "</sec></body></article>"
)


def records(path: Path, text: str) -> list[Record]:
    path.write_text(text, encoding="utf-8")
    return list(read_file(path))


def spaces(address: str, prefix: str = "") -> str:
    own = f' xmlns{":" if prefix else ""}{prefix}="{address}"'
    return f'{own} xmlns:x="{LINK}" xmlns:m="http://www.w3.org/1998/Math/MathML"'


def check(found: list[Record], numbers: list[int]) -> None:
    assert [one.id for one in found] == [f"pmc:PMC{number}" for number in numbers]
    for one in found:
        assert isinstance(one, Document)
        assert (one.title, one.licence) == ("A title", "CC-BY-4.0")
        assert one.sections == (Section("Abstract", "Short.", "abstract"), Section("Results", "Long."))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_article_may_have_a_default_namespace(tmp_path: Path, address: str) -> None:
    check(records(tmp_path / "a.nxml", ARTICLE.format(spaces(address), 1)), [1])
    two = "".join(ARTICLE.format(spaces(address), number) for number in (1, 2))
    check(records(tmp_path / "a.xml", f"<pmc-articleset>{two}</pmc-articleset>"), [1, 2])


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_root_may_declare_what_its_articles_use(tmp_path: Path, address: str) -> None:
    two = "".join(ARTICLE.format("", number) for number in (1, 2))
    check(records(tmp_path / "a.xml", f"<pmc-articleset{spaces(address)}>{two}</pmc-articleset >"), [1, 2])


@pytest.mark.parametrize("prefix", ["j", "jats-1.0", "_x"])
def test_every_element_may_have_a_prefix(tmp_path: Path, prefix: str) -> None:
    plain = ARTICLE.format("{0}", 1)
    for tag in _TAGS:
        for end in (">", " ", "/", "{"):
            plain = plain.replace(f"<{tag}{end}", f"<{prefix}:{tag}{end}")
        plain = plain.replace(f"</{tag}>", f"</{prefix}:{tag} >")
    check(records(tmp_path / "a.xml", plain.replace("{0}", spaces("urn:a", prefix))), [1])


@pytest.mark.parametrize("verb", ["GetRecord", "ListRecords"])
@pytest.mark.parametrize("address", ["", *ADDRESSES])
def test_the_answer_of_an_oai_service_is_read(tmp_path: Path, verb: str, address: str) -> None:
    numbers = [1, 2, 3] if verb == "ListRecords" else [1]
    own = f' xmlns="{address}"' if address else ""
    told = "".join(
        f"<record><header><identifier>oai:x:{number}</identifier></header><metadata{spaces(LINK, 'unused')}>"
        f"{ARTICLE.format(own, number)}</metadata></record>"
        for number in numbers
    )
    text = f'<?xml version="1.0"?><OAI-PMH xmlns="{OAI}"><{verb}>{told}</{verb}></OAI-PMH>'
    check(records(tmp_path / "oai.xml", text), numbers)


_TAGS = (
    "abstract", "article", "article-id", "article-meta", "article-title", "body", "front", "license", "p",
    "permissions", "sec", "title", "title-group",
)  # fmt: skip
PUBMED = (
    "<{p}PubmedArticle{s}><{p}MedlineCitation><{p}PMID>7</{p}PMID><{p}Article><{p}ArticleTitle>T</{p}ArticleTitle>"
    "<{p}Abstract><{p}AbstractText>Short.</{p}AbstractText></{p}Abstract></{p}Article></{p}MedlineCitation>"
    "</{p}PubmedArticle>"
)


@pytest.mark.parametrize(("prefix", "own"), [("", True), ("", False), ("n:", True), ("n:", False)])
def test_pubmed_may_have_a_namespace(tmp_path: Path, prefix: str, *, own: bool) -> None:
    space = f' xmlns{":n" if prefix else ""}="urn:pubmed"'
    inner = PUBMED.format(p=prefix, s=space if own else "")
    text = f"<{prefix}PubmedArticleSet{space}>{inner}</{prefix}PubmedArticleSet>"
    [found] = records(tmp_path / "a.xml", text)
    assert isinstance(found, Document)
    assert (found.id, found.text) == ("pubmed:7", "T\nShort.")


def test_bioc_may_have_a_namespace(tmp_path: Path) -> None:
    inner = "<document><id>12</id><passage><text>Short.</text></passage></document>"
    [found] = records(tmp_path / "a.xml", f'<collection xmlns="urn:bioc">{inner}</collection>')
    assert isinstance(found, Document)
    assert found.text == "\nShort."
