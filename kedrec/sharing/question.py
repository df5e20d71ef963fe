"""A question as it was asked: what an answer is made from again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from kedrec.types.base import Frozen
from kedrec.types.judgement import Chooser
from kedrec.types.safety import ClinicalStage
from kedrec.types.texts import Background

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.api import Kedrec
    from kedrec.types import Answer, DiseaseAnswer

__all__ = ["GeneRole", "Question", "answer_question"]

GeneRole = Literal["listed", "raised", "lowered"]


class Question(Frozen):
    """A question for recommendations.

    Attributes:
        asked: what is given: a disease, a drug, or a gene list in files.
        name: name or id of the disease or the drug; "" for a gene list.
        genes: the file name of each part of the gene list.
        seed, overlay, as_of: settings that an answer depends on, as of `Settings`.
        drugs, top, paths, llm, new, hide_contraindicated, beyond_prior, status, diverse, background, texts,
            choose: as of `Kedrec.recommend`.
    """

    asked: Literal["disease", "drug", "genes"]
    seed: int
    name: str = ""
    genes: dict[GeneRole, Annotated[str, Field(pattern=r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]{0,119}$")]] = Field(
        default_factory=dict
    )
    drugs: tuple[str, ...] = ()
    top: int = 5
    paths: int = 8
    llm: bool = True
    new: bool = False
    hide_contraindicated: bool = False
    beyond_prior: bool = False
    status: ClinicalStage | None = None
    diverse: bool = True
    background: Background | None = None
    texts: int = 3
    choose: Chooser = "ranking"
    overlay: str = ""
    as_of: int | None = None


def answer_question(
    kedrec: Kedrec, question: Question, genes: dict[GeneRole, Path] | None = None
) -> Answer | DiseaseAnswer:
    """Answers a question.

    Args:
        kedrec: what it is answered from, with the question's settings.
        question: the question.
        genes: the files of its gene list.

    Raises:
        KedrecError: as of `Kedrec.recommend`, `recommend_for_genes`, `recommend_diseases`.
    """
    files = genes or {}
    if question.asked == "genes":
        return kedrec.recommend_for_genes(
            files.get("listed", ()),
            raised=files.get("raised", ()),
            lowered=files.get("lowered", ()),
            drugs=question.drugs,
            top=question.top,
            paths=question.paths,
            llm=question.llm,
            hide_contraindicated=question.hide_contraindicated,
            beyond_prior=question.beyond_prior,
            status=question.status,
            diverse=question.diverse,
        )
    if question.asked == "drug":
        return kedrec.recommend_diseases(
            question.name,
            top=question.top,
            paths=question.paths,
            llm=question.llm,
            new=question.new,
            hide_contraindicated=question.hide_contraindicated,
            background=question.background,
            texts=question.texts,
        )
    return kedrec.recommend(
        question.name,
        drugs=question.drugs,
        top=question.top,
        paths=question.paths,
        llm=question.llm,
        new=question.new,
        hide_contraindicated=question.hide_contraindicated,
        beyond_prior=question.beyond_prior,
        status=question.status,
        diverse=question.diverse,
        background=question.background,
        texts=question.texts,
        choose=question.choose,
    )
