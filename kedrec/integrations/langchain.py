"""KEDRec's evidence as a LangChain retriever. Needs the extra `langchain`.

import kedrec
from kedrec.integrations.langchain import KedrecRetriever

with kedrec.open() as kr:
    retriever = KedrecRetriever(kedrec=kr)
    retriever.invoke("Fingolimod | multiple sclerosis")   # the evidence of one pair
    retriever.invoke("multiple sclerosis")                # that of the disease's best drugs
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Annotated

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, PrivateAttr

from kedrec.api import MAX_PATHS, MAX_TOP, Kedrec
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun

    from kedrec.types import Evidence, Recommendation

__all__ = ["KedrecRetriever"]

_FIELDS = {"drug", "disease"}


class KedrecRetriever(BaseRetriever):
    """Evidence for a drug and a disease, or for a disease's best drugs, as documents.

    A query is `DRUG | DISEASE`, `DISEASE`, or a JSON object with `disease` and perhaps `drug`; names or ids.
    A document is one path as one sentence. Its metadata, all JSON values:

    - `evidence`: id of the evidence within its pair (`P1`, `A1`), `stance`: `supports` or `adverse`;
    - `drug`, `disease`, `drug_id`, `disease_id`; `rank`, `drug_score`, `probability` of the drug;
    - `score`: share of the pair's evidence weight, 0 to 1;
    - `template`, `metapath`, `nodes` (ids along the path);
    - `sources`, `licences`, `links` (label and url).

    Attributes:
        kedrec: the open graph; the caller closes it.
        top: drugs for a disease, 1 to 1,000.
        paths: most documents a stance and pair, 1 to 50.
        adverse: whether evidence against comes too, after what supports.

    `invoke` raises what `Kedrec.recommend` raises, and `UsageError` for a query that is none of these.
    """

    kedrec: Kedrec
    top: Annotated[int, Field(ge=1, le=MAX_TOP)] = 5
    paths: Annotated[int, Field(ge=1, le=MAX_PATHS)] = 5
    adverse: bool = True
    # LangChain runs batches and asynchronous calls in threads; a graph is used by one at a time.
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def for_pair(self, drug: str, disease: str) -> list[Document]:
        """The evidence of one pair, the weightiest first."""
        with self._lock:
            found = self.kedrec.explain(drug, disease, paths=self.paths, background="none")
        return self._documents(found)

    def for_disease(self, disease: str) -> list[Document]:
        """The evidence of the disease's best drugs, drug by drug in the order of their ranks."""
        with self._lock:
            answer = self.kedrec.recommend(
                disease, top=self.top, paths=self.paths, llm=False, background="none"
            )
        return [document for found in answer.recommendations for document in self._documents(found)]

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain's signature
    ) -> list[Document]:
        drug, disease = _asked(query)
        return self.for_pair(drug, disease) if drug else self.for_disease(disease)

    def _documents(self, found: Recommendation) -> list[Document]:
        items = (*found.evidence, *found.adverse) if self.adverse else found.evidence
        return [_document(found, item) for item in items]


def _asked(query: str) -> tuple[str, str]:
    """The drug ("" where none is named) and the disease of a query."""
    if query.lstrip().startswith("{"):
        try:
            asked = json.loads(query)
        except ValueError as error:
            raise UsageError(f"The query is no JSON: {error}.", _how()) from error
        if not (asked.keys() <= _FIELDS and all(isinstance(value, str) for value in asked.values())):
            raise UsageError("The query's JSON has other fields than the texts 'drug' and 'disease'.", _how())
        drug, disease = asked.get("drug", ""), asked.get("disease", "")
    else:
        drug, bar, disease = query.partition("|")
        if not bar:
            drug, disease = "", query
        elif not drug.strip():
            raise UsageError("The query names no drug before '|'.", _how())
    if not disease.strip():
        raise UsageError("The query names no disease.", _how())
    return drug.strip(), disease.strip()


def _how() -> str:
    return "Ask `DRUG | DISEASE`, `DISEASE`, or a JSON object with 'disease' and perhaps 'drug'."


def _document(found: Recommendation, item: Evidence) -> Document:
    path = item.path
    return Document(
        id=f"{found.drug.id}|{found.disease.id}|{item.id}",
        page_content=item.sentence,
        metadata={
            "evidence": item.id,
            "stance": item.stance,
            "drug": found.drug.name,
            "drug_id": found.drug.id,
            "disease": found.disease.name,
            "disease_id": found.disease.id,
            "rank": found.rank,
            "drug_score": found.score,
            "probability": found.probability,
            "score": item.score,
            "template": path.template if path else "",
            "metapath": path.metapath if path else "",
            "nodes": [node.id for node in path.nodes] if path else [],
            "sources": list(item.sources),
            "licences": list(item.licences),
            "links": [link.model_dump() for link in item.links],
        },
    )
