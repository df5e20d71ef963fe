"""Staging tables: their columns, writers and readers are those of the declaration."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kedrec.errors import UsageError
from kedrec.loading import load_graph, pipeline, remove_sources
from kedrec.loading.staging import Staging
from kedrec.loading.staging_tables import STAGING_TABLES
from kedrec.settings import load_settings
from kedrec.stores import open_store

PACKAGE = Path(pipeline.__file__).parent
LOADERS = "loaders/*.sql"
WRITE = re.compile(r"\b(?:INSERT INTO|DELETE FROM|UPDATE|CREATE (?:TEMP )?TABLE)\s+(\w+)\b")
DROP = re.compile(r"\bDROP TABLE (?:IF EXISTS )?(\w+)\b")
READ = re.compile(r"(?<!DELETE )(?<!DISTINCT )\b(?:FROM|JOIN|USING)\s+(\w+)\b(?!\s*\()")
WITH = re.compile(r"(?:\bWITH|^\),)\s+(\w+) AS \(", re.MULTILINE)
INSERT = re.compile(r"\bINSERT INTO (\w+) BY NAME\s+(.*)", re.DOTALL)
STAGED = re.compile(r"^\?_rows$")
CALLS = {"create": "mention", "drop": "mention", "insert": "write", "fill": "write", "count": "read"}
OWN_CALLS = ("create", "drop", "fill")
"""Methods that no other class in the package has."""


class Uses:
    """Modules that write, read or only mention each table, in their SQL and their calls of `Staging`."""

    def __init__(self) -> None:
        self.write: dict[str, set[str]] = defaultdict(set)
        self.read: dict[str, set[str]] = defaultdict(set)
        self.mention: dict[str, set[str]] = defaultdict(set)

    def add(self, use: str, table: str, module: str) -> None:
        tables = ("node_rows", "edge_rows") if STAGED.match(table) else (table,)
        for name in tables:
            getattr(self, use)[name].add(module)
            self.mention[name].add(module)

    def add_sql(self, sql: str, module: str, views: set[str]) -> None:
        inner = views | set(WITH.findall(sql))
        for use, pattern in (("write", WRITE), ("read", READ), ("mention", DROP)):
            for table in pattern.findall(sql.replace("?_rows", "STAGED_ROWS")):
                name = table.replace("STAGED_ROWS", "?_rows")
                if name not in inner:
                    self.add(use, name, module)


def text_of(node: ast.expr) -> str | None:
    """Text of a string, with `?` for each formatted value; None for another expression."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
    return None


