"""Describes what questions would be answered from: the graph, its sources, the language model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kedrec.errors import EmptyGraphError, ModelError, NotFoundError
from kedrec.llm.locality import is_local
from kedrec.llm.model_registry import resolve_model
from kedrec.schema import load_schema
from kedrec.stores import path_templates, view_of
from kedrec.types import Status

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.settings import Settings
    from kedrec.stores import Fingerprint, GraphStore

__all__ = ["check_kinds", "is_model_ready", "missing_kinds_note", "status_of"]

_RANKED = ("Drug", "Disease")
_LOAD = (
    "Load a source that has them (`kedrec-load graph` loads the built-in graph, `kedrec-load sources` lists "
    "others); in tables of your own, a drug's kind is Drug and a disease's Disease."
)


def missing_kinds_note(fingerprint: Fingerprint) -> str:
    """A sentence on the drugs, diseases or treatments that a graph lacks for a ranking; "" if it has all."""
    kinds = load_schema().kinds
    missing = [f"no {kinds[kind].noun}" for kind in _RANKED if not fingerprint.nodes.get(kind)]
    treatments = load_schema().with_role("treatment")
    if not any(relation in treatments for relation, _ in fingerprint.edges):
        missing.append("no treatment")
    if not missing:
        return ""
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(fingerprint.nodes.items()))
    return f"The graph has {' and '.join(missing)} (nodes: {counts or 'none'})."


def check_kinds(fingerprint: Fingerprint, url: str) -> None:
    """Checks that a graph has drugs, diseases and edges.

    Raises:
        EmptyGraphError: it has no nodes or edges, no drug, or no disease.
    """
    if not fingerprint.nodes:
        raise EmptyGraphError(
            f"The graph at {url} is empty.",
            "Run `kedrec-load graph` to load the built-in graph, or `kedrec-load sources` for others.",
        )
    if not all(fingerprint.nodes.get(kind) for kind in _RANKED):
        raise EmptyGraphError(f"{missing_kinds_note(fingerprint)} Drugs are ranked for diseases.", _LOAD)
    if not fingerprint.edges:
        raise EmptyGraphError(f"The graph at {url} has nodes and no edge between them.", _LOAD)


def status_of(store: GraphStore, settings: Settings, progress: Progress | None) -> Status:
    """The state of a graph, which may be empty, and of the model, which isn't loaded.

    Raises:
        StoreError: the graph can't be read.
    """
    fingerprint = store.fingerprint()
    view = view_of(store)
    edges_by_source: dict[str, int] = {}
    for (_, source), count in fingerprint.edges.items():
        edges_by_source[source] = edges_by_source.get(source, 0) + count
    return Status(
        graph=store.url,
        engine=store.engine,
        fingerprint=str(fingerprint),
        schema_version=fingerprint.schema_version,
        nodes=dict(fingerprint.nodes),
        edges_by_source=edges_by_source,
        sources={
            key.removeprefix("source:"): json.loads(value)
            for key, value in store.metadata().items()
            if key.startswith("source:")
        },
        overlays=view.overlays,
        left_out=view.hidden_overlays,
        as_of=view.as_of,
        lacks=missing_kinds_note(fingerprint),
        templates=len(path_templates()),
        model=settings.model,
        model_state=_model_state(settings, progress),
        home=str(settings.home),
    )


def is_model_ready(settings: Settings) -> bool:
    """True if the model's files are on this machine and whole; True for an endpoint, which isn't tried."""
    if not is_local(settings.model):
        return True
    try:
        resolve_model(settings.model, settings)
    except (ModelError, NotFoundError):
        return False
    return True


def _model_state(settings: Settings, progress: Progress | None) -> str:
    if not is_local(settings.model):
        return "not asked"
    try:
        files = resolve_model(settings.model, settings, progress)
    except (ModelError, NotFoundError) as error:
        return str(error)
    return f"ready, {files.path}"
