"""Answers in a notebook: HTML, tables of pandas, drawings."""

from __future__ import annotations

import sys

import pytest
from rendered_html import RenderedHtml
from test_answer_table import ANSWER, DISEASE

from kedrec.answers.subgraph import Subgraph
from kedrec.errors import UsageError
from kedrec.rendering.answer_page import fragment
from kedrec.types import Answer, ComparedPart, Comparison

COMPARISON = Comparison(
    disease=DISEASE, left=ANSWER[0], right=ANSWER[2], metapaths=(), shared=((), ()), exclusive=((), ()),
    parts=(ComparedPart(label="a", group="metapath", left=0.5, right=0.2),), verdict="v",
    manifest=ANSWER.manifest,
)  # fmt: skip
GRAPH = Subgraph.of(ANSWER[0].drug, DISEASE, ANSWER[0].evidence)


@pytest.mark.parametrize("shown", [ANSWER, ANSWER[0], COMPARISON, GRAPH], ids=lambda one: type(one).__name__)
def test_a_notebook_shows_what_the_page_has(shown):
    html = shown._repr_html_()
    assert html == fragment(shown)
    assert DISEASE.name in RenderedHtml(html).text


def test_an_answer_is_a_table_of_its_recommendations():
    table = ANSWER.to_dataframe()
    assert list(table["drug"]) == [one.drug.name for one in ANSWER]
    assert list(table["probability"]) == [one.probability for one in ANSWER]
    assert table["mechanism"][0] == "is an agonist of NR3C1, lowering inflammatory response"


def test_an_explanation_is_a_table_of_its_evidence():
    table = ANSWER[0].to_dataframe()
    assert list(table["sentence"]) == [item.sentence for item in ANSWER[0].evidence]
    assert set(table["licences"]) == {"CC0-1.0"}


def test_a_comparison_is_a_table_of_the_parts_of_the_scores():
    table = COMPARISON.to_dataframe()
    assert table.to_dict("records") == [
        {"group": "metapath", "part": "a", "left": 0.5, "right": 0.2, "difference": 0.3}
    ]


def test_a_subgraph_is_a_table_of_its_edges():
    table = GRAPH.to_dataframe()
    assert len(table) == len(GRAPH.edges)
    assert table["start_name"][0] == "drug1"


def test_an_answer_without_recommendations_has_the_same_columns():
    empty = Answer(disease=DISEASE, recommendations=(), candidates=0, manifest=ANSWER.manifest)
    assert list(empty.to_dataframe().columns) == list(ANSWER.to_dataframe().columns)


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="python -m pip install pandas"):
        ANSWER.to_dataframe()


def test_a_drawing_is_shown_and_is_a_text():
    drawing = GRAPH.plot()
    assert drawing._repr_svg_() == drawing
    assert drawing.startswith("<svg")
    assert "Licences: CC0-1.0" in drawing


def test_a_part_of_a_score_that_is_no_metapath_is_named_with_its_group() -> None:
    parts = [("names", "similar drugs"), ("Drug BINDS Gene", "metapath"), ("base rate", "base")]
    titles = [ComparedPart(label=label, group=group, left=1.0, right=0.0).title for label, group in parts]
    assert titles == ["similar drugs: names", "Drug BINDS Gene", "base rate"]
