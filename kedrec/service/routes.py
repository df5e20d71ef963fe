"""Endpoints of the service as a router that any FastAPI application can mount."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from kedrec.answers.subgraph import Subgraph
from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.errors import KedrecError
from kedrec.service.asking import AskerLeftError, ask
from kedrec.service.metrics import CONTENT_TYPE
from kedrec.service.problems import PROBLEM, problem_response, validation_problem
from kedrec.service.requests import (
    CompareRequest,
    ExplainRequest,
    Name,
    RankRequest,
    RecommendRequest,
    SubgraphRequest,
)
from kedrec.service.service import Service
from kedrec.types import (
    Answer,
    Comparison,
    DiseaseAnswer,
    Metadata,
    NameMatch,
    Node,
    RankedPairs,
    Recommendation,
)

__all__ = ["kedrec_router"]

_Result = TypeVar("_Result")

_JSON = "application/json"
_LEFT = 499  # nobody receives it; logs and metrics show it
_READY_SECONDS = 5.0
_MOST_MATCHES = 100
_FORMATS: dict[str, tuple[str, Callable[[Subgraph], str]]] = {
    "json": (_JSON, lambda graph: json_text(graph, indent=None)),
    "cytoscape": (_JSON, lambda graph: json_text(graph.to_cytoscape(), indent=None)),
    "cypher": ("text/plain; charset=utf-8", Subgraph.to_cypher),
    "graphml": ("application/graphml+xml", Subgraph.to_graphml),
}
"""Media type and writer of each format of a subgraph."""

Kind = Annotated[str | None, Query(description="Only this kind of node.", max_length=50)]


class _Route(APIRoute):
    """A route whose errors are problems, whatever application it is mounted in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except KedrecError as error:
                return problem_response(error)
            except RequestValidationError as error:
                return validation_problem(error)
            except AskerLeftError:
                return Response(status_code=_LEFT)

        return handle_errors


def _fingerprint(kr: Kedrec) -> str:
    """The fingerprint of a graph that has something to answer from, with its names and ranking open."""
    fingerprint = str(kr.fingerprint)
    _ = kr.names, kr.ranker
    return fingerprint


def kedrec_router(service: Service) -> APIRouter:
    """The endpoints under `/v1`, and `/health`, `/ready` and `/metrics`.

    Args:
        service: the service that answers; the caller closes it.
    """
    router = APIRouter(route_class=_Route)
    problems: dict[int | str, dict[str, Any]] = {
        status: {"description": "A problem (RFC 9457).", "content": {PROBLEM: {}}}
        for status in (400, 404, 409, 413, 422, 429, 502, 503, 504)
    }
    v1 = APIRouter(prefix="/v1", route_class=_Route, responses=problems, tags=["questions"])

    async def asked(request: Request, question: Callable[[Kedrec], _Result], *, llm: bool = False) -> _Result:
        return await ask(service.engine, request, question, llm=llm, seconds=service.options.deadline)

    async def answer(
        request: Request, question: Callable[[Kedrec], object], *, llm: bool = False
    ) -> Response:
        text = await asked(request, lambda kr: json_text(question(kr), indent=None), llm=llm)
        return Response(text, media_type=_JSON)

    @v1.get("/search", response_model=list[NameMatch], summary="Entities that a text may name")
    async def search(
        request: Request,
        q: Annotated[Name, Query(examples=["asthma"])],
        kind: Kind = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_MATCHES)] = 10,
    ) -> Response:
        return await answer(request, lambda kr: kr.search(q, kind=kind, limit=limit))

    @v1.get("/entity/{id:path}", response_model=Node, summary="A node with all its properties")
    async def entity(
        request: Request,
        id: Annotated[str, Path(max_length=1000, examples=["DOID:2841"])],  # noqa: A002  # the field's own name
        kind: Kind = None,
    ) -> Response:
        return await answer(request, lambda kr: kr.entity(id, kind=kind))

    @v1.get("/meta", response_model=Metadata, summary="Schema, counts, sources, licences, path types, model")
    async def meta(request: Request) -> Response:
        return await answer(request, Kedrec.metadata)

    @v1.post(
        "/recommend", response_model=Answer | DiseaseAnswer, summary="Drugs for a disease, or the reverse"
    )
    async def recommend(request: Request, body: RecommendRequest) -> Response:
        return await answer(request, body.ask, llm=body.llm)

    @v1.post("/explain", response_model=Recommendation, summary="The evidence for a drug and a disease")
    async def explain(request: Request, body: ExplainRequest) -> Response:
        return await answer(request, body.ask)

    @v1.post("/compare", response_model=Comparison, summary="Two drugs for one disease")
    async def compare(request: Request, body: CompareRequest) -> Response:
        return await answer(request, body.ask)

    @v1.post("/rank", response_model=RankedPairs, summary="Scores of drugs for diseases, without evidence")
    async def rank(request: Request, body: RankRequest) -> Response:
        return await answer(request, body.ask)

    @v1.post("/subgraph", response_model=Subgraph, summary="The graph between a drug and a disease")
    async def subgraph(request: Request, body: SubgraphRequest) -> Response:
        media_type, write = _FORMATS[body.format]
        text = await asked(request, lambda kr: write(body.ask(kr)))
        return Response(text, media_type=media_type)

    @router.get("/health", tags=["service"], summary="That the process runs")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/ready", tags=["service"], summary="That questions can be answered", responses={503: problems[503]}
    )
    async def ready(request: Request) -> Response:
        try:
            fingerprint = await ask(service.engine, request, _fingerprint, llm=False, seconds=_READY_SECONDS)
        except KedrecError as error:
            return problem_response(error, status=503)
        return Response(
            json_text({"status": "ready", "fingerprint": fingerprint}, indent=None), media_type=_JSON
        )

    @router.get("/metrics", tags=["service"], summary="Counts and times, for Prometheus")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    router.include_router(v1)
    return router
