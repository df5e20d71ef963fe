"""The page in a real browser, on the built-in graph with the real model: a test for each promise."""

from __future__ import annotations

import csv
import io
import json
import re
import urllib.request

import pytest
from browser import AXE, MS, PHONE, axe_violations
from playwright.sync_api import expect


@pytest.fixture
def answered(open_page):
    page = open_page(MS)
    page.wait_for_selector(".drawing[data-ready]")
    return page


def asked(address, body, endpoint="recommend"):
    request = urllib.request.Request(
        f"{address}v1/{endpoint}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


QUESTION = {"disease": "DOID:2377", "top": 10, "paths": 12, "llm": False}


def test_the_first_paint_needs_no_drawing_library(open_page):
    page = open_page()
    page.wait_for_selector("#example-list button")
    assert page.evaluate("performance.getEntriesByName('first-contentful-paint').length") == 1
    assert not page.evaluate(
        "performance.getEntriesByType('resource').some((r) => r.name.includes('vendor'))"
    )


def test_ten_examples_can_be_asked(open_page):
    page = open_page()
    page.wait_for_selector("#example-list button")
    assert page.locator("#example-list button").count() == 10
    page.uncheck("#llm")
    page.click("#example-list button >> nth=0")
    page.wait_for_selector(".ranked tbody tr")
    expect(page).to_have_url(re.compile(r"[?&]graph=[0-9a-f]{16}"))  # so that a copied link says of what


def test_the_field_suggests_by_name_kind_and_id_and_works_by_keyboard(open_page):
    page = open_page()
    page.wait_for_selector("#example-list button")
    page.uncheck("#llm")
    page.fill("#question", "DOID:2377")
    expect(page.locator("#suggestions li").first).to_contain_text("multiple sclerosis")
    page.fill("#question", "scleros")
    expect(page.locator("#question")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#suggestions .name", has_text="tuberous sclerosis")).to_be_visible()
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#question", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "aria-selected") == "true"
    name = page.inner_text(f"#{active} .name")
    page.keyboard.press("Enter")
    expect(page.locator(".answer-bar h1")).to_contain_text(name)


@pytest.mark.parametrize(
    ("text", "said"), [("", "Nothing is asked"), ("multiple sclerossis x", "no disease named")]
)
def test_an_error_says_what_to_do(open_page, text, said):
    page = open_page()
    page.wait_for_selector("#example-list button")
    page.uncheck("#llm")
    page.fill("#question", text)
    page.keyboard.press("Escape")
    page.click("#submit")
    expect(page.locator("#problem")).to_contain_text(said)
    if text:
        page.click("#problem li button >> nth=0")
        expect(page.locator(".answer-bar h1")).to_contain_text("multiple sclerosis")


def test_the_table_has_probability_interval_baseline_and_badges_as_the_service_gives_them(answered, address):
    answer = asked(address, QUESTION)
    rows = answered.locator(".ranked tbody tr")
    assert rows.count() == len(answer["recommendations"])
    for row, item in zip(rows.all(), answer["recommendations"], strict=True):
        text = row.inner_text()
        assert item["drug"]["name"] in text
        assert item["badge"]["standing"].replace("-", ", ") in text
        number = re.search(r"[0-9.]+", row.locator(".probability .number").inner_text())
        assert number is not None
        assert float(number[0]) == pytest.approx(100 * item["probability"], abs=0.51)
        assert row.locator(".interval").count() == row.locator(".baseline").count() == 1
        is_against = item["safety"]["contraindication"] in {"direct", "inherited"}
        assert ("contraindicated" in text) == is_against
        assert ("frequent flyer" in text) == (item["drug_percentile"] >= 95)
    assert any("contraindicated" in row.inner_text() for row in rows.all())


def test_the_table_is_sorted_by_its_headers_and_explained_in_the_schemas_words(answered):
    names = answered.locator(".ranked .name").all_inner_texts()
    answered.click("[data-focus=sort-name]")
    assert answered.locator(".ranked .name").all_inner_texts() == sorted(names)
    assert answered.locator("th[aria-sort=ascending]").count() == 1
    answered.click("[data-focus=sort-name]")
    assert answered.locator(".ranked .name").all_inner_texts() == sorted(names, reverse=True)
    answered.focus(".ranked th .tip >> nth=3")
    expect(answered.locator(".tip-box:visible")).to_contain_text("degrees alone")


def test_the_rationale_streams_and_its_claims_lead_to_paths_and_edges(open_page):
    page = open_page("?ask=DOID:2377&name=multiple+sclerosis&llm=1&top=1")
    page.wait_for_selector("#writing")
    expect(page.locator("#writing, .claims li").first).not_to_have_text("", timeout=60_000)
    expect(page.locator("#cancel")).to_be_hidden(timeout=120_000)
    expect(page.locator(".for .note")).to_contain_text("every sentence was checked")
    page.wait_for_selector(".drawing[data-ready]")
    page.click(".claims li.holds .claim >> nth=0")
    assert page.locator(".evidence li.marked").count() >= 1
    assert int(page.get_attribute(".drawing", "data-marked")) >= 1
    assert "claim=claim-0" in page.url


def test_struck_claims_and_stopped_trials_are_shown_with_their_reasons(open_page, address):
    answer = asked(address, QUESTION)
    claims = answer["recommendations"][0]["rationale"]["claims"]
    claims[0] |= {"status": "struck", "reason": "No path says so."}
    trial = {"number": "NCT00000001", "phase": "phase 2", "status": "terminated", "reason": "harm"}
    answer["recommendations"][0]["clinical"]["trials"] = [trial | {"adverse": True}]
    answer["recommendations"][0]["flags"] = ["known-narrower", "may-worsen", "cancer-drug"]
    answer["recommendations"][0]["badge"]["standing"] = "known-narrower"
    limit = {"kind": "cancer-drug", "sentence": "It is known for neoplasms alone.", "diseases": []}
    answer["recommendations"][0]["safety"]["limits"] = [limit]
    page = open_page()
    page.route("**/v1/recommend", lambda route: route.fulfill(json=answer, content_type="application/json"))
    page.goto(address + MS)
    expect(page.locator(".claims li.struck s")).to_have_text(claims[0]["text"])
    expect(page.locator(".why-struck")).to_contain_text("No path says so.")
    stopped = page.locator(".ranked tbody tr").first.locator(".badge", has_text="trial stopped")
    expect(stopped).to_have_attribute("title", "NCT00000001 terminated harm")
    badges = page.locator(".ranked tbody tr").first.locator(".badge")
    for words in ("known, narrower", "may worsen"):
        expect(badges.filter(has_text=words)).to_be_visible()
    expect(badges.filter(has_text="cancer drug")).to_have_attribute("title", limit["sentence"])
    expect(page.locator("td.clinical").first).to_have_text("phase 2, failed")


def test_adverse_evidence_is_beside_what_supports(open_page):
    page = open_page(MS + "&drug=DRUGBANK:DB08904")
    expect(page.locator(".against-side li").first).to_contain_text("contraindicated")
    left, right = (page.locator(one).bounding_box() for one in (".for", ".against-side"))
    assert left["y"] == pytest.approx(right["y"], abs=2)
    assert right["x"] > left["x"]


def test_writing_can_be_cancelled(open_page):
    page = open_page("?ask=DOID:2377&name=multiple+sclerosis&llm=1&top=50&new=1")
    page.wait_for_selector("#writing")
    page.click("#cancel")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    assert page.locator(".claims li").count() > 0
    expect(page.locator(".for > .note")).not_to_contain_text("No model was asked.")


def test_a_ranking_stands_where_its_writing_fails(open_page, address):
    late = {
        "status": 504,
        "detail": "There was no answer within 120 seconds.",
        "hint": "Ask for fewer drugs.",
    }
    page = open_page()
    events = (("ranking", asked(address, QUESTION)), ("error", late))
    stream = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    page.route("**/v1/recommend", lambda route: route.fulfill(body=stream, content_type="text/event-stream"))
    page.goto(address + MS.replace("llm=0", "llm=1"))
    expect(page.locator("#problem")).to_contain_text("within 120 seconds")
    expect(page.locator(".drawing[data-ready]")).to_be_visible()
    assert page.locator("#writing").count() == 0
    assert page.locator(".ranked tbody tr").count() == 10
    expect(page.locator(".for > .note")).to_contain_text("The model's text didn't come.")


def test_the_drawing_has_layers_from_left_to_right_and_forces_as_a_choice(answered):
    places = (
        "(box) => Object.fromEntries(box.cytoscape.nodes().map((n) => [n.data('label'), n.position().x]))"
    )
    across = answered.eval_on_selector(".drawing", places)
    assert across["vedolizumab"] == min(across.values())
    assert across["multiple sclerosis"] == max(across.values())
    answered.click("[data-focus=layout-force]")
    expect(answered.locator(".drawing")).to_have_attribute("data-layout", "force")
    assert answered.eval_on_selector(".drawing", places) != across
    assert "layout=force" in answered.url


def test_an_edge_shows_sources_licences_and_its_paths(answered):
    answered.eval_on_selector(".drawing", "(box) => { box.cytoscape.edges()[0].emit('tap'); }")
    facts = answered.locator("#edge-facts")
    expect(facts).to_contain_text("starter, CC0-1.0")
    facts.locator(".cite").first.click()
    assert answered.locator(".evidence li.marked").count() == 1


def test_relations_differ_by_colour_and_line_and_the_legend_names_them(open_page):
    page = open_page()
    lines = page.evaluate(
        """async () => {
          const { lineOf } = await import('./relations.js');
          const meta = await (await fetch('v1/meta')).json();
          const used = meta.relations.filter((r) => Object.values(r.edges).some(Boolean));
          return used.map((r) => [r.name, lineOf(r.name)]);
        }"""
    )
    usual = [tuple(line.values()) for name, line in lines if line["colour"] != "#7a7a7a"]
    assert len(usual) == len(set(usual)) > 10


def test_the_drawing_is_saved_with_caption_and_fingerprint(answered, address):
    with answered.expect_download() as svg:
        answered.click(".figure-bar button:text('SVG')")
    text = svg.value.path().read_text(encoding="utf-8")
    assert asked(address, QUESTION)["manifest"]["fingerprint"] in text
    assert "CC0-1.0" in text
    with answered.expect_download() as png:
        answered.click(".figure-bar button:text('PNG')")
    assert png.value.path().read_bytes().startswith(b"\x89PNG")


def test_filters_say_what_they_are_count_dim_and_are_cleared(answered):
    answered.click("#filters summary")
    answered.click("[data-focus='filter-relation-INTERACTS_WITH']")
    sentence = answered.locator("#filter-sentence")
    expect(sentence).to_contain_text("relation is INTERACTS_WITH")
    assert re.search(r"\d+ of \d+ paths, \d+ of 10 results", sentence.inner_text())
    assert answered.locator(".evidence li.dimmed").count() > 0
    assert int(answered.get_attribute(".drawing", "data-dimmed") or 0) >= 0
    answered.click("[data-focus='filter-relation-INTERACTS_WITH']")
    expect(sentence).to_contain_text("relation isn't INTERACTS_WITH")
    answered.click("[data-focus='filter-source-starter']")
    expect(sentence).to_contain_text(" and source is starter")
    assert "relation=-INTERACTS_WITH" in answered.url
    answered.click("#clear-filters")
    assert answered.locator(".dimmed").count() == 0
    assert "relation" not in answered.url


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("&length=%2B2", "length is 2"),
        ("&licence=-CC0-1.0", "licence isn't CC0-1.0. 0 of"),
        ("&through=%2BITGA4", "a step is ITGA4"),
        ("&from=2000&to=2010", "year is 2000 to 2010, or not stated"),
        ("&curated=1", "a curated mechanism"),
    ],
)
def test_each_filter_is_in_the_link(open_page, search, said):
    page = open_page(MS + search)
    expect(page.locator("#filter-sentence")).to_contain_text(said)


