"""Live pictures over a web socket: the newest frame wins, a slow reader never builds a queue."""

import asyncio
from urllib.parse import urlsplit

from fastapi import WebSocket, WebSocketDisconnect

from mien.errors import PictureError
from mien.service.desk import Desk
from mien.service.metrics import Metrics
from mien.service.schemas import StreamAnswer, face_answer
from mien.service.settings import ServiceSettings

_FORBIDDEN = 1008
_UNSUPPORTED = 1003


def is_welcome(socket: WebSocket, settings: ServiceSettings) -> bool:
    """Whether the page that opened the socket is ours or named; browsers let any page open sockets to anywhere."""
    origin = socket.headers.get("origin")
    if origin is None or origin in settings.origins:
        return True
    return urlsplit(origin).netloc == socket.headers.get("host")


async def stream_faces(socket: WebSocket, desk: Desk, settings: ServiceSettings, metrics: Metrics) -> None:
    """Answers binary messages, encoded pictures, with what they show; of those that came meanwhile only the last is read."""
    if not is_welcome(socket, settings):
        await socket.close(_FORBIDDEN)
        return
    await socket.accept()
    newest: tuple[int, bytes] | None = None
    came = asyncio.Event()

    async def take_in() -> None:
        nonlocal newest
        count = 0
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect
            if (data := message.get("bytes")) is None:
                await socket.close(_UNSUPPORTED, "expected binary messages, a picture each")
                raise WebSocketDisconnect
            newest, count = (count, data), count + 1
            came.set()

    async def answer() -> None:
        nonlocal newest
        while True:
            await came.wait()
            came.clear()
            if newest is None:
                continue
            (number, data), newest = newest, None
            try:
                faces = await desk.look(data, f"frame {number}")
                told = StreamAnswer(frame=number, faces=[face_answer(face) for face in faces])
                metrics.faces.inc(len(faces))
            except PictureError as error:
                told = StreamAnswer(frame=number, error=str(error))
                metrics.rejected.labels("picture").inc()
            await socket.send_text(told.model_dump_json())

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(take_in())
            group.create_task(answer())
    except* (WebSocketDisconnect, RuntimeError):  # RuntimeError: sending into a socket that was closed meanwhile
        pass
