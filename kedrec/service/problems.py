"""Turns errors into problem details (RFC 9457), whose types are the classes of `kedrec.errors`."""

from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kedrec.common.json_text import json_text
from kedrec.common.plain_text import printable
from kedrec.errors import (
    KedrecError,
    KeyRefusedError,
    NotFoundError,
    OversizeRequestError,
    UsageError,
    problem,
)

__all__ = [
    "PROBLEM",
    "defect",
    "http_problem",
    "problem_response",
    "unexpected_problem",
    "validation_problem",
]

PROBLEM = "application/problem+json"
"""Media type of every error."""

_SHOWN = 200  # characters of a wrong value's place and message
_MOST_ERRORS = 20
_SECONDS_TO_WAIT = "5"


def problem_response(error: KedrecError, *, status: int | None = None, **members: Any) -> Response:
    """The response to an error.

    Args:
        error: the error.
        status: HTTP status; None: the error's own.
        members: further members of the problem, beside those of `errors.problem`.
    """
    body = problem(error) | members
    if status is not None:
        body["status"] = status
    headers = {"Cache-Control": "no-store"}
    if body["status"] in {429, 503}:
        headers["Retry-After"] = _SECONDS_TO_WAIT
    if isinstance(error, KeyRefusedError):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(json_text(body, indent=None), body["status"], headers, PROBLEM)


def validation_problem(error: RequestValidationError) -> Response:
    """The response to a request whose body or query is not as the schema says."""
    errors = [
        {
            "field": printable(".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]))[
                :_SHOWN
            ],
            "message": printable(str(item["msg"]).removeprefix("Value error, "))[:_SHOWN],
        }
        for item in error.errors()[:_MOST_ERRORS]
    ]
    first = errors[0] if errors else {"field": "body", "message": "can't be read"}
    what = f"The field '{first['field']}' can't be used: {first['message'].rstrip('.')}."
    return problem_response(
        UsageError(what, "/openapi.json describes every request."), status=422, errors=errors
    )


def http_problem(error: HTTPException) -> Response:
    """The response to a request that no endpoint takes."""
    match error.status_code:
        case 404:
            kedrec_error: KedrecError = NotFoundError(
                "There is nothing at this address.", "/openapi.json lists the endpoints."
            )
        case 405:
            allowed = (error.headers or {}).get("Allow", "")
            kedrec_error = UsageError(
                "This address doesn't take the request's method.",
                f"Use {allowed}." if allowed else "/openapi.json lists the endpoints.",
            )
        case 413:
            kedrec_error = OversizeRequestError(str(error.detail), "Ask for less at a time.")
        case _:
            kedrec_error = UsageError(
                f"The request can't be read: {error.detail}.", "Correct it and try again."
            )
    response = problem_response(kedrec_error, status=error.status_code)
    response.headers.update(error.headers or {})
    return response


def defect() -> KedrecError:
    """The error that stands for a defect, whose cause is in the service's log alone."""
    return KedrecError("The service failed at this question.", "This is a defect; please report it.")


def unexpected_problem(_: Request, __: Exception) -> Response:
    """The response to a defect."""
    return problem_response(defect())
