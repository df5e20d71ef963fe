"""The page on a graph whose names hold markup, script, terminal and direction characters, and formulas."""

from __future__ import annotations

import pytest
from browser import AXE, BIN, axe_violations, browsing, serving

DRUGS = {
    "DRUGBANK:DB90001": "<img src=x onerror=document.title='owned'>drug",
    "DRUGBANK:DB90002": "\u202egurd\u2066 \u200b",
    "DRUGBANK:DB90003": '=HYPERLINK("http://x.example","drug")',
    "DRUGBANK:DB90004": "</script><script>document.title='owned'</script>",
}
# A gene each, since of drugs with one target the best alone gets a row.
GENES = {
    f"NCBIGene:9000000{i}": f"\u009b31m<b onmouseover=alert(1)>gene {i}</b>'`}}) DETACH DELETE n //"
    for i in range(len(DRUGS))
}
DISEASE = "DOID:90001", "\"><svg onload=document.title='owned'>disease"


@pytest.fixture(scope="module")
def address(shell, tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile-page")
    nodes = [f"Drug\t{id_}\t{name}" for id_, name in DRUGS.items()]
    nodes += [f"Gene\t{id_}\t{name}" for id_, name in GENES.items()]
    nodes += [f"Disease\t{DISEASE[0]}\t{DISEASE[1]}"]
    edges = [f"BINDS\t{drug}\t{gene}\tCC0-1.0" for drug, gene in zip(DRUGS, GENES, strict=True)]
    edges += [f"ASSOCIATED_WITH\t{end}\t{gene}\tCC0-1.0" for end in (DISEASE[0], "DOID:1") for gene in GENES]
    # Without treatments of its own there would be no answer.
    edges += [f"TREATS\t{drug}\t{end}\tCC0-1.0" for end in (DISEASE[0], "DOID:1") for drug in list(DRUGS)[:2]]
    edges += [f"TREATS\t{drug}\tDOID:1\tCC0-1.0" for drug in list(DRUGS)[2:]]
    for name, rows in (("nodes", nodes), ("edges", edges)):
        text = (tables / f"{name}.tsv").read_text() + "\n".join(rows) + "\n"
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    graph = folder / "graph"
    done = shell("kedrec-load", "graph", "kedrec", "--from", folder, "--no-fit", KEDREC_GRAPH=str(graph))
    assert done.code == 0, done.err
    with serving(BIN / "kedrec", shell.home, graph) as url:
        yield url


@pytest.fixture(scope="module")
def page(address):
    with browsing() as browser:
        page = browser.new_page()
        page.add_init_script(path=AXE)
        page.errors = []
        page.on("dialog", lambda dialog: (page.errors.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: page.errors.append(line.text) if line.type == "error" else None)
        page.set_default_timeout(60_000)
        page.goto(f"{address}?ask={DISEASE[0]}&llm=0&top=50")
        page.wait_for_selector(".drawing[data-ready]")
        yield page
        assert page.errors == []


def select(page, drug):
    page.click(f"tr[data-id='{drug}'] .name")
    page.wait_for_selector(".drawing[data-ready]")


@pytest.mark.parametrize("drug", DRUGS)
def test_names_are_text_in_table_reasons_paths_and_drawing(page, drug):
    select(page, drug)
    assert page.locator("#answer").locator("img, script, svg, b[onmouseover]").count() == 0
    assert "owned" not in page.title().replace(DISEASE[1], "")
    for place in ("#answer", "#subject", ".chain >> nth=0"):
        assert not set(page.locator(place).inner_text()) & set("\u202e\u2066\u200b\u009b")
    assert page.locator(".chain").first.inner_text().count("gene") >= 1
    labels = page.eval_on_selector(".drawing", "(box) => box.cytoscape.nodes().map((n) => n.data('label'))")
    assert not set("".join(labels)) & set("\u202e\u2066\u200b\u009b")


def test_suggestions_show_names_as_text(page):
    page.fill("#question", "onload")
    page.wait_for_selector("#suggestions li")
    assert page.locator("#suggestions").locator("img, script, svg").count() == 0
    page.keyboard.press("Escape")


def test_an_error_quotes_what_was_asked_as_text(page):
    page.fill("#question", "<img src=x onerror=alert(1)>\u202e")
    page.keyboard.press("Escape")
    page.click("#submit")
    page.wait_for_selector("#problem .problem")
    assert page.locator("#problem").locator("img").count() == 0
    page.errors[:] = [error for error in page.errors if "404" not in error]  # the browser's own line


def test_a_cell_that_a_spreadsheet_would_run_is_text(page):
    cells = page.evaluate(
        """async (names) => { const { cell } = await import('./exports.js'); return names.map(cell); }""",
        ["=1+1", "+1", "-1", " @x", "a\tb\nc", "\u202ex", "plain"],
    )
    assert cells == ["'=1+1", "'+1", "'-1", "' @x", "a b c", "x", "plain"]


def test_axe_finds_no_violation(page, address):
    page.goto(f"{address}?ask={DISEASE[0]}&llm=0&top=50")
    page.wait_for_selector(".drawing[data-ready]")
    assert axe_violations(page) == []
