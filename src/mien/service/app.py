"""The service, put together: `mien serve` runs it under uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from mien import __version__
from mien.service.desk import Desk
from mien.service.guard import Guard
from mien.service.metrics import Metrics
from mien.service.page import FOLDER, Page, missing
from mien.service.problems import tell_problems
from mien.service.routes import router
from mien.service.settings import ServiceSettings


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service with these settings; it opens and warms its networks when it starts."""

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
    app.state.settings, app.state.metrics = settings, Metrics()
    tell_problems(app)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(Guard, token=settings.token, metrics=app.state.metrics)
    app.include_router(router)
    if FOLDER.is_dir():
        app.mount("/", Page(), "page")
    else:
        app.add_api_route("/", missing, include_in_schema=False)
    return app


def from_environment() -> FastAPI:
    """For worker processes, which know the settings from their environment."""
    return create_app(ServiceSettings.from_environment())
