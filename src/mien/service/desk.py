"""Where the work is done: threads that hold the networks, and a bound on who may wait for them."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from os import cpu_count
from typing import Final, TypeVar

import numpy as np

from mien import pictures
from mien.errors import PictureError
from mien.faces.drawing import annotate
from mien.faces.face import Face
from mien.faces.reader import FaceReader
from mien.pictures import Picture
from mien.service.problems import ProblemError
from mien.service.settings import ServiceSettings
from mien.text.reader import TextReader
from mien.text.result import PageText

_T = TypeVar("_T")
_RETRY_AFTER: Final = {"Retry-After": "1"}


class Desk:
    """Reads pictures in threads; the event loop never waits for a network."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Opens the networks and warms them.

        Raises:
            ModelError: no such model or detector, or a damaged one.
        """
        self._settings = settings
        self._reader = FaceReader(
            model=settings.model,
            detector=settings.detector,
            min_face=settings.min_face,
            min_confidence=settings.min_confidence,
        )
        self._text_reader = TextReader()
        self.threads = settings.threads or cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads, "reader")
        self._inside = 0
        self._reader.detector.detect(np.zeros((480, 640, 3), np.uint8))
        side = self._reader.classifier.contract.crop.side
        self._reader.classifier.classify(np.zeros((1, side, side), np.uint8))

    @contextmanager
    def place(self) -> Iterator[None]:
        """Around a request, its body included: as many as threads and waiting places allow.

        Raises:
            ProblemError: all are taken (503, with Retry-After).
        """
        if self._inside >= self.threads + self._settings.waiting:
            detail = "too many requests at once; come again in a moment"
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, "busy", _RETRY_AFTER)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def look(self, data: bytes, name: str) -> list[Face]:
        """The faces of an encoded picture, read; ``name`` is what errors call it.

        Raises:
            PictureError: it cannot be read.
        """
        return await self._in_thread(lambda: self._look(pictures.load(data, limits=self._settings.limits, name=name)))

    async def annotated(self, data: bytes, name: str) -> bytes:
        """The picture as PNG with its faces drawn.

        Raises:
            ProblemError: it cannot be read.
        """

        def draw() -> bytes:
            picture = pictures.load(data, limits=self._settings.limits, name=name)
            return pictures.png_bytes(annotate(picture, self._look(picture)))

        return await self._of_one(draw)

    async def text(self, data: bytes, name: str) -> PageText:
        """The printed text of an encoded picture; ``name`` is what errors call it.

        Raises:
            ProblemError: it cannot be read.
        """
        return await self._of_one(
            lambda: self._text_reader.read_picture(pictures.load(data, limits=self._settings.limits, name=name))
        )

    def close(self) -> None:
        """Lets the threads finish what they are doing."""
        self._pool.shutdown()

    def _look(self, picture: Picture) -> list[Face]:
        found = self._reader.find(picture)
        return self._reader.read(found.faces, self._reader.classifier.classify(found.crops))

    async def _of_one(self, work: Callable[[], _T]) -> _T:
        try:
            return await self._in_thread(work)
        except PictureError as error:
            raise unreadable(error) from None

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def unreadable(error: PictureError) -> ProblemError:
    """For a request whose only picture cannot be read."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "picture")
