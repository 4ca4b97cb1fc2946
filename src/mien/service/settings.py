"""What whoever runs the service decides."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Final, Self

from mien.faces.detector import DEFAULT_DETECTOR, MIN_FACE
from mien.models.catalog import DEFAULT_MODEL
from mien.pictures import Limits

# How the settings reach worker processes; the token has a variable of its own, so that no process list shows it.
_VARIABLE: Final = "MIEN_SERVICE"
TOKEN_VARIABLE: Final = "MIEN_TOKEN"  # noqa: S105  a name, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """
    model, detector, min_face, min_confidence: see ``FaceReader``. threads: that read pictures, None for one a core.
    waiting: requests that may wait for a thread; more are told to come again. picture_bytes, picture_pixels: of one
    picture. pictures: in one request. body_seconds: in which a request's body must have come. origins: other sites
    whose pages may call (CORS); none by default. token: that requests must bear, None for none.
    """

    model: str = DEFAULT_MODEL
    detector: str = DEFAULT_DETECTOR
    min_face: float = MIN_FACE
    min_confidence: float | None = None
    threads: int | None = None
    waiting: int = 32
    picture_bytes: int = 20_000_000
    picture_pixels: int = 40_000_000
    pictures: int = 32
    body_seconds: float = 30.0
    origins: tuple[str, ...] = ()
    token: str | None = None

    @property
    def limits(self) -> Limits:
        """Of one picture."""
        return Limits(bytes=self.picture_bytes, pixels=self.picture_pixels)

    @property
    def body_bytes(self) -> int:
        """Of one request."""
        return self.pictures * self.picture_bytes

    def to_environment(self) -> None:
        """Leaves the settings where ``from_environment`` finds them, in this process's children too."""
        told = asdict(self)
        token = told.pop("token")
        os.environ[_VARIABLE] = json.dumps(told)
        if token:
            os.environ[TOKEN_VARIABLE] = token

    @classmethod
    def from_environment(cls) -> Self:
        """What ``to_environment`` left; the defaults where it left nothing."""
        told = json.loads(os.environ.get(_VARIABLE, "{}"))
        told["origins"] = tuple(told.get("origins", ()))
        return cls(**told, token=os.environ.get(TOKEN_VARIABLE) or None)