def test_two_drugs_are_compared(answered, address):
    for name in ("vedolizumab", "natalizumab"):
        answered.click(f"[aria-label='Compare {name}']")
    expect(answered.locator(".compared .verdict")).not_to_be_empty()
    both = asked(address, {"disease": "DOID:2377", "drug": "vedolizumab", "other": "natalizumab"}, "compare")
    expect(answered.locator(".compared .verdict")).to_have_text(both["verdict"])
    titles = answered.locator(".three h3").all_inner_texts()
    assert titles[0] == f"Shared paths ({len(both['shared'][0])})"
    assert "with=vedolizumab" in answered.url


def test_why_these_counts_paths_by_template(answered):
    answered.click("[data-focus=view-why]")
    cell = answered.locator(".matrix td button").first
    count = int(cell.inner_text())
    assert count >= 1
    cell.click()
    assert answered.locator(".evidence li.marked").count() == 1


def test_a_link_shows_the_same_and_another_graphs_link_says_so(answered, open_page):
    answered.click(".ranked .name >> nth=2")
    answered.click("[data-focus=cite-P1]")
    name = answered.inner_text("#subject")
    page = open_page(answered.url.partition("/?")[2] and "?" + answered.url.partition("/?")[2])
    expect(page.locator("#subject")).to_have_text(name)
    expect(page.locator(".evidence li.marked")).to_have_count(1)
    assert "another graph" not in page.inner_text(".notes")
    other = open_page(MS + "&graph=0123456789abcdef")
    expect(other.locator(".notes")).to_contain_text("made on another graph (0123456789abcdef)")


