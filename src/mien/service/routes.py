"""What the service answers, and where."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.responses import PlainTextResponse

from mien.errors import PictureError
from mien.models.catalog import CATALOG, LINE_READER
from mien.models.session import open_session
from mien.service.desk import Desk, unreadable
from mien.service.metrics import Metrics
from mien.service.problems import ProblemError, responses
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


async def _desk(connection: HTTPConnection) -> Desk:
    desk: Desk = connection.app.state.desk
    return desk


async def _settings(connection: HTTPConnection) -> ServiceSettings:
    settings: ServiceSettings = connection.app.state.settings
    return settings


async def _metrics(connection: HTTPConnection) -> Metrics:
    metrics: Metrics = connection.app.state.metrics
    return metrics


AtDesk = Annotated[Desk, Depends(_desk)]
Configured = Annotated[ServiceSettings, Depends(_settings)]
Counted = Annotated[Metrics, Depends(_metrics)]
router = APIRouter()


@router.post(
    "/v1/faces",
    openapi_extra=_PICTURES,
    responses={**_REFUSALS, 200: {"content": {"application/json": {"example": _EXAMPLE}}}},
)
async def faces(request: Request, desk: AtDesk, settings: Configured, metrics: Counted) -> FacesAnswer:
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


@router.post("/v1/faces/annotated", openapi_extra=_PICTURES, responses={**_REFUSALS, **_PNG}, response_class=Response)
async def annotated(request: Request, desk: AtDesk, settings: Configured) -> Response:
    """One picture, with its faces drawn, as PNG."""
    with desk.place():
        return Response(await desk.annotated(_only(await uploaded(request, settings)), "the picture"), media_type="image/png")


@router.post("/v1/text", openapi_extra=_PICTURES, responses=_REFUSALS)
async def text(request: Request, desk: AtDesk, settings: Configured) -> TextAnswer:
    """The printed text of one picture, English and Vietnamese: lines and words, their boxes and confidences."""
    with desk.place():
        return text_answer(await desk.text(_only(await uploaded(request, settings)), "the picture"))


@router.post("/uploader", include_in_schema=False)
async def uploader(request: Request, desk: AtDesk, settings: Configured) -> Response:
    """The route of the seed's own service, for clients of that."""
    return await annotated(request, desk, settings)


@router.websocket("/v1/stream")
async def stream(socket: WebSocket, desk: AtDesk, settings: Configured, metrics: Counted) -> None:
    """Encoded pictures in, faces out; the newest picture wins."""
    await stream_faces(socket, desk, settings, metrics)


@router.get("/v1/models", responses=responses(401))
def models(settings: Configured) -> list[ModelAnswer]:
    """The shipped networks with their contracts and cards."""
    answers = []
    for name, entry in CATALOG.items():
        contract = open_session(name, entry.contract)[1]
        used = name in (settings.model, settings.detector, LINE_READER)
        answers.append(ModelAnswer(name=name, kind=contract.kind, used=used, contract=contract.to_json(), card=entry.card))
    return answers


@router.get("/healthz", response_class=PlainTextResponse)
async def alive() -> str:
    """That the process answers."""
    return "alive"


@router.get("/readyz", response_class=PlainTextResponse)
async def ready() -> str:
    """That the networks are warm; before that nothing is answered."""
    return "ready"


@router.get("/metrics", response_class=PlainTextResponse, responses=responses(401))
async def measured(metrics: Counted) -> Response:
    """For Prometheus."""
    return PlainTextResponse(metrics.page())


def _only(files: list[bytes]) -> bytes:
    """
    Raises:
        ProblemError: there are several.
    """
    if len(files) > 1:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"expected one picture, got {len(files)}", "many")
    return files[0]
