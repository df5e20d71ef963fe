"""Bodies of questions; the fields are the arguments of `Kedrec`'s methods, under the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from kedrec.answers.pending_answer import PendingAnswer
from kedrec.answers.subgraph import Subgraph
from kedrec.api import MAX_DISEASES, MAX_TOP
from kedrec.common.json_text import json_text
from kedrec.errors import NotFoundError
from kedrec.service.fields import Flag, Genes, Kind, Name, Paths, TextCount, TextKind, Top
from kedrec.types import (
    Answer,
    Chooser,
    ClinicalStage,
    Comparison,
    DiseaseAnswer,
    Evidence,
    Metadata,
    NameMatch,
    Node,
    RankedPairs,
    Recommendation,
)
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.api import Kedrec

__all__ = [
    "FORMATS",
    "JSON",
    "MAX_MATCHES",
    "CompareRequest",
    "EntityQuestion",
    "EvidenceQuestion",
    "ExplainRequest",
    "MetaQuestion",
    "Question",
    "RankRequest",
    "RecommendRequest",
    "SearchQuestion",
    "SubgraphRequest",
]

JSON = "application/json"
MAX_MATCHES = 100


FORMATS: dict[str, tuple[str, Callable[[Subgraph], str]]] = {
    "json": (JSON, lambda graph: json_text(graph, indent=None)),
    "cytoscape": (JSON, lambda graph: json_text(graph.to_cytoscape(), indent=None)),
    "cypher": ("text/plain; charset=utf-8", Subgraph.to_cypher),
    "graphml": ("application/graphml+xml", Subgraph.to_graphml),
}
"""Media type and writer of each format of a subgraph."""


def _examples(*bodies: dict[str, Any], **more: Any) -> ConfigDict:
    extra: dict[str, Any] = {"examples": list(bodies), **more}
    return ConfigDict(frozen=True, extra="forbid", json_schema_extra=extra)


_NONE, _SOME = {"maxItems": 0}, {"minItems": 1}
_SUBJECTS: list[dict[str, Any]] = [
    {
        "title": "A disease",
        "properties": {
            "disease": {"type": "string"},
            **dict.fromkeys(("genes", "raised", "lowered"), _NONE),
        },
        "anyOf": [
            {"title": "By the ranking", "properties": {"choose": {"const": "ranking"}}},
            {"title": "With the model", "properties": {"llm": {"const": True}}},
        ],
        "required": ["disease"],
    },
    *(
        {
            "title": "A gene list",
            "properties": {
                "disease": {"type": "null"},
                listed: _SOME,
                "new": {"const": False},
                "choose": {"const": "ranking"},
                "background": {"type": "null"},
            },
            "required": [listed],
        }
        for listed in ("genes", "raised", "lowered")
    ),
    {
        "title": "A drug alone",
        "properties": {
            "disease": {"type": "null"},
            "drugs": {"minItems": 1, "maxItems": 1},
            **dict.fromkeys(("genes", "raised", "lowered"), _NONE),
            "status": {"type": "null"},
            "beyond_prior": {"const": False},
            "diverse": {"const": True},
            "choose": {"const": "ranking"},
        },
        "required": ["drugs"],
    },
]
"""What a recommendation may be asked for, in JSON Schema."""


class Question(Frozen):
    """A question with its arguments.

    Attributes:
        endpoint: its name, for tags and logs.
        media_type: of the answer's text.
    """

    endpoint: ClassVar[str]

    @property
    def media_type(self) -> str:
        """Media type of the answer's text."""
        return JSON

    def ask(self, kr: Kedrec) -> object:
        """The answer, or one that a model has yet to write. Raises what `Kedrec`'s method raises."""
        raise NotImplementedError

    def text(self, answer: Any) -> str:
        """The answer as text."""
        return json_text(answer, indent=None)


class SearchQuestion(Question):
    """Asks for the entities that a text may name."""

    endpoint = "search"

    q: Name
    kind: Kind | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_MATCHES)] = 10  # in a query all are texts

    def ask(self, kr: Kedrec) -> list[NameMatch]:
        """The matches."""
        return kr.search(self.q, kind=self.kind, limit=self.limit)


