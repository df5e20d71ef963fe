"""KEDRec's retrieval for a disease, beside an entity search with one fixed neighbourhood of each.

The baseline is the pattern of neo4j-graphrag's `VectorCypherRetriever` and `HybridCypherRetriever`: an index
finds nodes by the question's text, and one Cypher statement returns their neighbourhood. That package isn't
installed: its pattern is run by Neo4j's own driver, on a full-text index of names and synonyms in place of
embeddings, which finds a disease by its name surely. Both have the curated mechanisms of DrugMechDB in their
graph: what is measured is whether the right drugs and their mechanisms are among what a model is given.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import LiteralString

import neo4j
import numpy as np

from benchmarks.measuring import BenchmarkContext, Row
from kedrec.api import Kedrec
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store
from tests.neo4j_server import serving

_QUESTIONS = 50
_SEED = 17
_TOP, _PATHS = 10, 5  # KEDRec's drugs a disease, and paths a drug
_ENTITIES, _FACTS = 3, 250  # nodes found by text, and most relationships of each: as many as KEDRec's or more
_LUCENE = re.compile(r'[+\-&|!(){}\[\]^"~*?:\\/]')

_INDEX: LiteralString = (
    "CREATE FULLTEXT INDEX benchmark_names FOR (n:Drug|Disease|Gene) ON EACH [n.name, n.synonyms]"
)
_MECHANISMS: LiteralString = (
    "MATCH (a)-[r]->(b) WHERE size(r.mechanisms) > 0 UNWIND r.mechanisms AS mechanism "
    "RETURN mechanism, a.id AS start, type(r) AS relation, b.id AS end, labels(a) + labels(b) AS kinds"
)
_NEIGHBOURHOOD: LiteralString = (
    "CALL db.index.fulltext.queryNodes('benchmark_names', $text, {limit: $entities}) YIELD node "
    "CALL (node) { MATCH p = (node)-[*1..2]-() UNWIND relationships(p) AS r "
    "WITH DISTINCT r LIMIT $facts RETURN r } "
    "RETURN startNode(r).id AS start, type(r) AS relation, endNode(r).id AS end"
)

Fact = tuple[str, str, str]
Retrieve = Callable[[str], set[Fact]]


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures latency, right drugs and mechanisms found, and facts, for diseases with curated mechanisms."""
    with serving(context.work / "server") as server:
        settings = load_settings(
            home=context.work,
            graph=server.uri,
            neo4j_username=server.username,
            neo4j_password=server.password,
        )
        with open_store(settings.graph_url, settings, read_only=False) as store:
            load_graph(store, ["drugmechdb"], data_dir=context.data, work_dir=context.work / "loading")
        credentials = (server.username, server.password)
        with neo4j.GraphDatabase.driver(server.uri, auth=credentials) as driver, Kedrec(settings) as kr:
            driver.execute_query(_INDEX)
            driver.execute_query("CALL db.awaitIndexes(300)")
            by_disease = _mechanisms(driver, set(kr.disease_ids()))
            draws = np.random.default_rng(_SEED)
            chosen = draws.choice(sorted(by_disease), min(_QUESTIONS, len(by_disease)), replace=False)
            diseases = {str(id_): kr.entity(str(id_)).name for id_ in chosen}

            def ours(name: str) -> set[Fact]:
                answer = kr.recommend(name, top=_TOP, paths=_PATHS, llm=False, background="none")
                return {
                    (edge.start, edge.relation, edge.end)
                    for found in answer
                    for item in found.evidence
                    if item.path is not None
                    for step in item.path.steps
                    for edge in step.edges
                }

            def theirs(name: str) -> set[Fact]:
                records = driver.execute_query(
                    _NEIGHBOURHOOD,
                    text=_LUCENE.sub(r"\\\g<0>", name),
                    entities=_ENTITIES,
                    facts=_FACTS,
                    routing_=neo4j.RoutingControl.READ,
                ).records
                return {(row["start"], row["relation"], row["end"]) for row in records}

            measured = [_measured(retrieve, diseases, by_disease) for retrieve in (ours, theirs)]
    baseline = f"{_ENTITIES} entities by text, two hops of each"
    names = (
        (f"retrieval for a disease, median of {len(diseases)}", "ms"),
        ("right drugs among what is retrieved", "of 1"),
        ("edges of the right drugs' mechanisms among it", "of 1"),
        ("different edges retrieved, median", ""),
    )
    return [
        Row(name, our, their, baseline, "", unit=unit)
        for (name, unit), our, their in zip(names, *measured, strict=True)
    ]


def _mechanisms(driver: neo4j.Driver, diseases: set[str]) -> dict[str, dict[str, set[Fact]]]:
    """The edges of each curated mechanism, by its disease and drug."""
    edges: defaultdict[str, set[Fact]] = defaultdict(set)
    drugs: defaultdict[str, set[str]] = defaultdict(set)
    for row in driver.execute_query(_MECHANISMS).records:
        edges[row["mechanism"]].add((row["start"], row["relation"], row["end"]))
        if "Drug" in row["kinds"]:
            drugs[row["mechanism"]].add(row["start"])
    found: defaultdict[str, dict[str, set[Fact]]] = defaultdict(dict)
    for mechanism, facts in edges.items():
        ends = {node for start, _, end in facts for node in (start, end)} & diseases
        if len(ends) == len(drugs[mechanism]) == 1:
            by_drug = found[ends.pop()]
            (drug,) = drugs[mechanism]
            by_drug[drug] = by_drug.get(drug, set()) | facts
    return dict(found)


def _measured(
    retrieve: Retrieve, diseases: dict[str, str], by_disease: dict[str, dict[str, set[Fact]]]
) -> tuple[float, float, float, float]:
    """Median milliseconds, shares of right drugs and of their mechanisms' edges, median number of edges."""
    retrieve(next(iter(diseases.values())))  # opens and fits
    seconds, drugs, edges, sizes = [], [], [], []
    for id_, name in diseases.items():
        started = time.perf_counter()
        facts = retrieve(name)
        seconds.append(time.perf_counter() - started)
        nodes = {node for start, _, end in facts for node in (start, end)}
        sizes.append(len(facts))
        for drug, mechanism in by_disease[id_].items():
            drugs.append(drug in nodes)
            edges.append(len(mechanism & facts) / len(mechanism))
    return (
        1000 * statistics.median(seconds),
        statistics.mean(drugs),
        statistics.mean(edges),
        statistics.median(sizes),
    )
