"""An answer as one page of HTML: complete, readable without anything beside it, and nothing but text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from grounding_evidence import entity, step
from rendered_html import RenderedHtml
from test_answer_table import ANSWER, DISEASE, RECEPTOR, recommendation

from kedrec.answers.subgraph import Subgraph
from kedrec.common.plain_text import escaped_controls
from kedrec.evidence.verbalize import evidence_item
from kedrec.rendering.answer_page import fragment, page
from kedrec.types import (
    Answer,
    Citation,
    Claim,
    Comparison,
    Edge,
    Link,
    Path,
    Rationale,
    Recommendation,
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "]]></title><b>bold</b>",
    "&lt;i&gt; &#x3c;b>",
    "drug\u202egurd\u2066",
    "\x1b[31mred\x07\x9b7m\x00",
    "two\u2028lines\ud800\ufffe",
    '=HYPERLINK("http://x.example")',
    "hidden\U000e0041tags\u200b",
]
ALLOWED = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "p", "span", "a",
     "ul", "li", "strong", "s", "q", "div", "table", "thead", "tbody", "tr", "th", "td", "figure", "details",
     "summary", "dl", "dt", "dd", "svg", "desc", "rect", "g", "path", "circle", "text"}
)  # fmt: skip
CLAIMS = (
    Claim(text="It binds.", citations=(Citation(id="P1"),), status="holds"),
    Claim(
        text="It cures.", citations=(Citation(id="P9", known=False),), status="struck", reason="Not stated."
    ),
)


def with_claims(one: Recommendation, *claims: Claim) -> Recommendation:
    rationale = Rationale(origin="llm", claims=claims, model="m", coverage=0.5)
    return one.model_copy(update={"rationale": rationale})


def hostile_answer(name: str) -> Answer:
    drug, gene = entity("DRUGBANK:666", "Drug", name), entity("NCBIGene:666", "Gene", name)
    edge = Edge(start=drug.id, relation="BINDS", end=gene.id, source=name, licence=name, evidence=name,
                references=("javascript:alert(1)", f"https://x.example/{name}", "PMID:1"))  # fmt: skip
    first = step(drug, "BINDS", gene).model_copy(update={"edges": (edge,)})
    path = Path(template="t", metapath=name, nodes=(drug, gene, DISEASE),
                steps=(first, step(gene, "ASSOCIATED_WITH", DISEASE, forward=False)))  # fmt: skip
    item = evidence_item(path, "P1", 0.5, "supports", "mechanism").model_copy(
        update={"sentence": name, "links": (Link(label=name, url="javascript:alert(1)"),
                                            Link(label=name, url=f"https://x.example/{name}"))}
    )  # fmt: skip
    one = with_claims(recommendation(1, item), Claim(text=name, status="struck", reason=name))
    one = one.model_copy(update={"drug": drug, "verdict": name, "flags": ("new", name)})
    manifest = ANSWER.manifest.model_copy(update={"graph": name, "ranking": name, "licences": (name,)})
    target = entity("MONDO:1", "Disease", name)
    return Answer(disease=target, recommendations=(one,), candidates=1, manifest=manifest, abstained=name)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("render", [page, fragment])
def test_hostile_text_is_shown_and_never_obeyed(name, render):
    html = render(hostile_answer(name))
    read = RenderedHtml(html)
    assert set(read.tags) - ALLOWED == set()
    assert not [one for one in read.attributes if one[1].startswith("on") or one[2].startswith("javascript:")]
    unseen = {character for character in html if unicodedata.category(character) in {"Cc", "Cf", "Cs"}}
    assert unseen <= {"\n"}
    assert " ".join(escaped_controls(name).split()) in read.text


def test_what_changes_the_order_of_reading_is_seen():
    assert r"drug\u202egurd\u2066" in RenderedHtml(page(hostile_answer("drug\u202egurd\u2066"))).text


def test_nothing_is_fetched_and_no_script_runs():
    html = page(ANSWER)
    assert "<script" not in html
    assert not re.search(r"(?:src|srcset|data|poster)=|@import|url\(", html)
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in RenderedHtml(
        html
    ).attributes


def test_links_are_https_alone():
    links = [value for tag, name, value in RenderedHtml(page(hostile_answer("x y"))).attributes
             if (tag, name) == ("a", "href") and not value.startswith("#")]  # fmt: skip
    assert "https://pubmed.ncbi.nlm.nih.gov/1/" in links
    assert all(re.fullmatch(r"https://\S+", link) for link in links)


def test_every_part_of_an_answer_is_there():
    answer = ANSWER.model_copy(
        update={"recommendations": (with_claims(ANSWER[0], *CLAIMS), *ANSWER.recommendations[1:])}
    )
    read = RenderedHtml(page(answer))
    for one in answer:
        assert f"{one.rank}. {one.drug.name} ({one.drug.id})" in read.text
        assert one.verdict in read.text
        for item in one.evidence:
            assert f"[{item.id}] {item.score:.0%} {item.sentence}" in read.text
    assert "Why (m: 1 of 2 sentences hold, 50% of the evidence used)" in read.text
    assert "It binds [P1]." in read.text
    assert re.search(r"Struck: It cures \[P9\]\. \(Not stated\.\)", read.text)
    assert "<s><span>It cures " in page(answer)
    for name in ("kedrec", "fingerprint", "schema version", "seed"):
        assert name in read.text


def test_a_citation_leads_to_its_evidence_and_a_line_to_its_edges():
    read = RenderedHtml(
        page(ANSWER.model_copy(update={"recommendations": (with_claims(ANSWER[0], *CLAIMS),)}))
    )
    targets = {value[1:] for tag, name, value in read.attributes if name == "href" and value.startswith("#")}
    assert len(read.ids) == len(set(read.ids))
    assert targets <= set(read.ids)
    assert any(id_.endswith("-P1") for id_ in targets)
    assert any(id_.endswith("-e1") for id_ in targets)


def test_answers_of_different_content_have_different_ids():
    one, other = (RenderedHtml(fragment(answer)) for answer in (ANSWER, hostile_answer("a")))
    assert set(one.ids).isdisjoint(other.ids)


def test_an_abstention_says_why():
    empty = Answer(disease=DISEASE, recommendations=(), candidates=3, manifest=ANSWER.manifest,
                   abstained="Nothing is known.")  # fmt: skip
    assert "Nothing is known." in RenderedHtml(page(empty)).text


def test_a_comparison_and_a_subgraph_are_pages_too():
    left, right = ANSWER[0], ANSWER[2]
    comparison = Comparison(
        disease=DISEASE, left=left, right=right, parts=(), metapaths=(), shared=((), ()),
        exclusive=(("P1",), ("P1",)), verdict="they differ", manifest=ANSWER.manifest,
    )  # fmt: skip
    text = RenderedHtml(page(comparison)).text
    assert "they differ" in text
    assert f"Paths that {right.drug.name} doesn't have" in text
    graph = Subgraph.of(left.drug, DISEASE, left.evidence)
    read = RenderedHtml(fragment(graph))
    assert RECEPTOR.name in read.text
    assert "svg" in read.tags


def test_a_drug_without_evidence_has_no_drawing():
    answer = ANSWER.model_copy(update={"recommendations": (recommendation(8),)})
    assert "svg" not in RenderedHtml(page(answer)).tags
