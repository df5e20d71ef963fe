"""The service as an application: router, page, errors, measurements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from kedrec._version import __version__
from kedrec.service.access import AccessLog
from kedrec.service.options import ServiceOptions
from kedrec.service.problems import http_problem, unexpected_problem
from kedrec.service.routes import kedrec_router
from kedrec.service.service import Service
from kedrec.settings import Settings

__all__ = ["create_app"]

_PAGE = Path(__file__).parent / "page"
_DESCRIPTION = (
    "Drug repurposing over a drug-disease-gene graph: ranked drugs with cited and checked reasons. "
    "Errors are problem details (RFC 9457); their types are `urn:kedrec:error:` and a name."
)


def create_app(settings: Settings, options: ServiceOptions | None = None) -> FastAPI:
    """The application that answers from one graph; its shutdown closes graph and model.

    Args:
        settings: graph, model, home, as of `Kedrec`.
        options: bounds and switches; None: the defaults.
    """
    service = Service(settings, options)

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
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
    app.add_middleware(AccessLog, metrics=service.metrics)
    if _PAGE.is_dir():
        app.router.default = StaticFiles(directory=_PAGE, html=True)
    return app


def _on_http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return http_problem(error)
