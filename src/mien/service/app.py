"""The service, put together: `mien serve` runs it under uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Request, Response, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

from mien import __version__
from mien.errors import PictureError
from mien.models.catalog import CATALOG, LINE_READER
from mien.models.session import open_session
from mien.service.desk import Desk, unreadable
from mien.service.guard import Guard
from mien.service.metrics import Metrics
from mien.service.page import FOLDER, Page, missing
from mien.service.problems import ProblemError, responses, tell_problems
from mien.service.schemas import FacesAnswer, ModelAnswer, PictureAnswer, TextAnswer, face_answer, text_answer
from mien.service.settings import ServiceSettings
from mien.service.stream import stream_faces
from mien.service.uploads import uploaded

_REFUSALS: Final = responses(400, 401, 408, 413, 422, 503)
_PICTURES: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["file"],
                }
            },
        },
    }
}
_PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}, "description": "The picture, faces drawn."}}
_EXAMPLE: Final = {
    "pictures": [
        {
            "faces": [
                {
                    "box": {"x": 173.0, "y": 71.0, "width": 100.0, "height": 129.0},
                    "score": 0.94,
                    "landmarks": [[199.8, 119.2], [247.0, 119.9], [222.7, 147.9], [201.9, 166.4], [243.4, 166.7]],
                    "reading": {
                        "expression": "happiness",
                        "confidence": 0.99,
                        "distribution": {
                            "neutral": 0.002,
                            "happiness": 0.998,
                            "surprise": 0.0,
                            "sadness": 0.0,
                            "anger": 0.0,
                            "disgust": 0.0,
                            "fear": 0.0,
                            "contempt": 0.0,
                        },
                    },
                }
            ],
            "error": None,
        }
    ]
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service with these settings; it opens and warms its networks when it starts."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.desk = Desk(settings)
        yield
        app.state.desk.close()

    app = FastAPI(
        title="mien",
        version=__version__,
        description="Finds the faces in pictures and says what they express; reads printed text. Pictures are read in memory "
        "and forgotten.",
        lifespan=lifespan,
        docs_url=None,  # these pages load their scripts from another origin
        redoc_url=None,
    )
    tell_problems(app)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(Guard, token=settings.token, metrics=metrics)

    def desk(request: Request) -> Desk:
        found: Desk = request.app.state.desk
        return found

    AtDesk = Annotated[Desk, Depends(desk)]  # noqa: N806  a type

    @app.post(
        "/v1/faces",
        openapi_extra=_PICTURES,
        responses={**_REFUSALS, 200: {"content": {"application/json": {"example": _EXAMPLE}}}},
    )
    async def faces(request: Request, desk: AtDesk) -> FacesAnswer:
        """The faces of one picture (the body) or several (the files of a form), in their order.

        Of several, one that cannot be read has an `error` instead of faces.
        """
        with desk.place():
            files = await uploaded(request, settings)
            answers = []
            for number, data in enumerate(files, start=1):
                try:
                    found = await desk.look(data, f"picture {number}")
                    answers.append(PictureAnswer(faces=[face_answer(face) for face in found]))
                    metrics.faces.inc(len(found))
                except PictureError as error:
                    if len(files) == 1:
                        raise unreadable(error) from None
                    answers.append(PictureAnswer(error=str(error)))
                    metrics.rejected.labels("picture").inc()
        return FacesAnswer(pictures=answers)

    @app.post("/v1/faces/annotated", openapi_extra=_PICTURES, responses={**_REFUSALS, **_PNG}, response_class=Response)
    async def annotated(request: Request, desk: AtDesk) -> Response:
        """One picture, with its faces drawn, as PNG."""
        with desk.place():
            return Response(
                await desk.annotated(_only(await uploaded(request, settings)), "the picture"), media_type="image/png"
            )

    @app.post("/v1/text", openapi_extra=_PICTURES, responses=_REFUSALS)
    async def text(request: Request, desk: AtDesk) -> TextAnswer:
        """The printed text of one picture, English and Vietnamese: lines and words, their boxes and confidences."""
        with desk.place():
            return text_answer(await desk.text(_only(await uploaded(request, settings)), "the picture"))

    @app.post("/uploader", include_in_schema=False)
    async def uploader(request: Request, desk: AtDesk) -> Response:
        """The route of the seed's own service, for clients of that."""
        return await annotated(request, desk)

    @app.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        """Encoded pictures in, faces out; the newest picture wins."""
        await stream_faces(socket, socket.app.state.desk, settings, metrics)

    @app.get("/v1/models", responses=responses(401))
    def models() -> list[ModelAnswer]:
        """The shipped networks with their contracts and cards."""
        answers = []
        for name, entry in CATALOG.items():
            contract = open_session(name, entry.contract)[1]
            used = name in (settings.model, settings.detector, LINE_READER)
            answers.append(ModelAnswer(name=name, kind=contract.kind, used=used, contract=contract.to_json(), card=entry.card))
        return answers

    @app.get("/healthz", response_class=PlainTextResponse)
    async def alive() -> str:
        """That the process answers."""
        return "alive"

    @app.get("/readyz", response_class=PlainTextResponse)
    async def ready() -> str:
        """That the networks are warm; before that nothing is answered."""
        return "ready"

    @app.get("/metrics", response_class=PlainTextResponse, responses=responses(401))
    async def measured() -> Response:
        """For Prometheus."""
        return PlainTextResponse(metrics.page())

    if FOLDER.is_dir():
        app.mount("/", Page(), "page")
    else:
        app.add_api_route("/", missing, include_in_schema=False)
    return app


def _only(files: list[bytes]) -> bytes:
    """
    Raises:
        ProblemError: there are several.
    """
    if len(files) > 1:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"expected one picture, got {len(files)}", "many")
    return files[0]


def from_environment() -> FastAPI:
    """For worker processes, which know the settings from their environment."""
    return create_app(ServiceSettings.from_environment())
