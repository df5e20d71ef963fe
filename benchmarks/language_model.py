"""What KEDRec adds to bare llama.cpp: a rationale with prompt, grammar, and gate, over the raw completion
of the same messages under the same grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measuring import Context, Row, alternate
from kedrec.api import Kedrec
from kedrec.grounding import check
from kedrec.llm.llamacpp import LlamaCppModel
from kedrec.llm.model_registry import pull
from kedrec.llm.prompting import rationale_request
from kedrec.loading import load_graph
from kedrec.settings import load_settings
from kedrec.stores import open_store

if TYPE_CHECKING:
    from kedrec.llm.base import ChatRequest


def measure(context: Context) -> list[Row]:
    """One row, on the built-in graph's answer for multiple sclerosis."""
    import xllamacpp

    settings = load_settings(home=context.work)
    path = pull("default", settings, lambda _stage, _done, _total: None)
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, work_dir=context.work / "loading")
    with Kedrec(settings) as kr:
        found = kr.recommend("multiple sclerosis", top=1, llm=False)[0]
    model = LlamaCppModel(path, name="default")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 4096
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 2
    parameters.warmup = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    bare = xllamacpp.Server(parameters)
    drug, disease = found.drug, found.disease

    def ask() -> ChatRequest:
        return rationale_request(
            drug,
            disease,
            found.evidence,
            found.adverse,
            count_tokens=model.count_tokens,
            context=model.info.context,
            max_tokens=200,
            seed=settings.seed,
            grammar=True,
        ).request

    def ours() -> None:
        check(model.chat(ask()).text, drug, disease, found.evidence, found.adverse)

    request = ask()
    messages = [{"role": message.role, "content": message.content} for message in request.messages]

    def raw() -> None:
        bare.handle_chat_completions(
            {
                "messages": messages,
                "max_tokens": 200,
                "temperature": 0,
                "seed": settings.seed,
                "cache_prompt": False,
                "grammar": request.grammar,
            }
        )

    ours()
    raw()
    seconds, plain = alternate(ours, raw, context.runs)
    model.close()
    return [Row("one checked rationale", seconds, plain, "bare llama.cpp, same prompt", "1.15x")]