@pytest.mark.parametrize(
    "search", ["&top=abc", "&nonsense=1", "&relation=BINDS", "&from=x", "&view=%00", "&llm=yes"]
)
def test_a_broken_part_of_a_link_is_named_and_the_rest_is_shown(open_page, search):
    page = open_page(MS + search)
    expect(page.locator("#problem")).to_contain_text("can't be used")
    page.wait_for_selector(".ranked tbody tr")


def test_a_link_to_nothing_is_an_error_that_says_what_to_do(open_page):
    page = open_page("?ask=DOID:99999999&llm=0")
    expect(page.locator("#problem")).to_contain_text("no disease named 'DOID:99999999'")


def download(page, label):
    page.click("#export summary")
    with page.expect_download() as download:
        page.click(f"#export button:text-is('{label}')")
    page.click("#export summary")
    return download.value.path().read_text(encoding="utf-8")


def test_the_answer_is_exported(answered, address):
    answer = asked(address, QUESTION)
    assert json.loads(download(answered, "JSON")) == answer
    table = list(csv.DictReader(io.StringIO(download(answered, "Table (TSV)")), delimiter="\t"))
    assert [row["name"] for row in table] == [item["drug"]["name"] for item in answer["recommendations"]]
    edges = list(csv.DictReader(io.StringIO(download(answered, "Edges (TSV)")), delimiter="\t"))
    expected = [
        (item["drug"]["id"], piece["id"], edge["start"], edge["relation"], edge["end"], edge["source"])
        for item in answer["recommendations"]
        for piece in (*item["evidence"], *item["adverse"], *item["safety"]["cautions"])
        if piece["path"]
        for step in piece["path"]["steps"]
        for edge in step["edges"]
    ]
    columns = ("drug", "path", "start", "relation", "end", "source")
    assert [tuple(row[name] for name in columns) for row in edges] == expected
    assert "references" in edges[0]
    page = download(answered, "Page (HTML)")
    assert page.lower().startswith("<!doctype html>")
    assert "vedolizumab" in page


