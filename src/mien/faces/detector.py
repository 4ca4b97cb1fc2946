"""Finding faces: picture -> faces with boxes, not yet read."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import cv2

from mien.errors import ConfigError
from mien.faces.face import Box, Face
from mien.pictures import Picture

# Above this long side the cascade looks at a smaller copy: its time grows with the pixels (5 s for 12 megapixels),
# and what it loses are faces smaller than 1/40 of the picture.
_LONG_SIDE: Final = 1024


class Detector(Protocol):
    """What finds faces. One instance may be called from several threads at once."""

    def detect(self, picture: Picture) -> list[Face]:
        """The faces in an RGB picture (height, width, 3), largest first, without readings."""
        ...


class HaarDetector:
    """OpenCV's cascade for frontal faces (Viola & Jones 2001), with the seed's settings: scale 1.2, 4 neighbours.

    Its score is n / (n + 4) for the n overlapping windows that agreed on a face: 0.5 for the fewest that count, towards
    1 for many. It is no probability. On crowds it finds about four in ten faces of 40 px and more, one in five of
    what it finds is none; it finds 93 % of single frontal faces.
    """

    def __init__(self) -> None:
        """
        Raises:
            ConfigError: this OpenCV came without the cascade.
        """
        self._path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        if not self._path.is_file():
            raise ConfigError(f"{self._path}: OpenCV's cascade is missing; pip install 'opencv-python-headless>=4.13,<5'")
        self._threads = threading.local()

    def detect(self, picture: Picture) -> list[Face]:
        """The faces in an RGB picture (height, width, 3), largest first, without readings."""
        height, width = picture.shape[:2]
        shrink = min(1.0, _LONG_SIDE / max(height, width))
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        if shrink < 1:
            size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        boxes, neighbours = self._cascade().detectMultiScale2(grey, scaleFactor=1.2, minNeighbors=4)
        found = [
            Face(Box(*(float(v) / shrink for v in box)), score=float(n / (n + 4)))
            for box, n in zip(boxes, neighbours, strict=True)
        ]
        return sorted(found, key=lambda face: -face.box.width)

    def _cascade(self) -> cv2.CascadeClassifier:
        """The cascade of the calling thread: OpenCV's object keeps state while it runs."""
        if not hasattr(self._threads, "cascade"):
            self._threads.cascade = cv2.CascadeClassifier(str(self._path))
        cascade: cv2.CascadeClassifier = self._threads.cascade
        return cascade


DETECTORS: Final[dict[str, Callable[[], Detector]]] = {"haar": HaarDetector}
DEFAULT_DETECTOR: Final = "haar"


def load_detector(name: str) -> Detector:
    """The detector of that name.

    Raises:
        ConfigError: no detector has that name.
    """
    if name not in DETECTORS:
        raise ConfigError(f"no detector is called {name!r}; there are: {', '.join(DETECTORS)}")
    return DETECTORS[name]()