def texts_of(tree: ast.Module) -> Iterator[str]:
    """Yields every string of a module except docstrings; an f-string is one string."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in inside | documentation:
            text = text_of(node)
            if text:
                yield text


@pytest.fixture(scope="module")
def uses() -> Uses:
    table_uses = Uses()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if module == "staging_tables":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            (node.func.attr, [text for argument in node.args if (text := text_of(argument))])
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        views = {texts[0] for name, texts in calls if name == "register" and texts}
        for text in texts_of(tree):
            table_uses.add_sql(text, module, views)
        for name, texts in calls:
            if name in CALLS:
                tables = texts if name in ("create", "drop") else texts[:1]
                for table in tables:
                    if name in OWN_CALLS or table in STAGING_TABLES or STAGED.match(table):
                        table_uses.add(CALLS[name], table, module)
    for path in sorted((PACKAGE.parents[1] / "loaders").glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        for use, pattern in (("write", WRITE), ("read", READ)):
            for table in pattern.findall(sql):
                if table in ("node_rows", "edge_rows", "retired_rows", "rejects"):
                    table_uses.add(use, table, LOADERS)
    return table_uses


def test_every_table_that_a_module_mentions_is_declared(uses: Uses) -> None:
    unknown = {name: sorted(modules) for name, modules in uses.mention.items() if name not in STAGING_TABLES}
    assert unknown == {}


@pytest.mark.parametrize("name", STAGING_TABLES)
def test_a_table_is_written_and_read_by_the_modules_that_are_declared(name: str, uses: Uses) -> None:
    table = STAGING_TABLES[name]
    assert sorted(uses.write[name]) == sorted(table.writers)
    assert sorted(uses.read[name]) == sorted(table.readers)
    assert table.writers
    assert table.readers


def declared(name: str) -> tuple[tuple[str, str], ...]:
    with closing(duckdb.connect()) as sql:
        sql.execute(STAGING_TABLES[name].create_statement())
        return tuple((column, kind) for column, kind, *_ in sql.execute(f"DESCRIBE {name}").fetchall())


def check_insert(name: str, selected: list[tuple[Any, ...]]) -> None:
    """Checks that a query selects the columns of its table with their types; only defaults may be missing."""
    if name in STAGING_TABLES and name not in ("node_rows", "edge_rows", "retired_rows", "rejects"):
        columns = dict(declared(name))
        types = {column: kind for column, kind, *_ in selected}
        optional = {
            column for column in columns if f"{column} VARCHAR DEFAULT" in STAGING_TABLES[name].columns
        }
        assert columns.keys() - optional <= types.keys() <= columns.keys(), name
        assert all(columns[column] == kind for column, kind in types.items()), (name, types)


class WatchedConnection:
    """Connection that records the columns of every table, and checks those of each INSERT BY NAME."""

    def __init__(self, sql: duckdb.DuckDBPyConnection, observed: dict[tuple[str, bool], set[Any]]) -> None:
        self._sql, self._observed = sql, observed

    def execute(self, query: str, *parameters: object) -> duckdb.DuckDBPyConnection:
        statements = self._sql.extract_statements(query)
        for statement in statements:
            if insert := INSERT.search(statement.query):
                check_insert(insert[1], self._sql.execute(f"DESCRIBE {insert[2]}", *parameters).fetchall())
            self._sql.execute(statement.query, *parameters)
            if duckdb.StatementType.SELECT not in {parsed.type for parsed in statements}:
                self._note()
        return self._sql

    def _note(self) -> None:
        rows = self._sql.execute(
            "SELECT t.table_name, t.temporary, list((column_name, data_type) ORDER BY column_index) "
            "FROM duckdb_tables() AS t "
            "JOIN duckdb_columns() AS c USING (table_oid, schema_oid, database_oid) "
            "GROUP BY ALL"
        ).fetchall()
        for name, temporary, columns in rows:
            self._observed[name, temporary].add(tuple(map(tuple, columns)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sql, name)


OWN_NODES = """kind\tid\tname\txrefs
Drug\tMESH:D000001\tFirstdrug\t
Drug\tDRUGBANK:DB99999\tSeconddrug\tMESH:D000001
Disease\tMESH:D999999\tSomedisease\t
"""
OWN_EDGES = """relation\tstart\tend\tlicence
TREATS\tMESH:D000001\tMESH:D999999\tCC0-1.0
TREATS\tDRUGBANK:DB99999\tMESH:D999999\tCC0-1.0
"""
OVERLAY = "kind\tid\tname\nDrug\tMESH:D000001\tFirstdrug\nDrug\tRXCUI:1\tLabdrug\n"
REPODB = """drug_name,drugbank_id,ind_name,ind_id,NCT,status,phase,DetailedStatus
alpha,DB00001,"gout, chronic",C0018099,NA,Approved,NA,NA
"be""ta",DB00002,gout,C0018099,NCT00000001,Withdrawn,Phase 2,why
"""
OFFSIDES = """drug_rxnorn_id,drug_concept_name,condition_meddra_id,condition_concept_name,PRR,PRR_error,\
mean_reporting_frequency
4024,alpha,10000001,Rash,10.0,0.1,0.4
"""
NOT_LOADED = {"claimed_edges"}
"""Tables used only with a shared database, which the tests of Neo4j cover."""


def test_the_columns_of_every_table_in_real_loads_are_those_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed: dict[tuple[str, bool], set[Any]] = defaultdict(set)

    class WatchedStaging(Staging):
        def __init__(self, folder: Path, threads: int = 0) -> None:
            super().__init__(folder, threads)
            self.sql = WatchedConnection(self.sql, observed)  # type: ignore[assignment]  # behaves as one

    monkeypatch.setattr(pipeline, "Staging", WatchedStaging)
    files = {
        "kedrec/nodes.tsv": OWN_NODES, "kedrec/edges.tsv": OWN_EDGES, "lab/nodes.tsv": OVERLAY,
        "repodb/full.csv": REPODB, "offsides/OFFSIDES.csv": OFFSIDES,
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    data, work = tmp_path / "data", tmp_path / "work"
    settings = load_settings(home=tmp_path / "home")
    with closing(open_store(str(tmp_path / "graph"), settings, read_only=False)) as store:
        for name in ("kedrec", "repodb", "offsides", "kedrec"):
            load_graph(store, [name], data_dir=data, work_dir=work)
        load_graph(store, ["overlay:lab"], data_dir=data / "lab", work_dir=work)
        remove_sources(store, ["repodb"], work_dir=work)
    for name, table in STAGING_TABLES.items():
        if name not in NOT_LOADED:
            assert observed[name, table.temporary] == {declared(name)}, name


@pytest.mark.parametrize("name", ["half \udcff", "\udce9/work", "a\ud800b"])
def test_a_folder_to_work_in_whose_name_is_no_text_is_a_wrong_call(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--work"):
        Staging(tmp_path / name)
    assert not list(tmp_path.iterdir())
