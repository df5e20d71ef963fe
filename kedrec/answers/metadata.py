"""Describes a graph and what is asked of it: schema, counts, sources, licences, path types, model."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from kedrec._version import __version__
from kedrec.answers.status import is_model_ready, missing_kinds_note
from kedrec.schema import load_schema
from kedrec.stores import path_templates, view_of
from kedrec.types import KindOfNode, Metadata, PathType, RelationOfGraph

if TYPE_CHECKING:
    from kedrec.settings import Settings
    from kedrec.stores import Fingerprint, GraphStore

__all__ = ["metadata_of"]

_SOURCE_FACT = "source:"


def metadata_of(store: GraphStore, fingerprint: Fingerprint, settings: Settings) -> Metadata:
    """The description of a graph, which may be empty; it has no path of a file and no address."""
    schema, view = load_schema(), view_of(store)
    edges: dict[str, dict[str, int]] = {}
    for (relation, source), count in sorted(fingerprint.edges.items()):
        edges.setdefault(relation, {})[source] = count
    licences = Counter[str]()
    for relation in edges:
        for (_, licence), count in store.licences(relation).items():
            licences[licence] += count
    return Metadata(
        kedrec=__version__,
        engine=store.engine,
        fingerprint=str(fingerprint),
        schema_version=fingerprint.schema_version,
        kinds=tuple(
            KindOfNode(
                name=kind.name,
                noun=kind.noun,
                prefixes=kind.prefixes,
                nodes=fingerprint.nodes.get(kind.name, 0),
            )
            for kind in schema.kinds.values()
        ),
        relations=tuple(
            RelationOfGraph(
                name=relation.name,
                phrase=relation.wording.phrase,
                inverse=relation.wording.inverse,
                sign=relation.wording.sign,
                symmetric=relation.symmetric,
                actions=tuple(relation.actions),
                role=relation.role or "",
                pairs=relation.pairs,
                edges=edges.get(relation.name, {}),
            )
            for relation in schema.relations.values()
        ),
        path_types=tuple(
            PathType(name=template.name, metapath=template.metapath, stance=template.stance)
            for template in path_templates()
        ),
        sources={
            key.removeprefix(_SOURCE_FACT): json.loads(value)
            for key, value in sorted(store.metadata().items())
            if key.startswith(_SOURCE_FACT)
        },
        licences=dict(sorted(licences.items())),
        overlays=view.overlays,
        as_of=view.as_of,
        lacks=missing_kinds_note(fingerprint),
        model=settings.model,
        model_ready=is_model_ready(settings),
    )
