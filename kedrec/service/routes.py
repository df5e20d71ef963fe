"""Endpoints of the service as a router that any FastAPI application can mount."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from kedrec.answers.subgraph import Subgraph
from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.errors import KedrecError
from kedrec.service.access import AccessControl, check_scope
from kedrec.service.answer_file import HTML, answer_file
from kedrec.service.answering import Asker
from kedrec.service.asking import AskerLeftError, Deadline, result_of
from kedrec.service.fields import Kind, Name
from kedrec.service.keys import Scope
from kedrec.service.metrics import CONTENT_TYPE
from kedrec.service.problems import PROBLEM, http_problem, problem_response, validation_problem
from kedrec.service.request_log import note
from kedrec.service.requests import (
    FORMATS,
    JSON,
    CompareRequest,
    EntityQuestion,
    ExplainRequest,
    MetaQuestion,
    Question,
    RankRequest,
    RecommendRequest,
    SearchQuestion,
    SubgraphRequest,
)
from kedrec.service.service import Service
from kedrec.service.streaming import EVENT_STREAM, wants_stream
from kedrec.service.trapi_routes import trapi_router
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

__all__ = ["kedrec_router", "open_graph"]

_LEFT = 499  # nobody receives it; logs and metrics show it
_READY_SECONDS = 5.0


_RECOMMEND = (
    "With `Accept: text/event-stream` the answer comes as events, each with an id: `ranking` (the whole "
    "answer without a model's words), `token` (a model's next words, unchecked), `claim` (a sentence that "
    "holds or is struck), then `done` (the whole answer) or `error` (a problem). `Last-Event-ID` goes on "
    "after an event. With `Accept: text/html` it comes as one file to be kept, with its drawings."
)


class _Route(APIRoute):
    """A route whose errors are problems, whatever application it is mounted in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of a request, with its errors as responses."""
        handle = super().get_route_handler()

        async def handle_errors(request: Request) -> Response:
            try:
                self.admit(request)  # before the body is read
                return await handle(request)
            except KedrecError as error:
                return problem_response(error)
            except RequestValidationError as error:
                return validation_problem(error)
            except HTTPException as error:
                return http_problem(error)
            except AskerLeftError:
                return Response(status_code=_LEFT)

        return handle_errors

    def admit(self, request: Request) -> None:
        """Everybody may ask."""


def _guarded(access: AccessControl, scope: Scope) -> type[_Route]:
    """A class of routes for askers with a scope."""

    class GuardedRoute(_Route):
        def admit(self, request: Request) -> None:
            request.state.asker = access.admit(request, scope)
            note(request.scope, "asker", request.state.asker.name)

    return GuardedRoute


def open_graph(kr: Kedrec) -> str:
    """Opens a graph as it is now, with its names and ranking, and returns its fingerprint.

    Raises:
        StoreError: the graph can't be read, or has nothing to answer from.
    """
    kr.renew()
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
        for status in (400, 401, 403, 404, 408, 409, 413, 422, 429, 502, 503, 504)
    }
    v1 = APIRouter(
        prefix="/v1", route_class=_guarded(service.access, "ask"), responses=problems, tags=["questions"]
    )
    measures = APIRouter(route_class=_guarded(service.access, "metrics"))

    def asked_by(request: Request, question: Question) -> Asker:
        asker: Asker = request.state.asker
        note(request.scope, "question", f"{question.endpoint} {json_text(question, indent=None)}")
        if isinstance(question, RecommendRequest) and question.llm:
            check_scope(asker, "model")
        return asker

    async def answer(request: Request, question: Question) -> Response:
        reply = await service.answerer.reply(question, asked_by(request, question), request)
        headers = {"ETag": reply.tag, "Cache-Control": "private, no-cache"}
        if reply.is_known:
            return Response(status_code=304, headers=headers)
        return Response(reply.body, headers=headers, media_type=question.media_type)

    @v1.get("/search", response_model=list[NameMatch], summary="Entities that a text may name")
    async def search(request: Request, question: Annotated[SearchQuestion, Query()]) -> Response:
        return await answer(request, question)

    @v1.get("/entity/{id:path}", response_model=Node, summary="A node with all its properties")
    async def entity(
        request: Request,
        id: Annotated[Name, Path(examples=["DOID:2841"])],  # noqa: A002  # the field's own name
        kind: Annotated[Kind | None, Query()] = None,
    ) -> Response:
        return await answer(request, EntityQuestion(id=id, kind=kind))

    @v1.get("/meta", response_model=Metadata, summary="Schema, counts, sources, licences, path types, model")
    async def meta(request: Request) -> Response:
        return await answer(request, MetaQuestion())

    @v1.post(
        "/recommend",
        response_model=Answer | DiseaseAnswer,
        summary="Drugs for a disease, or diseases for a drug",
        description=_RECOMMEND,
        responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}, HTML: {}}}},
    )
    async def recommend(
        request: Request,
        question: RecommendRequest,
        last_event_id: Annotated[str, Header(max_length=100)] = "",
    ) -> Response:
        accept = request.headers.get("accept", "")
        if accept == HTML:
            reply = await service.answerer.reply(question, asked_by(request, question), request)
            content = await asyncio.to_thread(answer_file, reply.body)
            return Response(content, headers={"Cache-Control": "no-store"}, media_type=HTML)
        if not wants_stream(accept):
            return await answer(request, question)
        events = service.streams.open(question, asked_by(request, question), last_event_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events, headers=headers, media_type=EVENT_STREAM)

    @v1.post("/explain", response_model=Recommendation, summary="The evidence for a drug and a disease")
    async def explain(request: Request, question: ExplainRequest) -> Response:
        return await answer(request, question)

    @v1.post("/compare", response_model=Comparison, summary="Two drugs for one disease")
    async def compare(request: Request, question: CompareRequest) -> Response:
        return await answer(request, question)

    @v1.post("/rank", response_model=RankedPairs, summary="Scores of drugs for diseases, without evidence")
    async def rank(request: Request, question: RankRequest) -> Response:
        return await answer(request, question)

    @v1.post(
        "/subgraph",
        response_model=Subgraph,
        summary="The graph between a drug and a disease",
        responses={200: {"content": {kind.partition(";")[0]: {} for kind, _ in FORMATS.values()}}},
    )
    async def subgraph(request: Request, question: SubgraphRequest) -> Response:
        return await answer(request, question)

    @router.get("/health", tags=["service"], summary="That the process runs")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/ready", tags=["service"], summary="That questions can be answered", responses={503: problems[503]}
    )
    async def ready(request: Request) -> Response:
        try:
            future = service.engine.submit(open_graph)
            fingerprint = await result_of(future, Deadline(_READY_SECONDS), request)
        except KedrecError as error:
            return problem_response(error, status=503)
        return Response(
            json_text({"status": "ready", "fingerprint": fingerprint}, indent=None), media_type=JSON
        )

    @measures.get(
        "/metrics",
        tags=["service"],
        summary="Counts and times, for Prometheus",
        response_class=PlainTextResponse,
        responses={status: problems[status] for status in (401, 403, 429)},
    )
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    router.include_router(v1)
    router.include_router(trapi_router(answer, _guarded(service.access, "ask")))
    router.include_router(measures)
    return router
