"""Builds an answer's provenance manifest (graph, ranking, prompt, model, licences)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedrec._version import __version__
from kedrec.llm.default import BASE_FILE
from kedrec.llm.prompting import PROMPT_VERSION, TEXTS_VERSION, takes_texts
from kedrec.stores import VisibleStore, path_templates, view_of
from kedrec.types import AsOf, Manifest

if TYPE_CHECKING:
    from kedrec.llm.base import ChatModel
    from kedrec.ranking import Ranker
    from kedrec.stores import Fingerprint, GraphStore
    from kedrec.types import Evidence, Recommendation, TextsUsed

__all__ = ["answer_manifest", "as_of_coverage", "model_name", "with_model"]


def answer_manifest(
    store: GraphStore,
    ranker: Ranker,
    fingerprint: Fingerprint,
    recommendations: Sequence[Recommendation],
    *,
    texts: TextsUsed,
    seed: int,
) -> Manifest:
    """The provenance of recommendations that no model has written; `with_model` adds one.

    Args:
        store, ranker, fingerprint: the graph and its ranking.
        recommendations: the recommendations.
        texts: the texts as they were searched for.
        seed: the language model's seed.
    """
    templates = "\n".join(template.text for template in path_templates())
    items = [
        item
        for recommendation in recommendations
        for item in (
            *recommendation.evidence,
            *recommendation.adverse,
            *recommendation.safety.cautions,
            *recommendation.texts.all,
        )
    ]
    licences = {licence for item in items for licence in item.licences}
    return Manifest(
        kedrec=__version__,
        graph=store.url,
        fingerprint=str(fingerprint),
        schema_version=fingerprint.schema_version,
        templates=hashlib.sha256(templates.encode()).hexdigest(),
        ranking=ranker.description,
        seed=seed,
        licences=tuple(sorted(licences)),
        overlays=view_of(store).overlays,
        as_of=as_of_coverage(store, items),
        texts=texts,
    )


def with_model(manifest: Manifest, model: ChatModel, recommendations: Sequence[Recommendation]) -> Manifest:
    """The provenance of recommendations whose rationales a model has written."""
    prompted = takes_texts(model) and any(recommendation.texts.all for recommendation in recommendations)
    return manifest.model_copy(
        update={
            "prompt": TEXTS_VERSION if prompted else PROMPT_VERSION,
            "model": model_name(model),
            "model_sha256": model.info.sha256,
            "model_adjustments": model.info.adjustments,
            "texts": manifest.texts.model_copy(update={"prompted": prompted}),
        }
    )


def as_of_coverage(store: GraphStore, items: Sequence[Evidence]) -> AsOf | None:
    """Counts of dated and undated edges in a view as of a year, and in its evidence; None without a year."""
    year = view_of(store).as_of
    if year is None or not isinstance(store, VisibleStore):
        return None
    edge_counts = store.total_year_count()
    years = {
        (edge.start, edge.relation, edge.end, edge.source): edge.year
        for item in items
        if item.path is not None
        for step in item.path.steps
        for edge in step.edges
    }
    return AsOf(
        year=year,
        edges=edge_counts.edges - edge_counts.later,
        undated=edge_counts.undated,
        later=edge_counts.later,
        used=len(years),
        used_undated=sum(edge_year is None for edge_year in years.values()),
    )


def model_name(model: ChatModel) -> str:
    """The name that rationales are signed with; `default` and `base` become the name of their file."""
    name = BASE_FILE.partition(".")[0] if model.info.name in {"default", "base"} else model.info.name
    return f"{name} + {model.info.adapter}" if model.info.adapter else name
