"""A checked rationale (prompt, grammar of the paths, gate), and five texts of one prompt.

Beside them bare llama.cpp writes as many tokens each after the same messages, under no grammar.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measuring import BenchmarkContext, Row, alternate
from kedrec.answers.path_grammar import PathGrammar
from kedrec.answers.rationales import ANSWER_TOKENS
from kedrec.api import Kedrec
from kedrec.grounding import check
from kedrec.llm.base import Message
from kedrec.llm.llamacpp import LlamaCppModel
from kedrec.llm.model_registry import pull_model
from kedrec.llm.prompting import rationale_request
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

if TYPE_CHECKING:
    from kedrec.llm.base import ChatRequest


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures it on the built-in graph's first drug for multiple sclerosis."""
    import xllamacpp

    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    path = pull_model("default", settings, lambda _stage, _done, _total: None)
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, work_dir=context.work / "loading")
    with Kedrec(settings) as kr:
        recommendation = kr.recommend("multiple sclerosis", top=1, llm=False)[0]
    model = LlamaCppModel(path, name="default")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 4096
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 2
    parameters.warmup = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    drug, disease = recommendation.drug, recommendation.disease

    def build_request() -> ChatRequest:
        prompt = rationale_request(
            drug,
            disease,
            recommendation.evidence,
            recommendation.adverse,
            count_tokens=model.count_tokens,
            context=model.info.context,
            max_tokens=ANSWER_TOKENS,
            seed=settings.seed,
            grammar=True,
        )
        evidence = (*recommendation.evidence, *recommendation.adverse)
        items = tuple(item for item in evidence if item.id in prompt.included)
        return replace(prompt, along=PathGrammar(drug, disease, items)).request

    numbers = count()  # each run reads a prompt of its own
    lengths: dict[int, int] = {}  # tokens of the text of each seed, as written last

    def numbered(request: ChatRequest) -> ChatRequest:
        *others, last = request.messages
        return replace(request, messages=(*others, Message(last.role, f"{last.content}\n({next(numbers)})")))

    def ours(texts: int = 1) -> None:
        request = numbered(build_request())
        for seed in range(texts):
            response = model.chat(replace(request, seed=seed, temperature=0.6 if texts > 1 else 0.0))
            lengths[seed] = response.completion_tokens
            check(response.text, drug, disease, recommendation.evidence, recommendation.adverse)

    def bare_completion(texts: int = 1) -> None:
        request = numbered(build_request())
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        for seed in range(texts):
            server.handle_chat_completions(
                {
                    "messages": messages,
                    "max_tokens": lengths[seed],
                    "ignore_eos": True,
                    "temperature": 0.6 if texts > 1 else 0.0,
                    "seed": seed,
                    "cache_prompt": False,
                }
            )

    ours()
    bare_completion()
    seconds, plain = alternate(ours, bare_completion, context.runs)
    several, plain_several = alternate(lambda: ours(5), lambda: bare_completion(5), context.runs)
    model.close()
    bare = "bare llama.cpp, same prompt"
    return [
        Row("one checked rationale", seconds, plain, bare, "1.15x"),
        Row("five checked texts of one prompt", several, plain_several, f"five of {bare}", "1x"),
    ]
