"""KEDRec's questions as tools of LangChain's agents. Requires the extra `langchain`.

import kedrec
from kedrec.integrations.langchain_tools import kedrec_tools

with kedrec.open() as kr:
    recommend, explain = kedrec_tools(kr)
    recommend.invoke({"disease": "multiple sclerosis", "top": 3})
"""

import json
from typing import Any

from langchain_core.tools import StructuredTool, ToolException
from pydantic import ConfigDict, ValidationError

from kedrec.answers.pending_answer import PendingAnswer
from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.errors import KedrecError, problem
from kedrec.integrations.turns import turn
from kedrec.service.fields import Flag, Paths
from kedrec.service.mcp_replies import ReplyOptions, arguments_error, reply
from kedrec.service.mcp_tools import TOOLS
from kedrec.service.requests import ExplainRequest, Question, RecommendRequest

__all__ = ["ExplainArguments", "RecommendArguments", "kedrec_tools"]

_PLAIN = ConfigDict(json_schema_extra={})  # without alternatives at the top, which some models refuse


class RecommendArguments(RecommendRequest):
    """Arguments of `recommend_drugs`: a disease, a gene list, or one drug alone for its diseases."""

    model_config = _PLAIN

    paths: Paths = 4
    llm: Flag = False
    """Whether KEDRec's own model writes rationales; it takes longer."""


class ExplainArguments(ExplainRequest):
    """Arguments of `explain_pair`: a drug and a disease."""

    model_config = _PLAIN


def kedrec_tools(kedrec: Kedrec, *, max_tokens: int = 8000) -> list[StructuredTool]:
    """The tools `recommend_drugs` and `explain_pair`, which may be called in several threads.

    A tool's content is JSON as of KEDRec's tools for the Model Context Protocol: `data` with numbered
    evidence, and `cut` with what was left out; its artifact is the whole `Answer`, `DiseaseAnswer` or
    `Recommendation`. A call that can't be answered has a problem (RFC 9457) as its content, with what
    to do and the names that may be meant, for the model to correct it.

    Args:
        kedrec: an open graph, which the caller closes.
        max_tokens: about the most tokens of a content, 500 to 1,000,000.
    """
    options = ReplyOptions(fields=None, max_tokens=max_tokens)
    return [
        _tool(kedrec, "recommend_drugs", RecommendArguments, options),
        _tool(kedrec, "explain_pair", ExplainArguments, options),
    ]


def _answer(question: Question, kedrec: Kedrec) -> object:
    """The whole answer, written by the model where the question says so."""
    answer = question.ask(kedrec)
    if not isinstance(answer, PendingAnswer):
        return answer
    is_to_write = isinstance(question, RecommendRequest) and question.llm and answer.needs_model
    return answer.write(kedrec.model) if is_to_write else answer.answer


def _tool(kedrec: Kedrec, name: str, arguments: type[Question], options: ReplyOptions) -> StructuredTool:
    declared = TOOLS[name]

    def call(**values: Any) -> tuple[str, object]:
        try:
            with turn(kedrec):
                answer = _answer(arguments.model_validate(values), kedrec)
            data = json.loads(json_text(answer, indent=None))
            content = reply(data, options, declared.fields, declared.output_schema)
        except KedrecError as error:
            raise ToolException(_problem(error)) from error
        return json_text(content, indent=None), answer

    return StructuredTool.from_function(
        func=call,
        name=name,
        description=declared.description,
        args_schema=arguments,
        infer_schema=False,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_wrong_arguments,
    )


def _wrong_arguments(error: Any) -> str:
    """Text on the faults of a call's arguments; LangChain also passes errors of pydantic's first version."""
    return _problem(arguments_error(error)) if isinstance(error, ValidationError) else str(error)


def _problem(error: KedrecError) -> str:
    """An error as REST sends it, with the names that may be meant."""
    return json_text(problem(error), indent=None)
