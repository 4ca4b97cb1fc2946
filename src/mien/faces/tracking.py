"""Following faces through a video: the same face keeps its number.

As SORT does (Bewley et al. 2016), a Kalman filter of constant velocity says where each face should be, and faces are
given to tracks by the assignment of least cost (Kuhn 1955). To where a face should be we add what it looks like, so that
faces that cross do not swap numbers. Needs the extra [video] for SciPy.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.box import Box
from mien.faces.face import Face

# All relative to the face's size (root of its area), the accelerations and speeds per second.
_MEASUREMENT: Final = 0.05
_FIRST_SPEED: Final = 2.0
_ACCELERATION: Final = 4.0
# A face this many standard deviations from where it should be is another one; its size may change by this factor.
_GATE: Final = 4.0
_GROWTH: Final = 1.8
# How much a perfect unlikeness (correlation 0) costs against a place at the gate's edge.
_UNLIKENESS: Final = 1.5
# So unlike at most are two looks at one face that is found again away from where it should be.
_LIKE: Final = 0.3
_LOOK_SIDE: Final = 16
_LOOK_RATE: Final = 0.15
# Faces nearer to each other than this share of their size hide one another: what is seen there is not learned.
_HIDING: Final = 1.1
_NEVER: Final = 1e6


@dataclass(slots=True)
class _Track:
    """One face as followed so far: state (3,) x, y, size and its velocity (3,), their shared covariance (2, 2)."""

    number: int
    time: float
    seen: float
    position: NDArray[np.float64]
    velocity: NDArray[np.float64]
    covariance: NDArray[np.float64]
    look: NDArray[np.float64]

    def predict(self, time: float) -> None:
        """Moves the state to a later time."""
        dt = time - self.time
        step = np.array([[1.0, dt], [0.0, 1.0]])
        push = np.array([dt**2 / 2, dt]) * _ACCELERATION * self.position[2]
        self.covariance = step @ self.covariance @ step.T + np.outer(push, push)
        self.position = self.position + dt * self.velocity
        self.time = time

    def update(self, measured: NDArray[np.float64]) -> None:
        """Corrects the state by a measured x, y, size."""
        noise = (_MEASUREMENT * measured[2]) ** 2
        gain = self.covariance[:, 0] / (self.covariance[0, 0] + noise)
        surprise = measured - self.position
        self.position = self.position + gain[0] * surprise
        # No speed for the size: a half hidden face seems to shrink, and would be gone by the time that it comes back.
        self.velocity = self.velocity + gain[1] * surprise * (1, 1, 0)
        self.covariance = self.covariance - np.outer(gain, self.covariance[0])
        self.seen = self.time


@dataclass(slots=True)
class Tracker:
    """Gives faces their numbers, from 1; frames come in the order of their times.

    keep: seconds that a face may be hidden and still be the same.
    """

    keep: float = 2.0
    _tracks: list[_Track] = field(default_factory=list)
    _next: int = 1

    def follow(self, time: float, faces: Sequence[Face], crops: NDArray[np.uint8]) -> list[int]:
        """The number of each face seen at ``time`` (seconds) with its crop (n, 48, 48)."""
        self._tracks = [track for track in self._tracks if time - track.seen <= self.keep]
        for track in self._tracks:
            track.predict(time)
        places = np.array([_place(face.box) for face in faces]).reshape(-1, 3)
        looks = _looks(crops)
        numbers = {}
        for track, face in _assigned(self._tracks, places, looks):
            numbers[face] = track.number
            track.update(places[face])
            if not _hidden(places, face):
                track.look = _unit(track.look + _LOOK_RATE * (looks[face] - track.look))
        return [numbers[i] if i in numbers else self._open(time, places[i], looks[i]) for i in range(len(faces))]

    def _open(self, time: float, place: NDArray[np.float64], look: NDArray[np.float64]) -> int:
        size = place[2]
        covariance = np.diag([(_MEASUREMENT * size) ** 2, (_FIRST_SPEED * size) ** 2])
        self._tracks.append(_Track(self._next, time, time, place, np.zeros(3), covariance, look))
        self._next += 1
        return self._next - 1

    def state(self) -> dict[str, Any]:
        """All that it remembers, for JSON."""
        tracks = [asdict(track) for track in self._tracks]
        for track in tracks:
            track |= {name: value.tolist() for name, value in track.items() if isinstance(value, np.ndarray)}
        return {"next": self._next, "tracks": tracks}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from a ``state``."""
        self._next = state["next"]
        arrays = ("position", "velocity", "covariance", "look")
        self._tracks = [_Track(**track | {name: np.array(track[name]) for name in arrays}) for track in state["tracks"]]


def _assigned(tracks: Sequence[_Track], places: NDArray[np.float64], looks: NDArray[np.float64]) -> list[tuple[_Track, int]]:
    """Tracks with the faces that go on with them."""
    if not tracks or not len(places):
        return []
    from scipy.optimize import linear_sum_assignment

    position = np.stack([track.position for track in tracks])
    spread = np.sqrt([track.covariance[0, 0] for track in tracks])[:, None]
    size = np.maximum(position[:, None, 2], 1)
    apart = np.linalg.norm(position[:, None, :2] - places[:, :2], axis=2)
    distance = apart / (spread + _MEASUREMENT * size)
    growth = np.abs(np.log(places[:, 2] / size))
    unlike = 1 - np.stack([track.look for track in tracks]) @ looks.T
    cost = distance / _GATE + _UNLIKENESS * unlike
    # Who was half hidden was measured wrongly, and may come back elsewhere: looks tell.
    hidden = np.array([[track.time - track.seen] for track in tracks])
    known = (unlike <= _LIKE) & (apart <= size * (1 + _FIRST_SPEED * hidden))
    allowed = ((distance <= _GATE) | known) & (growth <= np.log(_GROWTH))
    rows, columns = linear_sum_assignment(np.where(allowed, cost, _NEVER))
    return [(tracks[r], int(c)) for r, c in zip(rows, columns, strict=True) if allowed[r, c]]


def _place(box: Box) -> tuple[float, float, float]:
    return box.x + box.width / 2, box.y + box.height / 2, (box.width * box.height) ** 0.5


def _looks(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Each crop as a unit vector (n, 256): its 16x16 means, less their own mean; their products are correlations."""
    small = [cv2.resize(crop, (_LOOK_SIDE, _LOOK_SIDE), interpolation=cv2.INTER_AREA).ravel() for crop in crops]
    vectors = np.array(small, np.float64).reshape(-1, _LOOK_SIDE**2)
    return _unit(vectors - vectors.mean(axis=1, keepdims=True))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _hidden(places: NDArray[np.float64], face: int) -> bool:
    apart = np.linalg.norm(places[:, :2] - places[face, :2], axis=1) / np.maximum(places[:, 2], places[face, 2])
    return bool((np.delete(apart, face) < _HIDING).any())
