"""Every row of damaged tables is in the graph or in the list of rejected rows, counted beside the loader.

Seeded tables in every layout have rows with odd quotes, lengths, bytes and line breaks among them. Each has
an id of its own, and the lines that it was written on are noted. After the load, a row that is neither in the
graph nor rejected on one of its lines is lost, and so is a whole one that was rejected. One that is in the
graph by another name than it was given is changed.
`KEDREC_ROW_LOADS` makes more of them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kedrec.loading import load_graph
from kedrec.loading.staging import staging_errors
from kedrec.stores.bulk import BulkGraph

LOADS = int(os.environ.get("KEDREC_ROW_LOADS", "24"))
WORDS = ("gout", "Crohn's disease", 'type "2" diabetes', "a, b; c", "5' palsy", "naïve", "x\u2028y", "", "β")
DAMAGE = (
    "open",
    "stray end",
    "undoubled",
    "short",
    "long",
    "latin-1",
    "nul",
    "bare",
    "two lines",
    "blank",
    "again",
)


@dataclass
class Row:
    """A row as it was written: its id, the names it may be read by, and its lines."""

    id: str
    names: set[str]
    first: int
    last: int
    whole: bool


@dataclass
class Table:
    """A table in the making: what is written so far, and its rows."""

    separator: str
    quote: str
    content: bytearray = field(default_factory=bytearray)
    line: int = 1
    rows: list[Row] = field(default_factory=list)

    def write(self, text: str | bytes) -> None:
        content = text.encode() if isinstance(text, str) else text
        self.content += content + b"\n"
        self.line += content.count(b"\n") + 1

    def quoted(self, text: str) -> str:
        if not self.quote:
            return text
        return f"{self.quote}{text.replace(self.quote, self.quote * 2)}{self.quote}"

    def plain(self, text: str) -> str:
        """A cell as a careful writer writes it."""
        needs = any(sign in text for sign in (self.separator, self.quote or "\0", "\n"))
        return self.quoted(text) if needs and self.quote else text

    def add(self, cells: list[str], name_at: int, id_: str, damage: str, *, always: bool) -> None:
        """Writes one row, damaged or not; `always`: its name is quoted though it need not be."""
        name, first = cells[name_at], self.line
        if not self.quote:
            name = name.replace(self.separator, " ")
        if damage == "two lines" and self.quote:
            name += "\nand more"
        written = self.quoted(name) if always else self.plain(name)
        names = {name}
        if damage == "open" and self.quote:
            written = f"{self.quote}{name.replace(self.quote, '')}"
        elif damage == "stray end" and self.quote:
            written = f"{name.replace(self.quote, '').replace(self.separator, '')}{self.quote}"
        elif damage == "undoubled" and self.quote:
            written = f"{self.quote}{name}{self.quote}{name}{self.quote}"
            names |= {f"{name}{self.quote}{name}"}
        if damage in ("open", "stray end"):
            names |= {written}
        row = [cell if at != name_at else written for at, cell in enumerate(cells)]
        row = row[: name_at or 1] if damage == "short" else [*row, "more"] if damage == "long" else row
        text = self.separator.join(row).encode()
        if damage == "latin-1":
            text += b"\xe9"
        elif damage == "nul":
            text = text.replace(b" ", b"\0") if b" " in text else text + b"\0"
        for _ in range(2 if damage == "again" else 1):
            self.write(text)
        if damage == "blank":
            self.write("")
        whole = damage in ("", "two lines", "blank", "again")
        self.rows.append(Row(id_, {name.strip() for name in names}, first, self.line - 1, whole))
        if damage == "bare":
            self.rows.append(Row("", set(), self.line, self.line, whole=False))
            self.write("\ufffd")


def table(
    chance: random.Random, header: list[str], name_at: int, separator: str, quote: str, **how: object
) -> Table:
    made = Table(separator, quote)
    if header:
        made.write(separator.join(header))
    fixed, id_at = how["fixed"], int(str(how["id_at"]))
    always = bool(how.get("always", False))
    assert isinstance(fixed, list)
    for number in range(chance.randint(5, 45)):
        id_ = f"{how['prefix']}{number + 10}"
        cells = list(fixed)
        cells[id_at], cells[name_at] = id_, f"{chance.choice(WORDS)} {number}"
        damage = chance.choice(DAMAGE) if chance.random() < 0.3 else ""
        made.add(cells, name_at, id_, damage, always=always)
    return made


def own_nodes(chance: random.Random) -> tuple[str, dict[str, Table], str]:
    name, separator, quote = chance.choice(
        [("nodes.csv", ",", '"'), ("nodes.csv", ";", '"'), ("nodes.tsv", "\t", ""), ("nodes.csv", ",", "'")]
    )
    header = ["kind", "id", "name"] if quote != "'" else ["'kind'", "'id'", "'name'"]
    made = table(
        chance, header, 2, separator, quote, fixed=["Disease", "", ""], id_at=1, prefix="MONDO:",
        always=quote == "'" or chance.random() < 0.3,
    )  # fmt: skip
    return "kedrec", {name: made}, name


def kgx(chance: random.Random) -> tuple[str, dict[str, Table], str]:
    name, separator, quote = chance.choice([("x_nodes.tsv", "\t", ""), ("x_nodes.csv", ",", '"')])
    made = table(
        chance, ["id", "category", "name"], 2, separator, quote, fixed=["", "biolink:Disease", ""], id_at=0,
        prefix="MONDO:",
    )  # fmt: skip
    edges = Table("\t", "")
    edges.write("subject\tpredicate\tobject")
    return "kgx", {name: made, "x_edges.tsv": edges}, name


def kgx_lines(chance: random.Random) -> tuple[str, dict[str, Table], str]:
    made = Table("", "")
    for number in range(chance.randint(5, 45)):
        id_, name = f"MONDO:{number + 10}", f"{chance.choice(WORDS)} {number}"
        text = json.dumps({"id": id_, "category": ["biolink:Disease"], "name": name}).encode()
        damage = chance.choice(["", "", "", "cut", "latin-1", "list", "half", "other"])
        text = {
            "cut": text[:-9], "latin-1": text + b"\xe9", "list": b"[" + text + b"]",
            "half": text.replace(b'"name": "', b'"name": "\\ud800'), "other": text.replace(b'"id"', b'"no"'),
        }.get(damage, text)  # fmt: skip
        made.rows.append(Row(id_, {name.strip()}, made.line, made.line, damage == ""))
        made.write(text)
    edges = Table("", "")
    edges.write('{"subject": "MONDO:10", "predicate": "biolink:treats", "object": "MONDO:1"}')
    return "kgx", {"nodes.jsonl": made, "edges.jsonl": edges}, "nodes.jsonl"


def biocypher(chance: random.Random) -> tuple[str, dict[str, Table], str]:
    separator, quote = chance.choice(";\t,"), chance.choice("'\"")
    header = Table(separator, quote)
    header.write(separator.join((":ID", "name", ":LABEL")))
    made = table(
        chance,
        [],
        1,
        separator,
        quote,
        fixed=["", "", "Disease|Thing"],
        id_at=0,
        prefix="MONDO:",
        always=True,
    )
    return "biocypher", {"D-header.csv": header, "D-part000.csv": made}, "D-part000.csv"


def vocabulary(chance: random.Random) -> tuple[str, dict[str, Table], str]:
    header = ["DrugBank ID", "Common name", "UNII", "Synonyms"]
    made = table(chance, header, 1, ",", '"', fixed=["", "", "", ""], id_at=0, prefix="DB0")
    return "drugbank-vocabulary", {"drugbank vocabulary.csv": made}, "drugbank vocabulary.csv"


LAYOUTS = (own_nodes, own_nodes, kgx, kgx_lines, biocypher, biocypher, vocabulary)


@dataclass
class Account:
    """What became of the rows of some tables."""

    rows: int = 0
    loaded: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def account(seed: int, folder: Path, total: Account) -> None:
    """Loads one made-up table and adds what became of its rows."""
    chance = random.Random(seed)
    source, tables, of = chance.choice(LAYOUTS)(chance)
    data = folder / "data" / source
    data.mkdir(parents=True)
    ends = chance.choice([b"\n", b"\r\n"])
    for name, made in tables.items():
        content = bytes(made.content).replace(b"\n", ends)
        content = b"\xef\xbb\xbf" + content if name == of and chance.random() < 0.2 else content
        path = data / name
        path.write_bytes(content)
        if source != "drugbank-vocabulary" and chance.random() < 0.2:
            path.unlink()
            path.with_name(f"{name}.gz").write_bytes(gzip.compress(content))
    with staging_errors(folder), BulkGraph(folder / "graph.duckdb", str(folder)) as graph:
        [report] = load_graph(graph, [source], data_dir=folder / "data", work_dir=folder / "work").sources
        nodes = [
            row for kind in ("Disease", "Drug") if graph.fingerprint().nodes.get(kind)
            for row in graph.nodes(kind).to_pylist()
        ]  # fmt: skip
    read = report.nodes
    assert read.read == read.loaded + read.merged + read.rejected, seed
    rejects = io.StringIO((folder / "work" / "rejects.tsv").read_text(encoding="utf-8"), newline="")
    lines = {
        int(row["line"])
        for row in csv.DictReader(rejects, delimiter="\t")
        if Path(row["file"]).name.startswith(of)
    }
    names = {row["id"].removeprefix("DRUGBANK:"): [row["name"], *row["synonyms"]] for row in nodes}
    for row in tables[of].rows:
        total.rows += 1
        where = f"seed {seed}, {source}, line {row.first}: {row.id}"
        if row.id in names:
            total.loaded += 1
            if not row.names & {
                " ".join(name.split()) if "\n" not in name else name for name in names[row.id]
            } and not (row.names & set(names[row.id])):
                total.changed.append(f"{where} {names[row.id]} for {row.names}")
        elif any(row.first <= line <= row.last for line in lines):
            total.refused += 1
            if row.whole:
                total.lost.append(f"{where} is whole and was refused")
        else:
            total.lost.append(where)


@pytest.mark.parametrize("part", range(4))
def test_no_row_is_lost_and_no_name_changed(tmp_path: Path, part: int) -> None:
    total = Account()
    for seed in range(part, LOADS, 4):
        account(seed, tmp_path / str(seed), total)
    assert (total.lost, total.changed) == ([], []), total
    assert total.loaded > total.refused > 0
