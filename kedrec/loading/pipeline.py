"""Loads sources into a graph: read, check, resolve, compare, write, report."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.loading.canonical import canonical_nodes, check_nodes, stage_schema
from kedrec.loading.digests import add_digests, key_digest, stored_digest
from kedrec.loading.edges import canonical_edges
from kedrec.loading.readers import READERS
from kedrec.loading.report import ConflictReport, LoadReport, RowReport, SourceReport
from kedrec.loading.sources import Source, list_sources, load_source, source_folder
from kedrec.loading.staging import Progress, Staging, staging_errors
from kedrec.loading.writing import Batches, compare, put, write_parquet
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.loading.identity import Identity
    from kedrec.stores import GraphStore

__all__ = ["load_graph"]

_DIGEST = "digest"


def _silent(stage: str, done: int, total: int | None) -> None:
    """Reports progress to nobody."""


def load_graph(
    store: GraphStore,
    sources: Sequence[str] = (),
    *,
    data_dir: Path | None = None,
    work_dir: Path,
    progress: Progress | None = None,
    keep_staged: bool = False,
) -> LoadReport:
    """Loads sources one after the other; without any, the built-in starter graph.

    A source that was loaded before is compared row by row, and only what is new or changed is written;
    nothing of another source is touched, except that nodes which a cross-reference joins become one. A
    load that was killed is finished by the same call again.

    Args:
        store: the graph, open for writing.
        sources: names of `list_sources()`.
        data_dir: folder with a folder for each source, or the one source's own folder.
        work_dir: where staged files go, and `rejects.tsv`, the rows that were refused.
        progress: told how far it is.
        keep_staged: leave each source's staged Parquet in `work_dir/<source>/staged`.

    Raises:
        UsageError: there is no such source.
        DataError: a source's files are missing or damaged; the graph is as it was before that source.
        StoreError: the graph database refused or failed; loading again goes on from there.
    """
    began = time.monotonic()
    chosen = [load_source(name) for name in dict.fromkeys(sources or ("starter",))]
    folders = [source_folder(source, data_dir) for source in chosen]
    with staging_errors(work_dir):
        work_dir.mkdir(parents=True, exist_ok=True)
        rejects = work_dir / "rejects.tsv"
        rejects.write_text("source\tfile\tline\treason\trow\n", encoding="utf-8")
    store.prepare()
    run = _Run(store, rejects, progress or _silent)
    reports = []
    for source, folder in zip(chosen, folders, strict=True):
        staged = work_dir / source.name
        shutil.rmtree(staged, ignore_errors=True)
        with staging_errors(staged):
            scratch = (
                staged if keep_staged else Path(tempfile.mkdtemp(prefix=f"{source.name}-", dir=work_dir))
            )
        try:
            with Staging(scratch) as staging:
                reports.append(_load(run, staging, source, folder))
        finally:
            shutil.rmtree(scratch / "spill", ignore_errors=True)
            if not keep_staged:
                shutil.rmtree(scratch, ignore_errors=True)
    held = store.fingerprint()
    edges: dict[str, dict[str, int]] = {}
    for (relation, name), count in sorted(held.edges.items()):
        edges.setdefault(relation, {})[name] = count
    refused = any(report.reasons for report in reports)
    return LoadReport(
        graph=store.url,
        engine=store.engine,
        sources=tuple(reports),
        nodes=dict(sorted(held.nodes.items())),
        edges=edges,
        fingerprint=str(held),
        digest=held.digest,
        rejects=str(rejects) if refused else "",
        seconds=round(time.monotonic() - began, 3),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same over the sources of one call."""

    store: GraphStore
    rejects: Path
    progress: Progress


def _load(run: _Run, staging: Staging, source: Source, folder: Path) -> SourceReport:
    began = time.monotonic()
    schema = load_schema()
    with staging_errors(staging.folder):
        READERS[source.reader](staging, source, folder, run.progress)
        stage_schema(staging, schema, list_sources())
        check_nodes(staging, source, schema)
    with run.store.writing():
        with staging_errors(staging.folder):
            identity = canonical_nodes(staging, source, run.store, schema)
            canonical_edges(staging, source, run.store, schema, run.progress)
            compare(staging, run.store)
            batches = write_parquet(staging)
            # The reject file comes first: what is refused is known now, and a failing write must not hide it.
            staging.write_rejects(source.name, run.rejects)
            digests = key_digest(staging)
            report = _report(staging, source, identity)
            staging.forget("edges", "keys", "records", "node_states")
        _write(run, staging, source, batches, digests)
    return report.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


def _write(run: _Run, staging: Staging, source: Source, batches: Batches, digests: tuple[str, str]) -> None:
    """Puts the batches into the graph, and keeps its facts: the digest, and how far the source is."""
    store, fact = run.store, f"source:{source.name}"
    facts = store.metadata()
    # A digest can be kept up only where every load before this one came to its end.
    states = [json.loads(value)["state"] for name, value in facts.items() if name.startswith("source:")]
    clean = all(state == "loaded" for state in states) and (_DIGEST in facts or not store.fingerprint().nodes)
    if clean and fact in facts and not any(batches) and not staging.count("moved"):
        return
    state = {"state": "loading", "title": source.title, "version": source.version, "licence": source.licence}
    # Writes are counted, since one may change names alone, and what is kept of names is kept by these facts.
    state["writes"] = str(int(json.loads(facts.get(fact, "{}")).get("writes", "0")) + 1)
    store.put_metadata({fact: json.dumps(state, sort_keys=True)})
    put(staging, store, batches, f"Writing {source.name}", run.progress)
    digest = (
        add_digests(add_digests(facts.get(_DIGEST, ""), digests[0]), digests[1], -1)
        if clean
        else stored_digest(staging, store)
    )
    edges = sum(count for (_, name), count in store.fingerprint().edges.items() if name == source.name)
    done = {**state, "state": "loaded", "nodes": staging.count("incoming"), "edges": edges}
    store.put_metadata({_DIGEST: digest, fact: json.dumps(done, sort_keys=True)})


def _report(staging: Staging, source: Source, identity: Identity) -> SourceReport:
    def rows(part: str, loaded: int, table: str, only: str = "true") -> RowReport:
        rejected = staging.count("rejects", f"part = '{part}'")
        read = staging.read[part]
        if part == "attributes":
            return RowReport(read=read, loaded=read - rejected, rejected=rejected)
        return RowReport(
            read=read,
            loaded=loaded,
            merged=read - rejected - loaded,
            rejected=rejected,
            new=staging.count(table, f"state = 'new' AND {only}"),
            changed=staging.count(table, f"state = 'changed' AND {only}"),
        )

    entities = "SELECT DISTINCT new_kind, new_id FROM records WHERE NOT stored"
    return SourceReport(
        source=source.name,
        version=source.version,
        licence=source.licence,
        nodes=rows("nodes", staging.count(f"({entities})"), "node_states"),
        edges=rows("edges", staging.count("edges", "NOT moved"), "edges", "NOT moved"),
        attributes=rows("attributes", 0, ""),
        moved=staging.count("moved"),
        reasons=staging.reasons(),
        conflicts=tuple(
            ConflictReport(id=c.id, kind=c.kind, claimed_by=c.claimed_by) for c in identity.conflicts
        ),
        seconds=0.0,
    )
