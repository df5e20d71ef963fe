"""Load into a real Neo4j over Bolt, against plain UNWIND CREATE of the same staged rows in one session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neo4j
import pyarrow.parquet as pq

from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from benchmarks.templates import evidence_row
from kedrec.loading import load_graph
from kedrec.schema import load_schema
from kedrec.settings import load_settings
from kedrec.stores import open_store
from tests.neo4j_server import Server, serving

_BATCH = 20_000


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures the load of Hetionet's raw files into an empty server, then one pair's evidence from it."""
    work = context.work / "work"
    with serving(context.work / "ours") as server:
        settings = load_settings(
            home=context.work, neo4j_username=server.username, neo4j_password=server.password
        )

        def ours() -> None:
            with open_store(server.uri, settings, read_only=False) as store:
                load_graph(store, ["hetionet"], data_dir=context.data, work_dir=work, keep_staged=True)

        seconds = median_seconds(ours, 1, warm_up=0)
        evidence = evidence_row(context, server.uri, settings, "Neo4j", "150 ms")
    staged = sorted((work / "hetionet" / "staged").glob("*.new.parquet"))
    with serving(context.work / "plain") as server:
        baseline = median_seconds(lambda: _create(server, staged), 1, warm_up=0)
    load = Row("kedrec-load graph hetionet, Neo4j", seconds, baseline, "plain UNWIND CREATE", "1x, aim 0.5x")
    return [load, evidence]


def _create(server: Server, staged: list[Path]) -> None:
    """Loads as a script without KEDRec would: indexes, then CREATE in batches with all properties."""
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.username, server.password)) as driver,
        driver.session() as session,
    ):
        for kind in load_schema().kinds:
            session.run(f"CREATE CONSTRAINT FOR (n:{kind}) REQUIRE n.id IS UNIQUE").consume()
        for file in (file for file in staged if file.name.count(".") == 2):
            kind = file.name.split(".")[0]
            _in_batches(session, f"UNWIND $rows AS row CREATE (n:{kind}) SET n = row", file)
        for file in (file for file in staged if file.name.count(".") == 4):
            relation, start, end = file.name.split(".")[:3]
            statement = (
                f"UNWIND $rows AS row MATCH (a:{start} {{id: row.start}}), (b:{end} {{id: row.end}}) "
                f"CREATE (a)-[r:{relation}]->(b) SET r = row.properties"
            )
            _in_batches(session, statement, file)


def _in_batches(session: neo4j.Session, statement: Any, file: Path) -> None:
    for batch in pq.ParquetFile(file).iter_batches(_BATCH):
        rows = batch.to_pylist()
        if "start" in batch.schema.names:
            rows = [
                {
                    "start": row.pop("start"),
                    "end": row.pop("end"),
                    "properties": {name: value for name, value in row.items() if value is not None},
                }
                for row in rows
            ]
        session.run(statement, rows=rows).consume()
