"""Files of `graph/browser/`, as Neo4j Browser 5.24 reads them: saved queries, a style, a guide."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from kedrec.common.assets import asset_text, list_assets
from kedrec.schema import load_schema

QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in list_assets("graph/browser", ".cypher")}
WRITES = re.compile(r"\b(CREATE|MERGE|DELETE|SET|REMOVE|DROP|LOAD|FOREACH)\b", re.IGNORECASE)


def parse_grass(text: str) -> dict[str, dict[str, str]]:
    """Style rules by selector, read as Neo4j Browser reads them: no comments, one colon a line."""
    rules: dict[str, str] = {}
    quoted, inside, nested = False, False, False
    selector, body = "", ""
    for character in text:
        if character in "'\"":
            quoted = not quoted
        elif character == "{" and not quoted:
            nested, inside = inside, True
        elif character == "}" and not quoted:
            if nested:
                nested = False
            else:
                rules[selector], selector, body, inside = body, "", "", False
        elif inside:
            body += character
        elif not character.isspace():
            selector += character
    parsed: dict[str, dict[str, str]] = {}
    for name, lines in rules.items():
        pairs = [line.split(":") for line in lines.split(";")]
        parsed[name] = {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}
    return parsed


class Guide(HTMLParser):
    """The slides of a guide: their headings and their runnable queries."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.queries: list[str] = []
        self.slides = 0
        self._runnable = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.slides += tag == "slide"
        if tag == "pre" and "runnable" in (dict(attrs).get("class") or "").split():
            self._runnable = True
            self.queries.append("")
        elif tag == "h3":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "pre":
            self._runnable = False

    def handle_data(self, data: str) -> None:
        if self._runnable:
            self.queries[-1] += data
        elif self.open and self.open[-1] == "h3":
            self.headings[-1] += data


@pytest.fixture(scope="module")
def guide() -> Guide:
    parser = Guide()
    parser.feed(asset_text("graph/browser/guide.html"))
    return parser


@pytest.mark.parametrize("name", QUERIES)
def test_a_saved_query_has_a_title_and_only_reads(name: str) -> None:
    title, _, body = QUERIES[name].partition("\n")
    assert re.fullmatch(r"// \S.{10,110}", title), "the Browser lists a query by its first line"
    assert not WRITES.search(body)
    assert "//" not in body
    assert ";" not in body, "one statement, so that it runs in every client"


def test_titles_tell_queries_apart() -> None:
    titles = [text.partition("\n")[0] for text in QUERIES.values()]
    assert len(set(titles)) == len(titles) >= 10


@pytest.mark.parametrize("name", QUERIES)
def test_queries_name_only_kinds_and_relations_of_the_schema(name: str) -> None:
    schema = load_schema()
    labels = re.findall(r"\(\w*:(\w+)", QUERIES[name]) + re.findall(r"\bn:(\w+)", QUERIES[name])
    types = [type_ for group in re.findall(r"\[\w*:([A-Z_|]+)", QUERIES[name]) for type_ in group.split("|")]
    assert set(labels) <= schema.kinds.keys() | {"KedrecMetadata", "KedrecBatch"}
    assert set(types) <= schema.relations.keys()


def test_the_style_has_every_kind_with_a_colour_a_size_and_a_caption() -> None:
    rules = parse_grass(asset_text("graph/browser/style.grass"))
    schema = load_schema()
    selectors = {f"node.{kind}" for kind in schema.kinds}
    styled = {name for name in rules if name.startswith("node.")}
    assert styled == selectors
    for name in selectors:
        assert re.fullmatch(r"#[0-9A-F]{6}", rules[name]["color"])
        assert re.fullmatch(r"\d+px", rules[name]["diameter"])
        assert rules[name]["caption"] == "{name}"
    colours = [rules[name]["color"] for name in selectors]
    assert len(set(colours)) == len(colours)
    relations = {name.removeprefix("relationship.") for name in rules if name.startswith("relationship.")}
    assert relations <= schema.relations.keys()
    assert rules.keys() >= {"node", "relationship"}


def test_the_guide_has_slides_with_the_saved_queries(guide: Guide) -> None:
    assert guide.open == []
    assert guide.slides == len(guide.headings) >= 6
    saved = {text.rstrip("\n") for text in QUERIES.values()}
    assert set(guide.queries) == saved


def test_the_guide_is_safe_to_show() -> None:
    text = asset_text("graph/browser/guide.html")
    assert "<script" not in text
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"(src|href)=", text), "nothing is fetched from elsewhere"
