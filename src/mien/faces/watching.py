"""The way of a video: frames -> faces that keep their numbers, read, their distributions smoothed over time."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.faces.face import Face
from mien.faces.reader import FaceReader, Found
from mien.faces.tracking import Tracker
from mien.faces.video import Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame shows: its faces, largest first, each with its track's number."""

    frame: Frame
    faces: tuple[Face, ...]
    tracks: tuple[int, ...]


@dataclass(slots=True)
class Smoother:
    """Each track's distribution as a weighted mean over its past: a first-order low-pass filter.

    After dt seconds the new distribution weighs 1 - exp(-dt / time_constant), the mean so far the rest; a time constant
    of 0 leaves the distributions as they are.
    """

    time_constant: float
    _means: dict[int, tuple[float, NDArray[np.float64]]] = field(default_factory=dict)

    def smooth(self, track: int, time: float, distribution: NDArray[np.float64]) -> NDArray[np.float64]:
        """The track's mean distribution (8,) at ``time``, in seconds."""
        if track in self._means and self.time_constant > 0:
            last, mean = self._means[track]
            distribution = mean + (1 - math.exp((last - time) / self.time_constant)) * (distribution - mean)
        self._means[track] = (time, distribution)
        return distribution

    def forget(self, before: float) -> None:
        """Drops the tracks last seen before that time."""
        self._means = {track: mean for track, mean in self._means.items() if mean[0] >= before}

    def state(self) -> list[Any]:
        """All that it remembers, for JSON."""
        return [[track, time, mean.tolist()] for track, (time, mean) in self._means.items()]

    def restore(self, state: list[Any]) -> None:
        """Goes on from a ``state``."""
        self._means = {track: (time, np.array(mean)) for track, time, mean in state}


class Watcher:
    """Reads frames one after the other; remembers tracks and smoothed distributions between them."""

    def __init__(self, reader: FaceReader, *, smoothing: float = 0.5, keep: float = 2.0) -> None:
        """
        Args:
            reader: what finds and reads the faces.
            smoothing: time constant in seconds (see ``Smoother``), 0 for none.
            keep: seconds that a face may be hidden and still keep its number.
        """
        self._reader = reader
        self._tracker = Tracker(keep=keep)
        self._smoother = Smoother(smoothing)

    def watch(self, frames: Iterable[Frame], *, workers: int = 1) -> Iterator[Seen]:
        """What each frame shows, in order; ``workers`` threads find faces in frames to come.

        With one worker a frame is taken only when the one before it is done, as live pictures need it.
        """
        if workers == 1:
            for frame in frames:
                yield self._see(frame, self._reader.find(frame.picture))
            return
        with ThreadPoolExecutor(workers) as pool:
            ahead: deque[tuple[Frame, Future[Found]]] = deque()
            for frame in frames:
                ahead.append((frame, pool.submit(self._reader.find, frame.picture)))
                if len(ahead) > 2 * workers:
                    yield self._see_next(ahead)
            while ahead:
                yield self._see_next(ahead)

    def state(self) -> dict[str, Any]:
        """All that it remembers, for JSON."""
        return {"tracker": self._tracker.state(), "smoother": self._smoother.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from a ``state``."""
        self._tracker.restore(state["tracker"])
        self._smoother.restore(state["smoother"])

    def _see_next(self, ahead: "deque[tuple[Frame, Future[Found]]]") -> Seen:
        frame, found = ahead.popleft()
        return self._see(frame, found.result())

    def _see(self, frame: Frame, found: Found) -> Seen:
        numbers = self._tracker.follow(frame.time, found.faces, found.crops)
        distributions = self._reader.classifier.classify(found.crops)
        for i, number in enumerate(numbers):
            distributions[i] = self._smoother.smooth(number, frame.time, distributions[i])
        self._smoother.forget(frame.time - self._tracker.keep)
        return Seen(frame, tuple(self._reader.read(found.faces, distributions)), tuple(numbers))