class EntityQuestion(Question):
    """Asks for a node."""

    endpoint = "entity"

    id: str
    kind: str | None = None

    def ask(self, kr: Kedrec) -> Node:
        """The node."""
        return kr.entity(self.id, kind=self.kind)


class MetaQuestion(Question):
    """Asks for the description of the graph."""

    endpoint = "meta"

    def ask(self, kr: Kedrec) -> Metadata:
        """The description."""
        return kr.metadata()


class RecommendRequest(Question):
    """Asks for drugs for a disease or a gene list, or for diseases for one drug (`drugs` alone)."""

    endpoint = "recommend"
    model_config = _examples(
        {"disease": "multiple sclerosis", "top": 5, "llm": False},
        {"disease": "asthma", "drugs": ["albuterol"], "llm": False},
        {"drugs": ["metformin"], "new": True, "llm": False},
        {"raised": ["TNF", "IL6"], "lowered": ["IL10"], "top": 3, "llm": False},
        anyOf=_SUBJECTS,
    )

    disease: Name | None = None
    genes: Genes = ()
    """A gene list in place of a disease, of no direction."""
    raised: Genes = ()
    """Genes whose activity is higher than it should be."""
    lowered: Genes = ()
    """Genes whose activity is lower than it should be."""
    drugs: Annotated[tuple[Name, ...], Field(max_length=MAX_TOP)] = ()
    top: Top = 5
    paths: Paths = 8
    llm: Flag = True
    """Whether the language model writes rationales; else they are the evidence's own sentences."""
    new: Flag = False
    hide_contraindicated: Flag = False
    beyond_prior: Flag = False
    status: ClinicalStage | None = None
    diverse: Flag = True
    background: TextKind = None
    texts: TextCount = 3
    choose: Chooser = "ranking"
    """The order of a disease's drugs; a `model` or `both` needs `llm`."""

    @model_validator(mode="after")
    def _one_subject(self) -> RecommendRequest:
        """One of a disease, a gene list and a drug is asked about, with the options that it has."""
        if self.is_gene_list and self.disease is not None:
            raise ValueError("A disease and a gene list were both given. Ask about one of them.")
        if self.is_gene_list and (self.new or self.background is not None):
            raise ValueError("'new' and 'background' are for diseases that others know.")
        if self.choose != "ranking" and (self.disease is None or not self.llm):
            raise ValueError("'choose' orders drugs by the language model. Give a 'disease', and 'llm' true.")
        if self.disease is None and not self.is_gene_list:
            if len(self.drugs) != 1:
                raise ValueError("Give a 'disease', or a gene list, or one drug alone for its diseases.")
            if self.status is not None or self.beyond_prior or not self.diverse:
                raise ValueError("'status', 'beyond_prior' and 'diverse' choose drugs. Give a 'disease'.")
        return self

    @property
    def is_gene_list(self) -> bool:
        """True if a gene list is asked about."""
        return bool(self.genes or self.raised or self.lowered)

    def ask(self, kr: Kedrec) -> PendingAnswer[Answer] | PendingAnswer[DiseaseAnswer]:
        """The answer before a model writes; with `llm`, the model's presence is checked."""
        if self.llm:
            kr.check_model()
        if self.is_gene_list:
            return kr.pending_for_genes(
                self.genes,
                raised=self.raised,
                lowered=self.lowered,
                drugs=self.drugs,
                top=self.top,
                paths=self.paths,
                hide_contraindicated=self.hide_contraindicated,
                beyond_prior=self.beyond_prior,
                status=self.status,
                diverse=self.diverse,
            )
        if self.disease is None:
            return kr.pending_for_drug(
                self.drugs[0],
                top=self.top,
                paths=self.paths,
                new=self.new,
                hide_contraindicated=self.hide_contraindicated,
                background=self.background,
                texts=self.texts,
            )
        return kr.pending_for_disease(
            self.disease,
            drugs=self.drugs,
            top=self.top,
            paths=self.paths,
            new=self.new,
            hide_contraindicated=self.hide_contraindicated,
            beyond_prior=self.beyond_prior,
            status=self.status,
            diverse=self.diverse,
            background=self.background,
            texts=self.texts,
            choose=self.choose,
        )

    def text(self, answer: Any) -> str:
        """The answer as text, without a model's rationales where they are pending."""
        return super().text(answer.answer if isinstance(answer, PendingAnswer) else answer)


