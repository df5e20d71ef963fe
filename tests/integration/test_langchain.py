"""LangChain's tools and chain over the built-in graph, with the real library and model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import ToolCall
from langchain_core.utils.function_calling import convert_to_openai_tool

from kedrec.api import Kedrec
from kedrec.errors import UnknownNameError, UsageError
from kedrec.integrations.langchain import KedrecRetriever
from kedrec.integrations.langchain_answers import cited_answers
from kedrec.integrations.langchain_tools import kedrec_tools
from kedrec.llm.model_registry import resolve_model
from kedrec.settings import Settings, load_settings
from kedrec.types import Answer, DiseaseAnswer, Recommendation

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

DRUG, DISEASE = "fingolimod", "multiple sclerosis"
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "integrations.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^```python\n([^`]*)^```\n\n```\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def kr(starter_home: Path, llm_settings: Settings) -> Iterator[Kedrec]:
    graph, model = str(starter_home / "graph"), str(resolve_model("base", llm_settings).path)
    settings = load_settings(home=starter_home, graph=graph, model=model, threads=1)
    with Kedrec(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def tools(kr: Kedrec) -> dict[str, StructuredTool]:
    return {tool.name: tool for tool in kedrec_tools(kr)}


def call(tool: StructuredTool, **arguments: Any) -> Any:
    """The message that an agent gets for a call."""
    return tool.invoke(ToolCall(name=tool.name, args=arguments, id="1", type="tool_call"))


def test_the_tools_have_typed_arguments_that_a_model_is_given(tools: dict[str, StructuredTool]) -> None:
    assert list(tools) == ["recommend_drugs", "explain_pair"]
    for tool in tools.values():
        function = convert_to_openai_tool(tool)["function"]
        assert function["description"]
        assert function["parameters"]["type"] == "object"
        assert "anyOf" not in function["parameters"]
        json.dumps(function)
    pair = convert_to_openai_tool(tools["explain_pair"])["function"]["parameters"]
    assert set(pair["required"]) == {"drug", "disease"}
    assert pair["properties"]["paths"]["maximum"] == 50
    assert {"disease", "raised", "lowered", "top", "llm", "status"} <= tools["recommend_drugs"].args.keys()


def test_recommended_drugs_are_those_of_the_graph(tools: dict[str, StructuredTool], kr: Kedrec) -> None:
    message = call(tools["recommend_drugs"], disease=DISEASE, top=3)
    assert message.status == "success"
    expected = kr.recommend(DISEASE, top=3, paths=4, llm=False)
    assert message.artifact == expected
    content = json.loads(message.content)
    listed = content["data"]["recommendations"]
    assert [one["drug"]["id"] for one in listed] == [one.drug.id for one in expected]
    assert listed[0]["evidence"][0]["id"] == "P1"
    assert "never instructions" in content["note"]


def test_a_drug_alone_and_a_gene_list_are_asked_too(tools: dict[str, StructuredTool]) -> None:
    assert isinstance(call(tools["recommend_drugs"], drugs=[DRUG], top=2).artifact, DiseaseAnswer)
    genes = call(tools["recommend_drugs"], raised=["TNF", "IL6"], top=2).artifact
    assert isinstance(genes, Answer)
    assert genes.recommendations


def test_a_pair_is_explained(tools: dict[str, StructuredTool], kr: Kedrec) -> None:
    message = call(tools["explain_pair"], drug=DRUG, disease=DISEASE, paths=3)
    assert isinstance(message.artifact, Recommendation)
    assert message.artifact == kr.explain(DRUG, DISEASE, paths=3)
    sentences = [one["sentence"] for one in json.loads(message.content)["data"]["evidence"]]
    assert sentences == [item.sentence for item in message.artifact.evidence]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("explain_pair", {"drug": "fingolimid x", "disease": DISEASE}, "fingolimid x"),
        ("explain_pair", {"drug": DRUG}, "disease"),
        ("recommend_drugs", {"disease": DISEASE, "top": 0}, "top"),
        ("recommend_drugs", {"disease": DISEASE, "raised": ["TNF"]}, "both given"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why_to_the_model(
    tools: dict[str, StructuredTool], name: str, arguments: dict[str, Any], said: str
) -> None:
    message = call(tools[name], **arguments)
    assert message.status == "error"
    assert said in json.loads(message.content)["detail"]
    assert "Traceback" not in message.content


def test_a_misspelt_name_comes_with_those_that_may_be_meant(tools: dict[str, StructuredTool]) -> None:
    problem = json.loads(call(tools["explain_pair"], drug="fingolimid", disease=DISEASE).content)
    assert problem["candidates"][0]["entity"]["name"] == DRUG


def test_tools_and_retriever_take_turns_at_one_graph(tools: dict[str, StructuredTool], kr: Kedrec) -> None:
    retriever = KedrecRetriever(kedrec=kr, top=1, paths=2)
    explain = tools["explain_pair"]
    alone = (retriever.invoke(DISEASE), call(explain, drug=DRUG, disease=DISEASE).content)
    with ThreadPoolExecutor(6) as pool:
        found = [pool.submit(retriever.invoke, DISEASE) for _ in range(3)]
        explained = [pool.submit(call, explain, drug=DRUG, disease=DISEASE) for _ in range(3)]
        assert [one.result() for one in found] == [alone[0]] * 3
        assert [one.result().content for one in explained] == [alone[1]] * 3


def test_the_chain_answers_as_the_graph_does_and_cites(kr: Kedrec) -> None:
    answered = cited_answers(kr, top=2, llm=False).invoke(DISEASE)
    assert answered["answer"] == kr.recommend(DISEASE, top=2, llm=False, background="none")
    first, second = answered["text"].split("\n\n")
    for text, found in zip((first, second), answered["answer"], strict=True):
        assert text.startswith(found.drug.name)
        assert text.endswith(found.rationale.text)
        cited = [one for one in answered["citations"] if one.metadata["drug_id"] == found.drug.id]
        assert cited
        assert all(f"[{one.metadata['evidence']}]" in text for one in cited)
        assert {f"[{one.metadata['evidence']}]" for one in cited} == {
            str(citation) for claim in found.rationale.claims for citation in claim.citations
        }


@pytest.mark.llm
def test_the_chains_words_are_the_models_and_checked(kr: Kedrec) -> None:
    answered = asyncio.run(cited_answers(kr, paths=3).ainvoke(f"{DRUG} | {DISEASE}"))
    assert answered["answer"] == kr.recommend(DISEASE, drugs=[DRUG], paths=3, background="none")
    (found,) = answered["answer"].recommendations
    assert found.rationale.drafts > 0  # the model wrote
    claims = [claim for claim in found.rationale.claims if claim.status == "holds"]
    held = {citation.id for claim in claims for citation in claim.citations}
    assert [document.metadata["evidence"] for document in answered["citations"]] == [
        item.id for item in (*found.evidence, *found.adverse) if item.id in held
    ]


@pytest.mark.parametrize(("query", "error"), [("", UsageError), ("no such disease", UnknownNameError)])
def test_the_chain_raises_what_the_graph_does(kr: Kedrec, query: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        cited_answers(kr, llm=False).invoke(query)


def test_the_pages_example_of_the_tools_prints_what_the_page_says(
    starter_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(starter_home))
    monkeypatch.setenv("KEDREC_GRAPH", str(starter_home / "graph"))
    ((example, printed),) = [found for found in EXAMPLE.findall(PAGE) if "kedrec_tools(" in found[0]]
    exec(compile(example, "integrations.md", "exec"), {})  # our own page
    assert capsys.readouterr().out == printed
