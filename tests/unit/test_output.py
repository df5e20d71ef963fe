"""Printed text: no control character, no formula, no number that JSON lacks."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from pathlib import Path as PathOnDisk

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from rich.text import Text

from kedrec.answers.subgraph import Subgraph
from kedrec.cli import common
from kedrec.cli.evaluate_selection import write_results
from kedrec.cli.terminal import PrintableConsole
from kedrec.common.plain_text import printable, spreadsheet_cell
from kedrec.errors import NotFoundError
from kedrec.evidence.path_cypher import script
from kedrec.evidence.verbalize import evidence_item
from kedrec.types import Edge, Entity, Path, PathStep

ESCAPES = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\u009d8;;http://x\u009c",
    "back\x08space",
    "over\rwritten",
    "right-to-left \u202egnirts",
    "half \ud800 character",
    "a\x00b",
    "not a character \uffff",
)


def obeyed(text: str) -> set[str]:
    """The characters of a text that a terminal obeys."""
    return {
        character
        for character in text
        if (unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t")
        or character in "\ufffe\uffff"
        or character in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    }


@pytest.mark.parametrize("text", ESCAPES)
def test_nothing_that_a_terminal_obeys_is_printable(text: str) -> None:
    assert obeyed(text)
    assert not obeyed(printable(text))


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_whatever_a_text_holds(text: str) -> None:
    once = printable(text)
    assert not obeyed(once)
    assert printable(once) == once


def test_letters_and_tabs_stay() -> None:
    assert printable("Sjögren's β-syn\tnaïve 日本\n") == "Sjögren's β-syn\tnaïve 日本\n"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-2+3", "@SUM(A1)", " \t=1", "\r=1"])
def test_a_cell_begins_no_formula(name: str) -> None:
    cell = spreadsheet_cell(name)
    assert cell.startswith("'")
    assert "\t" not in cell
    assert "\r" not in cell


def test_a_cell_of_plain_text_is_as_it_was() -> None:
    assert spreadsheet_cell("5-fluorouracil") == "5-fluorouracil"


@pytest.mark.parametrize("text", ESCAPES)
@pytest.mark.parametrize("terminal", [True, False])
def test_a_console_draws_only_its_own_controls(text: str, *, terminal: bool) -> None:
    drawn, plain = io.StringIO(), io.StringIO()
    for out, content in ((drawn, text), (plain, printable(text.replace("\r", "")))):
        console = PrintableConsole(file=out, force_terminal=terminal, width=300, legacy_windows=False)
        console.print(Text(content, style="bold"))
    assert drawn.getvalue() == plain.getvalue()


def test_a_link_that_would_end_its_sequence_is_left_out() -> None:
    out = io.StringIO()
    console = PrintableConsole(file=out, force_terminal=True, width=80, legacy_windows=False)
    console.print(Text("label", style=Style(link="http://x\x1b\\\x1b[2J")))
    assert "\x1b[2J" not in out.getvalue()
    console.print(Text("label", style=Style(link="http://x/y")))
    assert "http://x/y" in out.getvalue()


def test_plain_strings_are_no_markup() -> None:
    out = io.StringIO()
    PrintableConsole(file=out, width=80).print("[bold]x[/nothing]")
    assert out.getvalue() == "[bold]x[/nothing]\n"


def test_json_holds_neither_raw_controls_nor_what_is_no_number() -> None:
    text = common.json_text({"name": "a\x9b2J\u202eb\x1b", "score": float("nan"), "most": float("inf")})
    assert not obeyed(text)
    assert json.loads(text) == {"name": "a\x9b2J\u202eb\x1b", "score": None, "most": None}


@click.command()
@click.argument("path")
@common.json_option
def missing(path: str, as_json: bool) -> None:
    raise NotFoundError(f"There is no {path}.")


@pytest.mark.parametrize("text", ["half \udcff", "\udc80\udcff", "a\ud800b", "\udfff\x9b"])
def test_bytes_that_are_no_text_are_replaced_in_json(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = common.json_text({"path": text, "others": [float("nan"), "é"]})
    answer.encode()
    assert not obeyed(answer)
    shown = re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert json.loads(answer, parse_constant=pytest.fail) == {"path": shown, "others": [None, "é"]}
    assert common.run(missing, [text, "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["detail"] == f"There is no {shown}."


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
def test_figures_that_are_no_numbers_are_null_in_the_file_of_an_evaluation(
    figure: float, tmp_path: PathOnDisk
) -> None:
    write_results(tmp_path, "figures", {"of nothing": figure, "names": ["β", figure]}, "| |\n")
    text = (tmp_path / "figures.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=pytest.fail) == {"of nothing": None, "names": ["β", None]}


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_no_number_is_none(score: float) -> None:
    edge = Edge(start="A:1", relation="TREATS", end="B:1", source="s", licence="l", score=score)
    assert edge.score is None


def _pair(name: str) -> tuple[Entity, Entity, Path]:
    drug = Entity(id="DRUGBANK:DB1", kind="Drug", name=name)
    disease = Entity(id="DOID:1", kind="Disease", name=name)
    edge = Edge(start=drug.id, relation="TREATS", end=disease.id, source="s", licence="l", evidence=name)
    steps = (PathStep(relation="TREATS", forward=True, edges=(edge,)),)
    return drug, disease, Path(template="t", metapath="m", nodes=(drug, disease), steps=steps)


@pytest.mark.parametrize("name", [*ESCAPES, "<b>&\"'", "]]>", "a\nb"])
def test_graphml_of_any_name_is_read_back(name: str) -> None:
    import networkx as nx

    drug, disease, path = _pair(name)
    text = Subgraph.of(drug, disease, [evidence_item(path, "P1", 1.0)]).to_graphml()
    graph = nx.parse_graphml(text)
    assert graph.nodes["DRUGBANK:DB1"]["kind"] == "Drug"
    assert len(graph.edges) == 1


@pytest.mark.parametrize("name", [*ESCAPES, "a\nMATCH (n) DETACH DELETE n;", "a\u2028MATCH (n) DELETE n;"])
def test_a_name_stays_inside_the_comment_of_a_script(name: str) -> None:
    _, _, path = _pair(name)
    lines = script([evidence_item(path, "P1", 1.0)]).splitlines()
    assert lines[0].startswith("// P1: ")
    assert [line.split(" ")[0] for line in lines[1:]] == [":param", ":param", "MATCH", "RETURN"]
    assert not obeyed("\n".join(lines))


@click.command()
@click.argument("how")
def failing(how: str) -> None:
    if how == "long":
        io.open("x" * 5000).close()  # noqa: UP020  # the operating system's own error
    if how == "end":
        raise EOFError("ended early")
    if how.startswith("bytes"):
        how.encode("ascii")
    raise ValueError(how)


def test_what_the_system_refuses_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert common.run(failing, ["long"]) == 1
    said = capsys.readouterr().err
    assert "File name too long" in said
    assert "defect" not in said


def test_a_file_that_ends_early_is_not_taken_for_a_users_stop(capsys: pytest.CaptureFixture[str]) -> None:
    assert common.run(failing, ["end"]) == 1
    assert "ended early" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert common.run(failing, ["bytes \udcff"]) == 2
    assert "no UTF-8 text" in capsys.readouterr().err
    assert common.run(failing, ["bytes é"]) == 1  # a defect stays one
    assert "defect" in capsys.readouterr().err


@pytest.mark.parametrize("text", [text for text in ESCAPES if "\x00" not in text])
def test_the_callers_own_words_are_printed_without_controls(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert common.run(failing, [text]) == 1
    assert common.run(failing, ["a", text]) == 2
    captured = capsys.readouterr()
    assert not obeyed(captured.out + captured.err)
