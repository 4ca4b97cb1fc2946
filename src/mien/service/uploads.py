"""Pictures out of requests: in memory, bounded, refused as early as can be."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from mien.service.problems import ProblemError
from mien.service.settings import ServiceSettings

_MULTIPART: Final = "multipart/form-data"
# Text fields are of no use to us; a form may have a few.
_FIELDS: Final = 16
_FIELD_BYTES: Final = 10_000


class _InMemoryParser(MultiPartParser):
    """Starlette's parser puts parts of more than 1 MiB into temporary files; bodies are bounded here, so none is needed."""

    spool_max_size = 2**62


async def uploaded(request: Request, settings: ServiceSettings) -> list[bytes]:
    """The encoded pictures of a request: its raw body, or every file of its form; names and types are not looked at.

    Raises:
        ProblemError: too large, too many, too slow, cut short, empty, or a damaged form.
    """
    form = request.headers.get("content-type", "").lower().startswith(_MULTIPART)
    most = settings.body_bytes if form else settings.picture_bytes
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(settings.body_seconds):
            files = await _of_form(request, most, settings) if form else [await _whole(request, most)]
    except TimeoutError:
        detail = f"the body did not come within {settings.body_seconds:g} s"
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, detail, "slow", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body ended before its end", "gone") from None
    if not any(files):
        detail = "no picture came; send its bytes as the body, or as files of a multipart form"
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail, "empty")
    return files


async def _bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    count = 0
    async for chunk in request.stream():
        count += len(chunk)
        if count > most:
            raise _too_large(most)
        yield chunk


async def _whole(request: Request, most: int) -> bytes:
    return b"".join([chunk async for chunk in _bounded(request, most)])


async def _of_form(request: Request, most: int, settings: ServiceSettings) -> list[bytes]:
    parser = _InMemoryParser(
        request.headers,
        _bounded(request, most),  # type: ignore[arg-type]  # an async generator in fact
        max_files=settings.pictures,
        max_fields=_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the form cannot be taken apart: {error.message}", "form") from None
    except (KeyError, ValueError) as error:  # no boundary, an unknown charset, a broken header
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the form cannot be taken apart", "form") from error
    parts = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if any((part.size or 0) > settings.picture_bytes for part in parts):
        raise _too_large(settings.picture_bytes)
    return [await part.read() for part in parts]


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than the limit of {most:,} bytes", "large", {"Connection": "close"}
    )
