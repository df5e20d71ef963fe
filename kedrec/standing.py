"""What a question would be answered from: the graph, its sources, the language model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from kedrec.errors import ModelError, NotFoundError
from kedrec.llm.registry import resolve
from kedrec.stores import path_templates, view_of
from kedrec.types import Status

if TYPE_CHECKING:
    from kedrec.settings import Settings
    from kedrec.stores import GraphStore

__all__ = ["is_local", "status_of"]

Progress = Callable[[str, int, int | None], None]


def is_local(settings: Settings) -> bool:
    """Whether the language model's files are on this machine, or should be."""
    return settings.model.partition(":")[0] not in {"openai", "langchain"}


def status_of(store: GraphStore, settings: Settings, progress: Progress | None) -> Status:
    """The state of a graph, which may be empty, and of the model, which isn't loaded.

    Raises:
        StoreError: the graph can't be read.
    """
    fingerprint = store.fingerprint()
    view = view_of(store)
    by_source: dict[str, int] = {}
    for (_, source), count in fingerprint.edges.items():
        by_source[source] = by_source.get(source, 0) + count
    return Status(
        graph=store.url,
        engine=store.engine,
        fingerprint=str(fingerprint),
        schema_version=fingerprint.schema_version,
        nodes=dict(fingerprint.nodes),
        edges_by_source=by_source,
        sources={
            key.removeprefix("source:"): json.loads(value)
            for key, value in store.metadata().items()
            if key.startswith("source:")
        },
        overlays=view.overlays,
        left_out=view.left_out,
        as_of=view.as_of,
        templates=len(path_templates()),
        model=settings.model,
        model_state=_model_state(settings, progress),
        home=str(settings.home),
    )


def _model_state(settings: Settings, progress: Progress | None) -> str:
    if not is_local(settings):
        return "not asked"
    try:
        files = resolve(settings.model, settings, progress)
    except (ModelError, NotFoundError) as error:
        return str(error)
    return f"ready, {files.path}"
