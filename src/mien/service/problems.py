"""Errors as problem details (RFC 9457): never a traceback, never a path of this machine."""

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """A problem detail (RFC 9457, section 3.1)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """A request that is refused. ``reason`` is one word, for the metrics."""

    def __init__(self, status: int, detail: str, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.reason, self.headers = status, detail, reason, headers


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer that tells a problem."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(told.model_dump(), status, media_type=MEDIA_TYPE, headers=headers)


def tell_problems(app: FastAPI) -> None:
    """Makes every error of ``app`` a problem detail."""

    @app.exception_handler(ProblemError)
    async def refused(request: Request, error: ProblemError) -> JSONResponse:
        request.scope["mien.reason"] = error.reason
        return problem_response(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def failed(_: Request, error: HTTPException) -> JSONResponse:
        return problem_response(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, told)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected", exc_info=error)
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed; its log says why")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI page: the problems that a route may answer with."""
    return {
        status: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": HTTPStatus(status).phrase} for status in statuses
    }
