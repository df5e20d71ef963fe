"""Endpoints of the Translator Reasoner API (TRAPI) as a router."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from kedrec.service.requests import Question
from kedrec.service.trapi_query import TrapiMetaQuestion, TrapiQuestion

__all__ = ["trapi_router"]


def trapi_router(
    answer: Callable[[Request, Question], Awaitable[Response]], route_class: type[APIRoute]
) -> APIRouter:
    """The endpoints under `/trapi`. They are described by TRAPI itself, so not in the service's description.

    Args:
        answer: the answer to a question, as a response.
        route_class: class of routes that let askers in and send problems.
    """
    router = APIRouter(prefix="/trapi", route_class=route_class, include_in_schema=False)

    @router.get("/meta_knowledge_graph")
    async def meta_knowledge_graph(request: Request) -> Response:
        return await answer(request, TrapiMetaQuestion())

    @router.post("/query")
    async def query(request: Request, question: TrapiQuestion) -> Response:
        return await answer(request, question)

    return router
