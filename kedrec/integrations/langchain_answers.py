"""KEDRec's checked answers as a runnable of LangChain. Requires the extra `langchain`.

import kedrec
from kedrec.integrations.langchain_answers import cited_answers

with kedrec.open() as kr:
    chain = cited_answers(kr, top=1)
    print(chain.invoke("multiple sclerosis")["text"])
"""

from typing import TypedDict

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableLambda

from kedrec.api import Kedrec
from kedrec.integrations.langchain import evidence_document, parse_query
from kedrec.integrations.turns import turn
from kedrec.types import Answer, Recommendation

__all__ = ["CitedAnswer", "cited_answers"]


class CitedAnswer(TypedDict):
    """An answer with what its sentences cite.

    Attributes:
        text: a paragraph a drug: name, probability, and the sentences that hold, each with its citations.
        citations: the evidence that the text cites, drug by drug, as documents of `KedrecRetriever`.
        answer: the whole answer, with struck sentences and their reasons.
    """

    text: str
    citations: list[Document]
    answer: Answer


def cited_answers(
    kedrec: Kedrec, *, top: int = 3, paths: int = 8, llm: bool = True
) -> Runnable[str, CitedAnswer]:
    """A chain from a query to a checked answer, by `Kedrec.recommend`; it may run in several threads.

    A query is one of `KedrecRetriever`: `DRUG | DISEASE`, `DISEASE`, or a JSON object. The model is that of
    the settings, every sentence of which passes through the grounding gate; a chat model of LangChain is
    chosen by `kedrec.open(model="langchain:...")`.

    Args:
        kedrec: an open graph, which the caller closes.
        top: how many drugs for a disease, 1 to 1,000.
        paths: most evidence paths a drug, 1 to 50.
        llm: False: the sentences are the evidence's own.
    """

    def ask(query: str) -> Answer:
        drug, disease = parse_query(query)
        with turn(kedrec):
            return kedrec.recommend(
                disease, drugs=(drug,) if drug else (), top=top, paths=paths, llm=llm, background="none"
            )

    return RunnableLambda(ask, name="recommend") | RunnableLambda(_cite, name="cite")


def _cite(answer: Answer) -> CitedAnswer:
    recommended = answer.recommendations
    return CitedAnswer(
        text="\n\n".join(map(_paragraph, recommended)) or answer.abstained,
        citations=[document for recommendation in recommended for document in _cited(recommendation)],
        answer=answer,
    )


def _paragraph(recommendation: Recommendation) -> str:
    probability = recommendation.probability
    shown = "" if probability is None else f" (probability {probability:.2f})"
    return f"{recommendation.drug.name}{shown}: {recommendation.rationale.text}"


def _cited(recommendation: Recommendation) -> list[Document]:
    cited = {
        citation.id
        for claim in recommendation.rationale.claims
        if claim.status == "holds"
        for citation in claim.citations
    }
    items = (*recommendation.evidence, *recommendation.adverse)
    return [evidence_document(recommendation, item) for item in items if item.id in cited]
