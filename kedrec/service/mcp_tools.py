"""The tools that assistants call: their questions, their replies, their descriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kedrec.service.mcp_replies import ReplyOptions, reply_schema
from kedrec.service.requests import (
    CompareRequest,
    EvidenceQuestion,
    ExplainRequest,
    MetaQuestion,
    Question,
    RankRequest,
    RecommendRequest,
    SearchQuestion,
)
from kedrec.types import (
    Answer,
    Comparison,
    DiseaseAnswer,
    Evidence,
    Metadata,
    NameMatch,
    RankedPairs,
    Recommendation,
)

__all__ = ["TOOLS", "ToolDeclaration"]

_PAIR = (
    "drug.id", "drug.name", "disease.id", "disease.name", "rank", "score", "probability", "low", "high",
    "prior", "badge.standing", "badge.sources", "flags", "verdict", "clinical", "coverage.paths",
    "coverage.basis",
    "evidence.id", "evidence.sentence", "evidence.role", "evidence.score", "evidence.sources",
    "evidence.licences", "adverse.id", "adverse.sentence", "adverse.sources", "safety.contraindication",
    "safety.worsening", "texts.trials.id", "texts.trials.sentence", "texts.trials.stance",
    "texts.articles.id", "texts.articles.sentence",
)  # fmt: skip
_CLAIMS = (
    "rationale.origin", "rationale.claims.text", "rationale.claims.status", "rationale.claims.reason",
    "rationale.claims.citations.id",
)  # fmt: skip


@dataclass(frozen=True)
class ToolDeclaration:
    """A tool.

    Attributes:
        question: what it asks; its fields are the tool's arguments, beside those of `ReplyOptions`.
        answer: type of the data in its reply.
        fields: fields of the reply where none are named.
        defaults: arguments that have another default than in the question.
    """

    name: str
    title: str
    description: str
    question: type[Question]
    answer: Any
    fields: tuple[str, ...] = ("*",)
    defaults: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments; without alternatives at its top, which some assistants refuse."""
        schema = self.question.model_json_schema()
        options = ReplyOptions.model_json_schema()["properties"]
        options["fields"]["description"] = (
            f"{options['fields']['description']} Default: {', '.join(self.fields)}."
        )
        properties = schema.get("properties", {}) | options
        for name, value in self.defaults.items():
            properties[name] = properties[name] | {"default": value}
        return {key: value for key, value in schema.items() if key not in {"anyOf", "examples", "title"}} | {
            "type": "object",
            "properties": properties,
        }

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the reply."""
        return reply_schema(self.answer)


TOOLS: dict[str, ToolDeclaration] = {
    tool.name: tool
    for tool in (
        ToolDeclaration(
            "resolve_entity",
            "Find an entity by name or id",
            "Finds drugs, diseases, genes and other entities of the graph by a name, synonym or id, also "
            "misspelt. Use it when another tool says that a name is unknown or ambiguous.",
            SearchQuestion,
            list[NameMatch],
        ),
        ToolDeclaration(
            "recommend_drugs",
            "Recommend drugs for a disease",
            "Ranks drugs for a disease (`disease`), for a gene list (`genes`, `raised`, `lowered`), or the "
            "diseases that one drug could be repurposed for (`drugs` alone), each with a calibrated "
            "probability, novelty, warnings, and numbered evidence to cite. `llm` lets KEDRec's own model "
            "write rationales, every sentence of which is checked; it takes longer.",
            RecommendRequest,
            Answer | DiseaseAnswer,
            (
                "disease", "drug", "candidates", "abstained", "taken_for", "known_treatments.rank",
                "known_treatments.drug.name", "manifest.fingerprint", "manifest.ranking",
                *(f"recommendations.{name}" for name in (*_PAIR, *_CLAIMS)),
            ),
            {"llm": False, "paths": 4},
        ),
        ToolDeclaration(
            "explain_pair",
            "Explain one drug for one disease",
            "The evidence for and against one drug in one disease: paths of the graph in words, trials and "
            "articles where loaded, contraindications, side effects, and what made the score.",
            ExplainRequest,
            Recommendation,
            (*_PAIR, "taken_for", "score_parts.metapath", "score_parts.contribution", "chances",
             "evidence.links.url"),
        ),
        ToolDeclaration(
            "compare_drugs",
            "Compare two drugs for one disease",
            "Compares two drugs for one disease: probabilities, shared and exclusive paths, and the "
            "parts that make the difference of the scores.",
            CompareRequest,
            Comparison,
            (
                "disease", "verdict", "shared", "exclusive", "parts", "metapaths", "taken_for",
                *(f"{side}.{name}" for side in ("left", "right") for name in _PAIR),
            ),
        ),
        ToolDeclaration(
            "rank_pairs",
            "Rank drugs for many diseases",
            "The best drugs, or the ranks of some drugs, for each of several diseases; without evidence, so "
            "it is fast.",
            RankRequest,
            RankedPairs,
        ),
        ToolDeclaration(
            "get_evidence",
            "Get pieces of evidence in full",
            "Items of a pair's evidence by their ids, with every edge, source, licence, year and reference.",
            EvidenceQuestion,
            list[Evidence],
        ),
        ToolDeclaration(
            "get_metadata",
            "Describe the graph",
            "What the graph holds and where it comes from: kinds, relations, counts, sources, licences, the "
            "ranking and the language model.",
            MetaQuestion,
            Metadata,
        ),
    )
}  # fmt: skip
