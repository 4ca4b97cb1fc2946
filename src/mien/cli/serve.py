"""`mien serve`: the service over HTTP."""

import os
from typing import Annotated

import typer

from mien.cli.console import out
from mien.cli.options import Detector, MinConfidence, MinFace, Model
from mien.errors import ConfigError
from mien.faces.detector import DEFAULT_DETECTOR, MIN_FACE
from mien.faces.reader import FaceReader
from mien.models.catalog import DEFAULT_MODEL


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 lets in whoever reaches this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="To listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="That read pictures, in each process; by default one a core.")
    ] = None,
    waiting: Annotated[int, typer.Option(min=0, help="Requests that may wait for a thread; more are told to come again.")] = 32,
    origin: Annotated[list[str] | None, typer.Option(help="Another site whose pages may call (CORS); may be repeated.")] = None,
    model: Model = DEFAULT_MODEL,
    detector: Detector = DEFAULT_DETECTOR,
    min_face: MinFace = MIN_FACE,
    min_confidence: MinConfidence = None,
) -> None:
    """Answer over HTTP: pictures in, faces and what they express out.

    POST a picture to /v1/faces (JSON) or /v1/faces/annotated (PNG); frames to the web socket /v1/stream. /openapi.json tells
    the rest. Nothing is written to disk. Set MIEN_TOKEN to let in only those who bear it.

    [bold]mien serve[/bold]   then   [bold]curl --data-binary @photo.jpg http://127.0.0.1:8000/v1/faces[/bold]
    """
    try:
        import uvicorn

        from mien.service.settings import TOKEN_VARIABLE, ServiceSettings
    except ModuleNotFoundError as error:
        raise ConfigError(f"serving needs {error.name}, which is not installed: pip install 'mien[serve]'") from None
    settings = ServiceSettings(
        model=model,
        detector=detector,
        min_face=min_face,
        min_confidence=min_confidence,
        threads=threads,
        waiting=waiting,
        origins=tuple(origin or ()),
        token=os.environ.get(TOKEN_VARIABLE) or None,
    )
    FaceReader(model=model, detector=detector, min_face=min_face, min_confidence=min_confidence)  # told now if they are wrong
    settings.to_environment()
    out.print(f"mien listens on http://{host}:{port}; Ctrl-C ends it", highlight=False)
    uvicorn.run(
        "mien.service.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        server_header=False,
        ws_max_size=settings.picture_bytes,
        h11_max_incomplete_event_size=65_536,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=30,
    )
