"""KEDRec's evidence as a LangChain retriever. Requires the extra `langchain`.

import kedrec
from kedrec.integrations.langchain import KedrecRetriever

with kedrec.open() as kr:
    retriever = KedrecRetriever(kedrec=kr)
    retriever.invoke("Fingolimod | multiple sclerosis")   # evidence of one pair
    retriever.invoke("multiple sclerosis")                # evidence of the disease's best drugs
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from kedrec.api import MAX_PATHS, MAX_TOP, Kedrec
from kedrec.errors import UsageError
from kedrec.integrations.turns import turn

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun

    from kedrec.types import Evidence, Recommendation

__all__ = ["KedrecRetriever", "evidence_document", "parse_query"]

_FIELDS = {"drug", "disease"}


class KedrecRetriever(BaseRetriever):
    """Retriever of evidence for a drug and a disease, or for a disease's best drugs.

    A query is `DRUG | DISEASE`, `DISEASE`, or a JSON object with `disease` and perhaps `drug`; names or ids.
    A document is one path as one sentence. Its metadata, all JSON values:

    - `evidence`: id of the evidence within its pair (`P1`, `A1`); `stance`: `supports` or `adverse`;
    - `drug`, `disease`, `drug_id`, `disease_id`; `rank`, `drug_score`, `probability` of the drug;
    - `score`: share of the pair's evidence weight, 0 to 1;
    - `template`, `metapath`, `nodes` (ids along the path);
    - `sources`, `licences`, `links` (label and url).

    Attributes:
        kedrec: an open graph, which the caller closes.
        top: number of drugs for a disease, 1 to 1,000.
        paths: maximum number of documents per stance and pair, 1 to 50.
        adverse: True to include adverse evidence, after the supporting evidence.

    `invoke` raises the errors of `Kedrec.recommend`, and `UsageError` for a malformed query.
    """

    kedrec: Kedrec
    top: Annotated[int, Field(ge=1, le=MAX_TOP)] = 5
    paths: Annotated[int, Field(ge=1, le=MAX_PATHS)] = 5
    adverse: bool = True

    def for_pair(self, drug: str, disease: str) -> list[Document]:
        """Documents of one pair, the highest score first."""
        with turn(self.kedrec):
            explanation = self.kedrec.explain(drug, disease, paths=self.paths, background="none")
        return self._documents(explanation)

    def for_disease(self, disease: str) -> list[Document]:
        """Documents of the disease's best drugs, drug by drug in the order of their ranks."""
        with turn(self.kedrec):
            answer = self.kedrec.recommend(
                disease, top=self.top, paths=self.paths, llm=False, background="none"
            )
        return [
            document
            for recommendation in answer.recommendations
            for document in self._documents(recommendation)
        ]

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain's signature
    ) -> list[Document]:
        drug, disease = parse_query(query)
        return self.for_pair(drug, disease) if drug else self.for_disease(disease)

    def _documents(self, recommendation: Recommendation) -> list[Document]:
        items = (
            (*recommendation.evidence, *recommendation.adverse) if self.adverse else recommendation.evidence
        )
        return [evidence_document(recommendation, item) for item in items]


def parse_query(query: str) -> tuple[str, str]:
    """The drug ("" if the query has none) and the disease of a query.

    Raises:
        UsageError: the query is malformed or has no disease.
    """
    if query.lstrip().startswith("{"):
        try:
            fields = json.loads(query)
        except ValueError as error:
            raise UsageError(f"The query is no JSON: {error}.", _QUERY_SYNTAX) from error
        if not (fields.keys() <= _FIELDS and all(isinstance(value, str) for value in fields.values())):
            raise UsageError(
                "The query's JSON has other fields than the texts 'drug' and 'disease'.", _QUERY_SYNTAX
            )
        drug, disease = fields.get("drug", ""), fields.get("disease", "")
    else:
        drug, separator, disease = query.partition("|")
        if not separator:
            drug, disease = "", query
        elif not drug.strip():
            raise UsageError("The query names no drug before '|'.", _QUERY_SYNTAX)
    if not disease.strip():
        raise UsageError("The query names no disease.", _QUERY_SYNTAX)
    return drug.strip(), disease.strip()


_QUERY_SYNTAX = "Ask `DRUG | DISEASE`, `DISEASE`, or a JSON object with 'disease' and perhaps 'drug'."


def evidence_document(recommendation: Recommendation, item: Evidence) -> Document:
    """One piece of a pair's evidence as a document, with metadata as of `KedrecRetriever`."""
    path = item.path
    return Document(
        id=f"{recommendation.drug.id}|{recommendation.disease.id}|{item.id}",
        page_content=item.sentence,
        metadata={
            "evidence": item.id,
            "stance": item.stance,
            "drug": recommendation.drug.name,
            "drug_id": recommendation.drug.id,
            "disease": recommendation.disease.name,
            "disease_id": recommendation.disease.id,
            "rank": recommendation.rank,
            "drug_score": recommendation.score,
            "probability": recommendation.probability,
            "score": item.score,
            "template": path.template if path else "",
            "metapath": path.metapath if path else "",
            "nodes": [node.id for node in path.nodes] if path else [],
            "sources": list(item.sources),
            "licences": list(item.licences),
            "links": [link.model_dump() for link in item.links],
        },
    )
