"""Finding faces: picture -> faces with boxes, not yet read."""

import math
import threading
from pathlib import Path
from typing import Final, Protocol, cast

import cv2
import numpy as np

from mien.box import Box
from mien.errors import ConfigError
from mien.faces.face import Face, Landmarks
from mien.models.catalog import FACE_DETECTOR
from mien.models.contract import DetectorContract
from mien.models.session import open_session
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


# The network looks at the picture scaled so that the smallest face sought has the size it was trained for, and at
# quarters of that until the largest face that could be there is as large as those it was trained on.
_LEVEL: Final = 4
_LARGEST_VIEW: Final = 256
# Tiny pictures are enlarged to this long side; huge ones, at 2048, cost some 250 ms and 0.5 GB.
_SHORTEST_VIEW: Final = 160
_LONGEST_VIEW: Final = 2048
# A box that shares this much with a surer one of another level, or of which this much lies in it, is the same face.
SAME_FACE: Final = 0.4
_WITHIN: Final = 0.75
MIN_FACE: Final = 40.0


class NetworkDetector:
    """Our own network: boxes, scores and five landmarks; decoding and suppression are in its graph (see its card).

    Its score estimates how well the box fits the face (IoU).
    """

    def __init__(
        self,
        name_or_path: str | Path = FACE_DETECTOR,
        *,
        min_face: float = MIN_FACE,
        threshold: float | None = None,
        threads: int = 1,
    ) -> None:
        """
        Args:
            name_or_path: a shipped detector, or a model file.
            min_face: the smallest face to be found, in pixels of the picture (root of the box's area); the time grows
                with its inverse square. In pictures longer than 2048 * min_face / 32 pixels faces must be larger.
            threshold: the score from which on a face counts, 0..1, instead of the contract's.
            threads: that the network may use.

        Raises:
            ModelError: no such file, or no detector.
            ConfigError: no face is as small as that.
        """
        if not 8 <= min_face <= 10_000:
            raise ConfigError(f"min_face: expected 8 to 10000 pixels, got {min_face}")
        self._session, self.contract = open_session(name_or_path, DetectorContract, threads=threads)
        self._min_face = min_face
        self._threshold = np.array([self.contract.threshold if threshold is None else threshold], np.float32)

    def detect(self, picture: Picture) -> list[Face]:
        """The faces in an RGB picture (height, width, 3), largest first, without readings."""
        longer = max(picture.shape[:2])
        scale = max(self.contract.smallest / self._min_face, _SHORTEST_VIEW / longer)
        scale = min(scale, _LONGEST_VIEW / longer)
        found = self._view(picture, scale)
        while scale * longer > _LARGEST_VIEW:
            scale /= _LEVEL
            found += self._view(picture, scale)
        return sorted(_one_each(found), key=lambda face: -face.box.width * face.box.height)

    def _view(self, picture: Picture, scale: float) -> list[Face]:
        """The faces in the picture at that scale."""
        height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        multiple = self.contract.multiple
        view = np.zeros((_up(height, multiple), _up(width, multiple), 3), np.uint8)
        view[:height, :width] = cv2.resize(picture, (width, height), interpolation=method)
        inputs = {"picture": view, "threshold": self._threshold}
        boxes, scores, landmarks = self._session.run(["boxes", "scores", "landmarks"], inputs)
        back = np.array([picture.shape[1] / width, picture.shape[0] / height])
        return [
            Face(Box(*box), score=float(score), landmarks=cast("Landmarks", tuple(tuple(point) for point in points)))
            for box, score, points in zip((boxes * np.tile(back, 2)).tolist(), scores, (landmarks * back).tolist(), strict=True)
            if min(box[2:]) > 0
        ]


def _up(side: int, multiple: int) -> int:
    return math.ceil(side / multiple) * multiple


def _one_each(faces: list[Face]) -> list[Face]:
    """Each face once, the surest box of it: what several levels found, or a part of a face beside the whole."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(_same(face.box, other.box) for other in kept):
            kept.append(face)
    return kept


def _same(a: Box, b: Box) -> bool:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(0.0, width) * max(0.0, height)
    areas = a.width * a.height, b.width * b.height
    return shared > SAME_FACE * (sum(areas) - shared) or shared > _WITHIN * min(areas)


HAAR: Final = "haar"
DEFAULT_DETECTOR: Final = FACE_DETECTOR


def load_detector(name_or_path: str | Path, *, min_face: float = MIN_FACE, threads: int = 1) -> Detector:
    """OpenCV's cascade (``haar``), or the network of that name or file; for ``min_face`` see ``NetworkDetector``.

    Raises:
        ModelError: no such detector, or a damaged file.
        ConfigError: OpenCV came without its cascade, or was given a ``min_face``, of which it knows nothing.
    """
    if name_or_path != HAAR:
        return NetworkDetector(name_or_path, min_face=min_face, threads=threads)
    if min_face != MIN_FACE:
        raise ConfigError(f"min_face: {HAAR} finds faces of its own sizes; leave it out, or take {FACE_DETECTOR}")
    return HaarDetector()
