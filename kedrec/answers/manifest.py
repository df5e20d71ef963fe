"""What an answer was made from, to be told beside it."""

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

__all__ = ["as_of_told", "manifest_of", "model_name"]


def manifest_of(
    store: GraphStore,
    ranker: Ranker,
    fingerprint: Fingerprint,
    recommendations: Sequence[Recommendation],
    *,
    model: ChatModel | None,
    texts: TextsUsed,
    seed: int,
) -> Manifest:
    """What recommendations were made from; `model` where one was asked, `texts` as they were looked for."""
    templates = "\n".join(template.text for template in path_templates())
    shown = [
        item
        for one in recommendations
        for item in (*one.evidence, *one.adverse, *one.safety.cautions, *one.texts.all)
    ]
    licences = {licence for item in shown for licence in item.licences}
    prompted = model is not None and takes_texts(model) and any(one.texts.all for one in recommendations)
    return Manifest(
        kedrec=__version__,
        graph=store.url,
        fingerprint=str(fingerprint),
        schema_version=fingerprint.schema_version,
        templates=hashlib.sha256(templates.encode()).hexdigest(),
        ranking=ranker.description,
        prompt="" if model is None else TEXTS_VERSION if prompted else PROMPT_VERSION,
        model="" if model is None else model_name(model),
        model_sha256="" if model is None else model.info.sha256,
        model_adjustments=() if model is None else model.info.adjustments,
        seed=seed,
        licences=tuple(sorted(licences)),
        overlays=view_of(store).overlays,
        as_of=as_of_told(store, shown),
        texts=texts.model_copy(update={"prompted": prompted}),
    )


def as_of_told(store: GraphStore, shown: Sequence[Evidence]) -> AsOf | None:
    """What a view as of a year, and the evidence that is shown of it, rest on; None without a year."""
    year = view_of(store).as_of
    if year is None or not isinstance(store, VisibleStore):
        return None
    counts = store.dated()
    edges = {
        (edge.start, edge.relation, edge.end, edge.source): edge.year
        for item in shown
        if item.path is not None
        for step in item.path.steps
        for edge in step.edges
    }
    return AsOf(
        year=year,
        edges=counts.edges - counts.later,
        undated=counts.undated,
        later=counts.later,
        used=len(edges),
        used_undated=sum(found is None for found in edges.values()),
    )


def model_name(model: ChatModel) -> str:
    """The model as its rationales are signed; `default` and `base` by what they are."""
    name = BASE_FILE.partition(".")[0] if model.info.name in {"default", "base"} else model.info.name
    return f"{name} + {model.info.adapter}" if model.info.adapter else name
