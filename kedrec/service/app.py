"""The service as an application: router, page, errors, measurements."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from kedrec._version import __version__
from kedrec.service.guards import RequestBounds, SecurityHeaders
from kedrec.service.options import ServiceOptions
from kedrec.service.problems import http_problem, unexpected_problem
from kedrec.service.request_log import RequestLog
from kedrec.service.routes import kedrec_router, open_graph
from kedrec.service.service import Service, Shares
from kedrec.settings import Settings

__all__ = ["create_app"]

_PAGE = Path(__file__).parent / "page"
_DESCRIPTION = (
    "Drug repurposing over a drug-disease-gene graph: ranked drugs with cited and checked reasons. "
    "Errors are problem details (RFC 9457); their types are `urn:kedrec:error:` and a name."
)


def create_app(
    settings: Settings,
    options: ServiceOptions | None = None,
    *,
    shares: Shares | None = None,
    on_open: Callable[[], None] | None = None,
) -> FastAPI:
    """The application that answers from one graph; its shutdown closes graph and model.

    Args:
        settings: graph, model, home, as of `Kedrec`.
        options: bounds and switches; None: the defaults.
        shares: as of `Service`.
        on_open: called once when the graph was opened, or can't be.

    Raises:
        UsageError, NotFoundError, DataError: as of `Service`.
    """
    service = Service(settings, options, shares=shares)

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        opening = service.engine.submit(open_graph)  # so that the first question needn't
        if on_open is not None:
            opening.add_done_callback(lambda _: on_open())
        yield
        await service.close()

    app = FastAPI(
        title="KEDRec",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=closing,
        root_path=service.options.root_path,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(kedrec_router(service))
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, unexpected_problem)
    chosen = service.options
    app.add_middleware(
        RequestBounds,
        most_bytes=chosen.most_body_bytes,
        seconds=chosen.body_seconds,
        hosts=tuple(host.lower() for host in chosen.hosts),
    )
    if chosen.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Retry-After"],
        )
    policy = {"Cross-Origin-Resource-Policy": "cross-origin"} if chosen.origins else {}
    app.add_middleware(SecurityHeaders, headers=policy)
    app.add_middleware(RequestLog, metrics=service.metrics, log_questions=chosen.log_questions)
    if _PAGE.is_dir():
        app.router.default = StaticFiles(directory=_PAGE, html=True)
    return app


def _on_http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return http_problem(error)
