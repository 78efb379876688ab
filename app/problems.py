"""Refusals as RFC 9457 problem documents; the one place that makes error responses.

A problem names the field and the rule, and never repeats the value: it may be a child's name.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import errors as postgres
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.errors import AppError, RateLimited, Unauthenticated
from app.wire import field_problems

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

# The database gave way to another request, or is not there: the same request may soon work.
PASSING = (
    postgres.DeadlockDetected,
    postgres.SerializationFailure,
    postgres.LockNotAvailable,
    postgres.QueryCanceled,
    postgres.AdminShutdown,
    postgres.CrashShutdown,
    postgres.CannotConnectNow,
    postgres.TooManyConnections,
)


class FieldProblem(BaseModel):
    """One field that breaks a rule."""

    field: str
    rule: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str | None = None
    facts: dict[str, Any] | None = None
    errors: list[FieldProblem] | None = None


def problem_response(
    status: int,
    slug: str,
    title: str,
    *,
    detail: str | None = None,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Make one problem document."""
    body: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status}
    if detail is not None:
        body["detail"] = detail
    body.update(members or {})
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def answer_app_error(_: Request, error: Exception) -> JSONResponse:
    """Answer a refusal of our own."""
    assert isinstance(error, AppError)  # noqa: S101 - registered for this type only
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 503:
        headers["Retry-After"] = "1"
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_s)
    members = dict(error.facts)
    errors = members.pop("errors", None)
    body: dict[str, Any] = {"errors": errors} if errors else {}
    # OAuth clients look for the member `error` (RFC 6749, section 5.2).
    if "error" in members:
        body["error"] = members.pop("error")
    if members:
        body["facts"] = members
    return problem_response(
        error.status, error.slug, error.title, detail=error.detail, members=body, headers=headers
    )


def answer_validation_error(_: Request, error: Exception) -> JSONResponse:
    """Answer a body, query or path that breaks the schema."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = error.errors()
    if any(problem["type"] == "json_invalid" for problem in errors):
        return problem_response(400, "bad-request", "The body is not valid JSON")
    return problem_response(
        422,
        "invalid-request",
        "The request breaks a rule",
        members={"errors": field_problems(errors)},
    )


HTTP_PROBLEMS = {
    400: ("bad-request", "Bad request"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "Unsupported media type"),
}


def answer_http_exception(_: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses; its own wording may quote the request."""
    assert isinstance(error, HTTPException)  # noqa: S101
    slug, title = HTTP_PROBLEMS.get(error.status_code, ("error", "Error"))
    return problem_response(error.status_code, slug, title, headers=error.headers)


def answer_too_large() -> JSONResponse:
    """Answer a body over the limit."""
    slug, title = HTTP_PROBLEMS[413]
    return problem_response(413, slug, title)


def answer_database_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a passing database failure with "try again", any other as our fault."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    passing = (
        isinstance(error, PoolTimeout)
        or isinstance(cause, PASSING)
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
        # No SQLSTATE: the connection itself failed.
        or (isinstance(error, OperationalError) and getattr(cause, "sqlstate", "") is None)
    )
    if not passing:
        return answer_unexpected(str(request.state.request_id), error)
    return problem_response(503, "unavailable", "Try again shortly", headers={"Retry-After": "1"})


def answer_unexpected(request_id: str, error: Exception) -> JSONResponse:
    """Answer a fault of ours; the log gets its type and place, never its text."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = (
        f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "unknown"
    )
    log.error(
        "unexpected_error",
        error=type(error).__name__,
        sqlstate=getattr(getattr(error, "orig", None), "sqlstate", None),
        place=place,
        request_id=request_id,
    )
    return problem_response(500, "internal-error", "Internal error")


def install(app: FastAPI) -> None:
    """Let every error of the application become a problem document."""
    app.add_exception_handler(AppError, answer_app_error)
    app.add_exception_handler(RequestValidationError, answer_validation_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(DBAPIError, answer_database_error)
    app.add_exception_handler(PoolTimeout, answer_database_error)


def responses(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Publish in OpenAPI which refusals a route may answer, by status."""
    documented: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = documented.setdefault(
            error.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
        entry["description"] = ", ".join(filter(None, [entry["description"], error.slug]))
    return documented


def document(app: FastAPI) -> None:
    """Publish problem documents in OpenAPI as what every operation may answer."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        # The framework keeps the document, and makes another when a route is added.
        schema = generate()
        if "Problem" not in schema["components"]["schemas"]:
            put_problems(schema)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def put_problems(schema: dict[str, Any]) -> None:
    """Put our problems in place of the framework's own errors, which nobody ever sees."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = schema["components"]["schemas"]
    components.update(problem.pop("$defs"))
    components["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    schema["components"]["headers"] = {
        "RetryAfter": {
            "description": "Seconds after which the request may be made again",
            "schema": {"type": "integer", "minimum": 1},
        }
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in schema["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            if "422" in answers:
                answers["422"]["content"] = content
            # Whether a process lives is asked often, and by those who would end it.
            if "health" not in operation.get("tags", []):
                answers["429"] = {
                    "description": RateLimited.slug,
                    "headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
                    "content": content,
                }
            answers["default"] = {"description": "Any other refusal", "content": content}