class ExplainRequest(Question):
    """Asks for the evidence for one drug and one disease."""

    endpoint = "explain"
    model_config = _examples({"drug": "metformin", "disease": "type 2 diabetes mellitus"})

    drug: Name
    disease: Name
    paths: Paths = 8
    background: TextKind = None
    texts: TextCount = 3

    def ask(self, kr: Kedrec) -> Recommendation:
        """The evidence."""
        return kr.explain(
            self.drug, self.disease, paths=self.paths, background=self.background, texts=self.texts
        )


class CompareRequest(Question):
    """Asks for the comparison of two drugs for one disease."""

    endpoint = "compare"
    model_config = _examples({"disease": "asthma", "drug": "albuterol", "other": "montelukast"})

    disease: Name
    drug: Name
    other: Name
    paths: Paths = 12

    def ask(self, kr: Kedrec) -> Comparison:
        """The comparison."""
        return kr.compare(self.disease, self.drug, self.other, paths=self.paths)


class RankRequest(Question):
    """Asks for the best drugs, or some drugs, for each of some diseases, without evidence."""

    endpoint = "rank"
    model_config = _examples({"diseases": ["asthma", "psoriasis"], "top": 3})

    diseases: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_DISEASES)]
    drugs: Annotated[tuple[Name, ...], Field(max_length=MAX_TOP)] = ()
    top: Top = 20
    beyond_prior: Flag = False

    def ask(self, kr: Kedrec) -> RankedPairs:
        """The ranked pairs."""
        return kr.rank(self.diseases, drugs=self.drugs, top=self.top, beyond_prior=self.beyond_prior)


class SubgraphRequest(Question):
    """Asks for the graph between a drug and a disease."""

    endpoint = "subgraph"
    model_config = _examples({"drug": "metformin", "disease": "type 2 diabetes mellitus", "paths": 10})

    drug: Name
    disease: Name
    paths: Paths = 25
    format: Literal["json", "cytoscape", "cypher", "graphml"] = "json"

    def ask(self, kr: Kedrec) -> Subgraph:
        """The subgraph, from which the asked format is made."""
        return kr.subgraph(self.drug, self.disease, paths=self.paths)

    @property
    def media_type(self) -> str:
        """Media type of the format."""
        return FORMATS[self.format][0]

    def text(self, answer: Any) -> str:
        """The subgraph in the format."""
        return FORMATS[self.format][1](answer)


class EvidenceQuestion(Question):
    """Asks for items of a pair's evidence in full, by their ids."""

    endpoint = "evidence"

    drug: Name
    disease: Name
    ids: Annotated[tuple[Annotated[str, Field(max_length=20)], ...], Field(max_length=100)] = ()
    """Ids as `explain_pair` gives them: `P1`, `A1`, `C1`, `T1`, `L1`; none: all."""
    paths: Paths = 12

    def ask(self, kr: Kedrec) -> list[Evidence]:
        """The items, in the order of the evidence.

        Raises:
            NotFoundError: the pair has no evidence of such an id.
        """
        pair = kr.explain(self.drug, self.disease, paths=self.paths)
        items = (*pair.evidence, *pair.adverse, *pair.safety.cautions, *pair.texts.all)
        known = {item.id for item in items}
        unknown = [id_ for id_ in self.ids if id_ not in known]
        if unknown:
            raise NotFoundError(
                f"The pair has no evidence {', '.join(unknown)}.",
                f"It has {', '.join(sorted(known)) or 'none'}; more 'paths' may give more.",
            )
        return [item for item in items if not self.ids or item.id in self.ids]