def test_the_cypher_has_every_value_as_a_parameter(answered):
    text = download(answered, "Cypher")
    lines = text.splitlines()
    parameters = [line for line in lines if line.startswith(":param ")]
    statements = "\n".join(line for line in lines if not line.startswith(":param "))
    assert any("DRUGBANK:DB09033" in line for line in parameters)
    assert "DRUGBANK" not in statements
    assert '"' not in statements
    for line in parameters:
        assert json.loads(line.partition(" => ")[2].rstrip(";"))


def test_print_leaves_out_what_paper_cannot_do(answered):
    answered.emulate_media(media="print")
    assert not answered.is_visible("#ask")
    assert answered.is_visible(".ranked")
    assert answered.is_visible(".evidence")


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, {"viewport": PHONE, "has_touch": True}],
    ids=["light", "dark", "phone"],
)
@pytest.mark.parametrize(
    "search",
    [
        "",
        MS,
        MS + "&drug=DRUGBANK:DB08904&claim=claim-0&relation=%2BBINDS",
        MS + "&view=why",
        MS + "&view=compare&with=vedolizumab&and=natalizumab",
        MS + "&top=abc",
    ],
    ids=["start", "answer", "filtered", "why", "compare", "broken"],
)
def test_axe_finds_no_violation(open_page, search, options):
    page = open_page(search, script=AXE, reduced_motion="reduce", **options)
    page.wait_for_selector(
        ".drawing[data-ready], .matrix, .parts, #example-list button" if search else "#example-list button"
    )
    if "relation" in search:
        page.click("#filters summary")
    assert axe_violations(page) == []


def test_a_phone_shows_everything_without_scrolling_sideways(open_page):
    page = open_page(MS, viewport=PHONE)
    page.wait_for_selector(".drawing[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_it_works_without_the_service_until_it_is_back(answered):
    answered.context.set_offline(True)
    answered.click("#submit")
    expect(answered.locator("#problem")).to_contain_text("doesn't answer")
    answered.context.set_offline(False)
    answered.click("#submit")
    expect(answered.locator("#problem")).to_be_empty()
    answered.wait_for_selector(".ranked tbody tr")
